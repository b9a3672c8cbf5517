/**
 * Guards what is stored: after a random life of several sales, the rows that a start and the threads read are those that
 * the events add up to, and a start comes to the same lines, passes and draws from them; and what two may ask for at once
 * does not stop the process.
 */
import type { Database } from "bun:sqlite";
import { expect, test } from "bun:test";
import { openAdmission } from "../../src/domain/admission.ts";
import type { Event } from "../../src/domain/event.ts";
import type { QueueRecord } from "../../src/domain/queue.ts";
import { recover } from "../../src/engine/recovery.ts";
import type { Campaign, Offer, State } from "../../src/engine/state.ts";
import { SqliteJournal } from "../../src/storage/sqlite/journal.ts";
import { SqliteReader } from "../../src/storage/sqlite/reader.ts";
import { AdmissionSteps } from "../engine/admission-steps.ts";
import { AdmissionTrial } from "../engine/admission-trial.ts";
import { type Projection, rowOf } from "../engine/projection.ts";
import { Random } from "../engine/random.ts";
import { offerDraft, Sale } from "../engine/sale.ts";
import { Steps } from "../engine/steps.ts";
import { Trial } from "../engine/trial.ts";
import { newFolder } from "../harness.ts";
import { storeEvents } from "./rows.ts";

const worldsCount = 12;
const stepsPerWorld = 300;

test.each([1, 2, 3])("what is stored of random sales is what their events add up to (seed %d)", (seed) => {
  const random = new Random(seed);
  for (let world = 0; world < worldsCount; world++) {
    const trial = new Trial();
    const steps = new Steps(random, trial);
    const events: Event[] = [];
    for (let n = 0; n < stepsPerWorld; n++) {
      trial.stepAgain(steps.next());
      events.push(...trial.eventsOfStep);
    }
    expectSame(storeEvents(newFolder(), events, random), trial.projection);
  }
});

test.each([1, 3, 4, 5, 7, 8])(
  "what is stored of random queues and draws is what their events add up to, and a start goes on with it (seed %d)",
  (seed) => {
    const random = new Random(seed);
    const [passes, places] = [new Set<string>(), new Set<string>()];
    for (let world = 0; world < worldsCount; world++) {
      const trial = new AdmissionTrial();
      const steps = new AdmissionSteps(random, trial);
      // Some stop in the middle of a rush, some when all is over.
      for (let n = random.between(20, stepsPerWorld / 2); n > 0; n--) trial.step(steps.next());
      const { sale } = trial;
      const db = storeEvents(newFolder(), sale.events, random);
      expectSame(db, sale.rows);
      const started = recover(new SqliteReader(db), { add: () => undefined });
      const lines = linesOf(started, buyersIn(sale.rows));
      expect(lines).toEqual(linesOf(sale.engine.state, buyersIn(sale.rows)));
      for (const line of lines) {
        if (line.includes(" pass ")) passes.add(`${world} ${line}`);
        if (/ place ([2-9])/.test(line)) places.add(`${world} ${line}`);
      }
    }
    // Else it proves little.
    expect(passes.size).toBeGreaterThan(3);
    expect(places.size).toBeGreaterThan(3);
  },
);

test("buyers who are erased twice, and those of another campaign, do not stop the process", () => {
  const sale = new Sale();
  const [one, other] = [sale.open(), sale.open()];
  const [erased, kept] = [sale.order(one.offerId), sale.order(other.offerId)];
  sale.cancel(erased);
  sale.change("end", one.campaignId);
  const erase = { type: "erase_buyers", campaignId: one.campaignId, orderIds: [erased], entryIds: [] } as const;
  sale.execute(erase);
  sale.execute(erase);
  const events = [...sale.events];
  const seq = events.length + 1;
  events.push({
    type: "buyers_erased",
    seq,
    atMs: sale.clockMs,
    campaignId: one.campaignId,
    orderIds: [kept],
    entryIds: [],
  });
  const reader = new SqliteReader(storeEvents(newFolder(), events, new Random(1)));
  expect(reader.order(erased)).toMatchObject({ buyerId: "", idempotencyKey: null });
  expect(reader.order(kept)).toMatchObject({ buyerId: "ana" });
});

