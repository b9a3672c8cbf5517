/**
 * Guards the rate limits: whoever asks, however many threads they ask on and however time goes round, never gets more
 * through than the limit says, nor less; and a table that is full forgets those who owe least.
 */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { type Rate, RateTable } from "../../src/admission/rate-limit.ts";

const seed = [0x1234_5678, 0x0bad_cafe] as const;
const startMs = Date.UTC(2026, 10, 11);
const ticksPerMs = 65_536;
const yearMs = 365 * 86_400_000;

/** GCRA with whole numbers of any size, a word for every key and nothing forgotten. */
class ExactModel {
  readonly #arrivals = new Map<string, bigint>();

  take(key: string, { quota, windowS }: Rate, nowMs: number): number {
    const now = BigInt(nowMs) * BigInt(ticksPerMs);
    const step = (BigInt(windowS * 1_000 * ticksPerMs) + BigInt(quota) - 1n) / BigInt(quota);
    const window = step * BigInt(quota);
    const known = this.#arrivals.get(key) ?? now;
    const from = known < now ? now : known > now + window ? now + window : known;
    if (from < known) this.#arrivals.set(key, from);
    const arrival = from + step;
    if (arrival - now > window) return Number(arrival - now - window) / ticksPerMs;
    this.#arrivals.set(key, arrival);
    return 0;
  }
}

function countAdmitted(table: RateTable, id: string, rate: Rate, nowMs: number, attempts: number): number {
  let admitted = 0;
  for (let n = 0; n < attempts; n++) if (table.take("buyer", id, rate, nowMs) === 0) admitted += 1;
  return admitted;
}

describe("one key", () => {
  const rate = { quota: 5, windowS: 10 };

  test("may use its quota at once, and then one attempt whenever a share of the window has passed", () => {
    const table = RateTable.make(seed, startMs);
    expect(countAdmitted(table, "ana", rate, startMs, 9)).toBe(5);
    expect(table.take("buyer", "ana", rate, startMs)).toBe(2_000);
    expect(table.take("buyer", "ana", rate, startMs + 1_999)).toBeCloseTo(1, 3);
    expect(countAdmitted(table, "ana", rate, startMs + 2_000, 9)).toBe(1);
    expect(countAdmitted(table, "ana", rate, startMs + 60_000, 9)).toBe(5);
  });

  test("is not charged for what is refused, nor for being looked at", () => {
    const table = RateTable.make(seed, startMs);
    expect(countAdmitted(table, "ana", rate, startMs, 1_000)).toBe(5);
    for (let n = 0; n < 100; n++) expect(table.look("buyer", "ana", rate, startMs)).toBe(2_000);
    expect(table.take("buyer", "ana", rate, startMs + 2_000)).toBe(0);
    expect(table.look("buyer", "bo", rate, startMs)).toBe(0);
    expect(countAdmitted(table, "bo", rate, startMs, 9)).toBe(5);
  });

  test("is nobody else's: neither another id's nor another kind's, however they are put together", () => {
    const table = RateTable.make(seed, startMs);
    expect(countAdmitted(table, "ana", rate, startMs, 9)).toBe(5);
    for (const id of ["an", "anaa", "Ana", "", "ana "]) expect(countAdmitted(table, id, rate, startMs, 9)).toBe(5);
    expect(table.take("buye", "rana", rate, startMs)).toBe(0);
    expect(table.take("address", "ana", rate, startMs)).toBe(0);
  });

  test("never owes more than a window, also when its limit was another one before", () => {
    const table = RateTable.make(seed, startMs);
    const long = { quota: 1, windowS: 86_400 };
    expect(countAdmitted(table, "ana", long, startMs, 9)).toBe(1);
    expect(countAdmitted(table, "bo", long, startMs, 9)).toBe(1);
    expect(table.take("buyer", "ana", rate, startMs)).toBe(2_000);
    expect(table.look("buyer", "bo", rate, startMs)).toBe(2_000);
    for (const id of ["ana", "bo"]) {
      expect(table.take("buyer", id, rate, startMs + 1_999)).toBeGreaterThan(0);
      expect(table.take("buyer", id, rate, startMs + 2_000)).toBe(0);
      expect(countAdmitted(table, id, rate, startMs + 12_000, 9)).toBe(5);
    }
  });

  test("is not helped by a clock that is a little behind", () => {
    const table = RateTable.make(seed, startMs);
    expect(countAdmitted(table, "ana", rate, startMs + 500, 3)).toBe(3);
    expect(countAdmitted(table, "ana", rate, startMs, 9)).toBeLessThanOrEqual(2);
  });

  test.each([
    [1, 1],
    [1, 86_400],
    [7, 3],
    [1_000_000, 1],
    [999_983, 86_400],
  ])("of %d in %d s is exact to the last attempt", (quota, windowS) => {
    const table = RateTable.make(seed, startMs);
    const admitted = countAdmitted(table, "all", { quota, windowS }, startMs, quota + 10);
    expect(admitted).toBe(quota);
  });
});

