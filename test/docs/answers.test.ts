/**
 * What a running server answers is what the document says: every operation is asked for every success and for every
 * refusal that can be had from a healthy server, and each answer is held against its place in the document.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { formatId } from "../../src/domain/ids.ts";
import { limits } from "../../src/domain/limits.ts";
import { makeDraw } from "../draw/drawn.ts";
import {
  agentTokenOf,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { until } from "../http/until.ts";
import { examplesOf, operations, schemas } from "./document.ts";
import { type Schema, violationsOf } from "./json-schema.ts";

/** What only a failing or an overtaken server answers; these have tests of their own, elsewhere. */
const notFromAHealthyServer: Readonly<Record<string, readonly string[]>> = {
  // What is limited or switched off is asked for below once for each: test/http/controls.test.ts does it everywhere.
  "*": ["internal", "overloaded", "outcome_unknown", "rate_limited", "switched_off"],
  // Needs a buyer who looks like a program, with verdicts enforced: test/http/admit.test.ts.
  "POST /v1/offers/{id}/orders": ["slowed"],
  // Needs a captcha that is configured no more, or whose verifier is down: test/http/challenge.test.ts.
  "GET /v1/campaigns/{id}/challenge": ["challenge_unavailable"],
  // Needs ten thousand entries: test/engine/access.test.ts.
  "POST /v1/access": ["limit_exceeded"],
  // Needs a million buyers: test/engine has them.
  "POST /v1/offers/{id}/waitlist": ["waitlist_full", "slowed"],
  "POST /v1/offers/{id}/draw": ["waitlist_full", "slowed", "challenge_unavailable"],
  "POST /v1/campaigns/{id}/queue": ["queue_full", "slowed", "challenge_unavailable"],
  "POST /v1/campaigns/{id}/pass": ["slowed", "challenge_unavailable"],
  "POST /v1/campaigns/{id}/reminder": ["reminders_full", "slowed"],
  // Needs a server without a provider, a provider that is down: test/guarantees/payments.test.ts.
  "POST /v1/orders/{id}/checkout": ["payments_off", "provider_unavailable"],
  // A body that is cut off, which no client of this kind sends.
  "POST /v1/payments/{provider}/webhook": ["invalid"],
  // Shared memory says these before an attempt is taken: only a change in that very moment leaves them to be asked for.
  "GET /v1/attempts/{key}": ["not_open", "paused", "ended", "agents_not_allowed"],
};

setDefaultTimeout(60_000); // servers are started and a rehearsal is run: seconds, and more on a busy machine

const seen = new Set<string>();
let server: Server;
let alice: string;
let bob: string;

beforeAll(async () => {
  server = await startServer({ env: { RUSHBOX_PAYMENTS: "sandbox" } });
  [alice, bob] = await Promise.all([tokenOf("alice"), tokenOf("bob")]);
});
afterAll(() => server[Symbol.asyncDispose]());

interface Ask {
  readonly as?: string;
  readonly body?: unknown;
  /** The body as it is sent, in place of `body`. */
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: string;
  /** In place of the operation's own, for 405. */
  readonly method?: string;
  readonly follow?: true;
  /** In place of the server with the sandbox. */
  readonly at?: Server;
}

/** Asks for an operation, holds the answer against the document, and gives its body back. */
async function ask(name: string, expected: number | string, how: Ask = {}): Promise<Record<string, unknown>> {
  const [method = "", template = ""] = name.split(" ");
  const path = template.replaceAll(/\{(\w+)\}/g, (_, parameter: string) => how.params?.[parameter] ?? "");
  const sent = how.text ?? (how.body === undefined ? undefined : JSON.stringify(how.body));
  const response = await fetch(`${(how.at ?? server).url}${path}${how.query ?? ""}`, {
    method: how.method ?? method,
    redirect: how.follow === true ? "follow" : "manual",
    headers: {
      ...(how.as === undefined ? {} : { authorization: `Bearer ${how.as}` }),
      ...(sent === undefined ? {} : { "content-type": "application/json" }),
      ...how.headers,
    },
    ...(sent === undefined ? {} : { body: sent }),
  });
  const text = response.headers.get("content-type")?.startsWith("text/event-stream")
    ? await firstEventOf(response)
    : await response.text();
  const outcome = conform(name, response, text);
  expect(`${name} ${outcome}`).toBe(`${name} ${expected}`);
  seen.add(`${name} ${outcome}`);
  return text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : { text };
}

const documentedHeaders = [
  "location",
  "retry-after",
  "etag",
  "www-authenticate",
  "allow",
  "preference-applied",
  "content-disposition",
];

/** The status, or the problem's code; throws when the document does not say what came. */
function conform(name: string, response: Response, text: string): string {
  const operation = operations.get(name);
  if (operation === undefined) throw new Error(`the document has no ${name}`);
  const documented = operation.responses[response.status];
  if (documented === undefined) throw new Error(`the document of ${name} has no ${response.status}: ${text}`);
  const headers = Object.keys(documented.headers ?? {}).map((header) => header.toLowerCase());
  for (const header of documentedHeaders) {
    if (response.headers.has(header))
      expect([name, response.status, headers]).toContainEqual(expect.arrayContaining([header]));
  }
  const type = response.headers.get("content-type")?.split(";")[0] ?? "";
  const media = documented.content?.[type];
  if (media === undefined) {
    expect([name, response.status, text, documented.content]).toEqual([name, response.status, "", undefined]);
    return String(response.status);
  }
  const value: unknown = type.endsWith("json") ? JSON.parse(text) : text;
  if (name !== "GET /openapi.json") expect([name, violationsOf(value, media.schema, schemas)]).toEqual([name, []]);
  if (type !== "application/problem+json") {
    for (const header of headers) expect([...response.headers.keys()]).toContain(header);
    return String(response.status);
  }
  const { code } = value as { code: string };
  expect(examplesOf(media).map(([known]) => known)).toContain(code);
  return code;
}

async function firstEventOf(response: Response): Promise<string> {
  let text = "";
  const decoder = new TextDecoder();
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true });
    if (/^data: .*\n\n/m.test(text)) return text;
  }
  throw new Error(`the stream ended without an event: ${text}`);
}

const missing = { id: "cmp_zzzzzzzzzz" };
const missingOffer = { id: "off_zzzzzzzzzz" };
const tooLarge = JSON.stringify({ title: "x".repeat(limits.campaignBytesMax) });
const soon = (ms: number) => new Date(Date.now() + ms).toISOString();

function offerOf(campaign: CampaignJson): { id: string } {
  return { id: campaign.offers[0]?.id ?? "" };
}

