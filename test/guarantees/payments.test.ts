/**
 * Money: whatever a provider tells, however often, late or out of order, and whenever the process dies, a payment ends
 * in one paid order or in one refund, never in both, never in neither. Real processes; the sandbox, and a stand-in that
 * keeps Stripe's books.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { parseId } from "../../src/domain/ids.ts";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  type OfferJson,
  type OrderJson,
  operatorKey,
  type Reply,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { expectRefusal } from "../http/refusal.ts";
import {
  type StandInSession,
  StripeStandIn,
  stripeSecretKey,
  stripeSignature,
  stripeWebhookSecret,
} from "../payment/stripe-stand-in.ts";

setDefaultTimeout(60_000);

interface CheckoutJson {
  readonly url: string;
  readonly expires_at: string;
}

let alice: string;
let bob: string;
beforeAll(async () => {
  [alice, bob] = await Promise.all([tokenOf("alice"), tokenOf("bob")]);
});

describe("the sandbox", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ env: { RUSHBOX_PAYMENTS: "sandbox" }, args: ["--http-threads", "2"] });
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("from the checkout over its page to the paid order", async () => {
    const order = await reserve(server, { stock: 3 });
    const opened = await checkout(server, order);
    expect(opened.status).toBe(201);
    expect(opened.body.expires_at).toBe(order.expires_at);
    expect(opened.headers.get("location")).toBe(opened.body.url);
    expect((await checkout(server, order, operatorKey)).body).toEqual(opened.body);
    const page = await fetch(opened.body.url);
    expect([page.status, await page.text()]).toEqual([200, expect.stringContaining("CN¥1.00")]);
    await press(opened.body.url, "pay", "paid");
    expect((await lookAt(server, order)).state).toBe("paid");
    expect(paymentsOf(server, order)).toEqual([
      { provider: "sandbox", reference: `sandbox_${order.id}`, amount: 100, currency: "CNY", state: "accepted" },
    ]);
    expect(await offerOf(server, order)).toMatchObject({ total: 3, available: 2, held: 0, sold: 1 });
  });

  test("a payment that fails leaves the order as it is, and it can be paid afterwards", async () => {
    const order = await reserve(server);
    const { url } = (await checkout(server, order)).body;
    await press(url, "fail", "failed");
    expect((await lookAt(server, order)).state).toBe("reserved");
    expect(paymentsOf(server, order)).toEqual([]);
    await press(url, "pay", "paid");
    expect((await lookAt(server, order)).state).toBe("paid");
  });

  test("a payment that comes too late takes the units once more when they are still there", async () => {
    const order = await reserve(server, { paymentWindowS: 1 });
    await press((await checkout(server, order)).body.url, "pay-late", "late");
    await becomes(server, order, "expired");
    expect(paymentsOf(server, order)).toEqual([]);
    await becomes(server, order, "paid");
    expect(await offerOf(server, order)).toMatchObject({ total: 1, available: 0, held: 0, sold: 1 });
  });

  test("a payment that comes too late is returned when somebody else has the units", async () => {
    const order = await reserve(server, { paymentWindowS: 1 });
    await press((await checkout(server, order)).body.url, "pay-late", "late");
    await becomes(server, order, "expired");
    const others = await buy(server, order.offer_id, bob);
    await sendSandbox(server, paidEvent(others.body));
    await becomes(server, order, "refunded");
    expect(paymentsOf(server, order)).toMatchObject([{ state: "refunded" }]);
    expect((await lookAt(server, others.body)).state).toBe("paid");
    expect(await offerOf(server, order)).toMatchObject({ total: 1, available: 0, held: 0, sold: 1 });
  });

  test("a button pressed by many at once, and a webhook that comes again and again, is one payment", async () => {
    const order = await reserve(server);
    const { url } = (await checkout(server, order)).body;
    await Promise.all(Array.from({ length: 10 }, () => press(url, "pay", "paid")));
    const event = paidEvent(order, { reference: `sandbox_${order.id}` });
    const told = await Promise.all(Array.from({ length: 20 }, () => sendSandbox(server, event)));
    expect(told.map(({ status, body }) => [status, body])).toEqual(told.map(() => [200, { outcome: "paid" }]));
    expect(paymentsOf(server, order)).toMatchObject([{ state: "accepted" }]);
    expect(eventsOf(server, order)).toEqual(["order_reserved", "order_paid"]);
  });

  for (const [what, wrong] of [
    ["amount", { amount_minor: 99 }],
    ["currency", { currency: "JPY" }],
  ] as const) {
    test(`a payment of a wrong ${what} is returned, and the order waits for the right one`, async () => {
      const order = await reserve(server);
      const told = await sendSandbox(server, paidEvent(order, { reference: "wrong", ...wrong }));
      expect([told.status, told.body]).toEqual([200, { outcome: "refund_due" }]);
      await until(() => paymentsOf(server, order)[0]?.state === "refunded");
      expect((await lookAt(server, order)).state).toBe("reserved");
      const right = await sendSandbox(server, paidEvent(order, { reference: "right" }));
      expect([right.status, right.body]).toEqual([200, { outcome: "paid" }]);
      expect(paymentsOf(server, order).map(({ reference, state }) => [reference, state])).toEqual([
        ["wrong", "refunded"],
        ["right", "accepted"],
      ]);
    });
  }

  test("of two payments for one order the second is returned, and the first stays", async () => {
    const order = await reserve(server);
    await sendSandbox(server, paidEvent(order, { reference: "first" }));
    const second = await sendSandbox(server, paidEvent(order, { reference: "second" }));
    expect([second.status, second.body]).toEqual([200, { outcome: "refund_due" }]);
    await until(() => paymentsOf(server, order)[1]?.state === "refunded");
    expect((await lookAt(server, order)).state).toBe("paid");
    expect(paymentsOf(server, order)[0]?.state).toBe("accepted");
  });

  test("a payment for a cancelled order is returned", async () => {
    const order = await reserve(server);
    await call(`${server.url}/v1/orders/${order.id}/cancel`, { method: "POST", as: alice });
    const told = await sendSandbox(server, paidEvent(order));
    expect([told.status, told.body]).toEqual([200, { outcome: "refund_due" }]);
    await becomes(server, order, "refunded");
  });

  test("a webhook that is not the provider's changes nothing", async () => {
    const order = await reserve(server);
    const event = paidEvent(order);
    const forged = [
      await sendSandbox(server, event, { secret: "somebody-elses-secret-0123456789ab" }),
      await sendSandbox(server, event, { ageS: 600 }),
      await call(`${server.url}/v1/payments/sandbox/webhook`, { method: "POST", body: event }),
      await call(`${server.url}/v1/payments/sandbox/webhook`, { method: "POST", body: event, as: operatorKey }),
    ];
    for (const reply of forged) refusalOf(reply, 401, "signature_invalid");
    refusalOf(
      await call(`${server.url}/v1/payments/stripe/webhook`, { method: "POST", body: event }),
      404,
      "not_found",
    );
    refusalOf(await call(`${server.url}/v1/payments/shop/webhook`, { method: "POST", body: event }), 404, "not_found");
    const large = { ...event, more: "x".repeat(65_536) };
    refusalOf(await sendSandbox(server, large), 413, "payload_too_large");
    expect(paymentsOf(server, order)).toEqual([]);
    expect((await lookAt(server, order)).state).toBe("reserved");
  });

  test("a payment for an order that is not here is taken, and told to whoever looks after the money", async () => {
    const order = await reserve(server);
    const event = paidEvent({ ...order, id: "ord_zzzzzzzzzz" }, { reference: "lost" });
    const told = await sendSandbox(server, event);
    expect([told.status, told.body]).toEqual([200, { outcome: "order_unknown" }]);
    const lineOf = () =>
      server
        .log()
        .split("\n")
        .find((candidate) => candidate.includes('"reference":"lost"'));
    while (lineOf() === undefined) await Bun.sleep(10); // what is logged comes by a pipe
    expect(JSON.parse(lineOf() ?? "{}")).toMatchObject({ level: "error", order: "ord_zzzzzzzzzz", amount_minor: 100 });
  });

  test("a payment for another order that had this id, as before a backup was restored, is not this order's", async () => {
    const order = await reserve(server);
    const told = await sendSandbox(server, paidEvent({ ...order, expires_at: "2026-01-01T00:00:00.000Z" }));
    expect([told.status, told.body]).toEqual([200, { outcome: "order_unknown" }]);
    expect((await lookAt(server, order)).state).toBe("reserved");
  });

  test("only a reserved order is paid here, by its buyer or an operator", async () => {
    const order = await reserve(server);
    refusalOf(await checkout(server, order, bob), 404, "not_found");
    refusalOf(await call(`${server.url}/v1/orders/${order.id}/checkout`, { method: "POST" }), 401, "unauthorized");
    await call(`${server.url}/v1/orders/${order.id}/cancel`, { method: "POST", as: alice });
    const refused = refusalOf(await checkout(server, order), 409, "transition_not_allowed");
    expect(refused["state"]).toBe("cancelled");
  });

  test("a refund returns the money and puts the units back on sale, or writes them off", async () => {
    for (const [body, left] of [
      [undefined, { total: 1, available: 1, held: 0, sold: 0 }],
      [{ return_units: true }, { total: 1, available: 1, held: 0, sold: 0 }],
      [{ return_units: false }, { total: 0, available: 0, held: 0, sold: 0 }],
    ] as const) {
      const order = await reserve(server);
      refusalOf(await refund(server, order, body), 409, "transition_not_allowed");
      refusalOf(await refund(server, order, body, alice), 403, "forbidden");
      await sendSandbox(server, paidEvent(order));
      const asked = await refund(server, order, body);
      expect([asked.status, ["refund_due", "refunded"]]).toEqual([200, expect.arrayContaining([asked.body.state])]);
      await becomes(server, order, "refunded");
      const again = await refund(server, order, body);
      expect([again.status, again.body.state]).toEqual([200, "refunded"]);
      expect(paymentsOf(server, order)).toMatchObject([{ state: "refunded" }]);
      expect(await offerOf(server, order)).toMatchObject(left);
    }
  });

  test("a payment that the shop itself took counts as returned with the refund", async () => {
    const order = await reserve(server);
    const paid = { method: "POST", as: operatorKey, body: { reference: "pay_1" } };
    await call(`${server.url}/v1/orders/${order.id}/pay`, paid);
    const asked = await refund(server, order);
    expect([asked.status, asked.body.state]).toEqual([200, "refunded"]);
  });

  test("its pages outlive a restart", async () => {
    const data = newFolder();
    const env = { RUSHBOX_PAYMENTS: "sandbox" };
    const before = await startServer({ env, data });
    const order = await reserve(before);
    const { pathname } = new URL((await checkout(before, order)).body.url);
    await before.stop("SIGKILL");
    await using after = await startServer({ env, data });
    await press(`${after.url}${pathname}`, "pay", "paid");
    expect((await lookAt(after, order)).state).toBe("paid");
  });
});

test("without a provider the shop takes the money: no checkout, no webhook, no page", async () => {
  await using server = await startServer();
  const order = await reserve(server);
  refusalOf(await checkout(server, order), 409, "payments_off");
  refusalOf(await call(`${server.url}/v1/payments/sandbox/webhook`, { method: "POST" }), 404, "not_found");
  expect((await fetch(`${server.url}/sandbox/checkout/a.b.c`)).status).toBe(404);
  expect((await fetch(`${server.url}/sandbox/checkout/a.b.c/pay`, { method: "POST" })).status).toBe(404);
});

describe("Stripe", () => {
  let standIn: StripeStandIn;
  let server: Server;
  beforeAll(async () => {
    standIn = await StripeStandIn.start();
    server = await startServer({ env: stripeEnv(standIn) });
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await standIn[Symbol.asyncDispose]();
  });

  test("from the checkout over Stripe's webhook to the paid order", async () => {
    const order = await reserve(server);
    const opened = await checkout(server, order);
    expect([opened.status, opened.body.expires_at]).toEqual([201, order.expires_at]);
    expect((await checkout(server, order)).body).toEqual(opened.body);
    const session = sessionOf(standIn, opened.body.url);
    expect(session).toMatchObject({ orderId: order.id, amount: 100, currency: "cny" });
    const event = standIn.pay(session);
    for (let times = 0; times < 3; times++) {
      const told = await sendStripe(server, event);
      expect([told.status, told.body]).toEqual([200, { outcome: "paid" }]);
    }
    expect((await lookAt(server, order)).state).toBe("paid");
    expect(paymentsOf(server, order)).toMatchObject([{ provider: "stripe", state: "accepted" }]);
  });

  test("a webhook that Stripe did not sign changes nothing, and one of other things is taken", async () => {
    const order = await reserve(server);
    const session = sessionOf(standIn, (await checkout(server, order)).body.url);
    const event = standIn.pay(session);
    refusalOf(
      await sendStripe(server, event, stripeSignature(event, { secret: "whsec_other" })),
      401,
      "signature_invalid",
    );
    refusalOf(
      await sendStripe(server, event.replace('"cny"', '"usd"'), stripeSignature(event)),
      401,
      "signature_invalid",
    );
    const other = await sendStripe(server, standIn.event("charge.updated", {}));
    expect([other.status, other.body]).toEqual([200, { outcome: "ignored" }]);
    expect((await lookAt(server, order)).state).toBe("reserved");
  });

  test("a payment that cannot be kept is refunded at Stripe once", async () => {
    const order = await reserve(server, { paymentWindowS: 1 });
    const session = sessionOf(standIn, (await checkout(server, order)).body.url);
    await becomes(server, order, "expired");
    expect((await buy(server, order.offer_id, bob)).status).toBe(201);
    const event = standIn.pay(session);
    const told = await sendStripe(server, event);
    expect([told.status, told.body]).toEqual([200, { outcome: "refund_due" }]);
    await becomes(server, order, "refunded");
    await sendStripe(server, event);
    expect(refundsOf(standIn, server, order)).toEqual([100]);
  });

  test("two payments of one order: the second goes back, also when both arrive at once", async () => {
    const order = await reserve(server);
    const session = sessionOf(standIn, (await checkout(server, order)).body.url);
    const events = [standIn.pay(session), standIn.pay(session)];
    const told = await Promise.all([...events, ...events].map((event) => sendStripe(server, event)));
    expect(told.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    await until(() => paymentsOf(server, order).some(({ state }) => state === "refunded"));
    expect(new Set(paymentsOf(server, order).map(({ state }) => state))).toEqual(new Set(["accepted", "refunded"]));
    expect(refundsOf(standIn, server, order)).toEqual([100]);
    expect((await lookAt(server, order)).state).toBe("paid");
  });

  test("an operator's refund goes back at Stripe once, over breakdowns on its side", async () => {
    const order = await reserve(server);
    const session = sessionOf(standIn, (await checkout(server, order)).body.url);
    await sendStripe(server, standIn.pay(session));
    standIn.breakages.push(
      { kind: "reset" },
      { kind: "status", status: 503 },
      { kind: "lost_answer" },
      { kind: "reset" },
    );
    expect((await refund(server, order)).body.state).toBe("refund_due");
    await becomes(server, order, "refunded");
    expect(refundsOf(standIn, server, order)).toEqual([100]);
  });

  test("while Stripe refuses or is silent, the checkout says so in time, and opens when it is back", async () => {
    const order = await reserve(server);
    standIn.breakages.push({ kind: "status", status: 401 });
    expect(Number(refusalOf(await checkout(server, order), 502, "provider_unavailable").status)).toBe(502);
    standIn.breakages.push({ kind: "silence" });
    const refused = await checkout(server, order);
    refusalOf(refused, 502, "provider_unavailable");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await checkout(server, order)).status).toBe(201);
    expect((await lookAt(server, order)).state).toBe("reserved");
    expect(server.log()).toContain("a checkout could not be opened");
    expect(server.log()).not.toContain(stripeSecretKey);
  });
});

describe("a crash between the payment and its refund", () => {
  for (const [when, breakage] of [
    ["before Stripe has the request", { kind: "silence" }],
    ["after Stripe has done it", { kind: "lost_answer" }],
  ] as const) {
    test(`${when}: the next process asks again, and the money goes back once`, async () => {
      await using standIn = await StripeStandIn.start();
      const data = newFolder();
      const before = await startServer({ data, env: stripeEnv(standIn) });
      const order = await reserve(before);
      const session = sessionOf(standIn, (await checkout(before, order)).body.url);
      await call(`${before.url}/v1/orders/${order.id}/cancel`, { method: "POST", as: alice });
      standIn.breakages.push(breakage, ...Array.from({ length: 10 }, () => ({ kind: "silence" }) as const));
      const asked = () => standIn.requests.filter(({ path }) => path === "/v1/refunds");
      const told = await sendStripe(before, standIn.pay(session));
      expect([told.status, told.body]).toEqual([200, { outcome: "refund_due" }]);
      await until(() => asked().length > 0);
      await before.stop("SIGKILL");
      standIn.breakages.length = 0;
      await using after = await startServer({ data, env: stripeEnv(standIn) });
      await becomes(after, order, "refunded");
      expect(refundsOf(standIn, after, order)).toEqual([100]);
      expect(new Set(asked().map(({ key }) => key)).size).toBe(1);
      expect(paymentsOf(after, order)).toMatchObject([{ state: "refunded" }]);
    });
  }

  test("a provider that is no longer configured is named at the start, and asked when it is back", async () => {
    await using standIn = await StripeStandIn.start();
    const data = newFolder();
    const before = await startServer({ data, env: stripeEnv(standIn) });
    const order = await reserve(before);
    const session = sessionOf(standIn, (await checkout(before, order)).body.url);
    await call(`${before.url}/v1/orders/${order.id}/cancel`, { method: "POST", as: alice });
    standIn.breakages.push(...Array.from({ length: 10 }, () => ({ kind: "silence" }) as const));
    await sendStripe(before, standIn.pay(session));
    await before.stop("SIGKILL");
    standIn.breakages.length = 0;
    const without = await startServer({ data });
    expect(without.log()).toContain("start with RUSHBOX_PAYMENTS=stripe to return them");
    expect((await lookAt(without, order)).state).toBe("refund_due");
    await without.stop();
    expect(standIn.refunds).toEqual([]);
    await using after = await startServer({ data, env: stripeEnv(standIn) });
    await becomes(after, order, "refunded");
    expect(standIn.refunds).toHaveLength(1);
  });
});

function stripeEnv(standIn: StripeStandIn): Record<string, string> {
  return {
    RUSHBOX_PAYMENTS: "stripe",
    RUSHBOX_STRIPE_URL: standIn.url,
    RUSHBOX_STRIPE_SECRET_KEY: stripeSecretKey,
    RUSHBOX_STRIPE_WEBHOOK_SECRET: stripeWebhookSecret,
    RUSHBOX_RETURN_URL: "https://shop.example/thanks",
  };
}

/** Alice's order of the one unit of a new sale. */
async function reserve(server: Server, how: { stock?: number; paymentWindowS?: number } = {}): Promise<OrderJson> {
  const campaign = await createCampaign(server, { stock: 1, ...how });
  const order = await buy(server, campaign.offers[0]?.id ?? "", alice);
  expect(order.status).toBe(201);
  return order.body;
}

