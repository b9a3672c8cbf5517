/**
 * What the relay holds of one endpoint: events read from the journal, in lanes, until they are delivered or given up.
 * Decides what may be sent when; sends and stores nothing itself. Invariant: every event up to `cursor` is delivered, not
 * wanted, or among the deliveries that `takeChanges` has handed out. Bounded by webhookDeliveriesPendingMax.
 *
 *   item      entered when                                       left when
 *   ahead     read from the journal                              delivered; failed; an earlier one of its lane failed
 *   pending   failed, or behind a failed one of its lane; found  delivered; given up
 *             in the outbox at start, or brought back by replay
 *   dead      attempts or time used up, soon when it is refused  replayed
 *             for what it says; later ones of its lane go on
 *
 *   endpoint  entered when                                       left when
 *   healthy   something was delivered                            failuresInARowMax different events failed since
 *   failing   so many failed: one probe at a time, pauses grow   a probe is delivered
 */
import type { DeliveryRecord, EndpointRecord } from "../domain/endpoint.ts";
import { limits } from "../domain/limits.ts";
import type { WebhookResult } from "./webhook-post.ts";

/** An event as it goes out. */
export interface OutgoingEvent {
  readonly seq: number;
  /** Names what happened, not its place alone: a sale that was restored gives sequence numbers to other events. */
  readonly id: string;
  readonly atMs: number;
  readonly type: string;
  /** Events of one lane are delivered in order: the order's id. */
  readonly lane: string | null;
  /** The exact JSON to send. */
  readonly body: string;
}

export type Message = Pick<OutgoingEvent, "id" | "body">;

export interface Item {
  readonly seq: number;
  readonly lane: Lane;
  readonly type: string;
  /** Known until the first failure; read again for each attempt after it. */
  message: Message | null;
  readonly atMs: number | null;
  /** Its row in the outbox, when it has one. */
  record: DeliveryRecord | null;
  /** Answers in a row that were about this event alone. */
  refusals: number;
}

interface Lane {
  readonly key: string | number;
  readonly name: string | null;
  /** In the order of seq; the first one is the next to go. */
  readonly items: Item[];
  isSending: boolean;
}

interface Verdict {
  readonly nowMs: number;
  /** A number in [0, 1). */
  readonly chance: number;
}

/** What became of an attempt, for whoever counts. */
export type Settlement = "delivered" | "pending" | "dead";

/** Different events that fail without a success between them before the endpoint is taken to be down. Those that are
 * refused for what they say do not count: it is up, and takes others. */
const failuresInARowMax = 5;
const retryMsMin = 1_000;
const pauseMsMin = 1_000;

/** Whether an answer is about the event that was sent, not about the endpoint or the moment. */
function isAboutEvent(status: number | null): boolean {
  return status !== null && status >= 400 && status < 500 && status !== 408 && status !== 425 && status !== 429;
}

/** The wait before the next attempt: anything up to a bound that doubles (full jitter: those who failed together part). */
export function retryDelayMs(attempts: number, chance: number): number {
  return Math.ceil(chance * Math.min(limits.webhookRetryMsMax, retryMsMin * 2 ** (attempts - 1)));
}

/** A failing endpoint's pause before the next probe: never nothing. */
function pauseMs(pauses: number, chance: number): number {
  return pauseMsMin + Math.ceil(chance * Math.min(limits.webhookPauseMsMax, pauseMsMin * 2 ** (pauses - 1)));
}

export class EndpointQueue {
  record: EndpointRecord;
  inFlight = 0;
  /** Every event up to this one has been read from the journal. */
  #readSeq: number;
  readonly #ahead = new Map<number, Item>();
  readonly #pending = new Map<number, Item>();
  /** Dead letters after the cursor: a restart reads their events once more. */
  readonly #deadAfterCursor = new Set<number>();
  readonly #lanes = new Map<string | number, Lane>();
  readonly #ready = new Set<Lane>();
  readonly #delayed = new Set<Lane>();
  /** No delayed lane is due before. */
  #delayedUntilMs = Number.POSITIVE_INFINITY;
  readonly #failedSeqs = new Set<number>();
  #pauses = 0;
  #pausedUntilMs = 0;
  /** Rows to be stored; `null` for one to be removed. */
  #changes = new Map<number, DeliveryRecord | null>();

  constructor(record: EndpointRecord, cursor: number) {
    this.record = record;
    this.#readSeq = cursor;
  }

  get readSeq(): number {
    return this.#readSeq;
  }

  /** Every event up to this one is done with or has a row, once the changes are stored. */
  get cursor(): number {
    const first = this.#ahead.keys().next();
    return first.done === true ? this.#readSeq : first.value - 1;
  }

  get pendingCount(): number {
    return this.#pending.size;
  }

  get aheadCount(): number {
    return this.#ahead.size;
  }

  /** When the first event without an attempt happened, or `null`. */
  get waitingSinceMs(): number | null {
    const first = this.#ahead.values().next();
    return first.done === true ? null : first.value.atMs;
  }

  /** Whether it fails whatever it is sent. */
  get isFailing(): boolean {
    return this.#failedSeqs.size >= failuresInARowMax;
  }

