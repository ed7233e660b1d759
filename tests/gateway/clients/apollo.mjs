// Asks with Apollo Client, and writes a line of JSON for each result that it gives: what it has, and whether that is all.
import { ApolloClient, HttpLink, InMemoryCache, gql } from "@apollo/client";
import { Defer20220824Handler, GraphQL17Alpha9Handler } from "@apollo/client/incremental";

const { url, query, variables, incremental } = JSON.parse(process.argv[2]);
const handlers = { "incrementalSpec=v0.2": GraphQL17Alpha9Handler, "deferSpec=20220824": Defer20220824Handler };

const client = new ApolloClient({
  cache: new InMemoryCache(),
  link: new HttpLink({ uri: url }),
  incrementalHandler: new handlers[incremental](),
});
const asked = client.watchQuery({ query: gql(query), variables, errorPolicy: "all", fetchPolicy: "network-only" });
asked.subscribe(({ data, error, dataState, loading }) => {
  if (dataState === "empty" && loading) return;
  const errors = error ? (error.errors ?? [error]).map(({ message, path }) => ({ message, path })) : [];
  console.log(JSON.stringify({ data, errors, complete: !loading }));
  if (!loading) client.stop();
});
