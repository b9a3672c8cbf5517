/**
 * Guards the seam between memory and storage: the loop reads an order's payments, and a settled campaign's orders, back
 * from storage, where only committed batches are, while the engine may have decided about the same order earlier in the
 * same batch.
 * Whatever shares a batch must end as if each command had been committed before the next.
 */
import { describe, expect, test } from "bun:test";
import type { Pay } from "../../src/domain/command.ts";
import type { PaymentState } from "../../src/domain/payment.ts";
import { rowOf } from "./projection.ts";
import { campaignDraft, offerDraft, paymentWindowMs } from "./sale.ts";
import { Thread } from "./thread.ts";

const [campaignId, offerId] = [1, 2];
const payment = { provider: "shop", reference: null, amountMinor: 100, currency: "CNY" } as const;
const pay = { type: "pay", campaignId, buyerId: "ana", payment } as const;
const cancel = { type: "cancel", campaignId, buyerId: "ana" } as const;
const reserve = { type: "reserve", offerId, buyerId: "ana", quantity: 1, key: null } as const;
const refund = { type: "refund", campaignId, buyerId: "ana", returnsUnits: true } as const;
const confirmRefund = { type: "confirm_refund", campaignId, buyerId: "ana" } as const;
const end = { type: "end", campaignId } as const;

describe.each(["one batch", "a batch for each"] as const)("in %s", (how) => {
  test("two late payments of one buyer keep the limit: the second is due for refund", () => {
    const thread = openSale();
    const first = order(thread);
    thread.pass(paymentWindowMs);
    const second = order(thread);
    thread.ask(end);
    thread.pass(paymentWindowMs);
    const answers = thread.askAll(how, [
      { ...pay, orderId: first },
      { ...pay, orderId: second },
    ]);
    expect(answers).toEqual([{ code: "moved", orderId: first }, { code: "refund_due" }]);
    expect(stored(thread)).toMatchObject({ available: 1, held: 0, sold: 1 });
  });

  test("a late payment that is told twice sells one unit", () => {
    const thread = openSale();
    const orderId = order(thread);
    thread.ask(end);
    thread.pass(paymentWindowMs);
    const answers = thread.askAll(how, [
      { ...pay, orderId },
      { ...pay, orderId },
    ]);
    const moved = { code: "moved", orderId } as const;
    expect(answers).toEqual([moved, moved]);
    expect(stored(thread)).toMatchObject({ available: 1, held: 0, sold: 1 });
  });

  test("a payment right after the cancellation that settles the campaign is due for refund", () => {
    const thread = openSale();
    const orderId = order(thread);
    thread.ask(end);
    const answers = thread.askAll(how, [
      { ...cancel, orderId },
      { ...pay, orderId },
    ]);
    expect(answers).toEqual([{ code: "moved", orderId }, { code: "refund_due" }]);
    expect(stored(thread)).toMatchObject({ available: 2, held: 0, sold: 0 });
  });

  test("a payment that arrives when the last order of an ended campaign expires is a late one", () => {
    const thread = openSale();
    const orderId = order(thread);
    thread.ask(end);
    if (how === "one batch") thread.clockMs += paymentWindowMs;
    else thread.pass(paymentWindowMs);
    expect(thread.askAll(how, [{ ...pay, orderId }])).toEqual([{ code: "moved", orderId }]);
    expect(stored(thread)).toMatchObject({ available: 1, held: 0, sold: 1 });
  });

  test("a payment right after the one that settles the campaign is the same one again", () => {
    const thread = openSale();
    const orderId = order(thread);
    const answers = thread.askAll(how, [end, { ...pay, orderId }, { ...pay, orderId }]);
    const moved = { code: "moved", orderId } as const;
    expect(answers).toEqual([{ code: "changed", campaignId }, moved, moved]);
    expect(stored(thread)).toMatchObject({ available: 1, held: 0, sold: 1 });
  });
});

