/**
 * `verify` has no false alarm: sales in which anything happens in any order, made by the engine and the journal, hold in
 * every check, and by the rules that test/guarantees/ledger.ts writes down once more. Replay a run with SEED=<number>.
 */

import { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { openAdmission } from "../../src/domain/admission.ts";
import { type Actor, agentsAllowed } from "../../src/domain/agents.ts";
import type { CampaignDraft } from "../../src/domain/campaign.ts";
import type { Command } from "../../src/domain/command.ts";
import { Engine } from "../../src/engine/engine.ts";
import { SqliteJournal } from "../../src/storage/sqlite/journal.ts";
import { databasePath, openWriter } from "../../src/storage/sqlite/open.ts";
import { SqliteReader } from "../../src/storage/sqlite/reader.ts";
import { verifyEvents, verifyHashes } from "../../src/storage/sqlite/verify.ts";
import { AdmissionSteps } from "../engine/admission-steps.ts";
import { AdmissionTrial } from "../engine/admission-trial.ts";
import { Random } from "../engine/random.ts";
import { readLedger, violationsIn } from "../guarantees/ledger.ts";
import { newFolder } from "../harness.ts";
import { storeEvents } from "../storage/rows.ts";
import { ordersOf } from "./ledger.ts";

const given = process.env["SEED"];
const [runs, runsOfRooms] = [20, 50];
const [stepsPerRun, stepsPerRoom] = [250, 150];
const happenings = [
  ...["campaign_ended", "buyers_erased", "offer_restocked", "waitlist_joined", "waitlist_left", "order_reserved"],
  ...["order_offered", "order_rereserved", "order_paid", "order_cancelled", "order_expired", "order_refund_due"],
  ...["order_refund_requested", "order_refunded", "payment_refund_due", "payment_refunded"],
];
const happeningsInRooms = [
  ...["queue_joined", "queue_drawn", "queue_admitted", "queue_left", "queue_expired", "passes_renewed", "queue_closed"],
  ...["draw_entered", "draw_closed", "draw_made", "waitlist_left", "order_offered", "order_reserved", "buyers_erased"],
];
const buyers = ["ana", "ben", "cyd", "dan", "eva"];

test("whatever happens in a sale, everything holds", { timeout: 120_000 }, () => {
  holdAtRandom(runs, happenings, sellAtRandom);
});

test("whatever happens in queues and draws, everything holds", { timeout: 120_000 }, () => {
  holdAtRandom(runsOfRooms, happeningsInRooms, (folder, random) => {
    const trial = new AdmissionTrial();
    const steps = new AdmissionSteps(random, trial);
    for (let step = random.between(10, stepsPerRoom); step > 0; step--) trial.step(steps.next());
    if (random.percent(50)) letAllEnd(trial, random);
    storeEvents(folder, trial.sale.events, random).close();
  });
});

/**
 * Makes sales, each in a folder, and verifies them. It proves little unless everything that can happen did: what is rare
 * is waited for, through twenty times as many sales at most.
 */
function holdAtRandom(count: number, happens: readonly string[], make: (folder: string, random: Random) => void): void {
  const first = given === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(given);
  const seen = new Set<string>();
  const missing = () => (given === undefined ? happens.filter((type) => !seen.has(type)) : []);
  const least = first + (given === undefined ? count : 1);
  for (let seed = first; seed < least || (missing().length > 0 && seed < first + 20 * count); seed++) {
    const folder = newFolder();
    make(folder, new Random(seed));
    using db = new Database(databasePath(folder), { readonly: true });
    for (const { type } of db.query("SELECT DISTINCT type FROM events").all() as { type: string }[]) seen.add(type);
    const failed = [...verifyEvents(db), ...verifyHashes(db)].filter(({ failureCount }) => failureCount > 0);
    expect({ seed, failed: failed.map(({ name, firstFailure }) => [name, firstFailure]) }).toEqual({
      seed,
      failed: [],
    });
    expect({ seed, violations: violationsIn(readLedger(folder)) }).toEqual({ seed, violations: [] });
  }
  expect(missing()).toEqual([]);
}

/** Every campaign ends, whatever is unpaid expires, and some of the buyers are erased. */
function letAllEnd({ sale }: AdmissionTrial, random: Random): void {
  const { campaigns } = sale.engine.state;
  for (const { id } of [...campaigns.values()]) if (random.percent(70)) sale.change("end", id);
  sale.advance(3_600_000);
  for (const campaignId of campaigns.keys()) {
    const isSome = (row: { readonly campaignId: number }) => row.campaignId === campaignId && random.percent(50);
    const { orderRows, entryRows, queueRows } = sale.rows;
    const orderIds = [...orderRows.values()].filter(isSome).map(({ orderId }) => orderId);
    const entries = [...entryRows.values(), ...queueRows.values()].filter(isSome);
    sale.execute({ type: "erase_buyers", campaignId, orderIds, entryIds: entries.map(({ entryId }) => entryId) });
  }
}

function sellAtRandom(folder: string, random: Random): void {
  const db = openWriter(folder);
  const journal = new SqliteJournal(db);
  const reader = new SqliteReader(db);
  const engine = new Engine();
  let nowMs = Date.UTC(2026, 10, 11);
  const commit = () => journal.commit({ events: engine.takeEvents(), ...engine.state.takeChanges(), audit: [] });
  for (let step = 0; step < stepsPerRun; step++) {
    nowMs += random.below(4) === 0 ? random.below(40_000) : random.below(3);
    engine.advance(nowMs);
    commit();
    engine.execute(commandAtRandom(engine, reader, random, nowMs), nowMs);
    commit();
  }
  db.close();
}

function commandAtRandom(engine: Engine, reader: SqliteReader, random: Random, nowMs: number): Command {
  const { state } = engine;
  const offers = [...state.offers.values()];
  const campaigns = [...state.campaigns.values()];
  const buyerId = random.pick(buyers);
  if (campaigns.length === 0 || random.below(60) === 0) {
    return { type: "create_campaign", draft: draftAtRandom(random, nowMs) };
  }
  const offerId = random.pick(offers).id;
  const { id: campaignId } = random.pick(campaigns);
  switch (random.below(14)) {
    case 0:
      return { type: random.pick(["publish", "publish", "pause", "resume", "resume"] as const), campaignId };
    case 1:
      return random.below(8) === 0 ? { type: "end", campaignId } : { type: "publish", campaignId };
    case 2:
      return { type: "restock", offerId, quantity: random.below(5) - 2 };
    case 3:
    case 4:
      return { type: "join_waitlist", offerId, buyerId, actor: actorAtRandom(random) };
    case 5:
      return { type: "leave_waitlist", offerId, buyerId };
    case 6: {
      const rows = ordersOf(reader, campaignId, buyerId);
      const orderIds = rows.map(({ orderId }) => orderId);
      return state.isSettled(campaignId) && orderIds.length > 0
        ? { type: "erase_buyers", campaignId, orderIds, entryIds: [] }
        : { type: "publish_ledger_head" };
    }
    case 7:
    case 8:
    case 9:
      return {
        ...{ type: "reserve", offerId, buyerId, quantity: 1 + random.below(2) },
        key: random.below(2) === 0 ? null : `key-${random.below(1_000)}`,
        actor: actorAtRandom(random),
      } as const;
    default:
      return onOrderAtRandom(engine, reader, random) ?? { type: "publish_ledger_head" };
  }
}

function onOrderAtRandom(engine: Engine, reader: SqliteReader, random: Random): Command | null {
  const lastId = reader.last().seq;
  const orders = Array.from({ length: 300 }, (_, back) => reader.order(lastId - back)).filter(
    (order) => order !== null,
  );
  if (orders.length === 0) return null;
  const { orderId, campaignId, buyerId, amountMinor } = random.pick(orders);
  if (buyerId === "") return null;
  const payments = reader.paymentsOf(orderId);
  const history = engine.state.isSettled(campaignId) ? { history: ordersOf(reader, campaignId, buyerId) } : {};
  const target = { orderId, campaignId, buyerId, payments, ...history };
  switch (random.below(6)) {
    case 0:
      return { type: "cancel", ...target };
    case 1:
      return { type: "refund", ...target, returnsUnits: random.below(2) === 0 };
    case 2: {
      const payment = payments.length === 0 ? undefined : random.pick(payments);
      return { type: "confirm_refund", ...target, paymentId: payment?.paymentId ?? 0 };
    }
    default: {
      const provider = random.pick(["shop", "sandbox", "stripe"] as const);
      const reference = random.below(3) === 0 ? null : `pay-${random.below(5)}`;
      const amount = random.below(8) === 0 ? amountMinor + 1 : amountMinor;
      return { type: "pay", ...target, payment: { provider, reference, amountMinor: amount, currency: "CNY" } };
    }
  }
}

const agentTerms = [
  agentsAllowed,
  { policy: "humans_only", sharePercent: null },
  ...[34, 50].map((sharePercent) => ({ policy: "share", sharePercent }) as const),
] as const;

function actorAtRandom(random: Random): Actor | null {
  return random.below(3) === 0 ? "agent" : null;
}

function draftAtRandom(random: Random, nowMs: number): CampaignDraft {
  const opensAtMs = random.below(3) === 0 ? nowMs + random.below(20_000) : null;
  const closesAtMs = random.below(2) === 0 ? nowMs + 20_000 + random.below(200_000) : null;
  const nothing = { listPriceMinor: null, brand: null, category: null, imageUrl: null };
  const description = random.below(2) === 0 ? null : '第一行\n"two" \u{1f600}';
  return {
    title: '活动 \u{1f600} "quoted"\n\t\\',
    description,
    kind: null,
    opensAtMs,
    closesAtMs,
    paymentWindowS: 1 + random.below(30),
    hasWaitlist: random.below(4) > 0,
    admission: { ...openAdmission, agents: random.pick(agentTerms) },
    offers: [1, 2].map((at) => ({
      ...{ sku: `sku-${at}`, title: "商品", priceMinor: 100 * at, currency: "CNY" },
      ...{ stock: random.below(4), limitPerBuyer: 1 + random.below(3), ...nothing, description },
    })),
  };
}
