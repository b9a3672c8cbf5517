/**
 * What each event may do, written down a second time, on purpose: what the engine got wrong would otherwise be checked
 * by the same mistake. States are small numbers here, since there are millions of them.
 */
import type { CampaignState } from "../../../domain/campaign.ts";

/** A row of the journal. */
export interface EventRow {
  /** Its `seq`. */
  readonly id: number;
  readonly atMs: number;
  /** One of `kinds`, or 0 for none of them. */
  readonly kind: number;
  readonly campaignId: number | null;
  readonly offerId: number | null;
  readonly orderId: number | null;
  readonly previousSeq: number | null;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
  readonly details: string | null;
}

/** The states of an order; its number is its place. The first is that of an order that is not there yet. */
export const orderStateNames = ["none", "reserved", "paid", "cancelled", "expired", "refund_due", "refunded"] as const;
const [none, reserved, paid, cancelled, expired, refundDue, refunded] = [0, 1, 2, 3, 4, 5, 6] as const;
export const orderState = { none, reserved, paid, cancelled, expired, refundDue, refunded } as const;

export interface EventRule {
  /** What it names: nothing, a campaign, an offer, or an offer and an order. */
  readonly about: "office" | "campaign" | "offer" | "order";
  /** Where it moves one unit: available, held, sold. */
  readonly unit: readonly [available: number, held: number, sold: number];
  /** Whether it says more than its row, as a hash. */
  readonly hasDetails?: true;
  readonly campaign?: { readonly from: readonly (CampaignState | null)[]; readonly to: CampaignState };
  /** The states in which it may find its order, and the one that it leaves; `null`: the order stays as it is. */
  readonly order?: { readonly from: readonly number[]; readonly to: number | null };
  /** A payment comes with it. */
  readonly isPayment?: true;
  /**
   * Whether it names an entry, by its joining: of a waitlist, of reminders, or of a queue, which is there in some campaigns
   * only.
   */
  readonly entry?: "always" | "sometimes";
}

const still = [0, 0, 0] as const;
const take = [-1, 1, 0] as const;
const giveBack = [1, -1, 0] as const;
const anyState = [reserved, paid, cancelled, expired, refundDue, refunded];

const rules = [
  [
    "order_reserved",
    { about: "order", unit: take, hasDetails: true, order: { from: [none], to: reserved }, entry: "sometimes" },
  ],
  [
    "order_offered",
    { about: "order", unit: take, hasDetails: true, order: { from: [none], to: reserved }, entry: "always" },
  ],
  ["order_rereserved", { about: "order", unit: take, order: { from: [expired], to: reserved } }],
  [
    "order_paid",
    { about: "order", unit: [0, -1, 1], hasDetails: true, order: { from: [reserved], to: paid }, isPayment: true },
  ],
  ["order_cancelled", { about: "order", unit: giveBack, order: { from: [reserved], to: cancelled } }],
  ["order_expired", { about: "order", unit: giveBack, order: { from: [reserved], to: expired } }],
  ["queue_joined", { about: "campaign", unit: still, hasDetails: true }],
  ["queue_admitted", { about: "campaign", unit: still, hasDetails: true, entry: "always" }],
  ["queue_expired", { about: "campaign", unit: still, entry: "always" }],
  ["queue_left", { about: "campaign", unit: still, entry: "always" }],
  ["reminder_set", { about: "campaign", unit: still, hasDetails: true }],
  ["reminder_due", { about: "campaign", unit: still, entry: "always" }],
  ["reminder_removed", { about: "campaign", unit: still, entry: "always" }],
  [
    "order_refund_due",
    {
      about: "order",
      unit: still,
      hasDetails: true,
      order: { from: [expired, cancelled], to: refundDue },
      isPayment: true,
    },
  ],
  // Its units go back on sale, which is told apart where movements are checked, or are written off.
  ["order_refund_requested", { about: "order", unit: [0, 0, -1], order: { from: [paid], to: refundDue } }],
  ["order_refunded", { about: "order", unit: still, order: { from: [refundDue], to: refunded } }],
  [
    "payment_refund_due",
    { about: "order", unit: still, hasDetails: true, order: { from: anyState, to: null }, isPayment: true },
  ],
  ["payment_refunded", { about: "order", unit: still, order: { from: anyState, to: null } }],
  ["campaign_created", { about: "campaign", unit: still, hasDetails: true, campaign: { from: [null], to: "draft" } }],
  [
    "campaign_published",
    { about: "campaign", unit: still, hasDetails: true, campaign: { from: ["draft"], to: "scheduled" } },
  ],
  ["campaign_opened", { about: "campaign", unit: still, campaign: { from: ["scheduled"], to: "open" } }],
  ["campaign_paused", { about: "campaign", unit: still, campaign: { from: ["open"], to: "paused" } }],
  ["campaign_resumed", { about: "campaign", unit: still, campaign: { from: ["paused"], to: "open" } }],
  [
    "campaign_ended",
    { about: "campaign", unit: still, campaign: { from: ["draft", "scheduled", "open", "paused"], to: "ended" } },
  ],
  ["buyers_erased", { about: "campaign", unit: still }],
  ["offer_created", { about: "offer", unit: [1, 0, 0], hasDetails: true }],
  ["offer_restocked", { about: "offer", unit: [1, 0, 0] }],
  ["waitlist_joined", { about: "offer", unit: still, hasDetails: true }],
  ["waitlist_left", { about: "offer", unit: still, entry: "always" }],
  ["draw_entered", { about: "offer", unit: still, hasDetails: true }],
  ["draw_closed", { about: "offer", unit: still, hasDetails: true }],
  ["draw_made", { about: "offer", unit: still, hasDetails: true }],
  ["queue_drawn", { about: "campaign", unit: still, hasDetails: true }],
  ["passes_renewed", { about: "campaign", unit: still }],
  ["queue_closed", { about: "campaign", unit: still }],
  ["operator_created", { about: "office", unit: still }],
  ["operator_revoked", { about: "office", unit: still }],
  ["endpoint_created", { about: "office", unit: still }],
  ["endpoint_changed", { about: "office", unit: still }],
  ["endpoint_deleted", { about: "office", unit: still }],
  ["controls_changed", { about: "office", unit: still, hasDetails: true }],
  ["access_entry_added", { about: "office", unit: still }],
  ["access_entry_removed", { about: "office", unit: still }],
  ["ledger_head", { about: "office", unit: still }],
] as const satisfies readonly (readonly [type: string, rule: EventRule])[];

type EventType = (typeof rules)[number][0];

/** By kind: what an event of it may do. None at 0. */
export const eventRules: readonly (EventRule | undefined)[] = [undefined, ...rules.map(([, rule]) => rule)];

/** The number of each kind: comparing numbers, ten million rows take 10 s less than by their names. */
export const kinds = Object.fromEntries(rules.map(([type], at) => [type, at + 1])) as Record<EventType, number>;

/** The events as they are checked; the commonest kinds are tried first. */
export const eventSelect = `SELECT seq AS id, at_ms AS atMs, CASE type ${rules
  .map(([type], at) => `WHEN '${type}' THEN ${at + 1}`)
  .join(
    " ",
  )} ELSE 0 END AS kind, campaign_id AS campaignId, offer_id AS offerId, order_id AS orderId, previous_seq AS previousSeq, available, held, sold, nullif(lower(hex(details)), '') AS details FROM events`;

/** `event 9 (order_paid)`: how a row is named. */
export function nameOf({ id, kind }: Pick<EventRow, "id" | "kind">): string {
  return `event ${id} (${rules[kind - 1]?.[0] ?? "of no known kind"})`;
}
