/**
 * A buyer's orders as a stream of events. A stream is a reading of the journal from a position on: what came after
 * Last-Event-ID first, then what is committed from now on, with one reading for all streams of this thread. So nothing
 * is missing and nothing doubled, over reconnects and restarts, and nothing is read while nobody listens.
 */
import { limits } from "../domain/limits.ts";
import type { OrderRecord } from "../domain/order.ts";
import { encodeEvent, heartbeat, SseClient } from "./sse.ts";

interface OrderEvent {
  readonly seq: number;
  readonly type: string;
  readonly order: OrderRecord;
}

export interface OrderStreamParts {
  readonly reader: {
    last(): { seq: number };
    orderEventsAfter(seq: number, limit: number): { events: OrderEvent[]; lastSeq: number };
    orderEventsOfBuyerAfter(buyerId: string, seq: number, ordersMax: number): OrderEvent[];
  };
  /** The last committed sequence number: whether there is anything to read. */
  readonly committedSeq: () => number;
  readonly render: (order: OrderRecord) => string;
}

interface Listener {
  readonly client: SseClient;
  /** The last event sent or skipped: the next ones follow it. */
  sentSeq: number;
}

const readEveryMs = 100;
const heartbeatEveryMs = 5_000; // well within the server's idle timeout
const eventsPerReadMax = 5_000;
const backlogOrdersMax = 200; // orders whose missed events are told after a reconnect: the newest

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

  get count(): number {
    return this.#count;
  }

  /** A stream of the buyer's events after `afterSeq`, or from now on; `null` when too many are open. */
  open(buyerId: string, afterSeq: number | null): ReadableStream<Uint8Array> | null {
    const theirs = this.#listeners.get(buyerId) ?? new Set<Listener>();
    if (theirs.size >= limits.streamsPerBuyerMax || this.#count >= limits.streamsPerThreadMax) return null;
    const { reader } = this.#parts;
    const nowSeq = reader.last().seq;
    if (this.#count === 0) this.#readSeq = nowSeq;
    const client = new SseClient(() => this.#remove(buyerId, listener));
    const listener: Listener = { client, sentSeq: nowSeq };
    if (afterSeq !== null) {
      for (const event of reader.orderEventsOfBuyerAfter(buyerId, afterSeq, backlogOrdersMax))
        this.#send(listener, event);
    }
    theirs.add(listener);
    this.#listeners.set(buyerId, theirs);
    this.#count += 1;
    return client.stream;
  }

  closeAll(): void {
    for (const { client } of this.#all()) client.close();
  }

  #read(): void {
    if (this.#count === 0 || this.#readSeq >= this.#parts.committedSeq()) return;
    const { events, lastSeq } = this.#parts.reader.orderEventsAfter(this.#readSeq, eventsPerReadMax);
    this.#readSeq = lastSeq;
    for (const event of events) {
      for (const listener of [...(this.#listeners.get(event.order.buyerId) ?? [])]) {
        if (event.seq > listener.sentSeq) this.#send(listener, event);
      }
    }
  }

  #send(listener: Listener, { seq, type, order }: OrderEvent): void {
    listener.client.send(encodeEvent(type, seq, this.#parts.render(order)));
    listener.sentSeq = Math.max(listener.sentSeq, seq);
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
    if (theirs.size === 0) this.#listeners.delete(buyerId);
  }
}
