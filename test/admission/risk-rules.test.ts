/**
 * Guards the risk rules, as a table: which signals give which points, and what a score leads to. Whoever behaves as
 * people do gives no points; no address or subnet is ever blocked, whatever comes from it.
 */
import { describe, expect, test } from "bun:test";
import {
  judge,
  noSignals,
  type RiskAction,
  riskActions,
  rules,
  type Signals,
  type SubjectKind,
  scoreOf,
  stricter,
  subjectKinds,
} from "../../src/admission/risk/rules.ts";

const tick = { intervals: 10, intervalMeanMs: 1_000, intervalVariation: 0 };

const cases: readonly (readonly [
  what: string,
  kind: SubjectKind,
  signals: Partial<Signals>,
  action: RiskAction,
  fired: readonly string[],
])[] = [
  ["somebody of whom nothing is known", "buyer", {}, "allow", []],
  ["somebody who clicks as fast as they can", "buyer", { attempts: 19, ...tick, intervalVariation: 0.4 }, "allow", []],
  ["twenty attempts in ten seconds", "buyer", { attempts: 20 }, "allow", ["many_attempts 20"]],
  ["fifty attempts in ten seconds", "buyer", { attempts: 49.6 }, "slow", ["many_attempts 60"]],
  ["twenty attempts a second", "buyer", { attempts: 200 }, "block", ["many_attempts 90"]],
  ["the clicks of a clock", "buyer", tick, "harder", ["regular_clicks 40"]],
  ["nearly those of a clock", "buyer", { ...tick, intervalVariation: 0.1 }, "harder", ["regular_clicks 30"]],
  ["those of a person", "buyer", { ...tick, intervalVariation: 0.2 }, "allow", []],
  ["too few clicks for a rhythm", "buyer", { ...tick, intervals: 9 }, "allow", []],
  ["a page that asks now and then", "buyer", { ...tick, intervalMeanMs: 10_001 }, "allow", []],
  ["lucky once", "buyer", { solved: 2, solvedQuickly: 2 }, "allow", []],
  ["never as slow as a browser", "buyer", { solved: 3, solvedQuickly: 3 }, "harder", ["quick_solutions 40"]],
  ["mostly as slow as one", "buyer", { solved: 7, solvedQuickly: 3 }, "allow", []],
  ["from home, and on the way", "buyer", { addresses: 5 }, "allow", []],
  ["from six addresses", "buyer", { addresses: 6 }, "allow", ["many_addresses 20"]],
  ["from twenty addresses", "buyer", { addresses: 20 }, "harder", ["many_addresses 40"]],
  ["one of a family", "buyer", { accountsOfAddress: 19 }, "allow", []],
  ["one of a school", "buyer", { accountsOfAddress: 20 }, "allow", ["crowded_address 20"]],
  ["one of a hundred at one address", "buyer", { accountsOfAddress: 100 }, "harder", ["crowded_address 30"]],
  ["one of many nearby", "buyer", { accountsOfSubnet: 300 }, "allow", ["crowded_subnet 10"]],
  [
    "a farm's account that clicks like a clock",
    "buyer",
    { ...tick, accountsOfAddress: 100, attempts: 20 },
    "block",
    ["regular_clicks 40", "crowded_address 30", "many_attempts 20"],
  ],
  ["an office", "address", { attempts: 299, accountsOfAddress: 49 }, "allow", []],
  ["a campus", "address", { accountsOfAddress: 50 }, "harder", ["crowded_address 30"]],
  ["a hive", "address", { accountsOfAddress: 300 }, "slow", ["crowded_address 60"]],
  ["a storm", "address", { attempts: 300 }, "harder", ["many_attempts 30"]],
  [
    "all of it at once",
    "address",
    { attempts: 9_999, accountsOfAddress: 2_000, solved: 9, solvedQuickly: 9 },
    "slow",
    ["many_attempts 60", "crowded_address 60", "quick_solutions 40"],
  ],
  ["a subnet of people", "subnet", { attempts: 9_999, accountsOfSubnet: 499 }, "allow", []],
  ["a subnet of accounts", "subnet", { accountsOfSubnet: 500 }, "harder", ["crowded_subnet 30"]],
];

describe("a judgement of", () => {
  for (const [what, kind, signals, action, fired] of cases) {
    test(`${what} (${kind}) is ${action}`, () => {
      const judgement = judge(kind, { ...noSignals, ...signals });
      expect(judgement.action).toBe(action);
      expect(judgement.fired.map(({ rule, points }) => `${rule} ${points}`)).toEqual([...fired]);
      expect(judgement.score).toBe(judgement.fired.reduce((sum, { points }) => sum + points, 0));
    });
  }

  test("more of any signal is never milder", () => {
    const grows: readonly (keyof Signals)[] = ["attempts", "addresses", "accountsOfAddress", "accountsOfSubnet"];
    for (const kind of subjectKinds) {
      for (const name of grows) {
        let before: RiskAction = "allow";
        for (let value = 0; value < 3_000; value += 7) {
          const { action } = judge(kind, { ...noSignals, [name]: value });
          expect(stricter(action, before)).toBe(action);
          before = action;
        }
      }
    }
  });

  test("the worst that can be is a block for a buyer, to slow down an address, a harder challenge for a subnet", () => {
    const everything: Signals = {
      ...{ attempts: 1e9, intervals: 1e9, intervalMeanMs: 1, intervalVariation: 0, solved: 1e9, solvedQuickly: 1e9 },
      ...{ addresses: 2_000, accountsOfAddress: 2_000, accountsOfSubnet: 2_000 },
    };
    expect(subjectKinds.map((kind) => judge(kind, everything).action)).toEqual(["block", "slow", "harder"]);
  });
});

test("the rules' steps ascend, and each action needs more than the one before it", () => {
  for (const { name, points } of rules) {
    for (const at of [0, 1] as const) {
      const values = points.map((step) => step[at]);
      expect([name, values]).toEqual([name, values.toSorted((a, b) => a - b)]);
      expect(new Set(values).size).toBe(values.length);
    }
  }
  expect(riskActions.slice(1).map((action) => scoreOf[action as keyof typeof scoreOf])).toEqual([30, 60, 90]);
});
