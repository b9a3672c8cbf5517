/**
 * Guards the second chance: a unit that returns goes to whoever waited longest, at once and before anybody else can have
 * it; the order of checks of joining (head of src/domain/outcome.ts); and that a place is exact however long the line is.
 */
import { describe, expect, test } from "bun:test";
import { limits } from "../../src/domain/limits.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { type InLine, WaitingLine } from "../../src/engine/waiting-line.ts";
import { Random } from "./random.ts";
import { type Opened, offerDraft, paymentWindowMs, Sale, startMs } from "./sale.ts";

const minute = 60_000;

describe("joining is refused by what comes first:", () => {
  /** What stands against it, first things first, and a sale where all of it does. */
  const cases: [string, Partial<Outcome>, () => Arranged][] = [
    ["no such offer", { code: "not_found" }, () => ({ sale: new Sale(), offerId: 2 })],
    [
      "a draft, without a waitlist",
      { code: "not_found" },
      () => arrange((sale) => sale.create({ hasWaitlist: false })),
    ],
    [
      "not open yet, without a waitlist, not sold out",
      { code: "not_open", opensAtMs: startMs + minute },
      () => arrange((sale) => sale.open({ hasWaitlist: false, opensAtMs: startMs + minute })),
    ],
    [
      "ended, without a waitlist, at the limit",
      { code: "ended" },
      () => arrange((sale) => soldOut(sale, { hasWaitlist: false, holder: "ana" }), "end"),
    ],
    [
      "ended by the clock while in line",
      { code: "ended" },
      () => {
        const { sale, offerId } = arrange((fresh) => soldOut(fresh, { closesAtMs: startMs + minute }));
        sale.join(offerId, "ana");
        sale.clockMs += minute;
        return { sale, offerId };
      },
    ],
    [
      "paused, without a waitlist, not sold out",
      { code: "paused" },
      () => arrange((sale) => sale.open({ hasWaitlist: false }), "pause"),
    ],
    [
      "paused while in line",
      { code: "paused" },
      () => {
        const { sale, offerId, campaignId } = arrange((fresh) => soldOut(fresh));
        sale.join(offerId, "ana");
        sale.change("pause", campaignId);
        return { sale, offerId };
      },
    ],
    [
      "no waitlist, at the limit",
      { code: "waitlist_off" },
      () => arrange((sale) => soldOut(sale, { hasWaitlist: false, holder: "ana" })),
    ],
    ["no waitlist, not sold out", { code: "waitlist_off" }, () => arrange((sale) => sale.open({ hasWaitlist: false }))],
    [
      "in line, which is full",
      { code: "waiting", place: limits.waitlistMax },
      () => arrange((sale) => full(sale, { last: "ana" })),
    ],
    [
      "at the limit, not sold out",
      { code: "limit_reached", limitPerBuyer: 1 },
      () => arrange((sale) => soldOut(sale, { stock: 2, holder: "ana" })),
    ],
    [
      "at the limit, the line is full",
      { code: "limit_reached", limitPerBuyer: 1 },
      () => arrange((sale) => full(sale, { holder: "ana" })),
    ],
    ["not sold out", { code: "not_sold_out", available: 1 }, () => arrange((sale) => soldOut(sale, { stock: 2 }))],
    ["the line is full", { code: "waitlist_full" }, () => arrange((sale) => full(sale))],
  ];

  test.each(cases)("%s", (_, expected, begin) => {
    const { sale, offerId } = begin();
    const eventsBefore = sale.events.length;
    expect(sale.join(offerId, "ana")).toMatchObject(expected);
    expect(sale.typesSince(eventsBefore).filter((type) => type.startsWith("waitlist"))).toEqual([]);
  });

  test("nothing: then one joins, behind all who joined before", () => {
    const { sale, offerId } = arrange((fresh) => soldOut(fresh));
    const entryId = sale.engine.state.lastSeq + 1;
    expect(sale.join(offerId, "ana")).toEqual({ code: "joined", entryId, place: 1 });
    expect(sale.join(offerId, "bo")).toEqual({ code: "joined", entryId: entryId + 1, place: 2 });
    expect(sale.join(offerId, "ana")).toEqual({ code: "waiting", entryId, place: 1 });
  });
});

