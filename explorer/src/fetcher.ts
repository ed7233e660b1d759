import { createGraphiQLFetcher, type Fetcher, isAsyncIterable } from "@graphiql/toolkit";
import { type DocumentNode, getOperationAST, parse } from "graphql";
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
  const documentAST = parsed(asked.query);
  const named = documentAST && getOperationAST(documentAST, asked.operationName);
  const operation = named ?? (documentAST && getOperationAST(documentAST));
  const live = operation?.operation === "subscription";
  if (live) speakAs(headers);
  const run = begin(live);
  const request = { ...asked, operationName: operation?.name?.value, extensions: FIGURES } as typeof asked;
  const answers = await send(request, documentAST ? { documentAST, headers } : { headers });
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

/** GraphiQL's own reading of the editor comes a moment late, which is too late for who runs it at once. */
function parsed(query: string): DocumentNode | undefined {
  try {
    return parse(query);
  } catch {
    return undefined; // and the gateway says where it is wrong
  }
}
