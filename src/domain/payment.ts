/**
 * Payments. Each that is ever told of is kept, and ends in a paid order or in its refund, never in both or neither.
 *
 * | state      | entered when                                                                | left when              |
 * |------------|-----------------------------------------------------------------------------|------------------------|
 * | accepted   | it pays for its order                                                       | an operator asks for its refund |
 * | refund_due | its order cannot be had any more, is paid already, or costs another amount; or an operator asked | its money is returned |
 * | refunded   | its money is returned                                                       | never                  |
 *
 * `shop` is the shop's own back end: it takes the money and returns it, and tells. The others are asked by Rushbox.
 */

export const paymentProviders = ["shop", "sandbox", "stripe"] as const;
export type PaymentProvider = (typeof paymentProviders)[number];

export const paymentStates = ["accepted", "refund_due", "refunded"] as const;
export type PaymentState = (typeof paymentStates)[number];

/** A payment as it is told of. Those of one amount without a reference cannot be told apart, and count as one. */
export interface Payment {
  readonly provider: PaymentProvider;
  readonly reference: string | null;
  readonly amountMinor: number;
  readonly currency: string;
}

/** A payment as it stands in storage; `paymentId` is the `seq` of the event that it came with. */
export interface PaymentRecord extends Payment {
  readonly paymentId: number;
  readonly orderId: number;
  readonly state: PaymentState;
  readonly receivedAtMs: number;
  readonly refundedAtMs: number | null;
}

/** Whether a payment is one that is known already: by its reference; without one, by amount and currency. */
export function isSamePayment(known: Payment, told: Payment): boolean {
  if (known.provider !== told.provider || known.reference !== told.reference) return false;
  return told.reference !== null || (known.amountMinor === told.amountMinor && known.currency === told.currency);
}
