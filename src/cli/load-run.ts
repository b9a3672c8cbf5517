/**
 * Drives a crowd of buyers at one offer and keeps account of every attempt: what became of it, how long it took, which
 * orders were acknowledged. Either in a closed loop (each connection is a buyer who tries again once answered) or at a
 * fixed rate, where every attempt has its time and its latency counts from then: a server that stalls is charged for
 * all who would have come meanwhile.
 *
 * Where buyers do not simply buy, an attempt goes the way of the sale: it asks for a pass or for a place in the queue,
 * waits for its turn as long as it is told, and buys with its pass; or it enters the draw.
 *
 * An attempt has one Idempotency-Key. After `overloaded`, `outcome_unknown` or a lost connection it is made again with
 * the same key, when `Retry-After` says; its latency is that of all its tries.
 */
import type { WayIn } from "../domain/admission.ts";
import { parseId } from "../domain/ids.ts";
import type { Clock } from "../host/clock.ts";
import { Latencies } from "./latencies.ts";
import { type Answer, Connection } from "./load-connection.ts";

export interface LoadPlan {
  readonly url: string;
  readonly offerId: string;
  readonly campaignId: string;
  readonly way: WayIn;
  /** One buyer's token each. */
  readonly tokens: readonly string[];
  readonly connections: number;
  /** Attempts a second, or `null`: as fast as they are answered. */
  readonly rate: number | null;
  readonly durationMs: number;
  /** What the keys of this run begin with. */
  readonly keyPrefix: string;
  readonly clock: Clock;
  /** Ends the run early: what is under way still comes to its end. */
  readonly interrupted: AbortSignal;
  readonly onProgress: (result: LoadResult) => void;
}

export interface LoadResult {
  /** How the attempts ended, by the outcome's name. */
  readonly outcomes: Map<string, Latencies>;
  /** Sequence numbers of the orders, as they were acknowledged. */
  readonly acknowledged: number[];
  /** Tries that had to be made again, by the reason. */
  readonly retries: Map<string, number>;
  /** Attempts that came to an end. */
  ended: number;
  /** Attempts whose time came when no connection was free. */
  unsent: number;
  /** Attempts that came to no certain end. */
  unknown: number;
  elapsedMs: number;
}

/** What an attempt asks for next. */

type Step = "buy" | "ask_pass" | "join" | "ask_place" | "enter";

const firstStep: Readonly<Record<WayIn, Step>> = { free: "buy", pass: "ask_pass", queue: "join", draw: "enter" };

interface Attempt {
  readonly number: number;
  readonly dueMs: number;
  step: Step;
  /** Where one is needed, and it is there. */
  pass: string | null;
}

const settleMsMax = 30_000; // for what is under way at the end: enough for a server that is started again
const lostRetryMs = 500;
const progressEveryMs = 500;
/** How long the generator sleeps when the next attempt is near: a timer of the event loop is a millisecond off. */
const napMs = 0.05;
const timerMs = 2;

/** Lets the crowd in and answers what became of it. */
export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const run = new LoadRun(plan);
  try {
    await run.drive();
  } finally {
    run.close();
  }
  return run.result;
}

class LoadRun {
  readonly result: LoadResult = {
    outcomes: new Map(),
    acknowledged: [],
    retries: new Map(),
    ended: 0,
    unsent: 0,
    unknown: 0,
    elapsedMs: 0,
  };
  readonly #plan: LoadPlan;
  /** Each buyer's request to buy, up to the attempt's number. */
  readonly #heads: readonly string[];
  /** The first line of every other request, up to the buyer's token. */
  readonly #asking: Readonly<Record<Exclude<Step, "buy">, string>>;
  /** Attempts that wait for their turn, each with what would end the waiting. */
  readonly #turns = new Map<Attempt, ReturnType<typeof setTimeout>>();
  readonly #connections: readonly Connection[];
  /** Connections that have nothing to do; one may have been lost since. */
  readonly #idle: Connection[] = [];
  /** What each connection waits for an answer to. */
  readonly #underWay = new Map<Connection, Attempt>();
  /** Attempts whose time to be made again has come. */
  readonly #again: Attempt[] = [];
  readonly #nap = new Int32Array(new SharedArrayBuffer(4));
  readonly #startMs: number;
  #startedCount = 0;
  #isOver = false;

