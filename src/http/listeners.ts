/**
 * Agents that hear of changes: what a subscription of theirs is told, and the stream on which it goes out. A listener
 * reads the very streams of `/v1` that its caller could open, so it hears of nothing that they could not; of a change
 * it is told the address alone, and asks again for what stands there.
 */
import { createParser } from "eventsource-parser";
import type { OrderStreams } from "../delivery/order-streams.ts";
import { SseClient } from "../delivery/sse.ts";
import type { StockStreams } from "../delivery/stock-streams.ts";
import { limits } from "../domain/limits.ts";
import type { Catalogue } from "./catalogue.ts";

export interface ListenerParts {
  readonly catalogue: Pick<Catalogue, "publicVersion">;
  readonly orderStreams: OrderStreams;
  readonly stockStreams: StockStreams;
  /** Told of every stream that opens (1) or ends (-1). */
  readonly countOpen: (change: 1 | -1) => void;
}

/** What a caller wants to hear of, and may. */
export interface Wanted {
  /** That a sale is new or in another state. */
  readonly hasList: boolean;
  readonly campaignIds: readonly number[];
  /** Whose orders; `null` for none. */
  readonly buyerId: string | null;
}

export type Change =
  | { readonly of: "list" }
  | { readonly of: "campaign"; readonly campaignId: number }
  | { readonly of: "order"; readonly orderId: string };

/** What is heard until it is closed. */
export interface Hearing {
  readonly onChange: (told: (change: Change) => void) => void;
  /** Called once, when there is nothing more to hear. */
  readonly onEnd: (ended: () => void) => void;
  close(): void;
}

const lookEveryMs = 500;

export class Listeners {
  readonly #parts: ListenerParts;
  readonly #open = new Set<Listener>();
  /** Of `/v1`, that they all read together. */
  #streamsRead = 0;

  constructor(parts: ListenerParts) {
    this.#parts = parts;
    setInterval(() => this.#look(), lookEveryMs);
  }

  /** Begins to hear; `null` when it cannot be had at the moment. */
  hear(wanted: Wanted): Hearing | null {
    const streamCount = wanted.campaignIds.length + (wanted.buyerId === null ? 0 : 1);
    if (this.#open.size >= limits.listenersPerThreadMax) return null;
    if (this.#streamsRead + streamCount > limits.listenedStreamsPerThreadMax) return null;
    const { catalogue, countOpen, orderStreams, stockStreams } = this.#parts;
    const sources: Source[] = [];
    for (const campaignId of wanted.campaignIds) {
      const stream = stockStreams.open(campaignId);
      if (stream !== null) sources.push({ stream, first: 1, changeOf: () => ({ of: "campaign", campaignId }) });
    }
    if (wanted.buyerId !== null) {
      const stream = orderStreams.open(wanted.buyerId, null);
      if (stream !== null) sources.push({ stream, first: 0, changeOf: orderChange });
    }
    if (sources.length < streamCount) {
      for (const { stream } of sources) void stream.cancel();
      return null;
    }
    const seen = wanted.hasList ? catalogue.publicVersion : null;
    const listener: Listener = new Listener(sources, seen, () => {
      this.#open.delete(listener);
      this.#streamsRead -= streamCount;
      countOpen(-1);
    });
    this.#open.add(listener);
    this.#streamsRead += streamCount;
    countOpen(1);
    return listener;
  }

  closeAll(): void {
    for (const listener of [...this.#open]) listener.close();
  }

  #look(): void {
    const { publicVersion } = this.#parts.catalogue;
    for (const listener of this.#open) listener.lookAtList(publicVersion);
  }
}

interface Source {
  readonly stream: ReadableStream<Uint8Array>;
  /** Events at its beginning that tell how things stand, and not that they have changed. */
  readonly first: number;
  /** `null` for what is no change of anything that is listened to. */
  readonly changeOf: (data: string, type: string | undefined) => Change | null;
}

/** A reminder that came is on the same stream, and changes no order. */
function orderChange(data: string, type: string | undefined): Change | null {
  if (type === "reminder_due") return null;
  return { of: "order", orderId: (JSON.parse(data) as { id: string }).id };
}

class Listener implements Hearing {
  readonly #cancels: (() => Promise<void>)[] = [];
  readonly #whenOver: () => void;
  /** The list as this listener was told of it last; `null` for who does not want it. */
  #listVersion: number | null;
  #told: (change: Change) => void = () => {};
  #ended: () => void = () => {};
  #isOver = false;

  constructor(sources: readonly Source[], listVersion: number | null, whenOver: () => void) {
    this.#listVersion = listVersion;
    this.#whenOver = whenOver;
    for (const source of sources) void this.#read(source);
  }

  onChange(told: (change: Change) => void): void {
    this.#told = told;
  }

  onEnd(ended: () => void): void {
    this.#ended = ended;
  }

  lookAtList(version: number): void {
    if (this.#listVersion === null || this.#listVersion === version) return;
    this.#listVersion = version;
    this.#told({ of: "list" });
  }

  close(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    for (const cancel of this.#cancels) void cancel();
    this.#whenOver();
    this.#ended();
  }

  async #read({ stream, first, changeOf }: Source): Promise<void> {
    let count = 0;
    const parser = createParser({
      onEvent: ({ data, event }) => {
        count += 1;
        if (count <= first || this.#isOver) return;
        const change = changeOf(data, event);
        if (change !== null) this.#told(change);
      },
    });
    const decoder = new TextDecoder();
    const reader = stream.getReader();
    this.#cancels.push(() => reader.cancel());
    for (let part = await reader.read(); !part.done; part = await reader.read()) {
      parser.feed(decoder.decode(part.value, { stream: true }));
    }
    this.close(); // switched off, or too far behind: what one of them would tell is not told any more
  }
}

/** Sends a stream on, bounded in what waits for a slow reader; `whenOver` when either end is done with it. */
export function boundedStream(source: ReadableStream<Uint8Array>, whenOver: () => void): ReadableStream<Uint8Array> {
  const reader = source.getReader();
  const client = new SseClient(() => {
    void reader.cancel();
    whenOver();
  });
  const pump = async () => {
    for (let part = await reader.read(); !part.done; part = await reader.read()) client.send(part.value);
    client.close();
  };
  pump().catch(() => client.close()); // what broke off says nothing more
  return client.stream;
}
