/**
 * Guards, on a running server with several threads: an entry of the access list holds on every connection once it is
 * answered and none once it is removed; challenges are made for whoever asks and in the shape that ALTCHA's solvers take;
 * what the risk desk sees is told to operators, and nothing of it is on the disk; the fairness report adds up.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { once } from "node:events";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { solveChallenge, verifySolution } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import type { Challenge } from "../../src/admission/challenge.ts";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";

setDefaultTimeout(60_000);

let server: Server;
const tokens = new Map<string, string>();
beforeAll(async () => {
  const captcha = { URL: "http://127.0.0.1:1/", SECRET: "s", SITE_KEY: "the-site-key" };
  const env = Object.fromEntries(Object.entries(captcha).map(([name, value]) => [`RUSHBOX_CAPTCHA_${name}`, value]));
  server = await startServer({ args: ["--http-threads", "3"], env });
  for (const buyer of ["alice", "bob", "mallory", "clock"]) tokens.set(buyer, await tokenOf(buyer));
});
afterAll(() => server[Symbol.asyncDispose]());

const as = (buyer: string) => tokens.get(buyer) ?? "";
const offerOf = (campaign: CampaignJson) => campaign.offers[0]?.id ?? "";
const post = <T = { id: string; code?: string }>(path: string, body?: unknown, by = operatorKey) =>
  call<T>(server.url + path, { method: "POST", as: by, ...(body === undefined ? {} : { body }) });

/** Attempts on connections of their own, so that every thread is asked some time. */
async function attempts(offerId: string, buyer: string): Promise<(string | undefined)[]> {
  const url = `${server.url}/v1/offers/${offerId}/orders`;
  const headers = { connection: "close" };
  const replies = await Promise.all(
    Array.from({ length: 24 }, () => call<{ code?: string }>(url, { method: "POST", as: as(buyer), headers })),
  );
  return replies.map(({ status, body }) => body.code ?? String(status));
}

/** A campaign with a challenge, which needs somewhere to send its solution. */
async function campaignWith(challenge: string): Promise<{ status: number; body: { id: string; code?: string } }> {
  const offers = [{ sku: "a", title: "A", price_minor: 1, currency: "CNY", stock: 5 }];
  const opensAt = new Date(Date.now() + 3_600_000).toISOString();
  const made = await post("/v1/campaigns", { title: "Sale", challenge, pass: true, opens_at: opensAt, offers });
  if (made.status === 201) await post(`/v1/campaigns/${made.body.id}/publish`);
  return made;
}

