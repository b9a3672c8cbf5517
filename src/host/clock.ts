/**
 * The only reader of the machine's clocks. Time here is steady: it runs with the monotonic clock from the wall clock's
 * reading at start and follows corrections of the wall clock by at most 5 ms a second, so that a clock that is set
 * forward or back neither ends a payment window early nor opens a sale twice.
 */
export interface Clock {
  /** Milliseconds since 1970, never jumping; whole. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start, with fractions: for measuring. */
  elapsedMs(): number;
}

/** The wall clock as a text, for log lines. */
export function wallTime(): string {
  return new Date().toISOString();
}

const correctionEveryMs = 1_000;
const correctionMs = 5;

export function startClock(wallMs: () => number = Date.now, elapsedMs: () => number = () => performance.now()): Clock {
  let correctedAtMs = elapsedMs();
  let offsetMs = wallMs() - correctedAtMs;
  return {
    nowMs() {
      const elapsed = elapsedMs();
      if (elapsed - correctedAtMs >= correctionEveryMs) {
        correctedAtMs = elapsed;
        const driftMs = wallMs() - (elapsed + offsetMs);
        offsetMs += Math.max(-correctionMs, Math.min(correctionMs, driftMs));
      }
      return Math.floor(elapsed + offsetMs);
    },
    elapsedMs,
  };
}
