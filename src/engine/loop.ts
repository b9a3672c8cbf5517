/**
 * The engine thread's loop: drain what waits, decide it, store it in one transaction, and only then show and answer
 * it. No timer makes a batch wait: while one commit is under way the next batch gathers by itself, and an idle engine
 * answers after one sync of the disk.
 *
 * Order after a commit, on which the HTTP threads rely: keys into the filter, counts into shared memory, campaigns,
 * then answers; an operator's when every HTTP thread knows the campaigns, so that it is true on every connection. Any
 * failure on the way poisons the loop: nothing is acknowledged from then on, everyone who waits is told
 * `outcome_unknown`, and the process ends; the next start recovers.
 */
import { LRUCache } from "lru-cache";
import type { Cancel, Command, Pay } from "../domain/command.ts";
import type { Event } from "../domain/event.ts";
import { limits } from "../domain/limits.ts";
import type { Clock } from "../host/clock.ts";
import type { Metrics } from "../host/metrics.ts";
import type { Counters } from "./counters.ts";
import type { Engine } from "./engine.ts";
import { hashKey } from "./hash.ts";
import type { KeyFilter } from "./key-filter.ts";
import {
  type Answer,
  type AskAttempt,
  type CampaignView,
  decodeLetters,
  encodeAnswers,
  type Letter,
  type ToEngine,
  type ToHttp,
} from "./mailbox.ts";
import type { Journal, RecoverySource } from "./ports.ts";
import type { Campaign } from "./state.ts";

export interface LoopParts {
  readonly engine: Engine;
  readonly journal: Journal;
  readonly source: RecoverySource;
  readonly counters: Counters;
  readonly keyFilter: KeyFilter;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Sends a message to each HTTP thread, by its number. */
  readonly threads: readonly ((message: ToHttp) => void)[];
  /** Called once, after everyone who waits was told `outcome_unknown`. */
  readonly onPoisoned: (cause: unknown) => void;
}

interface Waiting {
  readonly thread: number;
  readonly letter: Letter;
}

/** An answer that waits until every HTTP thread knows what was told. */
interface Held {
  readonly told: number;
  readonly waiting: Waiting;
  readonly answer: Answer;
}

const timerMsMax = 60_000;

