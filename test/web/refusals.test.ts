/** Every refusal that a buyer can meet has words of theirs, in both languages, and says what to do next. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { ruleWords } from "../../src/http/admission.ts";
import { problemKinds } from "../../src/http/problem.ts";
import type { Refusal } from "../../src/web/shared/api.ts";
import { withoutPage } from "./no-page.ts";

const codes = [...Object.keys(problemKinds), "offline", "unreadable"] as Refusal["code"][];
let explain: typeof import("../../src/web/shared/refusals.ts").explain;
let chooseLanguage: typeof import("../../src/web/shared/language.ts").chooseLanguage;

let undo: () => void;

beforeAll(async () => {
  undo = withoutPage("en-US");
  ({ explain } = await import("../../src/web/shared/refusals.ts"));
  ({ chooseLanguage } = await import("../../src/web/shared/language.ts"));
});

afterAll(() => undo());

describe("a refusal", () => {
  for (const code of codes) {
    test(`${code} is told in English and in Chinese, with what to do next`, () => {
      const refusal = { code, reason: null, members: {} };
      chooseLanguage("en");
      const english = explain(refusal);
      chooseLanguage("zh");
      const chinese = explain(refusal);
      expect(english.title).toMatch(/^[A-Z][^\p{Script=Han}]{3,}$/u);
      expect(english.next).toMatch(/^[A-Z][^\p{Script=Han}]{8,}\.$/u);
      expect(chinese.title).toMatch(/\p{Script=Han}{3}/u);
      expect(chinese.next).toMatch(/\p{Script=Han}{3}.*。$/u);
    });
  }

  test("of the risk desk names the rule in the buyer's words", () => {
    for (const reason of Object.keys(ruleWords)) {
      chooseLanguage("zh");
      expect(explain({ code: "slowed", reason, members: {} }).reason).toMatch(/\p{Script=Han}{3}/u);
      expect(explain({ code: "blocked", reason, members: { blocked_by: "risk" } }).reason).not.toBe(reason);
    }
  });

  test("by an operator's entry shows the operator's own reason", () => {
    const reason = "resold what they bought";
    expect(explain({ code: "blocked", reason, members: { blocked_by: "access_list" } }).reason).toBe(reason);
  });

  test("with a reason that is not known shows none, whatever it is called", () => {
    expect(explain({ code: "not_admitted", reason: "__proto__", members: {} }).reason).toBeNull();
    expect(explain({ code: "challenge_failed", reason: "constructor", members: {} }).reason).toBeNull();
  });

  test("for want of units says how many there are", () => {
    chooseLanguage("en");
    expect(explain({ code: "sold_out", reason: null, members: { available: 2 } }).next).toContain("Only 2 left");
  });
});