function checkout(server: Server, order: OrderJson, as = alice): Promise<Reply<CheckoutJson>> {
  return call(`${server.url}/v1/orders/${order.id}/checkout`, { method: "POST", as });
}

function refund(server: Server, order: OrderJson, body?: unknown, as = operatorKey): Promise<Reply<OrderJson>> {
  const sent = body === undefined ? {} : { body };
  return call(`${server.url}/v1/orders/${order.id}/refund`, { method: "POST", as, ...sent });
}

/** Presses a button of the sandbox's page, which leads to a page that tells how it went. */
async function press(url: string, button: string, result: string): Promise<void> {
  const pressed = await fetch(`${url}/${button}`, { method: "POST", redirect: "manual" });
  expect([pressed.status, pressed.headers.get("location")]).toEqual([
    303,
    expect.stringContaining(`?result=${result}`),
  ]);
}

function paidEvent(order: OrderJson, changes: Record<string, unknown> = {}): Record<string, unknown> {
  const order_expires_at_ms = Date.parse(order.expires_at);
  const what = { amount_minor: 100, currency: "CNY", order_expires_at_ms };
  const data = { order_id: order.id, reference: `ref-${order.id}`, ...what, ...changes };
  return { type: "payment.paid", timestamp: new Date().toISOString(), data };
}

