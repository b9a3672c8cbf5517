/**
 * Guards what is stored: after a random life of several sales, the rows that a start and the threads read are those that
 * the events add up to; and what two may ask for at once does not stop the process.
 */
import { expect, test } from "bun:test";
import type { Event } from "../../src/domain/event.ts";
import { recover } from "../../src/engine/recovery.ts";
import { State } from "../../src/engine/state.ts";
import { SqliteJournal } from "../../src/storage/sqlite/journal.ts";
import { openWriter } from "../../src/storage/sqlite/open.ts";
import { SqliteReader } from "../../src/storage/sqlite/reader.ts";
import { rowOf } from "../engine/projection.ts";
import { Random } from "../engine/random.ts";
import { Sale } from "../engine/sale.ts";
import { Steps } from "../engine/steps.ts";
import { Trial } from "../engine/trial.ts";
import { newFolder } from "../harness.ts";

const worldsCount = 12;
const stepsPerWorld = 300;
const eventsPerBatchMax = 25;

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
    const reader = store(events, random);
    const rows = trial.projection;
    expect(reader.last()).toEqual(rows.last());
    expect(reader.campaigns()).toMatchObject(rows.campaigns());
    expect(reader.offers()).toMatchObject(
      rows.offers().map(({ id, total, held, sold }) => ({ id, total, held, sold })),
    );
    expect(reader.operators()).toEqual(rows.operators());
    expect(reader.endpoints()).toEqual(rows.endpoints());
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
    for (const { id } of rows.campaigns()) expect(reader.waitingIn(id)).toMatchObject(rows.waitingIn(id));
    const [stored, added] = [reader, rows].map((source) => recover(source, { add: () => undefined }));
    expect(stored?.nextChangeAtMs).toBe(added?.nextChangeAtMs ?? 0);
    for (const [id, { waiting, ...offer }] of stored?.offers ?? []) {
      const { total, available, held, sold, waiting: line } = rowOf(added?.offers ?? new Map(), id);
      expect(offer).toMatchObject({ total, available, held, sold });
      expect(waiting?.count ?? 0).toBe(line?.count ?? 0);
    }
  }
});

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
  const reader = store(events, new Random(1));
  expect(reader.order(erased)).toMatchObject({ buyerId: "", idempotencyKey: null });
  expect(reader.order(kept)).toMatchObject({ buyerId: "ana" });
});

/** Stores the events in batches of random sizes, as an engine would that came to the same events. */
function store(events: readonly Event[], random: Random): SqliteReader {
  const db = openWriter(newFolder());
  const journal = new SqliteJournal(db);
  const state = new State();
  for (let from = 0; from < events.length; ) {
    const batch = events.slice(from, from + random.between(1, eventsPerBatchMax));
    for (const event of batch) state.evolve(event);
    journal.commit({ events: batch, ...state.takeChanges(), audit: [] });
    from += batch.length;
  }
  return new SqliteReader(db);
}
