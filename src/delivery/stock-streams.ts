/**
 * A campaign's state and counts as a stream: the whole of them at the beginning and whenever something changed, at most
 * five times a second however many orders come in. A snapshot needs no history: whoever reconnects gets the whole of it
 * again, whatever they saw last. (An id alone does not tell that nothing has changed: counts and state travel apart, so
 * the same number may stand under two snapshots for an instant.)
 */
import { limits } from "../domain/limits.ts";
import { encodeEvent, heartbeat, SseClient } from "./sse.ts";

export interface StockStreamParts {
  /** Changes whenever the campaign or one of its counts does. */
  readonly versionOf: (campaignId: number) => number;
  readonly render: (campaignId: number) => string;
  readonly committedSeq: () => number;
  /** Told of every stream that opens (1) or ends (-1). */
  readonly countOpen: (change: 1 | -1) => void;
}

interface Channel {
  readonly clients: Set<SseClient>;
  version: number;
  last: Uint8Array;
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

  /** A stream of the campaign, or `null` when too many are open. */
  open(campaignId: number): ReadableStream<Uint8Array> | null {
    if (this.#count >= limits.streamsPerThreadMax) return null;
    const channel = this.#channels.get(campaignId) ?? this.#openChannel(campaignId);
    const client = new SseClient(() => this.#remove(campaignId, client));
    channel.clients.add(client);
    this.#count += 1;
    this.#parts.countOpen(1);
    client.send(channel.last);
    return client.stream;
  }

  /** All, or those of one campaign. */
  closeAll(campaignId: number | null = null): void {
    const channels = campaignId === null ? [...this.#channels.values()] : [this.#channels.get(campaignId)];
    for (const channel of channels) for (const client of [...(channel?.clients ?? [])]) client.close();
  }

  #openChannel(campaignId: number): Channel {
    const channel: Channel = { clients: new Set(), version: Number.NaN, last: heartbeat };
    this.#refresh(campaignId, channel);
    this.#channels.set(campaignId, channel);
    return channel;
  }

  /** Makes the snapshot anew when it is not true any more; whether it was. */
  #refresh(campaignId: number, channel: Channel): boolean {
    const version = this.#parts.versionOf(campaignId);
    if (version === channel.version) return false;
    channel.version = version;
    channel.last = encodeEvent("campaign", this.#parts.committedSeq(), this.#parts.render(campaignId));
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
    this.#parts.countOpen(-1);
    if (channel.clients.size === 0) this.#channels.delete(campaignId);
  }
}
