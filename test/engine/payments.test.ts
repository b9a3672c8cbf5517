/**
 * Guards what becomes of money: every payment that is told of is kept, and ends in a paid order or in its refund, never
 * in both or neither, whoever tells of it, how often, how late and in which order; and where the units go.
 */
import { describe, expect, test } from "bun:test";
import { limits } from "../../src/domain/limits.ts";
import type { Payment } from "../../src/domain/payment.ts";
import { type Opened, offerDraft, paymentWindowMs, Sale, startMs } from "./sale.ts";

const stripe = { provider: "stripe" } as const;
const sandbox = { provider: "sandbox" } as const;

describe("a payment", () => {
  test("is the same one again by its provider and reference, and nothing happens twice", () => {
    const { sale, orderId } = reserved();
    for (let n = 0; n < 3; n++) expect(sale.pay(orderId, "a", stripe)).toEqual({ code: "moved", orderId });
    expect(statesOf(sale, orderId)).toEqual(["a accepted"]);
    sale.restart();
    expect(sale.pay(orderId, "a", stripe).code).toBe("moved");
    expect(statesOf(sale, orderId)).toEqual(["a accepted"]);
  });

  test("without a reference is the same as another without one, and no other", () => {
    const { sale, orderId } = reserved();
    for (let n = 0; n < 2; n++) expect(sale.pay(orderId, null).code).toBe("moved");
    for (const reference of ["a", "b", "a"]) expect(sale.pay(orderId, reference).code).toBe("refund_due");
    expect(statesOf(sale, orderId)).toEqual(["null accepted", "a refund_due", "b refund_due"]);
  });

  test("of a wrong amount without a reference does not keep the right one out", () => {
    const { sale, orderId } = reserved();
    expect(sale.pay(orderId, null, { amountMinor: 1 }).code).toBe("refund_due");
    expect(sale.pay(orderId, null, { amountMinor: 1 }).code).toBe("refund_due");
    expect(sale.pay(orderId, null).code).toBe("moved");
    expect(statesOf(sale, orderId)).toEqual(["null refund_due", "null accepted"]);
  });

  test("of the same reference is another one when another provider tells of it", () => {
    const { sale, orderId } = reserved();
    sale.pay(orderId, "a", stripe);
    expect(sale.pay(orderId, "a", sandbox)).toEqual({ code: "refund_due" });
    expect(statesOf(sale, orderId)).toEqual(["a accepted", "a refund_due"]);
  });

  test.each([
    ["too little", { amountMinor: 199 }],
    ["too much", { amountMinor: 201 }],
    ["of one unit", { amountMinor: 100 }],
    ["in another currency", { currency: "USD" }],
  ] satisfies [string, Partial<Payment>][])("%s is to be returned, and the order can still be paid", (_, what) => {
    const { sale, orderId, offerId } = reserved({ quantity: 2 });
    expect(sale.pay(orderId, "wrong", { ...stripe, ...what })).toEqual({ code: "refund_due" });
    expect(sale.orderRow(orderId)).toMatchObject({ state: "reserved", paymentReference: null, paidAtMs: null });
    expect(sale.counts(offerId)).toMatchObject({ held: 2, sold: 0 });
    expect(sale.pay(orderId, "right", stripe).code).toBe("moved");
    expect(sale.pay(orderId, "wrong", stripe)).toEqual({ code: "refund_due" });
    expect(statesOf(sale, orderId)).toEqual(["wrong refund_due", "right accepted"]);
    expect(sale.orderRow(orderId)).toMatchObject({ state: "paid", paymentReference: "right" });
  });

  test("of a wrong amount does not keep its order from expiring", () => {
    const { sale, orderId, offerId } = reserved();
    sale.pay(orderId, "wrong", { ...stripe, amountMinor: 1 });
    sale.advance(paymentWindowMs);
    expect(sale.orderState(orderId)).toBe("expired");
    expect(sale.counts(offerId)).toMatchObject({ available: 10, held: 0 });
    expect(sale.confirmRefund(orderId, sale.payments(orderId)[0]?.paymentId ?? 0).code).toBe("moved");
    expect(sale.orderState(orderId)).toBe("expired");
    expect(statesOf(sale, orderId)).toEqual(["wrong refunded"]);
  });

  test("that is one too many is to be returned, and the order stays paid by the first", () => {
    const { sale, orderId, offerId } = reserved();
    sale.pay(orderId, "first", stripe);
    expect(sale.pay(orderId, "second", stripe)).toEqual({ code: "refund_due" });
    expect(sale.orderRow(orderId)).toMatchObject({ state: "paid", paymentReference: "first" });
    expect(sale.counts(offerId)).toMatchObject({ available: 9, held: 0, sold: 1 });
    const [, second] = sale.payments(orderId);
    expect(sale.confirmRefund(orderId, second?.paymentId ?? 0)).toEqual({ code: "moved", orderId });
    expect(statesOf(sale, orderId)).toEqual(["first accepted", "second refunded"]);
    expect(sale.orderState(orderId)).toBe("paid");
  });

  test("that comes when the order is refunded, or its refund is due, is to be returned too", () => {
    const { sale, orderId } = reserved();
    sale.pay(orderId, "first", stripe);
    sale.refund(orderId);
    expect(sale.pay(orderId, "second", stripe)).toEqual({ code: "refund_due" });
    const [first, second] = sale.payments(orderId).map(({ paymentId }) => paymentId);
    sale.confirmRefund(orderId, first ?? 0);
    expect(sale.orderState(orderId)).toBe("refund_due");
    sale.confirmRefund(orderId, second ?? 0);
    expect(sale.orderState(orderId)).toBe("refunded");
    expect(sale.pay(orderId, "third", stripe)).toEqual({ code: "refund_due" });
    expect(sale.orderState(orderId)).toBe("refunded");
    expect(statesOf(sale, orderId)).toEqual(["first refunded", "second refunded", "third refund_due"]);
  });

  test("that is late and the one too late after it: one is for the order, the other goes back", () => {
    const { sale, orderId } = reserved();
    sale.advance(paymentWindowMs);
    expect(sale.pay(orderId, "late", stripe).code).toBe("moved");
    expect(sale.pay(orderId, "later", stripe).code).toBe("refund_due");
    expect(statesOf(sale, orderId)).toEqual(["late accepted", "later refund_due"]);
  });

  test("that is late does not take a unit that is held for somebody in line", () => {
    const { sale, orderId, offerId } = reserved({ stock: 1 });
    sale.join(offerId, "bo");
    sale.advance(paymentWindowMs);
    expect(sale.ordersOf(offerId, "bo")).toMatchObject([{ state: "reserved" }]);
    expect(sale.pay(orderId, "late", stripe)).toEqual({ code: "refund_due" });
    expect(sale.counts(offerId)).toEqual({ total: 1, available: 0, held: 1, sold: 0 });
  });

  test("for an order whose buyer was erased is to be returned: there is nobody to send it to", () => {
    const { sale, orderId, campaignId } = reserved();
    sale.change("end", campaignId);
    sale.advance(paymentWindowMs);
    sale.execute({ type: "erase_buyers", campaignId, orderIds: [orderId], entryIds: [] });
    expect(sale.pay(orderId, "late", stripe)).toEqual({ code: "refund_due" });
    expect(sale.orderState(orderId)).toBe("refund_due");
  });

  test("about an order that has moved is refused by the program when its payments do not come along", () => {
    const { sale, orderId, campaignId } = reserved();
    sale.pay(orderId, "first");
    const command = { type: "refund", orderId, campaignId, buyerId: "ana", returnsUnits: true } as const;
    expect(() => sale.execute(command)).toThrow("the payments of order");
  });
});

