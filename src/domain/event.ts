/**
 * Everything that can have happened: a closed union. Each transition is one event with a sequence number; the events
 * in order are the journal, and state is what they add up to.
 */
import type { AccessEntry } from "./access.ts";
import type { AdmissionTerms, BeaconValue, DrawTerms } from "./admission.ts";
import type { Actor } from "./agents.ts";
import type { CampaignKind, OfferDraft } from "./campaign.ts";
import type { Controls } from "./controls.ts";
import type { EndpointRecord } from "./endpoint.ts";
import type { OperatorRole } from "./operator.ts";
import type { Payment } from "./payment.ts";

export type Event =
  | CampaignCreated
  | OfferCreated
  | CampaignPublished
  | CampaignMoved
  | CampaignEnded
  | OfferRestocked
  | OrderReserved
  | OrderOffered
  | OrderMoved
  | OrderPayment
  | PaymentRefunded
  | RefundRequested
  | WaitlistJoined
  | WaitlistLeft
  | DrawEntered
  | DrawClosed
  | DrawMade
  | QueueJoined
  | QueueDrawn
  | QueueAdmitted
  | QueueEnded
  | QueueMoved
  | ReminderSet
  | ReminderEnded
  | BuyersErased
  | OfficeEvent;

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
  readonly description: string | null;
  readonly kind: CampaignKind | null;
  readonly opensAtMs: number | null;
  readonly closesAtMs: number | null;
  readonly paymentWindowS: number;
  readonly hasWaitlist: boolean;
  readonly admission: AdmissionTerms;
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
  /** `null` when it has neither queue nor draw. */
  readonly draw: DrawTerms | null;
}

export interface CampaignMoved extends EventHead {
  readonly type: "campaign_opened" | "campaign_paused" | "campaign_resumed";
}

export interface CampaignEnded extends EventHead {
  readonly type: "campaign_ended";
  /** Whether units that return are still offered to the waitlist: not when an operator has ended it. */
  readonly hasWaitlist: boolean;
}

export interface OfferRestocked extends EventHead {
  readonly type: "offer_restocked";
  readonly offerId: number;
  readonly quantity: number;
}

/** `seq` is the order's id. */
interface OrderBegun extends EventHead {
  readonly offerId: number;
  readonly buyerId: string;
  readonly quantity: number;
  readonly amountMinor: number;
  readonly expiresAtMs: number;
  readonly key: string | null;
  readonly actor: Actor | null;
}

export interface OrderReserved extends OrderBegun {
  readonly type: "order_reserved";
  /** The queue's entry whose pass it was reserved with; `null` where no queue is. */
  readonly entryId: number | null;
}

/** A unit that returned is reserved for the first in line. */
export interface OrderOffered extends OrderBegun {
  readonly type: "order_offered";
  readonly entryId: number;
}

interface OrderEventHead extends EventHead {
  readonly offerId: number;
  readonly orderId: number;
  readonly quantity: number;
  /** The event about this order before this one. */
  readonly previousSeq: number;
}

/** `order_rereserved`: a late payment found stock; the unit is held again and `order_paid` follows at once. */
export interface OrderMoved extends OrderEventHead {
  readonly type: "order_cancelled" | "order_expired" | "order_rereserved";
}

/**
 * A payment came, and its `paymentId` is `seq`: it pays for its order; it came too late and is to be returned
 * (`order_refund_due`); it is one too many or of a wrong amount, and is to be returned while the order stays as it is.
 */
export interface OrderPayment extends OrderEventHead {
  readonly type: "order_paid" | "order_refund_due" | "payment_refund_due";
  readonly payment: Payment;
}

/** An operator asked for the refund of a paid order: its units are on sale again, or written off. */
export interface RefundRequested extends OrderEventHead {
  readonly type: "order_refund_requested";
  readonly returnsUnits: boolean;
}

/** A payment's money was returned; `order_refunded` when it was the last to be returned for a `refund_due` order. */
export interface PaymentRefunded extends OrderEventHead {
  readonly type: "order_refunded" | "payment_refunded";
  readonly paymentId: number;
}

/** `seq` is the entry's id. */
export interface WaitlistJoined extends EventHead {
  readonly type: "waitlist_joined";
  readonly offerId: number;
  readonly buyerId: string;
  readonly actor: Actor | null;
}

export interface WaitlistLeft extends EventHead {
  readonly type: "waitlist_left";
  readonly offerId: number;
  readonly entryId: number;
  readonly buyerId: string;
}

/** `seq` is the entry's id: it waits as an entry of the waitlist does, unordered until the draw is made. */
export interface DrawEntered extends EventHead {
  readonly type: "draw_entered";
  readonly offerId: number;
  readonly buyerId: string;
  readonly salt: string;
  readonly actor: Actor | null;
}

/** Who has entered is fixed: the Merkle root over all entries, and how many there are. */
export interface DrawClosed extends EventHead {
  readonly type: "draw_closed";
  readonly offerId: number;
  readonly root: string;
  readonly count: number;
}

/** The secret is revealed, and the entries stand in the order that follows from it: draw/proof.ts. */
export interface DrawMade extends EventHead {
  readonly type: "draw_made";
  readonly offerId: number;
  readonly secret: string;
  readonly beacon: BeaconValue | null;
}