test("who is erased from a queue or a draw is gone from their rows, and from what is still to be erased", () => {
  const sale = new Sale();
  const offers = [offerDraft({ stock: 0 })];
  const closesAtMs = sale.clockMs + 1_000;
  const terms = { ...openAdmission, passWindowS: 60 };
  const queue = sale.create({ hasWaitlist: false, admission: { ...terms, mode: "queue" } });
  const draw = sale.create({ closesAtMs, offers, admission: { ...terms, mode: "draw" } });
  const secret = "5e".repeat(32);
  for (const { campaignId } of [queue, draw]) sale.execute({ type: "publish", campaignId, secret, beacon: null });
  const [campaignId, offerId] = [queue.campaignId, draw.offerId];
  for (const buyerId of ["ana", "bo"]) {
    sale.execute({ type: "join_queue", campaignId, buyerId });
    sale.execute({ type: "enter_draw", offerId, buyerId, salt: "00" });
  }
  sale.change("end", campaignId);
  sale.advance(1_000);
  const before = new SqliteReader(storeEvents(newFolder(), sale.events, new Random(1)));
  const traces = before.tracesOfBuyer("ana", 0).traces;
  expect(traces.flatMap(({ entryIds }) => entryIds)).toHaveLength(2);
  for (const trace of traces) sale.execute({ type: "erase_buyers", ...trace });
  const erasedDb = storeEvents(newFolder(), sale.events, new Random(1));
  const after = new SqliteReader(erasedDb);
  expect(after.tracesOfBuyer("ana", 0).traces).toEqual([]);
  expect(queueRowsOf(erasedDb).map(({ buyerId }) => buyerId)).toEqual(["", "bo"]);
  expect(after.drawEntriesIn(draw.campaignId).map(({ buyerId }) => buyerId)).toEqual(["", "bo"]);
  // The leaf stays, so that the draw can be made again by anybody.
  const leaves = (reader: SqliteReader) => reader.drawEntriesIn(draw.campaignId).map(({ leaf }) => leaf);
  expect(leaves(after)).toEqual([...sale.rows.leaves.values()]);
  const entries = [...sale.rows.queueRows.keys(), ...sale.rows.entryRows.keys()];
  expect(after.knownAmong(campaignId, { orderIds: [], entryIds: entries }).entryIds).toHaveLength(1);
  expect(after.knownAmong(draw.campaignId, { orderIds: [], entryIds: entries }).entryIds).toHaveLength(1);
});

test("whoever came to a queue and left, however often, is not read at a start; all that matter are, over many reads", () => {
  const sale = new Sale();
  const opensAtMs = sale.clockMs + 1_000;
  const admission = { ...openAdmission, mode: "queue" } as const;
  const offers = [offerDraft({ stock: 3 })];
  const { campaignId, offerId } = sale.create({ opensAtMs, hasWaitlist: false, admission, offers });
  sale.execute({ type: "publish", campaignId, secret: "5e".repeat(32) });
  const join = (buyerId: string) => sale.execute({ type: "join_queue", campaignId, buyerId });
  const leave = (buyerId: string) => sale.execute({ type: "leave_queue", campaignId, buyerId });
  const [early, late] = ["early", "late"].map((when) => Array.from({ length: 6_000 }, (_, n) => `${when} ${n}`));
  const comeAndGo = () => {
    for (let n = 0; n < 6_000; n++) for (const act of [join, leave]) act("fickle");
  };
  for (const buyerId of early ?? []) join(buyerId);
  comeAndGo();
  leave("early 5");
  sale.advance(1_000);
  const lot = 5_999;
  const first = (early ?? []).find((buyerId) => sale.reserve(offerId, buyerId).code === "reserved") ?? "";
  const gone = (early ?? []).find((buyerId) => buyerId !== first && buyerId !== "early 5") ?? "";
  leave(gone);
  for (const buyerId of late ?? []) join(buyerId);
  comeAndGo();
  const db = storeEvents(newFolder(), sale.events, new Random(1));
  const reader = new SqliteReader(db);
  const drawnSeq = sale.rows.secretRows.get(campaignId)?.queueDrawnSeq ?? null;
  expect([...reader.queueOf(campaignId, drawnSeq)]).toHaveLength(lot + (late?.length ?? 0));
  const buyers = [...buyersIn(sale.rows)];
  const started = recover(reader, { add: () => undefined });
  expect(linesOf(started, buyers)).toEqual(linesOf(sale.engine.state, buyers));
});

