/**
 * What a buyer is told of as a stream of events: their orders, and reminders that came. A stream is a reading of the
 * journal from a position on: what came after Last-Event-ID first, then what is committed from now on, with one reading
 * for all streams of this thread. So nothing is missing and nothing doubled, over reconnects and restarts, and nothing is
 * read while nobody listens. Whoever missed more than `backlogEventsMax` gets the oldest of them and the end of the
 * stream, and comes back for the rest.
 */
import { limits } from "../domain/limits.ts";
import type { OrderRecord } from "../domain/order.ts";
import type { ReminderRecord } from "../domain/reminder.ts";
import { encodeEvent, heartbeat, SseClient } from "./sse.ts";

interface BuyerEvent {
  readonly seq: number;
  readonly type: string;
  readonly about: OrderRecord | ReminderRecord;
}

export interface OrderStreamParts {
  readonly reader: {
    last(): { seq: number };
    buyerEventsAfter(seq: number, limit: number): { events: BuyerEvent[]; lastSeq: number };
    eventsOfBuyerAfter(buyerId: string, seq: number): BuyerEvent[];
  };
  /** The last committed sequence number: whether there is anything to read. */
  readonly committedSeq: () => number;
  /** The JSON of an order or a reminder, or `null` when this thread has not been told of its campaign yet. */
  readonly render: (about: OrderRecord | ReminderRecord) => string | null;
  /** Told of every stream that opens (1) or ends (-1). */
  readonly countOpen: (change: 1 | -1) => void;
}

interface Listener {
  readonly client: SseClient;
  /** The last event sent or skipped: the next ones follow it. */
  sentSeq: number;
}

const readEveryMs = 100;
const heartbeatEveryMs = 5_000; // well within the server's idle timeout
const eventsPerReadMax = 5_000;
const backlogEventsMax = 256; // missed events told at once after a reconnect: some 90 kB

export class OrderStreams {
  readonly #parts: OrderStreamParts;
  readonly #listeners = new Map<string, Set<Listener>>();
  #count = 0;
  #readSeq = 0;

  constructor(parts: OrderStreamParts) {
    this.#parts = parts;
    setInterval(() => this.#read(), readEveryMs);
    setInterval(() => this.#beat(), heartbeatEveryMs);
  }

  /**
   * A stream of the buyer's events after `afterSeq`, or from now on, also when `afterSeq` is not reached (a browser that
   * saw events which a restored sale lost); `null` when it cannot be had at the moment.
   */
  open(buyerId: string, afterSeq: number | null): ReadableStream<Uint8Array> | null {
    const theirs = this.#listeners.get(buyerId) ?? new Set<Listener>();
    if (theirs.size >= limits.streamsPerBuyerMax || this.#count >= limits.streamsPerThreadMax) return null;
    const { reader } = this.#parts;
    const nowSeq = reader.last().seq;
    if (this.#count === 0) this.#readSeq = nowSeq;
    // What is committed during this reading may be seen in part: it is left to the reading for all, which follows.
    const missed = (afterSeq === null ? [] : reader.eventsOfBuyerAfter(buyerId, afterSeq))
      .filter(({ seq }) => seq <= nowSeq)
      .slice(0, backlogEventsMax + 1);
    const backlog = missed.slice(0, backlogEventsMax).map((event) => this.#encode(event));
    if (backlog.includes(null)) return null;
    const client = new SseClient(() => this.#remove(buyerId, listener));
    const listener: Listener = { client, sentSeq: nowSeq };
    theirs.add(listener);
    this.#listeners.set(buyerId, theirs);
    this.#count += 1;
    this.#parts.countOpen(1);
    if (backlog.length > 0) client.send(Buffer.concat(backlog.filter((bytes) => bytes !== null)));
    if (missed.length > backlog.length) client.close();
    return client.stream;
  }

  closeAll(): void {
    for (const { client } of this.#all()) client.close();
  }

  #read(): void {
    if (this.#count === 0 || this.#readSeq >= this.#parts.committedSeq()) return;
    const { events, lastSeq } = this.#parts.reader.buyerEventsAfter(this.#readSeq, eventsPerReadMax);
    for (const event of events) {
      const theirs = [...(this.#listeners.get(event.about.buyerId) ?? [])].filter(({ sentSeq }) => sentSeq < event.seq);
      if (theirs.length === 0) continue;
      const bytes = this.#encode(event);
      if (bytes === null) return; // next time from here, when this thread knows the campaign
      for (const listener of theirs) {
        listener.sentSeq = event.seq;
        listener.client.send(bytes);
      }
      this.#readSeq = event.seq;
    }
    this.#readSeq = lastSeq;
  }

  #encode({ seq, type, about }: BuyerEvent): Uint8Array | null {
    const json = this.#parts.render(about);
    return json === null ? null : encodeEvent(type, seq, json);
  }

  #beat(): void {
    for (const { client } of this.#all()) client.send(heartbeat);
  }

  #all(): Listener[] {
    return [...this.#listeners.values()].flatMap((theirs) => [...theirs]);
  }

  #remove(buyerId: string, listener: Listener): void {
    const theirs = this.#listeners.get(buyerId);
    if (theirs?.delete(listener) !== true) return;
    this.#count -= 1;
    this.#parts.countOpen(-1);
    if (theirs.size === 0) this.#listeners.delete(buyerId);
  }
}
