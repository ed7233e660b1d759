import { useGraphiQLActions } from "@graphiql/react";
import { EVENTS } from "./panels/events";
import { PLAN } from "./panels/plan";
import { lastRun, type Run } from "./run";
import { many, ms, warnings } from "./waterfall";

/** One line below the answer: how it went, and where to read more. */
export function Status() {
  const run = lastRun.use();
  const { setVisiblePlugin } = useGraphiQLActions();
  if (!run) return null;
  const panel = run.live ? EVENTS : PLAN;
  return (
    <div className="heddle-status" role="status">
      <span className={run.running ? "heddle-running" : ""}>{run.live ? heard(run) : answered(run)}</span>
      <button type="button" onClick={() => setVisiblePlugin(panel)}>
        {panel.title}
      </button>
    </div>
  );
}

function heard({ running, heard, events }: Run): string {
  const cursor = events[0]?.cursor;
  return [running ? "Live" : "Ended", many(heard, "event"), cursor ? `cursor ${cursor}` : ""]
    .filter(Boolean)
    .join(" · ");
}

function answered({ running, arrivals, plan, cost }: Run): string {
  if (arrivals.length === 0) return running ? "Running …" : "No answer";
  const slow = plan ? warnings(plan).length : 0;
  return [
    plan ? ms(plan.durationMs) : ms(arrivals.at(-1) ?? 0),
    slow ? many(slow, "warning") : "",
    arrivals.length > 1 || running ? many(arrivals.length, "part") + (running ? ", more to come" : "") : "",
    plan ? many(plan.statements, "statement") : "",
    plan?.calls ? many(plan.calls, "service call") : "",
    cost?.actual == null ? "" : `cost ${Math.round(cost.actual).toLocaleString("en")}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