  /** How many more events may be read for it. */
  get room(): number {
    if (!this.record.isEnabled) return 0;
    const ahead = this.#ahead.size;
    const rows = limits.webhookDeliveriesPendingMax - this.#pending.size - ahead;
    return Math.max(0, Math.min(limits.webhookEventsAheadMax - ahead, rows));
  }

  /**
   * Gives up the oldest events that are refused for what they say, when their rows leave no room to read on to what the
   * endpoint may take. Answers how many.
   */
  makeRoom(nowMs: number): number {
    const readableMin = limits.webhooksInFlightPerEndpointMax;
    if (!this.record.isEnabled || this.isFailing || this.#ahead.size >= readableMin) return 0;
    const rows = limits.webhookDeliveriesPendingMax - this.#pending.size - this.#ahead.size;
    if (rows >= readableMin) return 0;
    const refused = [...this.#pending.values()]
      .filter(
        ({ record, lane }) =>
          record !== null && record.attempts > 0 && isAboutEvent(record.lastStatus) && !lane.isSending,
      )
      .toSorted((a, b) => a.seq - b.seq)
      .slice(0, readableMin - rows);
    for (const item of refused) this.#bury(item, "refused, and others wait", nowMs);
    return refused.length;
  }

  /** Takes the next events of the journal, which has been read up to `readSeq`. */
  read(events: readonly OutgoingEvent[], readSeq: number, nowMs: number): void {
    for (const event of events) {
      if (event.seq <= this.#readSeq || event.seq > readSeq) throw new Error(`event ${event.seq} is out of order`);
      this.#readSeq = event.seq;
      const isWanted = this.record.types === null || this.record.types.includes(event.type);
      if (!isWanted || this.#pending.has(event.seq) || this.#deadAfterCursor.delete(event.seq)) continue;
      this.#add({ ...event, message: event }, null, nowMs);
    }
    this.#readSeq = readSeq;
  }

  /** Takes what the outbox has of it: at start, and after a replay. What it knows already it leaves as it is. */
  restore(records: readonly DeliveryRecord[], nowMs: number): void {
    for (const record of records) {
      if (record.state === "dead") {
        if (record.seq > this.#readSeq) this.#deadAfterCursor.add(record.seq);
      } else if (!this.#pending.has(record.seq) && !this.#ahead.has(record.seq)) {
        this.#deadAfterCursor.delete(record.seq);
        this.#add({ ...record, atMs: null, message: null }, record, nowMs);
      }
    }
  }

  /** The next event to send, now taken to be under way; `null` when nothing may be sent at the moment. */
  take(nowMs: number): Item | null {
    const inFlightMax = this.isFailing ? 1 : limits.webhooksInFlightPerEndpointMax;
    if (!this.record.isEnabled || this.inFlight >= inFlightMax || nowMs < this.#pausedUntilMs) return null;
    if (nowMs >= this.#delayedUntilMs) this.#wakeDelayed(nowMs);
    const next = this.#ready.values().next();
    if (next.done === true) return null;
    const lane = next.value;
    const [item] = lane.items;
    if (item === undefined || lane.isSending) throw new Error(`lane ${lane.key} has nothing to send`);
    this.#ready.delete(lane);
    lane.isSending = true;
    this.inFlight += 1;
    return item;
  }

  /** What became of an event that `take` gave. */
  settle(item: Item, result: WebhookResult, { nowMs, chance }: Verdict): Settlement {
    if (!item.lane.isSending) throw new Error(`event ${item.seq} is not under way`);
    item.lane.isSending = false;
    this.inFlight -= 1;
    const settlement =
      result.outcome === "delivered" ? this.#delivered(item) : this.#failed(item, result, nowMs, chance);
    this.#schedule(item.lane, nowMs);
    return settlement;
  }

  /** An event that the journal does not have any more: nothing that could be sent. */
  giveUp(item: Item, reason: string, nowMs: number): void {
    if (!item.lane.isSending) throw new Error(`event ${item.seq} is not under way`);
    item.lane.isSending = false;
    this.inFlight -= 1;
    this.#bury(item, reason, nowMs);
  }

  /** The rows that have changed since the last call; `null` for one that is not needed any more. */
  takeChanges(): ReadonlyMap<number, DeliveryRecord | null> {
    const changes = this.#changes;
    this.#changes = new Map();
    return changes;
  }

  #delivered(item: Item): Settlement {
    this.#failedSeqs.clear();
    this.#pauses = 0;
    if (item.record !== null) this.#changes.set(item.seq, null);
    this.#forget(item);
    return "delivered";
  }

  #failed(
    item: Item,
    result: Exclude<WebhookResult, { outcome: "delivered" }>,
    nowMs: number,
    chance: number,
  ): Settlement {
    const record = item.record ?? this.#newRecord(item, nowMs);
    const attempts = record.attempts + 1;
    const firstAttemptAtMs = record.firstAttemptAtMs ?? nowMs;
    const askedMs = retryAfterMs(result);
    const lastStatus = result.outcome === "refused" ? result.status : null;
    item.refusals = isAboutEvent(lastStatus) ? item.refusals + 1 : 0;
    const isDead =
      attempts >= limits.webhookAttemptsMax ||
      item.refusals >= limits.webhookRefusalsMax ||
      nowMs - firstAttemptAtMs >= limits.webhookAgeMsMax;
    this.#store(item, {
      ...record,
      state: isDead ? "dead" : "pending",
      attempts,
      nextAtMs: nowMs + Math.max(askedMs, retryDelayMs(attempts, chance)),
      firstAttemptAtMs,
      lastAttemptAtMs: nowMs,
      lastStatus,
      lastError: errorOf(result),
    });
    item.message = null;
    if (item.refusals === 0) this.#pause(item.seq, result, { nowMs, chance });
    if (isDead) this.#forget(item);
    // Those behind it cannot be sent before it: with rows of their own they do not hold up the cursor.
    else
      for (const behind of item.lane.items)
        if (behind.record === null) this.#store(behind, this.#newRecord(behind, nowMs));
    return isDead ? "dead" : "pending";
  }

  #pause(seq: number, result: WebhookResult, { nowMs, chance }: Verdict): void {
    if (this.#failedSeqs.size < failuresInARowMax) this.#failedSeqs.add(seq);
    // Of those that were under way together when it began to fail, the first one begins the pause.
    if (this.isFailing && nowMs >= this.#pausedUntilMs) this.#pausedUntilMs = nowMs + pauseMs(++this.#pauses, chance);
    const isAsked = result.outcome === "refused" && (result.status === 429 || result.status === 503);
    if (isAsked) this.#pausedUntilMs = Math.max(this.#pausedUntilMs, nowMs + retryAfterMs(result));
  }

  #add(
    event: Pick<OutgoingEvent, "seq" | "type" | "lane"> & Pick<Item, "message" | "atMs">,
    record: DeliveryRecord | null,
    nowMs: number,
  ) {
    const key = event.lane ?? event.seq;
    const lane = this.#lanes.get(key) ?? { key, name: event.lane, items: [], isSending: false };
    this.#lanes.set(key, lane);
    const item: Item = {
      seq: event.seq,
      lane,
      type: event.type,
      message: event.message,
      atMs: event.atMs,
      record,
      refusals: 0,
    };
    lane.items.splice(lane.items.findLastIndex(({ seq }) => seq < item.seq) + 1, 0, item);
    if (record !== null) this.#pending.set(item.seq, item);
    else if (lane.items[0]?.record !== null) this.#store(item, this.#newRecord(item, nowMs));
    else this.#ahead.set(item.seq, item);
    this.#schedule(lane, nowMs);
  }

  #newRecord({ seq, type, lane }: Item, nowMs: number): DeliveryRecord {
    return {
      endpointId: this.record.id,
      seq,
      type,
      lane: lane.name,
      state: "pending",
      attempts: 0,
      nextAtMs: nowMs,
      firstAttemptAtMs: null,
      lastAttemptAtMs: null,
      lastStatus: null,
      lastError: null,
    };
  }

  #store(item: Item, record: DeliveryRecord): void {
    item.record = record;
    this.#changes.set(item.seq, record);
    this.#ahead.delete(item.seq);
    this.#pending.set(item.seq, item);
  }

  #bury(item: Item, reason: string, nowMs: number): void {
    if (item.record === null) throw new Error(`event ${item.seq} has no row`);
    this.#store(item, { ...item.record, state: "dead", lastError: reason });
    this.#forget(item);
    this.#schedule(item.lane, nowMs);
  }

