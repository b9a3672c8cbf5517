/**
 * What every payment provider promises, whoever it is: the same page for the same order, a webhook that is believed only
 * when the provider signed it just now, and a refund that returns the money once.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { Webhook } from "standardwebhooks";
import { formatId } from "../../src/domain/ids.ts";
import { startClock } from "../../src/host/clock.ts";
import { openProvider } from "../../src/payment/open-provider.ts";
import type { CheckoutOrder, PaymentProvider, WebhookNotice } from "../../src/payment/provider.ts";
import { StripeStandIn, stripeSecretKey, stripeSignature, stripeWebhookSecret } from "./stripe-stand-in.ts";

const clock = startClock();
const toleranceS = 300;
const sandboxSecret = "sandbox-secret-for-tests-0123456789";

/** A webhook as it comes over the wire. */
interface Sent {
  readonly body: string;
  readonly headers: Record<string, string>;
}

/** A provider and the hand of whoever plays it. */
interface Case extends AsyncDisposable {
  readonly provider: PaymentProvider;
  /** A webhook that says that the order was paid, signed now or so long ago, with the right secret or another. */
  paid(order: CheckoutOrder, how?: { ageS?: number; secret?: string }): Promise<Sent>;
  /** One that says something else. */
  other(order: CheckoutOrder): Promise<Sent>;
  /** How much money of a payment came back; `null` where no money exists. */
  refunded(reference: string): number | null;
}

const cases: Record<string, () => Promise<Case>> = {
  async sandbox() {
    const provider = await providerOf({
      provider: "sandbox",
      secret: sandboxSecret,
      publicUrl: "https://sale.example",
      selfUrl: "http://127.0.0.1:9",
      returnUrl: "https://shop.example/thanks",
    });
    const send = (type: string, order: CheckoutOrder, { ageS = 0, secret = sandboxSecret } = {}): Sent => {
      const signedAt = new Date(Date.now() - ageS * 1_000);
      const { amountMinor: amount_minor, currency, expiresAtMs: order_expires_at_ms } = order;
      const order_id = formatId("ord", order.orderId);
      const data = { order_id, order_expires_at_ms, reference: `ref_${order_id}`, amount_minor, currency };
      const body = JSON.stringify({ type, data });
      return {
        body,
        headers: {
          "webhook-id": "msg_1",
          "webhook-timestamp": String(Math.floor(signedAt.getTime() / 1_000)),
          "webhook-signature": new Webhook(secret, { format: "raw" }).sign("msg_1", signedAt, body),
        },
      };
    };
    return {
      provider,
      paid: async (order, how) => send("payment.paid", order, how),
      other: async (order) => send("payment.failed", order),
      refunded: () => null,
      async [Symbol.asyncDispose]() {},
    };
  },
  async stripe() {
    const standIn = await StripeStandIn.start();
    const provider = await providerOf({
      provider: "stripe",
      secretKey: stripeSecretKey,
      webhookSecret: stripeWebhookSecret,
      url: standIn.url,
      returnUrl: "https://shop.example/thanks",
    });
    const session = async (order: CheckoutOrder) => {
      const { url } = await provider.checkout(order);
      const found = standIn.sessions.find((candidate) => candidate.url === url);
      if (found === undefined) throw new Error("the page is not Stripe's");
      return found;
    };
    return {
      provider,
      async paid(order, { ageS = 0, secret = stripeWebhookSecret } = {}) {
        const body = standIn.pay(await session(order));
        const atS = Math.floor(Date.now() / 1_000) - ageS;
        return { body, headers: { "stripe-signature": stripeSignature(body, { secret, atS }) } };
      },
      async other(order) {
        const body = standIn.pay(await session(order), "checkout.session.expired");
        return { body, headers: { "stripe-signature": stripeSignature(body) } };
      },
      refunded: (reference) => standIn.payments.get(reference)?.refunded ?? 0,
      [Symbol.asyncDispose]: () => standIn[Symbol.asyncDispose](),
    };
  },
};

