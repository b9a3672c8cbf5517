/**
 * A provider that this program plays itself, for trying out and for tests: a page with buttons instead of a bank, and
 * webhooks like anyone's, signed as Standard Webhooks asks, sent over HTTP and repeated until they are taken. It keeps
 * nothing: the order stands, signed, in the page's address, so every thread and every later process knows it. Late
 * payments that still wait are forgotten by a restart. No money moves, so a refund is done when it is asked for.
 */
import { request as httpRequest } from "node:http";
import { jwtVerify, SignJWT } from "jose";
import { Webhook } from "standardwebhooks";
import { formatId, parseId } from "../domain/ids.ts";
import { limits } from "../domain/limits.ts";
import type { Clock } from "../host/clock.ts";
import { log } from "../host/log.ts";
import type { Checkout, CheckoutOrder, PaymentProvider, WebhookNotice } from "./provider.ts";

export interface SandboxOptions {
  /** Signs the pages' addresses and the webhooks. */
  readonly secret: string;
  /** Where buyers reach this program. */
  readonly publicUrl: string;
  /** Where it reaches itself. */
  readonly selfUrl: string;
  readonly clock: Clock;
  /** Pauses between the tries of a webhook. */
  readonly retryAfterMs?: readonly number[];
}

/** How far it got: taken by the shop, not taken however often it was repeated, or not even begun. */
export type Delivery = "taken" | "given_up" | "too_many";

/** Half a minute in all: long enough for a restart of the program between two tries. */
const retryAfterMsDefault = [100, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000] as const;
const answerMsMax = 10_000;
/** A late payment comes so long after the order's time: the engine has expired the order by then. */
const lateMs = 2_000;

export class SandboxProvider implements PaymentProvider {
  readonly name = "sandbox";
  readonly #clock: Clock;
  readonly #tokenKey: Uint8Array;
  readonly #webhook: Webhook;
  readonly #publicUrl: string;
  readonly #webhookUrl: string;
  readonly #retryAfterMs: readonly number[];
  /** Webhooks under way or waiting for their moment, by their ids. */
  readonly #underWay = new Map<string, Promise<Delivery>>();

  constructor({ secret, publicUrl, selfUrl, clock, retryAfterMs = retryAfterMsDefault }: SandboxOptions) {
    this.#clock = clock;
    this.#tokenKey = new TextEncoder().encode(secret);
    this.#webhook = new Webhook(secret, { format: "raw" });
    this.#publicUrl = publicUrl;
    this.#webhookUrl = new URL("/v1/payments/sandbox/webhook", selfUrl).href;
    this.#retryAfterMs = retryAfterMs;
  }

