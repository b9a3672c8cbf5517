/**
 * Every refusal is `application/problem+json` with a stable code, names what is wrong, tells nothing of the inside and
 * changes nothing. A table: one line per bad request, over all routes.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHmac } from "node:crypto";
import { readFileSync } from "node:fs";
import { conform } from "../../src/http/body.ts";
import { CampaignBody } from "../../src/http/schemas.ts";
import { buy, call, createCampaign, jwtSecret, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { chunkOf, RawConnection, rawRequest, requestBytes } from "./raw-http.ts";
import { expectPage, expectRefusal } from "./refusal.ts";

setDefaultTimeout(60_000);

type Who = "nobody" | "buyer" | "other buyer" | "operator";

interface BadRequest {
  readonly why: string;
  readonly method?: string;
  /** With `{campaign}`, `{draft}`, `{ended}`, `{offer}`, `{order}` and `{paid}` for ids that exist. */
  readonly path: string;
  readonly as?: Who;
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON body; its content type comes along. */
  readonly json?: unknown;
  /** Bytes as they are, with the content type of `headers`, else JSON's. */
  readonly bytes?: string | Uint8Array;
  readonly isChunked?: boolean;
  readonly status: number;
  readonly code: string;
  /** The field that must be named. */
  readonly field?: string;
  readonly allow?: string;
}

const reserve = "/v1/offers/{offer}/orders";
const restock = "/v1/offers/{offer}/restock";
const campaigns = "/v1/campaigns";
const post = (path: string, as: Who, rest: Pick<BadRequest, "why" | "status" | "code"> & Partial<BadRequest>) => ({
  method: "POST",
  path,
  as,
  ...rest,
});

const goodOffer = { sku: "a", title: "A", price_minor: 100, currency: "CNY", stock: 10 };
const goodCampaign = { title: "Sale", offers: [goodOffer] };
const invalid = { status: 400, code: "invalid" };
const malformed = "The body is not well-formed";

/** A campaign that is good but for one field. */
const campaign = (field: string, value: unknown, named = field): BadRequest =>
  post(campaigns, "operator", {
    why: `${field} is ${JSON.stringify(value)?.slice(0, 40) ?? "absent"}`,
    json: { ...goodCampaign, [field]: value },
    ...invalid,
    field: named,
  });

/** A campaign whose offer is good but for one field. */
const offer = (field: string, value: unknown, more: Record<string, unknown> = {}): BadRequest => ({
  ...campaign("offers", [{ ...goodOffer, [field]: value }], `offers[0].${field}`),
  why: `${more["kind"] ?? "an offer"}: ${field} is ${JSON.stringify(value)?.slice(0, 40) ?? "absent"}`,
  json: { ...goodCampaign, ...more, offers: [{ ...goodOffer, [field]: value }] },
});

const reserveWith = (json: unknown, field: string): BadRequest =>
  post(reserve, "buyer", { why: `a purchase of ${JSON.stringify(json)}`, json, ...invalid, field });

/** A body of an operator's that is wrong in one field. */
const bodyOf = (path: string, json: unknown, field: string): BadRequest =>
  post(path, "operator", { why: JSON.stringify(json).slice(0, 60), json, ...invalid, field });

const tooMuch = Buffer.alloc(2 ** 21, 32);
const waitlist = "/v1/offers/{offer}/waitlist";

const reserveKey = (why: string, key: string): BadRequest =>
  post(reserve, "buyer", { why, headers: { "Idempotency-Key": key }, ...invalid, field: "Idempotency-Key" });

const restockWith = (json: unknown, field = "quantity"): BadRequest =>
  post(restock, "operator", { why: `a restock of ${JSON.stringify(json)}`, json, ...invalid, field });

const badBody = (why: string, bytes: string | Uint8Array, rest: Partial<BadRequest> = {}): BadRequest =>
  post(campaigns, "operator", { why, bytes, ...invalid, ...rest });

const notFound = (path: string, why: string, rest: Partial<BadRequest> = {}): BadRequest => ({
  why,
  path,
  status: 404,
  code: "not_found",
  ...rest,
});

const badQuery = (query: string, field: string, path = campaigns, as: Who = "nobody"): BadRequest => ({
  why: `the query ${query}`,
  path: `${path}?${query}`,
  as,
  ...invalid,
  field,
});

const notAllowed = (method: string, path: string, allow: string): BadRequest => ({
  why: "a method that the address does not take",
  method,
  path,
  status: 405,
  code: "method_not_allowed",
  allow,
});

const forbidden = (path: string, json?: unknown): BadRequest =>
  post(path, "buyer", { why: "a buyer on an operator's route", json, status: 403, code: "forbidden" });

const unauthorized = (why: string, authorization: string): BadRequest => ({
  why,
  path: "/v1/orders",
  headers: { Authorization: authorization },
  status: 401,
  code: "unauthorized",
});

const nowS = Math.floor(Date.now() / 1_000);
const alice = { sub: "alice", exp: nowS + 3_600 };

function jwt(header: unknown, payload: unknown, secret = jwtSecret, hash = "sha256"): string {
  const text = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  return `Bearer ${text}.${createHmac(hash, secret).update(text).digest("base64url")}`;
}

