/**
 * Stripe: what is sent to it, that a broken line or a breakdown on its side never makes a second session or a second
 * refund, and which of its events are payments.
 */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { formatId } from "../../src/domain/ids.ts";
import { type Clock, startClock } from "../../src/host/clock.ts";
import { type CheckoutOrder, ProviderFailure, type WebhookNotice } from "../../src/payment/provider.ts";
import { StripeProvider } from "../../src/payment/stripe.ts";
import {
  type Breakage,
  type StandInSession,
  StripeStandIn,
  stripeSecretKey,
  stripeSignature,
  stripeWebhookSecret,
} from "./stripe-stand-in.ts";

setDefaultTimeout(30_000); // the library pauses for half a second and longer before it tries again

const clock = startClock();
const minuteMs = 60_000;

let standIn: StripeStandIn;
let stripe: StripeProvider;
beforeEach(async () => {
  standIn = await StripeStandIn.start();
  stripe = providerOf();
});
afterEach(() => standIn[Symbol.asyncDispose]());

describe("a checkout", () => {
  test("tells Stripe the order, its units and its price, and where the buyer comes back", async () => {
    const order = newOrder({ orderId: 4_211, quantity: 3, amountMinor: 29_997, title: "Ключ & 钥匙 = 100%" });
    await stripe.checkout(order);
    const [request] = standIn.requests;
    expect(Object.fromEntries(request?.params ?? [])).toEqual({
      mode: "payment",
      client_reference_id: formatId("ord", 4_211),
      "metadata[order_id]": formatId("ord", 4_211),
      "metadata[order_expires_at_ms]": String(order.expiresAtMs),
      "payment_intent_data[metadata][order_id]": formatId("ord", 4_211),
      "payment_intent_data[metadata][order_expires_at_ms]": String(order.expiresAtMs),
      "line_items[0][quantity]": "3",
      "line_items[0][price_data][currency]": "cny",
      "line_items[0][price_data][unit_amount]": "9999",
      "line_items[0][price_data][product_data][name]": "Ключ & 钥匙 = 100%",
      "adaptive_pricing[enabled]": "false",
      expires_at: String(Math.floor((order.expiresAtMs + 32 * minuteMs) / 1_000)),
      success_url: `https://shop.example/thanks?from=sale&order=${formatId("ord", 4_211)}&checkout=paid`,
      cancel_url: `https://shop.example/thanks?from=sale&order=${formatId("ord", 4_211)}&checkout=unpaid`,
    });
    expect(request?.headers["x-stripe-client-telemetry"]).toBeUndefined();
  });

  test("asked for by several at once or by another process, it is one session", async () => {
    const order = newOrder();
    const all = await Promise.all([stripe, stripe, providerOf(), providerOf()].map((each) => each.checkout(order)));
    expect(new Set(all.map(({ url }) => url)).size).toBe(1);
    expect(standIn.sessions).toHaveLength(1);
  });

  test("stays open for as long as Stripe demands, and never longer than it allows", async () => {
    for (const leftMs of [1, minuteMs, 23 * 60 * minuteMs, 24 * 60 * minuteMs, 7 * 24 * 60 * minuteMs]) {
      const order = newOrder({ expiresAtMs: clock.nowMs() + leftMs });
      const { expiresAtMs } = await stripe.checkout(order); // the stand-in refuses any other last moment
      const endsAtMs = (standIn.sessions.at(-1)?.expiresAtS ?? 0) * 1_000;
      expect(expiresAtMs).toBe(Math.min(order.expiresAtMs, endsAtMs));
    }
  });

  test("of an order with a week to pay is a new one twice a day, each open for hours when it is handed out", async () => {
    const startedMs = clock.nowMs();
    let nowMs = startedMs;
    standIn.nowMs = () => nowMs;
    const slow = providerOf({ clock: { nowMs: () => nowMs, elapsedMs: () => nowMs } });
    const order = newOrder({ expiresAtMs: startedMs + 7 * 24 * 60 * minuteMs });
    for (; nowMs < order.expiresAtMs; nowMs += 30 * minuteMs) {
      const { expiresAtMs } = await slow.checkout(order);
      expect(expiresAtMs - nowMs).toBeGreaterThanOrEqual(Math.min(10 * 60 * minuteMs, order.expiresAtMs - nowMs));
    }
    expect(standIn.sessions.length).toBeLessThanOrEqual(14);
  });

  for (const [words, breakages, tries] of [
    ["a cut line", [{ kind: "reset" }], 2],
    ["two cut lines", [{ kind: "reset" }, { kind: "reset" }], 3],
    ["a lost answer", [{ kind: "lost_answer" }], 2],
    ["a silence", [{ kind: "silence" }], 2],
    ["a server that is busy", [{ kind: "status", status: 503 }], 2],
    ["a key that another request uses", [{ kind: "status", status: 409, code: "idempotency_key_in_use" }], 2],
    ["a breakdown that Stripe remembers", [{ kind: "breakdown" }], 2],
  ] as const satisfies readonly (readonly [string, readonly Breakage[], number])[]) {
    test(`survives ${words}, with one session in the end`, async () => {
      const order = newOrder();
      standIn.breakages.push(...breakages);
      const patient = providerOf({ timeoutMs: 500 });
      const { url } = await patient.checkout(order);
      expect(standIn.requests).toHaveLength(tries);
      expect(standIn.sessions.map((session) => session.url)).toEqual([url]);
      expect((await patient.checkout(order)).url).toBe(url);
    });
  }

  for (const [words, breakage, isTemporary] of [
    ["is limited", { kind: "status", status: 429, code: "rate_limit" }, true],
    ["breaks down", { kind: "status", status: 502 }, true],
    ["is silent", { kind: "silence" }, true],
    ["cuts the line", { kind: "reset" }, true],
    ["does not know the key", { kind: "status", status: 401 }, false],
    ["does not allow it", { kind: "status", status: 403 }, false],
    ["finds the amount too small", { kind: "status", status: 400, code: "amount_too_small" }, false],
  ] as const satisfies readonly (readonly [string, Breakage, boolean])[]) {
    test(`fails within a bound when Stripe ${words}, and says whether asking again can help`, async () => {
      standIn.breakages.push(...Array.from({ length: 10 }, () => breakage));
      const failure = await failureOf(providerOf({ timeoutMs: 300 }).checkout(newOrder()));
      expect(failure.isTemporary).toBe(isTemporary);
      expect(failure.message).toStartWith("stripe checkout: ");
      expect(failure.message).not.toContain(stripeSecretKey);
      expect(standIn.requests.length).toBeLessThanOrEqual(3);
      expect(standIn.sessions).toEqual([]);
    });
  }

  test("fails as a temporary failure when nobody listens", async () => {
    const gone = await StripeStandIn.start();
    const nowhere = providerOf({ url: gone.url });
    await gone[Symbol.asyncDispose]();
    expect((await failureOf(nowhere.checkout(newOrder()))).isTemporary).toBe(true);
  });

  test("of an amount that Stripe cannot take is refused before it is sent", async () => {
    const failure = await failureOf(stripe.checkout(newOrder({ currency: "MGA", amountMinor: 150, quantity: 1 })));
    expect(failure.isTemporary).toBe(false);
    expect(standIn.requests).toEqual([]);
  });
});

