import type { GraphiQLPlugin } from "@graphiql/react";
import { Fragment } from "react";
import { type Cost, lastRun, type Plan, type Step } from "../run";
import { type Bar, bars, length, many, ms, name, warnings } from "../waterfall";
import { PlanIcon } from "./icons";

export const PLAN: GraphiQLPlugin = { title: "Plan", icon: PlanIcon, content: PlanPanel };

function PlanPanel() {
  const run = lastRun.use();
  return (
    <section className="heddle-panel">
      <h2>Plan</h2>
      {run?.plan ? (
        <Waterfall plan={run.plan} cost={run.cost} arrivals={run.arrivals} />
      ) : (
        <p className="heddle-hint">
          {run && !run.running
            ? "The gateway told no plan of this: it does in development alone, and not where it refused to run it."
            : "Run something: here is what it asked of databases and services, when, and how long it took."}
        </p>
      )}
    </section>
  );
}

function Waterfall({ plan, cost, arrivals }: { plan: Plan; cost: Cost | null; arrivals: number[] }) {
  return (
    <>
      <dl className="heddle-figures">
        <Figure term="Took" value={ms(plan.durationMs)} />
        <Figure term="Statements" value={plan.statements} />
        <Figure term="Service calls" value={plan.calls} />
        {cost && <Figure term="Cost, foreseen" value={rows(cost.estimated)} />}
        {cost && <Figure term="Cost, actual" value={rows(cost.actual)} />}
      </dl>
      {warnings(plan).map((warning) => (
        <p key={warning} className="heddle-warning" role="alert">
          {warning}
        </p>
      ))}
      {plan.steps.length === 0 && <p className="heddle-hint">Nothing was asked of any source.</p>}
      <ol className="heddle-waterfall" aria-label={`Steps, over ${ms(length(plan))}`}>
        {bars(plan).map((bar, index) => (
          <StepRow key={index} {...bar} />
        ))}
      </ol>
      {arrivals.length > 1 && (
        <p className="heddle-hint">
          It came in {arrivals.length} parts, seen here after {arrivals.map(ms).join(", ")}.
        </p>
      )}
      {cost && (
        <p className="heddle-hint">
          Costs are counted in rows. {cost.remaining.toLocaleString("en")} of {cost.limit.toLocaleString("en")} are left
          to you this minute.
        </p>
      )}
    </>
  );
}

function StepRow({ step, left, width }: Bar) {
  return (
    <li className={`heddle-step heddle-${step.kind}${step.failed ? " heddle-failed" : ""}`}>
      <div className="heddle-step-name">
        <span className="heddle-kind">{step.kind === "sql" ? "SQL" : "REST"}</span>
        <strong>{breakable(name(step))}</strong>
        <span className="heddle-time">{ms(step.durationMs)}</span>
      </div>
      <div className="heddle-track">
        <div className="heddle-bar" style={{ left: `${left}%`, width: `${width}%` }} />
      </div>
      <p className="heddle-facts">
        {facts(step).map((fact, index) => (
          <Fragment key={fact}>
            {index > 0 && " · "}
            {fact}
          </Fragment>
        ))}
      </p>
    </li>
  );
}

/** From where, how many, and what was out of the ordinary. */
function facts({ source, target, edge, keys, rows, startMs, requests, cached, retries, failed }: Step): string[] {
  return [
    edge ? `${source} ${target}` : "by a resolver",
    keys === null ? many(rows, "row") : `${many(keys, "key")} → ${many(rows, "row")}`,
    requests && requests > 1 ? many(requests, "request") : "",
    cached ? `${cached} from the cache` : "",
    retries ? `retried ${retries === 1 ? "once" : `${retries} times`}` : "",
    failed ? "failed" : "",
    `at ${ms(startMs)}`,
  ].filter(Boolean);
}

/** Long names go on in the next line behind a dot or an underscore. */
function breakable(text: string) {
  return text.split(/(?<=[._])/).map((piece, index) => (
    <Fragment key={`${index} ${piece}`}>
      {piece}
      <wbr />
    </Fragment>
  ));
}

function Figure({ term, value }: { term: string; value: string | number }) {
  return (
    <div>
      <dt>{term}</dt>
      <dd>{value}</dd>
    </div>
  );
}

function rows(cost: number | null): string {
  return cost === null ? "–" : Math.round(cost).toLocaleString("en");
}