  async checkout(order: CheckoutOrder): Promise<Checkout> {
    const { orderId, title, quantity, amountMinor, currency, expiresAtMs } = order;
    const token = await new SignJWT({
      order: formatId("ord", orderId),
      title,
      quantity,
      amount_minor: amountMinor,
      currency,
      expires_at_ms: expiresAtMs,
    })
      .setProtectedHeader({ alg: "HS256" })
      .sign(this.#tokenKey);
    return { url: new URL(`/sandbox/checkout/${token}`, this.#publicUrl).href, expiresAtMs };
  }

  /** The order that a page's address names; `null` when we did not write it. */
  async open(token: string): Promise<CheckoutOrder | null> {
    if (token.length > limits.checkoutTokenLengthMax) return null;
    const claims = await jwtVerify(token, this.#tokenKey, { algorithms: ["HS256"] }).then(
      ({ payload }) => payload,
      () => null,
    );
    return claims === null ? null : orderOf(claims);
  }

  async readWebhook(body: Uint8Array, headers: Headers): Promise<WebhookNotice> {
    let content: unknown;
    try {
      const text = new TextDecoder("utf-8", { fatal: true }).decode(body);
      content = this.#webhook.verify(text, Object.fromEntries(headers));
    } catch {
      return { kind: "forged" };
    }
    return paidNotice(content) ?? { kind: "ignored" };
  }

  async refund(): Promise<void> {}

  /** The buyer pays. Again from the same page it is the same payment, told once more. */
  pay(order: CheckoutOrder): Promise<Delivery> {
    return this.#deliver("paid", order, () => this.#send("paid", order));
  }

  /** The buyer's payment fails: a real provider tells that too, and nothing comes of it. */
  fail(order: CheckoutOrder): Promise<Delivery> {
    return this.#deliver("failed", order, () => this.#send("failed", order));
  }

  /** The buyer's payment arrives a moment after the order's time; at once when that is over. */
  payLate(order: CheckoutOrder): Promise<Delivery> {
    return this.#deliver("late", order, async () => {
      const leftMs = () => order.expiresAtMs + lateMs - this.#clock.nowMs();
      for (let waitMs = leftMs(); waitMs > 0; waitMs = leftMs()) await Bun.sleep(waitMs);
      return this.#send("paid", order);
    });
  }

  /** One delivery at a time for each button of an order, and no more in all than there may be. */
  #deliver(what: string, { orderId }: CheckoutOrder, start: () => Promise<Delivery>): Promise<Delivery> {
    const name = `${what}_${orderId}`;
    const running = this.#underWay.get(name);
    if (running !== undefined) return running;
    if (this.#underWay.size >= limits.sandboxDeliveriesMax) return Promise.resolve("too_many");
    const delivery = start().finally(() => this.#underWay.delete(name));
    this.#underWay.set(name, delivery);
    return delivery;
  }

  async #send(event: "paid" | "failed", order: CheckoutOrder): Promise<Delivery> {
    const reference = `sandbox_${formatId("ord", order.orderId)}`;
    const id = `msg_${reference}_${event}`;
    const body = JSON.stringify({
      type: `payment.${event}`,
      timestamp: new Date(this.#clock.nowMs()).toISOString(),
      data: {
        order_id: formatId("ord", order.orderId),
        reference,
        amount_minor: order.amountMinor,
        currency: order.currency,
        order_expires_at_ms: order.expiresAtMs,
      },
    });
    for (const pauseMs of [...this.#retryAfterMs, null]) {
      if (await this.#isTaken(id, body)) return "taken";
      if (pauseMs !== null) await Bun.sleep(pauseMs);
    }
    log("warn", "the sandbox's webhook was not taken", { order: formatId("ord", order.orderId), event });
    return "given_up";
  }

  /** Signed anew at every try, so that the last one is not too old. */
  #isTaken(id: string, body: string): Promise<boolean> {
    const signedAt = new Date(this.#clock.nowMs());
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(signedAt.getTime() / 1_000)),
      "webhook-signature": this.#webhook.sign(id, signedAt, body),
    };
    const { promise, resolve } = Promise.withResolvers<boolean>();
    // Not `fetch`: it goes through HTTP_PROXY even to this machine.
    const sending = httpRequest(this.#webhookUrl, { method: "POST", headers, agent: false }, (response) => {
      const status = response.statusCode ?? 0;
      response.resume();
      response.on("end", () => resolve(status >= 200 && status < 300));
      response.on("error", () => resolve(false));
    });
    // Nobody listens there, or nobody answers: repeated. Without effect when there was an answer.
    sending.on("error", () => resolve(false));
    sending.on("close", () => resolve(false));
    const timer = setTimeout(() => sending.destroy(), answerMsMax);
    sending.end(body);
    return promise.finally(() => clearTimeout(timer));
  }
}

function orderOf(claims: Readonly<Record<string, unknown>>): CheckoutOrder | null {
  const { order, title, quantity, amount_minor, currency, expires_at_ms } = claims;
  const orderId = typeof order === "string" ? parseId("ord", order) : null;
  if (orderId === null || typeof title !== "string" || typeof currency !== "string") return null;
  if (typeof quantity !== "number" || typeof amount_minor !== "number" || typeof expires_at_ms !== "number")
    return null;
  return { orderId, title, quantity, amountMinor: amount_minor, currency, expiresAtMs: expires_at_ms };
}

function paidNotice(content: unknown): WebhookNotice | null {
  if (!isRecord(content) || content["type"] !== "payment.paid" || !isRecord(content["data"])) return null;
  const { order_id, order_expires_at_ms, reference, amount_minor, currency } = content["data"];
  const orderId = typeof order_id === "string" ? parseId("ord", order_id) : null;
  if (orderId === null || typeof reference !== "string" || typeof currency !== "string") return null;
  if (typeof amount_minor !== "number" || !Number.isSafeInteger(amount_minor)) return null;
  if (typeof order_expires_at_ms !== "number") return null;
  const orderExpiresAtMs = order_expires_at_ms;
  return { kind: "paid", orderId, orderExpiresAtMs, reference, amountMinor: amount_minor, currency };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