describe("a refund", () => {
  test.each([
    [true, { total: 10, available: 10, held: 0, sold: 0 }],
    [false, { total: 8, available: 8, held: 0, sold: 0 }],
  ])("with units back on sale: %p, counts them so", (returnsUnits, counts) => {
    const { sale, orderId, offerId } = reserved({ quantity: 2 });
    sale.pay(orderId, "a", stripe);
    expect(sale.refund(orderId, { returnsUnits })).toEqual({ code: "moved", orderId });
    expect(sale.counts(offerId)).toEqual(counts);
    sale.restart();
    expect(sale.counts(offerId)).toEqual(counts);
  });

  test("of the shop's own payment is done with the asking", () => {
    const { sale, orderId } = reserved();
    sale.pay(orderId, "a");
    const eventsBefore = sale.events.length;
    sale.refund(orderId);
    expect(sale.typesSince(eventsBefore)).toEqual(["order_refund_requested", "order_refunded"]);
    expect(sale.orderRow(orderId)).toMatchObject({ state: "refunded", paidAtMs: startMs, endedAtMs: startMs });
    expect(sale.payments(orderId)).toMatchObject([{ state: "refunded", refundedAtMs: startMs }]);
  });

  test("of a provider's payment is due until the provider confirms it, and done then, once", () => {
    const { sale, orderId } = reserved();
    sale.pay(orderId, "a", stripe);
    sale.refund(orderId);
    expect(sale.orderState(orderId)).toBe("refund_due");
    sale.restart();
    const eventsBefore = sale.events.length;
    for (let n = 0; n < 3; n++) sale.confirmRefund(orderId, orderId + 1);
    expect(sale.typesSince(eventsBefore)).toEqual(["order_refunded"]);
    expect(statesOf(sale, orderId)).toEqual(["a refunded"]);
  });

  test("takes all payments of the order with it, and is done with the last", () => {
    const { sale, orderId } = reserved();
    sale.pay(orderId, "wrong", { amountMinor: 1 });
    sale.pay(orderId, "right", stripe);
    sale.pay(orderId, "again", sandbox);
    sale.refund(orderId);
    expect(statesOf(sale, orderId)).toEqual(["wrong refunded", "right refund_due", "again refund_due"]);
    const [, right, again] = sale.payments(orderId).map(({ paymentId }) => paymentId);
    sale.confirmRefund(orderId, again ?? 0);
    expect(sale.orderState(orderId)).toBe("refund_due");
    sale.confirmRefund(orderId, right ?? 0);
    expect(sale.orderState(orderId)).toBe("refunded");
  });

  test("of the shop's late payment is told by asking for it", () => {
    const { sale, orderId } = reserved();
    sale.cancel(orderId);
    sale.pay(orderId, "crossed");
    expect(sale.refund(orderId).code).toBe("moved");
    expect(sale.orderState(orderId)).toBe("refunded");
    expect(statesOf(sale, orderId)).toEqual(["crossed refunded"]);
  });

  test("of a late payment never puts its units on sale: they are there already", () => {
    const { sale, orderId, offerId } = reserved();
    sale.cancel(orderId);
    sale.pay(orderId, "crossed", stripe);
    sale.refund(orderId, { returnsUnits: true });
    sale.confirmRefund(orderId, sale.payments(orderId)[0]?.paymentId ?? 0);
    expect(sale.counts(offerId)).toEqual({ total: 10, available: 10, held: 0, sold: 0 });
  });

  test("gives its buyer's limit back", () => {
    const { sale, orderId, offerId } = reserved({ limitPerBuyer: 1 });
    sale.pay(orderId, "a", stripe);
    expect(sale.reserve(offerId).code).toBe("limit_reached");
    sale.refund(orderId);
    expect(sale.reserve(offerId).code).toBe("reserved");
  });

  describe.each(["reserved", "cancelled", "expired"] as const)("of an order that is %s", (state) => {
    test("is refused when nothing of the shop's is to be returned", () => {
      const { sale, orderId } = reserved();
      sale.pay(orderId, "wrong", { ...stripe, amountMinor: 1 });
      if (state === "cancelled") sale.cancel(orderId);
      if (state === "expired") sale.advance(paymentWindowMs);
      expect(sale.refund(orderId)).toEqual({ code: "transition_not_allowed", state });
      expect(statesOf(sale, orderId)).toEqual(["wrong refund_due"]);
    });

    test("tells that the shop has returned its payment of a wrong amount, and leaves the order where it is", () => {
      const { sale, orderId, offerId } = reserved();
      sale.pay(orderId, "wrong", { amountMinor: 1 });
      if (state === "cancelled") sale.cancel(orderId);
      if (state === "expired") sale.advance(paymentWindowMs);
      const before = sale.counts(offerId);
      expect(sale.refund(orderId)).toEqual({ code: "moved", orderId });
      expect(statesOf(sale, orderId)).toEqual(["wrong refunded"]);
      expect(sale.orderState(orderId)).toBe(state);
      expect(sale.counts(offerId)).toEqual(before);
    });
  });

  test("of an order that is refunded returns what the shop took after that", () => {
    const { sale, orderId } = reserved();
    sale.pay(orderId, "first");
    sale.refund(orderId);
    expect(sale.pay(orderId, "second")).toEqual({ code: "refund_due" });
    expect(sale.refund(orderId)).toEqual({ code: "moved", orderId });
    expect(statesOf(sale, orderId)).toEqual(["first refunded", "second refunded"]);
    expect(sale.orderState(orderId)).toBe("refunded");
  });

  test("in a campaign that is settled works as in one that is not, and sells nothing again", () => {
    const { sale, orderId, offerId, campaignId } = reserved();
    sale.pay(orderId, "a", stripe);
    sale.change("end", campaignId);
    sale.restart();
    expect(sale.refund(orderId).code).toBe("moved");
    expect(sale.confirmRefund(orderId, orderId + 1).code).toBe("moved");
    expect(sale.orderState(orderId)).toBe("refunded");
    expect(sale.counts(offerId)).toEqual({ total: 10, available: 10, held: 0, sold: 0 });
    expect(sale.engine.state.isSettled(campaignId)).toBe(true);
  });

  test("of an order that does not exist is not found", () => {
    const { sale, campaignId } = reserved();
    const target = { orderId: 999, campaignId, buyerId: "ana" };
    expect(sale.execute({ type: "refund", ...target, returnsUnits: true })).toEqual({ code: "not_found" });
  });
});

