/**
 * A sale in virtual time, by the real engine and the real table of rate limits: honest buyers, who are people, against
 * scalpers, who are programs with many accounts. Told by a seed alone: the same seed gives the same sale.
 *
 * | who      | accounts and addresses | how they come                                                                     |
 * |----------|------------------------|-----------------------------------------------------------------------------------|
 * | honest   | one of each            | in the minutes before; clicks some 0.7 s after the opening, refreshes after 2-4 s |
 * | scalpers | ten an address         | at the first millisecond of anything; again as soon as any limit lets them; with  |
 * |          |                        | passes of others, and with whatever worked before; their challenges are all solved |
 *
 * Whoever's turn it is takes it with the same chance, people within half a minute, programs at once.
 */

import { RateTable } from "../../src/admission/rate-limit.ts";
import { type AdmissionMode, openAdmission } from "../../src/domain/admission.ts";
import { controlsDefault, type RateLimit } from "../../src/domain/controls.ts";
import { Engine } from "../../src/engine/engine.ts";
import { sha256 } from "../../src/host/hash.ts";
import { Random } from "../engine/random.ts";
import { campaignDraft, offerDraft } from "../engine/sale.ts";

export interface Crowd {
  readonly honest: number;
  /** Of the scalpers. */
  readonly accounts: number;
  readonly addresses: number;
  readonly units: number;
}

export interface FairSale {
  readonly mode: AdmissionMode;
  readonly crowd: Crowd;
  readonly seed: number;
  /** A limit for each address, beside those of buyers that hold by default. */
  readonly addressLimit?: RateLimit;
}

export interface FairResult {
  readonly units: number;
  readonly unitsOfScalpers: number;
  /** The most that one account got. */
  readonly unitsOfOneMax: number;
  /** Attempts of scalpers by how they ended. */
  readonly scalperOutcomes: ReadonlyMap<string, number>;
  /** Orders that a pass of somebody else was good for. */
  readonly ordersByCapturedPasses: number;
}

interface Buyer {
  readonly id: string;
  readonly address: string;
  readonly isScalper: boolean;
}

const openingMs = 1_700_000_600_000;
const beforeMs = 600_000;
const afterMs = 900_000;
const takesTurnPercent = 95;

export function holdSale({ mode, crowd, seed, addressLimit }: FairSale): FairResult {
  const sale = new SaleInTime(seed, mode, crowd, addressLimit ?? null);
  sale.run();
  return sale.result();
}

class SaleInTime {
  readonly #random: Random;
  readonly #mode: AdmissionMode;
  readonly #engine = new Engine();
  readonly #rates = RateTable.make([1, 2], openingMs - beforeMs);
  readonly #addressLimit: RateLimit | null;
  readonly #buyers: ReadonlyMap<string, Buyer>;
  readonly #scalpers: readonly Buyer[];
  readonly #agenda = new Map<number, (() => void)[]>();
  readonly #units = new Map<string, number>();
  readonly #scalperOutcomes = new Map<string, number>();
  readonly #campaignId: number;
  readonly #offerId: number;
  #nowMs = openingMs - beforeMs;
  #keys = 0;
  #ordersByCapturedPasses = 0;