describe("a unit that returns", () => {
  const returns: [string, (sale: Sale, opened: Opened, orderId: number) => void, string[]][] = [
    ["by a cancellation", (sale, _, orderId) => sale.cancel(orderId), ["order_cancelled", "order_offered"]],
    ["by expiring", (sale) => sale.advance(paymentWindowMs), ["order_expired", "order_offered"]],
    ["by a restock", (sale, { offerId }) => sale.restock(offerId, 1), ["offer_restocked", "order_offered"]],
    [
      "by a refund",
      (sale, _, orderId) => {
        sale.pay(orderId);
        sale.refund(orderId);
      },
      ["order_paid", "order_refund_requested", "order_refunded", "order_offered"],
    ],
  ];

  test.each(returns)("%s is held for the first in line in the same step", (_, giveBack, types) => {
    const { sale, orderId, ...opened } = soldOutWithLine(["bo", "cleo"]);
    const { offerId } = opened;
    const eventsBefore = sale.events.length;
    giveBack(sale, opened, orderId);
    expect(sale.typesSince(eventsBefore)).toEqual(types);
    expect(sale.counts(offerId)).toMatchObject({ available: 0, held: sale.counts(offerId).total });
    expect(sale.reserve(offerId, "dora")).toEqual({ code: "sold_out", available: 0 });
    expect(sale.line(offerId)).toEqual(["cleo"]);
    const [offered] = sale.ordersOf(offerId, "bo");
    const expiresAtMs = sale.clockMs + paymentWindowMs;
    const what = { quantity: 1, amountMinor: 100, state: "reserved", idempotencyKey: null } as const;
    expect(offered).toMatchObject({ ...what, reservedAtMs: sale.clockMs, expiresAtMs });
    expect(sale.pay(offered?.orderId ?? 0).code).toBe("moved");
  });

  test("that is not taken goes to the next, and so on; then it is on sale", () => {
    const { sale, offerId } = soldOutWithLine(["bo", "cleo"]);
    const holders: string[] = [];
    for (let n = 0; n < 3; n++) {
      sale.advance(paymentWindowMs);
      for (const { buyerId, state } of sale.rows.orderRows.values()) if (state === "reserved") holders.push(buyerId);
    }
    expect(holders).toEqual(["bo", "cleo"]);
    expect(sale.counts(offerId)).toEqual({ total: 1, available: 1, held: 0, sold: 0 });
    expect(sale.reserve(offerId, "dora").code).toBe("reserved");
  });

  test("passes over whoever left, and they may join again behind the others", () => {
    const { sale, offerId, orderId } = soldOutWithLine(["bo", "cleo", "dora"]);
    expect(sale.leave(offerId, "bo")).toEqual({ code: "left" });
    expect(sale.leave(offerId, "bo")).toEqual({ code: "not_waiting" });
    expect(sale.join(offerId, "bo")).toMatchObject({ code: "joined", place: 3 });
    sale.cancel(orderId);
    expect(sale.line(offerId)).toEqual(["dora", "bo"]);
    expect(sale.ordersOf(offerId, "cleo")).toHaveLength(1);
  });

  test("with others is shared out one by one, and what nobody waits for is on sale", () => {
    const { sale, offerId } = soldOutWithLine(["bo", "cleo"]);
    sale.restock(offerId, 5);
    expect(sale.counts(offerId)).toEqual({ total: 6, available: 3, held: 3, sold: 0 });
    expect(["bo", "cleo"].map((buyerId) => sale.ordersOf(offerId, buyerId).length)).toEqual([1, 1]);
    expect(sale.line(offerId)).toEqual([]);
  });

  test("when it is written off instead, is offered to nobody", () => {
    const { sale, offerId, orderId } = soldOutWithLine(["bo"]);
    sale.pay(orderId);
    sale.refund(orderId, { returnsUnits: false });
    expect(sale.counts(offerId)).toEqual({ total: 0, available: 0, held: 0, sold: 0 });
    expect(sale.line(offerId)).toEqual(["bo"]);
  });

  test("goes to the line of its own offer only", () => {
    const sale = new Sale();
    const offers = ["a", "b"].map((sku) => offerDraft({ sku, stock: 1, limitPerBuyer: 1 }));
    const { offerIds } = sale.open({ offers });
    const [a = 0, b = 0] = offerIds;
    const [first] = [sale.order(a, "ana"), sale.order(b, "ana")];
    sale.join(a, "bo");
    sale.join(b, "cleo");
    sale.cancel(first);
    expect([sale.line(a), sale.line(b)]).toEqual([[], ["cleo"]]);
  });
});