/** A webhook as the sandbox sends it, with its secret or another. */
async function sendSandbox(
  server: Server,
  event: Record<string, unknown>,
  { secret, ageS = 0 }: { secret?: string; ageS?: number } = {},
): Promise<Reply> {
  const key = secret ?? readFileSync(join(server.data, "sandbox.secret"), "utf8").trim();
  const signedAt = new Date(Date.now() - ageS * 1_000);
  const text = JSON.stringify(event);
  return call(`${server.url}/v1/payments/sandbox/webhook`, {
    method: "POST",
    body: event,
    headers: {
      "webhook-id": "msg_test",
      "webhook-timestamp": String(Math.floor(signedAt.getTime() / 1_000)),
      "webhook-signature": new Webhook(key, { format: "raw" }).sign("msg_test", signedAt, text),
    },
  });
}

/** A webhook as Stripe sends it, to the letter. */
async function sendStripe(server: Server, event: string, signature = stripeSignature(event)): Promise<Reply> {
  const response = await fetch(`${server.url}/v1/payments/stripe/webhook`, {
    method: "POST",
    body: event,
    headers: { "stripe-signature": signature, "content-type": "application/json; charset=utf-8" },
  });
  const { status, headers } = response;
  return { status, headers, body: (await response.json()) as Record<string, unknown> };
}