describe("amounts", () => {
  for (const [currency, ours, stripes] of [
    ["CNY", 9_999, 9_999],
    ["USD", 1, 1],
    ["JPY", 500, 500],
    ["KWD", 5_120, 5_120],
    ["ISK", 5, 500],
    ["UGX", 5, 500],
    ["MGA", 50_000, 500],
    ["HUF", 1_045, 1_045],
    ["TWD", 80_045, 80_045],
  ] as const) {
    test(`${ours} ${currency} are ${stripes} at Stripe, for paying, for its webhook and for a refund`, async () => {
      const session = await sessionOf(newOrder({ currency, amountMinor: ours, quantity: 1 }));
      expect(session).toMatchObject({ amount: stripes, currency: currency.toLowerCase() });
      const notice = await read(standIn.pay(session));
      expect(notice).toMatchObject({ kind: "paid", amountMinor: ours, currency });
      await stripe.refund(refundOf(notice));
      expect(standIn.refunds.map(({ amount }) => amount)).toEqual([stripes]);
    });
  }
});

describe("a webhook", () => {
  test("of a session that was completed and is paid is a payment, by its payment intent", async () => {
    const order = newOrder();
    const notice = await read(standIn.pay(await sessionOf(order)));
    const [reference = ""] = standIn.payments.keys();
    const { orderId, expiresAtMs: orderExpiresAtMs, amountMinor, currency } = order;
    expect(notice).toEqual({ kind: "paid", orderId, orderExpiresAtMs, reference, amountMinor, currency });
  });

  test("of money that arrives days later is the same payment as the one announced with it", async () => {
    const session = await sessionOf(newOrder());
    const announced = standIn.pay(session, "checkout.session.completed", { payment_status: "unpaid" });
    const arrived = standIn.pay(session, "checkout.session.async_payment_succeeded");
    expect(await read(announced)).toEqual({ kind: "ignored" });
    expect((await read(arrived)).kind).toBe("paid");
  });

  test("of an order that costs nothing is a payment by its session", async () => {
    const session = await sessionOf(newOrder({ amountMinor: 0 }));
    const changes = { payment_status: "no_payment_required", payment_intent: null };
    const notice = await read(standIn.pay(session, "checkout.session.completed", changes));
    expect(notice).toMatchObject({ kind: "paid", reference: session.id, amountMinor: 0 });
    await stripe.refund(refundOf(notice));
    expect(standIn.refunds).toEqual([]);
  });

  test("tells what was really paid, whatever the order costs", async () => {
    const session = await sessionOf(newOrder());
    const other = standIn.pay(session, undefined, { amount_total: 1, currency: "usd" });
    expect(await read(other)).toMatchObject({ kind: "paid", amountMinor: 1, currency: "USD" });
  });

  test("is ignored when it is another event, another mode, or no order of ours", async () => {
    const session = await sessionOf(newOrder());
    const completed = (changes: Record<string, unknown>) => standIn.pay(session, undefined, changes);
    for (const body of [
      standIn.pay(session, "checkout.session.expired"),
      standIn.pay(session, "checkout.session.async_payment_failed"),
      standIn.pay(session, "payment_intent.succeeded"),
      completed({ mode: "subscription" }),
      completed({ metadata: {} }),
      completed({ metadata: null }),
      completed({ metadata: { order_id: "4211", order_expires_at_ms: "1" } }),
      completed({ metadata: { order_id: session.orderId } }),
      completed({ metadata: { order_id: session.orderId, order_expires_at_ms: "soon" } }),
      completed({ metadata: { order_id: "cmp_0000000001", order_expires_at_ms: "1" } }),
      completed({ payment_intent: null }),
      completed({ amount_total: null }),
    ]) {
      expect([body, await read(body)]).toEqual([body, { kind: "ignored" }]);
    }
  });

  test("whose endpoint has two secrets while one replaces the other is believed by either", async () => {
    const body = standIn.pay(await sessionOf(newOrder()));
    const [time, right] = stripeSignature(body).split(",");
    const wrong = stripeSignature(body, { secret: "whsec_other" }).split(",")[1];
    expect((await read(body, `${time},${wrong},${right}`)).kind).toBe("paid");
    expect((await read(body, `${time},${wrong}`)).kind).toBe("forged");
    expect((await read(body, `${time},${right?.replace("v1=", "v0=")}`)).kind).toBe("forged");
  });
});

