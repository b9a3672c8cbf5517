/**
 * How an attempt ends: a closed union with a stable code, the same word in the API, the metrics and the docs.
 *
 * Order of checks for a reserve, part of the contract and tested by descending precedence:
 *   not_found, rate_limited, switched_off or overloaded (unless the key has an order), invalid, replayed or key_reused,
 *   agents_not_allowed, not_open, ended, paused, sold_out (nothing left), limit_reached, sold_out (less left than asked
 *   for), agent_share_taken, reserved. In a queue and a draw `not_admitted` stands before limit_reached.
 * A shortage is told before the limit because shared memory answers it without asking the engine.
 */
import type { Actor } from "./agents.ts";
import type { CampaignState, Violation } from "./campaign.ts";
import type { OrderState } from "./order.ts";
import type { QueueFigures } from "./queue.ts";

export type Outcome =
  | ReserveOutcome
  | OperatorOutcome
  | OrderOutcome
  | WaitlistOutcome
  | DrawOutcome
  | QueueOutcome
  | ReminderOutcome
  | OfficeOutcome;

export type ReserveOutcome =
  | { readonly code: "reserved"; readonly orderId: number; readonly reservedAtMs: number; readonly expiresAtMs: number }
  | { readonly code: "replayed"; readonly orderId: number }
  | { readonly code: "key_reused" }
  | { readonly code: "sold_out"; readonly available: number }
  /** It is not this buyer's turn: `mode` says how one's turn comes. */
  | { readonly code: "not_admitted"; readonly mode: "queue" | "draw" }
  | { readonly code: "limit_reached"; readonly limitPerBuyer: number }
  | { readonly code: "agents_not_allowed" }
  /** `available`: what agents may still have of it. */
  | { readonly code: "agent_share_taken"; readonly available: number }
  | { readonly code: "not_open"; readonly opensAtMs: number | null }
  | { readonly code: "ended" }
  | { readonly code: "paused" }
  | { readonly code: "not_found" };

export type OperatorOutcome =
  | { readonly code: "created"; readonly campaignId: number }
  | { readonly code: "changed"; readonly campaignId: number }
  | { readonly code: "not_found" }
  | { readonly code: "transition_not_allowed"; readonly state: CampaignState }
  /** The offer has another total than the one that was expected. */
  | { readonly code: "total_changed"; readonly total: number }
  | { readonly code: "invalid"; readonly violations: readonly Violation[] };

export type OrderOutcome =
  | { readonly code: "moved"; readonly orderId: number }
  | { readonly code: "not_found" }
  | { readonly code: "transition_not_allowed"; readonly state: OrderState }
  | { readonly code: "refund_due" };

/**
 * Order of checks for joining: not_found, agents_not_allowed, not_open, ended, paused, waitlist_off, waiting (already),
 * limit_reached, not_sold_out, waitlist_full, joined.
 */
export type WaitlistOutcome =
  | { readonly code: "joined" | "waiting"; readonly entryId: number; readonly place: number }
  | { readonly code: "left" }
  | { readonly code: "not_waiting" }
  | { readonly code: "not_sold_out"; readonly available: number }
  | { readonly code: "limit_reached"; readonly limitPerBuyer: number }
  | { readonly code: "waitlist_off" }
  | { readonly code: "waitlist_full" }
  | { readonly code: "agents_not_allowed" }
  | { readonly code: "not_open"; readonly opensAtMs: number | null }
  | { readonly code: "ended" }
  | { readonly code: "paused" }
  | { readonly code: "not_found" };

/**
 * Order of checks for entering: not_found, agents_not_allowed, draw_off, not_open, ended, paused, entered (already),
 * entered_elsewhere, entry_withdrawn, waitlist_full, entered.
 */
export type DrawOutcome =
  | { readonly code: "entered"; readonly entryId: number; readonly isNew: boolean; readonly entries: number }
  /** In the draw of another offer of the campaign. */
  | { readonly code: "entered_elsewhere"; readonly offerId: number }
  /** Who has left a draw cannot enter it again: an entry is one ticket. */
  | { readonly code: "entry_withdrawn" }
  | { readonly code: "draw_off" }
  | { readonly code: "waitlist_full" }
  | { readonly code: "agents_not_allowed" }
  | { readonly code: "not_open"; readonly opensAtMs: number | null }
  | { readonly code: "ended" }
  | { readonly code: "paused" }
  | { readonly code: "not_found" };