function sessionOf(standIn: StripeStandIn, url: string): StandInSession {
  const session = standIn.sessions.find((candidate) => candidate.url === url);
  if (session === undefined) throw new Error(`${url} is not Stripe's`);
  return session;
}

/** What went back at Stripe for an order's payments. */
function refundsOf(standIn: StripeStandIn, server: Server, order: OrderJson): number[] {
  const references = new Set(paymentsOf(server, order).map(({ reference }) => reference));
  return standIn.refunds.filter(({ paymentIntent }) => references.has(paymentIntent)).map(({ amount }) => amount);
}

async function lookAt(server: Server, order: OrderJson): Promise<OrderJson> {
  return (await call<OrderJson>(`${server.url}/v1/orders/${order.id}`, { as: operatorKey })).body;
}

async function offerOf(server: Server, order: OrderJson): Promise<OfferJson> {
  const { body } = await call<{ campaigns: CampaignJson[] }>(`${server.url}/v1/campaigns?limit=200`, {
    as: operatorKey,
  });
  const offer = body.campaigns.flatMap(({ offers }) => offers).find(({ id }) => id === order.offer_id);
  if (offer === undefined) throw new Error("no such offer");
  return offer;
}

async function becomes(server: Server, order: OrderJson, state: string): Promise<void> {
  await until(async () => (await lookAt(server, order)).state === state);
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await holds()); tries++) {
    if (tries > 800) throw new Error("it does not come to pass");
    await Bun.sleep(25);
  }
}

