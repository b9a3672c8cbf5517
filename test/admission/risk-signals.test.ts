/** Guards what the risk desk remembers: counts over a window slide, different ones are told apart, rhythms are seen. */
import { describe, expect, test } from "bun:test";
import { DistinctCount, distinctMax, Rhythm, WindowCount } from "../../src/admission/risk/signals.ts";
import { subnetOf } from "../../src/admission/risk/subnet.ts";

const startMs = 1_700_000_000_000;
const hashOf = (n: number) => Bun.hash.xxHash32(String(n), 7);

describe("a count over a window", () => {
  test("holds what has happened within it, and forgets it gradually and then wholly", () => {
    const count = new WindowCount(10_000);
    for (let n = 0; n < 100; n++) count.add(1, startMs + n * 100);
    expect(count.at(startMs + 9_999)).toBe(100);
    expect(count.at(startMs + 15_000)).toBeWithin(45, 55);
    expect(count.at(startMs + 20_000)).toBe(0);
  });

  test("takes what is told late as now, and nothing away for it", () => {
    const count = new WindowCount(10_000);
    count.add(5, startMs + 10_000);
    count.add(5, startMs);
    expect(count.at(startMs + 10_000)).toBe(10);
    expect(count.at(startMs)).toBe(10);
  });

  test("counts one for many where each n-th is told", () => {
    const count = new WindowCount(10_000);
    for (let n = 0; n < 10; n++) count.add(7.5, startMs);
    expect(count.at(startMs)).toBe(75);
  });
});

describe("a count of different ones", () => {
  test.each([0, 1, 2, 5, 20, 50, 100, 300, 1_000])("tells %i apart, however often each comes", (different) => {
    const count = new DistinctCount(300_000);
    for (let n = 0; n < different * 3; n++) count.add(hashOf(n % Math.max(1, different)), startMs);
    expect(Math.abs(count.at(startMs) - different)).toBeLessThanOrEqual(Math.max(1, different * 0.15));
  });

  test("says as many as it can tell when there are more", () => {
    const count = new DistinctCount(300_000);
    for (let n = 0; n < 100_000; n++) count.add(hashOf(n), startMs);
    expect(count.at(startMs)).toBe(distinctMax);
  });

  test("looks back one window to two", () => {
    const count = new DistinctCount(1_000);
    for (let n = 0; n < 10; n++) count.add(hashOf(n), startMs);
    for (let n = 10; n < 20; n++) count.add(hashOf(n), startMs + 1_000);
    expect(count.at(startMs + 1_999)).toBeWithin(19, 22);
    expect(count.at(startMs + 2_000)).toBeWithin(9, 12);
    expect(count.at(startMs + 3_000)).toBe(0);
  });
});

describe("a rhythm", () => {
  const after = (intervalsMs: readonly number[]) => {
    const rhythm = new Rhythm();
    let atMs = startMs;
    rhythm.add(atMs);
    for (const intervalMs of intervalsMs) {
      atMs += intervalMs;
      rhythm.add(atMs);
    }
    return rhythm;
  };

  test("of a clock varies by next to nothing, of dice by much", () => {
    const clock = after(Array.from({ length: 20 }, (_, n) => 1_000 + (n % 2)));
    expect([clock.intervals, Math.round(clock.meanMs)]).toEqual([20, 1_000]);
    expect(clock.variation).toBeLessThan(0.01);
    const dice = after([900, 300, 1_700, 650, 1_200, 2_500, 400, 1_100, 1_900, 700, 250, 1_400]);
    expect(dice.variation).toBeGreaterThan(0.3);
  });

  test("begins anew after a pause, and when something was not told", () => {
    const paused = after([1_000, 1_000, 1_000, 30_001, 1_000]);
    expect(paused.intervals).toBe(1);
    paused.forget();
    expect([paused.intervals, paused.meanMs, paused.variation]).toEqual([0, 0, 1]);
    paused.add(startMs + 99_000);
    expect(paused.intervals).toBe(0);
  });

  test("is not there before the second interval, and all at one moment is none", () => {
    expect(after([]).variation).toBe(1);
    expect(after(Array.from({ length: 20 }, () => 0)).variation).toBe(1);
  });

  test("is not made of what two threads tell in another order", () => {
    const rhythm = after([900, -300, 1_700, -650, 1_200, 2_500, -400, 1_100, 1_900, -700, 250, 1_400]);
    expect(rhythm.intervals).toBe(12);
    expect(rhythm.variation).toBeGreaterThan(0.3);
  });
});

test.each([
  ["192.0.2.7", "192.0.2.0/24"],
  ["2001:db8:1:2::/64", "2001:db8:1::/48"],
  ["2001:db8::/64", "2001:db8::/48"],
  ["::", "::/48"],
  ["", ""],
  ["nonsense", ""],
  ["x:y", ""],
])("the subnet of %s is %s", (address, subnet) => {
  expect(subnetOf(address)).toBe(subnet);
});
