import { createGraphiQLFetcher, type Fetcher, isAsyncIterable } from "@graphiql/toolkit";
import { getOperationAST } from "graphql";
import { createClient } from "graphql-ws";
import { begin, observe, type Run, tell } from "./run";
import { session } from "./session";

const GRAPH = "/graphql";
const FIGURES = { plan: true, cost: true };

type Headers = Record<string, string>;

/** Who speaks: whoever is signed in, unless the operation's own headers say otherwise. */
function identity(own: Headers = {}): Headers {
  const token = session.get()?.token;
  const said = Object.keys(own).some((name) => name.toLowerCase() === "authorization");
  return token && !said ? { ...own, Authorization: `Bearer ${token}` } : own;
}

let speaker: Headers = {};

const socket = createClient({
  url: new URL(GRAPH, location.href.replace(/^http/, "ws")).href,
  connectionParams: () => speaker,
});

/** A socket is of one person: with another it is opened anew, and what runs goes on with that one's rights. */
function speakAs(next: Headers): void {
  if (JSON.stringify(next) === JSON.stringify(speaker)) return;
  speaker = next;
  socket.terminate();
}

const send = createGraphiQLFetcher({ url: GRAPH, wsClient: socket });

/** Asks the graph for the editor, with the figures that the panels show. */
export const fetcher: Fetcher = async (asked, options) => {
  const headers = identity(options?.headers);
  if (asked.operationName === "IntrospectionQuery") return send(asked, { ...options, headers });
  const operation = options?.documentAST && getOperationAST(options.documentAST, asked.operationName);
  const live = operation?.operation === "subscription";
  if (live) speakAs(headers);
  const run = begin(live);
  const answers = await send({ ...asked, extensions: FIGURES } as typeof asked, { ...options, headers });
  return isAsyncIterable(answers) ? observed(run, answers) : answers;
};

/** The same answers. No generator: ending one that waits for an event would wait for that event. */
function observed<T>(run: Run, answers: AsyncIterable<T>): AsyncIterableIterator<T> {
  const inner = answers[Symbol.asyncIterator]();
  const end = () => tell(run, { running: false });
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    async next() {
      try {
        const next = await inner.next();
        if (next.done) end();
        return next.done ? next : { done: false, value: observe(run, next.value) as T };
      } catch (error) {
        end();
        throw error;
      }
    },
    async return() {
      end();
      return (await inner.return?.()) ?? { done: true, value: undefined };
    },
  };
}
