/** What `/v1` answers, as far as a conversation uses it: the document of the API holds these shapes. */
import type { ApiReply } from "../api.ts";

export interface CampaignWire {
  readonly id: string;
  readonly title: string;
  readonly state: "draft" | "scheduled" | "open" | "paused" | "ended";
  readonly opens_at: string | null;
  readonly closes_at: string | null;
  readonly payment_window_s: number;
  readonly waitlist: boolean;
  readonly admission: "open" | "queue" | "draw";
  readonly pass: boolean;
  readonly pass_window_s: number;
  readonly challenge: string;
  readonly offers: readonly OfferWire[];
}

export interface OfferWire {
  readonly id: string;
  readonly title: string;
  readonly description: string | null;
  readonly price_minor: number;
  readonly list_price_minor: number | null;
  readonly currency: string;
  readonly limit_per_buyer: number;
  readonly brand: string | null;
  readonly category: string | null;
  readonly available: number;
  readonly held: number;
  readonly waiting: number;
}

export interface OrderWire {
  readonly id: string;
  readonly offer_id: string;
  readonly campaign_id: string;
  readonly sku: string;
  readonly currency: string;
  readonly quantity: number;
  readonly amount_minor: number;
  readonly state: string;
  readonly expires_at: string;
}

export interface QueueWire {
  readonly state: "waiting" | "admitted";
  readonly ahead: number | null;
  readonly place: number | null;
  readonly waiting: number;
  readonly estimated_wait_s: number | null;
  /** Why the turn does not come any more. */
  readonly refusal: "sold_out" | "agent_share_taken" | null;
  readonly pass: string | null;
  readonly expires_at: string | null;
}

export interface WaitlistWire {
  readonly place: number;
  readonly waiting: number;
}

export interface DrawEntryWire {
  readonly state: "entered" | "waiting" | "won" | "left" | "over";
  readonly entries: number;
  readonly place: number | null;
  readonly order_id: string | null;
}

export interface ReminderWire {
  readonly campaign_id: string;
  readonly title: string;
  readonly opens_at: string | null;
  readonly lead_s: number;
  readonly due_at: string;
  readonly state: "waiting" | "due";
  readonly came_at: string | null;
}

export interface ShopWire {
  readonly name: string;
  readonly guests: boolean;
  readonly sign_in_url: string | null;
}

/** Why something was not done: the problem that `/v1` answered. */
export interface Refused {
  readonly code: string;
  readonly reason: string | null;
  readonly retryAfterS: number | null;
  readonly members: Readonly<Record<string, unknown>>;
}

/** The answer's body, or why there is none. */
export function read<T>({
  status,
  body,
  retryAfterS,
}: ApiReply): { readonly value: T } | { readonly refused: Refused } {
  if (status < 300) return { value: body as T };
  const members = (body ?? {}) as Readonly<Record<string, unknown>>;
  const { code, reason } = members;
  return {
    refused: {
      code: typeof code === "string" ? code : "internal",
      reason: typeof reason === "string" ? reason : null,
      retryAfterS,
      members,
    },
  };
}
