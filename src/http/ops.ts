/** For whoever runs it: is it alive, is it ready, how is it doing; and the time, for everybody's countdown. */

import type { MetricDefinition, Sampled } from "../host/metrics.ts";
import type { HttpParts } from "./parts.ts";
import { problem } from "./problem.ts";
import { json, wireTime } from "./respond.ts";
import type { Route } from "./route.ts";
import { switchesShown } from "./v1/controls.ts";

type Parts = Pick<HttpParts, "board" | "catalogue" | "clock" | "counters" | "load" | "metrics" | "office">;

export function opsRoutes(parts: Parts): Route[] {
  return [
    { name: "time", method: "GET", path: "/v1/time", handle: () => time(parts) },
    { name: "healthz", method: "GET", path: "/healthz", handle: () => json('{"status":"ok"}') },
    { name: "readyz", method: "GET", path: "/readyz", handle: () => ready(parts) },
    { name: "metrics", method: "GET", path: "/metrics", handle: (request) => metrics(parts, request) },
  ];
}

function time({ clock }: Parts): Response {
  const nowMs = clock.nowMs();
  return json(`{"now":"${wireTime(nowMs)}","now_ms":${nowMs}}`);
}

function ready({ counters, load, office }: Parts): Response {
  if (counters.isStopping) return problem("overloaded", { detail: "The server is stopping." });
  const told = { status: "ready", load: load.level, switches_on: switchesShown(office.controls) };
  return json(JSON.stringify(told));
}

const queueDepth: MetricDefinition = {
  name: "rushbox_queue_commands",
  help: "Commands sent to the engine and not yet answered.",
  type: "gauge",
};
const committedSeq: MetricDefinition = {
  name: "rushbox_committed_seq",
  help: "Sequence number of the last event on disk.",
  type: "gauge",
};
const stock: MetricDefinition = {
  name: "rushbox_offer_units",
  help: "Units of an offer by where they are; of campaigns that have not ended.",
  type: "gauge",
};
const memory: MetricDefinition = {
  name: "process_resident_memory_bytes",
  help: "Resident memory of the process.",
  type: "gauge",
};
const uptime: MetricDefinition = {
  name: "rushbox_uptime_seconds",
  help: "Seconds since this thread started.",
  type: "gauge",
};

const campaignAttempts: MetricDefinition = {
  name: "rushbox_campaign_attempts_total",
  help: "Attempts to buy by campaign and outcome since the start, of campaigns in which something happened.",
  type: "counter",
};
const campaignEvents: MetricDefinition = {
  name: "rushbox_campaign_events_total",
  help: "Events stored by campaign since the start: what buyers did, and what became of their orders.",
  type: "counter",
};
const campaignQueue: MetricDefinition = {
  name: "rushbox_campaign_queue",
  help: "Buyers in the queue of a campaign: waiting, or with a pass.",
  type: "gauge",
};

/** All metrics, or those that are asked for with `?name[]=`, as other exporters take it: a page asks every second. */
function metrics({ board, catalogue, clock, counters, metrics: counted }: Parts, request: Request): Response {
  const names = request.url.includes("?") ? new URL(request.url).searchParams.getAll("name[]") : [];
  const live = () => catalogue.newestFirst().filter(({ view }) => view.state !== "draft" && view.state !== "ended");
  const units = () =>
    live().flatMap(({ offers }) =>
      offers.flatMap((offer) => {
        const { available, held, sold } = counters.counts(offer.view.line);
        return Object.entries({ available, held, sold }).map(
          ([place, value]) => [{ offer: offer.id, place }, value] as const,
        );
      }),
    );
  const byCampaign =
    (label: string, read: (line: number) => readonly (readonly [string, number])[]): Sampled["samples"] =>
    () =>
      catalogue.newestFirst().flatMap(({ id, line }) =>
        board.isQuiet(line)
          ? []
          : read(line)
              .filter(([, value]) => value > 0)
              .map(([text, value]) => [{ campaign: id, [label]: text }, value] as const),
      );
  const queues = () =>
    live().flatMap(({ id, line, view }) =>
      view.admission.mode === "queue" || board.queue(line).waiting + board.queue(line).passes > 0
        ? Object.entries(board.queue(line)).map(([place, value]) => [{ campaign: id, place }, value] as const)
        : [],
    );
  const text = counted.render(
    [
      { definition: queueDepth, samples: () => [[{}, counters.inFlight]] },
      { definition: committedSeq, samples: () => [[{}, counters.committedSeq]] },
      { definition: stock, samples: units },
      { definition: campaignAttempts, samples: byCampaign("outcome", (line) => board.outcomes(line)) },
      { definition: campaignEvents, samples: byCampaign("event", (line) => board.events(line)) },
      { definition: campaignQueue, samples: queues },
      { definition: memory, samples: () => [[{}, process.memoryUsage.rss()]] },
      { definition: uptime, samples: () => [[{}, clock.elapsedMs() / 1_000]] },
    ],
    names.length === 0 ? undefined : (name) => names.includes(name),
  );
  return new Response(text, {
    headers: {
      "content-type": "text/plain; version=0.0.4; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
    },
  });
}
