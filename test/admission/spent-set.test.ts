/**
 * Guards that a solution counts once: whichever thread it is sent to, at the same instant, when the table is crowded or
 * full, and for as long as its challenge lives.
 */
import { describe, expect, test } from "bun:test";
import { SpentSet } from "../../src/admission/spent-set.ts";
import type { Spendings } from "./spender.ts";

const lifetimeMs = 1_000;
const startMs = 1_700_000_000_000;

const digitsOf = (n: number) => Bun.SHA256.hash(String(n), "hex").slice(0, 16);

describe("a solution", () => {
  test("is fresh once and spent from then on, for as long as its challenge lives", () => {
    const spent = new SpentSet(lifetimeMs);
    const expiresAtMs = startMs + lifetimeMs;
    expect(spent.isSpent(digitsOf(1), expiresAtMs)).toBe(false);
    expect(spent.spend(digitsOf(1), expiresAtMs, startMs)).toBe("fresh");
    for (let nowMs = startMs; nowMs < expiresAtMs; nowMs += 10) {
      expect(spent.isSpent(digitsOf(1), expiresAtMs)).toBe(true);
      expect(spent.spend(digitsOf(1), expiresAtMs, nowMs)).toBe("spent");
      expect(spent.spend(digitsOf(nowMs), nowMs + lifetimeMs, nowMs)).toBe("fresh");
    }
  });

  test("stays spent for a thread whose clock is behind or ahead by less than a lifetime", () => {
    const spent = new SpentSet(lifetimeMs, new SharedArrayBuffer(32 * 8));
    const expiresAtMs = startMs + lifetimeMs;
    expect(spent.spend(digitsOf(1), expiresAtMs, startMs - lifetimeMs + 1)).toBe("fresh");
    for (const nowMs of [startMs - lifetimeMs + 1, startMs, expiresAtMs, expiresAtMs + lifetimeMs - 1]) {
      for (let n = 2; n < 8; n++) spent.spend(digitsOf(n + nowMs), nowMs, nowMs);
      expect(spent.spend(digitsOf(1), expiresAtMs, nowMs)).toBe("spent");
    }
  });

  test("does not count when there is no room to remember it, until others have expired", () => {
    const places = 64;
    const spent = new SpentSet(lifetimeMs, new SharedArrayBuffer(places * 8));
    const expiresAtMs = startMs + lifetimeMs;
    const spending = Array.from({ length: 200 }, (_, n) => spent.spend(digitsOf(n), expiresAtMs, startMs));
    expect(spending.filter((result) => result === "fresh").length).toBe(places);
    expect(spending.filter((result) => result === "full").length).toBe(200 - places);
    spending.forEach((result, n) => {
      expect(spent.spend(digitsOf(n), expiresAtMs, startMs)).toBe(result === "fresh" ? "spent" : "full");
    });
    const laterMs = startMs + 4 * lifetimeMs;
    const later = Array.from({ length: places }, (_, n) => spent.spend(digitsOf(1_000 + n), laterMs, laterMs));
    expect(later.filter((result) => result === "fresh").length).toBeGreaterThan(places / 2);
  });

  test("is remembered whole when half of the table's places are taken", () => {
    const places = 8_192;
    const spent = new SpentSet(lifetimeMs, new SharedArrayBuffer(places * 8));
    const expiresAtMs = startMs + lifetimeMs;
    for (const expected of ["fresh", "spent"] as const) {
      for (let n = 0; n < places / 2; n++) expect(spent.spend(digitsOf(n), expiresAtMs, startMs)).toBe(expected);
    }
  });

  test("that several threads spend at once is fresh for one of them at most, and for one nearly always", async () => {
    const [threads, solutions] = [4, 20_000];
    const buffer = new SharedArrayBuffer(65_536 * 8);
    const gate = new SharedArrayBuffer(4);
    const digits = Array.from({ length: solutions }, (_, n) => digitsOf(n));
    const workers = Array.from({ length: threads }, () => new Worker(new URL("./spender.ts", import.meta.url)));
    const next = (worker: Worker) =>
      new Promise<unknown>((resolve, reject) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = ({ message }) => reject(new Error(message));
      });
    const ready = workers.map(next);
    const spendings: Spendings = { buffer, gate, digits, lifetimeMs, nowMs: startMs };
    for (const worker of workers) worker.postMessage(spendings);
    await Promise.all(ready);
    const answers = workers.map(next);
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    const told = (await Promise.all(answers)) as string[][];
    for (const worker of workers) worker.terminate();
    const fresh = digits.map((_, n) => told.filter((results) => results[n] === "fresh").length);
    expect(Math.max(...fresh)).toBe(1);
    expect(fresh.filter((count) => count === 1).length).toBeGreaterThan(solutions * 0.99);
    expect(told.flat().filter((result) => result === "full")).toEqual([]);
  }, 60_000);
});