test("any story of any keys goes as the exact model says, also after years of running", () => {
  const rates: readonly Rate[] = [
    { quota: 1, windowS: 1 },
    { quota: 3, windowS: 10 },
    { quota: 50, windowS: 10 },
    { quota: 7, windowS: 86_400 },
  ];
  const step = fc.record({
    id: fc.constantFrom("ana", "bo", "陈小明", "10.0.0.1"),
    rate: fc.constantFrom(...rates),
    laterMs: fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(0, 0, 0, 1, 333, 2_000) },
      { weight: 2, arbitrary: fc.nat(100_000) },
      { weight: 1, arbitrary: fc.nat(yearMs / 50) },
    ),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), fc.nat(2 * yearMs), (steps, sinceMs) => {
      const [table, model] = [RateTable.make(seed, startMs), new ExactModel()];
      let nowMs = startMs + sinceMs;
      for (const { id, rate, laterMs } of steps) {
        nowMs += laterMs;
        expect(table.take("k", id, rate, nowMs)).toBe(model.take(id, rate, nowMs));
      }
    }),
    { numRuns: 20 },
  );
});

test("a table that is overrun forgets who owes least, and still knows who asked most", { timeout: 60_000 }, () => {
  const table = RateTable.make(seed, startMs);
  const rate = { quota: 100, windowS: 100 };
  const greedy = Array.from({ length: 1_000 }, (_, n) => `greedy-${n}`);
  for (const id of greedy) expect(countAdmitted(table, id, rate, startMs, 200)).toBe(100);
  for (let n = 0; n < 2_000_000; n++) table.take("buyer", `once-${n}`, rate, startMs); // more than it holds
  const forgotten = greedy.filter((id) => table.take("buyer", id, rate, startMs) === 0);
  expect(forgotten).toEqual([]);
});

test("another seed puts keys elsewhere: nobody can work out whose word they share", () => {
  const places = [seed, [1, 2] as const].map((one) => {
    const table = RateTable.make(one, startMs);
    return Array.from({ length: 50 }, (_, n) => {
      table.take("buyer", `b-${n}`, { quota: 1, windowS: 1 }, startMs);
      return new Int32Array(table.buffer, 64).findIndex((word) => word !== 0);
    }).at(-1);
  });
  expect(places[0]).not.toBe(places[1]);
});

test("threads that ask at once get no more through together than one would", async () => {
  const table = RateTable.make(seed, startMs);
  const [threads, keys, rounds] = [4, 2_000, 12];
  const rate = { quota: 5, windowS: 10 };
  const gate = new Int32Array(new SharedArrayBuffer(8));
  const workers = Array.from({ length: threads }, () => new Worker(new URL("./rate-limit.worker.ts", import.meta.url)));
  try {
    const counted = workers.map((worker) => {
      const { promise, resolve, reject } = Promise.withResolvers<number[]>();
      worker.onmessage = ({ data }: MessageEvent<number[]>) => resolve(data);
      worker.onerror = ({ message }) => reject(new Error(message));
      worker.postMessage({ buffer: table.buffer, gate, threads, keys, rounds, rate, nowMs: startMs });
      return promise;
    });
    const admitted = await Promise.all(counted);
    const sums = Array.from({ length: keys }, (_, key) => admitted.reduce((sum, own) => sum + (own[key] ?? 0), 0));
    // Every key asks 48 times in all, so exactly its limit gets through, unless another key of its bucket made it forgotten.
    expect(sums.filter((sum) => sum !== rate.quota)).toEqual([]);
  } finally {
    for (const worker of workers) worker.terminate();
  }
});
