/**
 * What the server tells at one look, and what follows from two looks: rates and percentiles of the seconds between them.
 * A gap (the page was hidden, the server was away) or a new start of the server begins anew: there is no rate between
 * what cannot be compared, so neither shows a spike. Pure: looks come from vitals.ts.
 */
import { type RateLimitName, rateLimitNames } from "../../../domain/controls.ts";
import { type AttemptOutcome, attemptOutcomes } from "../../../domain/outcome.ts";
import type { Units } from "../parts/sale.ts";
import {
  addedTo,
  byLabel,
  type Histogram,
  histogramOf,
  type Metrics,
  meanOf,
  quantileOf,
  sumOf,
} from "./metrics-text.ts";

/** What the dashboard asks /metrics for. */
export const metricsAsked = [
  "rushbox_attempts_total",
  "rushbox_batch_commands",
  "rushbox_campaign_attempts_total",
  "rushbox_campaign_events_total",
  "rushbox_campaign_queue",
  "rushbox_commit_duration_seconds",
  "rushbox_committed_seq",
  "rushbox_http_request_duration_seconds",
  "rushbox_http_requests_total",
  "rushbox_load_refused_share",
  "rushbox_payments_refund_due",
  "rushbox_payments_unclaimed_total",
  "rushbox_queue_commands",
  "rushbox_rate_limited_total",
  "rushbox_uptime_seconds",
  "rushbox_webhook_deliveries_total",
  "rushbox_webhook_endpoints_failing",
] as const;

/** Counts since the server started, and what is so now. */
export interface Reading {
  /** On this page's own clock, which does not jump. */
  readonly atMs: number;
  readonly uptimeS: number;
  readonly committedSeq: number;
  readonly orders: number;
  readonly outcomes: Readonly<Record<AttemptOutcome, number>>;
  readonly rateLimited: Readonly<Record<RateLimitName, number>>;
  readonly buying: Histogram | null;
  readonly commit: Histogram | null;
  readonly batch: Histogram | null;
  readonly inFlight: number;
  readonly waiting: number;
  readonly passes: number;
  readonly refusedShare: number;
  readonly checkoutsFailed: number;
  readonly refundsDue: number;
  readonly paymentsUnclaimed: number;
  readonly deliveriesDead: number;
  readonly endpointsFailing: number;
  readonly campaigns: ReadonlyMap<string, CampaignReading>;
}

/** Of one campaign, since the server started. */
export interface CampaignReading {
  readonly outcomes: ReadonlyMap<string, number>;
  readonly events: ReadonlyMap<string, number>;
}

/** One second of the charts. `null`: not known, since nothing can be compared, or nothing happened. */
export interface Point {
  readonly atMs: number;
  readonly ordersPerS: number | null;
  readonly outcomesPerS: Readonly<Record<AttemptOutcome, number>> | null;
  readonly buyingP50S: number | null;
  readonly buyingP99S: number | null;
  readonly commitMeanS: number | null;
  readonly commitP99S: number | null;
  readonly batchMean: number | null;
  readonly inFlight: number | null;
  readonly waiting: number | null;
  readonly passes: number | null;
  readonly units: Units | null;
}

export interface Live {
  /** The seconds that are shown, oldest first. */
  readonly points: readonly Point[];
  /** Looks at one and the same start of the server without a gap, oldest first: the last of them a minute and less old. */
  readonly readings: readonly Reading[];
}

export const nothingSeen: Live = { points: [], readings: [] };

/** The charts show so much. */
export const shownMs = 5 * 60_000;
const readingsKeptMs = 60_000;
/** Two looks further apart than that have a gap between them. */
export const gapMs = 4_000;
/** Percentiles are of these last seconds: of a single one they would jump. */
const percentilesOfMs = 5_000;

export function readingOf(metrics: Metrics, atMs: number): Reading {
  const count = <Name extends string>(names: readonly Name[], metric: string, label: string) => {
    const values = byLabel(metrics, metric, label);
    return Object.fromEntries(names.map((name) => [name, values.get(name) ?? 0])) as Record<Name, number>;
  };
  const events = byLabel(metrics, "rushbox_campaign_events_total", "event");
  return {
    atMs,
    uptimeS: sumOf(metrics, "rushbox_uptime_seconds"),
    committedSeq: sumOf(metrics, "rushbox_committed_seq"),
    orders: (events.get("order_reserved") ?? 0) + (events.get("order_offered") ?? 0),
    outcomes: count(attemptOutcomes, "rushbox_attempts_total", "outcome"),
    rateLimited: count(rateLimitNames, "rushbox_rate_limited_total", "limit"),
    buying: histogramOf(metrics, "rushbox_http_request_duration_seconds", { route: "reserve" }),
    commit: histogramOf(metrics, "rushbox_commit_duration_seconds"),
    batch: histogramOf(metrics, "rushbox_batch_commands"),
    inFlight: sumOf(metrics, "rushbox_queue_commands"),
    waiting: sumOf(metrics, "rushbox_campaign_queue", { place: "waiting" }),
    passes: sumOf(metrics, "rushbox_campaign_queue", { place: "passes" }),
    refusedShare: sumOf(metrics, "rushbox_load_refused_share"),
    checkoutsFailed: sumOf(metrics, "rushbox_http_requests_total", { route: "create_checkout", status: "502" }),
    refundsDue: sumOf(metrics, "rushbox_payments_refund_due"),
    paymentsUnclaimed: sumOf(metrics, "rushbox_payments_unclaimed_total"),
    deliveriesDead: sumOf(metrics, "rushbox_webhook_deliveries_total", { outcome: "dead" }),
    endpointsFailing: sumOf(metrics, "rushbox_webhook_endpoints_failing"),
    campaigns: campaignsOf(metrics),
  };
}

