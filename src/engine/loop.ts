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
import type { AccessChange } from "../domain/access.ts";
import type { AuditRecord } from "../domain/audit.ts";
import type { Command, EraseBuyers, OrderCommand } from "../domain/command.ts";
import type { Event } from "../domain/event.ts";
import { limits } from "../domain/limits.ts";
import type { Clock } from "../host/clock.ts";
import type { Metrics } from "../host/metrics.ts";
import { factsOf, orderFactsAfter, subjectOf } from "./audit.ts";
import type { CampaignBoard } from "./campaign-board.ts";
import type { Counters } from "./counters.ts";
import type { Engine } from "./engine.ts";
import { hashKey } from "./hash.ts";
import type { KeyFilter } from "./key-filter.ts";
import {
  type Answer,
  type AskAttempt,
  type AskWaitlist,
  type CampaignView,
  decodeLetters,
  encodeAnswers,
  type Letter,
  type Request,
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
  readonly board: CampaignBoard;
  readonly keyFilter: KeyFilter;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Sends a message to each thread that may ask, by its number. */
  readonly threads: readonly ((message: ToHttp) => void)[];
  /** Called once, after everyone who waits was told `outcome_unknown`. */
  readonly onPoisoned: (cause: unknown) => void;
}

interface Waiting {
  readonly thread: number;
  readonly letter: Letter;
}

/** An answer that waits until every thread knows what was told. */
interface Held {
  readonly told: number;
  readonly waiting: Waiting;
  readonly answer: Answer;
}

const timerMsMax = 60_000;
/** Outcomes that are true for a client only when the thread that it asks next has the news. */
const newsCodes = new Set<Answer["code"]>(["created", "changed", "done"]);