  constructor(seed: number, mode: AdmissionMode, crowd: Crowd, addressLimit: RateLimit | null) {
    this.#random = new Random(seed);
    this.#mode = mode;
    this.#addressLimit = addressLimit;
    const honest = Array.from({ length: crowd.honest }, (_, n) => {
      return { id: `person ${n}`, address: `198.51.${n >> 8}.${n & 255}`, isScalper: false };
    });
    this.#scalpers = Array.from({ length: crowd.accounts }, (_, n) => {
      return { id: `account ${n}`, address: `203.0.113.${n % crowd.addresses}`, isScalper: true };
    });
    this.#buyers = new Map([...honest, ...this.#scalpers].map((buyer) => [buyer.id, buyer]));
    const created = this.#engine.execute({ type: "create_campaign", draft: draftOf(mode, crowd.units) }, this.#nowMs);
    if (created.code !== "created") throw new Error(`the campaign: ${JSON.stringify(created)}`);
    const { campaignId } = created;
    this.#campaignId = campaignId;
    this.#offerId = this.#engine.state.campaign(campaignId).offers[0]?.id ?? 0;
    const secret = mode === "open" ? {} : { secret: sha256(`secret ${seed}`) };
    this.#engine.execute({ type: "publish", campaignId, ...secret }, this.#nowMs);
    for (const buyer of this.#buyers.values()) this.#plan(buyer);
  }

  run(): void {
    for (; this.#nowMs <= openingMs + afterMs; this.#nowMs++) {
      const due = this.#agenda.get(this.#nowMs);
      if (due === undefined && this.#engine.nextDueAtMs > this.#nowMs) continue;
      this.#agenda.delete(this.#nowMs);
      this.#engine.advance(this.#nowMs);
      for (const act of due ?? []) act();
      this.#hear();
    }
  }

  result(): FairResult {
    const unitsOf = (wanted: (buyer: Buyer) => boolean) =>
      [...this.#units].reduce((sum, [id, units]) => sum + (wanted(this.#buyers.get(id) as Buyer) ? units : 0), 0);
    return {
      units: unitsOf(() => true),
      unitsOfScalpers: unitsOf(({ isScalper }) => isScalper),
      unitsOfOneMax: Math.max(0, ...this.#units.values()),
      scalperOutcomes: this.#scalperOutcomes,
      ordersByCapturedPasses: this.#ordersByCapturedPasses,
    };
  }

  #at(atMs: number, act: () => void): void {
    const acts = this.#agenda.get(atMs);
    if (acts === undefined) this.#agenda.set(atMs, [act]);
    else acts.push(act);
  }

  #plan(buyer: Buyer): void {
    const random = this.#random;
    const { isScalper } = buyer;
    const reactionMs = 250 + Math.round(-450 * Math.log(1 - random.bits() / 2 ** 32));
    switch (this.#mode) {
      case "open":
        this.#at(openingMs + (isScalper ? 0 : reactionMs), () => this.#click(buyer));
        return;
      case "queue": {
        const atMs = isScalper ? openingMs - beforeMs : openingMs - random.between(1, beforeMs);
        this.#at(atMs, () => this.#come(buyer));
        return;
      }
      case "draw":
        this.#at(openingMs + (isScalper ? 0 : random.between(reactionMs, beforeMs - 1)), () => this.#come(buyer));
        return;
    }
  }

  /** Buys, and tries again as long as it may help: a person some ten times, a program some fifty. */
  #click(buyer: Buyer): void {
    const { isScalper } = buyer;
    const waitMs = this.#limited(buyer);
    if (waitMs === 0 && this.#reserve(buyer) !== "sold_out") return;
    const random = this.#random;
    const pauseMs = isScalper ? Math.max(200, Math.ceil(waitMs)) : random.between(2_000, 4_000);
    if (this.#nowMs + pauseMs > openingMs + (isScalper ? 10_000 : 30_000)) return;
    this.#at(this.#nowMs + pauseMs, () => this.#click(buyer));
  }

  /** Joins the queue or enters the draw; programs as often as they can. */
  #come(buyer: Buyer): void {
    const [campaignId, offerId, buyerId] = [this.#campaignId, this.#offerId, buyer.id];
    for (let n = 0; n < (buyer.isScalper ? 3 : 1); n++) {
      if (this.#limited(buyer) > 0) continue;
      const salt = sha256(`${buyerId} ${n}`).slice(0, 32);
      const command =
        this.#mode === "queue"
          ? ({ type: "join_queue", campaignId, buyerId } as const)
          : ({ type: "enter_draw", offerId, buyerId, salt } as const);
      this.#count(buyer, this.#engine.execute(command, this.#nowMs).code);
    }
  }

  /** What buyers are told as it happens. */
  #hear(): void {
    for (const event of this.#engine.takeEvents()) {
      if (event.type === "order_reserved" || event.type === "order_offered") {
        this.#units.set(event.buyerId, (this.#units.get(event.buyerId) ?? 0) + event.quantity);
      }
      if (event.type === "queue_admitted") this.#useTurn(this.#buyers.get(event.buyerId) as Buyer);
    }
  }

  #useTurn(buyer: Buyer): void {
    const random = this.#random;
    const { isScalper } = buyer;
    if (!random.percent(takesTurnPercent)) return;
    const atMs = this.#nowMs + (isScalper ? 1 : random.between(1_500, 30_000));
    this.#at(atMs, () => {
      if (this.#limited(buyer) > 0) throw new Error("nobody who waited for their turn has used up their attempts");
      const key = this.#newKey();
      this.#reserve(buyer, key);
      if (!isScalper) return;
      this.#reserve(buyer, key);
      this.#reserve(buyer);
    });
    // An account without a turn has got hold of the pass, and is there first.
    if (!isScalper) this.#at(this.#nowMs + 1, () => this.#reserveByCapturedPass());
  }

  #reserveByCapturedPass(): void {
    const thief = this.#random.pick(this.#scalpers);
    if (this.#engine.askQueue(this.#campaignId, thief.id).code === "admitted") return; // has one of its own
    if (this.#reserve(thief) === "reserved") this.#ordersByCapturedPasses += 1;
  }

  #reserve(buyer: Buyer, key: string | null = null): string {
    const what = { offerId: this.#offerId, buyerId: buyer.id, quantity: 1, key };
    const { code } = this.#engine.execute({ type: "reserve", ...what }, this.#nowMs);
    this.#count(buyer, code);
    return code;
  }

  /** Milliseconds until the next attempt may be made, or 0 when this one may. */
  #limited(buyer: Buyer): number {
    const { buyer: ofBuyer } = controlsDefault.rateLimits;
    const { id, address } = buyer;
    const waitMs =
      (ofBuyer === null ? 0 : this.#rates.take("buyer", id, ofBuyer, this.#nowMs)) ||
      (this.#addressLimit === null ? 0 : this.#rates.take("address", address, this.#addressLimit, this.#nowMs));
    if (waitMs > 0) this.#count(buyer, "rate_limited");
    return waitMs;
  }

  #newKey(): string {
    this.#keys += 1;
    return `key ${this.#keys}`;
  }

  #count({ isScalper }: Buyer, code: string): void {
    if (isScalper) this.#scalperOutcomes.set(code, (this.#scalperOutcomes.get(code) ?? 0) + 1);
  }
}