describe("a line", () => {
  test("does not move while the campaign is paused, and does when it is resumed", () => {
    const { sale, offerId, campaignId, orderId } = soldOutWithLine(["bo", "cleo"]);
    sale.change("pause", campaignId);
    sale.cancel(orderId);
    sale.restock(offerId, 1);
    expect(sale.line(offerId)).toEqual(["bo", "cleo"]);
    expect(sale.counts(offerId)).toMatchObject({ available: 2, held: 0 });
    const eventsBefore = sale.events.length;
    sale.change("resume", campaignId);
    expect(sale.typesSince(eventsBefore)).toEqual(["campaign_resumed", "order_offered", "order_offered"]);
    expect(sale.reserve(offerId, "dora")).toEqual({ code: "sold_out", available: 0 });
  });

  test("can be left during a pause", () => {
    const { sale, offerId, campaignId } = soldOutWithLine(["bo", "cleo"]);
    sale.change("pause", campaignId);
    expect(sale.leave(offerId, "bo")).toEqual({ code: "left" });
    expect(sale.line(offerId)).toEqual(["cleo"]);
  });

  test("moves on after the closing time as long as orders are unpaid, then it is over", () => {
    const { sale, offerId, campaignId } = soldOutWithLine(["bo", "cleo"], { closesAtMs: startMs + minute });
    sale.advance(minute);
    expect(sale.campaignState(campaignId)).toBe("ended");
    expect(sale.line(offerId)).toEqual(["bo", "cleo"]);
    sale.advance(paymentWindowMs);
    const [offered] = sale.ordersOf(offerId, "bo");
    expect(offered).toMatchObject({ state: "reserved" });
    sale.pay(offered?.orderId ?? 0);
    expect(sale.engine.state.isSettled(campaignId)).toBe(true);
    expect(sale.leave(offerId, "cleo")).toEqual({ code: "not_waiting" });
    sale.refund(offered?.orderId ?? 0);
    expect(sale.ordersOf(offerId, "cleo")).toEqual([]);
  });

  test("gets at the closing time what came back during a pause", () => {
    const { sale, offerId, campaignId, orderId } = soldOutWithLine(["bo"], { closesAtMs: startMs + minute });
    sale.change("pause", campaignId);
    sale.cancel(orderId);
    const eventsBefore = sale.events.length;
    sale.advance(minute);
    expect(sale.typesSince(eventsBefore)).toEqual(["campaign_ended", "order_offered"]);
    expect(sale.engine.state.isSettled(campaignId)).toBe(false);
    expect(sale.ordersOf(offerId, "bo")).toMatchObject([{ state: "reserved" }]);
  });

  test("is over at once when an operator ends the campaign, before and after a restart", () => {
    for (const isRestarted of [false, true]) {
      const { sale, offerId, campaignId, orderId } = soldOutWithLine(["bo"]);
      sale.change("end", campaignId);
      if (isRestarted) sale.restart();
      expect(sale.line(offerId)).toEqual([]);
      expect(sale.leave(offerId, "bo")).toEqual({ code: "not_waiting" });
      expect(sale.join(offerId, "bo")).toEqual({ code: "ended" });
      sale.cancel(orderId);
      expect(sale.ordersOf(offerId, "bo")).toEqual([]);
      expect(sale.counts(offerId)).toEqual({ total: 1, available: 1, held: 0, sold: 0 });
    }
  });

  test("stands after a restart as it stood before, and who left has left", () => {
    const { sale, offerId, orderId } = soldOutWithLine(["bo", "cleo", "dora", "eve"]);
    sale.leave(offerId, "cleo");
    sale.restart();
    expect(sale.line(offerId)).toEqual(["bo", "dora", "eve"]);
    sale.cancel(orderId);
    sale.restart();
    expect(sale.line(offerId)).toEqual(["dora", "eve"]);
    expect(sale.join(offerId, "bo").code).toBe("limit_reached");
  });

  test("of an offer that does not exist, or is not published, cannot be left", () => {
    const sale = new Sale();
    expect(sale.leave(2)).toEqual({ code: "not_found" });
    expect(sale.leave(sale.create().offerId)).toEqual({ code: "not_found" });
    expect(sale.leave(sale.open().offerId)).toEqual({ code: "not_waiting" });
  });
});

