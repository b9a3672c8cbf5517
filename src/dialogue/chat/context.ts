/**
 * Where a conversation stands, as a text that travels with it: nothing of it is stored, so any thread can answer and a
 * restart loses nothing. `c1.<JSON in base64url>.<signature>`, bound to the buyer and good for an hour. What is not our own
 * text, or old, or another buyer's, is no context: the conversation begins anew. One of nobody goes on with whoever has
 * signed in meanwhile: nobody has nothing to confirm.
 */
import { halfSha256 } from "../../host/hash.ts";
import type { SignedText } from "../../host/signed-text.ts";
import type { Language, OrderIntent, SaleIntent, Understood } from "./intents.ts";

/** What was asked last, and waits for an answer. */
export type Pending =
  | { readonly ask: "buy"; readonly quote: string }
  | { readonly ask: "cancel"; readonly order: string }
  | { readonly ask: "leave"; readonly intent: LeaveIntent; readonly offer: string }
  | { readonly ask: "remind"; readonly offer: string; readonly leadS: number }
  | ({
      readonly ask: "which";
      readonly intent: SaleIntent | OrderIntent;
      readonly quantity: number | null;
    } & Partial<When>);

/** When somebody wants to be reminded, as far as they have said. */
export type When = Pick<Understood, "leadS" | "afterS">;

export type LeaveIntent = "leave_queue" | "leave_draw" | "leave_waitlist";

export interface ChatState {
  readonly language: Language | null;
  /** Ids of the offers or orders that were shown last, in their order. */
  readonly shown: readonly string[];
  /** The offer that is talked about. */
  readonly focus: string | null;
  /** The sale on whose page the last message was written. */
  readonly page: string | null;
  /** The order that is talked about. */
  readonly order: string | null;
  /** How many sales of the list were shown so far. */
  readonly listed: number;
  readonly pending: Pending | null;
  /** Reminders that came until then were told, or came before the conversation; `null` before its first answer. */
  readonly heardMs: number | null;
}

export const newState: ChatState = {
  language: null,
  shown: [],
  focus: null,
  page: null,
  order: null,
  listed: 0,
  pending: null,
  heardMs: null,
};

/** As long as somebody may think it over: the quote in it is over sooner. */
export const contextLifetimeMs = 3_600_000;
/** Ten ids, a quote, and the rest: some 900 characters in fact. */
export const contextLengthMax = 2_000;
const mark = "c1.";

interface Sealed extends ChatState {
  readonly until: number;
  /** The first half of the SHA-256 of the buyer's id; empty for nobody. */
  readonly buyer: string;
}

export class Contexts {
  readonly #seal: SignedText;

  constructor(seal: SignedText) {
    this.#seal = seal;
  }

  sign(state: ChatState, buyerId: string | null, nowMs: number): string {
    const sealed: Sealed = { ...state, until: nowMs + contextLifetimeMs, buyer: hashOf(buyerId) };
    const text = this.#seal.sign(`${mark}${Buffer.from(JSON.stringify(sealed)).toString("base64url")}`);
    if (text.length > contextLengthMax) throw new Error(`a context of ${text.length} characters`);
    return text;
  }

  /** `null` for what is none, or none any more, or not this buyer's. */
  open(text: string, buyerId: string | null, nowMs: number): ChatState | null {
    if (text.length > contextLengthMax || !text.startsWith(mark) || !this.#seal.isGenuine(text)) return null;
    const payload = text.slice(mark.length, text.lastIndexOf("."));
    // Signed by this program: it has the shape that it was given.
    const { until, buyer, ...state } = JSON.parse(Buffer.from(payload, "base64url").toString()) as Sealed;
    if (until <= nowMs) return null;
    return buyer === "" || buyer === hashOf(buyerId) ? state : null;
  }
}

function hashOf(buyerId: string | null): string {
  return buyerId === null ? "" : halfSha256(buyerId);
}
