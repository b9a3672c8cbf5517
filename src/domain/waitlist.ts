/**
 * The waitlist of an offer: who comes first gets the next unit that returns, as an order of their own with a payment
 * window, before anybody else can have it. An entry is for one unit, so the line never waits for a bigger return.
 *
 * | state   | entered when                                                              | left when                       |
 * |---------|---------------------------------------------------------------------------|---------------------------------|
 * | waiting | joined, while the campaign sells and the offer is sold out                | a unit is offered, or left      |
 * | offered | a unit returned: an order is reserved for the buyer                       | never: the order goes its way   |
 * | left    | the buyer leaves                                                          | never                           |
 *
 * While somebody waits, units that came back are theirs: nobody buys them, and no late payment takes them. A return of
 * thousands is offered in several batches. Units are offered while the campaign is open, and after its closing time as
 * long as orders are unpaid; nothing is offered while it is paused, and never again once an operator has ended it: then
 * the line is gone.
 */

import type { Actor } from "./agents.ts";

export const waitlistStates = ["waiting", "offered", "left"] as const;
export type WaitlistState = (typeof waitlistStates)[number];

/** An entry as it stands in storage; `entryId` is the `seq` of joining. */
export interface WaitlistRecord {
  readonly entryId: number;
  readonly campaignId: number;
  readonly offerId: number;
  /** Empty when the buyer's identity was erased. */
  readonly buyerId: string;
  readonly state: WaitlistState;
  readonly joinedAtMs: number;
  readonly endedAtMs: number | null;
  /** The order that was offered. */
  readonly orderId: number | null;
  readonly actor: Actor | null;
}
