/**
 * A quote: what one buyer would pay for one purchase, until a moment. An agent or a chat buys in two steps, so that nobody
 * buys by accident: it asks for a quote, shows it, and confirms it. A quote is a signed text and nothing is stored of it;
 * confirmed twice it is the same order, since its number is the purchase's Idempotency-Key.
 *
 * `q1.<offer>.<quantity>.<amount>.<expiry>.<number>.<buyer>.<signature>`: numbers in base 36, the amount in minor units, 12
 * random bytes, the first half of the SHA-256 of the buyer's id, HMAC-SHA-256 over all before it in base64url.
 */

import { halfSha256 } from "../host/hash.ts";
import type { SignedText } from "../host/signed-text.ts";

export interface QuoteTerms {
  readonly offerId: number;
  readonly buyerId: string;
  readonly quantity: number;
  /** Of all units together, in minor units. */
  readonly amountMinor: number;
  readonly expiresAtMs: number;
}

/** Why a quote cannot be confirmed, in the order in which it is looked at. */
export const quoteFailures = ["malformed", "forged", "wrong_buyer"] as const;
export type QuoteFailure = (typeof quoteFailures)[number];

export type QuoteOutcome =
  | {
      /** `expired` comes with the terms: whoever confirmed in time may ask once more for the order. */
      readonly code: "good" | "expired";
      readonly terms: QuoteTerms;
      readonly idempotencyKey: string;
    }
  | { readonly code: QuoteFailure };

/** Long enough for a person to be asked, short enough that nobody keeps one for another day. */
export const quoteLifetimeMs = 300_000;

const form =
  /^q1\.([0-9a-z]{1,11})\.([0-9a-z]{1,8})\.([0-9a-z]{1,11})\.([0-9a-z]{1,10})\.([0-9a-f]{24})\.([0-9a-f]{32})\.[\w-]{43}$/;
const lengthMax = 200;

export class Quotes {
  readonly #seal: SignedText;

  constructor(seal: SignedText) {
    this.#seal = seal;
  }

  /** `number`: 24 hexadecimal digits of chance, which make each quote a purchase of its own. */
  sign({ offerId, buyerId, quantity, amountMinor, expiresAtMs }: QuoteTerms, number: string): string {
    const numbers = [offerId, quantity, amountMinor, expiresAtMs].map((value) => value.toString(36));
    return this.#seal.sign(`q1.${numbers.join(".")}.${number}.${halfSha256(buyerId)}`);
  }

  check(text: string, buyerId: string, nowMs: number): QuoteOutcome {
    const [, offer, quantity, amount, expiry, number, buyer] =
      (text.length <= lengthMax ? form.exec(text) : null) ?? [];
    if (number === undefined) return { code: "malformed" };
    if (!this.#seal.isGenuine(text)) return { code: "forged" };
    if (buyer !== halfSha256(buyerId)) return { code: "wrong_buyer" };
    const numberIn = (digits = "") => Number.parseInt(digits, 36);
    const expiresAtMs = numberIn(expiry);
    return {
      code: expiresAtMs > nowMs ? "good" : "expired",
      terms: {
        offerId: numberIn(offer),
        buyerId,
        quantity: numberIn(quantity),
        amountMinor: numberIn(amount),
        expiresAtMs,
      },
      idempotencyKey: `quote-${number}`,
    };
  }
}
