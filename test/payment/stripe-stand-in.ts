/**
 * Stands in for Stripe on 127.0.0.1: takes what Stripe's library sends for a checkout and a refund, as strictly as
 * Stripe does (form encoding, credentials, version, idempotency keys, a session's last moment), remembers it, can break
 * in every way that a distant server can, and signs webhooks by Stripe's rule, written here anew from its description.
 */
import { createHmac } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export const stripeSecretKey = "sk_test_0123456789abcdefghij";
export const stripeWebhookSecret = "whsec_0123456789abcdefghij";

/** How the next request ends instead of being served. */
export type Breakage =
  /** A status before anything was done: the key is not remembered. */
  | { readonly kind: "status"; readonly status: number; readonly code?: string }
  /** Breaks down while working, which is remembered under the key, as Stripe does. */
  | { readonly kind: "breakdown" }
  /** Never answers. */
  | { readonly kind: "silence" }
  /** Cuts the line before anything was done. */
  | { readonly kind: "reset" }
  /** Does it, and cuts the line before the answer. */
  | { readonly kind: "lost_answer" };

export interface StandInRequest {
  readonly path: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly params: ReadonlyMap<string, string>;
}

export interface StandInSession {
  readonly id: string;
  readonly url: string;
  readonly amount: number;
  readonly currency: string;
  readonly orderId: string;
  readonly orderExpiresAtMs: string;
  readonly expiresAtS: number;
}

interface StandInPayment {
  readonly amount: number;
  refunded: number;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const sessionParams = [
  "mode",
  "client_reference_id",
  "metadata[order_id]",
  "metadata[order_expires_at_ms]",
  "payment_intent_data[metadata][order_id]",
  "payment_intent_data[metadata][order_expires_at_ms]",
  "line_items[0][quantity]",
  "line_items[0][price_data][currency]",
  "line_items[0][price_data][unit_amount]",
  "line_items[0][price_data][product_data][name]",
  "adaptive_pricing[enabled]",
  "expires_at",
  "success_url",
  "cancel_url",
];
const refundParams = ["payment_intent", "amount", "metadata[refund_key]"];

export class StripeStandIn implements AsyncDisposable {
  /** Every request that arrived, in order, those that were broken off included. */
  readonly requests: StandInRequest[] = [];
  readonly sessions: StandInSession[] = [];
  /** Refunds that were made: what the money's owner would see. */
  readonly refunds: { readonly paymentIntent: string; readonly amount: number; readonly key: string }[] = [];
  readonly payments = new Map<string, StandInPayment>();
  /** How the next requests break, first first. */
  readonly breakages: Breakage[] = [];
  nowMs: () => number = Date.now;
  readonly #answers = new Map<string, { readonly request: string; readonly answer: Answer }>();
  readonly #server = createServer((request, response) => void this.#serve(request, response));
  #eventCount = 0;

  static async start(): Promise<StripeStandIn> {
    const standIn = new StripeStandIn();
    await new Promise<void>((resolve) => standIn.#server.listen(0, "127.0.0.1", resolve));
    return standIn;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The buyer pays a session: a payment exists from now on. Answers the event that Stripe would send. */
  pay(session: StandInSession, type = "checkout.session.completed", changes: Record<string, unknown> = {}): string {
    const paymentIntent = `pi_${session.id}_${this.payments.size}`;
    this.payments.set(paymentIntent, { amount: session.amount, refunded: 0 });
    return this.event(type, {
      id: session.id,
      object: "checkout.session",
      mode: "payment",
      status: "complete",
      payment_status: "paid",
      payment_intent: paymentIntent,
      amount_total: session.amount,
      currency: session.currency,
      client_reference_id: session.orderId,
      metadata: { order_id: session.orderId, order_expires_at_ms: session.orderExpiresAtMs },
      ...changes,
    });
  }

  /** An event as Stripe writes it. */
  event(type: string, object: unknown): string {
    this.#eventCount += 1;
    const event = {
      id: `evt_${this.#eventCount}`,
      object: "event",
      api_version: "2026-10-28.endive",
      type,
      data: { object },
    };
    return JSON.stringify(event, null, 2);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = "";
    for await (const chunk of request) text += String(chunk);
    const key = String(request.headers["idempotency-key"] ?? "");
    const params = new Map(new URLSearchParams(text));
    const headers = request.headers as StandInRequest["headers"];
    this.requests.push({ path: request.url ?? "", key, headers, params });
    const breakage = this.breakages.shift();
    if (breakage?.kind === "silence") return;
    if (breakage?.kind === "reset") return void request.socket.destroy();
    const answer = this.#answer({ request, key, params, text, breakage });
    if (breakage?.kind === "lost_answer") return void request.socket.destroy();
    response.writeHead(answer.status, {
      "content-type": "application/json",
      "request-id": `req_${this.requests.length}`,
      "idempotency-key": key,
      ...(answer === breakdown ? { "stripe-should-retry": "false" } : {}),
    });
    response.end(JSON.stringify(answer.body));
  }

  #answer(parts: {
    request: IncomingMessage;
    key: string;
    params: ReadonlyMap<string, string>;
    text: string;
    breakage: Breakage | undefined;
  }): Answer {
    const { request, key, params, text, breakage } = parts;
    const { method, url: path = "", headers } = request;
    if (headers.authorization !== `Bearer ${stripeSecretKey}`) {
      return refusal(401, { message: "Invalid API Key provided: sk_test_****" });
    }
    if (!/^\d{4}-\d{2}-\d{2}\.\w+$/.test(String(headers["stripe-version"]))) {
      return refusal(400, { message: "No such API version" });
    }
    if (headers["content-type"] !== "application/x-www-form-urlencoded" || method !== "POST" || key === "") {
      return refusal(400, { message: "This stand-in takes form-encoded POST requests with an Idempotency-Key" });
    }
    if (breakage?.kind === "status") return refusal(breakage.status, { message: "Broken off", code: breakage.code });
    const known = this.#answers.get(key);
    if (known !== undefined) {
      if (known.request === `${path}?${text}`) return known.answer;
      const message =
        "Keys for idempotent requests can only be used with the same parameters they were first used with.";
      return refusal(400, { type: "idempotency_error", message });
    }
    const invalid = path === "/v1/checkout/sessions" ? sessionFault(params, this.nowMs()) : refundFault(params);
    if (invalid !== null) return refusal(400, invalid);
    const answer = breakage?.kind === "breakdown" ? breakdown : this.#execute(path, key, params);
    this.#answers.set(key, { request: `${path}?${text}`, answer });
    return answer;
  }

