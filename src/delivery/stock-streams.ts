/**
 * A campaign's state and counts as a stream: the whole of them at the beginning and whenever something changed, at most
 * five times a second however many orders come in. A snapshot needs no history: whoever reconnects gets the next one,
 * unless nothing has changed since the id that they name.
 */
import { limits } from "../domain/limits.ts";
import { encodeEvent, heartbeat, SseClient } from "./sse.ts";

export interface StockStreamParts {
  /** Changes whenever the campaign or one of its counts does. */
  readonly versionOf: (campaignId: number) => number;
  readonly render: (campaignId: number) => string;
  readonly committedSeq: () => number;
}

interface Channel {
  readonly clients: Set<SseClient>;
  version: number;
  last: Uint8Array;
  lastSeq: number;
}

const lookEveryMs = 200;
const heartbeatEveryMs = 5_000;

export class StockStreams {
  readonly #parts: StockStreamParts;
  readonly #channels = new Map<number, Channel>();
  #count = 0;

  constructor(parts: StockStreamParts) {
    this.#parts = parts;
    setInterval(() => this.#look(), lookEveryMs);
    setInterval(() => this.#beat(), heartbeatEveryMs);
  }

  get count(): number {
    return this.#count;
  }

  /** A stream of the campaign, or `null` when too many are open. */
  open(campaignId: number, afterSeq: number | null): ReadableStream<Uint8Array> | null {
    if (this.#count >= limits.streamsPerThreadMax) return null;
    const channel = this.#channels.get(campaignId) ?? this.#openChannel(campaignId);
    const client = new SseClient(() => this.#remove(campaignId, client));
    channel.clients.add(client);
    this.#count += 1;
    if (afterSeq !== channel.lastSeq) client.send(channel.last);
    return client.stream;
  }

  closeAll(): void {
    for (const { clients } of [...this.#channels.values()]) for (const client of [...clients]) client.close();
  }

  #openChannel(campaignId: number): Channel {
    const channel: Channel = { clients: new Set(), version: Number.NaN, last: heartbeat, lastSeq: -1 };
    this.#channels.set(campaignId, channel);
    this.#refresh(campaignId, channel);
    return channel;
  }

  /** Makes the snapshot anew when it is not true any more; whether it was. */
  #refresh(campaignId: number, channel: Channel): boolean {
    const version = this.#parts.versionOf(campaignId);
    if (version === channel.version) return false;
    channel.version = version;
    channel.lastSeq = this.#parts.committedSeq();
    channel.last = encodeEvent("campaign", channel.lastSeq, this.#parts.render(campaignId));
    return true;
  }

  #look(): void {
    for (const [campaignId, channel] of this.#channels) {
      if (!this.#refresh(campaignId, channel)) continue;
      for (const client of [...channel.clients]) client.send(channel.last);
    }
  }

  #beat(): void {
    for (const { clients } of this.#channels.values()) for (const client of [...clients]) client.send(heartbeat);
  }

  #remove(campaignId: number, client: SseClient): void {
    const channel = this.#channels.get(campaignId);
    if (channel?.clients.delete(client) !== true) return;
    this.#count -= 1;
    if (channel.clients.size === 0) this.#channels.delete(campaignId);
  }
}
