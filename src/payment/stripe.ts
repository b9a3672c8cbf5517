/**
 * Stripe Checkout, through Stripe's own library. Every request carries a key made of what is asked, so that asking again
 * after a cut line does it once; a session's last moment is computed from the order alone for the same reason. Stripe
 * keeps a session open for half an hour at least, often longer than we hold the units: payments that come after the
 * order's time are expected, and the engine's to judge.
 */
import { Stripe } from "stripe";
import { formatId, parseId } from "../domain/ids.ts";
import { minorPerMajor } from "../domain/money.ts";
import type { Clock } from "../host/clock.ts";
import {
  type Checkout,
  type CheckoutOrder,
  type Payment,
  type PaymentProvider,
  ProviderFailure,
  returnAddress,
  type WebhookNotice,
} from "./provider.ts";

export interface StripeOptions {
  readonly secretKey: string;
  readonly webhookSecret: string;
  /** Stripe's address, without a path. */
  readonly url: string;
  /** Where buyers come back to. */
  readonly returnUrl: string;
  readonly clock: Clock;
  /** How long one request may take. */
  readonly timeoutMs?: number;
}

type Operation = "checkout" | "refund";

const timeoutMsDefault = 10_000;
/** With the library's pauses and this timeout, a request ends within 32 s. */
const retriesMax = 2;

const minuteMs = 60_000;
/** A session ends 30 minutes to 24 hours from now. */
const openMsMin = 30 * minuteMs;
const openMsMax = 24 * 60 * minuteMs;
/** For the way to Stripe, and for clocks that differ. */
const marginMs = 2 * minuteMs;
/** An order with a longer time gets a new session so often. */
const stepMs = 12 * 60 * minuteMs;

/** Currencies by how Stripe counts them, two decimals apart; ISO 4217, which we follow, differs for ISK, UGX and MGA. */
const wholeCurrencies = new Set(
  "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF".split(" "), // https://docs.stripe.com/currencies#zero-decimal
);
const thousandthCurrencies = new Set("BHD JOD KWD OMR TND".split(" "));

export class StripeProvider implements PaymentProvider {
  readonly name = "stripe";
  readonly #stripe: Stripe;
  readonly #webhookSecret: string;
  readonly #returnUrl: string;
  readonly #clock: Clock;

  constructor({ secretKey, webhookSecret, url, returnUrl, clock, timeoutMs = timeoutMsDefault }: StripeOptions) {
    const { protocol, hostname, port } = new URL(url);
    this.#stripe = new Stripe(secretKey, {
      host: hostname,
      port: port === "" ? (protocol === "http:" ? 80 : 443) : port,
      protocol: protocol === "http:" ? "http" : "https",
      httpClient: Stripe.createFetchHttpClient(),
      timeout: timeoutMs,
      maxNetworkRetries: retriesMax,
      telemetry: false,
    });
    this.#webhookSecret = webhookSecret;
    this.#returnUrl = returnUrl;
    this.#clock = clock;
  }

  async checkout(order: CheckoutOrder): Promise<Checkout> {
    const expiresAtS = sessionEndS(order.expiresAtMs, this.#clock.nowMs());
    const params = this.#sessionParams(order, expiresAtS);
    const key = `rushbox-checkout-${formatId("ord", order.orderId)}-${expiresAtS}`;
    const session = assertStripes("checkout", "checkout.session", await this.#createSession(params, key));
    if (session.url === null) throw failed("checkout", "the session has no address", false);
    return { url: session.url, expiresAtMs: Math.min(order.expiresAtMs, expiresAtS * 1_000) };
  }

  async readWebhook(body: Uint8Array, headers: Headers): Promise<WebhookNotice> {
    let event: Stripe.Event;
    try {
      const signature = headers.get("stripe-signature") ?? "";
      event = await this.#stripe.webhooks.constructEventAsync(Buffer.from(body), signature, this.#webhookSecret);
    } catch {
      return { kind: "forged" };
    }
    switch (event.type) {
      case "checkout.session.completed":
      case "checkout.session.async_payment_succeeded":
        return paidNotice(event.data.object) ?? { kind: "ignored" };
      default:
        return { kind: "ignored" };
    }
  }

  async refund({ reference, amountMinor, currency, refundKey }: Payment): Promise<void> {
    if (amountMinor === 0) return; // paid with nothing: there is no payment at Stripe to refund
    const amount = toStripe(amountMinor, currency);
    if (amount === null) throw failed("refund", `${amountMinor} ${currency} is no amount at Stripe`, false);
    const params = { payment_intent: reference, amount, metadata: { refund_key: refundKey } };
    const refund = await this.#stripe.refunds.create(params, { idempotencyKey: refundKey }).catch((cause: unknown) => {
      // Returned before, by an operator or by a request whose answer was lost for longer than Stripe remembers its key.
      if (cause instanceof Stripe.errors.StripeError && cause.code === "charge_already_refunded") return null;
      throw failureOf("refund", cause);
    });
    if (refund !== null) assertStripes("refund", "refund", refund);
    if (refund?.status === "failed" || refund?.status === "canceled") {
      throw failed("refund", `${refund.id} is ${refund.status}: ${refund.failure_reason ?? "no reason given"}`, false);
    }
  }

  /**
   * Stripe remembers under a key even that it broke down, and answers so for a day. So a second key is tried: nobody
   * was told the address of a session that the first may have made.
   */
  async #createSession(params: Stripe.Checkout.SessionCreateParams, key: string): Promise<Stripe.Checkout.Session> {
    const create = (idempotencyKey: string) => this.#stripe.checkout.sessions.create(params, { idempotencyKey });
    try {
      return await create(key).catch((cause: unknown) => {
        if (cause instanceof Stripe.errors.StripeAPIError && cause.statusCode === 500) return create(`${key}-again`);
        throw cause;
      });
    } catch (cause) {
      throw failureOf("checkout", cause);
    }
  }

  #sessionParams(order: CheckoutOrder, expiresAtS: number): Stripe.Checkout.SessionCreateParams {
    const { orderId, title, quantity, amountMinor, currency, expiresAtMs } = order;
    const unitAmount = toStripe(amountMinor / quantity, currency);
    if (unitAmount === null) throw failed("checkout", `${amountMinor} ${currency} is no amount at Stripe`, false);
    const id = formatId("ord", orderId);
    const metadata = { order_id: id, order_expires_at_ms: String(expiresAtMs) };
    return {
      mode: "payment",
      client_reference_id: id,
      metadata,
      payment_intent_data: { metadata },
      line_items: [
        {
          quantity,
          price_data: {
            currency: currency.toLowerCase(),
            unit_amount: unitAmount,
            product_data: { name: title },
          },
        },
      ],
      adaptive_pricing: { enabled: false }, // the buyer pays the order's amount in the order's currency
      expires_at: expiresAtS,
      success_url: returnAddress(this.#returnUrl, orderId, "paid"),
      cancel_url: returnAddress(this.#returnUrl, orderId, "unpaid"),
    };
  }
}

