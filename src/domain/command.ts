/**
 * Everything that can be asked of the engine: a closed union of plain values. A command carries what the decision
 * needs from outside (who asks, the settled order's rows); the time comes beside it.
 */
import type { CampaignAction, CampaignDraft } from "./campaign.ts";
import type { OrderRecord } from "./order.ts";

export type Command = CreateCampaign | ChangeCampaign | Restock | Reserve | Cancel | Pay;

export interface CreateCampaign {
  readonly type: "create_campaign";
  readonly draft: CampaignDraft;
}

export interface ChangeCampaign {
  readonly type: CampaignAction;
  readonly campaignId: number;
}

/** Adds units to an offer, or with a negative quantity takes back what is still available. */
export interface Restock {
  readonly type: "restock";
  readonly offerId: number;
  readonly quantity: number;
}

export interface Reserve {
  readonly type: "reserve";
  readonly offerId: number;
  readonly buyerId: string;
  readonly quantity: number;
  /** The buyer's Idempotency-Key, or `null`: then every request is a new one. */
  readonly key: string | null;
}

/**
 * The campaign and the buyer of an order are told with its id, since the engine keeps orders by campaign. `history`
 * holds all of that buyer's orders in that campaign when the engine no longer has them in memory (a settled campaign).
 */
interface OrderCommand {
  readonly orderId: number;
  readonly campaignId: number;
  readonly buyerId: string;
  readonly history?: readonly OrderRecord[];
}

export interface Cancel extends OrderCommand {
  readonly type: "cancel";
}

/** A payment that the shop's back end has received. */
export interface Pay extends OrderCommand {
  readonly type: "pay";
  readonly reference: string | null;
}