/** The refusals of everything that takes a body. */
async function askBody(name: string, params: Readonly<Record<string, string>>, as: string): Promise<void> {
  await ask(name, "invalid", { params, as, text: "{" });
  await ask(name, "payload_too_large", { params, as, text: tooLarge });
  await ask(name, "unsupported_media_type", { params, as, text: "a=1", headers: { "content-type": "text/plain" } });
}

test("campaigns answer as documented", async () => {
  const create = "POST /v1/campaigns";
  const body = { title: "Sale", offers: [{ sku: "a", title: "A", price_minor: 1, currency: "CNY", stock: 5 }] };
  const made = await ask(create, 201, { as: operatorKey, body });
  await ask(create, "unauthorized", { body });
  await ask(create, "forbidden", { as: alice, body });
  await askBody(create, {}, operatorKey);
  const params = { id: String(made["id"]) };

  await ask("GET /v1/campaigns/{id}", "not_found", { params });
  await ask("GET /v1/campaigns/{id}", 200, { params, as: operatorKey });
  for (const action of ["publish", "pause", "resume", "end"]) {
    const name = `POST /v1/campaigns/{id}/${action}`;
    await ask(name, "unauthorized", { params });
    await ask(name, "forbidden", { params, as: alice });
    await ask(name, "not_found", { params: missing, as: operatorKey });
    await ask(name, 200, { params, as: operatorKey });
    await ask(name, "transition_not_allowed", { params, as: operatorKey });
  }
  const late = await createCampaign(server, { closesAt: soon(200), publish: false });
  while (Date.parse(String((await ask("GET /v1/time", 200))["now"])) <= Date.parse(String(late.closes_at)));
  await ask("POST /v1/campaigns/{id}/publish", "invalid", { params: { id: late.id }, as: operatorKey });

  for (const [name, how] of [
    ["GET /v1/campaigns", {}],
    ["GET /v1/campaigns/{id}", { params }],
    ["GET /docs", {}],
    ["GET /v1/shop", {}],
    ["GET /verify", {}],
    ["GET /pictures/{file}", { params: { file: "drone.svg" } }],
    ["GET /openapi.json", {}],
    ["GET /problems/{code}", { params: { code: "sold_out" } }],
  ] as const) {
    await ask(name, 200, how);
    await ask(name, 304, { ...how, headers: { "if-none-match": await etagOf(name, how) } });
  }
  await ask("GET /v1/campaigns", "invalid", { query: "?colour=red" });
  await ask("GET /pictures/{file}", "not_found", { params: { file: "yacht.svg" } });
  await ask("GET /pictures/{file}", "method_not_allowed", { params: { file: "drone.svg" }, method: "PUT" });
});

async function etagOf(name: string, { params }: Ask): Promise<string> {
  const path = name.slice("GET ".length).replaceAll(/\{(\w+)\}/g, (_, parameter: string) => params?.[parameter] ?? "");
  return (await fetch(`${server.url}${path}`)).headers.get("etag") ?? "";
}

test("a restock answers as documented", async () => {
  const name = "POST /v1/offers/{id}/restock";
  const campaign = await createCampaign(server, { stock: 3 });
  const params = offerOf(campaign);
  await ask(name, 200, { params, as: operatorKey, body: { quantity: 4 } });
  await ask(name, "invalid", { params, as: operatorKey, body: { quantity: -8 } });
  await ask(name, "total_changed", { params, as: operatorKey, body: { quantity: 4, expected_total: 3 } });
  await ask(name, "unauthorized", { params, body: { quantity: 1 } });
  await ask(name, "forbidden", { params, as: alice, body: { quantity: 1 } });
  await ask(name, "not_found", { params: missingOffer, as: operatorKey, body: { quantity: 1 } });
  await askBody(name, params, operatorKey);
  await ask("POST /v1/campaigns/{id}/end", 200, { params: { id: campaign.id }, as: operatorKey });
  await ask(name, "transition_not_allowed", { params, as: operatorKey, body: { quantity: 1 } });
});

test("buying answers as documented", async () => {
  const name = "POST /v1/offers/{id}/orders";
  const campaign = await createCampaign(server, { stock: 2, limitPerBuyer: 1 });
  const params = offerOf(campaign);
  const key = { "idempotency-key": "key-1" };
  await ask(name, 201, { params, as: alice, headers: key });
  await ask(name, 200, { params, as: alice, headers: key });
  await ask(name, "key_reused", { params, as: alice, headers: key, body: { quantity: 2 } });
  await ask(name, "limit_reached", { params, as: alice });
  await ask(name, "unauthorized", { params });
  await ask(name, "not_found", { params: missingOffer, as: alice });
  await askBody(name, params, alice);
  await ask(name, "invalid", { params, as: alice, headers: { "idempotency-key": "with a space" } });
  await ask("POST /v1/campaigns/{id}/pause", 200, { params: { id: campaign.id }, as: operatorKey });
  await ask(name, "paused", { params, as: bob });
  await ask("POST /v1/campaigns/{id}/resume", 200, { params: { id: campaign.id }, as: operatorKey });
  await ask(name, 201, { params, as: bob });
  await ask(name, "sold_out", { params, as: bob });
  await ask("POST /v1/campaigns/{id}/end", 200, { params: { id: campaign.id }, as: operatorKey });
  await ask(name, "ended", { params, as: bob });
  await ask(name, "not_open", { params: offerOf(await createCampaign(server, { opensAt: soon(3_600_000) })), as: bob });
});

test("attempts answer as documented", async () => {
  const buy = "POST /v1/offers/{id}/orders";
  const get = "GET /v1/attempts/{key}";
  const params = offerOf(await createCampaign(server, { stock: 2, limitPerBuyer: 9 }));
  const attempt = async (as: string, key: string, quantity: number) =>
    ask(buy, 202, { params, as, body: { quantity }, headers: { "idempotency-key": key, prefer: "respond-async" } });
  await attempt(alice, "async-few", 3);
  await settled(get, "async-few", "sold_out");
  await attempt(alice, "async-many", 10);
  await settled(get, "async-many", "limit_reached");
  await attempt(alice, "async-good", 1);
  await settled(get, "async-good", 303);
  await ask(get, 200, { params: { key: "async-good" }, as: alice, follow: true });
  await attempt(alice, "async-good", 2);
  await settled(get, "async-good", "key_reused");
  await ask(get, "attempt_unknown", { params: { key: "never" }, as: alice });
  await ask(get, "not_found", { params: { key: "k".repeat(201) }, as: alice });
  await ask(get, "unauthorized", { params: { key: "never" } });
});

/** The result of an attempt is there as soon as the engine took it: at the latest a few requests later. */
async function settled(name: string, key: string, expected: number | string): Promise<void> {
  const url = `${server.url}/v1/attempts/${key}`;
  const asked = async () => fetch(url, { redirect: "manual", headers: { authorization: `Bearer ${alice}` } });
  for (let tries = 0; tries < 100; tries++) {
    if (!(await (await asked()).text()).includes("attempt_unknown")) break;
  }
  await ask(name, expected, { params: { key }, as: alice });
}

