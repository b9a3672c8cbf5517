/**
 * Fills data folders in process, by the same engine and journal that the server runs: orders of live campaigns, whose
 * buyers are at their limit, and old orders of campaigns that are long settled. Only the loop and HTTP are missing.
 */

import type { Database } from "bun:sqlite";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { openAdmission } from "../src/domain/admission.ts";
import type { OfferDraft } from "../src/domain/campaign.ts";
import type { Command } from "../src/domain/command.ts";
import { formatId } from "../src/domain/ids.ts";
import type { Outcome } from "../src/domain/outcome.ts";
import { Engine } from "../src/engine/engine.ts";
import { SqliteJournal } from "../src/storage/sqlite/journal.ts";
import { databasePath, openWriter } from "../src/storage/sqlite/open.ts";
import type { BenchContext } from "./bench.ts";
import { buyerName } from "./requests.ts";

/** Orders of live campaigns that every buyer of `fillWithLiveOrders` has: exactly as many as the limit. */
export const liveLimit = 2;
const paymentWindowS = 604_800; // the longest: nothing expires meanwhile
const batchCommandsDefault = 2_048;
const offersPerCampaign = 10;
const stock = 1_000_000_000;
const priceMinor = 100;
const currency = "CNY";

export interface LiveFolder {
  readonly folder: string;
  readonly ordersCount: number;
  readonly buyersCount: number;
  /** One per offer; buyer `n` bought `liveLimit` of offer `n % offers`. */
  readonly offerIds: readonly string[];
}

type Journal = Pick<SqliteJournal, "commit" | "checkpoint">;

/** An engine with a journal, driven in batches: what the engine thread is, without the thread. */
export class SaleWriter implements Disposable {
  readonly engine = new Engine();
  readonly #db: Database;
  readonly #journal: Journal;
  readonly #batchCommands: number;
  #waiting = 0;

  constructor(
    folder: string,
    batchCommands = batchCommandsDefault,
    openJournal: (db: Database) => Journal = (db) => new SqliteJournal(db),
  ) {
    this.#batchCommands = batchCommands;
    this.#db = openWriter(folder);
    this.#journal = openJournal(this.#db);
  }

  /** Decides a command now; stores it with the batch that it fills. */
  execute(command: Command, nowMs: number): Outcome {
    const outcome = this.engine.execute(command, nowMs);
    if (++this.#waiting >= this.#batchCommands) this.commit();
    return outcome;
  }

  commit(): void {
    const events = this.engine.takeEvents();
    this.#journal.commit({ events, ...this.engine.state.takeChanges(), audit: [] });
    this.#waiting = 0;
  }

  /** An open campaign; answers its id and the ids of its offers. */
  open(nowMs: number, limitPerBuyer: number): { campaignId: number; offerIds: readonly number[] } {
    const campaignId = openCampaignIn(this.engine, { nowMs, limitPerBuyer, offersCount: offersPerCampaign });
    return { campaignId, offerIds: this.engine.state.campaign(campaignId).offers.map(({ id }) => id) };
  }

  [Symbol.dispose](): void {
    this.commit();
    this.#journal.checkpoint();
    this.#db.close();
  }
}

/** Creates and publishes a campaign in an engine; answers its id. */
export function openCampaignIn(
  engine: Engine,
  { nowMs, limitPerBuyer, offersCount }: { nowMs: number; limitPerBuyer: number; offersCount: number },
): number {
  const offers = Array.from({ length: offersCount }, (_, n) => offerDraft(`sku-${n}`, limitPerBuyer));
  const times = { opensAtMs: null, closesAtMs: null, paymentWindowS };
  const draft = {
    title: "Bench",
    description: null,
    kind: null,
    ...times,
    hasWaitlist: false,
    admission: openAdmission,
    offers,
  };
  const created = engine.execute({ type: "create_campaign", draft }, nowMs);
  if (created.code !== "created") throw new Error(`the campaign: ${JSON.stringify(created)}`);
  engine.execute({ type: "publish", campaignId: created.campaignId }, nowMs);
  return created.campaignId;
}

/** A folder with orders of one live campaign, each with its Idempotency-Key; made once in a run. */
export function liveFolder({ folder: parent, clock }: BenchContext, ordersCount: number): LiveFolder {
  const folder = join(parent, `live-${ordersCount}`);
  const buyersCount = Math.ceil(ordersCount / liveLimit);
  const isMade = existsSync(databasePath(folder));
  const known = made.get(folder);
  if (isMade && known !== undefined) return known;
  const nowMs = clock.nowMs();
  using writer = new SaleWriter(folder);
  const { offerIds } = writer.open(nowMs, liveLimit);
  for (let n = 0; n < ordersCount; n++) {
    const buyer = n % buyersCount;
    reserve(writer, reserveCommand(offerIds[buyer % offerIds.length] ?? 0, buyer, n), nowMs);
  }
  const live = { folder, ordersCount, buyersCount, offerIds: offerIds.map((id) => formatId("off", id)) };
  made.set(folder, live);
  return live;
}

const made = new Map<string, LiveFolder>();

/** Orders that were paid, in campaigns that ended: nothing of them is in the engine's memory. */
export function fillWithOldOrders(
  folder: string,
  { ordersCount, nowMs }: { ordersCount: number; nowMs: number },
): void {
  using writer = new SaleWriter(folder);
  const perCampaign = 100_000; // the engine forgets a campaign that is settled, so memory stays small
  for (let first = 0; first < ordersCount; first += perCampaign) {
    const { campaignId, offerIds } = writer.open(nowMs, 1);
    const last = Math.min(ordersCount, first + perCampaign);
    for (let buyer = first; buyer < last; buyer++) {
      const orderId = reserve(writer, reserveCommand(offerIds[buyer % offerIds.length] ?? 0, buyer, buyer), nowMs);
      const payment = { provider: "shop", reference: null, amountMinor: priceMinor, currency } as const;
      const pay = { type: "pay", orderId, campaignId, buyerId: buyerName(buyer), payment } as const;
      expectCode(writer.execute(pay, nowMs), "moved");
    }
    expectCode(writer.execute({ type: "end", campaignId }, nowMs), "changed");
  }
}

/** Of the database and its log. */
export function bytesOf(folder: string): number {
  const path = databasePath(folder);
  return [path, `${path}-wal`].reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);
}

/** A buyer's attempt to buy one unit; with a key as long as a UUID when the attempt has a number. */
export function reserveCommand(offerId: number, buyer: number, attempt: number | null): Command {
  const key = attempt === null ? null : String(attempt).padStart(36, "0");
  return { type: "reserve", offerId, buyerId: buyerName(buyer), quantity: 1, key };
}

function reserve(writer: SaleWriter, command: Command, nowMs: number): number {
  const outcome = writer.execute(command, nowMs);
  if (outcome.code !== "reserved") throw new Error(`an order: ${JSON.stringify(outcome)}`);
  return outcome.orderId;
}

function offerDraft(sku: string, limitPerBuyer: number): OfferDraft {
  const nothing = { listPriceMinor: null, brand: null, category: null, imageUrl: null, description: null };
  return { sku, title: sku, priceMinor, currency, stock, limitPerBuyer, ...nothing };
}

function expectCode(outcome: Outcome, code: Outcome["code"]): void {
  if (outcome.code !== code) throw new Error(`expected ${code}: ${JSON.stringify(outcome)}`);
}