test("a row that is not as the engine knows it is named by its statement, and no value goes into the log", () => {
  const sale = new Sale();
  const { campaignId, offerId } = sale.create();
  const db = storeEvents(newFolder(), sale.events, new Random(1));
  const head = { seq: sale.events.length + 1, atMs: sale.clockMs, campaignId, offerId };
  const secret = "5e".repeat(32);
  const beacon = { round: 7, randomness: "aa".repeat(32), signature: "bb".repeat(48) };
  const events = [{ ...head, type: "draw_made", secret, beacon } as const];
  const store = () => new SqliteJournal(db).commit({ events, campaigns: [], offers: [], audit: [] });
  expect(store).toThrow(/not as the engine knows it: UPDATE draws SET made_seq = \?, secret = \?/);
  const said = thrownBy(store);
  for (const value of [secret, beacon.randomness, beacon.signature]) expect(said).not.toContain(value);
});

function thrownBy(act: () => void): string {
  try {
    act();
  } catch (cause) {
    return Bun.inspect(cause);
  }
  throw new Error("nothing was thrown");
}

/** What is read is what the events add up to, and a start from it comes to the same. */
function expectSame(db: Database, rows: Projection): void {
  const reader = new SqliteReader(db);
  expect(reader.last()).toEqual(rows.last());
  expect(reader.campaigns()).toMatchObject(rows.campaigns());
  expect(reader.offers()).toMatchObject(rows.offers().map(({ id, total, held, sold }) => ({ id, total, held, sold })));
  expect(reader.operators()).toEqual(rows.operators());
  expect(reader.endpoints()).toEqual(rows.endpoints());
  expect(reader.controls()).toEqual(rows.controls());
  expect(reader.accessEntries()).toEqual(rows.accessEntries());
  for (const [orderId, row] of rows.orderRows) {
    expect(reader.order(orderId)).toMatchObject(row);
    expect(reader.paymentsOf(orderId)).toMatchObject(rows.paymentsOf(orderId));
    const { campaignId, offerId, buyerId, idempotencyKey } = row;
    const paid = reader.paidOrdersOfBuyer(campaignId, offerId, buyerId);
    expect(paid).toMatchObject(rows.paidOrdersOfBuyer(campaignId, offerId, buyerId));
    if (idempotencyKey === null) continue;
    expect(reader.orderOfKey(campaignId, buyerId, idempotencyKey)).toMatchObject(row);
    expect(reader.orderOfKey(campaignId, buyerId, `${idempotencyKey} too`)).toBeNull();
    expect(reader.orderOfKey(campaignId, `${buyerId} too`, idempotencyKey)).toBeNull();
  }
  expect(reader.drawSecrets()).toEqual(rows.drawSecrets());
  for (const { id, admission } of rows.campaigns()) {
    expect(reader.waitingIn(id)).toEqual(rows.waitingIn(id));
    const drawnSeq = rows.secretRows.get(id)?.queueDrawnSeq ?? null;
    expect(rows.queueOf(id, drawnSeq)).toMatchObject([...reader.queueOf(id, drawnSeq)]);
    expect(reader.queueSums(id)).toEqual(rows.queueSums(id));
    expect(reader.drawsOf(id)).toEqual(rows.drawsOf(id));
    if (admission.mode !== "draw") continue;
    const entries = rows.drawEntriesIn(id).map(({ entryId, offerId, buyerId, state, actor, leaf }) => {
      return { entryId, offerId, buyerId, state, actor, leaf };
    });
    expect(reader.drawEntriesIn(id)).toEqual(entries);
  }
  expect(queueRowsOf(db)).toEqual([...rows.queueRows.values()]);
  const [stored, added] = [reader, rows].map((source) => recover(source, { add: () => undefined }));
  if (stored === undefined || added === undefined) throw new Error("there are two");
  expect(stored.nextChangeAtMs).toBe(added.nextChangeAtMs);
  for (const [id, offer] of stored.offers) {
    const { total, available, held, sold } = rowOf(added.offers, id);
    expect(offer).toMatchObject({ total, available, held, sold });
  }
  expect(linesOf(stored, buyersIn(rows))).toEqual(linesOf(added, buyersIn(rows)));
}

