/** What a load run tells: a table for a person, or JSON for a machine. */
import { print } from "../host/log.ts";
import type { OfferJson } from "./api.ts";
import { colors, countOf, countText } from "./command.ts";
import { Latencies } from "./latencies.ts";
import type { Reconciliation } from "./load-reconcile.ts";
import type { LoadResult } from "./load-run.ts";

export interface LoadReport {
  readonly url: string;
  readonly connections: number;
  readonly buyers: number;
  readonly rate: number | null;
  readonly before: OfferJson;
  readonly after: OfferJson;
  readonly result: LoadResult;
  readonly reconciliation: Reconciliation;
}

const columns = ["outcome", "attempts", "per second", "p50", "p90", "p99", "max"] as const;
const widths = [16, 10, 12, 10, 10, 10, 10] as const;

export function printReport({ rate, before, after, result, reconciliation }: LoadReport): void {
  const { elapsedMs, acknowledged, unknown, unsent, retries } = result;
  print(colors.dim(rowText(columns)));
  for (const [outcome, latencies] of byCount(result)) print(rowText(cellsOf(outcome, latencies, elapsedMs)));
  print(colors.bold(rowText(cellsOf("all", allOf(result), elapsedMs))));
  print();
  if (rate !== null) print(colors.dim(`Latencies count from the time when an attempt was due.`));
  if (unsent > 0) {
    print(colors.yellow(`${countOf(unsent, "attempt")} could not be sent in time: the rate is more than is answered.`));
  }
  for (const [reason, count] of retries)
    print(`${countOf(count, "try").replace("trys", "tries")} again after ${reason}.`);
  if (unknown > 0) print(colors.yellow(`${countOf(unknown, "attempt")} came to no certain end.`));
  print(
    `Stock: ${countText(before.available)} before, ${countText(after.available)} after, ${countText(reconciliation.taken)} taken. Orders: ${countText(acknowledged.length)} acknowledged, ${countText(reconciliation.readBack)} read back.`,
  );
  for (const disagreement of reconciliation.disagreements) print(colors.red(`  ${disagreement}`));
  print(
    reconciliation.disagreements.length === 0
      ? colors.green("They agree: nothing oversold, nothing lost, no order twice.")
      : colors.red("They do not agree."),
  );
}

export function reportJson(report: LoadReport): string {
  const { url, connections, buyers, rate, before, after, result, reconciliation } = report;
  const { elapsedMs, ended, unsent, unknown, retries, acknowledged } = result;
  const { readBack, held, taken, disagreements } = reconciliation;
  const all = allOf(result);
  return JSON.stringify({
    url,
    offer_id: before.id,
    connections,
    buyers,
    rate,
    duration_ms: Math.round(elapsedMs),
    attempts: ended,
    attempts_per_s: perSecond(ended, elapsedMs),
    unsent,
    unknown,
    retries: Object.fromEntries(retries),
    latency_ms: latencyJson(all),
    outcomes: Object.fromEntries(
      byCount(result).map(([outcome, latencies]) => [
        outcome,
        { attempts: latencies.count, per_s: perSecond(latencies.count, elapsedMs), latency_ms: latencyJson(latencies) },
      ]),
    ),
    stock: { available_before: before.available, available_after: after.available, taken },
    orders: { acknowledged: acknowledged.length, read_back: readBack, units_held: held },
    agrees: disagreements.length === 0,
    disagreements,
  });
}

function byCount({ outcomes }: LoadResult): [string, Latencies][] {
  return [...outcomes].sort(([, a], [, b]) => b.count - a.count);
}

function allOf({ outcomes }: LoadResult): Latencies {
  const all = new Latencies();
  for (const latencies of outcomes.values()) all.addAll(latencies);
  return all;
}

function cellsOf(outcome: string, latencies: Latencies, elapsedMs: number): string[] {
  const { p50, p90, p99, max } = latencyJson(latencies);
  const times = [p50, p90, p99, max].map((ms) => `${ms < 10 ? ms.toFixed(2) : ms.toFixed(0)} ms`);
  return [outcome, countText(latencies.count), countText(perSecond(latencies.count, elapsedMs)), ...times];
}

function rowText(cells: readonly string[]): string {
  return cells.map((cell, at) => (at === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[at] ?? 0))).join("");
}

function latencyJson(latencies: Latencies): { p50: number; p90: number; p99: number; max: number } {
  const rounded = (ms: number) => Number(ms.toFixed(3));
  return {
    p50: rounded(latencies.percentile(0.5)),
    p90: rounded(latencies.percentile(0.9)),
    p99: rounded(latencies.percentile(0.99)),
    max: rounded(latencies.maxMs),
  };
}

function perSecond(count: number, elapsedMs: number): number {
  return Math.round((count * 1_000) / elapsedMs);
}
