/**
 * A small sale in which everything has happened that can: bought, paid, cancelled, expired, paid late with and without
 * stock, restocked, paused, ended. Made by the engine and the journal themselves, without a server.
 */
import { Database } from "bun:sqlite";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import type { CampaignDraft } from "../../src/domain/campaign.ts";
import type { Command } from "../../src/domain/command.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import { Engine } from "../../src/engine/engine.ts";
import { SqliteJournal } from "../../src/storage/sqlite/journal.ts";
import { databasePath, openWriter } from "../../src/storage/sqlite/open.ts";
import { verifySale } from "../../src/storage/sqlite/verify.ts";

const startMs = Date.UTC(2026, 10, 11);
const windowS = 900;

/** What failed, by the check's name; empty when everything holds. */
export type Failures = Readonly<Record<string, string>>;

/** Fills a folder and answers the path of its database. */
export function makeLedger(folder: string): string {
  const db = openWriter(folder);
  const journal = new SqliteJournal(db);
  const engine = new Engine();
  let nowMs = startMs;
  const commit = () => journal.commit({ events: engine.takeEvents(), ...engine.state.takeChanges() });
  const execute = (command: Command): Outcome => {
    nowMs += 1_000;
    engine.advance(nowMs);
    const outcome = engine.execute(command, nowMs);
    commit();
    return outcome;
  };
  const buy = (offerId: number, campaignId: number, buyerId: string, quantity = 1) => {
    const outcome = execute({ type: "reserve", offerId, buyerId, quantity, key: `${buyerId}-${offerId}` });
    if (outcome.code !== "reserved") throw new Error(`${buyerId}: ${outcome.code}`);
    return { orderId: outcome.orderId, campaignId, buyerId };
  };

  const first = create(execute, [draftOffer("plenty", 10, 3), draftOffer("scarce", 1, 1)]);
  const [plenty, scarce] = [first + 1, first + 2];
  buy(plenty, first, "alice", 2);
  execute({ type: "pay", ...buy(plenty, first, "bob"), reference: "bank-1" });
  execute({ type: "cancel", ...buy(plenty, first, "carol") });
  execute({ type: "pay", ...buy(plenty, first, "dave", 3), reference: null });
  const late = buy(plenty, first, "erin");
  const tooLate = buy(scarce, first, "frank");
  execute({ type: "restock", offerId: plenty, quantity: 5 });
  execute({ type: "pause", campaignId: first });
  execute({ type: "resume", campaignId: first });
  nowMs += windowS * 1_000; // everything unpaid expires
  buy(scarce, first, "grace");
  execute({ type: "pay", ...late, reference: "bank-2" });
  execute({ type: "pay", ...tooLate, reference: "bank-3" });
  buy(plenty, first, "heidi", 2);

  const second = create(execute, [draftOffer("yesterday", 4, 2)]);
  execute({ type: "pay", ...buy(second + 1, second, "alice"), reference: null });
  execute({ type: "end", campaignId: second });
  create(execute, [draftOffer("tomorrow", 4, 2)], startMs + 86_400_000);
  db.exec("PRAGMA journal_mode = DELETE"); // one file, that can be read into memory
  db.close();
  return databasePath(folder);
}

/** What `verify` says of a ledger after some statements that nobody should run; the file stays as it is. */
export function verifyTampered(ledger: string, ...statements: readonly string[]): Failures {
  using db = Database.deserialize(readFileSync(ledger));
  tamper(db, ...statements);
  return failuresIn(db);
}

/** Changes a database as somebody would who knows SQLite. */
export function tamper(db: Database, ...statements: readonly string[]): void {
  db.exec("PRAGMA ignore_check_constraints = ON");
  db.exec("PRAGMA foreign_keys = OFF");
  for (const statement of statements) {
    db.exec(statement);
    const { changed } = db.query("SELECT changes() AS changed").get() as { changed: number };
    if (/^(UPDATE|DELETE|INSERT)/.test(statement) && changed === 0) throw new Error(`nothing changed: ${statement}`);
  }
}

/** Writes rubbish over a page of the file, as a failing disk would. */
export function damagePage(path: string): void {
  const pageBytes = 4_096;
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(200, 0x5a), 0, 200, 4 * pageBytes);
  closeSync(file);
}

function failuresIn(db: Database): Failures {
  const failed = [...verifySale(db)].filter(({ firstFailure }) => firstFailure !== null);
  return Object.fromEntries(failed.map(({ name, firstFailure }) => [name, firstFailure ?? ""]));
}

function create(
  execute: (command: Command) => Outcome,
  offers: CampaignDraft["offers"],
  opensAtMs: number | null = null,
): number {
  const draft = { title: "Sale", kind: null, opensAtMs, closesAtMs: null, paymentWindowS: windowS, offers };
  const outcome = execute({ type: "create_campaign", draft });
  if (outcome.code !== "created") throw new Error(outcome.code);
  execute({ type: "publish", campaignId: outcome.campaignId });
  return outcome.campaignId;
}

function draftOffer(sku: string, stock: number, limitPerBuyer: number): CampaignDraft["offers"][number] {
  const nothing = { listPriceMinor: null, brand: null, category: null, imageUrl: null };
  return { sku, title: sku, priceMinor: 100, currency: "CNY", stock, limitPerBuyer, ...nothing };
}