const hs256 = { alg: "HS256", typ: "JWT" };
const unsigned = jwt({ alg: "none" }, alice).replace(/[^.]*$/, "");
const badTokens: BadRequest[] = [
  unauthorized("no scheme", jwt(hs256, alice).slice("Bearer ".length)),
  unauthorized("another scheme", jwt(hs256, alice).replace("Bearer", "Basic")),
  unauthorized("an empty token", "Bearer "),
  unauthorized("no JWT", "Bearer nonsense"),
  unauthorized("two dots and nothing else", "Bearer .."),
  unauthorized("signed with another secret", jwt(hs256, alice, "another-secret-of-32-characters-0")),
  unauthorized("signed with an empty secret", jwt(hs256, alice, "")),
  unauthorized("alg none, no signature", unsigned),
  unauthorized("alg none, signed all the same", jwt({ alg: "none" }, alice)),
  unauthorized("alg nOnE", jwt({ alg: "nOnE" }, alice)),
  unauthorized("alg HS512", jwt({ alg: "HS512" }, alice, jwtSecret, "sha512")),
  unauthorized("alg RS256", jwt({ alg: "RS256" }, alice)),
  unauthorized("an unknown critical header", jwt({ ...hs256, crit: ["x"], x: 1 }, alice)),
  unauthorized("a signature cut short", jwt(hs256, alice).slice(0, -4)),
  unauthorized("a signature with a space in it", jwt(hs256, alice).replace(/(.{5})$/, " $1")),
  unauthorized("another payload under the signature", jwt(hs256, alice).replace(/\.[^.]+\./, ".eyJzdWIiOiJib2IifQ.")),
  unauthorized("expired", jwt(hs256, { ...alice, exp: nowS - 1 })),
  unauthorized("not valid yet", jwt(hs256, { ...alice, nbf: nowS + 600 })),
  unauthorized("exp is a text", jwt(hs256, { ...alice, exp: "tomorrow" })),
  unauthorized("no sub", jwt(hs256, { exp: alice.exp })),
  unauthorized("an empty sub", jwt(hs256, { ...alice, sub: "" })),
  unauthorized("sub is a number", jwt(hs256, { ...alice, sub: 5 })),
  unauthorized("a sub of 201 characters", jwt(hs256, { ...alice, sub: "x".repeat(201) })),
  unauthorized("a sub that is no text (half a surrogate pair)", jwt(hs256, { ...alice, sub: "\ud800" })),
  unauthorized("a token of 5,000 characters", jwt(hs256, { ...alice, more: "x".repeat(4_000) })),
  unauthorized("a payload that is no object", jwt(hs256, "alice")),
];