test("rehearsals answer as documented", async () => {
  const [start, get, stop] = [
    "POST /v1/campaigns/{id}/rehearsals",
    "GET /v1/rehearsals/{id}",
    "POST /v1/rehearsals/{id}/stop",
  ] as const;
  const params = { id: (await createCampaign(server, { publish: false })).id };
  await ask(start, "unauthorized", { params });
  await ask(start, "forbidden", { params, as: alice });
  await ask(start, "not_found", { params: missing, as: operatorKey });
  await askBody(start, params, operatorKey);
  await createCampaign(server);
  await ask(start, "sale_running", { params, as: operatorKey });
  const meant = { params, as: operatorKey, body: { beside_sale: true } };
  const begun = { id: String((await ask(start, 202, meant))["id"]) };
  await ask(start, "rehearsal_running", meant);
  await ask(get, "unauthorized", { params: begun });
  await ask(get, "forbidden", { params: begun, as: alice });
  await ask(get, "not_found", { params: { id: "rhs_zzzzzzzzzz" }, as: operatorKey });
  await ask(get, 200, { params: begun, as: operatorKey });
  await ask(stop, "unauthorized", { params: begun });
  await ask(stop, "forbidden", { params: begun, as: alice });
  await ask(stop, "not_found", { params: { id: "rhs_zzzzzzzzzz" }, as: operatorKey });
  await ask(stop, 200, { params: begun, as: operatorKey });
  await ask(stop, "transition_not_allowed", { params: begun, as: operatorKey });
  await ask("GET /v1/rehearsals", 200, { as: operatorKey });
  await ask("GET /v1/rehearsals", "unauthorized");
  await ask("GET /v1/rehearsals", "forbidden", { as: alice });
  const quick = { buyers: 5, rush_s: 1, beside_sale: true };
  const done = { id: String((await ask(start, 202, { params, as: operatorKey, body: quick }))["id"]) };
  await until(
    () => call<{ state: string }>(`${server.url}/v1/rehearsals/${done.id}`, { as: operatorKey }),
    ({ body }) => body.state === "done",
    30_000,
  );
  await ask(get, 200, { params: done, as: operatorKey });
});

test("orders answer as documented", async () => {
  const params = offerOf(await createCampaign(server, { stock: 9, limitPerBuyer: 9 }));
  const [first, second] = [
    await ask("POST /v1/offers/{id}/orders", 201, { params, as: alice }),
    await ask("POST /v1/offers/{id}/orders", 201, { params, as: alice }),
  ];
  const [one, two] = [{ id: String(first["id"]) }, { id: String(second["id"]) }];
  const list = "GET /v1/orders";
  await ask(list, 200, { as: alice });
  await ask(list, 200, { as: operatorKey });
  await ask(list, "invalid", { as: alice, query: "?limit=0" });
  await ask(list, "unauthorized");
  const sold = `state=reserved&offer_id=${params.id}&from=2026-01-01T00:00:00Z&to=9999-01-01T00:00:00Z`;
  await ask(list, 200, { as: operatorKey, query: `?${sold}&buyer_id=alice` });
  const download = "GET /v1/orders/export";
  await ask(download, 200, { as: operatorKey, query: `?${sold}` });
  await ask(download, "invalid", { as: operatorKey, query: "?state=sold" });
  await ask(download, "unauthorized");
  await ask(download, "forbidden", { as: alice });
  const get = "GET /v1/orders/{id}";
  await ask(get, 200, { params: one, as: alice });
  await ask(get, "not_found", { params: one, as: bob });
  await ask(get, "unauthorized", { params: one });
  const pay = "POST /v1/orders/{id}/pay";
  await ask(pay, "unauthorized", { params: one });
  await ask(pay, "forbidden", { params: one, as: alice });
  await ask(pay, "not_found", { params: { id: "ord_zzzzzzzzzz" }, as: operatorKey });
  await askBody(pay, one, operatorKey);
  await ask(pay, 200, { params: one, as: operatorKey, body: { reference: "pay_1" } });
  const cancel = "POST /v1/orders/{id}/cancel";
  await ask(cancel, "transition_not_allowed", { params: one, as: alice });
  await ask(cancel, "unauthorized", { params: two });
  await ask(cancel, "not_found", { params: two, as: bob });
  await ask(cancel, 200, { params: two, as: alice });
  await ask(pay, "refund_due", { params: two, as: operatorKey });
  const returned = "POST /v1/orders/{id}/payments/{payment}/returned";
  const paymentOf = async (order: { id: string }) => {
    const { payments } = await ask("GET /v1/orders/{id}/payments", 200, { params: order, as: alice });
    return { ...order, payment: (payments as { id: string }[])[0]?.id ?? "" };
  };
  await ask(returned, "transition_not_allowed", { params: await paymentOf(one), as: operatorKey });
  await ask(returned, 200, { params: await paymentOf(two), as: operatorKey });
  await ask(returned, "unauthorized", { params: await paymentOf(two) });
  await ask(returned, "forbidden", { params: await paymentOf(two), as: alice });
  await ask(returned, "not_found", { params: { ...two, payment: "pay_zzzzzzzzzz" }, as: operatorKey });
  await ask(get, 200, { params: two, as: alice });
});

