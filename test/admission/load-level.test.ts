/**
 * Guards what is given up under load: a burst changes nothing, a queue that stays gives up the work of least value
 * first and purchases last and in part, and everything comes back by itself.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { LoadBoard } from "../../src/admission/load-board.ts";
import { LoadDecider, loadLevels, waitBuyingMs, waitTargetMs } from "../../src/admission/load-level.ts";

const everyMs = 100;

/** Looks every 100 ms for so long; answers the levels in the order in which they came. */
function watch(decider: LoadDecider, clock: { nowMs: number }, waitMs: number, forMs: number): string[] {
  const levels = [decider.level];
  for (let past = 0; past < forMs; past += everyMs) {
    clock.nowMs += everyMs;
    decider.observe(waitMs, clock.nowMs);
    if (levels.at(-1) !== decider.level) levels.push(decider.level);
  }
  return levels;
}

describe("the level", () => {
  test("stays normal through a burst that drains", () => {
    const [decider, clock] = [new LoadDecider(), { nowMs: 0 }];
    for (let n = 0; n < 20; n++) {
      expect(watch(decider, clock, 5_000, 400)).toEqual(["normal"]);
      expect(watch(decider, clock, waitTargetMs, 100)).toEqual(["normal"]);
    }
  });

  test("rises one by one while the wait stays long, and gives up purchases only when that is not enough", () => {
    const [decider, clock] = [new LoadDecider(), { nowMs: 0 }];
    expect(watch(decider, clock, waitTargetMs + 1, 60_000)).toEqual([
      "normal",
      "exports",
      "search",
      "streams",
      "joins",
    ]);
    expect(decider.refusedShare).toBe(0);
    expect(watch(decider, clock, waitBuyingMs, 60_000)).toEqual(["joins"]);
    expect(watch(decider, clock, waitBuyingMs + 1, 1_000)).toEqual(["joins", "all"]);
  });

  test("falls one by one when the wait has been short for some seconds, and not before", () => {
    const [decider, clock] = [new LoadDecider(), { nowMs: 0 }];
    watch(decider, clock, 2_000, 10_000);
    expect(decider.level).toBe("all");
    expect(watch(decider, clock, 0, 2_900)).toEqual(["all"]);
    expect(watch(decider, clock, 0, 60_000)).toEqual(["all", "joins", "streams", "search", "exports", "normal"]);
    expect(decider.refusedShare).toBe(0);
  });

  test("falls slowly when the wait is neither long nor short: a disk may be no quicker", () => {
    const [decider, clock] = [new LoadDecider(), { nowMs: 0 }];
    watch(decider, clock, 2_000, 10_000);
    expect(watch(decider, clock, waitTargetMs, 60_000)).toEqual(["all"]); // not below it: it stays
    expect(watch(decider, clock, waitTargetMs - 1, 14_900)).toEqual(["all"]);
    const falling = ["all", "joins", "streams", "search", "exports", "normal"];
    expect(watch(decider, clock, waitTargetMs - 1, 100_000)).toEqual(falling);
  });

  test("does not swing when the wait does", () => {
    const [decider, clock] = [new LoadDecider(), { nowMs: 0 }];
    watch(decider, clock, waitTargetMs + 1, 700);
    expect(decider.level).toBe("exports");
    for (let n = 0; n < 100; n++) {
      watch(decider, clock, 0, 1_000);
      watch(decider, clock, waitTargetMs + 1, 300);
    }
    expect(decider.level).toBe("exports");
  });

  test("moves by one at most, whatever is measured, and the share is a share", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(3_000), fc.integer({ min: 1, max: 5_000 }))), (looks) => {
        const decider = new LoadDecider();
        let [nowMs, before] = [0, 0];
        for (const [waitMs, laterMs] of looks) {
          nowMs += laterMs;
          decider.observe(waitMs, nowMs);
          const level = loadLevels.indexOf(decider.level);
          expect(Math.abs(level - before)).toBeLessThanOrEqual(1);
          expect(decider.refusedShare).toBeWithin(0, 1);
          if (level < loadLevels.indexOf("all")) expect(decider.refusedShare).toBe(0);
          before = level;
        }
      }),
    );
  });
});

test("the share of refused purchases is what brings the wait to its bound, and most are still served", () => {
  const decider = new LoadDecider();
  const capacity = 1_000; // a second
  const offered = 3_000;
  let [queue, served] = [0, 0];
  const waits: number[] = [];
  for (let n = 0; n < 600; n++) {
    queue += (offered * (1 - decider.refusedShare) * everyMs) / 1_000;
    const done = Math.min(queue, (capacity * everyMs) / 1_000);
    queue -= done;
    if (n >= 300) served += done;
    const waitMs = (queue / capacity) * 1_000;
    if (n >= 300) waits.push(waitMs);
    decider.observe(waitMs, n * everyMs);
  }
  expect(served).toBeGreaterThanOrEqual(0.8 * capacity * 30);
  expect(Math.max(...waits)).toBeLessThan(2_000);
});

describe("the board", () => {
  test("shows the longest wait of all threads, as they stand now", () => {
    const board = LoadBoard.forThreads(3);
    expect(board.waits()).toEqual({ queueMs: 0, eventLoopMs: 0 });
    board.showWaits(0, 5, 70);
    board.showWaits(2, 40.2, 1);
    expect(new LoadBoard(board.buffer).waits()).toEqual({ queueMs: 41, eventLoopMs: 70 });
    board.showWaits(2, 0, 0);
    expect(board.waits()).toEqual({ queueMs: 5, eventLoopMs: 70 });
  });

  test("refuses the work of a level and of those below it, and of purchases just the share", () => {
    const board = LoadBoard.forThreads(1);
    const reader = new LoadBoard(board.buffer);
    const refused = () => loadLevels.filter((level) => level !== "normal" && reader.refuses(level));
    const purchases = () => Array.from({ length: 1_000 }, () => reader.refusesPurchase()).filter(Boolean).length;
    expect([reader.level, refused(), purchases()]).toEqual(["normal", [], 0]);
    board.decide("streams", 0);
    expect([reader.level, refused(), purchases()]).toEqual(["streams", ["exports", "search", "streams"], 0]);
    board.decide("all", 0.25);
    expect(refused()).toEqual(["exports", "search", "streams", "joins", "all"]);
    expect(purchases()).toBe(250);
    board.decide("normal", 0);
    expect([reader.level, refused(), purchases()]).toEqual(["normal", [], 0]);
  });
});
