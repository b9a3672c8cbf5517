/** Measures how late the timers of a thread fire: what is longer than some milliseconds held up everything on it. */
import type { Clock } from "./clock.ts";
import type { Metrics } from "./metrics.ts";

const everyMs = 500;

export function watchEventLoop(metrics: Metrics, thread: string, clock: Clock): void {
  const series = metrics.series("rushbox_event_loop_lag_seconds", { thread });
  let dueMs = clock.elapsedMs() + everyMs;
  setInterval(() => {
    const nowMs = clock.elapsedMs();
    metrics.set(series, Math.max(0, nowMs - dueMs) / 1_000);
    dueMs = nowMs + everyMs;
  }, everyMs);
}
