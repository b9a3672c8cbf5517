/**
 * What a message can be about: a closed union, so that whatever understands it (the rules, or a model behind them) can
 * say no more than the conversation knows to do. That somebody agrees, the rules alone can say.
 */

/** What asks about a sale or does something with it. */
export const saleIntents = [
  "sale_details",
  "when",
  "stock",
  "price",
  "rules",
  "remind",
  "forget_reminder",
  "join_queue",
  "leave_queue",
  "place",
  "enter_draw",
  "leave_draw",
  "join_waitlist",
  "leave_waitlist",
  "buy",
] as const;
export type SaleIntent = (typeof saleIntents)[number];

/** What is about an order. */
export const orderIntents = ["order_status", "pay", "cancel_order", "receipt"] as const;
export type OrderIntent = (typeof orderIntents)[number];

export const intents = [
  "greet",
  "list_sales",
  ...saleIntents,
  "yes",
  "no",
  "choose",
  "my_reminders",
  "my_orders",
  ...orderIntents,
  "help",
  "human",
  "thanks",
  "unknown",
] as const;
export type Intent = (typeof intents)[number];

/** What has understood a message: a choice says itself what it means. */
export const understoodBy = ["rules", "model", "choice"] as const;
export type UnderstoodBy = (typeof understoodBy)[number];

export function isSaleIntent(intent: Intent): intent is SaleIntent {
  return (saleIntents as readonly Intent[]).includes(intent);
}

export function isOrderIntent(intent: Intent): intent is OrderIntent {
  return (orderIntents as readonly Intent[]).includes(intent);
}

export const languages = ["en", "zh"] as const;
export type Language = (typeof languages)[number];

/** A message as it was understood. */
export interface Understood {
  readonly intent: Intent;
  /** The offers that its words fit best: more than one where they fit several alike. */
  readonly offers: readonly string[];
  /** Of what was shown: 1 for the first; `last`; `other` than the one in question. */
  readonly number: number | "last" | "other" | null;
  readonly quantity: number | null;
  /** How long before the opening somebody wants to be told, in seconds. */
  readonly leadS: number | null;
  /** Or how long from now. */
  readonly afterS: number | null;
  /** The order that it names by its id. */
  readonly order: string | null;
  /** `null` where the words do not tell. */
  readonly language: Language | null;
  /** Whether the rules are certain; where they are not, a model may be asked. */
  readonly isSure: boolean;
}
