/**
 * Sees to it that closed draws which wait for a public beacon get its word: asks the chain for the very round that was
 * named when the campaign was published, checks it, and hands it on. It asks again until it comes: there is no other
 * round, and no draw without it.
 */
import type { BeaconRound, BeaconValue } from "../domain/admission.ts";
import { formatId } from "../domain/ids.ts";
import type { Clock } from "../host/clock.ts";
import { log } from "../host/log.ts";
import { fetchBeacon } from "./beacon.ts";
import { type ChainInfo, timeOfRound } from "./chain.ts";

export interface WaitingDraw {
  readonly campaignId: number;
  readonly beacon: BeaconRound;
}

export interface BeaconDeskParts {
  /** `null` where no beacon is configured. */
  readonly source: { readonly url: string; readonly chain: ChainInfo } | null;
  /** Campaigns that are closed and not drawn yet. */
  readonly waiting: () => readonly WaitingDraw[];
  /** Draws; answers whether that is done. */
  readonly make: (campaignId: number, value: BeaconValue) => Promise<boolean>;
  readonly clock: Clock;
}

const lookEveryMs = 250;
/** The first time at once, then less and less often. */
const askAgainMsMin = 1_000;
const askAgainMsMax = 30_000;

interface Asking {
  failures: number;
  nextAtMs: number;
}

export class BeaconDesk {
  readonly #parts: BeaconDeskParts;
  readonly #timer: Timer;
  readonly #asking = new Map<number, Asking>();
  #isBusy = false;

  constructor(parts: BeaconDeskParts) {
    this.#parts = parts;
    this.#timer = setInterval(() => void this.#look(), lookEveryMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  async #look(): Promise<void> {
    if (this.#isBusy) return;
    this.#isBusy = true;
    const waiting = this.#parts.waiting();
    for (const draw of waiting) await this.#see(draw);
    for (const campaignId of this.#asking.keys()) {
      if (!waiting.some((draw) => draw.campaignId === campaignId)) this.#asking.delete(campaignId);
    }
    this.#isBusy = false;
  }

  async #see({ campaignId, beacon }: WaitingDraw): Promise<void> {
    const { source, clock, make } = this.#parts;
    const asking = this.#asking.get(campaignId) ?? { failures: 0, nextAtMs: 0 };
    this.#asking.set(campaignId, asking);
    if (clock.elapsedMs() < asking.nextAtMs) return;
    if (source?.chain.hash !== beacon.chain) {
      this.#complain(campaignId, asking, "another beacon, or none, is configured", {
        hint: `Start with RUSHBOX_BEACON_URL set to the chain ${beacon.chain}: it was named when the sale was published.`,
      });
      return;
    }
    if (clock.nowMs() < timeOfRound(source.chain, beacon.round)) return;
    try {
      const value = await fetchBeacon(source.url, source.chain, beacon.round);
      if (await make(campaignId, value)) return;
      this.#complain(campaignId, asking, "the draw could not be stored", {});
    } catch (cause) {
      this.#complain(campaignId, asking, cause instanceof Error ? cause.message : String(cause), {});
    }
  }

  #complain(campaignId: number, asking: Asking, cause: string, more: { hint?: string }): void {
    const waitMs = Math.min(askAgainMsMax, askAgainMsMin * 2 ** asking.failures);
    asking.failures += 1;
    asking.nextAtMs = this.#parts.clock.elapsedMs() + waitMs;
    const fields = { campaign: formatId("cmp", campaignId), cause, again_in_s: waitMs / 1_000, ...more };
    log("warn", "a draw waits for its beacon", fields);
  }
}