test("payments answer as documented", async () => {
  const params = offerOf(await createCampaign(server, { stock: 9, limitPerBuyer: 9 }));
  const order = { id: String((await ask("POST /v1/offers/{id}/orders", 201, { params, as: alice }))["id"]) };
  const checkout = "POST /v1/orders/{id}/checkout";
  const { url } = await ask(checkout, 201, { params: order, as: alice });
  await ask(checkout, "unauthorized", { params: order });
  await ask(checkout, "not_found", { params: order, as: bob });
  const viewer = await call<{ key: string }>(`${server.url}/v1/operators`, {
    method: "POST",
    as: operatorKey,
    body: { name: "auditor", role: "viewer" },
  });
  await ask(checkout, "forbidden", { params: order, as: viewer.body.key });
  const refund = "POST /v1/orders/{id}/refund";
  await ask(refund, "unauthorized", { params: order });
  await ask(refund, "forbidden", { params: order, as: alice });
  await ask(refund, "not_found", { params: { id: "ord_zzzzzzzzzz" }, as: operatorKey });
  await ask(refund, "transition_not_allowed", { params: order, as: operatorKey });
  await askBody(refund, order, operatorKey);
  await ask(refund, "invalid", { params: order, as: operatorKey, body: { return_units: "no" } });

  const token = String(url).split("/").at(-1) ?? "";
  const page = "GET /sandbox/checkout/{token}";
  await ask(page, 200, { params: { token } });
  await ask(page, "not_found", { params: { token: "nonsense" } });
  const press = "POST /sandbox/checkout/{token}/{button}";
  await ask(press, "not_found", { params: { token, button: "nonsense" } });
  await ask(press, 303, { params: { token, button: "pay" } });
  await ask(press, 200, { params: { token, button: "pay" }, follow: true });
  await ask("GET /checkout/returned", 200, { query: `?order=${order.id}&checkout=paid` });
  await ask("GET /checkout/returned", "method_not_allowed", { method: "PUT" });
  await ask(checkout, "transition_not_allowed", { params: order, as: alice });
  await ask(refund, 200, { params: order, as: operatorKey, body: { return_units: false } });

  const webhook = "POST /v1/payments/{provider}/webhook";
  const provider = { provider: "sandbox" };
  const secret = readFileSync(join(server.data, "sandbox.secret"), "utf8").trim();
  const signedAt = new Date();
  const headers = {
    "webhook-id": "msg_1",
    "webhook-timestamp": String(Math.floor(signedAt.getTime() / 1_000)),
    "webhook-signature": new Webhook(secret, { format: "raw" }).sign("msg_1", signedAt, "{}"),
  };
  await ask(webhook, 200, { params: provider, text: "{}", headers });
  await ask(webhook, "signature_invalid", { params: provider, text: "{} ", headers });
  await ask(webhook, "not_found", { params: { provider: "stripe" }, text: "{}", headers });
  await ask(webhook, "payload_too_large", { params: provider, text: "x".repeat(65_537), headers });

  const payments = "GET /v1/orders/{id}/payments";
  expect((await ask(payments, 200, { params: order, as: alice }))["payments"]).toHaveLength(1);
  await ask(payments, "unauthorized", { params: order });
  await ask(payments, "not_found", { params: order, as: bob });

  await using alone = await startServer();
  const stripe = { RUSHBOX_PAYMENTS: "stripe", RUSHBOX_STRIPE_SECRET_KEY: "sk_test_1", RUSHBOX_STRIPE_URL: alone.url };
  await using failing = await startServer({ env: { ...stripe, RUSHBOX_STRIPE_WEBHOOK_SECRET: "whsec_1" } });
  for (const [at, refusal] of [
    [alone, "payments_off"],
    [failing, "provider_unavailable"],
  ] as const) {
    const offered = offerOf(await createCampaign(at));
    const { id } = await ask("POST /v1/offers/{id}/orders", 201, { params: offered, as: alice, at });
    await ask(checkout, refusal, { params: { id: String(id) }, as: alice, at });
  }
});

test("the ledger and receipts answer as documented", async () => {
  const campaign = await createCampaign(server);
  const params = { id: campaign.id };
  const order = await ask("POST /v1/offers/{id}/orders", 201, { params: offerOf(campaign), as: alice });
  const own = { id: String(order["id"]) };
  await createCampaign(server, { publish: false }); // whose rows are withheld from the public
  await ask("GET /v1/ledger", 200, { as: operatorKey });
  await ask("GET /v1/ledger", 200, { as: operatorKey, query: `?campaign_id=${campaign.id}&limit=1000` });
  await ask("GET /v1/ledger", "unauthorized");
  await ask("GET /v1/ledger", "forbidden", { as: alice });
  await ask("GET /v1/campaigns/{id}/ledger", 200, { params });
  await ask("GET /v1/campaigns/{id}/ledger", "not_found", { params: missing });
  for (const query of ["?limit=1001", "?limit=0", "?after=-1", "?after=x", "?before=1"]) {
    await ask("GET /v1/campaigns/{id}/ledger", "invalid", { params, query });
    await ask("GET /v1/ledger", "invalid", { as: operatorKey, query });
  }
  await ask("GET /v1/ledger", "invalid", { as: operatorKey, query: "?campaign_id=off_0000000002" });
  const receipt = "GET /v1/orders/{id}/receipt";
  await ask(receipt, 200, { params: own, as: alice });
  await ask(receipt, 200, { params: own, as: operatorKey });
  await ask(receipt, "not_found", { params: own, as: bob });
  await ask(receipt, "not_found", { params: { id: "ord_zzzzzzzzzz" }, as: operatorKey });
  await ask(receipt, "unauthorized", { params: own });
  const history = "GET /v1/orders/{id}/history";
  await ask(history, 200, { params: own, as: alice });
  await ask(history, 200, { params: own, as: operatorKey });
  await ask(history, "not_found", { params: own, as: bob });
  await ask(history, "unauthorized", { params: own });
});

test("streams answer as documented, and their events are of the documented shape", async () => {
  const campaign = await createCampaign(server, { stock: 9, limitPerBuyer: 9 });
  const stream = "GET /v1/campaigns/{id}/stream";
  const { text: counts } = await ask(stream, 200, { params: { id: campaign.id } });
  const { offers = [], ...head } = dataOf(counts) as { offers?: object[] };
  expect(violationsOf(head, partOf("Campaign", Object.keys(head)), schemas)).toEqual([]);
  for (const offer of offers) expect(violationsOf(offer, partOf("Offer", Object.keys(offer)), schemas)).toEqual([]);
  await ask(stream, "not_found", { params: missing });
  await ask(stream, "invalid", { params: { id: campaign.id }, headers: { "last-event-id": "x" } });

  const order = await ask("POST /v1/offers/{id}/orders", 201, { params: offerOf(campaign), as: bob });
  const before = String(Number(order["seq"]) - 1);
  const { text: event } = await ask("GET /v1/orders/stream", 200, { as: bob, headers: { "last-event-id": before } });
  expect(event).toContain(`id: ${order["seq"]}\nevent: order_reserved\n`);
  expect(violationsOf(dataOf(event), { $ref: "#/components/schemas/Order" }, schemas)).toEqual([]);
  await ask("GET /v1/orders/stream", "unauthorized");
  await ask("GET /v1/orders/stream", "invalid", { as: bob, headers: { "last-event-id": "x" } });

  const events = "GET /v1/events/stream";
  const { text: notice } = await ask(events, 200, { as: operatorKey, headers: { "last-event-id": before } });
  expect(notice).toContain(`id: ${order["seq"]}\nevent: order_reserved\n`);
  expect(dataOf(notice)).toMatchObject({ seq: order["seq"], campaign_id: campaign.id, order });
  await ask(events, "unauthorized");
  await ask(events, "forbidden", { as: bob });
  await ask(events, "invalid", { as: operatorKey, headers: { "last-event-id": "x" } });
  await ask(events, "invalid", { as: operatorKey, headers: { "last-event-id": "9007199254740991" } });
});

