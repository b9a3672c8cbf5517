/**
 * Guards what fair admission promises, in sales in virtual time with fixed seeds: in a queue and a draw scalpers get no
 * more than their share of identities, however quick, early and many their attempts; coming early gains nothing, and
 * every place is as likely for everybody. An open sale is the comparison: there the quick get all.
 */
import { describe, expect, test } from "bun:test";
import { boundOf, correlationSigmas, holdSale, placesOfDraws, uniformityOf } from "./fair-sale.ts";

const crowd = { honest: 8_000, accounts: 4_000, addresses: 400, units: 1_000 };

describe("a thousand units, 8,000 people, 4,000 accounts of scalpers on 400 addresses", () => {
  test.each(["queue", "draw"] as const)(
    "in a %s scalpers get no more than their share of identities, and nobody two units",
    (mode) => {
      const { units, unitsOfScalpers, unitsOfOneMax, ordersByCapturedPasses } = holdSale({ mode, crowd, seed: 1 });
      const { identities, most } = boundOf(crowd);
      expect(units).toBe(crowd.units);
      expect(unitsOfScalpers / units).toBeLessThan(most);
      // Nor are they kept out: an account is a buyer like any other.
      expect(unitsOfScalpers / units).toBeGreaterThan(2 * identities - most);
      expect(unitsOfOneMax).toBe(1);
      expect(ordersByCapturedPasses).toBe(0);
    },
  );

  test("in a queue they have tried everything: passes of others, passes again, orders again", () => {
    const { scalperOutcomes, unitsOfScalpers } = holdSale({ mode: "queue", crowd, seed: 2 });
    expect(scalperOutcomes.get("reserved")).toBe(unitsOfScalpers);
    expect(scalperOutcomes.get("replayed")).toBe(unitsOfScalpers);
    expect(scalperOutcomes.get("not_admitted")).toBeGreaterThan(unitsOfScalpers);
    expect(scalperOutcomes.get("queued")).toBe(3 * crowd.accounts);
  });

  test.each([null, { quota: 5, windowS: 10 }])(
    "in an open sale they get nearly everything, with limits by address as without (%o)",
    (limit) => {
      const result = holdSale({ mode: "open", crowd, seed: 1, ...(limit === null ? {} : { addressLimit: limit }) });
      expect(result.unitsOfScalpers / result.units).toBeGreaterThan(0.95);
      expect(result.scalperOutcomes.has("rate_limited")).toBe(limit !== null);
    },
  );
});

describe("over a thousand draws of a hundred buyers", () => {
  const draws = { draws: 1_000, count: 100, seed: 1 };

  test.each(["queue", "draw"] as const)("in a %s being early gains nothing, and every place is as likely", (mode) => {
    const places = placesOfDraws(mode, draws);
    for (const one of places.slice(0, 3)) expect([...one].toSorted((a, b) => a - b)).toEqual(inOrder());
    expect(correlationSigmas(places).sigmas).toBeLessThan(4);
    expect(uniformityOf(places)).toBeGreaterThan(0.001);
  });

  test("a queue that followed the order of coming in one draw of twenty would be noticed", () => {
    const places = placesOfDraws("queue", draws).map((one, draw) =>
      draw % 20 === 0 ? Uint32Array.from(inOrder()) : one,
    );
    expect(correlationSigmas(places).sigmas).toBeGreaterThan(4);
    expect(uniformityOf(places)).toBeLessThan(0.001);
  });

  function inOrder(): number[] {
    return Array.from({ length: draws.count }, (_, index) => index + 1);
  }
});
