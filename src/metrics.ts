/** Every metric of a running Rushbox that threads count themselves; what is read at the scrape stands in http/ops.ts. */
import { challengeResults } from "./admission/challenge.ts";
import { callOutcomes, toolNames } from "./dialogue/mcp/tool-names.ts";
import { rateLimitNames } from "./domain/controls.ts";
import { attemptOutcomes } from "./domain/outcome.ts";
import type { MetricDefinition } from "./host/metrics.ts";
import { works } from "./http/gate.ts";
import { routeNames, statusesCounted } from "./http/routes.ts";

/** How an attempt to deliver a webhook may end. */
export const webhookOutcomes = ["delivered", "refused", "unreachable", "forbidden_address", "dead"] as const;

const latencyBuckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** The label of an HTTP thread, by its number from 0. */
export function httpThreadLabel(thread: number): string {
  return `http-${thread + 1}`;
}

/** Where each thread counts: HTTP threads by their number, then the engine's, then the main thread. */
export function metricPlaces(httpThreads: number): { engine: number; main: number; threads: number } {
  return { engine: httpThreads, main: httpThreads + 1, threads: httpThreads + 2 };
}

export function metricDefinitions(httpThreads: number): MetricDefinition[] {
  const threads = ["engine", ...Array.from({ length: httpThreads }, (_, thread) => httpThreadLabel(thread))];
  return [
    {
      name: "rushbox_http_requests_total",
      help: "Requests answered.",
      type: "counter",
      labels: { route: routeNames, status: statusesCounted },
      isSparse: true,
    },
    {
      name: "rushbox_http_request_duration_seconds",
      help: "From the request's arrival in the handler to its answer.",
      type: "histogram",
      labels: { route: routeNames },
      isSparse: true,
      buckets: latencyBuckets,
    },
    {
      name: "rushbox_attempts_total",
      help: "Attempts to buy by outcome.",
      type: "counter",
      labels: { outcome: attemptOutcomes },
    },
    {
      name: "rushbox_mcp_calls_total",
      help: "Calls of agents by tool, and how they ended: done, refused for a reason, or failed here.",
      type: "counter",
      labels: { tool: toolNames, outcome: callOutcomes },
      isSparse: true,
    },
    {
      name: "rushbox_challenges_total",
      help: "Solved challenges that were sent, or were not, where one was asked for.",
      type: "counter",
      labels: { result: challengeResults },
    },
    {
      name: "rushbox_risk_refusals_total",
      help: "Attempts that the risk desk's verdicts refused; in the mode record, those that came under such a verdict.",
      type: "counter",
      labels: { action: ["block", "slow"], mode: ["record", "enforce"] },
    },
    {
      name: "rushbox_risk_samples_total",
      help: "What HTTP threads had to tell the risk desk: told, or skipped because there was too much.",
      type: "counter",
      labels: { fate: ["told", "skipped"] },
    },
    { name: "rushbox_risk_buyers", help: "Buyers whom the risk desk remembers.", type: "gauge" },
    { name: "rushbox_risk_verdicts", help: "Verdicts that the risk desk remembers.", type: "gauge" },
    {
      name: "rushbox_rate_limited_total",
      help: "Attempts refused by a rate limit.",
      type: "counter",
      labels: { limit: rateLimitNames },
    },
    {
      name: "rushbox_shed_total",
      help: "Requests given up under load, by what they were for.",
      type: "counter",
      labels: { work: works },
    },
    {
      name: "rushbox_load_level",
      help: "How much is given up: 0 normal, 1 exports, 2 search, 3 streams, 4 joins, 5 a share of the purchases too.",
      type: "gauge",
    },
    {
      name: "rushbox_load_refused_share",
      help: "The share of purchases that is refused at level 5.",
      type: "gauge",
    },
    {
      name: "rushbox_queue_delay_seconds",
      help: "The longest wait of the last moment, for the engine's answer or a turn of an HTTP thread.",
      type: "gauge",
    },
    {
      name: "rushbox_batch_commands",
      help: "Commands in one batch of the engine.",
      type: "histogram",
      buckets: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000],
    },
    {
      name: "rushbox_commit_duration_seconds",
      help: "Storing one batch durably, its sync to disk included.",
      type: "histogram",
      buckets: latencyBuckets,
    },
    {
      name: "rushbox_engine_busy_seconds_total",
      help: "Time in which the engine decided and stored: of a second, the share in which it was busy.",
      type: "counter",
    },
    { name: "rushbox_events_total", help: "Events stored since the start.", type: "counter" },
    { name: "rushbox_reminders_waiting", help: "Reminders that wait for their time.", type: "gauge" },
    { name: "rushbox_reminders_due_total", help: "Reminders that came since the start.", type: "counter" },
    {
      name: "rushbox_event_loop_lag_seconds",
      help: "How late a timer of a thread last fired.",
      type: "gauge",
      labels: { thread: threads },
    },
    { name: "rushbox_streams_open", help: "Open event streams.", type: "gauge" },
    {
      name: "rushbox_webhook_deliveries_total",
      help: "Attempts to deliver a webhook, by how they ended; dead: given up.",
      type: "counter",
      labels: { outcome: webhookOutcomes },
    },
    { name: "rushbox_webhook_pending", help: "Deliveries that will be tried again.", type: "gauge" },
    { name: "rushbox_webhook_endpoints_failing", help: "Endpoints that fail whatever they are sent.", type: "gauge" },
    {
      name: "rushbox_webhook_events_behind",
      help: "How many events the slowest endpoint is behind the journal.",
      type: "gauge",
    },
    {
      name: "rushbox_payments_unclaimed_total",
      help: "Payments a provider told of whose order is not here: somebody must look whose they are.",
      type: "counter",
    },
    { name: "rushbox_payments_refund_due", help: "Payments that are to be returned.", type: "gauge" },
  ];
}