/**
 * Order of checks for joining: not_found, agents_not_allowed, queue_off, ended, queued or admitted (already), sold_out,
 * agent_share_taken (for good), limit_reached, queue_full, queued or admitted.
 */
export type QueueOutcome =
  | {
      readonly code: "queued";
      readonly entryId: number;
      readonly isNew: boolean;
      /** 1 for the first in line; `null` before the opening, when nobody has a place yet. */
      readonly place: number | null;
      /** How many of those ahead joined as agents; 0 before the opening. */
      readonly agentsAhead: number;
      readonly actor: Actor | null;
      readonly figures: QueueFigures;
    }
  | {
      readonly code: "admitted";
      readonly entryId: number;
      readonly isNew: boolean;
      readonly actor: Actor | null;
      readonly expiresAtMs: number;
      readonly figures: QueueFigures;
    }
  | { readonly code: "left" }
  | { readonly code: "not_queued"; readonly figures: QueueFigures }
  | { readonly code: "agents_not_allowed" }
  | { readonly code: "sold_out"; readonly available: number }
  /** Agents can have nothing more, whatever comes back. */
  | { readonly code: "agent_share_taken"; readonly available: number }
  | { readonly code: "limit_reached"; readonly limitPerBuyer: number }
  | { readonly code: "queue_off" }
  | { readonly code: "queue_full" }
  | { readonly code: "ended" }
  | { readonly code: "not_found" };

/**
 * Order of checks for setting: not_found, ended, already_open, reminder_set (the same already), reminder_too_late,
 * reminders_full, reminder_set.
 */
export type ReminderOutcome =
  | {
      readonly code: "reminder_set";
      readonly reminderId: number;
      readonly isNew: boolean;
      readonly leadS: number;
      readonly dueAtMs: number;
    }
  | { readonly code: "reminder_removed" }
  | { readonly code: "not_reminded" }
  | { readonly code: "already_open" }
  /** Less is left than the lead: `leadSMax` is the longest that there is time for, 0 when there is none for any. */
  | { readonly code: "reminder_too_late"; readonly leadSMax: number }
  | { readonly code: "reminders_full" }
  | { readonly code: "ended" }
  | { readonly code: "not_found" };

export type OfficeOutcome =
  | { readonly code: "done"; readonly id: number }
  | { readonly code: "erased"; readonly orders: number; readonly entries: number }
  | { readonly code: "not_settled" }
  | { readonly code: "name_taken" }
  | { readonly code: "limit_exceeded" }
  | { readonly code: "not_found" };

/** The outcomes of an attempt to buy that are counted by name in metrics and by the load generator. */
export const attemptOutcomes = [
  "reserved",
  "replayed",
  "sold_out",
  "limit_reached",
  "not_open",
  "ended",
  "paused",
  "rate_limited",
  "blocked",
  "slowed",
  "client_gone",
  "switched_off",
  "not_admitted",
  "agents_not_allowed",
  "agent_share_taken",
  "key_reused",
  "not_found",
  "invalid",
  "unauthorized",
  "overloaded",
  "outcome_unknown",
] as const;
export type AttemptOutcome = (typeof attemptOutcomes)[number];

/** Whether trying the same request again can end differently: stock may return, a sale opens, a crash is over. */
export function canRetryHelp(code: AttemptOutcome): boolean {
  switch (code) {
    case "sold_out":
    case "limit_reached":
    case "not_open":
    case "paused":
    case "rate_limited":
    case "blocked":
    case "slowed":
    case "client_gone":
    case "switched_off":
    case "not_admitted":
    case "agent_share_taken":
    case "overloaded":
    case "outcome_unknown":
      return true;
    case "reserved":
    case "replayed":
    case "ended":
    case "agents_not_allowed":
    case "key_reused":
    case "not_found":
    case "invalid":
    case "unauthorized":
      return false;
  }
}
