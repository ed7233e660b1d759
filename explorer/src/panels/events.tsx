import type { GraphiQLPlugin } from "@graphiql/react";
import { type LiveEvent, lastRun } from "../run";
import { many } from "../waterfall";
import { EventsIcon } from "./icons";

export const EVENTS: GraphiQLPlugin = { title: "Events", icon: EventsIcon, content: EventsPanel };

function EventsPanel() {
  const run = lastRun.use();
  if (!run?.live) {
    return (
      <section className="heddle-panel">
        <h2>Events</h2>
        <p className="heddle-hint">Run a subscription: its events come here, each with its cursor.</p>
      </section>
    );
  }
  return (
    <section className="heddle-panel">
      <h2>Events</h2>
      <p className="heddle-hint">
        {many(run.heard, "event")}, the latest first{run.running ? "; more as they come." : ". It has ended."}
      </p>
      <ol className="heddle-events">
        {run.events.map((event) => (
          <EventRow key={event.number} event={event} />
        ))}
      </ol>
      <p className="heddle-hint">
        Subscribe with <code>after: "CURSOR"</code> to go on behind an event; with <code>after: "oldest"</code> to hear
        all that is kept.
      </p>
    </section>
  );
}

function EventRow({ event: { number, at, type, cursor } }: { event: LiveEvent }) {
  return (
    <li>
      <div className="heddle-step-name">
        <span className="heddle-kind">{number}</span>
        <strong>{type}</strong>
        <time className="heddle-time" dateTime={at.toISOString()}>
          {at.toLocaleTimeString("en-GB")}
        </time>
      </div>
      {cursor ? (
        <button
          type="button"
          className="heddle-cursor"
          title="Copy this cursor"
          onClick={() => navigator.clipboard?.writeText(cursor)}
        >
          {cursor}
        </button>
      ) : (
        <p className="heddle-facts">Select its `cursor` to be able to go on from here.</p>
      )}
    </li>
  );
}
