/** What the pages of orders and of the frame make of what they are told, without a browser. */
import { describe, expect, test } from "bun:test";
import { shareGone, standingOf } from "../../src/web/embed/standing.ts";
import type { Order, Payment } from "../../src/web/shared/wire.ts";
import { OrderShelf } from "../../src/web/storefront/order-shelf.ts";
import { timelineOf } from "../../src/web/storefront/timeline.ts";

const at = (minute: number) => `2026-11-11T12:${String(minute).padStart(2, "0")}:00.000Z`;

function orderWith(what: Partial<Order>): Order {
  return {
    ...{ id: "ord_0000000009", offer_id: "off_0000000002", campaign_id: "cmp_0000000001", sku: "cup", currency: "CNY" },
    ...{ buyer_id: "alice", by_agent: false, quantity: 1, amount_minor: 100, state: "reserved", seq: 9 },
    ...{ reserved_at: at(0), expires_at: at(15) },
    ...what,
  };
}

function paymentWith(what: Partial<Payment>): Payment {
  return {
    ...{ id: "pay_0000000010", provider: "sandbox", reference: "p", amount_minor: 100, currency: "CNY" },
    ...{ state: "accepted", received_at: at(3) },
    ...what,
  };
}

const names = (order: Partial<Order>, ...payments: Partial<Payment>[]) =>
  timelineOf(orderWith(order), payments.map(paymentWith)).map(({ name }) => name);

describe("the steps of an order", () => {
  test("are those that its state tells of", () => {
    expect(names({})).toEqual(["reserved"]);
    expect(names({ state: "cancelled", ended_at: at(2) })).toEqual(["reserved", "cancelled"]);
    expect(names({ state: "expired", ended_at: at(15) })).toEqual(["reserved", "time_over"]);
    expect(names({ state: "paid", paid_at: at(3) }, {})).toEqual(["reserved", "paid"]);
  });

  test("tell a late payment that was kept from one that was not", () => {
    const late = { paid_at: at(16) };
    expect(names({ state: "paid", ...late }, { received_at: at(16) })).toEqual(["reserved", "time_over", "paid_late"]);
    const due = { state: "refund_due", ended_at: at(16), ...late } as const;
    expect(names(due, { received_at: at(16), state: "refund_due" })).toEqual([
      "reserved",
      "time_over",
      "came_too_late",
    ]);
  });

  test("tell who asked for a refund as long as the order tells it, and nothing of it later", () => {
    const paid = { paid_at: at(3), ended_at: at(20) };
    expect(names({ state: "refund_due", ...paid }, { state: "refund_due" })).toEqual([
      "reserved",
      "paid",
      "refund_asked",
    ]);
    const refunded = { state: "refunded", refunded_at: at(20) } as const;
    expect(names({ state: "refunded", ...paid }, refunded)).toEqual(["reserved", "arrived", "refunded"]);
  });

  test("have every further payment with its return", () => {
    const second = { received_at: at(5), state: "refunded", refunded_at: at(6) } as const;
    expect(names({ state: "paid", paid_at: at(3) }, {}, second)).toEqual([
      "reserved",
      "paid",
      "came_extra",
      "refunded",
    ]);
  });
});

describe("the shelf of orders", () => {
  test("keeps what the stream told against an answer to an older question", () => {
    const shelf = new OrderShelf();
    const asked = shelf.moment();
    shelf.told(orderWith({ state: "paid" }));
    shelf.answered([orderWith({})], asked);
    expect(shelf.get("ord_0000000009")?.state).toBe("paid");
    shelf.answered([orderWith({ state: "refund_due" })], shelf.moment());
    expect(shelf.get("ord_0000000009")?.state).toBe("refund_due");
  });

  test("has the newest first, each once", () => {
    const shelf = new OrderShelf();
    const [one, other] = [orderWith({}), orderWith({ id: "ord_000000000a", seq: 10 })];
    shelf.answered([one], 0);
    shelf.answered([other, one], 0);
    expect(shelf.newestFirst.value.map(({ seq }) => seq)).toEqual([10, 9]);
  });
});

test("an offer in a frame stands as its counts and its campaign say", () => {
  const counts = { total: 10, available: 4, held: 2 };
  expect(standingOf("scheduled", counts)).toBe("not_yet");
  expect(standingOf("open", counts)).toBe("open");
  expect(standingOf("open", { ...counts, available: 0 })).toBe("all_held");
  expect(standingOf("open", { ...counts, available: 0, held: 0 })).toBe("sold_out");
  expect(standingOf("paused", counts)).toBe("paused");
  expect(standingOf("ended", counts)).toBe("over");
  expect(shareGone(counts)).toBeCloseTo(0.6);
  expect(shareGone({ total: 0, available: 0, held: 0 })).toBe(1);
});
