/** What a report adds up from ledger rows, and the round numbers that its charts show. */
import { describe, expect, test } from "bun:test";
import type { LedgerRow } from "../../src/web/console/parts/campaign-ledger.ts";
import { axisOf, pathOf, timeAxisOf } from "../../src/web/console/parts/chart-scale.ts";
import {
  curveOf,
  offerSumsOf,
  orderSumsOf,
  queueSumsOf,
  rushMsOf,
  spanOf,
} from "../../src/web/console/parts/ledger-sums.ts";
import { shortMs, shortTime } from "../../src/web/shared/short-time.ts";

const openedAtMs = Date.parse("2026-11-11T12:00:00.000Z");
const offerId = "off_0000000002";

/** Rows with seqs 1, 2, 3 ..., so many milliseconds after the opening. */
function rowsOf(...rows: readonly (Partial<LedgerRow> & { readonly type: string; readonly afterMs?: number })[]) {
  return rows.map(
    ({ afterMs = 0, ...row }, at): LedgerRow => ({
      seq: at + 1,
      at: new Date(openedAtMs + afterMs).toISOString(),
      campaign_id: "cmp_0000000001",
      offer_id: null,
      order_id: null,
      previous_seq: null,
      available: 0,
      held: 0,
      sold: 0,
      details: null,
      hash: "0".repeat(64),
      buyer_id: null,
      ...row,
    }),
  );
}

const move = (type: string, afterMs: number, [available, held, sold]: readonly [number, number, number]) =>
  ({ type, afterMs, offer_id: offerId, available, held, sold }) as const;

const sale = rowsOf(
  { type: "campaign_created", afterMs: -9_000 },
  move("offer_created", -9_000, [3, 0, 0]),
  { type: "campaign_opened" },
  move("order_reserved", 100, [-2, 2, 0]),
  move("order_reserved", 200, [-1, 1, 0]),
  move("order_paid", 5_000, [0, -2, 2]),
  move("order_expired", 20_000, [1, -1, 0]),
  move("order_reserved", 30_000, [-1, 1, 0]),
  move("order_refund_requested", 40_000, [2, 0, -2]),
  { type: "order_refunded", afterMs: 41_000 },
  { type: "campaign_ended", afterMs: 60_000 },
);

describe("a sale's ledger", () => {
  test("tells what became of the orders, and when the sale opened and ended", () => {
    expect(orderSumsOf(sale)).toMatchObject({
      reserved: 3,
      paid: 1,
      expired: 1,
      refundsAsked: 1,
      refunded: 1,
      offered: 0,
    });
    expect(spanOf(sale)).toEqual({ openedAtMs, endedAtMs: openedAtMs + 60_000 });
    expect(spanOf(sale.slice(0, 2))).toEqual({ openedAtMs: null, endedAtMs: null });
  });

  test("tells when an offer was sold out for the first time, whatever came back later", () => {
    expect(offerSumsOf(sale).get(offerId)).toEqual({ soldOutAtMs: openedAtMs + 200, unitsRefunded: 2 });
    expect(offerSumsOf(sale.slice(0, 4)).get(offerId)?.soldOutAtMs).toBeNull();
  });

  test("does not call an offer sold out whose units were taken back, or that had none", () => {
    const restocked = rowsOf(move("offer_created", 0, [3, 0, 0]), move("offer_restocked", 10, [-3, 0, 0]));
    expect(offerSumsOf(restocked).get(offerId)?.soldOutAtMs).toBeNull();
    expect(offerSumsOf(rowsOf(move("offer_created", 0, [0, 0, 0]))).get(offerId)?.soldOutAtMs).toBeNull();
  });

  test("is a curve of bounded length that ends with what stands at its end", () => {
    const points = curveOf(sale, { fromMs: openedAtMs, pointsMax: 50 });
    expect(points.length).toBeLessThanOrEqual(51);
    expect(points[0]).toEqual({ afterMs: 0, taken: 0, sold: 0 });
    expect(points.at(-1)).toEqual({ afterMs: 40_000, taken: 1, sold: 0 });
    expect(Math.max(...points.map(({ taken }) => taken))).toBe(3);
    const first = curveOf(sale, { fromMs: openedAtMs, untilMs: openedAtMs + 1_000, pointsMax: 10 });
    expect(first.at(-1)).toEqual({ afterMs: 1_000, taken: 3, sold: 0 });
  });

  test("has a rush to look at more closely only where it is a small part of the whole", () => {
    const point = (afterMs: number, taken: number) => ({ afterMs, taken, sold: 0 });
    expect(rushMsOf([point(0, 0), point(2_000, 95), point(60_000, 100)])).toBe(3_000);
    expect(rushMsOf([point(0, 0), point(30_000, 95), point(60_000, 100)])).toBeNull();
    expect(rushMsOf([point(0, 0), point(60_000, 0)])).toBeNull();
  });
});