  constructor(plan: LoadPlan) {
    this.#plan = plan;
    const url = new URL(plan.url);
    const root = `${url.pathname.replace(/\/$/, "")}/v1`;
    const [campaign, offer] = [`${root}/campaigns/${plan.campaignId}`, `${root}/offers/${plan.offerId}`];
    const ask = (what: string) =>
      `${what} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 0\r\nAuthorization: Bearer `;
    this.#asking = {
      ask_pass: ask(`POST ${campaign}/pass`),
      join: ask(`POST ${campaign}/queue`),
      ask_place: ask(`GET ${campaign}/queue`),
      enter: ask(`POST ${offer}/draw`),
    };
    this.#heads = plan.tokens.map(
      (token) =>
        `POST ${offer}/orders HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 0\r\nAuthorization: Bearer ${token}\r\nIdempotency-Key: ${plan.keyPrefix}`,
    );
    this.#startMs = plan.clock.elapsedMs();
    const events = {
      onReady: (connection: Connection) => this.#employ(connection),
      onAnswer: (connection: Connection, answer: Answer) => this.#receive(connection, answer),
      onLost: (connection: Connection) => this.#lose(connection),
    };
    this.#connections = Array.from({ length: plan.connections }, () => new Connection(url, events));
  }

  async drive(): Promise<void> {
    const { rate, onProgress } = this.#plan;
    const progress = setInterval(() => {
      this.result.elapsedMs = this.#nowMs();
      onProgress(this.result);
    }, progressEveryMs);
    if (rate === null) while (this.#isOn()) await Bun.sleep(timerMs);
    else await this.#keepRate(rate);
    this.#isOver = true;
    this.#endTurns();
    clearInterval(progress);
    this.result.elapsedMs = this.#nowMs();
    const untilMs = this.#nowMs() + settleMsMax;
    while (this.result.ended < this.#startedCount && this.#nowMs() < untilMs) await Bun.sleep(timerMs);
    this.result.unknown = this.#startedCount - this.result.ended;
  }

  close(): void {
    for (const connection of this.#connections) connection.close();
  }

  /** Starts every attempt at its time, as long as there are connections. */
  async #keepRate(rate: number): Promise<void> {
    const countBy = (ms: number) => Math.floor((rate * Math.min(ms, this.#plan.durationMs)) / 1_000);
    const count = countBy(this.#plan.durationMs);
    const dueMs = (number: number) => (number * 1_000) / rate;
    while (this.#isOn()) {
      while (this.#startedCount < count && dueMs(this.#startedCount) <= this.#nowMs()) {
        const connection = this.#takeIdle();
        if (connection === null) break;
        this.#start(connection, dueMs(this.#startedCount));
      }
      const waitMs = dueMs(this.#startedCount) - this.#nowMs();
      if (waitMs > timerMs) await Bun.sleep(timerMs);
      else {
        if (waitMs > napMs) Atomics.wait(this.#nap, 0, 0, napMs);
        await new Promise(setImmediate); // what arrived meanwhile is read here
      }
    }
    this.result.unsent = Math.max(0, countBy(this.#nowMs()) - this.#startedCount);
  }

  #isOn(): boolean {
    return this.#nowMs() < this.#plan.durationMs && !this.#plan.interrupted.aborted;
  }

  /** Gives a connection something to do: an attempt to be made again, else in a closed loop the next one. */
  #employ(connection: Connection): void {
    if (!connection.isReady) return;
    const again = this.#again.shift();
    if (again !== undefined) this.#send(connection, again);
    else if (this.#plan.rate === null && !this.#isOver) this.#start(connection, this.#nowMs());
    else this.#idle.push(connection);
  }

  #takeIdle(): Connection | null {
    for (let connection = this.#idle.pop(); connection !== undefined; connection = this.#idle.pop()) {
      if (connection.isReady) return connection;
    }
    return null;
  }

  #start(connection: Connection, dueMs: number): void {
    this.#send(connection, { number: this.#startedCount++, dueMs, step: firstStep[this.#plan.way], pass: null });
  }

  #send(connection: Connection, attempt: Attempt): void {
    this.#underWay.set(connection, attempt);
    connection.send(this.#requestOf(attempt));
  }

  #requestOf({ number, step, pass }: Attempt): string {
    const buyer = number % this.#heads.length;
    if (step !== "buy") return `${this.#asking[step]}${this.#plan.tokens[buyer]}\r\n\r\n`;
    const shown = pass === null ? "" : `\r\nRushbox-Pass: ${pass}`;
    return `${this.#heads[buyer]}${number}${shown}\r\n\r\n`;
  }

  #receive(connection: Connection, answer: Answer): void {
    const attempt = this.#underWay.get(connection);
    if (attempt === undefined) throw new Error("an answer belongs to an attempt");
    this.#underWay.delete(connection);
    const outcome = outcomeOf(answer);
    if (outcome === "overloaded" || outcome === "outcome_unknown") {
      // In a closed loop this buyer waits as told; at a fixed rate the next ones come all the same.
      this.#repeat(attempt, outcome, (answer.retryAfterS ?? 1) * 1_000, connection);
      if (this.#plan.rate !== null) this.#employ(connection);
      return;
    }
    if (attempt.step === "buy" || answer.status >= 300) this.#end(attempt, outcome, answer);
    else if (attempt.step === "enter") this.#end(attempt, "entered", answer);
    else {
      this.#goOn(attempt, answer, connection);
      return;
    }
    this.#employ(connection);
  }

  /** With a pass to buy; without one, to wait for the turn, as long as it can come. */
  #goOn(attempt: Attempt, answer: Answer, connection: Connection): void {
    attempt.pass = /"pass":"([^"]+)"/.exec(answer.body)?.[1] ?? null;
    if (attempt.pass !== null) {
      attempt.step = "buy";
      this.#send(connection, attempt);
      return;
    }
    attempt.step = "ask_place";
    if (this.#isOver || answer.body.includes('"chance":0,')) {
      this.#end(attempt, this.#isOver ? "waiting" : "sold_out", answer);
      this.#employ(connection);
      return;
    }
    const turn = setTimeout(
      () => {
        this.#turns.delete(attempt);
        this.#again.push(attempt);
        this.#employ(connection.isReady ? connection : (this.#takeIdle() ?? connection));
      },
      (answer.retryAfterS ?? 1) * 1_000,
    );
    this.#turns.set(attempt, turn);
    if (this.#plan.rate !== null) this.#employ(connection);
  }

  /** Whoever still waits for their turn goes home without it. */
  #endTurns(): void {
    for (const [attempt, turn] of this.#turns) {
      clearTimeout(turn);
      this.#end(attempt, "waiting", null);
    }
    this.#turns.clear();
  }

  #lose(connection: Connection): void {
    const attempt = this.#underWay.get(connection);
    if (attempt === undefined) return;
    this.#underWay.delete(connection);
    this.#repeat(attempt, "connection_lost", lostRetryMs, connection);
  }

  #repeat(attempt: Attempt, reason: string, afterMs: number, connection: Connection): void {
    this.result.retries.set(reason, (this.result.retries.get(reason) ?? 0) + 1);
    setTimeout(() => {
      this.#again.push(attempt);
      this.#employ(connection.isReady ? connection : (this.#takeIdle() ?? connection));
    }, afterMs);
  }

  #end(attempt: Attempt, outcome: string, answer: Answer | null): void {
    const latencies = this.result.outcomes.get(outcome) ?? new Latencies();
    this.result.outcomes.set(outcome, latencies);
    latencies.add(this.#nowMs() - attempt.dueMs);
    this.result.ended += 1;
    if (answer !== null && (outcome === "reserved" || outcome === "replayed")) {
      const id = /"id":"(ord_\w+)"/.exec(answer.body)?.[1];
      this.result.acknowledged.push(parseId("ord", id ?? "") ?? Number.NaN);
    }
  }

  #nowMs(): number {
    return this.#plan.clock.elapsedMs() - this.#startMs;
  }
}

/** The outcome's name, or the status of an answer that names none. */
function outcomeOf({ status, body }: Answer): string {
  if (status === 201) return "reserved";
  if (status === 200) return "replayed";
  return /"code":"(\w+)"/.exec(body)?.[1] ?? `http_${status}`;
}
