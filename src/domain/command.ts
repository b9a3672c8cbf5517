/**
 * Everything that can be asked of the engine: a closed union of plain values. A command carries what the decision
 * needs from outside (who asks, the settled order's rows, generated secrets); the time comes beside it.
 */
import type { AccessEffect, AccessTarget } from "./access.ts";
import type { BeaconRound, BeaconValue } from "./admission.ts";
import type { Actor } from "./agents.ts";
import type { CampaignAction, CampaignDraft } from "./campaign.ts";
import type { ControlsChange } from "./controls.ts";
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
  | EnterDraw
  | MakeDraws
  | JoinQueue
  | LeaveQueue
  | SetReminder
  | RemoveReminder
  | EraseBuyers
  | OfficeCommand;

export interface CreateCampaign {
  readonly type: "create_campaign";
  readonly draft: CampaignDraft;
}

export interface ChangeCampaign {
  readonly type: CampaignAction;
  readonly campaignId: number;
  /** When a campaign with a queue or draw is published: 32 random bytes in hexadecimal digits. */
  readonly secret?: string;
  /** When a campaign with a draw is published: the round that decides with the secret. */
  readonly beacon?: BeaconRound | null;
  /** With it: the time from which the round was reckoned, and from which a kind's closing is reckoned then, too. */
  readonly askedAtMs?: number;
}

/** Adds units to an offer, or with a negative quantity takes back what is still available. */
export interface Restock {
  readonly type: "restock";
  readonly offerId: number;
  readonly quantity: number;
  /** What the total must be for it; any will do where it is not said. So nobody restocks twice who asks twice. */
  readonly expectedTotal?: number;
}

export interface Reserve {
  readonly type: "reserve";
  readonly offerId: number;
  readonly buyerId: string;
  readonly quantity: number;
  /** The buyer's Idempotency-Key, or `null`: then every request is a new one. */
  readonly key: string | null;
  /** Absent where the buyer asks. */
  readonly actor?: Actor | null;
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
  readonly actor?: Actor | null;
}

export interface LeaveWaitlist {
  readonly type: "leave_waitlist";
  readonly offerId: number;
  readonly buyerId: string;
}

/** `salt` goes into the entry's leaf, so that the entries can be published and nobody guesses who they are. */
export interface EnterDraw {
  readonly type: "enter_draw";
  readonly offerId: number;
  readonly buyerId: string;
  readonly salt: string;
  readonly actor?: Actor | null;
}

/** The beacon's round has come for which the draws of a closed campaign wait. */
export interface MakeDraws {
  readonly type: "make_draws";
  readonly campaignId: number;
  readonly beacon: BeaconValue;
}

export interface JoinQueue {
  readonly type: "join_queue";
  readonly campaignId: number;
  readonly buyerId: string;
  readonly actor?: Actor | null;
}

export interface LeaveQueue {
  readonly type: "leave_queue";
  readonly campaignId: number;
  readonly buyerId: string;
}

/** Another lead replaces the one that the buyer has. */
export interface SetReminder {
  readonly type: "set_reminder";
  readonly campaignId: number;
  readonly buyerId: string;
  readonly leadS: number;
}

export interface RemoveReminder {
  readonly type: "remove_reminder";
  readonly campaignId: number;
  readonly buyerId: string;
}

/** Erases the identities of the buyers of these orders, entries and reminders (by `entryIds`) of a settled campaign. */
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
  | { readonly type: "set_controls"; readonly change: ControlsChange }
  | {
      readonly type: "add_access_entry";
      readonly effect: AccessEffect;
      readonly target: AccessTarget;
      readonly reason: string;
      readonly expiresAtMs: number | null;
    }
  | { readonly type: "remove_access_entry"; readonly entryId: number }
  | { readonly type: "publish_ledger_head" }
  | { readonly type: "note_action"; readonly action: string; readonly subject: string };
