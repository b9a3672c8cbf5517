/**
 * What the rows of a campaign's ledger add up to: how many orders came and what became of them, when an offer was sold
 * out for the first time, how sales went over time, how its queue stands. Pure.
 */
import type { LedgerRow } from "./campaign-ledger.ts";

export interface QueueSums {
  readonly joined: number;
  readonly waiting: number;
  readonly admitted: number;
  readonly bought: number;
  readonly expired: number;
  readonly left: number;
}

/** How a queue stands after these rows: who left without a pass is in nobody's way any more. */
export function queueSumsOf(rows: readonly LedgerRow[]): QueueSums {
  const states = new Map<number, "waiting" | "admitted">();
  let [joined, admitted, bought, expired, left] = [0, 0, 0, 0, 0];
  for (const { seq, type, previous_seq: entry } of rows) {
    switch (type) {
      case "queue_joined":
        joined += 1;
        states.set(seq, "waiting");
        break;
      case "queue_admitted":
        admitted += 1;
        if (entry !== null) states.set(entry, "admitted");
        break;
      case "queue_expired":
      case "queue_left":
        if (type === "queue_left") left += 1;
        else expired += 1;
        if (entry !== null) states.delete(entry);
        break;
      case "order_reserved":
        bought += 1;
        break;
      case "queue_closed":
      case "campaign_ended":
        states.clear();
    }
  }
  const waiting = [...states.values()].filter((state) => state === "waiting").length;
  return { joined, waiting, admitted, bought, expired, left };
}

export interface OrderSums {
  readonly reserved: number;
  /** Of a draw, or to who waited. */
  readonly offered: number;
  readonly paid: number;
  readonly expired: number;
  readonly cancelled: number;
  readonly refundsAsked: number;
  readonly refunded: number;
  /** Payments that cannot be kept: too late, one too many, of a wrong amount. */
  readonly paymentsToReturn: number;
  readonly paymentsReturned: number;
}

export function orderSumsOf(rows: readonly LedgerRow[]): OrderSums {
  const counts = new Map<string, number>();
  for (const { type } of rows) counts.set(type, (counts.get(type) ?? 0) + 1);
  const of = (...types: readonly string[]) => types.reduce((sum, type) => sum + (counts.get(type) ?? 0), 0);
  return {
    reserved: of("order_reserved"),
    offered: of("order_offered"),
    paid: of("order_paid"),
    expired: of("order_expired"),
    cancelled: of("order_cancelled"),
    refundsAsked: of("order_refund_requested"),
    refunded: of("order_refunded"),
    paymentsToReturn: of("order_refund_due", "payment_refund_due"),
    paymentsReturned: of("payment_refunded"),
  };
}

export interface OfferSums {
  /** The first moment at which no unit was left; `null` when some always were. */
  readonly soldOutAtMs: number | null;
  /** Units whose refund was asked for, on sale again or written off. */
  readonly unitsRefunded: number;
}

/** By the offer's id. */
export function offerSumsOf(rows: readonly LedgerRow[]): ReadonlyMap<string, OfferSums> {
  const available = new Map<string, number>();
  const sums = new Map<string, OfferSums>();
  for (const row of rows) {
    const { offer_id: id, type } = row;
    if (id === null) continue;
    const left = (available.get(id) ?? 0) + row.available;
    available.set(id, left);
    const before = sums.get(id) ?? { soldOutAtMs: null, unitsRefunded: 0 };
    const isSoldOut = before.soldOutAtMs === null && row.available < 0 && left === 0 && type !== "offer_restocked";
    sums.set(id, {
      soldOutAtMs: isSoldOut ? Date.parse(row.at) : before.soldOutAtMs,
      unitsRefunded: before.unitsRefunded + (type === "order_refund_requested" ? -row.sold : 0),
    });
  }
  return sums;
}

/** When it opened and ended by the ledger; `null` where it has not. */
export function spanOf(rows: readonly LedgerRow[]): { openedAtMs: number | null; endedAtMs: number | null } {
  const timeOf = (type: string) => {
    const row = rows.find((candidate) => candidate.type === type);
    return row === undefined ? null : Date.parse(row.at);
  };
  return { openedAtMs: timeOf("campaign_opened"), endedAtMs: timeOf("campaign_ended") };
}

export interface CurvePoint {
  /** Since the opening. */
  readonly afterMs: number;
  /** Units reserved or paid, and those of them that are paid. */
  readonly taken: number;
  readonly sold: number;
}

/**
 * Units taken and paid over time, from the opening on: `pointsMax` points at most, each with what stood at its end.
 * `untilMs` bounds the time that is looked at; else it goes to the last movement.
 */
export function curveOf(
  rows: readonly LedgerRow[],
  { fromMs, untilMs, pointsMax }: { readonly fromMs: number; readonly untilMs?: number; readonly pointsMax: number },
): readonly CurvePoint[] {
  const moves = rows.filter((row) => row.held !== 0 || row.sold !== 0);
  const lastMs = untilMs ?? Math.max(fromMs + 1, ...moves.slice(-1).map(({ at }) => Date.parse(at)));
  const stepMs = Math.max(1, (lastMs - fromMs) / pointsMax);
  const points: CurvePoint[] = [{ afterMs: 0, taken: 0, sold: 0 }];
  let [taken, sold, at] = [0, 0, 0];
  for (let step = 1; step <= pointsMax; step += 1) {
    const endMs = step === pointsMax ? lastMs : fromMs + step * stepMs;
    for (let row = moves[at]; row !== undefined && Date.parse(row.at) <= endMs; row = moves[at]) {
      taken += row.held + row.sold;
      sold += row.sold;
      at += 1;
    }
    points.push({ afterMs: Math.round(endMs - fromMs), taken, sold });
    if (endMs >= lastMs) break;
  }
  return points;
}

/**
 * How long after the opening the rush lasted: until nine of ten units of the most that were ever taken were, and half as
 * long again. `null` where that is no small part of the whole, so that a second look at it would show nothing new.
 */
export function rushMsOf(points: readonly CurvePoint[]): number | null {
  const most = Math.max(...points.map(({ taken }) => taken));
  const wholeMs = points.at(-1)?.afterMs ?? 0;
  const reached = points.find(({ taken }) => taken >= 0.9 * most);
  if (most === 0 || reached === undefined) return null;
  const rushMs = Math.max(1_000, reached.afterMs * 1.5);
  return rushMs < wholeMs / 5 ? rushMs : null;
}
