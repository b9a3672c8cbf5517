/**
 * A small sale in which everything has happened that can: bought, paid, cancelled, expired, paid late with and without
 * stock, paid twice, refunded, restocked, waited for, paused, ended, erased; let in by queues, drawn with and without a
 * beacon; operators and endpoints came and went, controls were changed, the access list too. Made by the engine and the
 * journal themselves, without a server.
 */

import { Database } from "bun:sqlite";
import { closeSync, cpSync, openSync, readFileSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { type BeaconRound, openAdmission } from "../../src/domain/admission.ts";
import type { CampaignDraft } from "../../src/domain/campaign.ts";
import type { Command } from "../../src/domain/command.ts";
import type { OrderRecord } from "../../src/domain/order.ts";
import type { Outcome } from "../../src/domain/outcome.ts";
import type { Payment } from "../../src/domain/payment.ts";
import { Engine } from "../../src/engine/engine.ts";
import { SqliteJournal } from "../../src/storage/sqlite/journal.ts";
import { databasePath, openWriter } from "../../src/storage/sqlite/open.ts";
import { SqliteReader } from "../../src/storage/sqlite/reader.ts";
import { verifyEvents, verifyHashes } from "../../src/storage/sqlite/verify.ts";
import { newFolder } from "../harness.ts";

const startMs = Date.UTC(2026, 10, 11);
const windowS = 900;

interface Order {
  readonly orderId: number;
  readonly campaignId: number;
  readonly buyerId: string;
}

/** What failed, by the check's name; empty when everything holds. */
export type Failures = Readonly<Record<string, string>>;

let prepared: string | null = null;

/** Fills a folder and answers the path of its database. The sale is told once a process; every folder has a copy. */
export function makeLedger(folder: string): string {
  prepared ??= tellSale(newFolder());
  cpSync(dirname(prepared), folder, { recursive: true });
  return databasePath(folder);
}

function tellSale(folder: string): string {
  const db = openWriter(folder);
  const journal = new SqliteJournal(db);
  const reader = new SqliteReader(db);
  const engine = new Engine();
  let nowMs = startMs;
  const commit = () => journal.commit({ events: engine.takeEvents(), ...engine.state.takeChanges(), audit: [] });
  const execute = (command: Command): Outcome => {
    nowMs += 1_000;
    engine.advance(nowMs);
    commit();
    const outcome = engine.execute(withRows(command), nowMs);
    commit();
    return outcome;
  };
  const pass = (ms: number) => {
    nowMs += ms;
    engine.advance(nowMs);
    commit();
  };
  /** What the loop brings with a command. */
  const withRows = (command: Command): Command => {
    if (!("orderId" in command)) return command;
    const { orderId, campaignId, buyerId } = command;
    const history = engine.state.isSettled(campaignId) ? { history: ordersOf(reader, campaignId, buyerId) } : undefined;
    return { ...command, ...history, payments: reader.paymentsOf(orderId) };
  };
  const buy = (offerId: number, campaignId: number, buyerId: string, quantity = 1): Order => {
    const outcome = execute({ type: "reserve", offerId, buyerId, quantity, key: `${buyerId}-${offerId}` });
    if (outcome.code !== "reserved") throw new Error(`${buyerId}: ${outcome.code}`);
    return { orderId: outcome.orderId, campaignId, buyerId };
  };
  const pay = (order: Order, reference: string | null, amountMinor = 100, provider: Payment["provider"] = "shop") =>
    execute({ type: "pay", ...order, payment: { provider, reference, amountMinor, currency: "CNY" } });
  const wait = (offerId: number, buyerId: string) => {
    const outcome = execute({ type: "join_waitlist", offerId, buyerId });
    if (outcome.code !== "joined") throw new Error(`${buyerId}: ${outcome.code}`);
  };

  const first = create(
    execute,
    [{ ...draftOffer("plenty", 10, 3), description: "What it is.\nIn two lines." }, draftOffer("scarce", 1, 1)],
    { description: "What it is about.\nIts terms." },
  );
  const [plenty, scarce] = [first + 1, first + 2];
  buy(plenty, first, "alice", 2);
  pay(buy(plenty, first, "bob"), "bank-1");
  execute({ type: "cancel", ...buy(plenty, first, "carol") });
  pay(buy(plenty, first, "dave", 3), null, 300);
  const late = buy(plenty, first, "erin");
  const tooLate = buy(scarce, first, "frank");
  execute({ type: "restock", offerId: plenty, quantity: 5 });
  execute({ type: "pause", campaignId: first });
  execute({ type: "resume", campaignId: first });
  nowMs += windowS * 1_000; // everything unpaid expires
  const grace = buy(scarce, first, "grace");
  pay(late, "bank-2");
  pay(tooLate, "bank-3");
  const heidi = buy(plenty, first, "heidi", 2);
  pay(heidi, "bank-4", 1); // not what it costs
  pay(heidi, "bank-5", 200);
  pay(heidi, "sandbox-1", 200, "sandbox"); // a second time
  execute({ type: "refund", ...heidi, returnsUnits: true });
  execute({ type: "refund", ...late, returnsUnits: false });
  const asked = reader.paymentsOf(heidi.orderId).find(({ provider }) => provider === "sandbox");
  execute({ type: "confirm_refund", ...heidi, paymentId: asked?.paymentId ?? 0 });
  for (const buyerId of ["ivan", "judy", "mike"]) wait(scarce, buyerId);
  execute({ type: "leave_waitlist", offerId: scarce, buyerId: "ivan" });
  execute({ type: "cancel", ...grace }); // judy has her turn

  const second = create(execute, [draftOffer("yesterday", 4, 2)], { closesAtMs: nowMs + 3_600_000 });
  pay(buy(second + 1, second, "alice"), null);
  buy(second + 1, second, "nina", 2);
  buy(second + 1, second, "olga");
  wait(second + 1, "peggy");
  nowMs += 3_600_000; // it closes by the clock; peggy has what nina has not paid for, and lets it go
  execute({ type: "pause", campaignId: first });
  nowMs += windowS * 1_000;
  execute({ type: "resume", campaignId: first });
  nowMs += windowS * 1_000;
  execute({ type: "end", campaignId: first });
  const erased = ["nina", "peggy"].flatMap((buyerId) => ordersOf(reader, second, buyerId));
  const [entry] = db.query("SELECT id FROM waitlist WHERE buyer_id = 'peggy'").all() as { id: number }[];
  const orderIds = erased.map(({ orderId }) => orderId);
  execute({ type: "erase_buyers", campaignId: second, orderIds, entryIds: [entry?.id ?? 0] });

  const keyHash = "0".repeat(64);
  for (const name of ["anna", "ben"]) execute({ type: "create_operator", name, role: "viewer", keyHash });
  execute({ type: "revoke_operator", operatorId: engine.state.lastSeq });
  for (const port of [1, 2]) {
    execute({ type: "create_endpoint", url: `https://shop.example:${port}`, types: null, secret: "whsec_dGVzdA==" });
  }
  execute({ type: "change_endpoint", endpointId: engine.state.lastSeq, isEnabled: false });
  execute({ type: "delete_endpoint", endpointId: engine.state.lastSeq - 1 });
  execute({ type: "publish_ledger_head" });
  create(execute, [draftOffer("tomorrow", 4, 2)], { opensAtMs: nowMs + 86_400_000 });
  execute({ type: "set_controls", change: { riskMode: "off" } });
  execute({ type: "set_controls", change: { switches: [{ name: "streams_off", campaignId: first, isOn: true }] } });
  sellByQueue({ engine, execute, pass });
  sellToEverybodyByQueue({ engine, execute, pass });
  sellByDraw({ engine, execute, pass });
  for (const value of ["192.0.2.0/24", "2001:db8::/32"]) {
    const target = { kind: "network", value } as const;
    execute({ type: "add_access_entry", effect: "block", target, reason: "resold before", expiresAtMs: null });
  }
  execute({ type: "remove_access_entry", entryId: engine.state.lastSeq });
  sellToAgents({ execute, pass, pay });
  sellToAgentsByQueue({ engine, execute, pass });
  db.exec("PRAGMA journal_mode = DELETE"); // one file, that can be read into memory
  db.close();
  return databasePath(folder);
}

/** What the stories below are told with. */
interface World {
  readonly engine: Engine;
  readonly execute: (command: Command) => Outcome;
  readonly pass: (ms: number) => void;
}

const passWindowS = 60;
const secret = "5e".repeat(32);
const queued = { ...openAdmission, mode: "queue", passWindowS } as const;
const drawn = { ...queued, mode: "draw" } as const;
const chain = "c4".repeat(32);
const signature = "51".repeat(48);
/** What the beacon says in its round; nobody checks here that it was the beacon. */
const randomness = new Bun.CryptoHasher("sha256").update(Uint8Array.fromHex(signature)).digest("hex");

/** Five come before the opening, of whom one leaves again, and one after it; passes are used, given back and run out. */
function sellByQueue({ engine, execute, pass }: World): void {
  const opensAtMs = engine.state.nowMs + 60_000;
  const terms = { opensAtMs, admission: queued, hasWaitlist: false };
  const campaignId = create(execute, [draftOffer("by turn", 3, 2), draftOffer("by turn too", 1, 1)], terms);
  const join = (buyerId: string) => execute({ type: "join_queue", campaignId, buyerId });
  const firstIn = () => admittedOf(engine, campaignId)[0] ?? "";
  for (const buyerId of ["rita", "sven", "tina", "ugo", "vera", "walt", "xena"]) join(buyerId);
  execute({ type: "leave_queue", campaignId, buyerId: "sven" });
  pass(60_000); // it opens: four are let in
  join("sven");
  const reserve = (buyerId: string, quantity: number) =>
    execute({ type: "reserve", offerId: campaignId + 1, buyerId, quantity, key: null });
  const [buyer = "", another = ""] = admittedOf(engine, campaignId);
  if (reserve(buyer, 1).code !== "reserved") throw new Error(`${buyer} has a pass`);
  execute({ type: "pause", campaignId });
  pass(passWindowS * 1_000);
  execute({ type: "resume", campaignId }); // all passes are renewed
  execute({ type: "leave_queue", campaignId, buyerId: another });
  pass(passWindowS * 1_000); // the others run out
  const last = reserve(firstIn(), 1);
  if (last.code !== "reserved") throw new Error("the first in line has a pass");
  execute({ type: "restock", offerId: campaignId + 2, quantity: 1 });
  execute({ type: "leave_queue", campaignId, buyerId: waitingOf(engine, campaignId)[0] ?? "" });
  const orders = engine.state.lastSeq;
  execute({ type: "join_queue", campaignId, buyerId: "yves" });
  pass(windowS * 1_000); // what was not paid for is had again
  execute({ type: "end", campaignId });
  execute({ type: "erase_buyers", campaignId, orderIds: [last.orderId], entryIds: [orders + 1] });
}

/** An open campaign whose buyers are let in by turn for a while. */
function sellToEverybodyByQueue({ engine, execute }: World): void {
  const campaignId = create(execute, [draftOffer("crowded", 2, 1)]);
  const throwSwitch = (isOn: boolean) =>
    execute({ type: "set_controls", change: { switches: [{ name: "queue_everybody", campaignId, isOn }] } });
  throwSwitch(true);
  for (const buyerId of ["abel", "beth", "carl"]) execute({ type: "join_queue", campaignId, buyerId });
  execute({ type: "reserve", offerId: campaignId + 1, buyerId: "abel", quantity: 1, key: null });
  throwSwitch(false); // one has a pass, one waits
  execute({ type: "reserve", offerId: campaignId + 1, buyerId: "carl", quantity: 1, key: null });
  if (engine.state.offers.get(campaignId + 1)?.available !== 0) throw new Error("all are sold");
}

/** A draw that is settled, one by a beacon, and one whose beacon has not spoken yet. */
function sellByDraw({ engine, execute, pass }: World): void {
  const closesAtMs = engine.state.nowMs + 3_600_000;
  const terms = { closesAtMs, admission: drawn };
  const campaignId = create(execute, [draftOffer("drawn", 2, 1), draftOffer("drawn too", 1, 1)], terms);
  const beacon = { chain, round: 7 };
  const [told, untold] = [1, 2].map(() => create(execute, [draftOffer("by chance", 1, 1)], { ...terms, beacon }));
  const enter = (offerId: number, buyerId: string) => {
    const salt = new Bun.CryptoHasher("md5").update(buyerId).digest("hex");
    const outcome = execute({ type: "enter_draw", offerId, buyerId, salt });
    if (outcome.code !== "entered") throw new Error(`${buyerId}: ${outcome.code}`);
    return outcome.entryId;
  };
  const [first = 0] = ["dora", "emil", "fina", "gerd", "hana"].map((buyerId) => enter(campaignId + 1, buyerId));
  execute({ type: "leave_waitlist", offerId: campaignId + 1, buyerId: "fina" });
  enter(campaignId + 2, "fina");
  for (const buyerId of ["dora", "emil", "fina"]) for (const id of [told, untold]) enter((id ?? 0) + 1, buyerId);
  pass(3_600_000); // they close; the first is drawn
  execute({ type: "leave_waitlist", offerId: (told ?? 0) + 1, buyerId: "emil" });
  execute({ type: "make_draws", campaignId: told ?? 0, beacon: { round: 7, randomness, signature } });
  for (let windows = 0; windows < 4; windows++) pass(windowS * 1_000); // nobody pays: it goes down the list
  const erased = execute({ type: "erase_buyers", campaignId, orderIds: [], entryIds: [first] });
  if (erased.code !== "erased") throw new Error(`the first draw is not settled: ${erased.code}`);
}

/** Agents with a share of two units, one of them past it by a late payment; an agent who waits; people among themselves. */
function sellToAgents({
  execute,
  pass,
  pay,
}: Pick<World, "execute" | "pass"> & { readonly pay: (order: Order, reference: string) => Outcome }): void {
  const [half, open, people] = [
    { policy: "share", sharePercent: 50 } as const,
    { policy: "allowed", sharePercent: null } as const,
    { policy: "humans_only", sharePercent: null } as const,
  ].map((agents) => create(execute, [draftOffer("for some", 4, 4)], { admission: { ...openAdmission, agents } }));
  const buy = (campaignId = 0, buyerId: string, actor: "agent" | null, quantity = 1): Order => {
    const outcome = execute({ type: "reserve", offerId: campaignId + 1, buyerId, quantity, key: null, actor });
    if (outcome.code !== "reserved") throw new Error(`${buyerId}: ${outcome.code}`);
    return { orderId: outcome.orderId, campaignId, buyerId };
  };
  pay(buy(half, "aida", "agent"), "agent-1");
  const late = buy(half, "bela", "agent");
  buy(people, "alma", null);
  pass(windowS * 1_000);
  buy(half, "chen", "agent");
  pay(late, "agent-2");
  const all = buy(open, "dido", null, 4);
  execute({ type: "join_waitlist", offerId: (open ?? 0) + 1, buyerId: "enid", actor: "agent" });
  execute({ type: "cancel", ...all }); // enid has her turn
}

/** Two agents stand before a person, and the share is one unit: the second waits, the person does not. */
function sellToAgentsByQueue({ execute }: World): void {
  const admission = { ...queued, agents: { policy: "share", sharePercent: 50 } } as const;
  const campaignId = create(execute, [draftOffer("for some by turn", 3, 1)], { admission, hasWaitlist: false });
  const join = (buyerId: string, actor: "agent" | null) => {
    const outcome = execute({ type: "join_queue", campaignId, buyerId, actor });
    return outcome.code;
  };
  const said = [join("fred", "agent"), join("gina", "agent"), join("hugo", null)];
  if (said.join() !== "admitted,queued,admitted") throw new Error(`they are ${said}`);
  execute({ type: "leave_queue", campaignId, buyerId: "fred" }); // gina has her turn
  execute({ type: "end", campaignId });
}

/** Who has a pass, in the order of the alphabet. */
function admittedOf(engine: Engine, campaignId: number): string[] {
  return everybody.filter((buyerId) => engine.askQueue(campaignId, buyerId).code === "admitted");
}

function waitingOf(engine: Engine, campaignId: number): string[] {
  return everybody.filter((buyerId) => engine.askQueue(campaignId, buyerId).code === "queued");
}

const everybody = ["rita", "sven", "tina", "ugo", "vera", "walt", "xena", "yves"];

/** What `verify` says of a ledger after some statements that nobody should run; the file stays as it is. */
export function verifyTampered(ledger: string, ...statements: readonly string[]): Failures {
  return verifyRehashed(ledger, [], ...statements);
}

/** The same where somebody also gives some events the hashes of what their rows say then, in this order. */
export function verifyRehashed(ledger: string, seqs: readonly number[], ...statements: readonly string[]): Failures {
  using db = tampered(ledger, ...statements);
  rehash(db, seqs);
  return failuresIn(db);
}

/** A ledger in memory after some statements that nobody should run. */
export function tampered(ledger: string, ...statements: readonly string[]): Database {
  const db = Database.deserialize(readFileSync(ledger));
  tamper(db, ...statements);
  return db;
}

/** Whether `verify` finds anything after a statement, asking for the quickest checks first and for no more than it takes to know. */
export function isFound(ledger: string, statement: string): boolean {
  using db = tampered(ledger, statement);
  return [verifyHashes, verifyEvents].some((verify) => verify(db).some(({ failureCount }) => failureCount > 0));
}

/** Gives events the hashes that the documentation tells, written down here once more. */
export function rehash(db: Database, seqs: readonly number[]): void {
  const sha256 = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex");
  db.exec("BEGIN");
  for (const seq of seqs) {
    const { hash: _, ...row } = db.query("SELECT * FROM events WHERE seq = ?").get(seq) as Record<string, unknown>;
    const before = db.query("SELECT hash FROM events WHERE seq = ?").get(seq - 1) as { hash: Uint8Array } | null;
    const told = Object.values(row).map((value) => (value instanceof Uint8Array ? value.toHex() : (value ?? "")));
    const text = [before?.hash.toHex() ?? "0".repeat(64), ...told].join("\n");
    db.query("UPDATE events SET hash = unhex(?) WHERE seq = ?").run(sha256(text), seq);
  }
  db.exec("COMMIT");
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
  db.exec("PRAGMA ignore_check_constraints = OFF"); // whoever verifies looks at them again
}

/** Writes rubbish over a page of the file, as a failing disk would. */
export function damagePage(path: string): void {
  const pageBytes = 4_096;
  const file = openSync(path, "r+");
  writeSync(file, Buffer.alloc(200, 0x5a), 0, 200, 4 * pageBytes);
  closeSync(file);
}

function failuresIn(db: Database): Failures {
  const results = [...verifyEvents(db), ...verifyHashes(db)];
  const failed = results.filter(({ firstFailure }) => firstFailure !== null);
  return Object.fromEntries(failed.map(({ name, firstFailure }) => [name, firstFailure ?? ""]));
}

function create(
  execute: (command: Command) => Outcome,
  offers: CampaignDraft["offers"],
  terms: Partial<CampaignDraft> & { readonly beacon?: BeaconRound } = {},
): number {
  const { beacon = null, ...what } = terms;
  const when = { opensAtMs: null, closesAtMs: null, paymentWindowS: windowS };
  const draft = {
    title: "Sale",
    description: null,
    kind: null,
    hasWaitlist: true,
    admission: openAdmission,
    ...when,
    ...what,
    offers,
  };
  const outcome = execute({ type: "create_campaign", draft });
  if (outcome.code !== "created") throw new Error(outcome.code);
  const isDrawn = draft.admission.mode !== "open";
  execute({ type: "publish", campaignId: outcome.campaignId, ...(isDrawn ? { secret, beacon } : {}) });
  return outcome.campaignId;
}

function draftOffer(sku: string, stock: number, limitPerBuyer: number): CampaignDraft["offers"][number] {
  const nothing = { listPriceMinor: null, brand: null, category: null, imageUrl: null, description: null };
  return { sku, title: sku, priceMinor: 100, currency: "CNY", stock, limitPerBuyer, ...nothing };
}

/** A buyer's orders in a campaign, in the order of ids. */
export function ordersOf(reader: SqliteReader, campaignId: number, buyerId: string): OrderRecord[] {
  const { orders } = reader.ordersOfBuyer(buyerId, Number.MAX_SAFE_INTEGER, 10_000);
  return orders.filter((order) => order.campaignId === campaignId).reverse();
}
