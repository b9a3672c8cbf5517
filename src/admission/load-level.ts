/**
 * How much is refused when there is more to do than can be done. Decided by what those who wait really wait, as CoDel
 * does (RFC 8289): a wait that is long for a moment is a burst, one that stays long through an interval is a queue that
 * does not drain. Then one level more of the work of least value is refused; and one less when the wait has been short
 * for some seconds, or below the target for a while. Pure: measurements and times come from outside.
 *
 * | level   | refused besides the levels before             | entered when the wait stayed above |
 * | ------- | --------------------------------------------- | ---------------------------------- |
 * | normal  | nothing                                       |                                    |
 * | exports | downloads                                     | `waitTargetMs`                     |
 * | search  | lists, searches and conversations             | `waitTargetMs`                     |
 * | streams | new event streams                             | `waitTargetMs`                     |
 * | joins   | joining waitlists and queues, entering draws  | `waitTargetMs`                     |
 * | all     | a share of the purchases                      | `waitBuyingMs`                     |
 *
 * The share grows while buyers wait longer than `waitBuyingMs` and shrinks when they do not, so that as many as can be
 * served are, and nobody waits much longer than that.
 */
export const loadLevels = ["normal", "exports", "search", "streams", "joins", "all"] as const;
export type LoadLevel = (typeof loadLevels)[number];

/** A buyer does not notice it yet. */
export const waitTargetMs = 100;
/** A buyer notices, and clicks again: the work doubles. */
export const waitBuyingMs = 500;
/** Longer than a burst at an opening, which drains by itself. */
const intervalMs = 500;
const calmMs = 3_000;
/** For a wait that is neither long nor short: a disk may be no quicker, and nobody is refused for that for ever. */
const longCalmMs = 15_000;
const shareStep = 0.05;
/** Some are always served: a wait is measured only by who goes through. */
const shareMax = 0.9;

export class LoadDecider {
  level: LoadLevel = "normal";
  /** Of the purchases, at level `all`. */
  refusedShare = 0;
  #longSinceMs: number | null = null;
  #shortSinceMs: number | null = null;
  #calmSinceMs: number | null = null;

  /** Takes the longest wait that anybody measured since the last call. */
  observe(waitMs: number, nowMs: number): void {
    if (this.level === "all") this.#adjustShare(waitMs);
    const index = loadLevels.indexOf(this.level);
    const limitMs = this.level === "joins" || this.level === "all" ? waitBuyingMs : waitTargetMs;
    this.#longSinceMs = waitMs > limitMs ? (this.#longSinceMs ?? nowMs) : null;
    this.#shortSinceMs = waitMs < waitTargetMs / 2 ? (this.#shortSinceMs ?? nowMs) : null;
    this.#calmSinceMs = waitMs < waitTargetMs ? (this.#calmSinceMs ?? nowMs) : null;
    if (this.#longSinceMs !== null && nowMs - this.#longSinceMs >= intervalMs) {
      this.level = loadLevels[index + 1] ?? "all";
      this.#longSinceMs = nowMs;
    } else if (isPast(this.#shortSinceMs, calmMs, nowMs) || isPast(this.#calmSinceMs, longCalmMs, nowMs)) {
      this.level = loadLevels[index - 1] ?? "normal";
      this.#shortSinceMs = this.#shortSinceMs === null ? null : nowMs;
      this.#calmSinceMs = nowMs;
      if (this.level !== "all") this.refusedShare = 0;
    }
  }

  #adjustShare(waitMs: number): void {
    const step = waitMs > waitBuyingMs ? shareStep : -shareStep;
    this.refusedShare = Math.min(shareMax, Math.max(0, this.refusedShare + step));
  }
}

function isPast(sinceMs: number | null, forMs: number, nowMs: number): boolean {
  return sinceMs !== null && nowMs - sinceMs >= forMs;
}
