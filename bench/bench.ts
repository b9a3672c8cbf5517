/**
 * What a benchmark is, what it is given, and what it answers. Figures say what was measured and how durable it was;
 * verdicts hold a median of ratios against a target. A ratio is taken within one round, where both sides met the same
 * machine, and the median is taken over the rounds: single figures of noisy machines compare with nothing.
 */
import type { Clock } from "../src/host/clock.ts";

export interface Bench {
  /** The word that selects it on the command line. */
  readonly name: string;
  readonly question: string;
  run(context: BenchContext): Promise<Findings>;
}

export interface BenchContext {
  /** `quick` proves that the benchmark still runs; its figures mean nothing. */
  readonly size: "quick" | "full";
  /** How many times everything that is compared takes its turn. */
  readonly rounds: number;
  /** Whether each request over HTTP carries an Idempotency-Key of its own. */
  readonly keyed: boolean;
  /** How many connections ask at once when the highest rate is sought. */
  readonly connections: number;
  /** An empty folder on the disk where data lives; removed at the end. */
  readonly folder: string;
  readonly clock: Clock;
  readonly rushbox: Rushbox;
  /** An older one to compare with, or `null`. */
  readonly before: Rushbox | null;
}

/** Our own server as it is started. */
export interface Rushbox {
  /** Before its arguments; `null` when there is none to start. */
  readonly command: readonly string[] | null;
  readonly description: string;
}

export interface Findings {
  readonly figures: readonly Figure[];
  readonly verdicts: readonly Verdict[];
  /** What was missing, what was verified, and what a reader has to know to judge the figures. */
  readonly notes: readonly string[];
}

export interface Figure {
  readonly what: string;
  readonly unit: string;
  /** One value per round. */
  readonly values: readonly number[];
  /** What a yes of this system is worth when the power fails, or "-" where nothing is stored. */
  readonly durability: string;
}

export interface Verdict {
  readonly question: string;
  readonly unit: string;
  /** One value per round: ratios for unit "x". */
  readonly values: readonly number[];
  readonly target: { readonly atLeast: number } | { readonly atMost: number } | null;
}

export const durability = {
  none: "-",
  rushbox: "fsync before the answer (SQLite WAL, synchronous=FULL)",
  sqlite: "fsync at each COMMIT (SQLite WAL, synchronous=FULL)",
  redis: "none: memory, no AOF, no snapshots",
  postgres: "fsync before the answer (fsync=on, synchronous_commit=on)",
} as const;

/** Runs each of them once a round, in the same order: A B C, A B C, ... Values by name, one per round. */
export async function takeTurns<Name extends string, Value>(
  rounds: number,
  runs: ReadonlyMap<Name, () => Promise<Value> | Value>,
): Promise<ReadonlyMap<Name, readonly Value[]>> {
  const values = new Map<Name, Value[]>([...runs.keys()].map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of runs) values.get(name)?.push(await run());
  }
  return values;
}

/** Ratios round by round. */
export function ratiosOf(values: readonly number[], of: readonly number[]): readonly number[] {
  return values.map((value, round) => value / (of[round] ?? Number.NaN));
}

export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

/** The value below which this fraction of the sorted values lies. */
export function percentileOf(sorted: ArrayLike<number>, fraction: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))] ?? Number.NaN;
}

export function isReached({ values, target }: Verdict): boolean | null {
  if (target === null) return null;
  const median = medianOf(values);
  return "atLeast" in target ? median >= target.atLeast : median <= target.atMost;
}
