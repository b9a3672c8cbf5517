/**
 * Drives a crowd of buyers at one offer and keeps account of every attempt: what became of it, how long it took, which
 * orders were acknowledged. Either in a closed loop (each connection is a buyer who tries again once answered) or at a
 * fixed rate, where every attempt has its time and its latency counts from then: a server that stalls is charged for
 * all who would have come meanwhile.
 *
 * An attempt has one Idempotency-Key. After `overloaded`, `outcome_unknown` or a lost connection it is made again with
 * the same key, when `Retry-After` says; its latency is that of all its tries.
 */
import { parseId } from "../domain/ids.ts";
import type { Clock } from "../host/clock.ts";
import { Latencies } from "./latencies.ts";
import { type Answer, Connection } from "./load-connection.ts";

export interface LoadPlan {
  readonly url: string;
  readonly offerId: string;
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

interface Attempt {
  readonly number: number;
  readonly dueMs: number;
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
  /** Each buyer's request up to the attempt's number. */
  readonly #heads: readonly string[];
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
    const path = `${url.pathname.replace(/\/$/, "")}/v1/offers/${plan.offerId}/orders`;
    this.#heads = plan.tokens.map(
      (token) =>
        `POST ${path} HTTP/1.1\r\nHost: ${url.host}\r\nContent-Length: 0\r\nAuthorization: Bearer ${token}\r\nIdempotency-Key: ${plan.keyPrefix}`,
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
    this.#send(connection, { number: this.#startedCount++, dueMs });
  }

  #send(connection: Connection, attempt: Attempt): void {
    this.#underWay.set(connection, attempt);
    connection.send(`${this.#heads[attempt.number % this.#heads.length]}${attempt.number}\r\n\r\n`);
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
    this.#end(attempt, outcome, answer);
    this.#employ(connection);
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

  #end(attempt: Attempt, outcome: string, { body }: Answer): void {
    const latencies = this.result.outcomes.get(outcome) ?? new Latencies();
    this.result.outcomes.set(outcome, latencies);
    latencies.add(this.#nowMs() - attempt.dueMs);
    this.result.ended += 1;
    if (outcome === "reserved" || outcome === "replayed") {
      const id = /"id":"(ord_\w+)"/.exec(body)?.[1];
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
