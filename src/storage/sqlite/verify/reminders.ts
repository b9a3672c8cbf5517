/**
 * Follows every reminder side by side with the events: set while its sale is announced and not open, one of a buyer in a
 * campaign; came at most once, never before its time, and never for a sale that had ended. Flat arrays of numbers.
 */
import type { Database } from "bun:sqlite";
import { formatId } from "../../../domain/ids.ts";
import { detailsText } from "../../../domain/ledger.ts";
import { sha256 } from "../../../host/hash.ts";
import { Check } from "./check.ts";
import type { Erasures } from "./erasures.ts";
import { RowCursor } from "./row-cursor.ts";
import { type EventRow, kinds, nameOf } from "./rules.ts";
import type { Sale } from "./sale.ts";
import { TextNumbers } from "./text-numbers.ts";

interface ReminderRow {
  readonly id: number;
  readonly campaignId: number;
  readonly buyerId: string;
  readonly leadS: number;
  readonly dueAtMs: number;
  readonly state: (typeof states)[number];
  readonly setAtMs: number;
  readonly endedAtMs: number | null;
  readonly endedSeq: number | null;
  readonly salt: string | null;
  readonly erasedSeq: number | null;
}

const select =
  "SELECT id, campaign_id AS campaignId, buyer_id AS buyerId, lead_s AS leadS, due_at_ms AS dueAtMs, state, set_at_ms AS setAtMs, ended_at_ms AS endedAtMs, ended_seq AS endedSeq, salt, erased_seq AS erasedSeq FROM reminders";

/** The states of a reminder; its number is its place. */
const states = ["waiting", "due", "removed"] as const;
const [waiting, due, removed] = [0, 1, 2] as const;
const [leadSMin, leadSMax] = [60, 86_400];

export class Reminders {
  readonly check = new Check("reminders", "reminder", "each came once at most, not before its time, not after the end");
  readonly #db: Database;
  readonly #sale: Sale;
  readonly #erasures: Erasures;
  readonly #rows: RowCursor<ReminderRow>;
  /** The last reminder of a buyer in a campaign: its place and 1. */
  readonly #lastOfBuyer: TextNumbers;
  #count = 0;
  /** By place in the order of ids. What is not there is NaN. */
  readonly #ids: Float64Array;
  readonly #campaignIds: Float64Array;
  readonly #dueAtMs: Float64Array;
  readonly #rowEndedAtMs: Float64Array;
  readonly #rowEndedSeqs: Float64Array;
  readonly #rowStates: Uint8Array;
  readonly #states: Uint8Array;

  constructor(db: Database, sale: Sale, erasures: Erasures) {
    this.#db = db;
    this.#sale = sale;
    this.#erasures = erasures;
    this.#rows = new RowCursor<ReminderRow>(db, select, "reminders");
    const { size } = db.query("SELECT count(*) + 16 AS size FROM reminders").get() as { size: number };
    this.#lastOfBuyer = new TextNumbers(size);
    this.#ids = new Float64Array(size);
    this.#campaignIds = new Float64Array(size);
    this.#dueAtMs = new Float64Array(size);
    this.#rowEndedAtMs = new Float64Array(size);
    this.#rowEndedSeqs = new Float64Array(size);
    this.#rowStates = new Uint8Array(size);
    this.#states = new Uint8Array(size);
  }

  /** Takes an event after its campaign took it. */
  see(event: EventRow): void {
    if (event.kind === kinds.reminder_set) this.#set(event);
    else if (event.kind === kinds.reminder_due) this.#end(event, due);
    else if (event.kind === kinds.reminder_removed) this.#end(event, removed);
  }