/**
 * When the session of an order ends, in seconds: half an hour after the order, or by so many whole steps sooner that it
 * is less than a day from now. Between two steps it does not depend on now, so the same order is the same request.
 */
function sessionEndS(orderExpiresAtMs: number, nowMs: number): number {
  const wantedMs = orderExpiresAtMs + openMsMin + marginMs;
  const latestMs = nowMs + openMsMax - marginMs;
  const steps = Math.max(0, Math.ceil((wantedMs - latestMs) / stepMs));
  return Math.floor((wantedMs - steps * stepMs) / 1_000);
}

function paidNotice(session: Stripe.Checkout.Session): WebhookNotice | null {
  const { mode, payment_status, payment_intent, amount_total, currency, metadata, id } = session;
  const orderId = parseId("ord", metadata?.["order_id"] ?? "");
  const orderExpiresAtMs = Number(metadata?.["order_expires_at_ms"] ?? Number.NaN);
  if (mode !== "payment" || orderId === null || amount_total === null || currency === null) return null;
  if (!Number.isSafeInteger(orderExpiresAtMs)) return null;
  const order = { orderId, orderExpiresAtMs };
  const code = currency.toUpperCase();
  const amountMinor = fromStripe(amount_total, code);
  if (amountMinor === null) return null;
  if (payment_status === "no_payment_required")
    return { kind: "paid", ...order, reference: id, amountMinor, currency: code };
  const reference = typeof payment_intent === "string" ? payment_intent : (payment_intent?.id ?? null);
  if (payment_status !== "paid" || reference === null) return null;
  return { kind: "paid", ...order, reference, amountMinor, currency: code };
}

/** Our minor units as Stripe's, or `null` when there is no such whole number. */
function toStripe(amountMinor: number, currency: string): number | null {
  return whole((amountMinor * stripePerMajor(currency)) / minorPerMajor(currency));
}

function fromStripe(amount: number, currency: string): number | null {
  return whole((amount * minorPerMajor(currency)) / stripePerMajor(currency));
}

function whole(amount: number): number | null {
  return Number.isSafeInteger(amount) ? amount : null;
}

function stripePerMajor(currency: string): number {
  if (wholeCurrencies.has(currency)) return 1;
  return thousandthCurrencies.has(currency) ? 1_000 : 100;
}

/** The library takes every JSON without an error in it for an answer: a proxy's as well, which has done nothing. */
function assertStripes<T extends { readonly object: string }>(operation: Operation, object: T["object"], answer: T): T {
  if (answer.object !== object) throw failed(operation, "what answers is not Stripe", true);
  return answer;
}

/** What Stripe's library threw, as ours; anything else is our own fault and goes on. */
function failureOf(operation: Operation, cause: unknown): unknown {
  if (!(cause instanceof Stripe.errors.StripeError)) return cause;
  const isTemporary =
    cause instanceof Stripe.errors.StripeConnectionError ||
    cause instanceof Stripe.errors.StripeRateLimitError ||
    cause instanceof Stripe.errors.StripeAPIError;
  const { code, requestId, message } = cause;
  const named = [code, requestId].filter((part) => part !== undefined && part !== "").join(", ");
  return failed(operation, named === "" ? message : `${message} (${named})`, isTemporary, cause);
}

function failed(operation: Operation, reason: string, isTemporary: boolean, cause?: unknown): ProviderFailure {
  return new ProviderFailure({ provider: "stripe", operation, reason, isTemporary, cause });
}