function queueRowsOf(db: Database): QueueRecord[] {
  return db
    .query<QueueRecord, []>(
      "SELECT id AS entryId, campaign_id AS campaignId, buyer_id AS buyerId, state, joined_at_ms AS joinedAtMs, admitted_at_ms AS admittedAtMs, expires_at_ms AS expiresAtMs, ended_at_ms AS endedAtMs, ended_seq AS endedSeq, order_id AS orderId, actor FROM queue ORDER BY id",
    )
    .all();
}

function buyersIn({ queueRows, entryRows }: Projection): string[] {
  return [...new Set([...queueRows.values(), ...entryRows.values()].map(({ buyerId }) => buyerId))];
}

/** Everything that a state knows of who waits for what, in words. */
function linesOf({ campaigns, nowMs }: State, buyers: readonly string[]): string[] {
  const live = [...campaigns.values()].filter(({ book }) => book !== null);
  return live.flatMap((campaign) => [
    ...queueLines(campaign, buyers, nowMs),
    ...campaign.offers.flatMap((offer) => offerLines(offer, buyers)),
  ]);
}

function queueLines({ id, queue, secret, commitment }: Campaign, buyers: readonly string[], nowMs: number): string[] {
  const lines = [`campaign ${id} secret ${secret} commitment ${commitment}`];
  if (queue === null) return lines;
  const { waiting, passes, completed, unitsTaken, unused } = queue.figures({ free: 0, held: 0, agents: null }, nowMs);
  lines.push(`campaign ${id} ${queue.isOrdered} ${JSON.stringify({ waiting, passes, completed, unitsTaken, unused })}`);
  for (const buyerId of buyers) {
    const [pass, entry] = [queue.passOf(buyerId), queue.line.standingOf(buyerId)];
    if (pass !== null)
      lines.push(`campaign ${id} ${buyerId} pass ${pass.entryId} by ${pass.actor} until ${pass.expiresAtMs}`);
    if (entry !== null)
      lines.push(`campaign ${id} ${buyerId} entry ${entry.entryId} by ${entry.actor} place ${entry.place}`);
  }
  return lines;
}

function offerLines({ id, waiting, draw }: Offer, buyers: readonly string[]): string[] {
  const lines: string[] = [];
  if (draw !== null) {
    lines.push(`offer ${id} drawn among ${draw.log.count} ${draw.log.root()} ${draw.root} ${draw.isMade}`);
  }
  for (const buyerId of buyers) {
    const entry = waiting?.entryOf(buyerId) ?? null;
    if (entry !== null) lines.push(`offer ${id} ${buyerId} entry ${entry.entryId} place ${entry.place}`);
    // Who left a draw cannot enter it again, as long as it is not made.
    if (draw !== null && !draw.isMade) lines.push(`offer ${id} ${buyerId} was there ${waiting?.hasSeen(buyerId)}`);
  }
  return lines;
}
