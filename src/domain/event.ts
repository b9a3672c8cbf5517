/**
 * Everything that can have happened: a closed union. Each transition is one event with a sequence number; the events
 * in order are the journal, and state is what they add up to.
 */
import type { CampaignKind, OfferDraft } from "./campaign.ts";

export type Event =
  | CampaignCreated
  | OfferCreated
  | CampaignPublished
  | CampaignMoved
  | OfferRestocked
  | OrderReserved
  | OrderMoved;

interface EventHead {
  /** 1, 2, 3 ... without a gap, over everything. */
  readonly seq: number;
  readonly atMs: number;
  readonly campaignId: number;
}

/** `seq` is the campaign's id. */
export interface CampaignCreated extends EventHead {
  readonly type: "campaign_created";
  readonly title: string;
  readonly kind: CampaignKind | null;
  readonly opensAtMs: number | null;
  readonly closesAtMs: number | null;
  readonly paymentWindowS: number;
}

/** `seq` is the offer's id. */
export interface OfferCreated extends EventHead {
  readonly type: "offer_created";
  readonly offer: OfferDraft;
}

/** A draft becomes scheduled; its closing is settled now, by its kind where it named none. */
export interface CampaignPublished extends EventHead {
  readonly type: "campaign_published";
  readonly closesAtMs: number | null;
}

export interface CampaignMoved extends EventHead {
  readonly type: "campaign_opened" | "campaign_paused" | "campaign_resumed" | "campaign_ended";
}

export interface OfferRestocked extends EventHead {
  readonly type: "offer_restocked";
  readonly offerId: number;
  readonly quantity: number;
}

/** `seq` is the order's id. */
export interface OrderReserved extends EventHead {
  readonly type: "order_reserved";
  readonly offerId: number;
  readonly buyerId: string;
  readonly quantity: number;
  readonly amountMinor: number;
  readonly expiresAtMs: number;
  readonly key: string | null;
}

export interface OrderMoved extends EventHead {
  readonly type: OrderMove;
  readonly offerId: number;
  readonly orderId: number;
  readonly quantity: number;
  /** The event about this order before this one. */
  readonly previousSeq: number;
  /** The payment's reference, on `order_paid` and `order_refund_due`. */
  readonly reference: string | null;
}

/** `order_rereserved`: a late payment found stock; the unit is held again and `order_paid` follows at once. */
export type OrderMove = "order_paid" | "order_cancelled" | "order_expired" | "order_rereserved" | "order_refund_due";

/** How an event moves units between the three places where a unit can be, and how many come to be in all. */
export interface Movement {
  readonly available: number;
  readonly held: number;
  readonly sold: number;
}

const still: Movement = { available: 0, held: 0, sold: 0 };

/** The movement of stock that an event stands for: the only place where it is written down. */
export function movementOf(event: Event): Movement {
  switch (event.type) {
    case "offer_created":
      return { available: event.offer.stock, held: 0, sold: 0 };
    case "offer_restocked":
      return { available: event.quantity, held: 0, sold: 0 };
    case "order_reserved":
    case "order_rereserved":
      return { available: -event.quantity, held: event.quantity, sold: 0 };
    case "order_paid":
      return { available: 0, held: -event.quantity, sold: event.quantity };
    case "order_cancelled":
    case "order_expired":
      return { available: event.quantity, held: -event.quantity, sold: 0 };
    case "order_refund_due":
    case "campaign_created":
    case "campaign_published":
    case "campaign_opened":
    case "campaign_paused":
    case "campaign_resumed":
    case "campaign_ended":
      return still;
  }
}