  #forget(item: Item): void {
    item.lane.items.splice(item.lane.items.indexOf(item), 1);
    this.#ahead.delete(item.seq);
    this.#pending.delete(item.seq);
  }

  #schedule(lane: Lane, nowMs: number): void {
    this.#ready.delete(lane);
    this.#delayed.delete(lane);
    if (lane.isSending) return;
    const [item] = lane.items;
    if (item === undefined) {
      this.#lanes.delete(lane.key);
      return;
    }
    const nextAtMs = item.record?.nextAtMs ?? nowMs;
    if (nextAtMs <= nowMs) {
      this.#ready.add(lane);
    } else {
      this.#delayed.add(lane);
      this.#delayedUntilMs = Math.min(this.#delayedUntilMs, nextAtMs);
    }
  }

  #wakeDelayed(nowMs: number): void {
    const delayed = [...this.#delayed];
    this.#delayed.clear();
    this.#delayedUntilMs = Number.POSITIVE_INFINITY;
    for (const lane of delayed) this.#schedule(lane, nowMs);
  }
}

function retryAfterMs(result: WebhookResult): number {
  if (result.outcome !== "refused" || result.retryAfterS === null) return 0;
  return Math.min(result.retryAfterS * 1_000, limits.webhookRetryAfterMsMax);
}

function errorOf(result: Exclude<WebhookResult, { outcome: "delivered" }>): string {
  switch (result.outcome) {
    case "refused":
      return "refused";
    case "unreachable":
      return result.reason;
    case "forbidden_address":
      return `forbidden address ${result.address}`;
  }
}