function draftOf(mode: AdmissionMode, stock: number) {
  const times = { opensAtMs: openingMs, closesAtMs: mode === "draw" ? openingMs + beforeMs : null };
  const offers = [offerDraft({ stock, limitPerBuyer: 1 })];
  return campaignDraft({ ...times, hasWaitlist: mode === "draw", admission: { ...openAdmission, mode }, offers });
}

/** Places of all who came, in the order in which they came: one array a draw, by the real engine. */
export function placesOfDraws(
  mode: "queue" | "draw",
  { draws, count, seed }: { readonly draws: number; readonly count: number; readonly seed: number },
): Uint32Array[] {
  const engine = new Engine();
  return Array.from({ length: draws }, (_, draw) => {
    const nowMs = openingMs + draw * 10_000;
    const times = { opensAtMs: mode === "queue" ? nowMs + 1_000 : null, closesAtMs: nowMs + 2_000 };
    const draft = { ...draftOf(mode, 1), ...times };
    const created = engine.execute({ type: "create_campaign", draft }, nowMs);
    if (created.code !== "created") throw new Error(`the campaign: ${JSON.stringify(created)}`);
    const { campaignId } = created;
    engine.execute({ type: "publish", campaignId, secret: sha256(`secret ${seed} ${draw}`) }, nowMs);
    const offer = engine.state.campaign(campaignId).offers[0];
    if (offer === undefined) throw new Error("a campaign has an offer");
    const buyers = Array.from({ length: count }, (_, n) => `buyer ${n}`);
    for (const buyerId of buyers) {
      if (mode === "queue") engine.execute({ type: "join_queue", campaignId, buyerId }, nowMs);
      else engine.execute({ type: "enter_draw", offerId: offer.id, buyerId, salt: sha256(buyerId) }, nowMs);
    }
    engine.advance(nowMs + (mode === "queue" ? 1_000 : 2_000));
    // The one unit goes to the first place, and who has it is not in line any more.
    const line = mode === "queue" ? engine.state.campaign(campaignId).queue?.line : offer.waiting;
    const places = Uint32Array.from(buyers, (buyerId) => (line?.entryOf(buyerId)?.place ?? 0) + 1);
    engine.execute({ type: "end", campaignId }, nowMs + 2_000);
    engine.takeEvents();
    return places;
  });
}

/** How far the mean rank correlation (Spearman) of coming and place lies from none, in its standard errors. */
export function correlationSigmas(draws: readonly Uint32Array[]): { readonly mean: number; readonly sigmas: number } {
  const count = draws[0]?.length ?? 0;
  const mean =
    draws.reduce((sum, places) => {
      const squares = places.reduce((all, place, index) => all + (place - 1 - index) ** 2, 0);
      return sum + 1 - (6 * squares) / (count * (count ** 2 - 1));
    }, 0) / draws.length;
  return { mean, sigmas: Math.abs(mean) * Math.sqrt((count - 1) * draws.length) };
}

/**
 * The chance of a table at least as uneven as this one: who came in which tenth against places by tenths. Chi-square by
 * the approximation of Wilson and Hilferty; every row and column is full in every draw, hence the factor.
 */
export function uniformityOf(draws: readonly Uint32Array[]): number {
  const [count, tenths] = [draws[0]?.length ?? 0, 10];
  const cells = new Uint32Array(tenths * tenths);
  for (const places of draws) {
    places.forEach((place, index) => {
      const cell = Math.floor((index * tenths) / count) * tenths + Math.floor(((place - 1) * tenths) / count);
      cells[cell] = (cells[cell] ?? 0) + 1;
    });
  }
  const expected = (draws.length * count) / cells.length;
  const uneven = cells.reduce((sum, seen) => sum + (seen - expected) ** 2 / expected, 0) * ((count - 1) / count);
  const freedom = (tenths - 1) ** 2;
  const spread = 2 / (9 * freedom);
  return normalAbove((Math.cbrt(uneven / freedom) - (1 - spread)) / Math.sqrt(spread));
}

/** The share of a standard normal above z: Abramowitz and Stegun 26.2.17. */
function normalAbove(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const terms = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * terms;
  return z >= 0 ? tail : 1 - tail;
}

/** The most that a share may be by chance alone: four standard errors of a binomial above it. */
export function boundOf({ honest, accounts, units }: Crowd): { readonly identities: number; readonly most: number } {
  const identities = accounts / (accounts + honest);
  return { identities, most: identities + 4 * Math.sqrt((identities * (1 - identities)) / units) };
}