for (const [name, open] of Object.entries(cases)) {
  describe(name, () => {
    let parts: Case;
    beforeAll(async () => {
      parts = await open();
    });
    afterAll(() => parts[Symbol.asyncDispose]());

    test("leads to a page, the same one for the same order, another one for another", async () => {
      const order = newOrder();
      const first = await parts.provider.checkout(order);
      expect(URL.canParse(first.url)).toBe(true);
      expect(first.expiresAtMs).toBe(order.expiresAtMs);
      expect(await parts.provider.checkout(order)).toEqual(first);
      expect((await parts.provider.checkout(newOrder())).url).not.toBe(first.url);
    });

    test("its webhook says what was paid, and the same when it comes again", async () => {
      for (const order of [newOrder(), newOrder({ currency: "JPY", amountMinor: 4_200 }), newOrder({ quantity: 7 })]) {
        const sent = await parts.paid(order);
        const notice = await read(parts.provider, sent);
        const { orderId, expiresAtMs: orderExpiresAtMs, amountMinor, currency } = order;
        const reference = expect.any(String);
        expect(notice).toEqual({ kind: "paid", orderId, orderExpiresAtMs, reference, amountMinor, currency });
        expect(await read(parts.provider, sent)).toEqual(notice);
      }
    });

    test("an event that is no payment is ignored", async () => {
      expect(await read(parts.provider, await parts.other(newOrder()))).toEqual({ kind: "ignored" });
    });

    test("a webhook of somebody else, or signed too long ago, is forged", async () => {
      const order = newOrder();
      const forged = [
        await parts.paid(order, { secret: "somebody-elses-secret-0123456789ab" }),
        await parts.paid(order, { ageS: toleranceS + 60 }),
      ];
      for (const sent of forged) expect(await read(parts.provider, sent)).toEqual({ kind: "forged" });
      expect((await read(parts.provider, await parts.paid(order, { ageS: toleranceS - 60 }))).kind).toBe("paid");
    });

    test("a webhook of which one letter was changed, or without its signature, is forged", async () => {
      const { body, headers } = await parts.paid(newOrder());
      const digit = body.search(/\d/);
      const changed = [
        { headers, body: `${body.slice(0, digit)}${body[digit] === "1" ? "2" : "1"}${body.slice(digit + 1)}` },
        { headers, body: `${body} ` },
        { headers, body: "" },
        ...Object.keys(headers).map((name) => ({ body, headers: { ...headers, [name]: "" } })),
        ...Object.keys(headers).map((name) => ({ body, headers: { ...headers, [name]: `${headers[name]}0` } })),
        { body, headers: {} },
      ];
      for (const sent of changed) expect([sent, await read(parts.provider, sent)]).toEqual([sent, { kind: "forged" }]);
    });

    test("bytes that are no text are forged, and do not throw", async () => {
      const { headers } = await parts.paid(newOrder());
      const bytes = new Uint8Array([0xff, 0xfe, 0x00, 0x7b]);
      expect(await parts.provider.readWebhook(bytes, new Headers(headers))).toEqual({ kind: "forged" });
    });

    test("a refund that is asked for again returns the money once", async () => {
      const order = newOrder();
      const notice = await read(parts.provider, await parts.paid(order));
      if (notice.kind !== "paid") throw new Error("not paid");
      const { reference, amountMinor, currency } = notice;
      const payment = { reference, amountMinor, currency, refundKey: `refund-${reference}` };
      await parts.provider.refund(payment);
      await parts.provider.refund(payment);
      const refunded = parts.refunded(reference);
      if (refunded !== null) expect(refunded).toBe(amountMinor);
    });
  });
}

test("without a provider there is none", async () => {
  expect(await openProvider({ provider: "none" }, clock)).toBeNull();
});

let orderId = 0;

function newOrder(changes: Partial<CheckoutOrder> = {}): CheckoutOrder {
  orderId += 1;
  return {
    orderId,
    title: "机械键盘 & more",
    quantity: 2,
    amountMinor: 119_798,
    currency: "CNY",
    expiresAtMs: clock.nowMs() + 900_000,
    ...changes,
    ...(changes.quantity === undefined ? {} : { amountMinor: changes.quantity * 59_899 }),
  };
}

async function providerOf(settings: Parameters<typeof openProvider>[0]): Promise<PaymentProvider> {
  const provider = await openProvider(settings, clock);
  if (provider === null) throw new Error("no provider");
  return provider;
}

function read(provider: PaymentProvider, { body, headers }: Sent): Promise<WebhookNotice> {
  return provider.readWebhook(new TextEncoder().encode(body), new Headers(headers));
}