export class EngineLoop {
  readonly #parts: LoopParts;
  readonly #observeBatch: (commands: number) => void;
  readonly #observeCommit: (seconds: number) => void;
  readonly #eventsSeries: number;
  /** How the attempts ended that a client will ask for later; those with an order are found by their key. */
  readonly #attempts = new LRUCache<string, Answer>({ max: limits.attemptsRememberedMax });
  #waiting: Waiting[] = [];
  #held: Held[] = [];
  /** Messages of campaigns so far, and how many of them each HTTP thread knows. */
  #toldCount = 0;
  readonly #knownBy: number[];
  #isDrainDue = false;
  #isPoisoned = false;
  #isStopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#knownBy = parts.threads.map(() => 0);
    this.#observeBatch = parts.metrics.histogram("rushbox_batch_commands");
    this.#observeCommit = parts.metrics.histogram("rushbox_commit_duration_seconds");
    this.#eventsSeries = parts.metrics.series("rushbox_events_total");
  }

  /** Shows the recovered state and lets time take its course. */
  start(): void {
    const { state } = this.#parts.engine;
    for (const offer of state.offers.values()) this.#parts.counters.publish(offer);
    this.#parts.counters.committedSeq = state.lastSeq;
    this.#tell([...state.campaigns.values()]);
    this.#drain();
  }

  /** Takes the commands of an HTTP thread; they are decided at the end of this turn of the event loop. */
  receive(thread: number, message: ToEngine): void {
    if (message.type === "campaigns_known") {
      this.#knownBy[thread] = message.told;
      this.#releaseHeld();
      return;
    }
    for (const letter of decodeLetters(message.text)) this.#waiting.push({ thread, letter });
    if (this.#isDrainDue) return;
    this.#isDrainDue = true;
    setImmediate(() => this.#drain());
  }

  /** Tells the HTTP threads of campaigns of which more is known than was. */
  tell(campaigns: readonly Campaign[]): void {
    if (!this.#isPoisoned) this.#tell(campaigns);
  }

  /** Decides and stores all that waits; nothing happens by itself any more. */
  stop(): void {
    this.#isStopped = true;
    while (this.#waiting.length > 0 && !this.#isPoisoned) this.#drain();
    clearTimeout(this.#timer);
  }

  #drain(): void {
    this.#isDrainDue = false;
    clearTimeout(this.#timer);
    const batch = this.#waiting.splice(0, limits.batchCommandsMax);
    if (this.#isPoisoned) {
      this.#answer(
        batch,
        batch.map(() => ({ code: "outcome_unknown" })),
      );
      return;
    }
    try {
      const answers = this.#decideAndStore(batch);
      this.#answerOrHold(batch.slice(0, answers.length), answers);
      this.#waiting.unshift(...batch.slice(answers.length));
    } catch (cause) {
      this.#poison([...batch, ...this.#waiting.splice(0)], cause);
      return;
    }
    this.#arm();
  }

  /** The answers to the first of these, as many as go into one transaction; the rest waits for the next. */
  #decideAndStore(batch: readonly Waiting[]): Answer[] {
    const { engine, clock } = this.#parts;
    const nowMs = clock.nowMs();
    engine.advance(nowMs);
    const answers: Answer[] = [];
    for (const { letter } of batch) {
      if (engine.hasEvents && this.#needsHistory(letter[1])) {
        if (answers.length > 0) break;
        this.#store(); // what time alone has done
      }
      answers.push(this.#decide(letter, nowMs));
    }
    this.#store();
    if (answers.length > 0) this.#observeBatch(answers.length);
    return answers;
  }

  /** Stores what has happened in one transaction, and shows it. */
  #store(): void {
    const { engine, journal, clock, metrics } = this.#parts;
    const events = engine.takeEvents();
    const { campaigns, offers } = engine.state.takeChanges();
    if (events.length === 0) return;
    const startedMs = clock.elapsedMs();
    journal.commit({ events, campaigns, offers });
    this.#observeCommit((clock.elapsedMs() - startedMs) / 1_000);
    metrics.add(this.#eventsSeries, events.length);
    this.#publish(events, campaigns, offers);
  }

  #decide([, request, isAsync]: Letter, nowMs: number): Answer {
    if (request.type === "ask_attempt") return this.#askAttempt(request);
    const answer = this.#parts.engine.execute(this.#withHistory(request), nowMs);
    if (request.type !== "reserve" || request.key === null) return answer;
    const attempt = `${request.buyerId}\n${request.key}`;
    if (isAsync === true) this.#attempts.set(attempt, answer);
    else if (answer.code === "reserved" && this.#attempts.size > 0) this.#attempts.delete(attempt); // refused before
    return answer;
  }

  /**
   * Orders of a settled campaign are no longer in memory: the command brings its buyer's rows along. They are read from
   * what is committed, so such a command waits until everything before it is.
   */
  #needsHistory(request: Command | AskAttempt): request is Cancel | Pay {
    const isAboutOrder = request.type === "cancel" || request.type === "pay";
    return isAboutOrder && this.#parts.engine.state.isSettled(request.campaignId);
  }

  #withHistory(command: Command): Command {
    if (!this.#needsHistory(command)) return command;
    const { source } = this.#parts;
    const order = source.order(command.orderId);
    // Only an expired order can take its units again, and only then the buyer's other orders count.
    if (order?.state === "expired")
      return { ...command, history: source.ordersOfBuyerIn(command.campaignId, command.buyerId) };
    return { ...command, history: order === null ? [] : [order] };
  }

  #askAttempt({ buyerId, key }: AskAttempt): Answer {
    const remembered = this.#attempts.get(`${buyerId}\n${key}`);
    if (remembered !== undefined) return remembered;
    const order = this.#parts.engine.state.orderOfKey(buyerId, key);
    return order === null ? { code: "attempt_unknown" } : { code: "replayed", orderId: order.book.orderId(order.slot) };
  }

  #publish(
    events: readonly Event[],
    campaigns: readonly Campaign[],
    offers: Iterable<Parameters<Counters["publish"]>[0]>,
  ): void {
    const { keyFilter, counters, engine } = this.#parts;
    for (const event of events) {
      if (event.type === "order_reserved" && event.key !== null) keyFilter.add(hashKey(event.buyerId, event.key));
    }
    for (const offer of offers) counters.publish(offer);
    counters.committedSeq = engine.state.lastSeq;
    if (campaigns.length > 0) this.#tell(campaigns);
  }

  #tell(campaigns: readonly Campaign[]): void {
    this.#toldCount += 1;
    const message: ToHttp = { type: "campaigns", told: this.#toldCount, campaigns: campaigns.map(viewOf) };
    for (const post of this.#parts.threads) post(message);
  }

  /** A thread knows what was told before it gets its own answer; with several, the others may not yet. */
  #answerOrHold(batch: readonly Waiting[], answers: readonly Answer[]): void {
    if (this.#parts.threads.length === 1 || Math.min(...this.#knownBy) === this.#toldCount) {
      this.#answer(batch, answers);
      return;
    }
    const mayGo = answers.map(({ code }) => code !== "created" && code !== "changed");
    batch.forEach((waiting, index) => {
      if (!mayGo[index]) this.#held.push({ told: this.#toldCount, waiting, answer: answers[index] as Answer });
    });
    this.#answer(
      batch.filter((_, index) => mayGo[index]),
      answers.filter((_, index) => mayGo[index]),
    );
  }

  #releaseHeld(): void {
    const known = Math.min(...this.#knownBy);
    const due = this.#held.filter(({ told }) => told <= known);
    if (due.length === 0) return;
    this.#held = this.#held.filter(({ told }) => told > known);
    this.#answer(
      due.map(({ waiting }) => waiting),
      due.map(({ answer }) => answer),
    );
  }

  /** One message for each HTTP thread that waits. */
  #answer(batch: readonly Waiting[], answers: readonly Answer[]): void {
    const byThread = this.#parts.threads.map((): (readonly [ticket: number, answer: Answer])[] => []);
    batch.forEach(({ thread, letter }, index) => {
      byThread[thread]?.push([letter[0], answers[index] as Answer]);
    });
    byThread.forEach((theirs, thread) => {
      if (theirs.length > 0) this.#parts.threads[thread]?.(encodeAnswers(theirs));
    });
  }

  #poison(unanswered: readonly Waiting[], cause: unknown): void {
    this.#isPoisoned = true;
    this.#answer(
      unanswered,
      unanswered.map(() => ({ code: "outcome_unknown" })),
    );
    this.#parts.onPoisoned(cause);
  }

  #arm(): void {
    if (this.#isStopped) return;
    if (this.#waiting.length > 0) {
      this.#isDrainDue = true;
      setImmediate(() => this.#drain());
      return;
    }
    const { engine, clock } = this.#parts;
    const waitMs = Math.max(0, engine.nextDueAtMs - clock.nowMs());
    this.#timer = setTimeout(() => this.#drain(), Math.min(waitMs, timerMsMax));
  }
}

function viewOf(campaign: Campaign): CampaignView {
  const { book: _, number: __, offers, ...record } = campaign;
  return { ...record, offers: offers.map(({ campaign: ___, index, total, available, held, sold, ...offer }) => offer) };
}
