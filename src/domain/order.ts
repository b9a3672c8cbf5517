/**
 * An order, whose first state is `reserved`.
 *
 * | state      | entered when                                           | left when                                  | its units are |
 * |------------|--------------------------------------------------------|--------------------------------------------|---------------|
 * | reserved   | bought; or paid late with stock to spare, for a moment | paid, cancelled, or expires_at is reached  | held          |
 * | paid       | a payment of its amount arrives                        | its refund is asked for                    | sold          |
 * | cancelled  | its buyer or an operator gives it back                 | a payment arrives all the same             | available     |
 * | expired    | the payment window is over                             | a payment arrives late                     | available     |
 * | refund_due | money has come that its buyer must get back: too late, | the money is returned                      | available, or |
 * |            | or an operator asked for the refund                    |                                            | written off   |
 * | refunded   | the money is returned                                  | never                                      | likewise      |
 *
 * Further payments of one order (a second one, one of a wrong amount) are to be returned without moving it: payment.ts.
 */

import type { Actor } from "./agents.ts";

export const orderStates = ["reserved", "paid", "cancelled", "expired", "refund_due", "refunded"] as const;
export type OrderState = (typeof orderStates)[number];

/** An order as it stands in storage. Times in milliseconds since 1970; `orderId` is its `seq`. */
export interface OrderRecord {
  readonly orderId: number;
  readonly campaignId: number;
  readonly offerId: number;
  /** Empty when the buyer's identity was erased. */
  readonly buyerId: string;
  readonly quantity: number;
  readonly amountMinor: number;
  readonly state: OrderState;
  /** The sequence number of the last event about this order; events of one order are a chain back from it. */
  readonly lastSeq: number;
  readonly reservedAtMs: number;
  readonly expiresAtMs: number;
  readonly paidAtMs: number | null;
  readonly endedAtMs: number | null;
  readonly idempotencyKey: string | null;
  /** The number of the payment that pays for it, or that is to be returned. */
  readonly paymentReference: string | null;
  /** Who made it in the buyer's name; of one that was offered, who made its entry. */
  readonly actor: Actor | null;
}

/** What deciding about an order needs to know of it: what the engine keeps in memory. */
export type LiveOrder = Pick<
  OrderRecord,
  | "orderId"
  | "campaignId"
  | "offerId"
  | "buyerId"
  | "quantity"
  | "state"
  | "lastSeq"
  | "expiresAtMs"
  | "idempotencyKey"
  | "actor"
>;

/** Whether an order in this state counts against its buyer's limit: freed by cancelling, expiring and refunds. */
export function countsAgainstLimit(state: OrderState): boolean {
  return state === "reserved" || state === "paid";
}