export class EngineLoop {
  readonly #parts: LoopParts;
  readonly #observeBatch: (commands: number) => void;
  readonly #observeCommit: (seconds: number) => void;
  readonly #eventsSeries: number;
  readonly #busySeries: number;
  readonly #remindersSeries: number;
  readonly #remindedSeries: number;
  /** How the attempts ended that a client will ask for later; those with an order are found by their key. */
  readonly #attempts = new LRUCache<string, Answer>({ max: limits.attemptsRememberedMax });
  #waiting: Waiting[] = [];
  #held: Held[] = [];
  /** What operators did since the last commit. */
  #audit: AuditRecord[] = [];
  /** News so far, and how many of them each thread knows. */
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
    this.#busySeries = parts.metrics.series("rushbox_engine_busy_seconds_total");
    this.#remindersSeries = parts.metrics.series("rushbox_reminders_waiting");
    this.#remindedSeries = parts.metrics.series("rushbox_reminders_due_total");
  }

  /** Shows the recovered state and lets time take its course. */
  start(): void {
    const { state } = this.#parts.engine;
    for (const offer of state.offers.values()) this.#parts.counters.publish(offer);
    for (const campaign of state.campaigns.values()) this.#showQueue(campaign);
    this.#parts.counters.committedSeq = state.lastSeq;
    this.#parts.metrics.set(this.#remindersSeries, state.remindersWaiting);
    const accessChanges = [...state.access.values()].map((added) => ({ added }));
    this.#tell([...state.campaigns.values()], { isOfficeChanged: true, accessChanges });
    this.#parts.engine.goOn(this.#parts.clock.nowMs());
    this.#drain();
  }

  /** Takes the commands of a thread; they are decided at the end of this turn of the event loop. */
  receive(thread: number, message: ToEngine): void {
    if (message.type === "news_known") {
      this.#knownBy[thread] = message.told;
      this.#releaseHeld();
      return;
    }
    for (const letter of decodeLetters(message.text)) this.#waiting.push({ thread, letter });
    if (this.#isDrainDue) return;
    this.#isDrainDue = true;
    setImmediate(() => this.#drain());
  }

  /** Tells the threads of campaigns of which more is known than was. */
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
    const { clock, metrics } = this.#parts;
    const startedMs = clock.elapsedMs();
    try {
      const answers = this.#decideAndStore(batch);
      this.#answerOrHold(batch.slice(0, answers.length), answers);
      this.#waiting.unshift(...batch.slice(answers.length));
      metrics.add(this.#busySeries, (clock.elapsedMs() - startedMs) / 1_000);
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
      if (engine.pendingEvents.length > 0 && this.#needsStored(letter[1])) {
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
    const { campaigns, offers, ...others } = engine.state.takeChanges();
    const audit = this.#audit;
    if (events.length === 0 && audit.length === 0) return;
    this.#audit = [];
    const startedMs = clock.elapsedMs();
    journal.commit({ events, campaigns, offers, audit });
    this.#observeCommit((clock.elapsedMs() - startedMs) / 1_000);
    metrics.add(this.#eventsSeries, events.length);
    this.#publish(events, offers);
    if (campaigns.length > 0 || others.isOfficeChanged || others.accessChanges.length > 0)
      this.#tell(campaigns, others);
  }

  #decide([, request, head]: Letter, nowMs: number): Answer {
    if (request.type === "ask_attempt") return this.#askAttempt(request);
    if (request.type === "ask_waitlist") return this.#askWaitlist(request);
    if (request.type === "ask_queue") return this.#parts.engine.askQueue(request.campaignId, request.buyerId);
    if (head?.operator !== undefined) return this.#decideForOperator(request, head.operator, nowMs);
    const answer = this.#parts.engine.execute(this.#withHistory(request), nowMs);
    if (request.type !== "reserve" || request.key === null) return answer;
    const attempt = `${request.buyerId}\n${request.key}`;
    if (head?.isAsync === true) this.#attempts.set(attempt, answer);
    else if (answer.code === "reserved" && this.#attempts.size > 0) this.#attempts.delete(attempt); // refused before
    return answer;
  }

  /** Whatever an operator does goes into the audit log with its change, in one transaction. */
  #decideForOperator(request: Command, operator: string, nowMs: number): Answer {
    const { engine } = this.#parts;
    const command = this.#withHistory(request);
    const before = factsOf(engine.state, command, null);
    const eventsBefore = engine.pendingEvents.length;
    const answer = engine.execute(command, nowMs);
    const happened = engine.pendingEvents.slice(eventsBefore);
    const after =
      "orderId" in command
        ? orderFactsAfter(happened, command.orderId, before)
        : factsOf(engine.state, command, answer);
    const action = command.type === "note_action" ? command.action : command.type;
    const subject = subjectOf(command, answer);
    this.#audit.push({ atMs: engine.state.nowMs, operator, action, subject, outcome: answer.code, before, after });
    return answer;
  }

  /**
   * What the engine does not keep in memory comes with the command: the buyer's rows when the campaign is settled, the
   * payments of an order to which something has happened.
   */
  #needsHistory(request: Request): request is OrderCommand {
    switch (request.type) {
      case "cancel":
        return this.#parts.engine.state.isSettled(request.campaignId);
      case "pay":
      case "refund":
      case "confirm_refund": {
        const { state } = this.#parts.engine;
        return state.isSettled(request.campaignId) || state.hasMoved(request.campaignId, request.orderId);
      }
      default:
        return false;
    }
  }

  /** History is read from what is committed, so a command waits until all that its history may tell of is. */
  #needsStored(request: Request): boolean {
    if (request.type === "erase_buyers") return true;
    if (!this.#needsHistory(request)) return false;
    const { engine, counters } = this.#parts;
    const { campaignId, orderId } = request;
    return engine.state.isSettled(campaignId) || engine.state.lastSeqOf(campaignId, orderId) > counters.committedSeq;
  }

  #withHistory(command: Command): Command {
    if (command.type === "erase_buyers") return this.#withKnown(command);
    if (!this.#needsHistory(command)) return command;
    const { source, engine } = this.#parts;
    const { orderId, campaignId, buyerId } = command;
    const payments = command.type === "cancel" ? {} : { payments: source.paymentsOf(orderId) };
    if (!engine.state.isSettled(campaignId)) return { ...command, ...payments };
    const order = source.order(orderId);
    if (order === null) return { ...command, ...payments, history: [] };
    // Only an expired order can take its units again, and only then the buyer's other orders count: those that are paid,
    // since in a settled campaign nothing is reserved.
    const isAlone = order.state !== "expired" || order.buyerId === "";
    const others = isAlone ? [] : source.paidOrdersOfBuyer(campaignId, order.offerId, buyerId);
    const history = [...others, order].sort((a, b) => a.orderId - b.orderId);
    return { ...command, ...payments, history };
  }

  /** Two may ask for the same at once: whoever comes second erases, and is told of, what the first has left. */
  #withKnown(command: EraseBuyers): EraseBuyers {
    const { source, engine } = this.#parts;
    const { campaignId, orderIds, entryIds } = command;
    const isRefused = !engine.state.isSettled(campaignId);
    if (isRefused || orderIds.length + entryIds.length > limits.erasuresPerCommandMax) return command;
    return { ...command, ...source.knownAmong(campaignId, command) };
  }

  #askWaitlist({ offerId, buyerId }: AskWaitlist): Answer {
    const offer = this.#parts.engine.state.offers.get(offerId);
    const entry = offer?.waiting?.entryOf(buyerId) ?? null;
    if (offer === undefined || entry === null) return { code: "not_waiting" };
    if (offer.draw === null || offer.draw.isMade) return { code: "waiting", ...entry };
    return { code: "entered", entryId: entry.entryId, isNew: false, entries: offer.waiting?.count ?? 0 };
  }

  #askAttempt({ buyerId, key }: AskAttempt): Answer {
    const remembered = this.#attempts.get(`${buyerId}\n${key}`);
    if (remembered !== undefined) return remembered;
    const order = this.#parts.engine.state.orderOfKey(buyerId, key);
    return order === null ? { code: "attempt_unknown" } : { code: "replayed", orderId: order.book.orderId(order.slot) };
  }

  #publish(events: readonly Event[], offers: Iterable<Parameters<Counters["publish"]>[0]>): void {
    const { keyFilter, counters, engine } = this.#parts;
    for (const event of events) {
      if (event.type === "order_reserved" && event.key !== null) keyFilter.add(hashKey(event.buyerId, event.key));
    }
    for (const offer of offers) counters.publish(offer);
    this.#count(events);
    this.#countReminders(events);
    counters.committedSeq = engine.state.lastSeq;
  }

  /** Counts what happened for its campaigns. Events of one campaign mostly come together: it is looked up once. */
  #count(events: readonly Event[]): void {
    const { board, engine } = this.#parts;
    let campaign: Campaign | undefined;
    for (const { campaignId, type } of events) {
      if (campaignId === null) continue;
      if (campaign?.id !== campaignId) {
        if (campaign !== undefined) this.#showQueue(campaign);
        campaign = engine.state.campaigns.get(campaignId);
      }
      const line = campaign?.offers[0]?.line;
      if (line !== undefined) board.countEvent(line, type);
    }
    if (campaign !== undefined) this.#showQueue(campaign);
  }

  #countReminders(events: readonly Event[]): void {
    const { metrics, engine } = this.#parts;
    metrics.set(this.#remindersSeries, engine.state.remindersWaiting);
    const due = events.reduce((sum, { type }) => (type === "reminder_due" ? sum + 1 : sum), 0);
    if (due > 0) metrics.add(this.#remindedSeries, due);
  }

  #showQueue({ offers, queue }: Campaign): void {
    const [first] = offers;
    if (first === undefined) return; // its offers come with the next event
    this.#parts.board.showQueue(first.line, { waiting: queue?.line.count ?? 0, passes: queue?.passes ?? 0 });
  }

  #tell(
    campaigns: readonly Campaign[],
    {
      isOfficeChanged = false,
      accessChanges = [],
    }: { isOfficeChanged?: boolean; accessChanges?: readonly AccessChange[] } = {},
  ): void {
    this.#toldCount += 1;
    const { operators, endpoints, controls } = this.#parts.engine.state;
    const office = { operators: [...operators.values()], endpoints: [...endpoints.values()], controls };
    const message: ToHttp = {
      type: "news",
      told: this.#toldCount,
      campaigns: campaigns.map(viewOf),
      ...(isOfficeChanged ? { office } : {}),
      ...(accessChanges.length > 0 ? { accessChanges } : {}),
    };
    for (const post of this.#parts.threads) post(message);
  }

  /** A thread knows what was told before it gets its own answer; with several, the others may not yet. */
  #answerOrHold(batch: readonly Waiting[], answers: readonly Answer[]): void {
    if (this.#parts.threads.length === 1 || Math.min(...this.#knownBy) === this.#toldCount) {
      this.#answer(batch, answers);
      return;
    }
    const mayGo = answers.map(({ code }) => !newsCodes.has(code));
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

  /** One message for each thread that waits. */
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
  const { book: _, number: __, queue: ___, reminders: ____, secret, offers, ...record } = campaign;
  return {
    ...record,
    secret: campaign.drawnCount === null ? null : secret,
    offers: offers.map(({ campaign: ___, index, total, available, held, sold, waiting, draw, ...offer }) => offer),
  };
}