describe.each(["one batch", "a batch for each"] as const)("of a sale that goes on, in %s", (how) => {
  test("a webhook that comes twice is one payment", () => {
    const thread = openSale();
    const orderId = order(thread);
    const told = stripe(orderId, "pi_1");
    const moved = { code: "moved", orderId } as const;
    expect(thread.askAll(how, [told, told, told])).toEqual([moved, moved, moved]);
    expect(paymentsOf(thread, orderId)).toEqual([["pi_1", "accepted"]]);
    expect(stored(thread)).toMatchObject({ available: 1, held: 0, sold: 1 });
  });

  test("a second payment is due for refund, once, however often it is told", () => {
    const thread = openSale();
    const orderId = order(thread);
    const [first, second] = [stripe(orderId, "pi_1"), stripe(orderId, "pi_2")];
    const codes = thread.askAll(how, [first, second, second, first]).map(({ code }) => code);
    expect(codes).toEqual(["moved", "refund_due", "refund_due", "moved"]);
    expect(paymentsOf(thread, orderId)).toEqual([
      ["pi_1", "accepted"],
      ["pi_2", "refund_due"],
    ]);
    expect(rowOf(thread.rows.orderRows, orderId)).toMatchObject({ state: "paid", paymentReference: "pi_1" });
  });

  test("a refund right after the payment returns that payment, and the same payment told again does not undo it", () => {
    const thread = openSale();
    const orderId = order(thread);
    const told = { ...pay, orderId };
    const codes = thread.askAll(how, [told, { ...refund, orderId }, told]).map(({ code }) => code);
    expect(codes).toEqual(["moved", "moved", "refund_due"]);
    expect(paymentsOf(thread, orderId)).toEqual([[null, "refunded"]]);
    expect(rowOf(thread.rows.orderRows, orderId).state).toBe("refunded");
    expect(stored(thread)).toMatchObject({ available: 2, held: 0, sold: 0 });
  });

  test("a refund that is asked for twice, and confirmed twice, happens once", () => {
    const thread = openSale();
    const orderId = order(thread);
    const paymentId = orderId + 1;
    const asked = { ...refund, orderId };
    const confirmed = { ...confirmRefund, orderId, paymentId };
    const answers = thread.askAll(how, [stripe(orderId, "pi_1"), asked, asked, confirmed, confirmed, asked]);
    expect(answers.map(({ code }) => code)).toEqual(Array(6).fill("moved"));
    expect(thread.commits.flatMap(({ types }) => types).slice(-3)).toEqual([
      "order_paid",
      "order_refund_requested",
      "order_refunded",
    ]);
    expect(stored(thread)).toMatchObject({ available: 2, held: 0, sold: 0 });
  });

  test("a confirmation before the refund was asked for is refused, and after it is taken", () => {
    const thread = openSale();
    const orderId = order(thread);
    const confirmed = { ...confirmRefund, orderId, paymentId: orderId + 1 };
    const answers = thread.askAll(how, [stripe(orderId, "pi_1"), confirmed, { ...refund, orderId }, confirmed]);
    const codes = answers.map(({ code }) => code);
    expect(codes).toEqual(["moved", "transition_not_allowed", "moved", "moved"]);
    expect(rowOf(thread.rows.orderRows, orderId).state).toBe("refunded");
  });

  test("a payment of a wrong amount and the right one after it: the first goes back, the second pays", () => {
    const thread = openSale();
    const orderId = order(thread);
    const wrong = { ...pay, orderId, payment: { ...payment, reference: "a", amountMinor: 99 } };
    const right = { ...pay, orderId, payment: { ...payment, reference: "b" } };
    const codes = thread.askAll(how, [wrong, right, wrong]).map(({ code }) => code);
    expect(codes).toEqual(["refund_due", "moved", "refund_due"]);
    expect(paymentsOf(thread, orderId)).toEqual([
      ["a", "refund_due"],
      ["b", "accepted"],
    ]);
  });

  test("the refund of a unit that somebody waits for reserves it for them, and their payment may follow at once", () => {
    const thread = openSale();
    const orderId = order(thread);
    thread.ask({ ...reserve, buyerId: "bo" });
    thread.ask({ ...pay, orderId });
    thread.ask({ type: "join_waitlist", offerId, buyerId: "cleo" });
    // What follows in the journal: refund requested, refunded, offered.
    const offered = thread.engine.state.lastSeq + 3;
    const theirs = { ...pay, orderId: offered, buyerId: "cleo" };
    const answers = thread.askAll(how, [{ ...refund, orderId }, { ...reserve, buyerId: "dora" }, theirs]);
    expect(answers).toEqual([
      { code: "moved", orderId },
      { code: "sold_out", available: 0 },
      { code: "moved", orderId: offered },
    ]);
    expect(rowOf(thread.rows.orderRows, offered)).toMatchObject({ buyerId: "cleo", state: "paid" });
  });
});

