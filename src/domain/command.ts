/**
 * Everything that can be asked of the engine: a closed union of plain values. A command carries what the decision
 * needs from outside (who asks, the settled order's rows, generated secrets); the time comes beside it.
 */
import type { CampaignAction, CampaignDraft } from "./campaign.ts";
import type { OperatorRole } from "./operator.ts";
import type { OrderRecord } from "./order.ts";
import type { Payment, PaymentRecord } from "./payment.ts";

export type Command =
  | CreateCampaign
  | ChangeCampaign
  | Restock
  | Reserve
  | OrderCommand
  | JoinWaitlist
  | LeaveWaitlist
  | EraseBuyers
  | OfficeCommand;

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

export type OrderCommand = Cancel | Pay | Refund | ConfirmRefund;

/**
 * The campaign and the buyer of an order are told with its id, since the engine keeps orders by campaign. What the
 * engine does not keep in memory comes along: `history`, the order and those of that buyer that count against its limit,
 * when the campaign is settled; `payments`, those of this order, when more has happened to it than being reserved.
 */
interface OrderTarget {
  readonly orderId: number;
  readonly campaignId: number;
  readonly buyerId: string;
  readonly history?: readonly OrderRecord[];
  readonly payments?: readonly PaymentRecord[];
}

export interface Cancel extends OrderTarget {
  readonly type: "cancel";
}

/** A payment has been received. */
export interface Pay extends OrderTarget {
  readonly type: "pay";
  readonly payment: Payment;
}

/**
 * The money of an order goes back to its buyer. The shop's own payments count as returned with it; an order that is not
 * paid stays where it is, when the shop has returned a payment of a wrong amount for it.
 */
export interface Refund extends OrderTarget {
  readonly type: "refund";
  /** Whether the units go back on sale; else they are written off. */
  readonly returnsUnits: boolean;
}

/** A provider has returned a payment's money. */
export interface ConfirmRefund extends OrderTarget {
  readonly type: "confirm_refund";
  readonly paymentId: number;
}

export interface JoinWaitlist {
  readonly type: "join_waitlist";
  readonly offerId: number;
  readonly buyerId: string;
}

export interface LeaveWaitlist {
  readonly type: "leave_waitlist";
  readonly offerId: number;
  readonly buyerId: string;
}

/** Erases the identities of the buyers of these orders and waitlist entries of a settled campaign. */
export interface EraseBuyers {
  readonly type: "erase_buyers";
  readonly campaignId: number;
  readonly orderIds: readonly number[];
  readonly entryIds: readonly number[];
}

/** What concerns no campaign. `note_action` changes nothing: for the audit log's sake. */
export type OfficeCommand =
  | { readonly type: "create_operator"; readonly name: string; readonly role: OperatorRole; readonly keyHash: string }
  | { readonly type: "revoke_operator"; readonly operatorId: number }
  | {
      readonly type: "create_endpoint";
      readonly url: string;
      readonly types: readonly string[] | null;
      readonly secret: string;
    }
  | {
      readonly type: "change_endpoint";
      readonly endpointId: number;
      readonly url?: string;
      readonly types?: readonly string[] | null;
      readonly isEnabled?: boolean;
      /** A new secret; the one before signs for another day. */
      readonly secret?: string;
    }
  | { readonly type: "delete_endpoint"; readonly endpointId: number }
  | { readonly type: "publish_ledger_head" }
  | { readonly type: "note_action"; readonly action: string; readonly subject: string };