function campaignsOf(metrics: Metrics): ReadonlyMap<string, CampaignReading> {
  const campaigns = new Map<string, { outcomes: Map<string, number>; events: Map<string, number> }>();
  const take = (metric: string, label: "outcome" | "event", into: "outcomes" | "events") => {
    for (const { labels, value } of metrics.get(metric) ?? []) {
      const id = labels["campaign"] ?? "";
      const counts = campaigns.get(id) ?? { outcomes: new Map(), events: new Map() };
      counts[into].set(labels[label] ?? "", value);
      campaigns.set(id, counts);
    }
  };
  take("rushbox_campaign_attempts_total", "outcome", "outcomes");
  take("rushbox_campaign_events_total", "event", "events");
  return campaigns;
}

/** What is known after one more look. */
export function withReading(live: Live, reading: Reading, units: Units | null): Live {
  const before = live.readings.at(-1);
  const isNew = before === undefined || isAnew(before, reading);
  const readings = isNew
    ? [reading]
    : [...live.readings.filter(({ atMs }) => atMs > reading.atMs - readingsKeptMs), reading];
  const point = pointOf(readings, units);
  // A line breaks where nothing is known, so a gap is a point of its own.
  const gap = isNew && before !== undefined ? [nothingKnown((before.atMs + reading.atMs) / 2)] : [];
  const points = [...live.points, ...gap, point].filter(({ atMs }) => atMs > reading.atMs - shownMs);
  return { points, readings };
}

/** Whether nothing can be compared: too long ago, or another start of the server, which counts from nothing. */
function isAnew(before: Reading, after: Reading): boolean {
  // Threads of one server have started within a second or so of each other, and any of them may answer.
  const isRestarted = after.uptimeS < before.uptimeS - 2 || isLess(after, before);
  return after.atMs - before.atMs > gapMs || isRestarted;
}

function isLess(after: Reading, before: Reading): boolean {
  return after.orders < before.orders || attemptOutcomes.some((name) => after.outcomes[name] < before.outcomes[name]);
}

function pointOf(readings: readonly Reading[], units: Units | null): Point {
  const [before, after] = [readings.at(-2), readings.at(-1)];
  if (after === undefined) throw new Error("a point is made of a reading");
  const seconds = before === undefined ? 0 : (after.atMs - before.atMs) / 1_000;
  const now = { inFlight: after.inFlight, waiting: after.waiting, passes: after.passes, units };
  if (before === undefined || seconds <= 0) return { ...nothingKnown(after.atMs), ...now };
  const from = readings.find(({ atMs }) => atMs >= after.atMs - percentilesOfMs - 500) ?? before;
  const buying = addedTo(from.buying, after.buying);
  const commit = addedTo(from.commit, after.commit);
  const rates = attemptOutcomes.map(
    (name) => [name, (after.outcomes[name] - before.outcomes[name]) / seconds] as const,
  );
  return {
    atMs: after.atMs,
    ordersPerS: (after.orders - before.orders) / seconds,
    outcomesPerS: Object.fromEntries(rates) as Record<AttemptOutcome, number>,
    buyingP50S: quantileOf(buying, 0.5),
    buyingP99S: quantileOf(buying, 0.99),
    commitMeanS: meanOf(commit),
    commitP99S: quantileOf(commit, 0.99),
    batchMean: meanOf(addedTo(from.batch, after.batch)),
    ...now,
  };
}

function nothingKnown(atMs: number): Point {
  const rates = { ordersPerS: null, outcomesPerS: null, buyingP50S: null, buyingP99S: null };
  const engine = { commitMeanS: null, commitP99S: null, batchMean: null };
  return { atMs, ...rates, ...engine, inFlight: null, waiting: null, passes: null, units: null };
}

/** How much a count has grown within this time; 0 as long as there is nothing to compare. */
export function grown(readings: readonly Reading[], withinMs: number, pick: (reading: Reading) => number): number {
  const last = readings.at(-1);
  if (last === undefined) return 0;
  const from = readings.find(({ atMs }) => atMs >= last.atMs - withinMs) ?? last;
  return pick(last) - pick(from);
}
