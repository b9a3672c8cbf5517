/** A purchase is sent under one key until its outcome is known, no sooner than the server asked for, and then no more. */
import { describe, expect, test } from "bun:test";
import { problemKinds } from "../../src/http/problem.ts";
import type { Answer, Refusal } from "../../src/web/shared/api.ts";
import type { Order } from "../../src/web/shared/wire.ts";
import {
  afterRefusal,
  carryOut,
  type Purchase,
  settlePurchase,
  startPurchase,
  unsettledPurchase,
} from "../../src/web/storefront/purchase.ts";

const what = { offerId: "off_0000000002", quantity: 1, pass: null };
const order = { id: "ord_0000000009" } as Order;
const bought: Answer<Order> = { isOk: true, status: 201, value: order, headers: new Headers() };
const refused = (code: Refusal["code"], retryAfterS: number | null = null): Refusal => ({
  isOk: false,
  code,
  status: 0,
  detail: "",
  reason: null,
  retryAfterS,
  errors: [],
  members: {},
});

/** Carries a purchase out against a server that answers like that, one after the other. */
async function against(answers: readonly Answer<Order>[], options: { isUnknown?: boolean; waits?: number } = {}) {
  const sent: Purchase[] = [];
  const waited: { ms: number; code: string; isUnknown: boolean }[] = [];
  const purchase = startPurchase("alice", what, 0);
  const answer = await carryOut(purchase, options.isUnknown ?? false, {
    send: async (one) => {
      sent.push(one);
      const next = answers[sent.length - 1];
      if (next === undefined) throw new Error("asked once too often");
      return next;
    },
    onRetry: ({ code }, ms, isUnknown) => waited.push({ ms, code, isUnknown }),
    wait: async () => waited.length <= (options.waits ?? Number.POSITIVE_INFINITY),
  });
  return { answer, sent, waited };
}

const repeated = ["offline", "unreadable", "outcome_unknown", "internal", "overloaded"];
const repeatedWhenUnknown = ["rate_limited", "slowed", "switched_off"];

describe("a purchase", () => {
  test("that is answered is sent once", async () => {
    const { answer, sent, waited } = await against([bought]);
    expect([answer, sent.length, waited.length]).toEqual([bought, 1, 0]);
  });

  test("whose answer is lost is sent again under the same key until it is known", async () => {
    const { answer, sent, waited } = await against([
      refused("offline"),
      refused("outcome_unknown", 2),
      refused("internal"),
      bought,
    ]);
    expect(answer).toEqual(bought);
    expect(new Set(sent.map(({ key }) => key)).size).toBe(1);
    expect(waited.every(({ isUnknown }) => isUnknown)).toBe(true);
  });

  test("comes no sooner than the server asked for", async () => {
    const { waited } = await against([refused("overloaded", 5), refused("outcome_unknown", 3), bought]);
    expect(waited[0]?.ms).toBeGreaterThanOrEqual(5_000);
    expect(waited[1]?.ms).toBeGreaterThanOrEqual(3_000);
  });

  test("waits longer each time when nobody says for how long, up to some seconds", async () => {
    const { waited } = await against([...Array.from({ length: 12 }, () => refused("offline")), bought]);
    expect(waited[0]?.ms).toBeLessThan(1_000);
    expect(Math.max(...waited.map(({ ms }) => ms))).toBeLessThanOrEqual(15_000);
    expect(waited.at(-1)?.ms).toBeGreaterThan(2_000);
  });

  test("that a busy server has not taken is not unknown, and may be ended", async () => {
    const { answer, sent, waited } = await against([refused("overloaded", 1), refused("overloaded", 1)], { waits: 1 });
    expect([answer, sent.length]).toEqual([null, 2]);
    expect(waited.some(({ isUnknown }) => isUnknown)).toBe(false);
  });

  test("that may have happened stays unknown when the server is too busy to say", async () => {
    const { waited } = await against([
      refused("offline"),
      refused("overloaded", 1),
      refused("rate_limited", 1),
      bought,
    ]);
    expect(waited.map(({ isUnknown }) => isUnknown)).toEqual([true, true, true]);
  });

  for (const code of [...Object.keys(problemKinds), "offline", "unreadable"] as Refusal["code"][]) {
    test(`refused with ${code}: ${repeated.includes(code) ? "goes on" : "is settled, unless it may have happened and that does not tell"}`, () => {
      expect(afterRefusal({ code }, false) !== "settled").toBe(repeated.includes(code));
      expect(afterRefusal({ code }, true) !== "settled").toBe([...repeated, ...repeatedWhenUnknown].includes(code));
    });
  }
});

describe("what is kept of a purchase", () => {
  test("is there before it is sent, for its buyer and its offer alone, and gone when it is settled", () => {
    const purchase = startPurchase("alice", { ...what, quantity: 2, pass: "p1.x" }, 1_000);
    expect(unsettledPurchase("alice", what.offerId, 2_000)).toEqual(purchase);
    expect(unsettledPurchase("bob", what.offerId, 2_000)).toBeNull();
    expect(unsettledPurchase("alice", "off_0000000003", 2_000)).toBeNull();
    settlePurchase("alice", what.offerId);
    expect(unsettledPurchase("alice", what.offerId, 2_000)).toBeNull();
  });

  test("is not carried out when its owner may have forgotten it", () => {
    startPurchase("alice", what, 0);
    expect(unsettledPurchase("alice", what.offerId, 11 * 60_000)).toBeNull();
    expect(unsettledPurchase("alice", what.offerId, 1)).toBeNull();
  });

  test("has a key of its own each time", () => {
    expect(startPurchase("alice", what, 0).key).not.toBe(startPurchase("alice", what, 0).key);
    settlePurchase("alice", what.offerId);
  });
});
