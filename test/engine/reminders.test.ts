/** Reminders: each comes once, not before its time, through restarts, and never for a sale that has ended. */
import { describe, expect, test } from "bun:test";
import { limits } from "../../src/domain/limits.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { Sale, startMs } from "./sale.ts";

const opensInMs = 3_600_000;
const minute = 60_000;

class Announced {
  readonly sale = new Sale();
  readonly campaignId = this.sale.open({ opensAtMs: startMs + opensInMs }).campaignId;

  set(buyerId: string, leadS = 300): Outcome {
    return this.sale.execute({ type: "set_reminder", campaignId: this.campaignId, buyerId, leadS });
  }

  remove(buyerId: string): Outcome {
    return this.sale.execute({ type: "remove_reminder", campaignId: this.campaignId, buyerId });
  }

  /** Whose reminders came, in their order, and when, from the beginning of this world. */
  came(): (readonly [buyerId: string, atMs: number])[] {
    return this.sale.events.flatMap((event) =>
      event.type === "reminder_due" ? [[event.buyerId, event.atMs - startMs] as const] : [],
    );
  }

  /** Until nothing is due at this time any more; answers how many reminders came at once at most. */
  settle(): number {
    let most = 0;
    for (;;) {
      const before = this.came().length;
      this.sale.advance();
      most = Math.max(most, this.came().length - before);
      if (this.sale.engine.nextDueAtMs > this.sale.clockMs) return most;
    }
  }
}

describe("setting a reminder is refused, first reason first", () => {
  const cases: [string, Outcome, (world: Announced) => number][] = [
    ["no such campaign", { code: "not_found" }, () => 999],
    ["a draft", { code: "not_found" }, ({ sale }) => sale.create({ opensAtMs: startMs + opensInMs }).campaignId],
    [
      "ended before it opened",
      { code: "ended" },
      ({ sale, campaignId }) => {
        sale.change("end", campaignId);
        return campaignId;
      },
    ],
    ["open", { code: "already_open" }, ({ sale }) => sale.open().campaignId],
    [
      "paused",
      { code: "already_open" },
      ({ sale }) => {
        const { campaignId } = sale.open();
        sale.change("pause", campaignId);
        return campaignId;
      },
    ],
    [
      "exactly as much time as the lead is left",
      { code: "reminder_too_late", leadSMax: 240 },
      ({ sale, campaignId }) => {
        sale.advance(opensInMs - 300_000);
        return campaignId;
      },
    ],
    [
      "less than a minute is left",
      { code: "reminder_too_late", leadSMax: 0 },
      ({ sale, campaignId }) => {
        sale.advance(opensInMs - 60_000);
        return campaignId;
      },
    ],
  ];
  test.each(cases)("%s", (_, expected, begin) => {
    const world = new Announced();
    const campaignId = begin(world);
    const before = world.sale.events.length;
    expect(world.sale.execute({ type: "set_reminder", campaignId, buyerId: "ana", leadS: 300 })).toEqual(expected);
    expect(world.sale.events.length).toBe(before);
  });

  test("as many as may be: whoever has one keeps it, and may choose another lead", () => {
    const world = new Announced();
    for (let n = 0; n < limits.remindersMax; n++)
      world.sale.engine.execute(
        { type: "set_reminder", campaignId: world.campaignId, buyerId: `b${n}`, leadS: 300 },
        startMs,
      );
    world.sale.engine.takeEvents();
    const { engine } = world.sale;
    const ask = (buyerId: string, leadS: number) =>
      engine.execute({ type: "set_reminder", campaignId: world.campaignId, buyerId, leadS }, startMs).code;
    expect(ask("ana", 300)).toBe("reminders_full");
    expect(ask("b7", 300)).toBe("reminder_set");
    expect(ask("b7", 600)).toBe("reminder_set");
    expect(engine.state.remindersWaiting).toBe(limits.remindersMax);
    engine.execute({ type: "remove_reminder", campaignId: world.campaignId, buyerId: "b8" }, startMs);
    expect(ask("ana", 300)).toBe("reminder_set");
  }, 30_000);
});

