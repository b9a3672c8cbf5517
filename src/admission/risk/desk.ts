/**
 * The risk desk, alone on the main thread: takes the threads' samples, remembers what the rules look at, judges those of
 * whom something new is known, and tells the threads. All of it in memory and bounded: of each kind those seen last;
 * whoever is forgotten begins anew. Nothing of it is ever on a disk.
 *
 * A verdict holds for some minutes and is prolonged as long as its reason lasts. It is never made milder before it
 * expires: who stops for a moment has not become somebody else.
 */
import { LRUCache } from "lru-cache";
import type { RiskMode } from "../../domain/controls.ts";
import { limits } from "../../domain/limits.ts";
import {
  type DeskAnswer,
  type DeskQuestion,
  type Explanation,
  type SaleMemory,
  type Sample,
  type SampleBatch,
  sampleKinds,
  type Verdict,
} from "./mailbox.ts";
import {
  judge,
  noSignals,
  quickMs,
  type RuleName,
  type Signals,
  type SubjectKind,
  stricter,
  subjectKinds,
} from "./rules.ts";
import { DistinctCount, Rhythm, WindowCount } from "./signals.ts";
import { subnetOf } from "./subnet.ts";

export interface RiskDeskParts {
  readonly tell: (verdicts: readonly Verdict[]) => void;
  readonly nowMs: () => number;
  /** Of hashes that nobody can aim at. */
  readonly seed: number;
}

/** How long a verdict holds when nothing more happens. */
export const verdictMs = 300_000;
const attemptsWindowMs = 10_000;
/** Two of these are what `DistinctCount` looks back at most. */
const accountsWindowMs = 300_000;

class Place {
  readonly attempts = new WindowCount(attemptsWindowMs);
  readonly accounts = new DistinctCount(accountsWindowMs);
  solved = 0;
  solvedQuickly = 0;
}

class BuyerMemory {
  readonly attempts = new WindowCount(attemptsWindowMs);
  readonly rhythm = new Rhythm();
  /** Made when the buyer comes from a second address. */
  addresses: DistinctCount | null = null;
  address = "";
  solved = 0;
  solvedQuickly = 0;
  /** Of the campaign they were seen in last. */
  campaignId = 0;
  campaignAttempts = 0;
  campaignUnits = 0;
  isSuspect = false;
}

class Sale {
  readonly sinceMs: number;
  attempts = 0;
  attemptsOfSuspects = 0;
  units = 0;
  unitsOfSuspects = 0;
  suspects = 0;
  unitsElsewhere = 0;
  readonly subnets = new Map<string, number>();
  readonly refusals = new Map<string, number>();
  readonly suspectedBy = new Map<RuleName, number>();

  constructor(sinceMs: number) {
    this.sinceMs = sinceMs;
  }
}