describe("a refund", () => {
  test("survives a lost answer with the money returned once, under the key that it was given", async () => {
    const notice = await read(standIn.pay(await sessionOf(newOrder())));
    const payment = refundOf(notice);
    standIn.breakages.push({ kind: "lost_answer" }, { kind: "reset" });
    await stripe.refund(payment);
    expect(standIn.refunds).toEqual([
      { paymentIntent: payment.reference, amount: payment.amountMinor, key: payment.refundKey },
    ]);
  });

  test("that was made before counts, also by hand and under another key", async () => {
    const payment = refundOf(await read(standIn.pay(await sessionOf(newOrder()))));
    await stripe.refund({ ...payment, refundKey: "by-hand" });
    await stripe.refund(payment);
    expect(standIn.refunds).toHaveLength(1);
  });

  test("of a payment that Stripe does not know, or of more than was paid, fails for good", async () => {
    const payment = refundOf(await read(standIn.pay(await sessionOf(newOrder()))));
    const unknown = await failureOf(stripe.refund({ ...payment, reference: "pi_unknown" }));
    expect([unknown.isTemporary, unknown.message]).toEqual([false, expect.stringContaining("resource_missing")]);
    const tooMuch = { ...payment, amountMinor: payment.amountMinor + 1, refundKey: "too-much" };
    expect((await failureOf(stripe.refund(tooMuch))).isTemporary).toBe(false);
    expect(standIn.refunds).toEqual([]);
  });

  test("while Stripe is down fails for now, and is done when asked for again", async () => {
    const payment = refundOf(await read(standIn.pay(await sessionOf(newOrder()))));
    standIn.breakages.push(...Array.from({ length: 3 }, () => ({ kind: "status", status: 503 }) as const));
    expect((await failureOf(stripe.refund(payment))).isTemporary).toBe(true);
    await stripe.refund(payment);
    expect(standIn.refunds).toHaveLength(1);
  });
});