test("a waitlist answers as documented", async () => {
  const join = "POST /v1/offers/{id}/waitlist";
  const place = "GET /v1/offers/{id}/waitlist";
  const leave = "POST /v1/offers/{id}/waitlist/leave";
  const list = "GET /v1/offers/{id}/waitlist/entries";
  const campaign = await createCampaign(server, { stock: 1 });
  const params = offerOf(campaign);
  await ask(join, "not_sold_out", { params, as: bob });
  await ask("POST /v1/offers/{id}/orders", 201, { params, as: alice });
  await ask(join, "limit_reached", { params, as: alice });
  await ask(place, "not_waiting", { params, as: bob });
  await ask(leave, "not_waiting", { params, as: bob });
  await ask(join, 201, { params, as: bob });
  await ask(join, 200, { params, as: bob });
  await ask(place, 200, { params, as: bob });
  await ask(list, 200, { params, as: operatorKey });
  await ask(list, "invalid", { params, as: operatorKey, query: "?limit=0" });
  await ask(list, "forbidden", { params, as: alice });
  for (const name of [join, place, leave, list]) {
    await ask(name, "unauthorized", { params });
    await ask(name, "not_found", { params: missingOffer, as: name === list ? operatorKey : bob });
  }
  await ask(leave, 200, { params, as: bob });
  await ask("POST /v1/campaigns/{id}/pause", 200, { params: { id: campaign.id }, as: operatorKey });
  await ask(join, "paused", { params, as: bob });
  await ask("POST /v1/campaigns/{id}/end", 200, { params: { id: campaign.id }, as: operatorKey });
  await ask(join, "ended", { params, as: bob });
  const off = await createCampaign(server, { stock: 0, waitlist: false });
  await ask(join, "waitlist_off", { params: offerOf(off), as: bob });
  const later = await createCampaign(server, { opensAt: soon(3_600_000) });
  await ask(join, "not_open", { params: offerOf(later), as: bob });
});

test("a reminder answers as documented", async () => {
  const set = "POST /v1/campaigns/{id}/reminder";
  const get = "GET /v1/campaigns/{id}/reminder";
  const remove = "POST /v1/campaigns/{id}/reminder/remove";
  const list = "GET /v1/reminders";
  const campaign = await createCampaign(server, { opensAt: soon(600_000) });
  const params = { id: campaign.id };
  await ask(get, "not_reminded", { params, as: alice });
  await ask(remove, "not_reminded", { params, as: alice });
  await ask(set, 201, { params, as: alice });
  await ask(set, 200, { params, as: alice, body: { lead_s: 300 } });
  await ask(set, "reminder_too_late", { params, as: alice, body: { lead_s: 3_600 } });
  await askBody(set, params, alice);
  await ask(get, 200, { params, as: alice });
  await ask(list, 200, { as: alice });
  await ask(remove, 200, { params, as: alice });
  for (const name of [set, get, remove]) {
    await ask(name, "unauthorized", { params });
    await ask(name, "not_found", { params: missing, as: alice });
  }
  await ask(list, "unauthorized");
  await ask("POST /v1/campaigns/{id}/end", 200, { params, as: operatorKey });
  await ask(set, "ended", { params, as: alice });
  await ask(set, "already_open", { params: { id: (await createCampaign(server)).id }, as: alice });
});

test("a queue answers as documented", async () => {
  const join = "POST /v1/campaigns/{id}/queue";
  const place = "GET /v1/campaigns/{id}/queue";
  const leave = "POST /v1/campaigns/{id}/queue/leave";
  const stream = "GET /v1/campaigns/{id}/queue/stream";
  const reserve = "POST /v1/offers/{id}/orders";
  const campaign = await createCampaign(server, { admission: "queue", stock: 2 });
  const params = { id: campaign.id };
  const { pass } = await ask(join, 201, { params, as: alice });
  await ask(join, 200, { params, as: alice });
  await ask(place, 200, { params, as: alice });
  await ask(stream, 200, { params, as: alice });
  await ask(reserve, "not_admitted", { params: offerOf(campaign), as: bob });
  const order = await ask(reserve, 201, {
    params: offerOf(campaign),
    as: alice,
    headers: { "rushbox-pass": String(pass) },
  });
  await ask(join, "limit_reached", { params, as: alice });
  for (const name of [place, leave, stream]) await ask(name, "not_queued", { params, as: alice });
  await ask(join, 201, { params, as: bob });
  await ask(leave, 200, { params, as: bob });
  const open = { id: (await createCampaign(server)).id };
  for (const name of [join, place, leave, stream]) {
    await ask(name, "unauthorized", { params });
    await ask(name, "not_found", { params: missing, as: bob });
    await ask(name, "queue_off", { params: open, as: bob });
  }
  await ask("POST /v1/orders/{id}/pay", 200, { params: { id: String(order["id"]) }, as: operatorKey });
  await ask("POST /v1/offers/{id}/restock", 200, {
    params: offerOf(campaign),
    as: operatorKey,
    body: { quantity: -1 },
  });
  await ask(join, "sold_out", { params, as: bob });
  await ask("POST /v1/campaigns/{id}/end", 200, { params, as: operatorKey });
  for (const name of [join, place, leave, stream]) await ask(name, "ended", { params, as: bob });
  const early = await createCampaign(server, { admission: "queue", opensAt: soon(3_600_000) });
  await ask(join, 201, { params: { id: early.id }, as: bob });
});

test("an attempt that was taken, and lost its pass before it was decided, answers as documented", async () => {
  const campaign = await createCampaign(server, { admission: "queue" });
  const params = { id: campaign.id };
  const { pass } = await ask("POST /v1/campaigns/{id}/queue", 201, { params, as: bob });
  await ask("POST /v1/campaigns/{id}/queue/leave", 200, { params, as: bob });
  const headers = { "rushbox-pass": String(pass), "idempotency-key": "lost-pass", prefer: "respond-async" };
  await ask("POST /v1/offers/{id}/orders", 202, { params: offerOf(campaign), as: bob, headers });
  await ask("GET /v1/attempts/{key}", "not_admitted", { params: { key: "lost-pass" }, as: bob });
});

test("a pass answers as documented", async () => {
  const name = "POST /v1/campaigns/{id}/pass";
  const campaign = await createCampaign(server, { pass: true, stock: 0 });
  const params = { id: campaign.id };
  await ask(name, "sold_out", { params, as: alice });
  await ask("POST /v1/offers/{id}/restock", 200, { params: offerOf(campaign), as: operatorKey, body: { quantity: 1 } });
  await ask(name, 201, { params, as: alice });
  await ask(name, "unauthorized", { params });
  await ask(name, "not_found", { params: missing, as: alice });
  await ask(name, "pass_off", { params: { id: (await createCampaign(server)).id }, as: alice });
  await ask("POST /v1/campaigns/{id}/pause", 200, { params, as: operatorKey });
  await ask(name, "paused", { params, as: alice });
  await ask("POST /v1/campaigns/{id}/end", 200, { params, as: operatorKey });
  await ask(name, "ended", { params, as: alice });
  const later = await createCampaign(server, { pass: true, opensAt: soon(3_600_000) });
  await ask(name, "not_open", { params: { id: later.id }, as: alice });
});