test("refunds of different orders share one transaction, though each comes with its payments", () => {
  const thread = openSale();
  const buyers = ["ana", "bo"];
  const orders = buyers.map((buyerId) => {
    const answer = thread.ask({ ...reserve, buyerId });
    if (answer.code !== "reserved") throw new Error("not reserved");
    return { orderId: answer.orderId, buyerId };
  });
  thread.askTogether(orders.map((target) => ({ ...pay, ...target })));
  thread.askTogether(orders.map((target) => ({ ...refund, ...target })));
  const refunds = ["order_refund_requested", "order_refunded"] as const;
  const payments = ["order_paid", "order_paid"] as const;
  expect(thread.commits.slice(-2).map(({ types }) => types)).toEqual([payments, [...refunds, ...refunds]]);
});

test("a late payment waits for one commit, not until a crowd that expires meanwhile has passed", () => {
  const thread = openSale();
  const orderId = order(thread);
  thread.ask(end);
  thread.pass(paymentWindowMs);
  const offers = [offerDraft({ stock: 300 })];
  const created = thread.ask({ type: "create_campaign", draft: campaignDraft({ offers }) });
  if (created.code !== "created") throw new Error("not created");
  thread.ask({ type: "publish", campaignId: created.campaignId });
  for (let n = 0; n < 300; n++) {
    thread.clockMs += 1;
    const crowded = { ...reserve, offerId: created.campaignId + 1, buyerId: `buyer ${n}` };
    expect(thread.ask(crowded).code).toBe("reserved");
  }
  // From here on, time passes with every look at the clock, and in each millisecond another order expires.
  thread.clockMs += paymentWindowMs - 300;
  thread.tickMs = 1;
  const commitsBefore = thread.commits.length;
  expect(thread.ask({ ...pay, orderId })).toEqual({ code: "moved", orderId });
  expect(thread.commits.length - commitsBefore).toBeLessThan(5);
});

/** What a provider's webhook tells. */
function stripe(orderId: number, reference: string): Pay {
  return { ...pay, orderId, payment: { ...payment, provider: "stripe", reference } };
}

/** The campaign of one offer with two units, one for each buyer, is open. */
function openSale(): Thread {
  const thread = new Thread();
  const offers = [offerDraft({ stock: 2, limitPerBuyer: 1 })];
  thread.ask({ type: "create_campaign", draft: campaignDraft({ offers }) });
  thread.ask({ type: "publish", campaignId });
  return thread;
}

function order(thread: Thread): number {
  const answer = thread.ask(reserve);
  if (answer.code !== "reserved") throw new Error(`not reserved: ${answer.code}`);
  return answer.orderId;
}

function stored(thread: Thread): { available: number; held: number; sold: number } {
  return rowOf(thread.rows.offerRows, offerId);
}

function paymentsOf(thread: Thread, orderId: number): (readonly [reference: string | null, state: PaymentState])[] {
  return thread.rows.paymentsOf(orderId).map(({ reference, state }) => [reference, state]);
}
