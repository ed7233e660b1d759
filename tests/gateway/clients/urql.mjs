// Asks with urql, and writes a line of JSON for each result that it gives: what it has, and whether that is all.
import { Client, fetchExchange } from "@urql/core";

const { url, query, variables, accept } = JSON.parse(process.argv[2]);
const fetchOptions = accept ? { headers: { accept } } : {};

const client = new Client({ url, fetchOptions, exchanges: [fetchExchange], preferGetMethod: false });
client.query(query, variables).subscribe(({ data, error, hasNext }) => {
  const errors = error ? error.graphQLErrors.map(({ message, path }) => ({ message, path })) : [];
  if (error?.networkError) errors.push({ message: String(error.networkError) });
  console.log(JSON.stringify({ data: data ?? null, errors, complete: !hasNext }));
});
