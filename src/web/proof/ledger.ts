/**
 * Checks a sale by its public ledger: makes every hash anew, adds up the counts of every offer at every step, and
 * compares them with those that the shop shows. docs/ledger.md a second time, on purpose: it shares no code with the
 * server, so that one mistake is not made twice. Nothing is sent but what is asked.
 */
import { anew, ask, Finding } from "./finding.ts";
import { hashText } from "./hash.ts";

/** What a row's hash is made of. */
export interface RowFacts {
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly campaign_id: string | null;
  readonly offer_id: string | null;
  readonly order_id: string | null;
  readonly previous_seq: number | null;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
  readonly details: string | null;
}

/** Rows of campaigns that are not published show their hashes alone. */
type Row = (RowFacts & { readonly hash: string }) | { readonly seq: number; readonly hash: string };

interface LedgerPage {
  readonly previous_hash: string;
  readonly rows: readonly Row[];
}

const places = ["available", "held", "sold"] as const;
type Place = (typeof places)[number];

export interface ShownOffer extends Readonly<Record<Place | "total", number>> {
  readonly id: string;
  readonly sku: string;
  readonly title: string;
  readonly currency: string;
}

export interface SaleCheck {
  readonly walk: Walk;
  readonly offers: readonly ShownOffer[];
  /** `moving`: the sale goes on so fast that its counts could not be compared at rest. */
  readonly end: "whole" | "moving" | "stopped";
}

const rowsPerPage = 1000;
const triesMax = 20;
const tryAgainMs = 300;
const zeros = "0".repeat(64);
/** Row kinds that may change how many units there are in all. */
const kindsOfTotal = new Set(["offer_created", "offer_restocked", "order_refund_requested"]);

/** `off_0000000002` -> 2. */
export function numberOf(id: string): number {
  return Number.parseInt(id.slice(4), 36);
}

const numberText = (id: string | null) => (id === null ? "" : numberOf(id));

/** The text whose hash is the row's. */
export function textOf(row: RowFacts, previousHash: string): string {
  return [
    previousHash,
    row.seq,
    Date.parse(row.at),
    row.type,
    numberText(row.campaign_id),
    numberText(row.offer_id),
    numberText(row.order_id),
    row.previous_seq ?? "",
    row.available,
    row.held,
    row.sold,
    row.details ?? "",
  ].join("\n");
}

/** Rows of a campaign's ledger after one. */
export function askLedger(campaign: string, after: number, limit: number, init?: RequestInit): Promise<LedgerPage> {
  return ask<LedgerPage>(`/v1/campaigns/${campaign}/ledger?after=${after}&limit=${limit}`, "noSale", init);
}

export function askCampaign(campaign: string): Promise<{ readonly offers: readonly ShownOffer[] }> {
  return ask(`/v1/campaigns/${campaign}`, "noSale", anew);
}

/** Goes along the ledger and holds every row against the one before. */
export class Walk {
  readonly campaign: string;
  seq: number;
  hash: string | null = null;
  count = 0;
  /** Rows of which the hash alone is told. */
  withheld = 0;
  from: string | null = null;
  to: string | null = null;
  readonly counts = new Map<string, Record<Place, number>>();
  readonly #onRow: (row: RowFacts) => void;
  #atMs = 0;

  /** `onRow` is shown every row that is told, once its hash is right. */
  constructor(campaign: string, onRow: (row: RowFacts) => void = () => undefined) {
    this.campaign = campaign;
    this.seq = numberOf(campaign) - 1;
    this.#onRow = onRow;
  }

  /** Reads on, to a row at most; answers whether there was anything. Throws what does not hold. */
  async step(upTo = Number.POSITIVE_INFINITY): Promise<boolean> {
    const page = await askLedger(this.campaign, this.seq, Math.min(rowsPerPage, upTo - this.seq));
    let previous = this.hash;
    if (previous === null) {
      previous = page.previous_hash;
      if (this.seq === 0 && previous !== zeros) throw new Finding("badHash", {}, 1);
    } else if (page.previous_hash !== previous) throw new Finding("badJoin", {}, this.seq);
    for (const row of page.rows) {
      this.#take(row, previous);
      previous = row.hash;
    }
    this.hash = previous;
    return page.rows.length > 0;
  }

  #take(row: Row, previousHash: string): void {
    const expected = this.seq + 1;
    if (row.seq !== expected) throw new Finding("badSequence", { expected, seq: row.seq }, expected);
    if ("type" in row) {
      if (hashText(textOf(row, previousHash)) !== row.hash) throw new Finding("badHash", {}, row.seq);
      this.#move(row);
      this.#onRow(row);
    } else this.withheld += 1;
    this.seq = row.seq;
    this.count += 1;
  }

  #move(row: RowFacts): void {
    const atMs = Date.parse(row.at);
    if (atMs < this.#atMs) throw new Finding("badTime", {}, row.seq);
    this.#atMs = atMs;
    this.from ??= row.at;
    this.to = row.at;
    const { available, held, sold } = row;
    const isMoving = available !== 0 || held !== 0 || sold !== 0;
    if (isMoving && (row.offer_id === null || (!kindsOfTotal.has(row.type) && available + held + sold !== 0))) {
      throw new Finding("badUnits", { available, held, sold }, row.seq);
    }
    if (row.offer_id === null) return;
    const counts = this.countsOf(row.offer_id);
    this.counts.set(row.offer_id, counts);
    for (const place of places) {
      counts[place] += row[place];
      if (counts[place] < 0)
        throw new Finding("negative", { place, offer: row.offer_id, count: counts[place] }, row.seq);
    }
  }

  countsOf(offer: string): Record<Place, number> {
    return this.counts.get(offer) ?? { available: 0, held: 0, sold: 0 };
  }

  /** The first count that the shop shows otherwise, or `null`. */
  differenceTo(offers: readonly ShownOffer[]): Finding | null {
    for (const offer of offers) {
      const counts = this.countsOf(offer.id);
      const total = counts.available + counts.held + counts.sold;
      for (const place of [...places, "total"] as const) {
        const count = place === "total" ? total : counts[place];
        if (offer[place] !== count)
          return new Finding("badCounts", { place, shown: offer[place], offer: offer.sku, count });
      }
    }
    return null;
  }
}

/** Checks a sale to the end of its ledger. Throws what does not hold. */
export async function checkSale(
  campaign: string,
  isStopped: () => boolean,
  onProgress: (count: number) => void,
): Promise<SaleCheck> {
  const walk = new Walk(campaign);
  let { offers } = await askCampaign(campaign);
  while (!isStopped() && (await walk.step())) onProgress(walk.count);
  for (let tries = 1; !isStopped(); tries += 1) {
    ({ offers } = await askCampaign(campaign));
    if (!(await walk.step())) {
      const difference = walk.differenceTo(offers);
      if (difference === null) return { walk, offers, end: "whole" };
      if (tries >= triesMax) throw difference; // the same after a while at rest: it is no matter of the moment
    } else if (tries >= triesMax) return { walk, offers, end: "moving" };
    await new Promise((resolve) => setTimeout(resolve, tryAgainMs));
  }
  return { walk, offers, end: "stopped" };
}
