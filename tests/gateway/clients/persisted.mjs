// Asks the same thing twice with a client that persists its queries itself; tells the answers, and what was sent.
import { createHash } from "node:crypto";
import { ApolloClient, ApolloLink, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { Client, fetchExchange } from "@urql/core";
import { persistedExchange } from "@urql/exchange-persisted";

const { url, query, client, get } = JSON.parse(process.argv[2]);

const sent = [];
const recorded = (address, init) => {
  const asked = init.method === "GET" ? Object.fromEntries(new URL(address).searchParams) : JSON.parse(init.body);
  sent.push(`${init.method} ${["query", "extensions"].filter((member) => asked[member]).join(", ")}`);
  return fetch(address, init);
};

function apollo() {
  const sha256 = (text) => createHash("sha256").update(text).digest("hex");
  const link = ApolloLink.from([
    new PersistedQueryLink({ sha256, useGETForHashedQueries: get }),
    new HttpLink({ uri: url, fetch: recorded }),
  ]);
  const asking = new ApolloClient({ cache: new InMemoryCache(), link });
  return () => asking.query({ query: gql(query), fetchPolicy: "no-cache", errorPolicy: "all" });
}

function urql() {
  const exchanges = [persistedExchange({ preferGetForPersistedQueries: get }), fetchExchange];
  const asking = new Client({ url, fetch: recorded, exchanges, preferGetMethod: false });
  return () => asking.query(query, {}, { requestPolicy: "network-only" }).toPromise();
}

const ask = { apollo, urql }[client]();
for (let times = 0; times < 2; times++) {
  const { data, error } = await ask();
  console.log(JSON.stringify({ data: data ?? null, error: error?.message ?? null, sent: sent.splice(0) }));
}