  finish(): void {
    this.#rows.skipRest((row) => this.#failUnset(row));
    for (let place = 0; place < this.#count; place++) {
      if (this.#states[place] !== waiting || this.#rowStates[place] === waiting) continue; // compared when it ended
      this.check.fail(`${this.#nameOf(place)} came or was removed, as no event says`);
    }
  }

  #set(event: EventRow): void {
    const row = this.#rows.take(event.id, (skipped) => this.#failUnset(skipped));
    if (row === null) {
      this.check.fail(`${nameOf(event)} is about reminder ${nameOfReminder(event.id)}, which does not exist`);
      return;
    }
    this.check.count += 1;
    if (this.#count === this.#ids.length) throw new Error("there are as many reminders as were counted");
    const place = this.#count++;
    this.#ids[place] = row.id;
    this.#campaignIds[place] = row.campaignId;
    this.#dueAtMs[place] = row.dueAtMs;
    this.#rowEndedAtMs[place] = row.endedAtMs ?? Number.NaN;
    this.#rowEndedSeqs[place] = row.endedSeq ?? Number.NaN;
    this.#rowStates[place] = states.indexOf(row.state);
    this.#states[place] = waiting;
    const problem = this.#problemOf(row, event) ?? this.#problemOfBuyer(row, place);
    if (problem !== null) this.check.fail(`${this.#nameOf(place)} ${problem}`);
  }

  #problemOf(row: ReminderRow, event: EventRow): string | null {
    const { leadS, dueAtMs } = row;
    const campaign = this.#sale.campaigns.get(row.campaignId);
    if (campaign === undefined || row.campaignId !== event.campaignId)
      return `is of another campaign than ${nameOf(event)}`;
    if (row.setAtMs !== event.atMs) return `was set at another time than ${nameOf(event)}`;
    if (campaign.replayed !== "scheduled")
      return `was set while its campaign was ${campaign.replayed ?? "not created"}`;
    if (leadS % 60 !== 0 || leadS < leadSMin || leadS > leadSMax) return `has a lead of ${leadS} s`;
    const expectedMs = (campaign.opensAtMs ?? 0) - leadS * 1_000;
    if (dueAtMs !== expectedMs) return `is due at ${dueAtMs} ms, ${leadS} s before the opening is ${expectedMs} ms`;
    if (dueAtMs <= event.atMs) return "was due before it was set";
    if (row.erasedSeq !== null || row.salt === null) return this.#erasures.problemOf(row);
    if (event.details === sha256(detailsText(row.salt, [row.buyerId, leadS]))) return null;
    return `has another buyer, lead or salt than ${nameOf(event)} was hashed with`;
  }

  /** A buyer has one reminder of a campaign at a time. */
  #problemOfBuyer({ id, campaignId, buyerId }: ReminderRow, place: number): string | null {
    if (buyerId === "") return null;
    const before = this.#lastOfBuyer.replace(`${campaignId}\n${buyerId}`, place + 1) - 1;
    if (before < 0 || this.#states[before] !== waiting) return null;
    const found = this.#db
      .query<{ buyers: number }, [number, number]>(
        "SELECT count(DISTINCT buyer_id) AS buyers FROM reminders WHERE id IN (?, ?)",
      )
      .get(this.#ids[before] as number, id);
    return found?.buyers === 1 ? `is the second of a buyer who has ${this.#nameOf(before)}` : null;
  }

  #end(event: EventRow, state: typeof due | typeof removed): void {
    const place = this.#find(event);
    if (place < 0 || this.#states[place] !== waiting) {
      this.check.fail(`${nameOf(event)} is of a reminder that does not wait then`);
      return;
    }
    this.#states[place] = state;
    const campaign = this.#sale.campaigns.get(event.campaignId ?? 0);
    const dueAtMs = this.#dueAtMs[place] as number;
    if (campaign?.replayed === "ended") this.check.fail(`${nameOf(event)} comes when its campaign has ended`);
    if (state === due && event.atMs < dueAtMs) {
      this.check.fail(`${nameOf(event)} comes ${dueAtMs - event.atMs} ms before its time`);
    }
    const row = this.#rowStates[place] as number;
    const isSame = this.#rowEndedAtMs[place] === event.atMs && this.#rowEndedSeqs[place] === event.id;
    if (row !== state) this.check.fail(`${this.#nameOf(place)} is ${states[row]}, its events make it ${states[state]}`);
    else if (!isSame)
      this.check.fail(`${this.#nameOf(place)} ended at another time, or by another event, than its row says`);
  }

  /** The place of the reminder of its campaign that an event names, or -1. */
  #find({ previousSeq, campaignId }: EventRow): number {
    let [low, high] = [0, this.#count - 1];
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const at = this.#ids[middle] as number;
      if (at === previousSeq) return this.#campaignIds[middle] === campaignId ? middle : -1;
      if (at < (previousSeq ?? 0)) low = middle + 1;
      else high = middle - 1;
    }
    return -1;
  }

  #nameOf(place: number): string {
    return `reminder ${nameOfReminder(this.#ids[place] as number)}`;
  }

  #failUnset({ id }: ReminderRow): void {
    this.check.count += 1;
    this.check.fail(`reminder ${nameOfReminder(id)} has no event by which it was set`);
  }
}

function nameOfReminder(id: number): string {
  return formatId("rmd", id);
}
