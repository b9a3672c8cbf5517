/**
 * An HTTP thread's way to the engine: gathers the commands of one turn of the event loop into one message, hands each
 * answer to whoever waits for it, and gives up waiting at the deadline. What is not answered is not lost but unknown:
 * the caller says so, and the buyer repeats with the same key.
 */
import { limits } from "../domain/limits.ts";
import type { Counters } from "../engine/counters.ts";
import {
  type Answer,
  decodeAnswers,
  encodeLetters,
  type Letter,
  type LetterHead,
  type Request,
  type ToEngine,
} from "../engine/mailbox.ts";
import type { Clock } from "../host/clock.ts";

interface Waiting {
  readonly ticket: number;
  readonly deadlineMs: number;
  /** `null` when the deadline has passed and the sender was told `outcome_unknown`. */
  resolve: ((answer: Answer) => void) | null;
}

const deadlineMs = 10_000; // a command waits behind some ten batches at most; beyond this the disk hangs
const sweepEveryMs = 250;
/**
 * So many commands leave at once, without waiting for the end of the turn: the engine stores them while this thread
 * reads further requests. With 64 connections that is 9 % more orders.
 */
const lettersMax = 16;
const placesMax = limits.commandsInFlightMax; // no more can wait, so a ticket modulo this is its place

export class EngineClient {
  readonly #post: (message: ToEngine) => void;
  readonly #counters: Counters;
  readonly #clock: Clock;
  /**
   * Who waits, by place. Places are used again, and no Map is: one from which entries come and go leaves its old tables
   * behind, each of which keeps what came after it alive until a full collection (1 KB an order, pauses of 10 ms).
   */
  readonly #waiting: (Waiting | null)[] = [];
  /** For each place that is free the next ticket that leads to it: never the same again. */
  readonly #freeTickets: number[] = [];
  #waitingCount = 0;
  #letters: Letter[] = [];
  #isFlushDue = false;
  #longestWaitMs = 0;

  constructor(parts: { post: (message: ToEngine) => void; counters: Counters; clock: Clock }) {
    this.#post = parts.post;
    this.#counters = parts.counters;
    this.#clock = parts.clock;
    setInterval(() => this.#sweep(), sweepEveryMs);
  }

  /** Senders who wait for their answer. */
  get waitingCount(): number {
    return this.#waitingCount;
  }

  /** Sends a command; `null` when as many wait as may: answer `overloaded`. */
  send(request: Request, head?: LetterHead): Promise<Answer> | null {
    if (!this.#counters.enter(limits.commandsInFlightMax)) return null;
    const ticket = this.#freeTickets.pop() ?? this.#waiting.length;
    const answer = new Promise<Answer>((resolve) => {
      this.#waiting[ticket % placesMax] = { ticket, deadlineMs: this.#clock.elapsedMs() + deadlineMs, resolve };
    });
    this.#waitingCount += 1;
    this.#letters.push(head === undefined ? [ticket, request] : [ticket, request, head]);
    if (this.#letters.length >= lettersMax) this.#flush();
    else if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      setImmediate(() => {
        this.#isFlushDue = false;
        if (this.#letters.length > 0) this.#flush();
      });
    }
    return answer;
  }

  /** Takes a message of answers. */
  receive(text: string): void {
    const nowMs = this.#clock.elapsedMs();
    for (const [ticket, answer] of decodeAnswers(text)) this.#settle(ticket, answer, nowMs);
  }

  /** The longest that anybody has waited for an answer, or waits now, since the last call. */
  takeLongestWaitMs(): number {
    const nowMs = this.#clock.elapsedMs();
    for (const waiting of this.#waiting) if (waiting !== null) this.#noteWait(waiting, nowMs);
    const longest = this.#longestWaitMs;
    this.#longestWaitMs = 0;
    return longest;
  }

  #noteWait(waiting: Waiting, nowMs: number): void {
    this.#longestWaitMs = Math.max(this.#longestWaitMs, nowMs + deadlineMs - waiting.deadlineMs);
  }

  #flush(): void {
    this.#post(encodeLetters(this.#letters));
    this.#letters = [];
  }

  /** Who is overdue is told so. Their command still waits for the engine, so it keeps its place and counts on. */
  #sweep(): void {
    const nowMs = this.#clock.elapsedMs();
    for (const waiting of this.#waiting) {
      if (waiting === null || waiting.resolve === null || waiting.deadlineMs > nowMs) continue;
      waiting.resolve({ code: "outcome_unknown" });
      waiting.resolve = null;
      this.#waitingCount -= 1;
    }
  }

  #settle(ticket: number, answer: Answer, nowMs: number): void {
    const place = ticket % placesMax;
    const waiting = this.#waiting[place];
    if (waiting?.ticket !== ticket) return; // told twice: an engine that ends tells all whom it may not have told
    this.#waiting[place] = null;
    this.#noteWait(waiting, nowMs);
    this.#freeTickets.push(ticket + placesMax);
    this.#counters.leave(1);
    if (waiting.resolve === null) return; // answered after its deadline
    this.#waitingCount -= 1;
    waiting.resolve(answer);
  }
}
