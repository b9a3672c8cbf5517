/**
 * What the sandbox measures of itself, read from its /metrics every second: the busiest second of each, and how it stood
 * at the end. And how late this process was with its own work, since on one machine the crowd takes from the server.
 */
import type { Clock } from "../host/clock.ts";
import { send } from "./api.ts";

/** Of one second. */
export interface Measured {
  readonly engineBusy: number;
  readonly commit: number;
  readonly httpLagMs: number;
  readonly queueDelayMs: number;
  readonly clientLagMs: number;
}

export interface Peaks extends Measured {
  readonly serverP99Ms: number;
  readonly challengeP99Ms: number | null;
  readonly shed: number;
}

const lookEveryMs = 50;
const none: Measured = { engineBusy: 0, commit: 0, httpLagMs: 0, queueDelayMs: 0, clientLagMs: 0 };

export class Measure {
  readonly #url: string;
  readonly #clock: Clock;
  readonly #timer: Timer;
  #last: { readonly atMs: number; readonly figures: Figures } | null = null;
  #peaks: Measured = none;
  #clientLagMs = 0;
  #isAsking = false;
  #measured: Measured = none;

  constructor(url: string, clock: Clock) {
    this.#url = url;
    this.#clock = clock;
    let dueMs = clock.elapsedMs() + lookEveryMs;
    this.#timer = setInterval(() => {
      const nowMs = clock.elapsedMs();
      this.#clientLagMs = Math.max(this.#clientLagMs, nowMs - dueMs);
      dueMs = nowMs + lookEveryMs;
    }, lookEveryMs);
  }

  /** Reads; while an answer is still awaited, what was last known. */
  async look(): Promise<Measured> {
    if (this.#isAsking) return this.#measured;
    this.#isAsking = true;
    try {
      const figures = new Figures((await send(`${this.#url}/metrics`)).text);
      const atMs = this.#clock.elapsedMs();
      const clientLagMs = this.#clientLagMs;
      this.#clientLagMs = 0;
      if (this.#last !== null) {
        const { figures: before, atMs: beforeMs } = this.#last;
        const share = (name: string) =>
          Math.min(1, Math.max(0, (figures.sum(name) - before.sum(name)) / ((atMs - beforeMs) / 1_000)));
        this.#measured = {
          engineBusy: share("rushbox_engine_busy_seconds_total"),
          commit: share("rushbox_commit_duration_seconds_sum"),
          httpLagMs: figures.max("rushbox_event_loop_lag_seconds", 'thread="http') * 1_000,
          queueDelayMs: figures.max("rushbox_queue_delay_seconds") * 1_000,
          clientLagMs,
        };
        this.#raise(this.#measured);
      }
      this.#last = { atMs, figures };
    } finally {
      this.#isAsking = false;
    }
    return this.#measured;
  }

  peaks(): Peaks {
    const figures = this.#last?.figures ?? new Figures("");
    const percentile = (route: string) => figures.percentileMs("rushbox_http_request_duration_seconds", route, 0.99);
    return {
      ...this.#peaks,
      serverP99Ms: percentile("reserve") ?? percentile("enter_draw") ?? 0,
      challengeP99Ms: percentile("get_challenge"),
      shed: figures.sum("rushbox_shed_total"),
    };
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  /** The commit's share is that of the engine's busiest second: it says what that was spent on. */
  #raise(measured: Measured): void {
    const before = this.#peaks;
    const busiest = measured.engineBusy >= before.engineBusy ? measured : before;
    this.#peaks = {
      engineBusy: busiest.engineBusy,
      commit: busiest.commit,
      httpLagMs: Math.max(before.httpLagMs, measured.httpLagMs),
      queueDelayMs: Math.max(before.queueDelayMs, measured.queueDelayMs),
      clientLagMs: Math.max(before.clientLagMs, measured.clientLagMs),
    };
  }
}

/** Figures as Prometheus text has them. */
class Figures {
  readonly #samples: readonly { readonly name: string; readonly labels: string; readonly value: number }[];

  constructor(text: string) {
    this.#samples = [...text.matchAll(/^(\w+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = "", labels = "", value]) => ({
      name,
      labels,
      value: Number(value),
    }));
  }

  sum(name: string): number {
    return this.#of(name, "").reduce((sum, { value }) => sum + value, 0);
  }

  max(name: string, label = ""): number {
    return this.#of(name, label).reduce((most, { value }) => Math.max(most, value), 0);
  }

  /** The upper bound of the bucket that this share did not exceed; `null` when nothing was counted. */
  percentileMs(name: string, route: string, share: number): number | null {
    const buckets = this.#of(`${name}_bucket`, `route="${route}"`);
    const total = buckets.at(-1)?.value ?? 0;
    if (total === 0) return null;
    const reached = buckets.find(({ value }) => value >= share * total)?.labels ?? "";
    const bound = /le="([\d.]+)"/.exec(reached)?.[1];
    return Number(bound ?? 10) * 1_000;
  }

  #of(name: string, label: string) {
    return this.#samples.filter((sample) => sample.name === name && sample.labels.includes(label));
  }
}
