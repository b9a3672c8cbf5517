/**
 * One message while it is answered: who speaks, what is on sale, what was said before, in which language. And what every
 * part of a conversation needs: choices, links, lists, refusals. Nothing here is kept after the answer.
 */
import type { Api } from "../api.ts";
import type { Quotes } from "../quote.ts";
import type { ChatState, When } from "./context.ts";
import { duration, money } from "./format.ts";
import type { Language, OrderIntent, SaleIntent } from "./intents.ts";
import type { Offering, Shelved } from "./shelf.ts";
import { type Refused, read, type ShopWire } from "./wire.ts";
import { explained, type Words } from "./words.ts";

export interface Choice {
  readonly label: string;
  /** Comes back as `choice` when it is chosen; needs no context. */
  readonly value: string;
}

export interface Link {
  readonly label: string;
  readonly url: string;
}

/** What is answered, and where the conversation then stands. */
export interface Said {
  readonly reply: string;
  readonly choices?: readonly Choice[];
  readonly links?: readonly Link[];
  /** How what was asked for ended; absent where nothing was. */
  readonly outcome?: string;
  /** What is different from then on. A question that was pending is over unless it stands here. */
  readonly state?: Partial<ChatState>;
}

export interface Talk {
  readonly api: Api;
  /** `null` for nobody. */
  readonly buyerId: string | null;
  readonly language: Language;
  readonly words: Words;
  readonly nowMs: number;
  readonly state: ChatState;
  readonly shelved: Shelved;
  readonly quotes: Quotes;
  /** Where buyers reach this program; empty where they are on its pages. */
  readonly publicUrl: string;
}

/** Numbered things at once: more is no conversation. */
export const shownMax = 8;

export function count(value: number): string {
  return String(value);
}

export function price(talk: Talk, minor: number, currency: string): string {
  return money(minor, currency, talk.language);
}

export function until(talk: Talk, time: string): string {
  // Rounded down: what was just reserved for 15 minutes is not to be paid within 15 minutes and a second.
  return duration(Math.max(1_000, Math.floor((Date.parse(time) - talk.nowMs) / 1_000) * 1_000), talk.language);
}

/** Sentences one after the other: in Chinese nothing stands between them. */
export function sentences({ language }: Talk, ...texts: readonly string[]): string {
  return texts.join(language === "zh" ? "" : " ");
}

export function refused(talk: Talk, why: Refused, more: Partial<Said> = {}): Said {
  return { reply: explained(why, talk.language), outcome: why.code, ...more };
}

export function linkToSale({ publicUrl, words }: Talk, campaignId: string): Link {
  return { label: words.salePage, url: `${publicUrl}/campaigns/${encodeURIComponent(campaignId)}` };
}

export function linkToOrder({ publicUrl, words }: Talk, orderId: string): Link {
  return { label: words.orderPage, url: `${publicUrl}/orders/${encodeURIComponent(orderId)}` };
}

/** For what needs a buyer, said to nobody: how to become one. */
export async function askToSignIn(talk: Talk, offering?: Offering): Promise<Said> {
  const { words } = talk;
  const shop = read<ShopWire>(await talk.api({ method: "GET", path: "/v1/shop" }));
  const { guests, sign_in_url } = "refused" in shop ? { guests: false, sign_in_url: null } : shop.value;
  return {
    reply: guests ? sentences(talk, words.signIn, words.guests) : words.signIn,
    outcome: "unauthorized",
    links: [
      ...(sign_in_url === null ? [] : [{ label: words.signInLink, url: sign_in_url }]),
      ...(offering === undefined ? [] : [linkToSale(talk, offering.sale.id)]),
    ],
    ...(offering === undefined ? {} : { state: { focus: offering.offer.id } }),
  };
}

export function isOpen(talk: Talk, { state, opens_at }: Offering["sale"]): boolean {
  return state === "open" || (state === "scheduled" && opens_at !== null && Date.parse(opens_at) <= talk.nowMs);
}

/** How an offer stands, in a few words. */
export function standing(talk: Talk, { offer, sale }: Offering): string {
  const { words } = talk;
  if (sale.state === "ended") return words.ended;
  if (sale.state === "paused") return words.paused;
  const comma = talk.language === "zh" ? "，" : ", ";
  const how = sale.admission === "queue" ? words.inQueue : sale.admission === "draw" ? words.inDraw : null;
  if (!isOpen(talk, sale) && sale.opens_at !== null) {
    const opens = words.opensIn(until(talk, sale.opens_at));
    return how === null ? opens : `${opens}${comma}${how}`;
  }
  const stock = offer.available > 0 ? words.left(count(offer.available)) : words.soldOut;
  return how === null ? stock : `${stock}${comma}${how}`;
}

/** Lists offers and remembers what was asked for, so that a number or a name is enough of an answer. */
export function askWhich(
  talk: Talk,
  offerings: readonly Offering[],
  intent: SaleIntent,
  {
    question = talk.words.which,
    quantity = null,
    ...when
  }: { question?: string; quantity?: number | null } & Partial<When> = {},
): Said {
  if (offerings.length === 0) return { reply: talk.words.nothingOn, choices: [] };
  const shown = offerings.slice(0, shownMax);
  return {
    reply: [question, ...offerLines(talk, shown)].join("\n"),
    choices: shown.map(({ offer }, at) => ({
      label: offerLabel(shown, at),
      value: `${choiceOf[intent]}:${offer.id}${intent === "buy" && quantity !== null ? `:${quantity}` : ""}`,
    })),
    state: {
      shown: shown.map(({ offer }) => offer.id),
      listed: shown.length,
      pending: { ask: "which", intent, quantity, ...when },
    },
  };
}

/** What a button for one of them says: with its number where another one has the same title. */
export function offerLabel(shown: readonly Offering[], at: number): string {
  const title = shown[at]?.offer.title ?? "";
  return isTwice(shown, title) ? `${at + 1}. ${title}` : title;
}

function isTwice(shown: readonly Offering[], title: string): boolean {
  return shown.filter(({ offer }) => offer.title === title).length > 1;
}

export function offerLines(talk: Talk, shown: readonly Offering[]): string[] {
  return shown.map((offering, at) => {
    const { title, price_minor, currency } = offering.offer;
    const name = isTwice(shown, title) ? `${title} (${offering.sale.title})` : title;
    return talk.words.listLine(count(at + 1), name, price(talk, price_minor, currency), standing(talk, offering));
  });
}

/** The verb of a choice for what can be done with an offer or an order. */
export const choiceOf: Readonly<Record<SaleIntent | OrderIntent, string>> = {
  sale_details: "offer",
  when: "when",
  stock: "stock",
  price: "price",
  rules: "rules",
  remind: "remind",
  forget_reminder: "forget",
  join_queue: "queue",
  leave_queue: "leave_queue",
  place: "place",
  enter_draw: "draw",
  leave_draw: "leave_draw",
  join_waitlist: "waitlist",
  leave_waitlist: "leave_waitlist",
  buy: "buy",
  order_status: "order",
  pay: "pay",
  cancel_order: "cancel",
  receipt: "receipt",
};
