/** What became of the simulated buyers: counted as it happens, read every second and at the end. */

import { Latencies } from "./latencies.ts";

export type BuyerKind = "human" | "scalper";

type Counts = Map<string, { human: number; scalper: number }>;

/** How it counted in one second. */
export interface Second {
  readonly orders: number;
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export class RehearsalAccount {
  /** How it ended for each buyer. */
  readonly fates: Counts = new Map();
  /** Answers to their tries. */
  readonly answers: Counts = new Map();
  readonly buyCalls = new Latencies();
  /** Sequence numbers of the orders, as buyers were told. */
  readonly acknowledged: number[] = [];
  paid = 0;
  unpaid = 0;
  refused = 0;
  /** In line, as was last heard. */
  waitingNow = 0;
  longestQueue = 0;
  longestWaitMs: number | null = null;
  #secondCalls = new Latencies();
  #secondOrders = 0;

  noteFate(kind: BuyerKind, fate: string): void {
    add(this.fates, kind, fate);
  }

  noteAnswer(kind: BuyerKind, code: string): void {
    add(this.answers, kind, code);
    if (code !== "reserved" && code !== "taken") this.refused += 1;
  }

  noteBuyCall(tookMs: number): void {
    this.buyCalls.add(tookMs);
    this.#secondCalls.add(tookMs);
  }

  noteOrder(orderSeq: number | null): void {
    this.acknowledged.push(orderSeq ?? Number.NaN);
    this.#secondOrders += 1;
  }

  notePaid(): void {
    this.paid += 1;
  }

  noteUnpaid(): void {
    this.unpaid += 1;
  }

  noteWaiting(count: number): void {
    this.longestQueue = Math.max(this.longestQueue, count);
    this.waitingNow = count;
  }

  noteWait(waitMs: number): void {
    this.longestWaitMs = Math.max(this.longestWaitMs ?? 0, waitMs);
  }

  /** What came since the last time. */
  takeSecond(): Second {
    const calls = this.#secondCalls;
    const at = (share: number) => (calls.count === 0 ? null : rounded(calls.percentile(share)));
    const second = { orders: this.#secondOrders, p50Ms: at(0.5), p99Ms: at(0.99) };
    this.#secondCalls = new Latencies();
    this.#secondOrders = 0;
    return second;
  }

  /** The share of people's tries that a rate limit refused. */
  rateLimitedShare(): number {
    const all = [...this.answers.values()].reduce((sum, { human }) => sum + human, 0);
    return all === 0 ? 0 : (this.answers.get("rate_limited")?.human ?? 0) / all;
  }
}

/** Milliseconds with two digits after the point: what a reader can use. */
export function rounded(value: number): number {
  return Number(value.toFixed(2));
}

function add(counts: Counts, kind: BuyerKind, name: string): void {
  const known = counts.get(name) ?? { human: 0, scalper: 0 };
  known[kind] += 1;
  counts.set(name, known);
}