describe("a reminder", () => {
  test("comes once, not before its time, the longest lead first and then in the order of asking", () => {
    const world = new Announced();
    for (const [buyerId, leadS] of [
      ["ana", 300],
      ["bo", 600],
      ["cy", 300],
      ["di", 60],
    ] as const)
      world.set(buyerId, leadS);
    expect(world.sale.engine.nextDueAtMs).toBe(startMs + opensInMs - 600_000);
    world.sale.advance(opensInMs - 600_001);
    expect(world.came()).toEqual([]);
    world.sale.advance(1);
    for (let at = 0; at < 12; at++) world.sale.advance(minute);
    expect(world.came()).toEqual([
      ["bo", opensInMs - 10 * minute],
      ["ana", opensInMs - 5 * minute],
      ["cy", opensInMs - 5 * minute],
      ["di", opensInMs - minute],
    ]);
    expect(world.sale.engine.state.remindersWaiting).toBe(0);
    expect(world.sale.engine.nextDueAtMs).toBe(Number.POSITIVE_INFINITY);
  });

  test("asked for again is the same; with another lead it comes at that time alone", () => {
    const world = new Announced();
    const first = world.set("ana");
    const again = world.set("ana");
    expect(first).toMatchObject({
      code: "reminder_set",
      isNew: true,
      leadS: 300,
      dueAtMs: startMs + opensInMs - 300_000,
    });
    expect(again).toEqual({ ...first, isNew: false } as Outcome);
    expect(world.set("ana", 60)).toMatchObject({ code: "reminder_set", isNew: true });
    world.sale.advance(opensInMs - 60_001);
    expect(world.came()).toEqual([]);
    world.sale.advance(minute);
    expect(world.came()).toEqual([["ana", opensInMs - 1]]);
  });

  test("that came can be followed by another one with a shorter lead", () => {
    const world = new Announced();
    world.set("ana", 600);
    world.sale.advance(opensInMs - 600_000);
    expect(world.set("ana", 300)).toMatchObject({ code: "reminder_set", isNew: true });
    world.sale.advance(opensInMs);
    expect(world.came().map(([who]) => who)).toEqual(["ana", "ana"]);
  });

  test("that was removed never comes, and is removed once", () => {
    const world = new Announced();
    world.set("ana");
    expect(world.remove("bo")).toEqual({ code: "not_reminded" });
    expect(world.remove("ana")).toEqual({ code: "reminder_removed" });
    expect(world.remove("ana")).toEqual({ code: "not_reminded" });
    world.sale.advance(opensInMs - 1);
    expect(world.came()).toEqual([]);
  });

  test("of a sale that is ended before it opens never comes, and leaves nothing to wake for", () => {
    const world = new Announced();
    world.set("ana");
    world.set("bo", 600);
    world.sale.change("end", world.campaignId);
    expect(world.sale.engine.nextDueAtMs).toBe(Number.POSITIVE_INFINITY);
    world.sale.restart();
    world.sale.advance(2 * opensInMs);
    expect(world.came()).toEqual([]);
    expect(world.sale.engine.state.remindersWaiting).toBe(0);
  });

  test("that is set and removed again and again leaves nothing behind", () => {
    const world = new Announced();
    for (let n = 0; n < 2_000; n++) {
      world.set("ana", 60 * (1 + (n % 50)));
      if (n % 3 === 0) world.remove("ana");
    }
    world.remove("ana");
    expect(world.sale.engine.state.campaign(world.campaignId).reminders).toBeNull();
    expect(world.sale.engine.nextDueAtMs).toBe(startMs + opensInMs);
  });
});

describe("what came due while nothing ran", () => {
  test("comes with the start as long as the sale has not opened, once", () => {
    const world = new Announced();
    world.set("ana");
    world.set("bo", 60);
    world.sale.clockMs += opensInMs - 200_000;
    world.sale.restart();
    world.settle();
    world.sale.restart();
    world.settle();
    expect(world.came()).toEqual([["ana", opensInMs - 200_000]]);
  });

  test("comes after the opening, where that has passed too: late, and once", () => {
    const world = new Announced();
    world.set("ana");
    world.sale.clockMs += opensInMs + 5_000;
    world.sale.restart();
    world.settle();
    expect(world.came()).toEqual([["ana", opensInMs + 5_000]]);
    expect(world.sale.campaignState(world.campaignId)).toBe("open");
    world.sale.restart();
    world.settle();
    expect(world.came()).toHaveLength(1);
  });

  test("never comes where the sale is over by now", () => {
    const world = new Announced();
    const closesAtMs = startMs + 2 * opensInMs;
    const { campaignId } = world.sale.open({ opensAtMs: startMs + opensInMs, closesAtMs });
    world.sale.execute({ type: "set_reminder", campaignId, buyerId: "ana", leadS: 300 });
    world.sale.clockMs = closesAtMs;
    world.sale.restart();
    world.settle();
    expect(world.came()).toEqual([]);
  });
});

test("ten thousand that are due at once come in bounded batches, each once and in order, though it restarts between", () => {
  const world = new Announced();
  const buyers = Array.from({ length: 10_000 }, (_, n) => `buyer ${n}`);
  for (const buyer of buyers) world.set(buyer);
  world.sale.clockMs += opensInMs - 300_000;
  for (let n = 0; n < 3; n++) {
    world.sale.advance();
    world.sale.restart();
  }
  expect(world.came().length).toBeLessThanOrEqual(3 * limits.remindersPerBatchMax);
  expect(world.settle()).toBe(limits.remindersPerBatchMax);
  expect(world.came().map(([who]) => who)).toEqual(buyers);
});