test("agents are answered as documented", async () => {
  const [agent, another] = await Promise.all([agentTokenOf("alice"), agentTokenOf("bob")]);
  const people = { policy: "humans_only" };
  const refused = "agents_not_allowed";
  const open = await createCampaign(server, { agents: people, pass: true });
  await ask("POST /v1/offers/{id}/orders", refused, { params: offerOf(open), as: agent });
  await ask("POST /v1/offers/{id}/waitlist", refused, { params: offerOf(open), as: agent });
  await ask("POST /v1/campaigns/{id}/pass", refused, { params: { id: open.id }, as: agent });
  const queue = await createCampaign(server, { agents: people, admission: "queue" });
  await ask("POST /v1/campaigns/{id}/queue", refused, { params: { id: queue.id }, as: agent });
  const draw = await createCampaign(server, { agents: people, admission: "draw", closesAt: soon(3_600_000) });
  await ask("POST /v1/offers/{id}/draw", refused, { params: offerOf(draw), as: agent });

  const params = offerOf(await createCampaign(server, { agents: { policy: "share", share_percent: 10 } }));
  await ask("POST /v1/offers/{id}/orders", 201, { params, as: agent });
  await ask("POST /v1/offers/{id}/orders", "agent_share_taken", { params, as: another });
  const headers = { "idempotency-key": "too-late", prefer: "respond-async" };
  await ask("POST /v1/offers/{id}/orders", 202, { params, as: another, headers });
  await ask("GET /v1/attempts/{key}", "agent_share_taken", { params: { key: "too-late" }, as: another });
  const none = await createCampaign(server, { agents: { policy: "share", share_percent: 1 }, admission: "queue" });
  await ask("POST /v1/campaigns/{id}/queue", "agent_share_taken", { params: { id: none.id }, as: agent });
});

test("a draw answers as documented", async () => {
  const enter = "POST /v1/offers/{id}/draw";
  const look = "GET /v1/offers/{id}/draw";
  const leave = "POST /v1/offers/{id}/draw/leave";
  const goods = (sku: string) => ({ sku, title: sku, price_minor: 100, currency: "CNY", stock: 1 });
  const closesAt = soon(3_600_000);
  const campaign = await createCampaign(server, { admission: "draw", closesAt, offers: [goods("a"), goods("b")] });
  const params = offerOf(campaign);
  await ask(enter, 201, { params, as: alice });
  await ask(enter, 200, { params, as: alice });
  await ask(enter, "entered_elsewhere", { params: { id: campaign.offers[1]?.id ?? "" }, as: alice });
  await ask(look, 200, { params, as: alice });
  await ask(look, "not_waiting", { params, as: bob });
  await ask(leave, 200, { params, as: alice });
  await ask(leave, "not_waiting", { params, as: alice });
  await ask(enter, "entry_withdrawn", { params, as: alice });
  for (const name of ["GET /v1/offers/{id}/waitlist", "POST /v1/offers/{id}/waitlist/leave"])
    await ask(name, "waitlist_off", { params, as: alice });
  const open = offerOf(await createCampaign(server));
  for (const name of [enter, look, leave]) {
    await ask(name, "unauthorized", { params });
    await ask(name, "not_found", { params: missingOffer, as: bob });
    await ask(name, "draw_off", { params: open, as: bob });
  }
  await ask("POST /v1/campaigns/{id}/pause", 200, { params: { id: campaign.id }, as: operatorKey });
  await ask(enter, "paused", { params, as: bob });
  await ask("POST /v1/campaigns/{id}/end", 200, { params: { id: campaign.id }, as: operatorKey });
  await ask(enter, "ended", { params, as: bob });
  const later = await createCampaign(server, {
    admission: "draw",
    opensAt: soon(3_600_000),
    closesAt: soon(7_200_000),
  });
  await ask(enter, "not_open", { params: offerOf(later), as: bob });
});

test("draws answer as documented", { timeout: 20_000 }, async () => {
  const draw = "GET /v1/campaigns/{id}/draw";
  const entries = "GET /v1/offers/{id}/draw/entries";
  const proof = "GET /v1/offers/{id}/draw/proof";
  const [open, made] = [newFolder(), newFolder()];
  const offers = { stocks: [1], entries: [["alice", 0]] } as const;
  const { campaignId, offerIds } = makeDraw(made, offers);
  makeDraw(open, { ...offers, until: "open", closesAtMs: Date.now() + 3_600_000 });
  const campaign = { id: formatId("cmp", campaignId) };
  const params = { id: formatId("off", offerIds[0] ?? 0) };
  for (const data of [open, made]) {
    await using at = await startServer({ data });
    await ask(draw, 200, { at, params: campaign });
    await ask(proof, 200, { at, params, as: alice });
    await ask(proof, "not_waiting", { at, params, as: bob });
    await ask(entries, data === made ? 200 : "not_found", { at, params });
    await ask(entries, "invalid", { at, params, query: "?limit=0" });
  }
  await ask(proof, "unauthorized", { params });
  const sale = await createCampaign(server);
  await ask(draw, "draw_off", { params: { id: sale.id } });
  await ask(entries, "draw_off", { params: offerOf(sale) });
  await ask(proof, "draw_off", { params: offerOf(sale), as: bob });
  await ask(draw, "not_found", { params: { id: "cmp_zzzzzzzzzz" } });
  await ask(entries, "not_found", { params: missingOffer });
  await ask(proof, "not_found", { params: missingOffer, as: bob });
});

