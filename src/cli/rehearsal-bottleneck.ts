/**
 * What was the limit in a rehearsal, decided from what was measured alone, and what to do about it. Pure. The first that
 * fits, in this order:
 *
 * | limit        | when                                                                                            |
 * |--------------|-------------------------------------------------------------------------------------------------|
 * | simulator    | buyers waited long, or were shed, and the simulation was later with its work than the server    |
 * | disk         | they did, the engine was busy, and mostly with storing                                           |
 * | engine       | they did, and the engine was busy                                                                |
 * | http_threads | they did, and the engine was not busy                                                            |
 * | rate_limits  | people were refused by a rate limit, and not only now and then                                   |
 * | queue        | it let people in, units were left, and people still waited                                       |
 * | demand       | units were left of every offer, and nobody wanted them                                           |
 * | stock        | else                                                                                             |
 */
import type { RehearsalReport } from "../http/rehearsal-schemas.ts";
import { countOf, countText, durationText } from "./command.ts";
import type { Peaks } from "./rehearsal-measure.ts";

type Bottleneck = RehearsalReport["bottleneck"];

export interface Observed {
  readonly peaks: Peaks;
  /** The buy call as buyers felt it. */
  readonly p99Ms: number;
  /** Of people's tries. */
  readonly rateLimitedShare: number;
  readonly isDrawn: boolean;
  /** Whether a queue let buyers in: else who waits does so for units of an offer that are gone. */
  readonly isQueued: boolean;
  readonly unitsLeft: number;
  readonly units: number;
  readonly offersSoldOut: number;
  /** Buyers who were still in line at the end. */
  readonly stillWaiting: number;
  /** From the opening (of a draw: from its closing) until the last offer was sold out; `null` when one was not. */
  readonly soldOutAfterS: number | null;
}

/** A buyer notices, and clicks again: as in the load levels. */
const longMs = 500;
const busyShare = 0.7;
const noticedShare = 0.05;

export function bottleneckOf(observed: Observed): Pick<Bottleneck, "limit" | "why" | "advice"> {
  const { peaks, p99Ms, rateLimitedShare, isDrawn, isQueued, unitsLeft, units } = observed;
  const { offersSoldOut, stillWaiting, soldOutAfterS } = observed;
  const { engineBusy, commit, httpLagMs, queueDelayMs, clientLagMs, shed } = peaks;
  const felt = `one buy call in a hundred took ${durationText(p99Ms)} or longer${shed === 0 ? "" : `, and ${countText(shed)} requests were refused for load`}`;
  if (p99Ms > longMs || shed > 0) {
    if (clientLagMs > longMs / 2 && clientLagMs > Math.max(httpLagMs, queueDelayMs)) {
      return {
        limit: "simulator",
        why: `${felt}, but the simulated buyers themselves were up to ${durationText(clientLagMs)} late: they share this machine with the server.`,
        advice: "Rehearse with fewer buyers or a longer rush, or on a machine with more cores, before believing it.",
      };
    }
    if (engineBusy >= busyShare && commit >= engineBusy / 2) {
      return {
        limit: "disk",
        why: `${felt}; in the busiest second ${percentText(commit)} of the time went into storing orders durably.`,
        advice: "A quicker local disk (NVMe) helps, or a queue, which lets buyers in as quickly as they can be served.",
      };
    }
    if (engineBusy >= busyShare) {
      return {
        limit: "engine",
        why: `${felt}; in the busiest second the engine was busy for ${percentText(engineBusy)} of the time.`,
        advice: "Use a queue, which lets buyers in as quickly as they can be served, or a machine with quicker cores.",
      };
    }
    return {
      limit: "http_threads",
      why: `${felt}; the engine was busy for ${percentText(engineBusy)} of its busiest second only, while HTTP threads were up to ${durationText(Math.max(httpLagMs, queueDelayMs))} late.`,
      advice: "More cores and --http-threads help; so does a queue, or a page that a CDN serves.",
    };
  }
  if (rateLimitedShare > noticedShare) {
    return {
      limit: "rate_limits",
      why: `${percentText(rateLimitedShare)} of people's tries were refused by a rate limit, while nobody waited long.`,
      advice: "Raise the limits ('rushbox controls' shows them), or leave them if that is what they are for.",
    };
  }
  if (unitsLeft > 0 && stillWaiting > 0 && isQueued) {
    return {
      limit: "queue",
      why: `${countText(unitsLeft)} of ${countText(units)} units were left while ${countText(stillWaiting)} buyers still waited for their turn.`,
      advice: "Shorten pass_window_s, so that passes nobody uses come back sooner, or give the sale more time.",
    };
  }
  if (unitsLeft > 0 && offersSoldOut > 0) {
    return {
      limit: "stock",
      why: `${countOf(offersSoldOut, "offer")} sold out sooner than anything else was a limit; of the others, ${countText(unitsLeft)} of ${countText(units)} units were left.`,
      advice: "Nothing has to be done for this crowd; more units of what sold out would have found buyers.",
    };
  }
  if (unitsLeft > 0) {
    return {
      limit: "demand",
      why: `${countText(unitsLeft)} of ${countText(units)} units were left, and whoever wanted one got it: nothing else was a limit.`,
      advice: "Rehearse with as many buyers as you expect.",
    };
  }
  const when =
    soldOutAfterS === null
      ? "in the end"
      : `${durationText(soldOutAfterS * 1_000)} after the ${isDrawn ? "closing" : "opening"}`;
  return {
    limit: "stock",
    why: `Everything was sold out ${when}, sooner than anything else was a limit: one buy call in a hundred took ${durationText(p99Ms)} or longer.`,
    advice: "Nothing has to be done for this crowd. Rehearse with a larger one to find the next limit.",
  };
}

export function percentText(share: number): string {
  return `${Math.round(share * 100)} %`;
}
