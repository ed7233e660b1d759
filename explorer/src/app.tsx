import "./workers";
import "@graphiql/react/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";

const PLUGINS = [HISTORY_PLUGIN, explorerPlugin()];
const fetcher = createGraphiQLFetcher({ url: "/graphql" });

export function App() {
  return <GraphiQL fetcher={fetcher} plugins={PLUGINS} />;
}