const table: BadRequest[] = [
  ...badTokens,

  // Who may call what.
  { why: "nobody lists orders", path: "/v1/orders", status: 401, code: "unauthorized" },
  { why: "nobody exports orders", path: "/v1/orders/export", status: 401, code: "unauthorized" },
  { why: "a buyer exports", path: "/v1/orders/export", as: "buyer", status: 403, code: "forbidden" },
  { why: "nobody reads an order", path: "/v1/orders/{order}", status: 401, code: "unauthorized" },
  { why: "nobody streams orders", path: "/v1/orders/stream", status: 401, code: "unauthorized" },
  { why: "nobody asks for an attempt", path: "/v1/attempts/k", status: 401, code: "unauthorized" },
  post(reserve, "nobody", { why: "nobody buys", status: 401, code: "unauthorized" }),
  post("/v1/orders/{order}/cancel", "nobody", { why: "nobody cancels", status: 401, code: "unauthorized" }),
  post("/v1/orders/{order}/pay", "nobody", { why: "nobody pays", status: 401, code: "unauthorized" }),
  post(campaigns, "nobody", { why: "nobody creates", json: goodCampaign, status: 401, code: "unauthorized" }),
  post("/v1/campaigns/{draft}/publish", "nobody", { why: "nobody publishes", status: 401, code: "unauthorized" }),
  post(restock, "nobody", { why: "nobody restocks", json: { quantity: 1 }, status: 401, code: "unauthorized" }),
  post(reserve, "operator", { why: "an operator is no buyer", status: 401, code: "unauthorized" }),
  { why: "an operator is no buyer", path: "/v1/orders/stream", as: "operator", status: 401, code: "unauthorized" },
  { why: "an operator is no buyer", path: "/v1/attempts/k", as: "operator", status: 401, code: "unauthorized" },
  forbidden(campaigns, goodCampaign),
  ...["publish", "pause", "resume", "end"].map((action) => forbidden(`/v1/campaigns/{campaign}/${action}`)),
  forbidden(restock, { quantity: 1 }),
  forbidden("/v1/orders/{order}/pay"),
  post(campaigns, "nobody", {
    why: "an operator's key with a character more",
    headers: { Authorization: `Bearer ${operatorKey}x` },
    json: goodCampaign,
    status: 401,
    code: "unauthorized",
  }),
  post(campaigns, "nobody", {
    why: "an operator's key cut short",
    headers: { Authorization: `Bearer ${operatorKey.slice(0, -1)}` },
    json: goodCampaign,
    status: 401,
    code: "unauthorized",
  }),

  // Bodies.
  badBody("an empty body", ""),
  badBody("a body cut off", '{"title":"Sale","offers":['),
  badBody("a body with a comma too many", '{"title":"Sale",}'),
  badBody("two values in one body", "{}{}"),
  badBody("a body of words", "title=Sale&stock=5"),
  badBody("a body that is no UTF-8", Buffer.from('{"title":"\xff\xfe"}', "latin1")),
  badBody("a body in UTF-16", Buffer.from('{"title":"Sale"}', "utf16le")),
  badBody("8,000 nested lists without an end", "[".repeat(8_000)),
  badBody("8,000 nested lists", "[".repeat(8_000) + "]".repeat(8_000), { field: "body" }),
  badBody("half a surrogate pair in a title", JSON.stringify({ ...goodCampaign, title: "\ud800" })),
  badBody("half a surrogate pair in a name", JSON.stringify({ ...goodCampaign, "\udfff": 1 })),
  badBody("a number that overflows", '{"title":"S","payment_window_s":1e999,"offers":[]}', {
    field: "payment_window_s",
  }),
  badBody("__proto__", '{"title":"S","__proto__":{"kind":"one_yuan"},"offers":[]}', { field: "__proto__" }),
  ...["[]", "null", '"text"', "5", "true"].map((bytes) => badBody(`the body ${bytes}`, bytes, { field: "body" })),
  badBody("half a million nested lists", "[".repeat(500_000) + "]".repeat(500_000), { field: "body" }),
  badBody("half a million nested lists, escaped", `${"[".repeat(500_000)}"\\u0041"${"]".repeat(500_000)}`),
  badBody("1 MiB and a byte", " ".repeat(1_048_577), { status: 413, code: "payload_too_large" }),
  badBody("1 MiB and a byte in chunks", " ".repeat(1_048_577), {
    isChunked: true,
    status: 413,
    code: "payload_too_large",
  }),
  post(reserve, "buyer", {
    why: "16 KiB and a byte for a purchase",
    bytes: " ".repeat(16_385),
    status: 413,
    code: "payload_too_large",
  }),
  badBody("2 MiB", Buffer.alloc(2 ** 21, 32), { status: 413, code: "payload_too_large" }),
  badBody("2 MiB in chunks", Buffer.alloc(2 ** 21, 32), { isChunked: true, status: 413, code: "payload_too_large" }),
  post(reserve, "buyer", {
    why: "2 MiB for a purchase",
    bytes: Buffer.alloc(2 ** 21, 32),
    status: 413,
    code: "payload_too_large",
  }),
  ...[
    "text/plain",
    "application/x-www-form-urlencoded",
    "application/json; charset=latin1",
    "application/jsonx",
    "",
  ].map((type) =>
    badBody(`the content type ${JSON.stringify(type)}`, JSON.stringify(goodCampaign), {
      headers: { "Content-Type": type },
      status: 415,
      code: "unsupported_media_type",
    }),
  ),
  post(reserve, "buyer", {
    why: "a purchase as a form",
    bytes: "quantity=1",
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    status: 415,
    code: "unsupported_media_type",
  }),
  post("/v1/orders/{order}/pay", "operator", {
    why: "a payment as XML",
    bytes: "<reference/>",
    headers: { "Content-Type": "application/xml" },
    status: 415,
    code: "unsupported_media_type",
  }),

  // A campaign, field by field.
  campaign("title", undefined),
  campaign("title", ""),
  campaign("title", 5),
  campaign("title", null),
  campaign("title", "x".repeat(201)),
  ...["One\nTwo", "Sale\u0007", "\u0000", "\u009b2J"].map((value) => campaign("title", value)),
  ...["", " \n ", 5, null, "x".repeat(4_001), "a\r\nb", "a\tb", "a\u0000b", "\u007f"].map((value) =>
    campaign("description", value),
  ),
  campaign("colour", "red"),
  campaign("id", "cmp_0000000001"),
  campaign("kind", "flash"),
  campaign("kind", 1),
  campaign("kind", null),
  ...[
    "tomorrow",
    5,
    "2026-02-30T00:00:00Z",
    "2027-13-01T00:00:00Z",
    "2027-01-01T25:00:00Z",
    "2027-01-01T00:00:00",
    "2027-01-01 00:00:00Z",
    "2027-01-01",
    "9999-12-31T23:59:59-01:00",
  ].map((value) => campaign("opens_at", value)),
  campaign("closes_at", "2020-01-01T00:00:00Z"),
  campaign("closes_at", "9999-12-31T23:59:59-01:00"),
  {
    ...campaign("closes_at", "2039-12-31T00:00:00Z"),
    why: "it closes before it opens",
    json: { ...goodCampaign, opens_at: "2040-01-01T00:00:00Z", closes_at: "2039-12-31T00:00:00Z" },
  },
  {
    ...campaign("closes_at", "2040-01-01T00:00:00Z"),
    why: "it closes when it opens",
    json: { ...goodCampaign, opens_at: "2040-01-01T01:00:00+01:00", closes_at: "2040-01-01T00:00:00Z" },
  },
  ...[0, -1, 1.5, 604_801, "900", null].map((value) => campaign("payment_window_s", value)),
  campaign("offers", undefined),
  campaign("offers", []),
  campaign("offers", {}),
  campaign("offers", ["a"], "offers[0]"),
  campaign(
    "offers",
    Array.from({ length: 101 }, (_, at) => ({ ...goodOffer, sku: `s${at}` })),
  ),
  campaign("offers", [goodOffer, { ...goodOffer, sku: "b" }, goodOffer], "offers[2].sku"),

  // An offer, field by field.
  ...[undefined, "", "x".repeat(101), 7].map((value) => offer("sku", value)),
  ...[undefined, "", "x".repeat(201), "A\nB", "A\u001b[2J"].map((value) => offer("title", value)),
  ...["", "\n", 5, null, "x".repeat(2_001), "a\rb", "a\u0085b"].map((value) => offer("description", value)),
  ...[undefined, -1, 1.5, "100", 1_000_000_000_001, null].map((value) => offer("price_minor", value)),
  ...[99, -1, "200"].map((value) => offer("list_price_minor", value)),
  ...[undefined, "cny", "CN", "CNYX", "ABC", 156].map((value) => offer("currency", value)),
  ...[undefined, -1, 1.5, "10", 1_000_000_001].map((value) => offer("stock", value)),
  ...[0, -1, 1_001, "1"].map((value) => offer("limit_per_buyer", value)),
  offer("brand", ""),
  offer("category", 5),
  ...[
    ...["javascript:alert(1)", "nowhere", "data:image/png;base64,AA", `https://x/${"y".repeat(2_000)}`, "ftp://x/a"],
    ...["//evil.example/a.svg", "/\\evil.example/a.svg", "\\evil.example", "/a\\b.svg", "/\t/evil.example", "/a b.svg"],
    ...["pictures/phone.svg", "./a.svg", "", "https:", ` /a.svg`, "/a.svg\n", `/${"y".repeat(2_000)}`, null, 5],
  ].map((value) => offer("image_url", value)),
  offer("colour", "red"),
  offer("sold", 1),

  // The rules of the kinds.
  offer("price_minor", 101, { kind: "one_yuan" }),
  offer("stock", 1_001, { kind: "one_yuan" }),
  offer("limit_per_buyer", 2, { kind: "one_yuan" }),
  offer("stock", 10_001, { kind: "hot_item" }),
  offer("limit_per_buyer", 3, { kind: "hot_item" }),
  {
    ...campaign("offers", [], "offers[0].price_minor"),
    why: "one_yuan: two yen are more than one unit of the currency",
    json: { ...goodCampaign, kind: "one_yuan", offers: [{ ...goodOffer, currency: "JPY", price_minor: 2 }] },
  },

  // Transitions that do not exist.
  ...(
    [
      ["publish", "{campaign}"],
      ["resume", "{campaign}"],
      ["pause", "{draft}"],
      ["resume", "{draft}"],
      ["publish", "{ended}"],
      ["pause", "{ended}"],
      ["resume", "{ended}"],
      ["end", "{ended}"],
    ] as const
  ).map(([action, id]) =>
    post(`/v1/campaigns/${id}/${action}`, "operator", {
      why: "a transition that does not exist",
      status: 409,
      code: "transition_not_allowed",
    }),
  ),
  post("/v1/orders/{paid}/cancel", "buyer", {
    why: "a paid order is not cancelled",
    status: 409,
    code: "transition_not_allowed",
  }),
  post("/v1/offers/{ended offer}/restock", "operator", {
    why: "an ended campaign gets no units",
    json: { quantity: 1 },
    status: 409,
    code: "transition_not_allowed",
  }),

  // Restocks and payments.
  restockWith({}),
  restockWith({ quantity: "5" }),
  restockWith({ quantity: 1.5 }),
  restockWith({ quantity: null }),
  restockWith({ quantity: 1_000_000_001 }),
  restockWith({ quantity: 1_000_000_000 }),
  restockWith({ quantity: -10 }),
  restockWith({ quantity: 1, offer: "x" }, "offer"),
  ...[{ reference: 5 }, { reference: "" }, { reference: "x".repeat(201) }, { amount: 5 }].map((json) =>
    post("/v1/orders/{order}/pay", "operator", {
      why: `a payment with ${JSON.stringify(json).slice(0, 30)}`,
      json,
      ...invalid,
      field: Object.keys(json)[0] ?? "",
    }),
  ),

  ...[{ return_units: "no" }, { return_units: null }, { amount_minor: 5 }].map((json) =>
    post("/v1/orders/{paid}/refund", "operator", {
      why: `a refund with ${JSON.stringify(json)}`,
      json,
      ...invalid,
      field: Object.keys(json)[0] ?? "",
    }),
  ),
  post("/v1/orders/{order}/refund", "operator", {
    why: "nothing was paid that could be returned",
    status: 409,
    code: "transition_not_allowed",
  }),
  post("/v1/orders/{order}/checkout", "buyer", { why: "nobody takes payments", status: 409, code: "payments_off" }),
  notFound("/v1/payments/stripe/webhook", "a provider that is not taken", { method: "POST", json: {} }),
  campaign("waitlist", "yes"),
  campaign("waitlist", null),
  campaign("admission", "lottery"),
  campaign("pass", "yes"),
  campaign("pass_window_s", 5),
  campaign("challenge", "riddle"),

  // Operators, buyers, webhooks.
  ...[
    [{ role: "admin" }, "name"],
    [{ name: "", role: "admin" }, "name"],
    [{ name: " ", role: "admin" }, "name"],
    [{ name: 5, role: "admin" }, "name"],
    [{ name: "x".repeat(101), role: "admin" }, "name"],
    [{ name: "Li Na" }, "role"],
    [{ name: "Li Na", role: "root" }, "role"],
    [{ name: "Li Na", role: ["admin"] }, "role"],
    [{ name: "Li Na", role: "viewer", key: "one-of-my-own" }, "key"],
  ].map(([json, field]) => bodyOf("/v1/operators", json, String(field))),
  ...["root", "retention"].map((name) =>
    post("/v1/operators", "operator", {
      why: `the name ${name}, which is not to be had`,
      json: { name, role: "viewer" },
      status: 409,
      code: "name_taken",
    }),
  ),
  ...[
    [{}, "buyer_id"],
    [{ buyer_id: "" }, "buyer_id"],
    [{ buyer_id: 5 }, "buyer_id"],
    [{ buyer_id: null }, "buyer_id"],
    [{ buyer_id: "x".repeat(201) }, "buyer_id"],
    [{ buyer_id: "carol", all: true }, "all"],
  ].map(([json, field]) => bodyOf("/v1/buyers/erase", json, String(field))),
  ...["/v1/webhooks", "/v1/webhooks/{webhook}"].flatMap((path) => [
    ...[
      "",
      "nowhere",
      "ftp://shop.example/",
      "javascript:alert(1)",
      "http://",
      `https://x/${"y".repeat(2_000)}`,
      5,
    ].map((url) => bodyOf(path, { url }, "url")),
    ...[[], ["order_paid", "order_paid"], "order_paid"].map((types) =>
      bodyOf(path, { url: "https://shop.example/", types }, "types"),
    ),
    ...[["order_lost"], [5]].map((types) => bodyOf(path, { url: "https://shop.example/", types }, "types[0]")),
    bodyOf(path, { url: "https://shop.example/", secret: "whsec_mine" }, "secret"),
  ]),
  bodyOf("/v1/webhooks", { types: null }, "url"),
  bodyOf("/v1/webhooks/{webhook}", { enabled: "no" }, "enabled"),
  ...["", "ord_0000000001", "evt_1", 5, null].map((id) => bodyOf("/v1/webhooks/{webhook}/replay", { id }, "id")),
  ...[
    "/v1/operators",
    "/v1/buyers/erase",
    "/v1/webhooks",
    "/v1/webhooks/{webhook}",
    "/v1/webhooks/{webhook}/replay",
  ].flatMap((path) => [
    post(path, "operator", { why: "a body cut off", bytes: '{"name":', ...invalid }),
    post(path, "operator", { why: "2 MiB", bytes: tooMuch, status: 413, code: "payload_too_large" }),
    post(path, "operator", {
      why: "a form",
      bytes: "name=x",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      status: 415,
      code: "unsupported_media_type",
    }),
  ]),
  ...["opr_zzzzzzzzzz", "opr_1", "{webhook}", "root"].map((id) =>
    notFound(`/v1/operators/${id}/revoke`, "an operator that does not exist", { method: "POST", as: "operator" }),
  ),
  ...["", "/rotate", "/delete", "/replay"].map((action) =>
    notFound(`/v1/webhooks/end_zzzzzzzzzz${action}`, "a webhook that does not exist", {
      method: "POST",
      as: "operator",
    }),
  ),
  ...["", "/deliveries"].map((action) =>
    notFound(`/v1/webhooks/{offer}${action}`, "an offer's id for a webhook", { as: "operator" }),
  ),

  // Waitlists.
  ...[waitlist, `${waitlist}/leave`].map((path) =>
    post(path, "nobody", { why: "nobody waits", status: 401, code: "unauthorized" }),
  ),
  post(waitlist, "operator", { why: "an operator is no buyer", status: 401, code: "unauthorized" }),
  post(waitlist, "buyer", { why: "there are units to be had", status: 409, code: "not_sold_out" }),
  post(`${waitlist}/leave`, "buyer", { why: "they do not wait", status: 404, code: "not_waiting" }),
  post("/v1/offers/{draft offer}/waitlist", "buyer", { why: "an offer of a draft", status: 404, code: "not_found" }),
  post("/v1/offers/{ended offer}/waitlist", "buyer", { why: "a sale that is over", status: 410, code: "ended" }),
  post("/v1/offers/{campaign}/waitlist", "buyer", { why: "a campaign's id", status: 404, code: "not_found" }),
  { why: "they do not wait", path: waitlist, as: "buyer", status: 404, code: "not_waiting" },
  { why: "a buyer looks who waits", path: `${waitlist}/entries`, as: "buyer", status: 403, code: "forbidden" },

  // Queues, passes, draws.
  ...[
    ["/v1/campaigns/{campaign}/queue", 409, "queue_off"],
    ["/v1/campaigns/{campaign}/queue/leave", 409, "queue_off"],
    ["/v1/campaigns/{campaign}/pass", 409, "pass_off"],
    ["/v1/offers/{offer}/draw", 409, "draw_off"],
    ["/v1/offers/{offer}/draw/leave", 409, "draw_off"],
  ].flatMap(([path, status, code]) => [
    post(String(path), "nobody", { why: "nobody wants in", status: 401, code: "unauthorized" }),
    post(String(path), "operator", { why: "an operator is no buyer", status: 401, code: "unauthorized" }),
    post(String(path), "buyer", { why: "this sale has none", status: Number(status), code: String(code) }),
    post(String(path).replace(/\{\w+\}/, "{order}"), "buyer", { why: "an order's id", status: 404, code: "not_found" }),
  ]),
  {
    why: "no queue to stand in",
    path: "/v1/campaigns/{campaign}/queue/stream",
    as: "buyer",
    status: 409,
    code: "queue_off",
  },

  // Purchases.
  ...[0, -1, 1.5, 1_001, "1", null, true, [1]].map((quantity) => reserveWith({ quantity }, "quantity")),
  reserveWith({ quantity: 1, buyer_id: "bob" }, "buyer_id"),
  reserveWith([], "body"),
  post(reserve, "buyer", { why: "a purchase cut off", bytes: '{"quantity":', ...invalid }),
  reserveKey("an empty key", ""),
  reserveKey("a quoted empty key", '""'),
  reserveKey("a key of 201 characters", "k".repeat(201)),
  reserveKey("a key with a space", "one two"),
  reserveKey("a quoted key with a space", '"one two"'),
  reserveKey("a key beyond ASCII", "schl\xfcssel"),
  post("/v1/offers/{draft offer}/orders", "buyer", { why: "an offer of a draft", status: 404, code: "not_found" }),
  post("/v1/offers/{ended offer}/orders", "buyer", { why: "a sale that is over", status: 410, code: "ended" }),

  // Ids.
  ...[
    ["cmp_1", "too short"],
    ["cmp_00000000001", "too long"],
    ["cmp_00000000zz", "nobody has it"],
    ["cmp_zzzzzzzzzz", "larger than any"],
    ["cmp_0000000000", "zero"],
    ["CMP_0000000001", "a prefix in capitals"],
    ["cmp-0000000001", "a dash"],
    ["off_0000000001", "another kind's prefix"],
    ["cmp_000000000é", "beyond ASCII"],
    ["cmp_0000000001%00", "an encoded NUL"],
    ["cmp_0000000001%0a", "an encoded line feed"],
    ["cmp_0000000001%20", "an encoded space"],
    ["cmp_00000000%2f1", "an encoded slash"],
    ["cmp_000000000%", "half an escape"],
    ["cmp_000000000%zz", "no escape"],
    ["%ff%fe", "escapes that are no UTF-8"],
    ["1'%20OR%20'1'='1", "SQL"],
    ["..%2f..%2f..%2fetc%2fpasswd", "encoded dots"],
  ].map(([id, why]) => notFound(`/v1/campaigns/${id}`, `an id with ${why}`)),
  notFound("/v1/campaigns/{draft}", "a draft, for the public"),
  notFound("/v1/campaigns/{draft}", "a draft, for a buyer", { as: "buyer" }),
  notFound("/v1/campaigns/{draft}/stream", "a draft's stream, for the public"),
  notFound("/v1/campaigns/cmp_00000000zz/stream", "a stream of nothing"),
  notFound("/v1/orders/{order}", "somebody else's order", { as: "other buyer" }),
  notFound("/v1/orders/ord_zzzzzzzzzz", "an order that does not exist", { as: "operator" }),
  notFound("/v1/orders/{offer}", "an offer's id for an order", { as: "operator" }),
  ...["cancel", "pay"].map((action) =>
    notFound(`/v1/orders/ord_00000000zz/${action}`, "an order that does not exist", { method: "POST", as: "operator" }),
  ),
  notFound("/v1/orders/{order}/cancel", "somebody else's order", { method: "POST", as: "other buyer" }),
  notFound("/v1/offers/off_00000000zz/orders", "an offer that does not exist", { method: "POST", as: "buyer" }),
  notFound("/v1/offers/{campaign}/orders", "a campaign's id for an offer", { method: "POST", as: "buyer" }),
  notFound("/v1/offers/off_00000000zz/restock", "an offer that does not exist", {
    method: "POST",
    as: "operator",
    json: { quantity: 1 },
  }),
  notFound("/v1/campaigns/cmp_00000000zz/publish", "a campaign that does not exist", {
    method: "POST",
    as: "operator",
  }),
  {
    why: "an attempt that nobody made",
    path: "/v1/attempts/never",
    as: "buyer",
    status: 404,
    code: "attempt_unknown",
  },
  notFound(`/v1/attempts/${"k".repeat(201)}`, "a key that is too long", { as: "buyer" }),
  notFound("/v1/attempts/a%0ab", "a key with a line feed", { as: "buyer" }),

  // Addresses.
  ...[
    "/v1",
    "/v1/",
    "/v2/campaigns",
    "/V1/campaigns",
    "/v1/campaign",
    "/v1/campaigns/",
    "/v1/time/",
    "/v1/campaigns/{campaign}/",
    "//v1/campaigns",
    "/v1//campaigns",
    "/v1/./campaigns",
    "/v1/x/../campaigns",
    "/../../etc/passwd",
    "/%2e%2e/%2e%2e/etc/passwd",
    "/.env",
    "/data/rushbox.db",
    "/src/main.ts",
    "/v1%2fcampaigns",
    "/v1/campaigns%00",
    "/v1/campaigns%3fstate=open",
    "/v1/campaigns;x=1",
    "/v1\\campaigns",
    "/v1/orders/{order}/ship",
    "/v1/offers/{offer}/waitlist/",
    "/v1/webhooks/{webhook}/",
    "/problems/nonsense",
    "/problems/__proto__",
    "/problems/constructor",
  ].map((path) => notFound(path, "an address where nothing is")),
  notFound(`${reserve}/`, "a slash too many", { method: "POST", as: "buyer" }),

  // Methods.
  notAllowed("PUT", campaigns, "GET, HEAD, POST"),
  notAllowed("DELETE", "/v1/campaigns/{campaign}", "GET, HEAD"),
  notAllowed("PATCH", "/v1/orders/{order}", "GET, HEAD"),
  notAllowed("POST", "/v1/orders", "GET, HEAD"),
  notAllowed("POST", "/v1/time", "GET, HEAD"),
  notAllowed("GET", reserve, "POST"),
  notAllowed("HEAD", reserve, "POST"),
  notAllowed("GET", restock, "POST"),
  notAllowed("GET", "/v1/orders/{order}/cancel", "POST"),
  notAllowed("GET", "/v1/campaigns/{campaign}/publish", "POST"),
  notAllowed("OPTIONS", campaigns, "GET, HEAD, POST"),
  notAllowed("TRACE", campaigns, "GET, HEAD, POST"),
  notAllowed("POST", "/metrics", "GET, HEAD"),

  // Queries, cursors, headers.
  badQuery("stat=open", "stat"),
  badQuery("state=sold", "state"),
  badQuery("state=", "state"),
  badQuery("state=open&state=paused", "state"),
  badQuery("kind=flash", "kind"),
  badQuery("__proto__=1", "__proto__"),
  ...["0", "201", "-1", "1.5", "ten", "", "1e2", "%00"].map((limit) => badQuery(`limit=${limit}`, "limit")),
  ...["1", "ord_0000000001", "cmp_1", ""].map((cursor) => badQuery(`cursor=${cursor}`, "cursor")),
  badQuery("limit=201", "limit", "/v1/orders", "buyer"),
  badQuery("cursor=cmp_0000000001", "cursor", "/v1/orders", "buyer"),
  badQuery("buyer=bob", "buyer", "/v1/orders", "operator"),
  badQuery("buyer_id=alice", "buyer_id", "/v1/orders", "buyer"),
  ...["/v1/orders", "/v1/orders/export"].flatMap((path) =>
    (
      [
        ["campaign_id=off_0000000001", "campaign_id"],
        ["campaign_id=", "campaign_id"],
        ["offer_id=2", "offer_id"],
        ["buyer_id=", "buyer_id"],
        [`buyer_id=${"x".repeat(201)}`, "buyer_id"],
        ["state=sold", "state"],
        ["state=paid&state=paid", "state"],
        ["from=yesterday", "from"],
        ["from=2026-11-11", "from"],
        ["from=2026-11-11T12:00:00", "from"],
        ["from=2026-11-11T12:00:00+08:00", "from"], // a plus that is a space
        ["to=2026-02-30T00:00:00Z", "to"],
        ["from=2026-11-11T12:00:00Z&to=2026-11-11T12:00:00Z", "to"],
      ] as const
    ).map(([query, field]) => badQuery(query, field, path, "operator")),
  ),
  ...[
    ["/v1/offers/{offer}/waitlist/entries", "cursor=ord_0000000001", "cursor"],
    ["/v1/offers/{offer}/waitlist/entries", "state=waiting", "state"],
    ["/v1/audit", "cursor=evt_0000000001", "cursor"],
    ["/v1/audit", "cursor=", "cursor"],
    ["/v1/audit", "cursor=1e3", "cursor"],
    ["/v1/audit", "cursor=-1", "cursor"],
    ["/v1/audit", "cursor=99999999999999999999", "cursor"],
    ["/v1/audit", "limit=0", "limit"],
    ["/v1/audit", "who=root", "who"],
    ["/v1/webhooks/{webhook}/deliveries", "state=delivered", "state"],
    ["/v1/webhooks/{webhook}/deliveries", "cursor=1", "cursor"],
    ["/v1/webhooks/{webhook}/deliveries", "limit=201", "limit"],
  ].map(([path = "", query = "", field = ""]) => badQuery(query, field, path, "operator")),
  badQuery("format=xml", "format", "/v1/orders/export", "operator"),
  badQuery("limit=5", "limit", "/v1/orders/export", "operator"),
  ...["abc", "-1", "1.5", "1 2", "9".repeat(17)].map((id) => ({
    why: `the Last-Event-ID ${id}`,
    path: "/v1/orders/stream",
    as: "buyer" as const,
    headers: { "Last-Event-ID": id },
    ...invalid,
    field: "Last-Event-ID",
  })),
  {
    why: "a Last-Event-ID that is none",
    path: "/v1/events/stream",
    as: "operator",
    headers: { "Last-Event-ID": "evt_0000000001" },
    ...invalid,
    field: "Last-Event-ID",
  },
  {
    why: "a Last-Event-ID that is none",
    path: "/v1/campaigns/{campaign}/stream",
    headers: { "Last-Event-ID": "x" },
    ...invalid,
    field: "Last-Event-ID",
  },
  ...["not a host", "[::1", "a/b", ""].map((host) => ({
    why: `the Host ${JSON.stringify(host)}`,
    path: campaigns,
    headers: { Host: host },
    ...invalid,
    field: "Host",
  })),
  { why: "an unknown address at no host", path: "/nowhere", headers: { Host: "%" }, ...invalid, field: "Host" },
];

