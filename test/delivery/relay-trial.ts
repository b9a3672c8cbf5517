/**
 * A relay on trial: a journal in memory, a clock that stands until it is moved, and a network where the test itself says
 * which request ends when and how. The outbox is the real one, in a folder of its own.
 */
import type { OutgoingEvent } from "../../src/delivery/endpoint-queue.ts";
import type { WebhookRequest, WebhookResult } from "../../src/delivery/webhook-post.ts";
import { WebhookRelay } from "../../src/delivery/webhook-relay.ts";
import type { DeliveryRecord, EndpointRecord } from "../../src/domain/endpoint.ts";
import { formatId, parseId } from "../../src/domain/ids.ts";
import type { Clock } from "../../src/host/clock.ts";
import { type OutboxDesk, openOutbox, openOutboxDesk, type SqliteOutbox } from "../../src/storage/sqlite/outbox.ts";
import { newFolder } from "../harness.ts";

export class TrialClock implements Clock {
  #nowMs = 1_700_000_000_000;

  nowMs(): number {
    return this.#nowMs;
  }

  elapsedMs(): number {
    return this.#nowMs;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}

/** Events as the sale's journal has them; like it, a reading may find fewer than there are. */
export class TrialJournal {
  readonly events: OutgoingEvent[] = [];
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  append(lane: string | null, type = "order_paid"): number {
    const seq = this.events.length + 1;
    const id = `${formatId("evt", seq)}_9e847e35`;
    this.events.push({ seq, id, atMs: this.#clock.nowMs(), type, lane, body: JSON.stringify({ seq, lane }) });
    return seq;
  }

  lastSeq(): number {
    return this.events.length;
  }

  eventsAfter(seq: number, limit: number): { events: OutgoingEvent[]; lastSeq: number } {
    const events = this.events.slice(seq, seq + limit);
    return { events, lastSeq: events.at(-1)?.seq ?? seq };
  }
}

/** A request that is under way until the test ends it. */
export interface Sent {
  readonly webhook: WebhookRequest;
  readonly url: string;
  readonly seq: number;
  end(result: WebhookResult): Promise<void>;
}

export const delivered: WebhookResult = { outcome: "delivered", status: 204 };
export const failed: WebhookResult = { outcome: "refused", status: 500, retryAfterS: null };

export class Trial {
  readonly clock = new TrialClock();
  readonly journal = new TrialJournal(this.clock);
  readonly folder: string;
  /** Requests under way, in the order in which they were sent. */
  sent: Sent[] = [];
  /** How many requests were ever sent. */
  sentCount = 0;
  relay: WebhookRelay;
  outbox: SqliteOutbox;
  readonly desk: OutboxDesk;
  /** What the relay draws for jitter. */
  chance: () => number = () => 1;

  constructor(folder = newFolder()) {
    this.folder = folder;
    this.outbox = openOutbox(folder);
    this.desk = openOutboxDesk(folder);
    this.relay = this.#start();
  }

  /** The process is gone, with everything that was not stored; requests under way never come back. */
  crash(): void {
    // What the dead relay does from now on must not reach the file: it has no connection any more.
    const gone = this.relay;
    this.outbox.close();
    this.sent = [];
    gone.stop().catch(() => {});
    this.outbox = openOutbox(this.folder);
    this.relay = this.#start();
  }

  async wake(): Promise<void> {
    this.relay.wake();
    await ticks();
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms);
    await this.wake();
  }

  /** Ends everything under way, and what follows from it, by a rule; until nothing is under way. */
  async endAll(resultOf: (sent: Sent) => WebhookResult): Promise<void> {
    for (let next = this.sent[0]; next !== undefined; next = this.sent[0]) await next.end(resultOf(next));
  }

  rows(endpointId: number, state: "pending" | "dead"): DeliveryRecord[] {
    return this.desk.deliveries(endpointId, state, Number.MAX_SAFE_INTEGER, 100_000);
  }

  #start(): WebhookRelay {
    return new WebhookRelay({
      source: this.journal,
      store: this.outbox,
      clock: this.clock,
      random: () => this.chance(),
      post: (webhook) => this.#post(webhook),
    });
  }

  #post(webhook: WebhookRequest): Promise<WebhookResult> {
    const seq = parseId("evt", webhook.id.slice(0, 14));
    if (seq === null) throw new Error(`${webhook.id} is no event's id`);
    const { promise, resolve } = Promise.withResolvers<WebhookResult>();
    const sent: Sent = {
      webhook,
      url: webhook.url,
      seq,
      end: async (result) => {
        this.sent = this.sent.filter((other) => other !== sent);
        resolve(result);
        await ticks();
      },
    };
    this.sent.push(sent);
    this.sentCount += 1;
    return promise;
  }
}

export function endpoint(id: number, change: Partial<EndpointRecord> = {}): EndpointRecord {
  return {
    id,
    url: `https://shop.example/${id}`,
    types: null,
    secret: `whsec_${Buffer.from(`secret of endpoint ${id}`).toString("base64")}`,
    previousSecret: null,
    rotatedAtMs: null,
    isEnabled: true,
    ...change,
  };
}

/** Lets every promise that is settled have its effects. */
export function ticks(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