test("operators and the audit log answer as documented", async () => {
  const create = "POST /v1/operators";
  const body = { name: "Li Na", role: "viewer" };
  const made = await ask(create, 201, { as: operatorKey, body });
  const viewer = String(made["key"]);
  await ask(create, "name_taken", { as: operatorKey, body });
  await ask(create, "unauthorized", { body });
  await ask(create, "forbidden", { as: viewer, body });
  await askBody(create, {}, operatorKey);
  const list = "GET /v1/operators";
  await ask(list, 200, { as: operatorKey });
  await ask(list, "unauthorized");
  await ask(list, "forbidden", { as: viewer });
  const me = "GET /v1/operators/me";
  await ask(me, 200, { as: viewer });
  await ask(me, "unauthorized");
  await ask(me, "forbidden", { as: alice });

  const params = offerOf(await createCampaign(server));
  const order = { id: String((await ask("POST /v1/offers/{id}/orders", 201, { params, as: alice }))["id"]) };
  await ask("POST /v1/orders/{id}/cancel", "forbidden", { params: order, as: viewer });
  await ask("POST /v1/orders/{id}/checkout", "forbidden", { params: order, as: viewer });

  const revoke = "POST /v1/operators/{id}/revoke";
  const operator = { id: String(made["id"]) };
  await ask(revoke, "unauthorized", { params: operator });
  await ask(revoke, "forbidden", { params: operator, as: viewer });
  await ask(revoke, "not_found", { params: { id: "opr_zzzzzzzzzz" }, as: operatorKey });
  await ask(revoke, 200, { params: operator, as: operatorKey });
  await ask(me, "unauthorized", { as: viewer });

  const audit = "GET /v1/audit";
  await ask(audit, 200, { as: operatorKey, query: "?limit=200" });
  await ask(audit, "invalid", { as: operatorKey, query: "?limit=0" });
  await ask(audit, "unauthorized");
  await ask(audit, "forbidden", { as: alice });

  const names = Array.from({ length: limits.operatorsMax }, (_, at) => ({ name: `program ${at}`, role: "viewer" }));
  await Promise.all(
    names.map((one) => call(`${server.url}/v1/operators`, { method: "POST", as: operatorKey, body: one })),
  );
  await ask(create, "limit_exceeded", { as: operatorKey, body: { name: "one more", role: "viewer" } });
});

test("erasure answers as documented", async () => {
  const name = "POST /v1/buyers/erase";
  const body = { buyer_id: "carol" };
  await ask(name, "unauthorized", { body });
  await ask(name, "forbidden", { as: alice, body });
  await askBody(name, {}, operatorKey);
  await ask(name, "not_found", { as: operatorKey, body });
  const params = offerOf(await createCampaign(server));
  await ask("POST /v1/offers/{id}/orders", 201, { params, as: await tokenOf("carol") });
  await ask(name, 200, { as: operatorKey, body });
});

test("guests answer as documented", async () => {
  const name = "POST /v1/guests";
  await ask(name, "guests_off");
  await using open = await startServer({ env: { RUSHBOX_GUESTS: "on" } });
  const { token } = await ask(name, 201, { at: open });
  await ask("GET /v1/orders", 200, { at: open, as: String(token) });
});

test("conversations answer as documented", async () => {
  const say = "POST /v1/chat";
  await ask(say, 200, { body: { text: "what is on?" } });
  await ask(say, 200, { as: alice, body: { text: "买一个", language: "zh" } });
  await ask(say, "unauthorized", { as: "nonsense", body: { text: "hi" } });
  await ask(say, "forbidden", { as: operatorKey, body: { text: "hi" } });
  await askBody(say, {}, alice);

  const webhook = "POST /v1/chat/webhook";
  const secret = `whsec_${Buffer.alloc(32, 1).toString("base64")}`;
  await using connected = await startServer({ env: { RUSHBOX_CHAT_SECRET: secret } });
  const signed = (id: string, text: string) => {
    const at = new Date();
    const timestamp = String(Math.floor(at.getTime() / 1_000));
    const signature = new Webhook(secret).sign(id, at, text);
    return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": signature };
  };
  const text = JSON.stringify({ sender: "wechat:oAb12", text: "有什么活动" });
  await ask(webhook, 200, { at: connected, text, headers: signed("msg_1", text) });
  await ask(webhook, "signature_invalid", { at: connected, text, headers: signed("msg_1", text) });
  await ask(webhook, "invalid", { at: connected, text: "{}", headers: signed("msg_2", "{}") });
  await ask(webhook, "payload_too_large", { at: connected, text: tooLarge });
  await ask(webhook, "not_found", { text });
});

test("controls answer as documented", async () => {
  await using other = await startServer({ env: { RUSHBOX_RATE_LIMITS: "on" } });
  const get = "GET /v1/controls";
  const set = "POST /v1/controls";
  const at = { at: other, as: operatorKey };
  await ask(get, 200, at);
  await ask(get, "unauthorized", { at: other });
  await ask(get, "forbidden", { at: other, as: alice });
  const body = { switches: [{ name: "streams_off", on: true }] };
  await ask(set, 200, { ...at, body });
  await ask(set, "unauthorized", { at: other, body });
  await ask(set, "forbidden", { at: other, as: alice, body });
  await askBody(set, {}, operatorKey);
  const campaign = await createCampaign(other);
  const flip = (name: string, on: boolean, campaign_id?: string) => ({ switches: [{ name, on, campaign_id }] });
  await ask(set, "invalid", { ...at, body: flip("read_only", true, missing.id) });
  await ask(set, "invalid", { ...at, body: flip("exports_off", true, campaign.id) });
  await ask("GET /readyz", 200, { at: other });
  await ask("GET /v1/campaigns/{id}/stream", "switched_off", { at: other, params: { id: campaign.id } });
  await ask(set, 200, { ...at, body: { rate_limits: { buyer: { quota: 1, window_s: 60 } } } });
  const params = offerOf(campaign);
  await ask("POST /v1/offers/{id}/orders", 201, { at: other, params, as: alice });
  await ask("POST /v1/offers/{id}/orders", "rate_limited", { at: other, params, as: alice });
  const ids = await Promise.all(
    Array.from({ length: limits.switchesOnMax }, async () => (await createCampaign(other, { publish: false })).id),
  );
  for (let from = 0; from < ids.length; from += 100) {
    const switches = ids.slice(from, from + 100).map((id) => ({ name: "read_only", on: true, campaign_id: id }));
    await ask(set, from + 100 < ids.length ? 200 : "limit_exceeded", { ...at, body: { switches } });
  }
});

