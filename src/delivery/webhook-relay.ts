/**
 * Tells the shop's endpoints of what has happened: reads the journal behind the engine, posts each event until it is
 * taken, and keeps how far it is in a file of its own. The journal is the outbox: an event stands there in the transaction
 * of its change, so nothing is told that did not happen, and nothing is left out.
 *
 * Each endpoint is told at least once, with the same `webhook-id` every time, and in order within a lane (one order's
 * events); after a dead letter the later events of its lane go on. What is kept is stored in groups, so a crash repeats at
 * most the deliveries of the last `storeEveryMs`. Never writes the sale. Failing endpoints hold up nobody else: they are
 * asked less and less, in bounded memory and rows, and the journal holds what they miss.
 */
import type { DeliveryRecord, EndpointRecord } from "../domain/endpoint.ts";
import { signingSecrets } from "../domain/endpoint.ts";
import { limits } from "../domain/limits.ts";
import type { Clock } from "../host/clock.ts";
import { EndpointQueue, type Item, type Message, type OutgoingEvent } from "./endpoint-queue.ts";
import type { PostWebhook, WebhookResult } from "./webhook-post.ts";

/** The journal, read. */
export interface EventSource {
  lastSeq(): number;
  /** Events after a sequence number, and the last number looked at. */
  eventsAfter(seq: number, limit: number): { readonly events: readonly OutgoingEvent[]; readonly lastSeq: number };
}

/** How far an endpoint has come. */
export interface EndpointCursor {
  readonly endpointId: number;
  /** Every event up to it is delivered, not wanted, or has a row. */
  readonly readSeq: number;
}

/** What changes together, in one transaction. */
export interface OutboxChanges {
  readonly cursors: readonly EndpointCursor[];
  readonly deliveries: readonly DeliveryRecord[];
  /** Rows that are not needed any more. */
  readonly delivered: readonly { readonly endpointId: number; readonly seq: number }[];
}

/** The relay's own file. */
export interface OutboxStore {
  /**
   * Makes these the endpoints: what is kept of any other is removed, a new one begins at the cursor given, and what lies
   * behind the journal's end (a sale that was restored from a backup) is forgotten. Answers where each one stands.
   */
  enroll(endpoints: readonly EndpointCursor[], lastSeq: number): EndpointCursor[];
  /** What is pending, and the dead letters after the cursor. */
  load(endpointId: number): DeliveryRecord[];
  /** Whether another connection has written since the last asking. */
  isChangedElsewhere(): boolean;
  store(changes: OutboxChanges): void;
}

export interface WebhookRelayParts {
  readonly source: EventSource;
  readonly store: OutboxStore;
  readonly clock: Clock;
  /** A number in [0, 1), for jitter. */
  readonly random: () => number;
  readonly post: PostWebhook;
}

/** Figures for an operator; counters are since the start. */
export interface RelayStats {
  readonly endpoints: number;
  /** Endpoints that fail whatever they are sent. */
  readonly endpointsFailing: number;
  readonly inFlight: number;
  /** Deliveries that are tried again. */
  readonly pending: number;
  /** The most events that an enabled endpoint is behind the journal. */
  readonly eventsBehindMax: number;
  /** How long the oldest event in memory has waited for its first attempt; near nothing when all is well. */
  readonly waitingMsMax: number;
  readonly delivered: number;
  readonly refused: number;
  readonly unreachable: number;
  readonly forbiddenAddress: number;
  readonly deadLettered: number;
}

const lookEveryMs = 100;
/** One transaction a second at most: its sync to disk competes with the sale's. */
const storeEveryMs = 1_000;
/** How long a stop waits for what is under way; what is cut off is sent again after the next start. */
const stopMsMax = 2_000;
/** Readings for one endpoint in one go, when few of the events are wanted: the thread has others to serve. */
const readsInARowMax = 8;

export class WebhookRelay {
  readonly #parts: WebhookRelayParts;
  readonly #timer: Timer;
  readonly #queues = new Map<number, EndpointQueue>();
  /** The cursors as they are stored. */
  readonly #stored = new Map<number, number>();
  readonly #underWay = new Set<Promise<void>>();
  #lastSeq = 0;
  #storeAtMs = 0;
  #turn = 0;
  #isStopped = false;
  readonly #counts = { delivered: 0, refused: 0, unreachable: 0, forbiddenAddress: 0, deadLettered: 0 };