test("a late payment during a pause does not take a unit that belongs to those in line", () => {
  const { sale, offerId, campaignId, orderId } = soldOutWithLine(["bo"]);
  sale.change("pause", campaignId);
  sale.advance(paymentWindowMs);
  expect(sale.counts(offerId)).toMatchObject({ available: 1, held: 0 });
  expect(sale.pay(orderId, "late")).toEqual({ code: "refund_due" });
  sale.change("resume", campaignId);
  expect(sale.ordersOf(offerId, "bo")).toMatchObject([{ state: "reserved" }]);
});

test("a late payment during a pause takes a unit that came back when nobody is in line", () => {
  const { sale, offerId, campaignId, orderId } = soldOutWithLine(["bo"]);
  sale.change("pause", campaignId);
  sale.leave(offerId, "bo");
  sale.advance(paymentWindowMs);
  expect(sale.pay(orderId, "late").code).toBe("moved");
});

describe("a return of more units than one batch offers", () => {
  const more = 100;
  const crowd = 2 * limits.offersPerReturnMax + more;

  test.each([false, true])("reaches everyone in line in bounded parts (with a restart between: %p)", (isRestarted) => {
    const { sale, offerId } = soldOutWithLine(Array.from({ length: crowd }, (_, n) => `buyer ${n}`));
    sale.restock(offerId, crowd);
    const held = [sale.counts(offerId).held];
    while (sale.engine.nextDueAtMs <= sale.clockMs) {
      if (isRestarted) sale.restart();
      sale.advance();
      held.push(sale.counts(offerId).held);
      if (held.length > 10) throw new Error("serving does not come to an end");
    }
    const part = limits.offersPerReturnMax;
    expect(held).toEqual([1 + part, 1 + 2 * part, 1 + crowd]);
    expect(sale.line(offerId)).toEqual([]);
    const served = [...sale.rows.orderRows.values()].slice(1).map(({ buyerId }) => buyerId);
    expect(served).toEqual(Array.from({ length: crowd }, (_, n) => `buyer ${n}`));
  });

  test("keeps the rest for those who are not served yet: others join behind them, and nobody slips in", () => {
    const { sale, offerId, orderId } = soldOutWithLine(Array.from({ length: crowd }, (_, n) => `buyer ${n}`));
    sale.restock(offerId, crowd);
    expect(sale.counts(offerId).available).toBe(crowd - limits.offersPerReturnMax);
    expect(sale.reserve(offerId, "zed")).toEqual({ code: "sold_out", available: 0 });
    expect(sale.join(offerId, "zed")).toMatchObject({ code: "joined", place: crowd - limits.offersPerReturnMax + 1 });
    const eventsBefore = sale.events.length;
    sale.cancel(orderId);
    expect(sale.typesSince(eventsBefore)).toEqual(["order_cancelled"]);
    while (sale.engine.nextDueAtMs <= sale.clockMs) sale.advance();
    expect(sale.ordersOf(offerId, "zed")).toMatchObject([{ state: "reserved" }]);
    expect(sale.counts(offerId)).toEqual({ total: crowd + 1, available: 0, held: crowd + 1, sold: 0 });
  });

  test("stops when the campaign is paused, and goes on when it is resumed", () => {
    const { sale, offerId, campaignId } = soldOutWithLine(Array.from({ length: crowd }, (_, n) => `buyer ${n}`));
    sale.restock(offerId, crowd);
    sale.change("pause", campaignId);
    const { held } = sale.counts(offerId);
    for (let n = 0; n < 3; n++) sale.advance();
    expect(sale.counts(offerId).held).toBe(held);
    sale.change("resume", campaignId);
    while (sale.engine.nextDueAtMs <= sale.clockMs) sale.advance();
    expect(sale.line(offerId)).toEqual([]);
  });
});