/** `seq` is the entry's id. */
export interface QueueJoined extends EventHead {
  readonly type: "queue_joined";
  readonly buyerId: string;
  readonly actor: Actor | null;
}

/** The secret is revealed, and those who were there before the opening stand in the order that follows from it. */
export interface QueueDrawn extends EventHead {
  readonly type: "queue_drawn";
  readonly secret: string;
  readonly count: number;
}

/** A pass is given. */
export interface QueueAdmitted extends EventHead {
  readonly type: "queue_admitted";
  readonly entryId: number;
  readonly buyerId: string;
  /** Who joined. */
  readonly actor: Actor | null;
  readonly expiresAtMs: number;
}

/**
 * All passes have their whole time again, since nobody could use them for a while. `queue_closed`: the campaign does not
 * let in by its queue any more, and all who were in it are out.
 */
export interface QueueMoved extends EventHead {
  readonly type: "passes_renewed" | "queue_closed";
}

/** The buyer left, or the pass ran out. */
export interface QueueEnded extends EventHead {
  readonly type: "queue_left" | "queue_expired";
  readonly entryId: number;
  readonly buyerId: string;
}

/** `seq` is the reminder's id. */
export interface ReminderSet extends EventHead {
  readonly type: "reminder_set";
  readonly buyerId: string;
  readonly leadS: number;
  readonly dueAtMs: number;
}

/** Its time has come, or the buyer does not want it any more. */
export interface ReminderEnded extends EventHead {
  readonly type: "reminder_due" | "reminder_removed";
  readonly reminderId: number;
  readonly buyerId: string;
}

/** The identities of the buyers of these orders and entries were erased; everything else stays. */
export interface BuyersErased extends EventHead {
  readonly type: "buyers_erased";
  readonly orderIds: readonly number[];
  readonly entryIds: readonly number[];
}

/** What belongs to no campaign: who may operate, where events go, how much may be asked for, the published head of the ledger. */
export type OfficeEvent =
  | OperatorCreated
  | OperatorRevoked
  | EndpointChanged
  | EndpointDeleted
  | ControlsChanged
  | AccessEntryAdded
  | AccessEntryRemoved
  | LedgerHead;

interface OfficeEventHead {
  readonly seq: number;
  readonly atMs: number;
  readonly campaignId: null;
}

/** `seq` is the operator's id. */
export interface OperatorCreated extends OfficeEventHead {
  readonly type: "operator_created";
  readonly name: string;
  readonly role: OperatorRole;
  readonly keyHash: string;
}

export interface OperatorRevoked extends OfficeEventHead {
  readonly type: "operator_revoked";
  readonly operatorId: number;
}

/** The endpoint as it stands from now on; at its creation `seq` is its id. */
export interface EndpointChanged extends OfficeEventHead {
  readonly type: "endpoint_created" | "endpoint_changed";
  readonly endpoint: EndpointRecord;
}

export interface EndpointDeleted extends OfficeEventHead {
  readonly type: "endpoint_deleted";
  readonly endpointId: number;
}

/** The controls as they stand from now on. */
export interface ControlsChanged extends OfficeEventHead {
  readonly type: "controls_changed";
  readonly controls: Controls;
}

/** `seq` is the entry's id. */
export interface AccessEntryAdded extends OfficeEventHead {
  readonly type: "access_entry_added";
  readonly entry: AccessEntry;
}

/** By an operator, by another entry for its target, or to make room when it had expired. */
export interface AccessEntryRemoved extends OfficeEventHead {
  readonly type: "access_entry_removed";
  readonly entryId: number;
}

/** A mark in the ledger whose hash goes out: whoever keeps it can tell later that nothing before was rewritten. */
export interface LedgerHead extends OfficeEventHead {
  readonly type: "ledger_head";
}

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
    case "order_offered":
    case "order_rereserved":
      return { available: -event.quantity, held: event.quantity, sold: 0 };
    case "order_paid":
      return { available: 0, held: -event.quantity, sold: event.quantity };
    case "order_cancelled":
    case "order_expired":
      return { available: event.quantity, held: -event.quantity, sold: 0 };
    case "order_refund_requested":
      return { available: event.returnsUnits ? event.quantity : 0, held: 0, sold: -event.quantity };
    case "order_refund_due":
    case "payment_refund_due":
    case "order_refunded":
    case "payment_refunded":
    case "campaign_created":
    case "campaign_published":
    case "campaign_opened":
    case "campaign_paused":
    case "campaign_resumed":
    case "campaign_ended":
    case "waitlist_joined":
    case "waitlist_left":
    case "draw_entered":
    case "draw_closed":
    case "draw_made":
    case "queue_joined":
    case "queue_drawn":
    case "queue_admitted":
    case "queue_left":
    case "queue_expired":
    case "passes_renewed":
    case "queue_closed":
    case "reminder_set":
    case "reminder_due":
    case "reminder_removed":
    case "buyers_erased":
    case "operator_created":
    case "operator_revoked":
    case "endpoint_created":
    case "endpoint_changed":
    case "endpoint_deleted":
    case "controls_changed":
    case "access_entry_added":
    case "access_entry_removed":
    case "ledger_head":
      return still;
  }
}