let server: Server;
let ids: Record<string, string>;
let tokens: Record<Exclude<Who, "nobody">, string>;

async function committedSeq(): Promise<number> {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  return Number(/^rushbox_committed_seq (\d+)$/m.exec(text)?.[1]);
}

const idOf = (json: { id: string } | undefined): string => json?.id ?? "";

beforeAll(async () => {
  server = await startServer();
  tokens = { operator: operatorKey, buyer: await tokenOf("alice"), "other buyer": await tokenOf("bob") };
  const open = await createCampaign(server, { stock: 5, limitPerBuyer: 5 });
  const draft = await createCampaign(server, { publish: false });
  const ended = await createCampaign(server);
  const over = await call(`${server.url}/v1/campaigns/${ended.id}/end`, { method: "POST", as: operatorKey });
  expect(over.status).toBe(200);
  const order = await buy(server, idOf(open.offers[0]), tokens.buyer);
  const paid = await buy(server, idOf(open.offers[0]), tokens.buyer);
  const payment = await call(`${server.url}/v1/orders/${paid.body.id}/pay`, { method: "POST", as: operatorKey });
  expect(payment.status).toBe(200);
  const webhook = await call<{ id: string }>(`${server.url}/v1/webhooks`, {
    method: "POST",
    as: operatorKey,
    body: { url: "https://shop.example/hooks" },
  });
  expect(webhook.status).toBe(201);
  ids = {
    webhook: webhook.body.id,
    campaign: open.id,
    draft: draft.id,
    ended: ended.id,
    offer: idOf(open.offers[0]),
    "draft offer": idOf(draft.offers[0]),
    "ended offer": idOf(ended.offers[0]),
    order: order.body.id,
    paid: paid.body.id,
  };
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

describe("a bad request is refused by name", () => {
  const named = table.map((bad) => {
    const who = bad.as === undefined ? "" : ` as ${bad.as}`;
    return [
      `${bad.method ?? "GET"} ${bad.path.slice(0, 70)}${who}: ${bad.why} -> ${bad.status} ${bad.code}`,
      bad,
    ] as const;
  });

  test("of many kinds", () => {
    expect(table.length).toBeGreaterThan(200);
    expect(new Set(named.map(([name]) => name)).size).toBe(named.length);
  });

  test.each(named)("%s", async (_, bad) => {
    const headers = Object.entries(bad.headers ?? {});
    const isNamed = (name: string) => headers.some(([known]) => known.toLowerCase() === name);
    const body = bad.bytes ?? (bad.json === undefined ? undefined : JSON.stringify(bad.json));
    if (body !== undefined && !isNamed("content-type")) headers.push(["Content-Type", "application/json"]);
    if (bad.as !== undefined && bad.as !== "nobody") headers.push(["Authorization", `Bearer ${tokens[bad.as]}`]);
    const answer = await rawRequest(server.port, {
      ...(bad.method === undefined ? {} : { method: bad.method }),
      path: bad.path.replace(/\{([a-z ]+)\}/g, (_all, name: string) => ids[name] ?? "missing"),
      headers,
      ...(body === undefined ? {} : { body }),
      isChunked: bad.isChunked ?? false,
    });
    expect(answer.status).toBe(bad.status);
    if (bad.allow !== undefined) expect(answer.headers.get("allow")?.split(", ").sort().join(", ")).toBe(bad.allow);
    if (bad.method === "HEAD") {
      expect(answer.headers.get("content-type")).toBe("application/problem+json");
      return;
    }
    const problem = expectRefusal(answer);
    expect(problem.code).toBe(bad.code);
    if (bad.field !== undefined) expect(problem.errors?.map(({ field }) => field)).toContain(bad.field);
    if (bad.code === "invalid" && bad.field === undefined) expect(problem.detail).toStartWith(malformed);
    await expectPage(server.url, problem);
  });

  test("and all of them together have changed nothing", async () => {
    const before = await committedSeq();
    const order = await buy(server, ids["offer"] ?? "", tokens["other buyer"]);
    expect(order.status).toBe(201);
    // Three campaigns with an offer each, published, opened and one ended; two orders, one payment; one webhook.
    expect(before).toBe(6 + 4 + 1 + 2 + 1 + 1);
    expect(server.log()).not.toContain('"level":"error"');
  });
});

describe("a body beyond the bound", () => {
  /** Resident memory of the server in MiB. */
  const residentMib = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, "utf8"))?.[1]) / 1_024;

  for (const [who, path] of [
    ["nobody", "/nowhere"],
    ["operator", campaigns],
  ] as const) {
    test(`is answered before its end and thrown away: 256 MiB in chunks from ${who} cost no memory`, async () => {
      await using connection = await RawConnection.open(server.port);
      const head = requestBytes({
        method: "POST",
        path,
        headers: [
          ["Content-Type", "application/json"],
          ["Authorization", `Bearer ${operatorKey}`],
          ["Transfer-Encoding", "chunked"],
        ],
      });
      const chunk = chunkOf(Buffer.alloc(2 ** 20, 32));
      const beforeMib = residentMib();
      let peakMib = 0;
      connection.write(head);
      for (let sent = 0; sent < 256 && !connection.isClosed; sent++) {
        connection.write(chunk);
        await connection.drained();
        peakMib = Math.max(peakMib, residentMib());
      }
      const answer = await connection.answer();
      if (answer === null) throw new Error("no answer");
      expect(expectRefusal(answer).code).toBe(who === "nobody" ? "not_found" : "payload_too_large");
      expect(peakMib - beforeMib).toBeLessThan(48);
    });
  }

  test.each([
    [16_384, "/v1/offers/off_0000000002/restock", { quantity: 1 }, "title"],
    [1_048_576, campaigns, goodCampaign, "title"],
  ] as const)("of just %d bytes is read where so many are taken", async (bytes, path, good, field) => {
    const empty = JSON.stringify({ ...good, title: "" }).length;
    const json = JSON.stringify({ ...good, title: "x".repeat(bytes - empty) });
    const answer = await rawRequest(server.port, {
      method: "POST",
      path,
      headers: [
        ["Content-Type", "application/json"],
        ["Authorization", `Bearer ${operatorKey}`],
      ],
      body: json,
    });
    expect(Buffer.byteLength(json)).toBe(bytes);
    expect(expectRefusal(answer).errors?.map((error) => error.field)).toEqual([field]);
  });
});

test("a list is no text, even when it reads like one", () => {
  // Beyond this check it would reach the database, which takes no list, and the process would end.
  expect(conform({ ...goodCampaign, kind: ["one_yuan"] }, CampaignBody)).toBeInstanceOf(Response);
  expect(conform({ ...goodCampaign, kind: "one_yuan" }, CampaignBody)).not.toBeInstanceOf(Response);
});
