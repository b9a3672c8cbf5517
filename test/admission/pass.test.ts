/**
 * A pass lets in its buyer, into its campaign, until its time, and nothing else does: not another's, not one of another
 * key, not one of which any character was changed. Each refusal has its name, and a clock that is set changes none.
 */
import { expect, test } from "bun:test";
import { Passes } from "../../src/admission/pass.ts";
import { startClock } from "../../src/host/clock.ts";
import { SignedText } from "../../src/host/signed-text.ts";
import { Random } from "../engine/random.ts";

const passes = new Passes(new SignedText("key"));
const nowMs = Date.UTC(2026, 10, 11);
const terms = { campaignId: 118, buyerId: "alice", entryId: 4_211, expiresAtMs: nowMs + 120_000 };
const need = { campaignId: 118, buyerId: "alice", isFromQueue: true, nowMs };
const good = passes.sign(terms);

test("lets in whom it was made for, and is the same text whenever it is made", () => {
  expect(passes.check(good, need)).toEqual({ code: "good" });
  expect(new Passes(new SignedText("key")).sign(terms)).toBe(good);
  expect(passes.check(good, { ...need, isFromQueue: false })).toEqual({ code: "good" });
  const largest = 2 ** 53 - 1;
  const far = passes.sign({ ...terms, campaignId: largest, entryId: largest, expiresAtMs: Date.UTC(9999, 11, 31) });
  expect(passes.check(far, { ...need, campaignId: largest })).toEqual({ code: "good" });
});

test("every refusal has its name, and the first reason counts", () => {
  const code = (text: string | null, how: Partial<typeof need> = {}) => passes.check(text, { ...need, ...how }).code;
  expect(code(null)).toBe("missing");
  expect(code("")).toBe("missing");
  expect(code("yes")).toBe("malformed");
  expect(code(` ${good}`)).toBe("malformed");
  expect(code(`${good}.x`)).toBe("malformed");
  expect(code("a".repeat(1_000_000))).toBe("malformed");
  expect(code(new Passes(new SignedText("another key")).sign(terms))).toBe("forged");
  expect(code(good, { campaignId: 119 })).toBe("wrong_campaign");
  expect(code(good, { buyerId: "bob" })).toBe("wrong_buyer");
  expect(code(good, { buyerId: "Alice" })).toBe("wrong_buyer");
  expect(code(good, { nowMs: terms.expiresAtMs - 1 })).toBe("good");
  expect(code(good, { nowMs: terms.expiresAtMs })).toBe("expired");
  expect(code(passes.sign({ ...terms, entryId: null }))).toBe("not_from_queue");
  expect(code(good, { campaignId: 119, buyerId: "bob", nowMs: terms.expiresAtMs })).toBe("wrong_campaign");
  expect(code(good, { buyerId: "bob", nowMs: terms.expiresAtMs })).toBe("wrong_buyer");
});

test("no part of one pass fits another", () => {
  const others = [
    { ...terms, campaignId: 119 },
    { ...terms, buyerId: "bob" },
    { ...terms, entryId: null },
    { ...terms, expiresAtMs: terms.expiresAtMs + 1 },
  ].map((other) => passes.sign(other).split("."));
  const parts = good.split(".");
  for (const other of others) {
    for (let mask = 1; mask < 2 ** parts.length - 1; mask++) {
      const mixed = parts.map((part, at) => ((mask >> at) & 1 ? (other[at] ?? "") : part)).join(".");
      if (mixed === good || mixed === other.join(".")) continue;
      expect([mixed, passes.check(mixed, need).code]).toEqual([mixed, "forged"]);
    }
  }
});

test("with any character changed, left out or put in it is forged or malformed", () => {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
  const random = new Random(seed);
  for (let at = 0; at < good.length; at++) {
    for (let round = 0; round < 8; round++) {
      const character = random.pick([..."abcxyz019ABZ-_.= ~\u00e9"]);
      for (const changed of [
        good.slice(0, at) + character + good.slice(at + 1),
        good.slice(0, at) + character + good.slice(at),
        good.slice(0, at) + good.slice(at + 1),
      ]) {
        if (changed === good) continue;
        const { code } = passes.check(changed, need);
        if (code !== "forged" && code !== "malformed") throw new Error(`SEED=${seed}: ${changed} is ${code}`);
      }
    }
  }
});

test.each([3_600_000, -3_600_000])(
  "a wall clock that is set by %d ms neither ends a pass early nor prolongs it",
  (byMs) => {
    let elapsedMs = 1_000;
    let aheadMs = 0;
    const clock = startClock(
      () => nowMs + elapsedMs + aheadMs,
      () => elapsedMs,
    );
    const pass = passes.sign({ ...terms, expiresAtMs: clock.nowMs() + 120_000 });
    aheadMs = byMs;
    const codeAfter = (ms: number) => {
      const untilMs = elapsedMs + ms;
      for (; elapsedMs < untilMs; elapsedMs += 500) clock.nowMs();
      return passes.check(pass, { ...need, nowMs: clock.nowMs() }).code;
    };
    expect(codeAfter(119_000)).toBe("good");
    expect(codeAfter(2_000)).toBe("expired");
  },
);
