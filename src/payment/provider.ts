/**
 * What a payment provider does for us, whoever it is: opens a page on which an order is paid, tells by a signed webhook
 * that money arrived, and returns money. A provider decides nothing about an order: it reports, and the engine decides.
 * What comes from outside is a closed union; what went wrong on the way to the provider throws `ProviderFailure`.
 */
import { formatId } from "../domain/ids.ts";

export interface CheckoutOrder {
  /** The order's sequence number; providers see its public id. */
  readonly orderId: number;
  readonly title: string;
  readonly quantity: number;
  /** Of all units together. */
  readonly amountMinor: number;
  readonly currency: string;
  readonly expiresAtMs: number;
}

export interface Checkout {
  readonly url: string;
  /** Until when paying there keeps the order. */
  readonly expiresAtMs: number;
}

/** What a webhook says, once its signature was checked. */
export type WebhookNotice =
  | {
      readonly kind: "paid";
      readonly orderId: number;
      /** The order's, as it was when the payment page was opened: ids alone may be another installation's, or an older one's. */
      readonly orderExpiresAtMs: number;
      /** The provider's own name of the payment, by which it refunds it. */
      readonly reference: string;
      readonly amountMinor: number;
      readonly currency: string;
    }
  /** Signed by the provider, and nothing for us: other events, other people's payments. */
  | { readonly kind: "ignored" }
  /** Not signed, wrongly signed, signed too long ago, or not readable. */
  | { readonly kind: "forged" };

export interface Payment {
  readonly reference: string;
  readonly amountMinor: number;
  readonly currency: string;
  /** Names this refund: the same key never returns money twice. */
  readonly refundKey: string;
}

export interface PaymentProvider {
  readonly name: "sandbox" | "stripe";
  /** Where the order is paid; the same place when asked again. */
  checkout(order: CheckoutOrder): Promise<Checkout>;
  readWebhook(body: Uint8Array, headers: Headers): Promise<WebhookNotice>;
  /** Asks for the money's return. Resolves when the provider has taken the request; a refund before counts. */
  refund(payment: Payment): Promise<void>;
}

/** The provider refused, or could not be reached. Its text is for the operator: it holds no secret. */
export class ProviderFailure extends Error {
  override readonly name = "ProviderFailure";
  /** Whether asking again can help. */
  readonly isTemporary: boolean;

  constructor(what: {
    provider: PaymentProvider["name"];
    operation: "checkout" | "refund";
    reason: string;
    isTemporary: boolean;
    cause?: unknown;
  }) {
    super(`${what.provider} ${what.operation}: ${what.reason}`, { cause: what.cause });
    this.isTemporary = what.isTemporary;
  }
}

/** Our own page for buyers who come back, when the shop has none. */
export const returnedPath = "/checkout/returned";

/** Where the buyer goes after the provider's page: the shop's address, with the order and how it went. */
export function returnAddress(returnUrl: string, orderId: number, result: "paid" | "unpaid"): string {
  const url = new URL(returnUrl);
  url.searchParams.set("order", formatId("ord", orderId));
  url.searchParams.set("checkout", result);
  return url.href;
}
