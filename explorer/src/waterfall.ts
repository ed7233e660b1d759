import type { Plan, Step } from "./run";

/** A step as a bar: where it begins and how long it is, in percent of the whole. */
export interface Bar {
  step: Step;
  left: number;
  width: number;
}

const SEEN_AT_LEAST = 0.6;
const TOO_OFTEN = 3;

/** How long the picture is: until the last step has ended, or the last part has come. */
export function length(plan: Plan): number {
  return Math.max(plan.durationMs, ...plan.steps.map((step) => step.startMs + step.durationMs), 0.001);
}

export function bars(plan: Plan): Bar[] {
  const whole = length(plan);
  return plan.steps.map((step) => {
    const width = Math.max((step.durationMs / whole) * 100, SEEN_AT_LEAST);
    return { step, width, left: Math.min((step.startMs / whole) * 100, 100 - width) };
  });
}

/** What makes it slower than it needs to be, or wrong; most of all, what is loaded one by one. */
export function warnings(plan: Plan): string[] {
  const alike = new Map<string, Step[]>();
  for (const step of plan.steps) {
    const key = [step.edge, step.source, step.target].join(" ");
    alike.set(key, [...(alike.get(key) ?? []), step]);
  }
  const repeated = [...alike.values()]
    .filter((steps) => steps.length >= TOO_OFTEN && steps.every(({ keys }) => keys === null || keys === 1))
    .map((steps) => `${name(steps[0])} was asked ${steps.length} times, for one key each: it loads one by one.`);
  const apart = plan.steps
    .filter(({ requests = 1, keys }) => requests > 1 && requests === keys)
    .map(
      (step) => `${name(step)} took ${step.requests} requests for ${step.keys} keys: the service gives one at a time.`,
    );
  const failed = plan.steps.filter((step) => step.failed).map((step) => `${name(step)} failed.`);
  return [...repeated, ...apart, ...failed];
}

export function name(step: Step | undefined): string {
  return step ? (step.edge ?? `${step.source} ${step.target}`) : "";
}

export function ms(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${Math.round(value).toLocaleString("en")} ms`;
}

export function many(count: number, one: string): string {
  return `${count.toLocaleString("en")} ${one}${count === 1 ? "" : "s"}`;
}