describe("the access list", () => {
  test("holds on every connection from its answer on, and not any more from its removal on", async () => {
    const offer = offerOf(await createCampaign(server, { stock: 100, limitPerBuyer: 100 }));
    for (let round = 0; round < 3; round++) {
      const entry = await post("/v1/access", { effect: "block", buyer_id: "mallory", reason: "resold before" });
      expect(entry.status).toBe(201);
      expect(new Set(await attempts(offer, "mallory"))).toEqual(new Set(["blocked"]));
      const network = await post("/v1/access", { effect: "block", network: "127.0.0.0/8", reason: "here" });
      expect(new Set(await attempts(offer, "alice"))).toEqual(new Set(["blocked"]));
      expect((await post(`/v1/access/${network.body.id}/remove`)).status).toBe(200);
      expect((await post(`/v1/access/${entry.body.id}/remove`)).status).toBe(200);
      expect(await attempts(offer, "mallory")).not.toContain("blocked");
    }
  });

  test("cannot be passed by hanging up: what a blocked network sends has no effect", async () => {
    const offer = offerOf(await createCampaign(server, { stock: 100, limitPerBuyer: 100 }));
    await buy(server, offer, as("bob")); // his token is known from now on
    const entry = await post("/v1/access", { effect: "block", network: "127.0.0.0/8", reason: "here" });
    const request = `POST /v1/offers/${offer}/orders HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer ${as("bob")}\r\ncontent-length: 0\r\n\r\n`;
    for (let n = 0; n < 30; n++) {
      const socket = connect(server.port, "127.0.0.1");
      await once(socket, "connect");
      await new Promise((resolve) => socket.write(request, resolve));
      socket.resetAndDestroy();
    }
    await post(`/v1/access/${entry.body.id}/remove`);
    const { body } = await call<{ orders: object[] }>(`${server.url}/v1/orders?offer_id=${offer}`, { as: operatorKey });
    expect(body.orders).toHaveLength(1);
  });

  test("holds for whoever was still sending their request when they were blocked", async () => {
    const offer = offerOf(await createCampaign(server, { stock: 100 }));
    const socket = connect(server.port, "127.0.0.1");
    await once(socket, "connect");
    socket.write(
      `POST /v1/offers/${offer}/orders HTTP/1.1\r\nhost: shop\r\nauthorization: Bearer ${as("mallory")}\r\ncontent-type: application/json\r\ncontent-length: 14\r\nconnection: close\r\n\r\n{"quan`,
    );
    // Another request on this connection's thread may come first; this one waits for its body in any case.
    await call(`${server.url}/v1/time`);
    const entry = await post("/v1/access", { effect: "block", buyer_id: "mallory", reason: "resold before" });
    socket.end('tity":1}');
    let answer = "";
    for await (const chunk of socket) answer += String(chunk);
    await post(`/v1/access/${entry.body.id}/remove`);
    expect(answer).toStartWith("HTTP/1.1 403");
  });

  test("refuses a place in the waitlist, too", async () => {
    const offer = offerOf(await createCampaign(server, { stock: 0 }));
    const join = () => post(`/v1/offers/${offer}/waitlist`, undefined, as("mallory"));
    const entry = await post("/v1/access", { effect: "block", buyer_id: "mallory", reason: "resold before" });
    expect(await join()).toMatchObject({ status: 403, body: { code: "blocked", reason: "resold before" } });
    await post(`/v1/access/${entry.body.id}/remove`);
    expect((await join()).status).toBe(201);
  });

  test("is listed newest first, page by page, has one entry for a target, and forgets whom a removed one was about", async () => {
    const add = (body: object) => post("/v1/access", { effect: "allow", reason: "ours", ...body });
    const made = [];
    for (let n = 0; n < 5; n++) made.push((await add({ network: `198.51.100.${n}` })).body.id);
    const again = await add({ network: "198.51.100.4/32", effect: "block" });
    interface Page {
      readonly entries: readonly { id: string; network: string; effect: string }[];
      readonly next_cursor: string | null;
    }
    const page = (query: string) => call<Page>(`${server.url}/v1/access?limit=3${query}`, { as: operatorKey });
    const first = await page("");
    const rest = await page(`&cursor=${first.body.next_cursor}`);
    const entries = [...first.body.entries, ...rest.body.entries];
    expect(entries.map(({ id }) => id)).toEqual([again.body.id, ...made.slice(0, 4).toReversed()]);
    expect([first.body.entries[0]?.effect, rest.body.next_cursor]).toEqual(["block", null]);
    const searched = async (query: string) => (await page(query)).body.entries.map(({ network }) => network);
    expect(await searched("&search=100.2")).toEqual(["198.51.100.2/32"]);
    expect(await searched("&search=OURS&effect=block")).toEqual(["198.51.100.4/32"]);
    expect(await searched("&search=nowhere")).toEqual([]);
    expect((await page("&effect=ban")).status).toBe(400);
    for (const { id } of entries) expect((await post(`/v1/access/${id}/remove`)).status).toBe(200);
    expect((await post(`/v1/access/${again.body.id}/remove`)).status).toBe(404);
    const audit = await call(`${server.url}/v1/audit?action=add_access_entry&limit=200`, { as: operatorKey });
    expect(JSON.stringify(audit.body)).not.toContain("mallory");
  });

  test.each([
    ["neither buyer nor network", { effect: "block", reason: "x" }, "buyer_id"],
    ["both", { effect: "block", reason: "x", buyer_id: "a", network: "::1" }, "buyer_id"],
    ["no network", { effect: "block", reason: "x", network: "shop.example" }, "network"],
    ["no reason", { effect: "block", buyer_id: "a" }, "reason"],
    [
      "an end that is past",
      { effect: "block", reason: "x", buyer_id: "a", expires_at: "2020-01-01T00:00:00Z" },
      "expires_at",
    ],
  ])("takes no entry with %s", async (_, body, field) => {
    const refused = await post<{ code: string; errors: { field: string }[] }>("/v1/access", body);
    expect([refused.status, refused.body.code, refused.body.errors[0]?.field]).toEqual([400, "invalid", field]);
  });

  test("is the operators' alone: viewers see it, buyers do not, and neither changes it", async () => {
    const viewer = (await post<{ key: string }>("/v1/operators", { name: "onlooker", role: "viewer" })).body.key;
    const body = { effect: "allow", buyer_id: "me", reason: "because" };
    for (const by of [viewer, as("alice")]) expect((await post("/v1/access", body, by)).status).toBe(403);
    expect((await call(`${server.url}/v1/access`, { as: viewer })).status).toBe(200);
    expect((await call(`${server.url}/v1/access`, { as: as("alice") })).status).toBe(403);
    expect((await call(`${server.url}/v1/access`)).status).toBe(401);
  });
});

