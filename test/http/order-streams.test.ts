/**
 * The seams of a buyer's stream, where a race could lose an event or tell it twice: between what was missed and what is
 * read from now on, and between the threads. With a journal of our own, so that each race happens every time.
 */
import { expect, test } from "bun:test";
import { type OrderStreamParts, OrderStreams } from "../../src/delivery/order-streams.ts";
import type { OrderRecord } from "../../src/domain/order.ts";

type Event = ReturnType<OrderStreamParts["reader"]["eventsOfBuyerAfter"]>[number];

/** Longer than the streams wait between two readings. */
const readingsMs = 350;

/** A journal in memory, with a hook for what happens while it is read. */
class Journal {
  readonly events: Event[] = [];
  readonly knownOffers = new Set([2]);
  open = 0;
  /** Taken as the answer to the next question for what a buyer missed. */
  missedOnce: ((answer: Event[]) => Event[]) | null = null;
  readonly streams = new OrderStreams({
    reader: {
      last: () => ({ seq: this.lastSeq }),
      buyerEventsAfter: (seq, limit) => {
        const events = this.events.filter((event) => event.seq > seq).slice(0, limit);
        return { events, lastSeq: events.at(-1)?.seq ?? seq };
      },
      eventsOfBuyerAfter: (buyerId, seq) => {
        const answer = this.events.filter((event) => event.about.buyerId === buyerId && event.seq > seq);
        const change = this.missedOnce;
        this.missedOnce = null;
        return change?.(answer) ?? answer;
      },
    },
    committedSeq: () => this.lastSeq,
    render: (about) => {
      if ("reminderId" in about) throw new Error("nobody is reminded here");
      return this.knownOffers.has(about.offerId) ? JSON.stringify({ orderId: about.orderId }) : null;
    },
    countOpen: (change) => {
      this.open += change;
    },
  });

  get lastSeq(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  commit(buyerId: string, offerId = 2): number {
    const seq = this.lastSeq + 1;
    const order: OrderRecord = {
      ...{ orderId: seq, campaignId: 1, offerId, buyerId, quantity: 1, amountMinor: 1, state: "reserved" },
      ...{ lastSeq: seq, reservedAtMs: 0, expiresAtMs: 1, paidAtMs: null, endedAtMs: null },
      ...{ idempotencyKey: null, paymentReference: null, actor: null },
    };
    this.events.push({ seq, type: "order_reserved", about: order });
    return seq;
  }

  /** Opens a stream; answers what it has told so far. */
  listen(buyerId: string, afterSeq: number | null): { ids(): number[]; cancel(): Promise<void> } {
    const stream = this.streams.open(buyerId, afterSeq);
    if (stream === null) throw new Error("no stream");
    let text = "";
    const reader = stream.getReader();
    const reading = (async () => {
      for (let part = await reader.read(); !part.done; part = await reader.read())
        text += Buffer.from(part.value).toString();
    })();
    return {
      ids: () => [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id)),
      async cancel() {
        await reader.cancel();
        await reading;
      },
    };
  }
}

test("what was missed is not told again by the reading for all that follows", async () => {
  const journal = new Journal();
  const first = journal.listen("alice", null); // so that the reading for all lags behind the new stream
  const seqs = [journal.commit("alice"), journal.commit("bob"), journal.commit("alice")];
  const second = journal.listen("alice", 0);
  await Bun.sleep(readingsMs);
  expect(first.ids()).toEqual([1, 3]);
  expect(second.ids()).toEqual([1, 3]);
  expect(seqs).toEqual([1, 2, 3]);
  await Promise.all([first.cancel(), second.cancel()]);
  expect(journal.open).toBe(0);
});

test("what is committed while a backlog is read, and is seen only in part, is told whole and in order", async () => {
  const journal = new Journal();
  journal.commit("alice");
  // Two commits fall into the reading: it sees the later one and not the earlier one.
  journal.missedOnce = (answer) => {
    journal.commit("alice");
    journal.commit("alice");
    return [...answer, ...journal.events.slice(-1)];
  };
  const stream = journal.listen("alice", 0);
  await Bun.sleep(readingsMs);
  expect(stream.ids()).toEqual([1, 2, 3]);
  await stream.cancel();
});

test("a stream without an id begins with now: nothing of before, everything after", async () => {
  const journal = new Journal();
  journal.commit("alice");
  const stream = journal.listen("alice", null);
  journal.commit("alice");
  await Bun.sleep(readingsMs);
  expect(stream.ids()).toEqual([2]);
  await stream.cancel();
});

test("an order of an offer that this thread was not told of yet waits, and nothing passes it", async () => {
  const journal = new Journal();
  const stream = journal.listen("alice", null);
  journal.commit("alice");
  journal.commit("alice", 9);
  journal.commit("alice");
  await Bun.sleep(readingsMs);
  expect(stream.ids()).toEqual([1]);
  expect(journal.streams.open("alice", 0)).toBeNull(); // told to come back shortly, rather than a part of it
  journal.knownOffers.add(9);
  await Bun.sleep(readingsMs);
  expect(stream.ids()).toEqual([1, 2, 3]);
  await stream.cancel();
  expect(journal.open).toBe(0);
});

test("nothing is told to whoever is gone, and their place is free", async () => {
  const journal = new Journal();
  for (let times = 0; times < 20; times++) {
    const stream = journal.listen("alice", null);
    await stream.cancel();
  }
  expect(journal.open).toBe(0);
  const four = [1, 2, 3, 4].map(() => journal.listen("alice", null));
  expect(journal.streams.open("alice", null)).toBeNull();
  expect(journal.open).toBe(4);
  journal.streams.closeAll();
  expect(journal.open).toBe(0);
  await Promise.all(four.map((stream) => stream.cancel()));
  expect(journal.open).toBe(0);
});
