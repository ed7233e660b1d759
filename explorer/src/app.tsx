import "./workers";
import "@graphiql/react/style.css";
import "graphiql/graphiql.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "./panels.css";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { useGraphiQLActions } from "@graphiql/react";
import { GraphiQL, HISTORY_PLUGIN } from "graphiql";
import { everyExample } from "./examples";
import { fetcher } from "./fetcher";
import { EVENTS } from "./panels/events";
import { EXAMPLES } from "./panels/examples";
import { PLAN } from "./panels/plan";
import { nameOf, SIGN_IN } from "./panels/sign-in";
import { resume, session } from "./session";
import { Status } from "./status";

const PLUGINS = [EXAMPLES, SIGN_IN, PLAN, EVENTS, explorerPlugin(), HISTORY_PLUGIN];
const FIRST = everyExample.find((example) => example.as === null)?.text ?? "{ __typename }\n";

void resume();

export function App() {
  return (
    <GraphiQL fetcher={fetcher} plugins={PLUGINS} visiblePlugin={EXAMPLES} defaultQuery={FIRST} inputValueDeprecation>
      <GraphiQL.Logo>
        <Who />
      </GraphiQL.Logo>
      <GraphiQL.Footer>
        <Status />
      </GraphiQL.Footer>
    </GraphiQL>
  );
}

/** Who asks, at the top: a click leads to whom one can be. */
function Who() {
  const current = session.use();
  const { setVisiblePlugin } = useGraphiQLActions();
  const name = current ? (current.email ? nameOf(current.email) : "a token") : "nobody";
  return (
    <button type="button" className="heddle-who" onClick={() => setVisiblePlugin(SIGN_IN)}>
      Heddle <span>as {name}</span>
    </button>
  );
}
