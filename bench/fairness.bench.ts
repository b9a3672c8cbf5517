/**
 * Who gets the units: scalpers with many accounts against people, one sale a mode in virtual time by the real engine.
 * Says nothing about speed. Every round is another seed, and the same in every run.
 */
import {
  boundOf,
  correlationSigmas,
  type FairSale,
  holdSale,
  placesOfDraws,
  uniformityOf,
} from "../test/admission/fair-sale.ts";
import type { Bench, BenchContext, Findings, Verdict } from "./bench.ts";

const sizes = {
  quick: { crowd: { honest: 2_000, accounts: 1_000, addresses: 100, units: 500 }, draws: 100, count: 50 },
  full: { crowd: { honest: 20_000, accounts: 10_000, addresses: 1_000, units: 1_000 }, draws: 1_000, count: 200 },
};

export const fairnessBench: Bench = {
  name: "fairness",
  question: "What share of the units do scalpers get, and what does being early gain?",
  run: runFairnessBench,
};

async function runFairnessBench({ rounds, size }: BenchContext): Promise<Findings> {
  const { crowd, draws, count } = sizes[size];
  const { identities, most } = boundOf(crowd);
  const addressLimit = { quota: 5, windowS: 10 };
  const modes: readonly (Omit<FairSale, "seed" | "crowd"> & { readonly what: string })[] = [
    { what: "open", mode: "open" },
    { what: "open, 5 attempts an address in 10 s", mode: "open", addressLimit },
    { what: "queue", mode: "queue" },
    { what: "draw", mode: "draw" },
  ];
  const shares = new Map<string, number[]>(modes.map(({ what }) => [what, []]));
  const chance = new Map<string, number[]>();
  const note = (what: string, value: number): void => {
    chance.set(what, [...(chance.get(what) ?? []), value]);
  };
  const spent: string[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const { what, ...sale } of modes) {
      await Bun.sleep(0); // what runs here blocks: an interrupt is heard in between
      const result = holdSale({ ...sale, crowd, seed: round + 1 });
      if (result.unitsOfOneMax > 1) throw new Error(`${what}: one account got ${result.unitsOfOneMax} of one`);
      shares.get(what)?.push((100 * result.unitsOfScalpers) / result.units);
      const outcomes = [...result.scalperOutcomes].map(([code, times]) => `${code} ${times.toLocaleString("en-US")}`);
      if (round === 0) spent.push(`${what}: attempts of scalpers ended ${outcomes.join(", ")}`);
    }
    for (const mode of ["queue", "draw"] as const) {
      const places = placesOfDraws(mode, { draws, count, seed: round + 1 });
      note(`${mode}: early`, correlationSigmas(places).sigmas);
      note(`${mode}: uniform`, uniformityOf(places));
    }
  }
  const verdicts: Verdict[] = modes.map(({ what, mode }) => ({
    question: `${what}: share of scalpers, who are ${(identities * 100).toFixed(1)} % of identities`,
    unit: "%",
    values: shares.get(what) ?? [],
    target: mode === "open" ? { atLeast: 95 } : { atMost: most * 100 },
  }));
  for (const mode of ["queue", "draw"]) {
    const of = `${mode}, ${draws.toLocaleString("en-US")} draws of ${count}`;
    const early = chance.get(`${mode}: early`) ?? [];
    const uniform = chance.get(`${mode}: uniform`) ?? [];
    verdicts.push(
      {
        question: `${of}: correlation of coming and place, in standard errors`,
        unit: "",
        values: early,
        target: { atMost: 4 },
      },
      {
        question: `${of}: chi-square that all places are as likely`,
        unit: "p",
        values: uniform,
        target: { atLeast: 0.001 },
      },
    );
  }
  const [honest, accounts, addresses, units] = Object.values(crowd).map((number) => number.toLocaleString("en-US"));
  const notes = [
    `${honest} people with one account and one address each, ${accounts} accounts of scalpers on ${addresses} addresses, ${units} units; bound: four standard errors of a binomial above the share of identities`,
    "scalpers act at the first millisecond of everything, all their challenges are solved beforehand, and they try captured passes, their own again, and every request three times",
    ...spent,
    "open is the comparison: whoever is quickest wins, and a limit by address does not change it when addresses are many",
    "what this does not protect against: whoever has more verified identities has more chances, bought and borrowed ones too; a queue and a draw make each worth the same, and an identity is worth what the shop's check of it is",
    "who lets a turn lapse gives it to the next in line, and programs forget less than people: the share is of those who take their turn",
  ];
  return { figures: [], verdicts, notes };
}