export class RiskDesk {
  readonly #parts: RiskDeskParts;
  readonly #buyers = new LRUCache<string, BuyerMemory>({ max: limits.riskBuyersMax });
  readonly #places: Record<"address" | "subnet", LRUCache<string, Place>> = {
    address: new LRUCache({ max: limits.riskAddressesMax }),
    subnet: new LRUCache({ max: limits.riskAddressesMax }),
  };
  readonly #sales = new LRUCache<number, Sale>({ max: limits.riskSalesMax });
  readonly #verdicts: Record<SubjectKind, LRUCache<string, Verdict>> = {
    buyer: new LRUCache({ max: limits.riskVerdictsMax }),
    address: new LRUCache({ max: limits.riskVerdictsMax }),
    subnet: new LRUCache({ max: limits.riskVerdictsMax }),
  };
  /** Of whom something new is known. */
  readonly #due: Record<SubjectKind, Set<string>> = { buyer: new Set(), address: new Set(), subnet: new Set() };
  #mode: RiskMode = "off";
  #sinceMs: number;
  /** Attempts that a verdict would have met, while verdicts are only recorded: nobody but the desk looks then. */
  readonly #spared = { block: 0, slow: 0 };
  /** How many samples one of this kind stands for, in the batch that is being taken. */
  #weights: readonly number[] = [];

  constructor(parts: RiskDeskParts) {
    this.#parts = parts;
    this.#sinceMs = parts.nowMs();
  }

  /** Switched off, it forgets everything. */
  setMode(mode: RiskMode): void {
    if (mode === this.#mode) return;
    if (mode === "off") this.#forget();
    if (this.#mode === "off") this.#sinceMs = this.#parts.nowMs();
    this.#mode = mode;
  }

  receive({ samples, seen, refusals }: SampleBatch): void {
    if (this.#mode === "off") return;
    this.#weights = sampleKinds.map((kind, number) => {
      const told = samples.reduce((count, sample) => (sample[0] === number ? count + 1 : count), 0);
      return told === 0 ? 1 : seen[kind] / told;
    });
    for (const sample of samples) this.#see(sample);
    for (const [campaignId, counts] of refusals) {
      const sale = this.#sale(campaignId);
      for (const [outcome, count] of Object.entries(counts)) {
        sale.refusals.set(outcome, (sale.refusals.get(outcome) ?? 0) + count);
      }
    }
  }

  /** Judges those of whom something new is known, as many as fit one turn, and tells what has changed. */
  judgeDue(): void {
    const nowMs = this.#parts.nowMs();
    const changed: Verdict[] = [];
    // Places first: a buyer's points depend on theirs.
    for (const kind of ["subnet", "address", "buyer"] as const) {
      let left = limits.riskJudgementsPerTurnMax;
      for (const id of this.#due[kind]) {
        if (left-- === 0) break;
        this.#due[kind].delete(id);
        const verdict = this.#judge(kind, id, nowMs);
        if (verdict !== null) changed.push(verdict);
      }
    }
    if (changed.length > 0) this.#parts.tell(changed);
  }

  answer(question: DeskQuestion): DeskAnswer {
    if (question.about === "campaign") return { memory: this.#memoryOf(question.campaignId) };
    if (question.about === "suspects") return { explanations: this.#suspects() };
    const { about, id } = question;
    const buyer = about === "buyer" ? this.#buyers.peek(id) : undefined;
    const address = about === "buyer" ? (buyer?.address ?? "") : id;
    const subjects: readonly (readonly [SubjectKind, string])[] = [
      ...(about === "buyer" ? [["buyer", id] as const] : []),
      ["address", address],
      ["subnet", subnetOf(address)],
    ];
    const nowMs = this.#parts.nowMs();
    return { explanations: subjects.flatMap(([kind, name]) => this.#explain(kind, name, nowMs) ?? []) };
  }

  /** How many verdicts of each kind and action are remembered, for metrics. */
  counts(): { readonly buyers: number; readonly addresses: number; readonly verdicts: number } {
    const { buyer, address, subnet } = this.#verdicts;
    const verdicts = buyer.size + address.size + subnet.size;
    return { buyers: this.#buyers.size, addresses: this.#places.address.size, verdicts };
  }

  /** How many attempts were spared a refusal since the last call, by what they would have met. */
  takeSpared(): { readonly block: number; readonly slow: number } {
    const { block, slow } = this.#spared;
    this.#spared.block = 0;
    this.#spared.slow = 0;
    return { block: Math.round(block), slow: Math.round(slow) };
  }

  #see([number, buyerId, address, campaignId, atMs, amount]: Sample): void {
    const weight = this.#weights[number] ?? 1;
    const buyer = getOrMake(this.#buyers, buyerId, () => new BuyerMemory());
    const subnet = subnetOf(address);
    const place = getOrMake(this.#places.address, address, () => new Place());
    const around = getOrMake(this.#places.subnet, subnet, () => new Place());
    const sale = this.#sale(campaignId);
    if (buyer.campaignId !== campaignId) {
      [buyer.campaignId, buyer.campaignAttempts, buyer.campaignUnits] = [campaignId, 0, 0];
      if (buyer.isSuspect) sale.suspects += 1;
    }
    switch (sampleKinds[number]) {
      case "attempt": {
        this.#moveBuyer(buyer, address, atMs);
        const hash = this.#hash(buyerId);
        buyer.attempts.add(weight, atMs);
        if (weight < 1.01) buyer.rhythm.add(atMs);
        else buyer.rhythm.forget();
        for (const one of [place, around]) {
          one.attempts.add(weight, atMs);
          one.accounts.add(hash, atMs);
        }
        if (this.#mode === "record") this.#spare(buyerId, address, weight);
        buyer.campaignAttempts += weight;
        sale.attempts += weight;
        if (buyer.isSuspect) sale.attemptsOfSuspects += weight;
        break;
      }
      case "order": {
        const units = weight * amount;
        buyer.campaignUnits += units;
        sale.units += units;
        if (buyer.isSuspect) sale.unitsOfSuspects += units;
        const known = sale.subnets.get(subnet);
        if (known !== undefined || sale.subnets.size < limits.riskSubnetsPerSaleMax) {
          sale.subnets.set(subnet, (known ?? 0) + units);
        } else {
          sale.unitsElsewhere += units;
        }
        return; // nothing that a rule looks at
      }
      case "solved":
        for (const one of [buyer, place]) {
          one.solved += 1;
          if (amount < quickMs) one.solvedQuickly += 1;
        }
    }
    this.#due.buyer.add(buyerId);
    this.#due.address.add(address);
    this.#due.subnet.add(subnet);
  }

  #spare(buyerId: string, address: string, weight: number): void {
    const nowMs = this.#parts.nowMs();
    for (const verdict of [this.#inForce("buyer", buyerId, nowMs), this.#inForce("address", address, nowMs)]) {
      if (verdict?.action !== "block" && verdict?.action !== "slow") continue;
      this.#spared[verdict.action] += weight;
      return;
    }
  }

  #moveBuyer(buyer: BuyerMemory, address: string, atMs: number): void {
    if (buyer.address === address) {
      buyer.addresses?.add(this.#hash(address), atMs);
      return;
    }
    if (buyer.address !== "") {
      if (buyer.addresses === null) {
        buyer.addresses = new DistinctCount(accountsWindowMs);
        buyer.addresses.add(this.#hash(buyer.address), atMs);
      }
      buyer.addresses.add(this.#hash(address), atMs);
    }
    buyer.address = address;
  }

  /** The verdict where it is new, stricter, or prolonged; else `null`. */
  #judge(kind: SubjectKind, id: string, nowMs: number): Verdict | null {
    const signals = this.#signalsOf(kind, id, nowMs);
    if (signals === null) return null; // forgotten meanwhile
    const { action, score, fired } = judge(kind, signals);
    if (action === "allow") return null;
    const before = this.#inForce(kind, id, nowMs);
    const isStricter = before === null || (before.action !== action && stricter(before.action, action) === action);
    const isMilder = before !== null && before.action !== action && !isStricter;
    if (isMilder || (!isStricter && before.expiresAtMs - nowMs > verdictMs / 2)) return null;
    const sinceMs = isStricter ? nowMs : before.sinceMs;
    const verdict = { kind, id, action, score, fired, sinceMs, expiresAtMs: nowMs + verdictMs };
    this.#verdicts[kind].set(id, verdict);
    if (kind === "buyer") this.#suspect(id, verdict);
    return verdict;
  }

  /** What a buyer has done before counts as a suspect's, too. */
  #suspect(buyerId: string, { fired }: Verdict): void {
    const buyer = this.#buyers.peek(buyerId);
    if (buyer === undefined || buyer.isSuspect) return;
    buyer.isSuspect = true;
    const sale = this.#sale(buyer.campaignId);
    sale.suspects += 1;
    sale.attemptsOfSuspects += buyer.campaignAttempts;
    sale.unitsOfSuspects += buyer.campaignUnits;
    for (const { rule } of fired) sale.suspectedBy.set(rule, (sale.suspectedBy.get(rule) ?? 0) + 1);
  }

  #signalsOf(kind: SubjectKind, id: string, nowMs: number): Signals | null {
    if (kind !== "buyer") {
      const place = this.#places[kind].peek(id);
      if (place === undefined) return null;
      const accounts = place.accounts.at(nowMs);
      const { solved, solvedQuickly } = place;
      const of = kind === "address" ? { accountsOfAddress: accounts } : { accountsOfSubnet: accounts };
      return { ...noSignals, attempts: place.attempts.at(nowMs), solved, solvedQuickly, ...of };
    }
    const buyer = this.#buyers.peek(id);
    if (buyer === undefined) return null;
    const { rhythm, solved, solvedQuickly, address } = buyer;
    return {
      attempts: buyer.attempts.at(nowMs),
      intervals: rhythm.intervals,
      intervalMeanMs: rhythm.meanMs,
      intervalVariation: rhythm.variation,
      solved,
      solvedQuickly,
      addresses: buyer.addresses?.at(nowMs) ?? (address === "" ? 0 : 1),
      accountsOfAddress: this.#places.address.peek(address)?.accounts.at(nowMs) ?? 0,
      accountsOfSubnet: this.#places.subnet.peek(subnetOf(address))?.accounts.at(nowMs) ?? 0,
    };
  }

  #explain(kind: SubjectKind, id: string, nowMs: number): Explanation | null {
    const signals = this.#signalsOf(kind, id, nowMs);
    const verdict = this.#inForce(kind, id, nowMs);
    if (signals === null && verdict === null) return null;
    const { score, fired } = judge(kind, signals ?? noSignals);
    return { kind, id, signals: signals ?? noSignals, score, fired, verdict };
  }

  /** Those with a verdict in force, the highest scores first, as many as one list shows. */
  #suspects(): Explanation[] {
    const nowMs = this.#parts.nowMs();
    const inForce = subjectKinds.flatMap((kind) =>
      [...this.#verdicts[kind].values()].filter(({ expiresAtMs }) => expiresAtMs > nowMs),
    );
    const shown = inForce
      .sort((a, b) => b.score - a.score || b.sinceMs - a.sinceMs)
      .slice(0, limits.riskSuspectsShownMax);
    return shown.flatMap(({ kind, id }) => this.#explain(kind, id, nowMs) ?? []);
  }

  #inForce(kind: SubjectKind, id: string, nowMs: number): Verdict | null {
    const verdict = this.#verdicts[kind].peek(id);
    return verdict === undefined || verdict.expiresAtMs <= nowMs ? null : verdict;
  }

  #memoryOf(campaignId: number): SaleMemory | null {
    if (this.#mode === "off") return null;
    const sale = this.#sales.peek(campaignId) ?? new Sale(this.#sinceMs);
    const subnets = [...sale.subnets].sort(([, a], [, b]) => b - a);
    const shown = subnets.slice(0, limits.fairnessSubnetsMax);
    const hidden = subnets.slice(shown.length).reduce((sum, [, units]) => sum + units, 0);
    const { sinceMs, attempts, attemptsOfSuspects, units, unitsOfSuspects, suspects } = sale;
    return {
      ...{ sinceMs, attempts, attemptsOfSuspects, units, unitsOfSuspects, suspects },
      subnetsCount: subnets.length,
      subnets: shown,
      unitsElsewhere: sale.unitsElsewhere + hidden,
      refusals: Object.fromEntries(sale.refusals),
      suspectedBy: Object.fromEntries(sale.suspectedBy),
    };
  }

  #sale(campaignId: number): Sale {
    return getOrMake(this.#sales, campaignId, () => new Sale(this.#sinceMs));
  }

  #hash(text: string): number {
    return Bun.hash.xxHash32(text, this.#parts.seed);
  }

  #forget(): void {
    const nowMs = this.#parts.nowMs();
    const back = Object.values(this.#verdicts).flatMap((known) =>
      [...known.values()].map((verdict): Verdict => ({ ...verdict, action: "allow", expiresAtMs: nowMs })),
    );
    for (const known of [this.#buyers, this.#sales, ...Object.values(this.#places), ...Object.values(this.#verdicts)]) {
      known.clear();
    }
    for (const due of Object.values(this.#due)) due.clear();
    if (back.length > 0) this.#parts.tell(back);
  }
}

function getOrMake<K extends string | number, V extends object>(known: LRUCache<K, V>, key: K, make: () => V): V {
  let value = known.get(key);
  if (value === undefined) {
    value = make();
    known.set(key, value);
  }
  return value;
}