test("who may try, and why not, answers as documented", async () => {
  const add = "POST /v1/access";
  const body = { effect: "block", buyer_id: "mallory", reason: "resold before" };
  const mallory = await tokenOf("mallory");
  const params = offerOf(await createCampaign(server, { stock: 0 }));
  const made = await ask(add, 201, { as: operatorKey, body });
  await ask(add, "unauthorized", { body });
  await ask(add, "forbidden", { as: alice, body });
  await askBody(add, {}, operatorKey);
  await ask("POST /v1/offers/{id}/orders", "blocked", { params, as: mallory });
  await ask("POST /v1/offers/{id}/waitlist", "blocked", { params, as: mallory });
  const announced = await createCampaign(server, { opensAt: soon(3_600_000) });
  await ask("POST /v1/campaigns/{id}/reminder", "blocked", { params: { id: announced.id }, as: mallory });
  const list = "GET /v1/access";
  await ask(list, 200, { as: operatorKey });
  await ask(list, 200, { as: operatorKey, query: "?search=resold&effect=block" });
  await ask(list, "invalid", { as: operatorKey, query: "?limit=0" });
  await ask(list, "unauthorized");
  await ask(list, "forbidden", { as: alice });

  const challenge = "GET /v1/campaigns/{id}/challenge";
  const goods = [{ sku: "a", title: "A", price_minor: 1, currency: "CNY", stock: 1 }];
  const sale = await ask("POST /v1/campaigns", 201, {
    as: operatorKey,
    body: { title: "Sale", challenge: "proof_of_work", pass: true, offers: goods },
  });
  const campaign = { id: String(sale["id"]) };
  await ask(challenge, "not_found", { params: campaign, as: alice });
  await ask("POST /v1/campaigns/{id}/publish", 200, { params: campaign, as: operatorKey });
  await ask(challenge, 200, { params: campaign, as: alice });
  await ask(challenge, "unauthorized", { params: campaign });
  await ask(challenge, "blocked", { params: campaign, as: mallory });
  await ask("POST /v1/campaigns/{id}/end", 200, { params: campaign, as: operatorKey });
  await ask(challenge, "ended", { params: campaign, as: alice });
  const way = { challenge: "proof_of_work", closesAt: soon(3_600_000) } as const;
  const entrances = {
    "POST /v1/campaigns/{id}/pass": { pass: true },
    "POST /v1/campaigns/{id}/queue": { admission: "queue" },
    "POST /v1/offers/{id}/draw": { admission: "draw" },
  } as const;
  for (const [name, admission] of Object.entries(entrances)) {
    const guarded = await createCampaign(server, { ...way, ...admission });
    const where = name.includes("offers") ? offerOf(guarded) : { id: guarded.id };
    await ask(name, "blocked", { params: where, as: mallory });
    await ask(name, "challenge_required", { params: where, as: alice });
    await ask(name, "challenge_failed", {
      params: where,
      as: alice,
      headers: { "rushbox-challenge": "solved, truly" },
    });
  }
  const worker = "GET /challenge/worker.js";
  await ask(worker, 200);
  await ask(worker, "method_not_allowed", { method: "PUT" });
  await ask(worker, 304, { headers: { "if-none-match": await etagOf(worker, {}) } });

  const remove = "POST /v1/access/{id}/remove";
  const entry = { id: String(made["id"]) };
  await ask(remove, "unauthorized", { params: entry });
  await ask(remove, "forbidden", { params: entry, as: alice });
  await ask(remove, 200, { params: entry, as: operatorKey });
  await ask(remove, "not_found", { params: entry, as: operatorKey });

  const risk = "GET /v1/risk";
  await ask("POST /v1/offers/{id}/orders", "sold_out", { params, as: mallory });
  // What a thread has seen is told four times a second.
  for (let subjects: unknown = []; !Array.isArray(subjects) || subjects.length < 3; ) {
    ({ subjects } = await ask(risk, 200, { as: operatorKey, query: "?buyer=mallory" }));
  }
  await ask(risk, 200, { as: operatorKey });
  await ask(risk, "invalid", { as: operatorKey, query: "?buyer=mallory&address=192.0.2.1" });
  await ask(risk, "unauthorized");
  await ask(risk, "forbidden", { as: alice });
  const fairness = "GET /v1/campaigns/{id}/fairness";
  await ask(fairness, 200, { params: campaign, as: operatorKey });
  await ask(fairness, "not_found", { params: missing, as: operatorKey });
  await ask(fairness, "unauthorized", { params: campaign });
  await ask(fairness, "forbidden", { params: campaign, as: alice });
});

test("webhooks answer as documented", async () => {
  const create = "POST /v1/webhooks";
  const body = { url: "http://127.0.0.1:9/hooks", types: ["order_paid"] };
  const made = await ask(create, 201, { as: operatorKey, body });
  await ask(create, "unauthorized", { body });
  await ask(create, "forbidden", { as: alice, body });
  await askBody(create, {}, operatorKey);
  const params = { id: String(made["id"]) };
  const list = "GET /v1/webhooks";
  await ask(list, 200, { as: operatorKey });
  await ask(list, "unauthorized");
  await ask(list, "forbidden", { as: alice });
  const [change, rotate, remove] = ["", "/rotate", "/delete"].map((end) => `POST /v1/webhooks/{id}${end}`) as [
    string,
    string,
    string,
  ];
  const deliveries = "GET /v1/webhooks/{id}/deliveries";
  const replay = "POST /v1/webhooks/{id}/replay";
  for (const name of ["GET /v1/webhooks/{id}", change, rotate, deliveries, replay, remove]) {
    const asked = name === change ? { enabled: false } : undefined;
    const how = asked === undefined ? {} : { body: asked };
    await ask(name, "unauthorized", { params, ...how });
    await ask(name, "forbidden", { params, as: alice, ...how });
    await ask(name, "not_found", { params: { id: "end_zzzzzzzzzz" }, as: operatorKey, ...how });
    if (name === change || name === replay) await askBody(name, params, operatorKey);
    await ask(name, 200, { params, as: operatorKey, ...how });
  }
  await ask("GET /v1/webhooks/{id}", "not_found", { params, as: operatorKey });
  const many = Array.from({ length: limits.endpointsMax }, (_, at) => ({ url: `https://shop.example/${at}` }));
  const ids = await Promise.all(many.map((one) => ask(create, 201, { as: operatorKey, body: one })));
  await ask(create, "limit_exceeded", { as: operatorKey, body });
  await ask(deliveries, "invalid", { params: { id: String(ids[0]?.["id"]) }, as: operatorKey, query: "?limit=0" });
});

function dataOf(event: unknown): unknown {
  return JSON.parse(/^data: (.*)$/m.exec(String(event))?.[1] ?? "null");
}

/** A named schema, of which only some members are there. */
function partOf(name: string, members: readonly string[]): Schema {
  return { ...schemas[name], type: "object", required: members };
}

test("the pages for whoever runs it answer as documented", async () => {
  for (const name of [
    "GET /v1/time",
    "GET /healthz",
    "GET /readyz",
    "GET /metrics",
    "GET /v1/shop",
    "GET /docs",
    "GET /verify",
    "GET /openapi.json",
    "GET /.well-known/jwks.json",
  ]) {
    await ask(name, 200);
    await ask(name, "method_not_allowed", { method: "PUT" });
  }
  await ask("GET /problems/{code}", "not_found", { params: { code: "nonsense" } });
});

test("everything that the document promises was seen above, but for what needs a failing server", () => {
  const unseen: string[] = [];
  for (const [name, { responses }] of operations) {
    const excused = [...(notFromAHealthyServer["*"] ?? []), ...(notFromAHealthyServer[name] ?? [])];
    for (const [status, { content }] of Object.entries(responses)) {
      const problems = content?.["application/problem+json"];
      const outcomes = problems === undefined ? [status] : examplesOf(problems).map(([code]) => code);
      for (const outcome of outcomes) {
        if (!seen.has(`${name} ${outcome}`) && !excused.includes(outcome)) unseen.push(`${name} ${outcome}`);
      }
    }
  }
  expect(unseen).toEqual([]);
});
