/** What the engine thread needs from outside: where batches are stored, and where a start reads from. */
import type { Batch } from "../domain/batch.ts";
import type { CampaignRecord } from "../domain/campaign.ts";
import type { EndpointRecord } from "../domain/endpoint.ts";
import type { OfferRecord } from "../domain/offer.ts";
import type { OperatorRecord } from "../domain/operator.ts";
import type { LiveOrder, OrderRecord } from "../domain/order.ts";
import type { PaymentRecord } from "../domain/payment.ts";
import type { WaitlistRecord } from "../domain/waitlist.ts";

export interface Journal {
  /** Stores a batch in one transaction, durably when it returns. Throws when it cannot: then nothing is known. */
  commit(batch: Batch): void;
}

export interface RecoverySource {
  /** The last event's sequence number and time, or zeros. */
  last(): { seq: number; atMs: number };
  campaigns(): readonly CampaignRecord[];
  /** In the order of their ids. */
  offers(): readonly OfferRecord[];
  /** Calls back for every order with a larger id, in the order of ids. */
  eachOrderAfter(orderId: number, callback: (order: LiveOrder) => void): void;
  /** The Idempotency-Keys of the orders with ids from one to before another. */
  keysBetween(from: number, before: number): readonly { readonly buyerId: string; readonly key: string }[];
  /** Who waits in a campaign, in the order of joining. */
  waitingIn(campaignId: number): readonly WaitlistRecord[];
  operators(): readonly OperatorRecord[];
  /** Those that have not been deleted. */
  endpoints(): readonly EndpointRecord[];
  order(orderId: number): OrderRecord | null;
  /** In the order of ids. */
  paymentsOf(orderId: number): readonly PaymentRecord[];
  /** Those of these orders and entries of a campaign whose buyers have not been erased. */
  knownAmong(
    campaignId: number,
    ids: { readonly orderIds: readonly number[]; readonly entryIds: readonly number[] },
  ): { readonly orderIds: readonly number[]; readonly entryIds: readonly number[] };
  /** A buyer's paid orders of one offer, in the order of ids: as many as their limit at most. */
  paidOrdersOfBuyer(campaignId: number, offerId: number, buyerId: string): readonly OrderRecord[];
}
