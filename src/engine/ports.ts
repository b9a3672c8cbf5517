/** What the engine thread needs from outside: where batches are stored, and where a start reads from. */
import type { AccessEntry } from "../domain/access.ts";
import type { DrawRecord } from "../domain/admission.ts";
import type { Actor } from "../domain/agents.ts";
import type { Batch } from "../domain/batch.ts";
import type { CampaignRecord } from "../domain/campaign.ts";
import type { Controls } from "../domain/controls.ts";
import type { EndpointRecord } from "../domain/endpoint.ts";
import type { OfferRecord } from "../domain/offer.ts";
import type { OperatorRecord } from "../domain/operator.ts";
import type { LiveOrder, OrderRecord } from "../domain/order.ts";
import type { PaymentRecord } from "../domain/payment.ts";
import type { QueueEntry, QueueSums } from "../domain/queue.ts";
import type { ReminderRecord } from "../domain/reminder.ts";
import type { WaitlistRecord, WaitlistState } from "../domain/waitlist.ts";

export interface Journal {
  /** Stores a batch in one transaction, durably when it returns. Throws when it cannot: then nothing is known. */
  commit(batch: Batch): void;
}

/** What the order of a campaign's queue or draw is made of; the event that revealed it to its queue, among how many. */
export interface DrawSecret {
  readonly campaignId: number;
  readonly secret: string | null;
  readonly queueDrawnSeq: number | null;
  readonly queueDrawnCount: number | null;
}

/** An entry of a draw with its leaf: the `details` of its row in the ledger. */
export interface DrawEntry {
  readonly entryId: number;
  readonly offerId: number;
  readonly buyerId: string;
  readonly state: WaitlistState;
  readonly actor: Actor | null;
  readonly leaf: string;
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
  /** Who waits for a reminder of a campaign, in the order of setting it. */
  remindersWaitingIn(campaignId: number): Iterable<ReminderRecord>;
  /** Of campaigns that have one. */
  drawSecrets(): readonly DrawSecret[];
  /** Who waits or has a pass in a campaign, and all whom the event `drawnSeq` drew among; in the order of joining. */
  queueOf(campaignId: number, drawnSeq: number | null): Iterable<QueueEntry>;
  /** Of all entries that its queue ever had, or `null` when nobody ever joined. */
  queueSums(campaignId: number): QueueSums | null;
  /** All entries in the draws of a campaign, those that are over included, in the order of entering. */
  drawEntriesIn(campaignId: number): readonly DrawEntry[];
  /** The draws of a campaign that are closed. */
  drawsOf(campaignId: number): readonly DrawRecord[];
  operators(): readonly OperatorRecord[];
  /** Those that have not been deleted. */
  endpoints(): readonly EndpointRecord[];
  /** Those that nobody has changed where there are none. */
  controls(): Controls;
  /** Those that have not been removed, in the order of ids. */
  accessEntries(): readonly AccessEntry[];
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
