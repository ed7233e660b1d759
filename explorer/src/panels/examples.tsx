import { type GraphiQLPlugin, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { type Example, everyExample, tours } from "../examples";
import { canPick, session, signIn } from "../session";
import { ExamplesIcon } from "./icons";
import { nameOf } from "./sign-in";

export const EXAMPLES: GraphiQLPlugin = { title: "Examples", icon: ExamplesIcon, content: ExamplesPanel };

function ExamplesPanel() {
  const open = useOpen();
  return (
    <section className="heddle-panel">
      <h2>Examples</h2>
      {tours.map(({ domain, examples }) => (
        <section key={domain}>
          <h3>{domain}</h3>
          <ul className="heddle-examples">
            {examples.map((example) => (
              <li key={example.title}>
                <button type="button" onClick={() => open(example)}>
                  <strong>{example.title}</strong>
                  <span>{example.as ? `as ${nameOf(example.as)}` : "as anybody"}</span>
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </section>
  );
}

/** Opens an example as the person it is for; in a tab of its own, unless nothing of one's own is in this one. */
function useOpen(): (example: Example) => Promise<void> {
  const editor = useGraphiQL((state) => state.queryEditor);
  const { addTab, stop } = useGraphiQLActions();
  return async ({ text, as }) => {
    if (!editor) return;
    stop();
    // Should that fail, the answer says so.
    if (as && canPick && session.get()?.email !== as) await signIn(as).catch(() => undefined);
    if (!isUntouched(editor.getValue())) addTab();
    editor.setValue(text);
    editor.focus();
  };
}

function isUntouched(text: string): boolean {
  return !text.trim() || everyExample.some((example) => example.text === text);
}
