// The gateway as this front end speaks to it: documents by their hash, answers by their type, and again where it helps.
import { type Client, createClient } from "graphql-sse";
import type { TypedDocumentString } from "./generated/graphql.js";

export interface GraphQLError {
  message: string;
  path?: (string | number)[];
  extensions: { code: string; retryAfter?: number; oldest?: string };
}

interface Answer<Data> {
  data?: Data | null;
  errors?: readonly GraphQLError[];
}

/** The gateway said no, or had a fault. `codes` are those of README's table. */
export class Refused extends Error {
  readonly codes: string[];

  constructor(readonly errors: readonly GraphQLError[]) {
    super(errors.map((error) => error.message).join(" "));
    this.codes = errors.map((error) => error.extensions.code);
  }
}

/** Nobody knows whether it was done. */
export class Unanswered extends Error {}

const TRIES = 6;
const PASSING = new Set(["SHUTTING_DOWN", "SOURCE_UNAVAILABLE", "SOURCE_TIMEOUT", "OPERATION_TIMEOUT"]);

export class Gateway {
  readonly #events: Client;

  /** `token` is asked for each time, so that it may be renewed; `timeoutMs` is for one try. */
  constructor(
    private readonly url: string,
    private readonly token: () => string,
    private readonly timeoutMs = 15_000,
  ) {
    const headers = () => this.#headers();
    this.#events = createClient({ url, headers, retryAttempts: 0 }); // it would begin anew where it began the first time
  }

  /** The data of an answer without errors. Throws Refused, Unanswered. */
  async ask<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data> {
    let response: Response;
    let answer: Answer<Data>;
    try {
      response = await fetch(this.url, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/graphql-response+json", ...this.#headers() },
        body: JSON.stringify({ documentId: hashOf(document), variables }),
        signal: AbortSignal.timeout(this.timeoutMs),
      });
      answer = (await response.json()) as Answer<Data>;
    } catch (error) {
      throw new Unanswered("no answer came", { cause: error });
    }
    return dataOf(answer);
  }

  /** The same, again until it is answered: for queries, and for mutations with an idempotency key, which are done once. */
  async insist<Data, Variables>(document: TypedDocumentString<Data, Variables>, variables: Variables): Promise<Data> {
    for (let tried = 1; ; tried++) {
      try {
        return await this.ask(document, variables);
      } catch (error) {
        if (tried === TRIES || !mayPass(error)) throw error;
        await pause(tried);
      }
    }
  }

  /**
   * The data of each event, for ever. After a break it goes on behind the last `cursor` that was told, so that every event
   * comes once, in order. Throws Refused, as for a cursor that is too old (`CURSOR_EXPIRED`).
   */
  async *follow<Data, Variables extends { after?: string | null | undefined }>(
    document: TypedDocumentString<Data, Variables>,
    variables: Variables,
    cursor: (data: Data) => string,
  ): AsyncGenerator<Data> {
    let after = variables.after ?? null;
    for (let tried = 1; ; tried++) {
      const asked = { documentId: hashOf(document), variables: { ...variables, after } };
      try {
        // graphql-sse sends what it is given; its type knows no documents by hash.
        for await (const answer of this.#events.iterate<Data>(asked as unknown as { query: string })) {
          const data = dataOf(answer as unknown as Answer<Data>);
          after = cursor(data);
          tried = 0;
          yield data;
        }
      } catch (error) {
        if (error instanceof Refused && !mayPass(error)) throw error;
      }
      await pause(tried);
    }
  }

  #headers(): Record<string, string> {
    return { authorization: `Bearer ${this.token()}` };
  }
}

function dataOf<Data>({ data, errors }: Answer<Data>): Data {
  if (errors?.length || !data) throw new Refused(errors ?? []);
  return data;
}

/** What the document is registered by; its text stays in the manifest, out of the bundle. */
function hashOf<Data, Variables>(document: TypedDocumentString<Data, Variables>): string {
  return String(document.__meta__?.["hash"]);
}

function mayPass(error: unknown): boolean {
  return error instanceof Unanswered || (error instanceof Refused && error.codes.some((code) => PASSING.has(code)));
}

/** Longer each time, up to ten seconds, and never two clients at the same moment. */
function pause(tried: number): Promise<void> {
  const most = Math.min(10_000, 100 * 2 ** tried);
  return new Promise((resolve) => setTimeout(resolve, most * (0.5 + Math.random() / 2)));
}
