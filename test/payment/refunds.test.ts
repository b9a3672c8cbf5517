/**
 * Refunds, as their worker sees them: every payment that is due is asked for until it is returned and that is stored,
 * few at a time, and one that is refused keeps no other waiting.
 */
import { afterEach, expect, test } from "bun:test";
import { limits } from "../../src/domain/limits.ts";
import type { PaymentRecord } from "../../src/domain/payment.ts";
import { startClock } from "../../src/host/clock.ts";
import { setLogLevel } from "../../src/host/log.ts";
import { type Payment, type PaymentProvider, ProviderFailure } from "../../src/payment/provider.ts";
import { Refunds } from "../../src/payment/refunds.ts";

setLogLevel("error");

/** A table of payments, and a provider that does what it is told to. */
class Books implements Disposable {
  readonly due = new Map<number, PaymentRecord>();
  /** What the provider was asked for, in order. */
  readonly asked: Payment[] = [];
  underWay = 0;
  underWayMax = 0;
  committedSeq = 0;
  reads = 0;
  /** How the provider answers; throws what it throws. */
  answer: (payment: Payment) => Promise<void> = async () => {};
  /** Whether the engine stores the confirmation. */
  stores: (paymentId: number) => boolean = () => true;
  readonly #refunds: Refunds;

  constructor() {
    this.#refunds = new Refunds({
      provider: { name: "stripe", refund: (payment) => this.#refund(payment) } as PaymentProvider,
      due: (afterId, limit) => {
        this.reads += 1;
        return [...this.due.values()].filter(({ paymentId }) => paymentId > afterId).slice(0, limit);
      },
      confirm: async ({ paymentId }) => {
        if (!this.stores(paymentId)) return false;
        this.due.delete(paymentId);
        this.committedSeq += 1;
        return true;
      },
      committedSeq: () => this.committedSeq,
      clock: startClock(),
      againAfterMs: { temporary: 20, refused: 20 },
    });
  }

  add(...paymentIds: readonly number[]): void {
    for (const paymentId of paymentIds) this.due.set(paymentId, payment(paymentId));
    this.committedSeq += 1;
  }

  timesAsked(paymentId: number): number {
    return this.asked.filter(({ reference }) => reference === `pi_${paymentId}`).length;
  }

  async #refund(asked: Payment): Promise<void> {
    this.asked.push(asked);
    this.underWay += 1;
    this.underWayMax = Math.max(this.underWayMax, this.underWay);
    try {
      await this.answer(asked);
    } finally {
      this.underWay -= 1;
    }
  }

  [Symbol.dispose](): void {
    this.#refunds[Symbol.dispose]();
  }
}

let books: Books;
afterEach(() => books[Symbol.dispose]());

test("what is due at the start and what becomes due later is returned, once each", async () => {
  books = new Books();
  books.add(3, 5);
  await until(() => books.due.size === 0);
  books.add(4);
  await until(() => books.due.size === 0);
  expect(books.asked.map(({ reference, amountMinor, currency }) => [reference, amountMinor, currency])).toEqual([
    ["pi_3", 100, "CNY"],
    ["pi_5", 100, "CNY"],
    ["pi_4", 100, "CNY"],
  ]);
});

test("few are asked for at a time, however many are due", async () => {
  books = new Books();
  books.answer = () => Bun.sleep(1);
  books.add(...Array.from({ length: 40 }, (_, index) => index + 1));
  await until(() => books.due.size === 0);
  expect(books.asked).toHaveLength(40);
  expect(books.underWayMax).toBe(limits.refundsInFlightMax);
});

test("one that failed, for now or for good, is asked for again under the same key, and keeps no other waiting", async () => {
  books = new Books();
  const failures = new Map([
    ["pi_1", true],
    ["pi_2", false],
  ]);
  books.answer = async ({ reference }) => {
    const isTemporary = failures.get(reference);
    if (isTemporary === undefined) return;
    throw new ProviderFailure({ provider: "stripe", operation: "refund", reason: "no", isTemporary });
  };
  books.add(...Array.from({ length: 20 }, (_, index) => index + 1));
  await until(() => books.due.size === 2 && books.timesAsked(1) >= 2 && books.timesAsked(2) >= 2);
  failures.clear();
  await until(() => books.due.size === 0);
  const keysOf = (reference: string) => books.asked.filter((asked) => asked.reference === reference);
  for (const reference of ["pi_1", "pi_2"]) {
    expect(new Set(keysOf(reference).map(({ refundKey }) => refundKey)).size).toBe(1);
  }
  expect(new Set(books.asked.map(({ refundKey }) => refundKey)).size).toBe(20);
  for (let id = 3; id <= 20; id++) expect([id, books.timesAsked(id)]).toEqual([id, 1]);
});

test("one that was returned but not confirmed is asked for again, since the same key returns nothing twice", async () => {
  books = new Books();
  let isStored = false;
  books.stores = () => isStored;
  books.add(1);
  await until(() => books.timesAsked(1) === 2);
  isStored = true;
  await until(() => books.due.size === 0);
  expect(new Set(books.asked.map(({ refundKey }) => refundKey)).size).toBe(1);
});

test("the table is read when something was stored, and not otherwise", async () => {
  books = new Books();
  books.add(1);
  await until(() => books.due.size === 0);
  await until(() => books.reads >= 2); // the confirmation was stored too
  const before = books.reads;
  await Bun.sleep(500); // two looks and a half: what does not happen cannot be awaited
  expect(books.reads).toBe(before);
});

test("after it has ended nothing is asked for any more", async () => {
  books = new Books();
  books[Symbol.dispose]();
  books.add(1);
  await Bun.sleep(500);
  expect(books.asked).toEqual([]);
});

function payment(paymentId: number): PaymentRecord {
  return {
    paymentId,
    orderId: 7,
    provider: "stripe",
    reference: `pi_${paymentId}`,
    amountMinor: 100,
    currency: "CNY",
    state: "refund_due",
    receivedAtMs: 0,
    refundedAtMs: null,
  };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; !holds(); tries++) {
    if (tries > 1_000) throw new Error("it does not come to pass");
    await Bun.sleep(5);
  }
}
