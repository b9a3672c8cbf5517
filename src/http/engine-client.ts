/**
 * An HTTP thread's way to the engine: gathers the commands of one turn of the event loop into one message, hands each
 * answer to whoever waits for it, and gives up waiting at the deadline. What is not answered is not lost but unknown:
 * the caller says so, and the buyer repeats with the same key.
 */
import type { Command } from "../domain/command.ts";
import { limits } from "../domain/limits.ts";
import type { Counters } from "../engine/counters.ts";
import {
  type Answer,
  type AskAttempt,
  decodeAnswers,
  encodeLetters,
  type Letter,
  type ToEngine,
} from "../engine/mailbox.ts";
import type { Clock } from "../host/clock.ts";

interface Waiting {
  readonly deadlineMs: number;
  readonly resolve: (answer: Answer) => void;
}

const deadlineMs = 10_000; // a command waits behind some ten batches at most; beyond this the disk hangs
const sweepEveryMs = 250;

export class EngineClient {
  readonly #post: (message: ToEngine) => void;
  readonly #counters: Counters;
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #letters: Letter[] = [];
  #lastTicket = 0;
  #isFlushDue = false;

  constructor(parts: { post: (message: ToEngine) => void; counters: Counters; clock: Clock }) {
    this.#post = parts.post;
    this.#counters = parts.counters;
    this.#clock = parts.clock;
    setInterval(() => this.#sweep(), sweepEveryMs);
  }

  /** Commands that wait for their answer. */
  get waitingCount(): number {
    return this.#waiting.size;
  }

  /** Sends a command; `null` when as many wait as may: answer `overloaded`. */
  send(request: Command | AskAttempt, isAsync = false): Promise<Answer> | null {
    if (!this.#counters.enter(limits.commandsInFlightMax)) return null;
    const ticket = ++this.#lastTicket;
    this.#letters.push(isAsync ? [ticket, request, true] : [ticket, request]);
    if (!this.#isFlushDue) {
      this.#isFlushDue = true;
      setImmediate(() => this.#flush());
    }
    return new Promise((resolve) => {
      this.#waiting.set(ticket, { deadlineMs: this.#clock.elapsedMs() + deadlineMs, resolve });
    });
  }

  /** Takes a message of answers. */
  receive(text: string): void {
    for (const [ticket, answer] of decodeAnswers(text)) this.#settle(ticket, answer);
  }

  #flush(): void {
    this.#isFlushDue = false;
    this.#post(encodeLetters(this.#letters));
    this.#letters = [];
  }

  /** Tickets are given out in order, so the first that is not overdue ends the search. */
  #sweep(): void {
    const nowMs = this.#clock.elapsedMs();
    for (const [ticket, { deadlineMs: dueMs }] of this.#waiting) {
      if (dueMs > nowMs) return;
      this.#settle(ticket, { code: "outcome_unknown" });
    }
  }

  #settle(ticket: number, answer: Answer): void {
    const waiting = this.#waiting.get(ticket);
    if (waiting === undefined) return; // answered after its deadline
    this.#waiting.delete(ticket);
    this.#counters.leave(1);
    waiting.resolve(answer);
  }
}
