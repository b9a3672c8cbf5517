/**
 * An order, whose first state is `reserved`.
 *
 * | state      | entered when                                           | left when                                  | its units are |
 * |------------|--------------------------------------------------------|--------------------------------------------|---------------|
 * | reserved   | bought; or paid late with stock to spare, for a moment | paid, cancelled, or expires_at is reached  | held          |
 * | paid       | the shop's back end says so                            | refunded                                   | sold          |
 * | cancelled  | its buyer or an operator gives it back                 | a payment arrives all the same             | available     |
 * | expired    | the payment window is over                             | a payment arrives late                     | available     |
 * | refund_due | a payment arrived and there is nothing to give for it  | refunded                                   | available     |
 */

export const orderStates = ["reserved", "paid", "cancelled", "expired", "refund_due"] as const;
export type OrderState = (typeof orderStates)[number];

/** An order as it stands in storage. Times in milliseconds since 1970; `orderId` is its `seq`. */
export interface OrderRecord {
  readonly orderId: number;
  readonly campaignId: number;
  readonly offerId: number;
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
  readonly paymentReference: string | null;
}

/** What deciding about an order needs to know of it: what the engine keeps in memory. */
export type LiveOrder = Pick<
  OrderRecord,
  "orderId" | "campaignId" | "offerId" | "buyerId" | "quantity" | "state" | "lastSeq" | "expiresAtMs" | "idempotencyKey"
>;

/** Whether an order in this state counts against its buyer's limit: freed by cancelling and expiring. */
export function countsAgainstLimit(state: OrderState): boolean {
  return state === "reserved" || state === "paid";
}
