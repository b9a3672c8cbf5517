/** How an offer stands, as far as everybody can know it: what a frame shows of it. Pure, of what the server told. */
import type { Campaign, Offer } from "../shared/wire.ts";

export type Standing = "not_yet" | "open" | "all_held" | "sold_out" | "paused" | "over";

/** The counts of a stream carry less than the offer itself. */
export type Counts = Pick<Offer, "total" | "available" | "held">;

export function standingOf(state: Campaign["state"], { available, held }: Counts): Standing {
  switch (state) {
    case "draft":
    case "scheduled":
      return "not_yet";
    case "paused":
      return "paused";
    case "ended":
      return "over";
    case "open":
      if (available > 0) return "open";
      return held > 0 ? "all_held" : "sold_out";
  }
}

/** How much of it is gone, 0 to 1. */
export function shareGone({ total, available }: Counts): number {
  return total === 0 ? 1 : (total - available) / total;
}
