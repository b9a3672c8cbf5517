/**
 * What an operator should look at, from what the server tells: a closed list of kinds, each true or not at one moment.
 * Since when is kept apart, so that an alarm which stays keeps its beginning. Pure: words are in alarm-list.tsx.
 */
import type { SwitchName } from "../../../domain/controls.ts";
import type { LoadLevel } from "../../shared/wire.ts";
import { quantileOf } from "./metrics-text.ts";
import { grown, type Reading } from "./readings.ts";

export type Alarm =
  | { readonly kind: "away" | "stopping" | "overloaded" | "unknown_outcomes" }
  | { readonly kind: "load"; readonly level: LoadLevel }
  | { readonly kind: "commit_slow"; readonly seconds: number }
  | { readonly kind: "payments_failing"; readonly count: number }
  | { readonly kind: "refunds_waiting"; readonly count: number }
  | { readonly kind: "payments_unclaimed"; readonly count: number }
  | { readonly kind: "webhook_failing"; readonly count: number }
  | { readonly kind: "webhook_dead"; readonly count: number }
  | { readonly kind: "limit_hit"; readonly limit: "address" | "campaign" | "overall"; readonly count: number }
  | { readonly kind: "switch_on"; readonly name: SwitchName; readonly campaignId: string | null }
  | { readonly kind: "sold_out"; readonly campaignId: string; readonly title: string };

export interface Facts {
  readonly isAway: boolean;
  readonly isStopping: boolean;
  readonly load: LoadLevel;
  readonly switchesOn: readonly { readonly name: SwitchName; readonly campaignId: string | null }[];
  readonly readings: readonly Reading[];
  /** Open campaigns in which nothing is left. */
  readonly soldOut: readonly { readonly id: string; readonly title: string }[];
}

/** An alarm and when it was first true. */
export type Raised = { readonly alarm: Alarm; readonly key: string; readonly sinceMs: number };

/** A commit syncs the disk: a good one takes a millisecond, and buyers notice a tenth of a second. */
const commitSlowS = 0.1;
/** What happened so long ago is still worth a look; what is told by the minute would come and go. */
const recentMs = 15_000;
const minuteMs = 60_000;
/** Refunds are asked for at once: those that wait longer are stuck. */
const graceMs: Partial<Record<Alarm["kind"], number>> = { refunds_waiting: minuteMs };

/** What is alarming now, the gravest first. */
export function alarmsOf({ isAway, isStopping, load, switchesOn, readings, soldOut }: Facts): Alarm[] {
  const last = readings.at(-1);
  // Who cannot see the server knows of nothing else.
  if (isAway || last === undefined) return isAway ? [{ kind: "away" }] : [];
  const more = (pick: (reading: Reading) => number, withinMs = recentMs) => grown(readings, withinMs, pick);
  const alarms: (Alarm | null)[] = [
    isStopping ? { kind: "stopping" } : null,
    more(({ outcomes }) => outcomes.outcome_unknown, minuteMs) > 0 ? { kind: "unknown_outcomes" } : null,
    more(({ outcomes }) => outcomes.overloaded) > 0 ? { kind: "overloaded" } : null,
    load === "normal" ? null : { kind: "load", level: load },
    commitAlarm(readings),
    counted(
      "payments_failing",
      more(({ checkoutsFailed }) => checkoutsFailed, minuteMs),
    ),
    counted("payments_unclaimed", last.paymentsUnclaimed),
    counted("refunds_waiting", last.refundsDue),
    counted("webhook_failing", last.endpointsFailing),
    counted(
      "webhook_dead",
      more(({ deliveriesDead }) => deliveriesDead, minuteMs),
    ),
    ...(["overall", "campaign", "address"] as const).map((limit): Alarm | null => {
      const count = more(({ rateLimited }) => rateLimited[limit]);
      return count > 0 ? { kind: "limit_hit", limit, count } : null;
    }),
    ...switchesOn.map((on): Alarm => ({ kind: "switch_on", ...on })),
    ...soldOut.map(({ id, title }): Alarm => ({ kind: "sold_out", campaignId: id, title })),
  ];
  return alarms.filter((alarm) => alarm !== null);
}

function counted(
  kind: "payments_failing" | "payments_unclaimed" | "refunds_waiting" | "webhook_failing" | "webhook_dead",
  count: number,
): Alarm | null {
  return count > 0 ? { kind, count } : null;
}

function commitAlarm(readings: readonly Reading[]): Alarm | null {
  const last = readings.at(-1);
  const from = readings.findLast(({ atMs }) => last !== undefined && atMs <= last.atMs - recentMs) ?? readings[0];
  if (last?.commit === undefined || last.commit === null || from?.commit === undefined || from === last) return null;
  const before = from.commit;
  const counts = last.commit.counts.map((count, at) => count - (before?.counts[at] ?? 0));
  const seconds = quantileOf({ ...last.commit, counts }, 0.99);
  return seconds !== null && seconds > commitSlowS ? { kind: "commit_slow", seconds } : null;
}

/** The alarms of now with their beginnings: those that were there before keep theirs. */
export function raise(before: readonly Raised[], alarms: readonly Alarm[], nowMs: number): Raised[] {
  return alarms.map((alarm) => {
    const key = keyOf(alarm);
    return { alarm, key, sinceMs: before.find((known) => known.key === key)?.sinceMs ?? nowMs };
  });
}

/** Those that are shown: some must have lasted first. */
export function shownOf(raised: readonly Raised[], nowMs: number): Raised[] {
  return raised.filter(({ alarm, sinceMs }) => nowMs - sinceMs >= (graceMs[alarm.kind] ?? 0));
}

/** One alarm is the same as another when it is about the same thing, however bad it has become. */
function keyOf(alarm: Alarm): string {
  switch (alarm.kind) {
    case "limit_hit":
      return `${alarm.kind} ${alarm.limit}`;
    case "switch_on":
      return `${alarm.kind} ${alarm.name} ${alarm.campaignId ?? ""}`;
    case "sold_out":
      return `${alarm.kind} ${alarm.campaignId}`;
    default:
      return alarm.kind;
  }
}
