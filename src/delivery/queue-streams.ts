/**
 * A buyer's place in a queue as a stream of events: how they stand at the beginning and whenever that has changed, about
 * once a second at most. The engine is asked for all streams of this thread in turn, a bounded number at a time, and
 * only when something has been committed since the last time; so a round that takes long makes the next one later, and
 * never crowds out those who buy. A stream ends when its buyer is not in the queue any more.
 */
import { limits } from "../domain/limits.ts";
import { encodeEvent, heartbeat, SseClient } from "./sse.ts";

/** How a buyer stands, as JSON; `isOver` when nothing more will come. */
export interface QueueNews {
  readonly json: string;
  readonly isOver: boolean;
}

export interface QueueStreamParts {
  /** `null` when it cannot be said at the moment. */
  readonly ask: (whose: { readonly campaignId: number; readonly buyerId: string }) => Promise<QueueNews | null>;
  readonly committedSeq: () => number;
  /** Told of every stream that opens (1) or ends (-1). */
  readonly countOpen: (change: 1 | -1) => void;
}

interface Listener {
  readonly client: SseClient;
  readonly campaignId: number;
  readonly buyerId: string;
  /** What was sent last. */
  last: string;
}

const lookEveryMs = 800; // what has happened is told within a second
const heartbeatEveryMs = 5_000; // well within the server's idle timeout
const asksAtOnceMax = 256;

export class QueueStreams {
  readonly #parts: QueueStreamParts;
  readonly #listeners = new Set<Listener>();
  readonly #countByBuyer = new Map<string, number>();
  /** Up to where all streams are told of what has happened. */
  #toldSeq = 0;
  #isAsking = false;

  constructor(parts: QueueStreamParts) {
    this.#parts = parts;
    setInterval(() => this.#look(), lookEveryMs);
    setInterval(() => this.#beat(), heartbeatEveryMs);
  }

  /** A stream that begins with how the buyer stood as of an event; `null` when it cannot be had at the moment. */
  open(
    { campaignId, buyerId }: { readonly campaignId: number; readonly buyerId: string },
    json: string,
    asOfSeq: number,
  ): ReadableStream<Uint8Array> | null {
    const theirs = this.#countByBuyer.get(buyerId) ?? 0;
    if (theirs >= limits.streamsPerBuyerMax || this.#listeners.size >= limits.streamsPerThreadMax) return null;
    const client = new SseClient(() => this.#remove(listener));
    const listener: Listener = { client, campaignId, buyerId, last: "" };
    this.#listeners.add(listener);
    this.#countByBuyer.set(buyerId, theirs + 1);
    this.#parts.countOpen(1);
    this.#tell(listener, { json, isOver: false });
    this.#toldSeq = Math.min(this.#toldSeq, asOfSeq);
    return client.stream;
  }

  /** Closes all streams, or those of one campaign. */
  closeAll(campaignId: number | null = null): void {
    for (const listener of [...this.#listeners]) {
      if (campaignId === null || listener.campaignId === campaignId) listener.client.close();
    }
  }

  #look(): void {
    const committedSeq = this.#parts.committedSeq();
    if (this.#isAsking || this.#listeners.size === 0 || this.#toldSeq === committedSeq) return;
    this.#toldSeq = committedSeq;
    this.#isAsking = true;
    void this.#askForAll().finally(() => {
      this.#isAsking = false;
    });
  }

  async #askForAll(): Promise<void> {
    const listeners = [...this.#listeners];
    for (let at = 0; at < listeners.length; at += asksAtOnceMax) {
      await Promise.all(listeners.slice(at, at + asksAtOnceMax).map((listener) => this.#askFor(listener)));
    }
  }

  async #askFor(listener: Listener): Promise<void> {
    const news = await this.#parts.ask(listener);
    if (news === null)
      this.#toldSeq = 0; // asked again in the next round
    else this.#tell(listener, news);
  }

  #tell(listener: Listener, { json, isOver }: QueueNews): void {
    if (json === listener.last) return;
    listener.last = json;
    listener.client.send(encodeEvent(isOver ? "over" : "queue", this.#parts.committedSeq(), json));
    if (isOver) listener.client.close();
  }

  #beat(): void {
    for (const { client } of [...this.#listeners]) client.send(heartbeat);
  }

  #remove(listener: Listener): void {
    if (!this.#listeners.delete(listener)) return;
    this.#parts.countOpen(-1);
    const left = (this.#countByBuyer.get(listener.buyerId) ?? 0) - 1;
    if (left > 0) this.#countByBuyer.set(listener.buyerId, left);
    else this.#countByBuyer.delete(listener.buyerId);
  }
}