interface StoredPayment {
  readonly provider: string;
  readonly reference: string;
  readonly amount: number;
  readonly currency: string;
  readonly state: string;
}

/** An order's payments as they are on disk. */
function paymentsOf(server: Server, order: OrderJson): StoredPayment[] {
  using db = new Database(join(server.data, "rushbox.db"), { readonly: true });
  const columns = "provider, reference, amount_minor AS amount, currency, state";
  return db
    .query<StoredPayment, [number]>(`SELECT ${columns} FROM payments WHERE order_id = ? ORDER BY id`)
    .all(parseId("ord", order.id) ?? 0);
}

function eventsOf(server: Server, order: OrderJson): string[] {
  using db = new Database(join(server.data, "rushbox.db"), { readonly: true });
  return db
    .query<{ type: string }, [number, number]>("SELECT type FROM events WHERE order_id = ? OR seq = ? ORDER BY seq")
    .all(parseId("ord", order.id) ?? 0, parseId("ord", order.id) ?? 0)
    .map(({ type }) => type);
}

/** The problem of a reply, fully checked. */
function refusalOf(reply: Reply<unknown>, status: number, code: string) {
  expect(reply.status).toBe(status);
  const problem = expectRefusal({ ...reply, text: JSON.stringify(reply.body) });
  expect(problem.code).toBe(code);
  return problem;
}
