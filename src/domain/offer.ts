/** An offer: a SKU in a campaign with its price, stock and limit. Its four counts obey promise 1 at every moment. */

import type { OfferTerms } from "./campaign.ts";

/** An offer as it stands in storage; `id` is the `seq` of its creation. */
export interface OfferRecord extends OfferTerms, Counts {
  readonly id: number;
  readonly campaignId: number;
}

export interface Counts {
  readonly total: number;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
}

/** Throws when `available + held + sold = total` or a sign is broken: a broken invariant stops the process. */
export function assertConserved(offerId: number, counts: Counts): void {
  const { total, available, held, sold } = counts;
  if (available < 0 || held < 0 || sold < 0 || available + held + sold !== total) {
    throw new Error(
      `promise 1 is broken for offer ${offerId}: available ${available} + held ${held} + sold ${sold} != total ${total}`,
    );
  }
}