describe("a challenge", () => {
  test("is made for a buyer in the shape that ALTCHA's solvers take, by a key that only its owner reads", async () => {
    const campaign = await campaignWith("proof_of_work");
    const url = `${server.url}/v1/campaigns/${campaign.body.id}/challenge`;
    const { status, body } = await call<Challenge & { challenge: string; expires_at: string }>(url, {
      as: as("alice"),
    });
    expect([status, body.challenge]).toEqual([200, "proof_of_work"]);
    const { parameters, signature } = body;
    expect(parameters.data).toMatchObject({ campaign: campaign.body.id, difficulty: "normal" });
    expect(Date.parse(body.expires_at)).toBe(parameters.data.expires_at_ms);
    const challenge = { parameters, signature };
    const solution = await solveChallenge({ challenge, deriveKey });
    const path = join(server.data, "challenge.key");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const hmacSignatureSecret = readFileSync(path, "utf8").trim();
    const verified = await verifySolution({
      challenge,
      deriveKey,
      hmacSignatureSecret,
      solution: solution ?? { counter: 0, derivedKey: "" },
    });
    expect(verified.verified).toBe(true);
  });

  test("is nothing, or a captcha's public key and what binds its token, as the campaign says", async () => {
    const none = await createCampaign(server);
    const get = (id: string, by?: string) =>
      call(`${server.url}/v1/campaigns/${id}/challenge`, by === undefined ? {} : { as: by });
    expect((await get(none.id, as("alice"))).body).toEqual({ challenge: "none" });
    const captcha = await campaignWith("captcha");
    const { body } = await get(captcha.body.id, as("alice"));
    expect(body).toMatchObject({ challenge: "captcha", site_key: "the-site-key", action: captcha.body.id });
    expect(String(body["cdata"])).toMatch(/^[0-9a-f]{32}$/);
    expect((await get(none.id)).status).toBe(401);
    expect((await get("cmp_zzzzzzzzzz", as("alice"))).status).toBe(404);
  });

  test("is a captcha only where one is configured", async () => {
    await using plain = await startServer();
    const offers = [{ sku: "a", title: "A", price_minor: 1, currency: "CNY", stock: 5 }];
    const body = { title: "Sale", challenge: "captcha", pass: true, offers };
    const refused = await call<{ errors: { field: string }[] }>(`${plain.url}/v1/campaigns`, {
      method: "POST",
      as: operatorKey,
      body,
    });
    expect([refused.status, refused.body.errors.map(({ field }) => field)]).toEqual([400, ["challenge"]]);
  });

  test("is solved by a worker that is served here, cached and asked after", async () => {
    const response = await fetch(`${server.url}/challenge/worker.js`);
    const text = await response.text();
    expect(response.headers.get("content-type")).toStartWith("text/javascript");
    expect(text).toContain("onmessage");
    expect(text).not.toMatch(/https?:\/\//);
    const etag = response.headers.get("etag") ?? "";
    const again = await fetch(`${server.url}/challenge/worker.js`, { headers: { "if-none-match": etag } });
    expect(again.status).toBe(304);
  });
});

describe("what the risk desk sees", () => {
  interface Risk {
    readonly mode: string;
    readonly subjects: readonly {
      readonly kind: string;
      readonly id: string;
      readonly signals: Readonly<Record<string, number>>;
      readonly rules: readonly { readonly rule: string; readonly detail: string }[];
      readonly verdict: {
        readonly action: string;
        readonly score: number;
        readonly rules: readonly { readonly rule: string }[];
      } | null;
    }[];
  }
  const risk = (query: string, by = operatorKey) => call<Risk>(`${server.url}/v1/risk?${query}`, { as: by });

  /** Asks until the desk has judged, and knows of more attempts than so many: within a second. */
  async function judged(buyer: string, attemptsMin = 0): Promise<Risk["subjects"][number] | undefined> {
    const untilMs = performance.now() + 5_000;
    for (;;) {
      const [subject] = (await risk(`buyer=${buyer}`)).body.subjects;
      const isKnown = (subject?.verdict ?? null) !== null && (subject?.signals["attempts"] ?? 0) > attemptsMin;
      if (isKnown || performance.now() > untilMs) return subject;
      await Bun.sleep(20);
    }
  }

  test("is told with signals, rules and verdict, and stops nobody while it is only recorded", async () => {
    const offer = offerOf(await createCampaign(server, { stock: 0 }));
    const startedMs = performance.now();
    for (let n = 0; n < 4; n++) await attempts(offer, "clock");
    const subject = await judged("clock", 90);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    expect(subject?.signals["attempts"]).toBeGreaterThan(90);
    expect(subject?.rules.map(({ rule }) => rule)).toContain("many_attempts");
    expect(subject?.verdict?.action).toBe("slow");
    expect((await buy(server, offer, as("clock"))).body.code).toBe("sold_out");
    const { body } = await risk("address=127.0.0.1");
    expect([body.mode, body.subjects.map(({ kind, id }) => `${kind} ${id}`)]).toEqual([
      "record",
      ["address 127.0.0.1", "subnet 127.0.0.0/24"],
    ]);
    expect((await risk("address=2001:db8::1")).body.subjects).toEqual([]);
    expect((await risk("buyer=nobody")).body.subjects).toEqual([]);
  });

  test("holds on every thread within a second of its reason once it is enforced, and says what to do", async () => {
    await using strict = await startServer({ args: ["--http-threads", "3"], env: { RUSHBOX_RATE_LIMITS: "off" } });
    const mode = await call(`${strict.url}/v1/controls`, {
      method: "POST",
      as: operatorKey,
      body: { risk_mode: "enforce" },
    });
    expect(mode.status).toBe(200);
    const offer = offerOf(await createCampaign(strict, { stock: 0 }));
    const ask = (buyer: string) =>
      call<{ code: string; blocked_by?: string; reason?: string; detail: string }>(
        `${strict.url}/v1/offers/${offer}/orders`,
        { method: "POST", as: as(buyer), headers: { connection: "close" } },
      );
    await Promise.all(Array.from({ length: 220 }, () => ask("mallory")));
    const startedMs = performance.now();
    for (;;) {
      const codes = new Set(
        (await Promise.all(Array.from({ length: 12 }, () => ask("mallory")))).map((r) => r.body.code),
      );
      if (codes.size === 1 && codes.has("blocked")) break;
      expect(performance.now() - startedMs).toBeLessThan(1_500);
    }
    const { status, body } = await ask("mallory");
    expect([status, body.blocked_by, body.reason]).toEqual([403, "risk", "many_attempts"]);
    expect(body.detail).toContain("try once");
    expect((await ask("alice")).body.code).toBe("sold_out");
  });

  test("is told of all who are suspected, the highest score first, and of nobody else", async () => {
    const offer = offerOf(await createCampaign(server, { stock: 0 }));
    for (let n = 0; n < 4; n++) await attempts(offer, "clock");
    tokens.set("calm", await tokenOf("calm"));
    await buy(server, offer, as("calm"));
    await judged("clock");
    const { status, body } = await risk("");
    expect(status).toBe(200);
    expect(body.subjects.map(({ id }) => id)).toContain("clock");
    expect(body.subjects.map(({ id }) => id)).not.toContain("calm");
    expect(body.subjects.every(({ verdict }) => verdict !== null)).toBe(true);
    const scores = body.subjects.map(({ verdict }) => verdict?.score ?? 0);
    expect(scores).toEqual(scores.toSorted((a, b) => b - a));
  });

  test("is for operators, about one at a time", async () => {
    expect((await risk("buyer=alice", as("alice"))).status).toBe(403);
    for (const query of ["buyer=a&address=::1", "address=here", "address=10.0.0.0/8", "buyer=", "who=me"]) {
      expect([query, (await risk(query)).status]).toEqual([query, 400]);
    }
  });

  test("is nowhere on the disk", async () => {
    const offer = offerOf(await createCampaign(server, { stock: 0 }));
    tokens.set("seen-and-forgotten", await tokenOf("seen-and-forgotten"));
    for (let n = 0; n < 3; n++) await attempts(offer, "seen-and-forgotten");
    await judged("seen-and-forgotten");
    const files = readdirSync(server.data, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
    const bytes = files.map(({ parentPath, name }) => readFileSync(join(parentPath, name)));
    expect(bytes.some((content) => content.includes("seen-and-forgotten"))).toBe(false);
  });
});

describe("the fairness report", () => {
  interface Report {
    readonly orders: {
      readonly count: number;
      readonly is_complete: boolean;
      readonly counted_from: string;
      readonly percentiles: readonly { readonly percent: number; readonly ms: number }[];
      readonly histogram: readonly { readonly orders: number }[];
    };
    readonly remembered: {
      readonly attempts: number;
      readonly units: number;
      readonly subnets: { readonly largest: readonly { readonly subnet: string; readonly units: number }[] };
      readonly suspects: { readonly buyers: number };
      readonly outcomes: readonly { readonly outcome: string; readonly attempts: number }[];
    };
  }
  const report = (id: string) => call<Report>(`${server.url}/v1/campaigns/${id}/fairness`, { as: operatorKey });

  test("adds up: orders, units by subnet, attempts by how they ended", async () => {
    const campaign = await createCampaign(server, { stock: 3, limitPerBuyer: 2 });
    const offer = offerOf(campaign);
    expect((await buy(server, offer, as("alice"), { quantity: 2 })).status).toBe(201);
    expect((await buy(server, offer, as("bob"))).status).toBe(201);
    for (let n = 0; n < 4; n++) expect((await buy(server, offer, as("bob"))).status).toBe(409);
    let { status, body } = await report(campaign.id);
    const untilMs = performance.now() + 5_000;
    // Threads tell four times a second.
    while (body.remembered.attempts < 6 && performance.now() < untilMs) ({ status, body } = await report(campaign.id));
    expect(status).toBe(200);
    expect(body.orders).toMatchObject({ count: 2, is_complete: true, counted_from: "first_order" });
    expect(body.orders.histogram.reduce((sum, { orders }) => sum + orders, 0)).toBe(2);
    expect(body.orders.percentiles[0]).toEqual({ percent: 1, ms: 0 });
    expect(body.remembered).toMatchObject({ attempts: 6, units: 3 });
    expect(body.remembered.subnets.largest).toMatchObject([{ subnet: "127.0.0.0/24", units: 3 }]);
    const outcomes = Object.fromEntries(body.remembered.outcomes.map(({ outcome, attempts: n }) => [outcome, n]));
    expect(outcomes).toEqual({ reserved: 2, sold_out: 4 });
  });

  test("of a sale that nobody came to is all zeros; of no sale it is none; and it is for operators", async () => {
    const { id } = await createCampaign(server);
    const { body } = await report(id);
    expect(body.orders).toMatchObject({ count: 0, percentiles: [], is_complete: true });
    expect(body.remembered).toMatchObject({ attempts: 0, units: 0, subnets: { largest: [] }, outcomes: [] });
    expect((await report("cmp_zzzzzzzzzz")).status).toBe(404);
    expect((await call(`${server.url}/v1/campaigns/${id}/fairness`, { as: as("alice") })).status).toBe(403);
  });
});
