// Takes steps, one after the other, with a client that subscribes, and writes a line of JSON for each: what it was given,
// how it ended, and for a WebSocket what else was heard.
import { createClient as createSse } from "graphql-sse";
import { createClient as createWs } from "graphql-ws";
import WebSocket from "ws";

const { url, client, token, newer, steps } = JSON.parse(process.argv[2]);

process.on("unhandledRejection", (error) => {
  if (error.name !== "AbortError") throw error; // which urql leaves behind where it unsubscribes
});

const heard = [];
const soon = async () => {}; // instead of seconds, after which they would try again

function webSocket() {
  let socket;
  const asking = createWs({
    url: url.replace("http", "ws"),
    webSocketImpl: WebSocket,
    connectionParams: { token },
    lazyCloseTimeout: 1_000,
    retryWait: soon,
    shouldRetry: () => true,
    on: {
      opened: (opened) => (socket = opened),
      pong: (_, payload) => payload && heard.push(payload),
      closed: ({ code }) => heard.push(code),
    },
  });
  const renew = () => socket.send(JSON.stringify({ type: "ping", payload: { token: newer } }));
  return { subscribe: asking.subscribe, dispose: asking.dispose, renew };
}

function events(singleConnection) {
  const headers = { authorization: `Bearer ${token}` }; // the same object is asked for as long as a stream is open
  const asking = createSse({ url, singleConnection, headers: () => headers, retry: soon, lazyCloseTimeout: 1_000 });
  const renew = () => (headers.authorization = `Bearer ${newer}`);
  return { subscribe: asking.subscribe, dispose: asking.dispose, renew };
}

async function apollo() {
  const { ApolloClient, HttpLink, InMemoryCache, gql } = await import("@apollo/client");
  const link = new HttpLink({ uri: url, headers: { authorization: `Bearer ${token}` } });
  const asking = new ApolloClient({ cache: new InMemoryCache(), link });
  const subscribe = ({ query, variables }, sink) => {
    const next = ({ data, error }) => (error ? sink.error(error.errors ?? error) : sink.next({ data }));
    const observable = asking.subscribe({ query: gql(query), variables, fetchPolicy: "no-cache", errorPolicy: "all" });
    const subscribed = observable.subscribe({ ...sink, next });
    return () => subscribed.unsubscribe();
  };
  return { subscribe, dispose: () => asking.stop() };
}

async function urql() {
  const { Client, fetchExchange } = await import("@urql/core");
  const fetchOptions = { headers: { authorization: `Bearer ${token}` } };
  const asking = new Client({ url, fetchOptions, exchanges: [fetchExchange], fetchSubscriptions: true });
  const subscribe = ({ query, variables }, sink) => {
    const subscribed = asking.subscription(query, variables).subscribe(({ data, error, hasNext }) => {
      if (error) return sink.error(error.graphQLErrors);
      if (!hasNext) return sink.complete(); // with what came last, once more
      sink.next({ data });
    });
    return subscribed.unsubscribe;
  };
  return { subscribe, dispose: () => {} };
}

const clients = {
  "graphql-ws": webSocket,
  "graphql-sse": () => events(false),
  "graphql-sse, one stream": () => events(true),
  "Apollo Client": apollo,
  urql,
};
const asking = await clients[client]();

function taken({ takes, renews, ...request }) {
  const results = [];
  return new Promise((resolve) => {
    const told = (how) => resolve({ results: results.splice(0), ...how });
    const leave = asking.subscribe(request, {
      next(result) {
        results.push(JSON.parse(JSON.stringify(result)));
        if (renews && results.length === 1) asking.renew();
        if (results.length === takes) {
          leave();
          told({ left: true });
        }
      },
      error(error) {
        told({ error: Array.isArray(error) ? error.map(({ extensions }) => extensions.code) : String(error) });
      },
      complete: () => told({ complete: true }),
    });
  });
}

for (const step of steps) console.log(JSON.stringify(await taken(step)));
await asking.dispose();
console.log(JSON.stringify({ heard }));