  #execute(path: string, key: string, params: ReadonlyMap<string, string>): Answer {
    switch (path) {
      case "/v1/checkout/sessions":
        return this.#createSession(params);
      case "/v1/refunds":
        return this.#createRefund(key, params);
      default:
        return refusal(404, { message: `Unrecognized request URL (POST: ${path})` });
    }
  }

  #createSession(params: ReadonlyMap<string, string>): Answer {
    const id = `cs_test_${this.sessions.length + 1}`;
    const session: StandInSession = {
      id,
      url: `${this.url}/c/pay/${id}`,
      amount:
        Number(params.get("line_items[0][price_data][unit_amount]")) * Number(params.get("line_items[0][quantity]")),
      currency: params.get("line_items[0][price_data][currency]") ?? "",
      orderId: params.get("metadata[order_id]") ?? "",
      orderExpiresAtMs: params.get("metadata[order_expires_at_ms]") ?? "",
      expiresAtS: Number(params.get("expires_at")),
    };
    this.sessions.push(session);
    const { url, amount, currency, expiresAtS } = session;
    return {
      status: 200,
      body: {
        id,
        object: "checkout.session",
        url,
        amount_total: amount,
        currency,
        expires_at: expiresAtS,
        status: "open",
      },
    };
  }

  #createRefund(key: string, params: ReadonlyMap<string, string>): Answer {
    const paymentIntent = params.get("payment_intent") ?? "";
    const payment = this.payments.get(paymentIntent);
    if (payment === undefined) {
      return refusal(404, { code: "resource_missing", message: `No such payment_intent: '${paymentIntent}'` });
    }
    const amount = Number(params.get("amount"));
    if (payment.refunded === payment.amount) {
      return refusal(400, { code: "charge_already_refunded", message: "Charge has already been refunded." });
    }
    if (amount > payment.amount - payment.refunded) {
      return refusal(400, { message: "Refund amount is greater than unrefunded amount on charge" });
    }
    payment.refunded += amount;
    this.refunds.push({ paymentIntent, amount, key });
    const id = `re_${this.refunds.length}`;
    return { status: 200, body: { id, object: "refund", amount, payment_intent: paymentIntent, status: "succeeded" } };
  }
}

/** The header by which Stripe signs a webhook: the time, and an HMAC over the time and the body as it is sent. */
export function stripeSignature(body: string, how: { secret?: string; atS?: number } = {}): string {
  const atS = how.atS ?? Math.floor(Date.now() / 1_000);
  const signature = createHmac("sha256", how.secret ?? stripeWebhookSecret)
    .update(`${atS}.${body}`)
    .digest("hex");
  return `t=${atS},v1=${signature}`;
}

const breakdown: Answer = {
  status: 500,
  body: { error: { type: "api_error", message: "An unknown error occurred" } },
};

function refusal(status: number, error: { type?: string; code?: string | undefined; message: string }): Answer {
  return { status, body: { error: { type: "invalid_request_error", ...error } } };
}

function sessionFault(params: ReadonlyMap<string, string>, nowMs: number): { code?: string; message: string } | null {
  const unknown = [...params.keys()].find((name) => !sessionParams.includes(name));
  if (unknown !== undefined) return { code: "parameter_unknown", message: `Received unknown parameter: ${unknown}` };
  const missing = sessionParams.find((name) => (params.get(name) ?? "") === "");
  if (missing !== undefined) return { code: "parameter_missing", message: `Missing required param: ${missing}.` };
  if (params.get("mode") !== "payment") return { message: "This stand-in knows the mode 'payment' alone" };
  if (!/^[a-z]{3}$/.test(params.get("line_items[0][price_data][currency]") ?? ""))
    return { message: "Invalid currency" };
  for (const name of ["unit_amount", "quantity"] as const) {
    const path = name === "quantity" ? "line_items[0][quantity]" : "line_items[0][price_data][unit_amount]";
    if (!/^\d+$/.test(params.get(path) ?? "")) return { message: `Invalid integer: ${path}` };
  }
  if (!["success_url", "cancel_url"].every((name) => URL.canParse(params.get(name) ?? ""))) {
    return { code: "url_invalid", message: "Not a valid URL" };
  }
  const aheadS = Number(params.get("expires_at")) - nowMs / 1_000;
  if (!(aheadS >= 30 * 60 && aheadS <= 24 * 3_600)) {
    return {
      message: "The `expires_at` timestamp must be between 30 minutes and 24 hours from Checkout Session creation.",
    };
  }
  return null;
}

function refundFault(params: ReadonlyMap<string, string>): { code?: string; message: string } | null {
  const unknown = [...params.keys()].find((name) => !refundParams.includes(name));
  if (unknown !== undefined) return { code: "parameter_unknown", message: `Received unknown parameter: ${unknown}` };
  if (!/^[1-9]\d*$/.test(params.get("amount") ?? "")) return { message: "Invalid positive integer: amount" };
  return null;
}