test("a queue is counted by who joined, got a pass, used it, let it run out and left", () => {
  const rows = rowsOf(
    { type: "queue_joined" }, // 1: buys
    { type: "queue_joined" }, // 2: lets the pass run out
    { type: "queue_joined" }, // 3: leaves the line
    { type: "queue_joined" }, // 4: waits
    { type: "queue_admitted", previous_seq: 1 },
    { type: "queue_admitted", previous_seq: 2 },
    { type: "order_reserved" },
    { type: "queue_expired", previous_seq: 2 },
    { type: "queue_left", previous_seq: 3 },
  );
  expect(queueSumsOf(rows)).toEqual({ joined: 4, waiting: 1, admitted: 2, bought: 1, expired: 1, left: 1 });
  const ended = [...rows, ...rowsOf({ type: "campaign_ended" })];
  expect(queueSumsOf(ended).waiting).toBe(0);
});

describe("an axis", () => {
  test("has round ticks that hold all values", () => {
    expect(axisOf([0, 37], 4).ticks).toEqual([0, 10, 20, 30, 40]);
    expect(axisOf([0, 1], 4, true).ticks).toEqual([0, 1]);
    expect(axisOf([0, 0], 4, true).ticks).toEqual([0, 1]);
    expect(axisOf([], 4, true).ticks).toEqual([0, 1]);
    expect(axisOf([-5, 5], 4).ticks).toEqual([-5, 0, 5]);
    expect(axisOf([0, 1_000_000], 4).ticks).toEqual([0, 500_000, 1_000_000]);
  });

  test("of time has the steps of a clock, and ends where the values do", () => {
    expect(timeAxisOf([-3, 60], 6).ticks).toEqual([0, 15, 30, 45, 60]);
    expect(timeAxisOf([0, 7_200], 4).ticks).toEqual([0, 1_800, 3_600, 5_400, 7_200]);
    expect(timeAxisOf([0, 0.4], 4).ticks.length).toBeGreaterThan(2);
    expect(timeAxisOf([5, 5], 4).maximum).toBeGreaterThan(5);
  });
});

test("a stepped line stays level until the next value", () => {
  const points = [
    [0, 10],
    [5, 20],
  ] as const;
  expect(pathOf(points, true)).toBe("M0.0 10.0H5.0V20.0");
  expect(pathOf(points, false)).toBe("M0.0 10.0L5.0 20.0");
});

test("spans are short and never more exact than they are", () => {
  expect([0.094, 0.5, 7.25, 59.94, 61, 3_725].map(shortTime)).toEqual([
    "0.094 s",
    "0.5 s",
    "7.25 s",
    "59.9 s",
    "1:01",
    "1:02:05",
  ]);
  expect(shortTime(-5)).toBe("−5 s");
  expect([0.84, 35, 118.4, 1_250].map(shortMs)).toEqual(["0.84 ms", "35 ms", "118 ms", "1.25 s"]);
});
