/**
 * What has happened in each campaign since this process started, in shared memory, for the metrics: how attempts to buy
 * ended (HTTP threads add), which events were stored and who stands in the queue (the engine thread, after COMMIT). One
 * line of words per campaign, found by the line of its first offer. Counting is one atomic addition and allocates
 * nothing; whoever is asked for the metrics reads. Never decides anything: the counts of stock are counters.ts.
 */
import type { Event } from "../domain/event.ts";
import { type AttemptOutcome, attemptOutcomes } from "../domain/outcome.ts";

/** Events that are counted for their campaign. */
export const campaignEventsCounted = [
  "queue_joined",
  "queue_admitted",
  "draw_entered",
  "waitlist_joined",
  "order_reserved",
  "order_offered",
  "order_paid",
  "order_cancelled",
  "order_expired",
  "order_refund_requested",
] as const satisfies readonly Event["type"][];
export type CampaignEventCounted = (typeof campaignEventsCounted)[number];

const lineWords = 48; // three cache lines
const outcomesStart = 0;
const eventsStart = attemptOutcomes.length;
const word = { waiting: lineWords - 2, passes: lineWords - 1 } as const;
if (eventsStart + campaignEventsCounted.length > word.waiting) throw new Error("a campaign's line is too short");

const outcomeWords = new Map(attemptOutcomes.map((outcome, at) => [outcome, outcomesStart + at]));
const eventWords = new Map<string, number>(campaignEventsCounted.map((type, at) => [type, eventsStart + at]));

export class CampaignBoard {
  readonly buffer: SharedArrayBuffer;
  /** Unsigned: a count goes round after 4,294,967,295, and who takes differences takes it for a new start. */
  readonly #words: Uint32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Uint32Array(buffer);
  }

  /** Shared memory for this many lines; the system gives a page of it when it is first written. */
  static forLines(linesMax: number): CampaignBoard {
    return new CampaignBoard(new SharedArrayBuffer(linesMax * lineWords * 4));
  }

  /** Counts how an attempt to buy has ended. */
  countOutcome(line: number, outcome: AttemptOutcome): void {
    Atomics.add(this.#words, line * lineWords + (outcomeWords.get(outcome) as number), 1);
  }

  /** Engine thread only: counts an event, if it is one of those that are counted. */
  countEvent(line: number, type: Event["type"]): void {
    const at = eventWords.get(type);
    if (at !== undefined) Atomics.add(this.#words, line * lineWords + at, 1);
  }

  /** Engine thread only: shows who stands in the queue, and how many passes are out. */
  showQueue(line: number, { waiting, passes }: { waiting: number; passes: number }): void {
    Atomics.store(this.#words, line * lineWords + word.waiting, waiting);
    Atomics.store(this.#words, line * lineWords + word.passes, passes);
  }

  /** Whether nothing has happened in it. */
  isQuiet(line: number): boolean {
    for (let at = line * lineWords; at < line * lineWords + word.waiting; at += 1) {
      if (this.#words[at] !== 0) return false;
    }
    return true;
  }

  outcomes(line: number): (readonly [AttemptOutcome, number])[] {
    return attemptOutcomes.map((outcome, at) => [outcome, this.#read(line, outcomesStart + at)] as const);
  }

  events(line: number): (readonly [CampaignEventCounted, number])[] {
    return campaignEventsCounted.map((type, at) => [type, this.#read(line, eventsStart + at)] as const);
  }

  queue(line: number): { readonly waiting: number; readonly passes: number } {
    return { waiting: this.#read(line, word.waiting), passes: this.#read(line, word.passes) };
  }

  #read(line: number, at: number): number {
    return Atomics.load(this.#words, line * lineWords + at);
  }
}
