/**
 * Guards the order of checks of a reserve, which is part of the contract (head of src/domain/outcome.ts): when several
 * things stand against a request, the one that comes first is told. Every combination that can exist is tried.
 * `invalid` comes before all of them and is told at the door, before the engine is asked.
 */
import { expect, test } from "bun:test";
import { openAdmission } from "../../src/domain/admission.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { offerDraft, Sale, startMs } from "./sale.ts";

/** What can stand against a request, by descending precedence. */
const facts = [
  "the offer does not exist",
  "the campaign is a draft",
  "the key has an order for the same request",
  "the key has an order for another request",
  "agents may not",
  "the campaign is not open yet",
  "the campaign has ended",
  "the campaign is paused",
  "nothing is left",
  "the buyer's limit is reached",
  "less is left than asked for",
  "the agents' share is taken",
] as const;
type Fact = (typeof facts)[number];

const quantity = 2;
const opensAtMs = startMs + 60_000;

const answers: Record<Fact, Partial<Outcome>> = {
  "the offer does not exist": { code: "not_found" },
  "the campaign is a draft": { code: "not_found" },
  "the key has an order for the same request": { code: "replayed" },
  "the key has an order for another request": { code: "key_reused" },
  "agents may not": { code: "agents_not_allowed" },
  "the campaign is not open yet": { code: "not_open", opensAtMs },
  "the campaign has ended": { code: "ended" },
  "the campaign is paused": { code: "paused" },
  "nothing is left": { code: "sold_out", available: 0 },
  "the buyer's limit is reached": { code: "limit_reached" },
  "less is left than asked for": { code: "sold_out", available: 1 },
  "the agents' share is taken": { code: "agent_share_taken" },
};

const isKey = (fact: Fact): boolean => fact.startsWith("the key");
const isState = (fact: Fact): boolean => fact.startsWith("the campaign");
const isOfAgents = (fact: Fact): boolean => fact.startsWith("agents") || fact.startsWith("the agents");
const isShortage = (fact: Fact): boolean => fact.includes("left");

for (const combination of combinations()) {
  const [first, second, third] = combination;
  if (first === undefined || second === undefined || third !== undefined) continue;
  test(`told first: ${first}; not told: ${second}`, () => {
    expect(ask(combination).outcome).toMatchObject(answers[first]);
  });
}

test.each(facts)("alone: %s", (fact) => {
  expect(ask([fact]).outcome).toMatchObject(answers[fact]);
});

test("when nothing stands against it, a request is reserved", () => {
  expect(ask([]).outcome.code).toBe("reserved");
});

test("of any combination, the first in the order of checks is told, and a refusal leaves no event", () => {
  const all = combinations().filter((combination) => combination.length > 0);
  expect(all.length).toBeGreaterThan(100);
  for (const combination of all) {
    const { outcome, eventsCount } = ask(combination);
    const [first] = combination;
    if (first === undefined) throw new Error("a combination has a first fact");
    expect({ combination, outcome }).toMatchObject({ combination, outcome: answers[first] });
    expect({ combination, eventsCount }).toEqual({ combination, eventsCount: 0 });
  }
});

test("the limit is told as the number it is", () => {
  const sale = new Sale();
  const { offerId } = sale.open({ offers: [offerDraft({ limitPerBuyer: 3 })] });
  expect(sale.reserve(offerId, "ana", { quantity: 4 })).toEqual({ code: "limit_reached", limitPerBuyer: 3 });
});

/** Asks for two units as "ana" with key "k" while all these facts hold; an agent does it where one of them is of agents. */
function ask(holding: readonly Fact[]): { outcome: Outcome; eventsCount: number } {
  const has = (fact: Fact): boolean => holding.includes(fact);
  const sale = new Sale();
  if (has("the key has an order for another request")) sale.order(sale.open().offerId, "ana", { key: "k" });

  const isSameKey = has("the key has an order for the same request");
  // With two units under the key already, two more are over a limit of three; without, two are over a limit of one.
  const limitPerBuyer = has("the buyer's limit is reached") ? (isSameKey ? 3 : 1) : 5;
  const agents = has("agents may not")
    ? ({ policy: "humans_only", sharePercent: null } as const)
    : ({ policy: "share", sharePercent: 10 } as const); // one unit of ten
  const isLater = has("the campaign is not open yet");
  const { campaignId, offerId } = sale.create({
    offers: [offerDraft({ limitPerBuyer })],
    opensAtMs: isLater ? opensAtMs : null,
    admission: { ...openAdmission, agents },
  });
  if (!has("the campaign is a draft")) sale.change("publish", campaignId);
  if (isSameKey) sale.order(offerId, "ana", { quantity, key: "k" });

  const { available } = sale.counts(offerId);
  if (has("nothing is left")) sale.restock(offerId, -available);
  else if (has("less is left than asked for")) sale.restock(offerId, 1 - available);
  if (has("the campaign has ended")) sale.change("end", campaignId);
  if (has("the campaign is paused")) sale.change("pause", campaignId);

  const eventsBefore = sale.events.length;
  const actor = holding.some(isOfAgents) ? "agent" : null;
  const id = has("the offer does not exist") ? 999_999 : offerId;
  const outcome = sale.reserve(id, "ana", { quantity, key: "k", actor });
  return { outcome, eventsCount: sale.events.length - eventsBefore };
}

/** All sets of facts that can hold at once, each in the order of checks. */
function combinations(): Fact[][] {
  let sets: Fact[][] = [[]];
  for (const fact of facts) sets = [...sets, ...sets.map((set) => [...set, fact])];
  return sets.filter(canHold);
}

function canHold(set: readonly Fact[]): boolean {
  for (const isOneOf of [isKey, isState, isShortage, isOfAgents]) {
    if (set.filter(isOneOf).length > 1) return false;
  }
  // Where nothing has been on sale yet, there is no order of the same request.
  const isUnsold = set.includes("the campaign is a draft") || set.includes("the campaign is not open yet");
  return !(isUnsold && set.includes("the key has an order for the same request"));
}