  constructor(parts: WebhookRelayParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => this.wake(), lookEveryMs);
  }

  /**
   * Makes these the endpoints, all of them: what is kept of one that is not among them is removed. One that is new here
   * goes on where the outbox has it, else with the events after its creation.
   */
  setEndpoints(records: readonly EndpointRecord[]): void {
    if (this.#isStopped) return;
    const { source, store, clock } = this.#parts;
    this.#store();
    const places = store.enroll(
      records.map(({ id }) => ({ endpointId: id, readSeq: id })),
      source.lastSeq(),
    );
    const cursors = new Map(places.map(({ endpointId, readSeq }) => [endpointId, readSeq]));
    for (const id of this.#queues.keys()) if (!cursors.has(id)) this.#remove(id);
    for (const record of records) {
      const queue = this.#queues.get(record.id);
      if (queue === undefined) this.#add(record, cursors.get(record.id), clock.nowMs());
      else queue.record = record;
    }
    this.wake();
  }

  /** Looks whether there is something to read, to send or to store: by itself every `lookEveryMs`, or when called. */
  wake(): void {
    if (this.#isStopped) return;
    const { source, store, clock } = this.#parts;
    const nowMs = clock.nowMs();
    if (store.isChangedElsewhere()) {
      // Stored first: what is loaded then is newer than what is known here.
      this.#store();
      for (const [id, queue] of this.#queues) queue.restore(store.load(id), nowMs);
    }
    this.#lastSeq = source.lastSeq();
    for (const queue of this.#queues.values()) this.#read(queue);
    this.#send();
    if (nowMs >= this.#storeAtMs) {
      this.#storeAtMs = nowMs + storeEveryMs;
      this.#store();
    }
  }

  /** Starts nothing more, waits a little for what is under way, and stores how far it came. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    clearInterval(this.#timer);
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, stopMsMax);
    await Promise.race([Promise.all(this.#underWay), late]);
    clearTimeout(timer);
    this.#store();
  }

  stats(): RelayStats {
    const queues = [...this.#queues.values()];
    const enabled = queues.filter(({ record }) => record.isEnabled);
    const nowMs = this.#parts.clock.nowMs();
    return {
      endpoints: queues.length,
      endpointsFailing: queues.filter(({ isFailing }) => isFailing).length,
      inFlight: this.#underWay.size,
      pending: queues.reduce((sum, { pendingCount }) => sum + pendingCount, 0),
      eventsBehindMax: enabled.reduce((most, { cursor }) => Math.max(most, this.#lastSeq - cursor), 0),
      waitingMsMax: enabled.reduce((most, { waitingSinceMs }) => Math.max(most, nowMs - (waitingSinceMs ?? nowMs)), 0),
      ...this.#counts,
    };
  }

  #add(record: EndpointRecord, cursor: number | undefined, nowMs: number): void {
    if (cursor === undefined) throw new Error(`endpoint ${record.id} is not enrolled`);
    const queue = new EndpointQueue(record, cursor);
    queue.restore(this.#parts.store.load(record.id), nowMs);
    this.#queues.set(record.id, queue);
    this.#stored.set(record.id, cursor);
  }

  #remove(id: number): void {
    this.#queues.delete(id);
    this.#stored.delete(id);
  }

  #read(queue: EndpointQueue): void {
    if (queue.readSeq < this.#lastSeq) this.#counts.deadLettered += queue.makeRoom(this.#parts.clock.nowMs());
    for (let reads = 0; reads < readsInARowMax && queue.room > 0 && queue.readSeq < this.#lastSeq; reads++) {
      const { events, lastSeq } = this.#parts.source.eventsAfter(queue.readSeq, queue.room);
      queue.read(events, lastSeq, this.#parts.clock.nowMs());
    }
  }

  /** Sends as much as may be sent, in turns, so that no endpoint takes all the room. */
  #send(): void {
    if (this.#isStopped) return;
    const queues = [...this.#queues.values()];
    const nowMs = this.#parts.clock.nowMs();
    for (let idle = 0; idle < queues.length && this.#underWay.size < limits.webhooksInFlightMax; ) {
      const queue = queues[this.#turn++ % queues.length];
      const item = queue?.take(nowMs) ?? null;
      if (queue === undefined || item === null) {
        idle += 1;
        continue;
      }
      idle = 0;
      const delivery: Promise<void> = this.#deliver(queue, item).finally(() => this.#underWay.delete(delivery));
      this.#underWay.add(delivery);
      // A failure in here is a broken invariant or a failing disk, not an endpoint's: it ends the process.
      void delivery.then(() => this.#goOn(queue));
    }
  }

  async #deliver(queue: EndpointQueue, item: Item): Promise<void> {
    const { clock, random, post } = this.#parts;
    const { record } = queue;
    const sentAtMs = clock.nowMs();
    const message = item.message ?? this.#messageOf(item.seq);
    if (message === null) {
      queue.giveUp(item, "the event is not in the journal", sentAtMs);
      this.#counts.deadLettered += 1;
      return;
    }
    const result = await post({
      url: record.url,
      secrets: signingSecrets(record, sentAtMs),
      id: message.id,
      sentAtMs,
      body: message.body,
    });
    const settlement = queue.settle(item, result, { nowMs: clock.nowMs(), chance: random() });
    this.#count(result);
    if (settlement === "dead") this.#counts.deadLettered += 1;
  }

  /** After a delivery: as few readings as keep the endpoint busy. */
  #goOn(queue: EndpointQueue): void {
    if (this.#isStopped) return;
    if (queue.aheadCount < limits.webhookEventsAheadMax / 2 && this.#queues.get(queue.record.id) === queue) {
      this.#read(queue);
    }
    this.#send();
  }

  #messageOf(seq: number): Message | null {
    const { events } = this.#parts.source.eventsAfter(seq - 1, 1);
    const [event] = events;
    return event?.seq === seq ? event : null;
  }

  #count({ outcome }: WebhookResult): void {
    switch (outcome) {
      case "delivered":
        this.#counts.delivered += 1;
        break;
      case "refused":
        this.#counts.refused += 1;
        break;
      case "unreachable":
        this.#counts.unreachable += 1;
        break;
      case "forbidden_address":
        this.#counts.forbiddenAddress += 1;
        break;
    }
  }

  #store(): void {
    const cursors: EndpointCursor[] = [];
    const deliveries: DeliveryRecord[] = [];
    const delivered: { endpointId: number; seq: number }[] = [];
    for (const [endpointId, queue] of this.#queues) {
      const readSeq = queue.cursor;
      if (readSeq !== this.#stored.get(endpointId)) cursors.push({ endpointId, readSeq });
      this.#stored.set(endpointId, readSeq);
      for (const [seq, record] of queue.takeChanges()) {
        if (record === null) delivered.push({ endpointId, seq });
        else deliveries.push(record);
      }
    }
    if (cursors.length + deliveries.length + delivered.length > 0) {
      this.#parts.store.store({ cursors, deliveries, delivered });
    }
  }
}