/** Joining took 2 s for a million, 1.6 us for a place, 0.9 us for being served; a million in line took 66 MB. */
describe("the places in line", () => {
  test("are those of a plain list, whoever joins, leaves and comes again", () => {
    const random = new Random(5);
    for (let round = 0; round < 20; round++) {
      const line = new WaitingLine();
      const list: { entryId: number; buyerId: string }[] = [];
      for (let n = 1; n <= 1_000; n++) {
        const buyerId = `buyer ${random.below(200)}`;
        const at = list.findIndex((entry) => entry.buyerId === buyerId);
        if (at < 0) {
          line.join(n, buyerId);
          list.push({ entryId: n, buyerId });
        } else if (random.percent(70)) {
          const gone = list[random.percent(40) ? 0 : at];
          line.leave(gone?.entryId ?? 0, gone?.buyerId ?? "");
          list.splice(list.indexOf(gone ?? { entryId: 0, buyerId }), 1);
        }
        expect(line.count).toBe(list.length);
        expect(line.first()).toEqual(list[0] === undefined ? null : { ...list[0], actor: null });
        const now = list.findIndex((entry) => entry.buyerId === buyerId);
        const expected = now < 0 ? null : { entryId: list[now]?.entryId ?? 0, place: now + 1 };
        expect(line.entryOf(buyerId)).toEqual(expected);
      }
      list.forEach(({ entryId, buyerId }, index) => {
        expect(line.entryOf(buyerId)).toEqual({ entryId, place: index + 1 });
      });
    }
  });

  test("tell agents from people: who of them is first, and how many of them are ahead", () => {
    const random = new Random(9);
    for (let round = 0; round < 40; round++) {
      const line = new WaitingLine();
      let list: InLine[] = [];
      const least = round % 2 === 0 ? 0 : 200; // nobody is an agent for a while
      for (let n = 1; n <= 600; n++) {
        const buyerId = `buyer ${random.below(60)}`;
        const at = list.findIndex((entry) => entry.buyerId === buyerId);
        const actor = n > least && random.percent(round * 2.5) ? "agent" : null;
        if (at < 0) list.push({ entryId: n, buyerId, actor });
        if (at < 0) line.join(n, buyerId, actor);
        const [gone] = at < 0 ? [] : list.splice(random.percent(40) ? 0 : at, 1);
        if (gone !== undefined) line.leave(gone.entryId, gone.buyerId);
        if (n === 300) {
          line.compact();
          const order = Uint32Array.from(list, (_, index) => list.length - 1 - index);
          line.reorder(order);
          list = list.toReversed();
        }
        expect(line.agentCount).toBe(list.filter((entry) => entry.actor !== null).length);
        expect(line.first()).toEqual(list[0] ?? null);
        expect(line.firstPerson()).toEqual(list.find((entry) => entry.actor === null) ?? null);
      }
      list.forEach(({ entryId, buyerId, actor }, index) => {
        const agentsAhead = list.slice(0, index).filter((entry) => entry.actor !== null).length;
        expect(line.standingOf(buyerId)).toEqual({ entryId, place: index + 1, agentsAhead, actor });
      });
      expect(line.standingOf("nobody")).toBeNull();
    }
  });

  test("stay exact, and take no more room, however often those who left are swept out", () => {
    const random = new Random(7);
    for (const crowd of [1, 3, 40, 300]) {
      const line = new WaitingLine();
      const list: { entryId: number; buyerId: string }[] = [];
      for (let n = 1; n <= 20_000; n++) {
        const buyerId = `buyer ${random.below(crowd)}`;
        const at = list.findIndex((entry) => entry.buyerId === buyerId);
        if (at < 0) list.push({ entryId: n, buyerId });
        const [gone] = at < 0 ? [] : list.splice(at, 1);
        if (gone === undefined) line.join(n, buyerId);
        else line.leave(gone.entryId, gone.buyerId);
        if (line.first()?.entryId !== list[0]?.entryId || line.count !== list.length) throw new Error(`after ${n}`);
        if (n % 37 !== 0) continue;
        list.forEach(({ entryId, buyerId }, index) => {
          const entry = line.entryOf(buyerId);
          if (entry?.entryId !== entryId || entry.place !== index + 1) throw new Error(`place of ${buyerId} at ${n}`);
        });
        if (gone !== undefined) expect(() => line.leave(gone.entryId, gone.buyerId)).toThrow();
      }
      expect(line.capacity).toBeLessThanOrEqual(Math.max(32, crowd * 4));
    }
  });

  test("are exact for a million who wait, of whom some leave", () => {
    const line = new WaitingLine();
    const random = new Random(6);
    const isGone = new Uint8Array(limits.waitlistMax);
    for (let n = 0; n < limits.waitlistMax; n++) line.join(n + 1, `buyer ${n}`);
    for (let n = 0; n < 300_000; n++) {
      const index = random.percent(30) ? n : random.below(limits.waitlistMax);
      if (isGone[index] === 1) continue;
      line.leave(index + 1, `buyer ${index}`);
      isGone[index] = 1;
    }
    let place = 0;
    for (let n = 0; n < limits.waitlistMax; n++) {
      if (isGone[n] === 0) place += 1;
      if (n % 97 !== 0) continue;
      const entry = line.entryOf(`buyer ${n}`);
      const isRight = isGone[n] === 1 ? entry === null : entry?.entryId === n + 1 && entry.place === place;
      if (!isRight) throw new Error(`buyer ${n} is told ${JSON.stringify(entry)} for place ${place}`);
    }
    expect(line.count).toBe(place);
    expect(line.first()?.entryId).toBe(isGone.indexOf(0) + 1);
  });

  test("are those of the order that a line is put into, without those who left", () => {
    const random = new Random(8);
    for (let round = 0; round < 200; round++) {
      const size = random.below(60);
      const line = new WaitingLine({ keepsPositions: true });
      const gone = new Set<number>();
      for (let n = 0; n < size; n++) line.join(n + 1, `buyer ${n}`);
      for (let n = 0; n < size; n++) {
        if (!random.percent(40)) continue;
        line.leave(n + 1, `buyer ${n}`);
        gone.add(n);
      }
      const order = Array.from({ length: size }, (_, index) => index);
      for (let last = size - 1; last > 0; last--) {
        const other = random.below(last + 1);
        [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
      }
      expect(line.size).toBe(size);
      line.reorder(Uint32Array.from(order));
      const standing = order.filter((index) => !gone.has(index));
      const late = size + 1;
      line.join(late, "late");
      expect(line.count).toBe(standing.length + 1);
      standing.forEach((index, rank) => {
        expect(line.entryOf(`buyer ${index}`)).toEqual({ entryId: index + 1, place: rank + 1 });
      });
      expect(line.entryOf("late")).toEqual({ entryId: late, place: standing.length + 1 });
      for (const index of standing) {
        expect(line.first()?.entryId).toBe(index + 1);
        line.leave(index + 1, `buyer ${index}`);
      }
      expect(line.first()?.entryId).toBe(late);
    }
  });

  test("belong to buyers who stand in line once, and only to those", () => {
    const line = new WaitingLine();
    line.join(1, "ana");
    expect(() => line.join(2, "ana")).toThrow();
    expect(() => line.leave(2, "ana")).toThrow();
    expect(() => line.leave(1, "bo")).toThrow();
    line.leave(1, "ana");
    expect(() => line.leave(1, "ana")).toThrow();
    expect([line.count, line.first(), line.entryOf("ana")]).toEqual([0, null, null]);
  });
});

interface Arranged {
  readonly sale: Sale;
  readonly offerId: number;
}

function arrange(begin: (sale: Sale) => Opened, then?: "pause" | "end"): Arranged & Opened {
  const sale = new Sale();
  const opened = begin(sale);
  if (then !== undefined) sale.change(then, opened.campaignId);
  return { sale, ...opened };
}

/** One unit is reserved, by the holder; the limit is one. */
function soldOut(
  sale: Sale,
  what: { hasWaitlist?: boolean; closesAtMs?: number; stock?: number; holder?: string } = {},
): Opened {
  const { stock = 1, holder = "zoe", ...draft } = what;
  const opened = sale.open({ ...draft, offers: [offerDraft({ stock, limitPerBuyer: 1 })] });
  sale.order(opened.offerId, holder);
  return opened;
}

/** As many wait as may; `last` is the last of them. */
function full(sale: Sale, { holder = "zoe", last = "the last" }: { holder?: string; last?: string } = {}): Opened {
  const opened = soldOut(sale, { holder });
  const { campaignId, offerId } = opened;
  const entry = { campaignId, offerId, state: "waiting", joinedAtMs: startMs, endedAtMs: null } as const;
  const fresh = { ...entry, orderId: null, actor: null };
  const { state } = sale.engine;
  for (let n = 1; n < limits.waitlistMax; n++) state.restoreWaiting({ ...fresh, entryId: n, buyerId: `buyer ${n}` });
  state.restoreWaiting({ ...fresh, entryId: limits.waitlistMax, buyerId: last });
  return opened;
}

function soldOutWithLine(
  buyers: readonly string[],
  what: { closesAtMs?: number } = {},
): Opened & { sale: Sale; orderId: number } {
  const sale = new Sale();
  const opened = soldOut(sale, what);
  for (const buyerId of buyers) sale.join(opened.offerId, buyerId);
  const [order] = sale.rows.orderRows.keys();
  return { ...opened, sale, orderId: order ?? 0 };
}