test("an answer that is not Stripe's is no checkout and no refund, whatever its status", async () => {
  const payment = refundOf(await read(standIn.pay(await sessionOf(newOrder()))));
  for (const status of [200, 404, 502]) {
    await using proxy = Bun.serve({
      hostname: "127.0.0.1",
      port: 0,
      fetch: () => Response.json({ detail: "no upstream" }, { status }),
    });
    const behind = providerOf({ url: proxy.url.origin });
    expect((await failureOf(behind.checkout(newOrder()))).isTemporary).toBe(true);
    expect((await failureOf(behind.refund(payment))).isTemporary).toBe(true);
  }
});

let lastOrderId = 0;

function newOrder(changes: Partial<CheckoutOrder> = {}): CheckoutOrder {
  lastOrderId += 1;
  const expiresAtMs = clock.nowMs() + 15 * minuteMs;
  return {
    orderId: lastOrderId,
    title: "Lamp",
    quantity: 2,
    amountMinor: 59_998,
    currency: "CNY",
    expiresAtMs,
    ...changes,
  };
}

function providerOf(changes: { timeoutMs?: number; url?: string; clock?: Clock } = {}): StripeProvider {
  return new StripeProvider({
    secretKey: stripeSecretKey,
    webhookSecret: stripeWebhookSecret,
    url: standIn.url,
    returnUrl: "https://shop.example/thanks?from=sale",
    clock,
    ...changes,
  });
}

async function sessionOf(order: CheckoutOrder): Promise<StandInSession> {
  const { url } = await stripe.checkout(order);
  const session = standIn.sessions.find((candidate) => candidate.url === url);
  if (session === undefined) throw new Error("no such session");
  return session;
}

function read(body: string, signature = stripeSignature(body)): Promise<WebhookNotice> {
  return stripe.readWebhook(new TextEncoder().encode(body), new Headers({ "stripe-signature": signature }));
}

function refundOf(notice: WebhookNotice) {
  if (notice.kind !== "paid") throw new Error(`${notice.kind}, not paid`);
  const { reference, amountMinor, currency } = notice;
  return { reference, amountMinor, currency, refundKey: `refund-${reference}` };
}

async function failureOf(asked: Promise<unknown>): Promise<ProviderFailure> {
  const failure = await asked.then(
    () => null,
    (cause: unknown) => cause,
  );
  if (failure instanceof ProviderFailure) return failure;
  throw new Error(`not a ProviderFailure: ${String(failure)}`);
}
