import { store } from "./store";

/** A statement, or a batch of requests to a service, as `extensions.plan` tells it. Times are from the beginning. */
export interface Step {
  source: string;
  kind: "sql" | "rest";
  /** The table, or the template of the path. */
  target: string;
  /** What it was made for, and for how many keys; null where a resolver asked by itself. */
  edge: string | null;
  keys: number | null;
  rows: number;
  startMs: number;
  durationMs: number;
  failed: boolean;
  requests?: number;
  cached?: number;
  retries?: number;
}

export interface Plan {
  durationMs: number;
  statements: number;
  calls: number;
  steps: Step[];
}

/** In rows: what the operation was foreseen to cost, what it did, and what the caller has in a minute. */
export interface Cost {
  estimated: number | null;
  actual: number | null;
  limit: number;
  remaining: number;
}

export interface LiveEvent {
  number: number;
  at: Date;
  type: string;
  /** Where to go on from; null where the subscription does not select it. */
  cursor: string | null;
}

/** The operation that runs, or ran last. */
export interface Run {
  live: boolean;
  running: boolean;
  began: number;
  /** When its answers came, in milliseconds from the beginning: one, or a part after the other. */
  arrivals: number[];
  plan: Plan | null;
  cost: Cost | null;
  /** The latest first. */
  events: LiveEvent[];
  heard: number;
}

const EVENTS_KEPT = 200;

export const lastRun = store<Run | null>(null);

export function begin(live: boolean): Run {
  const run: Run = {
    live,
    running: true,
    began: performance.now(),
    arrivals: [],
    plan: null,
    cost: null,
    events: [],
    heard: 0,
  };
  lastRun.set(run);
  return run;
}

/** What came of a run: tells whoever shows it, unless a later one has begun. */
export function tell(run: Run, news: Partial<Run>): void {
  Object.assign(run, news);
  const last = lastRun.get();
  if (last?.began === run.began) lastRun.set({ ...run });
}

/** Takes what is for the panels out of an answer, so that it reads as an application gets it. */
export function observe(run: Run, answer: unknown): unknown {
  for (const part of Array.isArray(answer) ? answer : [answer]) {
    if (!isRecord(part)) continue;
    const { plan, cost, ...others } = isRecord(part.extensions) ? part.extensions : {};
    if (plan) run.plan = plan as Plan;
    if (cost) run.cost = cost as Cost;
    if (Object.keys(others).length === 0) delete part.extensions;
    else part.extensions = others;
    if (run.live) hear(run, part.data);
    else run.arrivals = [...run.arrivals, performance.now() - run.began];
  }
  tell(run, {});
  return answer;
}

function hear(run: Run, data: unknown): void {
  const [told] = isRecord(data) ? Object.values(data) : [];
  const event = isRecord(told) ? told : {};
  const type = [event.type, event.__typename].find((name) => typeof name === "string");
  const cursor = typeof event.cursor === "string" ? event.cursor : null;
  run.heard += 1;
  run.events = [{ number: run.heard, at: new Date(), type: type ?? "event", cursor }, ...run.events].slice(
    0,
    EVENTS_KEPT,
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