describe("a confirmation of a refund", () => {
  test("of a payment that pays for its order is refused: nobody asked for it", () => {
    const { sale, orderId } = reserved();
    sale.pay(orderId, "a", stripe);
    expect(sale.confirmRefund(orderId, orderId + 1)).toEqual({ code: "transition_not_allowed", state: "paid" });
    expect(sale.orderState(orderId)).toBe("paid");
  });

  test("of another order's payment, or of none, is not found", () => {
    const { sale, orderId, offerId } = reserved();
    const other = sale.order(offerId, "bo");
    for (const id of [orderId, other]) {
      sale.pay(id, "a", stripe);
      sale.refund(id);
    }
    const [theirs] = sale.payments(other);
    expect(sale.confirmRefund(orderId, theirs?.paymentId ?? 0)).toEqual({ code: "not_found" });
    expect(sale.confirmRefund(orderId, orderId)).toEqual({ code: "not_found" });
    expect([orderId, other].map((id) => sale.orderState(id))).toEqual(["refund_due", "refund_due"]);
  });
});

describe("the erasure of buyers", () => {
  test("is refused while the campaign may still need them", () => {
    const { sale, orderId, campaignId } = reserved();
    const erase = { type: "erase_buyers", campaignId, orderIds: [orderId], entryIds: [] } as const;
    expect(sale.execute(erase)).toEqual({ code: "not_settled" });
    sale.change("end", campaignId);
    expect(sale.execute(erase)).toEqual({ code: "not_settled" });
    sale.cancel(orderId);
    expect(sale.execute(erase)).toEqual({ code: "erased", orders: 1, entries: 0 });
    expect(sale.orderRow(orderId)).toMatchObject({ buyerId: "", idempotencyKey: null, state: "cancelled" });
  });

  test("of a campaign that does not exist is not found; of too many at once, refused; of nobody, no event", () => {
    const { sale, orderId, campaignId } = reserved();
    sale.cancel(orderId);
    sale.change("end", campaignId);
    const eventsBefore = sale.events.length;
    const erase = { type: "erase_buyers", campaignId, orderIds: [], entryIds: [] } as const;
    expect(sale.execute({ ...erase, campaignId: 999 })).toEqual({ code: "not_found" });
    const tooMany = Array.from({ length: limits.erasuresPerCommandMax + 1 }, (_, n) => n);
    expect(sale.execute({ ...erase, orderIds: tooMany })).toEqual({ code: "limit_exceeded" });
    expect(sale.execute({ ...erase, orderIds: tooMany.slice(2), entryIds: [1, 2] })).toEqual({
      code: "limit_exceeded",
    });
    expect(sale.execute(erase)).toEqual({ code: "erased", orders: 0, entries: 0 });
    expect(sale.typesSince(eventsBefore)).toEqual([]);
  });

  test("leaves a refund possible", () => {
    const { sale, orderId, campaignId } = reserved();
    sale.pay(orderId, "a", stripe);
    sale.change("end", campaignId);
    sale.execute({ type: "erase_buyers", campaignId, orderIds: [orderId], entryIds: [] });
    expect(sale.refund(orderId).code).toBe("moved");
    expect(sale.confirmRefund(orderId, orderId + 1).code).toBe("moved");
    expect(sale.orderRow(orderId)).toMatchObject({ buyerId: "", state: "refunded" });
  });
});

/** A sale with one order of ana's. */
function reserved({
  stock = 10,
  limitPerBuyer = 5,
  quantity = 1,
}: {
  stock?: number;
  limitPerBuyer?: number;
  quantity?: number;
} = {}): Opened & { sale: Sale; orderId: number } {
  const sale = new Sale();
  const opened = sale.open({ offers: [offerDraft({ stock, limitPerBuyer })] });
  return { ...opened, sale, orderId: sale.order(opened.offerId, "ana", { quantity, key: "k" }) };
}

function statesOf(sale: Sale, orderId: number): string[] {
  return sale.payments(orderId).map(({ reference, state }) => `${reference} ${state}`);
}
