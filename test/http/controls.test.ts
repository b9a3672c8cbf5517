/**
 * Guards what operators change while it runs: a limit and a switch hold on every thread at once, are refusals by name
 * that say when to come back, leave everything else as it is, and hold after a restart.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  operatorKey,
  type Reply,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { scrape, seriesValue } from "./prometheus.ts";

setDefaultTimeout(30_000);

const env = { RUSHBOX_RATE_LIMITS: "on", RUSHBOX_TRUSTED_PROXIES: "127.0.0.0/8" };
const options = { env, args: ["--http-threads", "2"] } as const;
const off = { buyer: null, address: null, campaign: null, overall: null, failures: null, guests: null };
let server: Server;

beforeAll(async () => {
  server = await startServer(options);
});
afterAll(() => server[Symbol.asyncDispose]());

const set = (body: object, at: Pick<Server, "url"> = server) =>
  call<ControlsJson>(`${at.url}/v1/controls`, { method: "POST", as: operatorKey, body });
const get = (path: string, as?: string, headers: Record<string, string> = {}): Promise<Reply> =>
  call(server.url + path, { headers, ...(as === undefined ? {} : { as }) });
const post = (path: string, as: string, headers: Record<string, string> = {}): Promise<Reply> =>
  call(server.url + path, { method: "POST", as, headers });
const flip = (name: string, on: boolean, campaign_id?: string) => set({ switches: [{ name, on, campaign_id }] });
const offerOf = (campaign: CampaignJson) => campaign.offers[0]?.id ?? "";
const ordersPath = (campaign: CampaignJson) => `/v1/offers/${offerOf(campaign)}/orders`;

interface ControlsJson {
  readonly rate_limits: Readonly<Record<string, { readonly quota: number; readonly window_s: number } | null>>;
  readonly switches_on: readonly { readonly name: string; readonly campaign_id: string | null }[];
  readonly risk_mode: string;
}

/** A new buyer's token. */
const newBuyer = () => tokenOf(`buyer-${++buyersCount}`);
let buyersCount = 0;

function expectRefused(reply: Reply<unknown>, status: number, members: Record<string, unknown>): void {
  expect(reply.body).toMatchObject({ status, ...members });
  expect(reply.status).toBe(status);
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
  expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(0);
}

describe("a rate limit", () => {
  test("lets a buyer try as often as it says, over all threads, and tells when to come back by its standard", async () => {
    await set({ rate_limits: { ...off, buyer: { quota: 7, window_s: 3_600 } } });
    const campaign = await createCampaign(server, { stock: 100, limitPerBuyer: 100 });
    const buyer = await newBuyer();
    const replies = await Promise.all(Array.from({ length: 40 }, () => buy(server, offerOf(campaign), buyer)));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(7);
    const refused = replies.filter(({ status }) => status !== 201);
    for (const reply of refused) {
      expectRefused(reply, 429, { code: "rate_limited", limit: "buyer" });
      const retryAfter = reply.headers.get("retry-after");
      expect(Number(retryAfter)).toBeWithin(500, 516); // an hour in seven
      expect(reply.headers.get("ratelimit-policy")).toBe('"buyer";q=7;w=3600');
      expect(reply.headers.get("ratelimit")).toBe(`"buyer";r=0;t=${retryAfter}`);
    }
    expect((await buy(server, offerOf(campaign), await newBuyer())).status).toBe(201);
    const metrics = await scrape(server.url);
    expect(seriesValue(metrics, "rushbox_rate_limited_total", { limit: "buyer" })).toBeGreaterThanOrEqual(33);
    expect(seriesValue(metrics, "rushbox_attempts_total", { outcome: "rate_limited" })).toBeGreaterThanOrEqual(33);
  });

  test("still tells a buyer of the order that they have: by its key, not without end", async () => {
    await set({ rate_limits: { ...off, buyer: { quota: 3, window_s: 3_600 } } });
    const campaign = await createCampaign(server, { stock: 100, limitPerBuyer: 100 });
    const buyer = await newBuyer();
    const first = await buy(server, offerOf(campaign), buyer, { key: "mine" });
    for (let n = 0; n < 2; n++) await buy(server, offerOf(campaign), buyer);
    expectRefused(await buy(server, offerOf(campaign), buyer, { key: "other" }), 429, { code: "rate_limited" });
    for (let n = 0; n < 3; n++) {
      const again = await buy(server, offerOf(campaign), buyer, { key: "mine" });
      expect([again.status, again.body.id]).toEqual([200, first.body.id]);
    }
    expectRefused(await buy(server, offerOf(campaign), buyer, { key: "mine" }), 429, { code: "rate_limited" });
  });

  test("is not passed with keys of a sale that is over: only an order that is there is told", async () => {
    const [past, now] = [await createCampaign(server, { limitPerBuyer: 5 }), await createCampaign(server)];
    const buyer = await newBuyer();
    const keys = ["one", "two", "three"];
    for (const key of keys) {
      const { body } = await buy(server, offerOf(past), buyer, { key });
      await post(`/v1/orders/${body.id}/cancel`, buyer);
    }
    await post(`/v1/campaigns/${past.id}/end`, operatorKey);
    await set({ rate_limits: { ...off, campaign: { quota: 1, window_s: 3_600 } } });
    await buy(server, offerOf(now), await newBuyer());
    for (const key of keys)
      expectRefused(await buy(server, offerOf(now), buyer, { key }), 429, { code: "rate_limited" });
  });

  test("of an address counts all buyers there, by the address that the proxy saw; of IPv6 by its /64", async () => {
    await set({ rate_limits: { ...off, address: { quota: 2, window_s: 3_600 } } });
    const campaign = await createCampaign(server, { stock: 100 });
    const from = async (address: string) =>
      (await post(ordersPath(campaign), await newBuyer(), { "x-forwarded-for": address })).status;
    expect([await from("203.0.113.1"), await from("203.0.113.1"), await from("203.0.113.1")]).toEqual([201, 201, 429]);
    expect(await from("1.2.3.4, 203.0.113.1")).toBe(429);
    expect(await from("203.0.113.2")).toBe(201);
    const v6 = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:2:3::3", "2001:db8:1:3::1"];
    expect([await from(v6[0] ?? ""), await from(v6[1] ?? ""), await from(v6[2] ?? "")]).toEqual([201, 201, 429]);
    expect(await from(v6[3] ?? "")).toBe(201);
  });

  test("of a campaign, and of all, counts everybody's attempts, joins of a waitlist too", async () => {
    const [one, other] = [await createCampaign(server, { stock: 1 }), await createCampaign(server, { stock: 100 })];
    await set({ rate_limits: { ...off, campaign: { quota: 3, window_s: 3_600 } } });
    expect((await buy(server, offerOf(one), await newBuyer())).status).toBe(201);
    expect((await buy(server, offerOf(one), await newBuyer())).body.code).toBe("sold_out");
    expect((await post(`/v1/offers/${offerOf(one)}/waitlist`, await newBuyer())).status).toBe(201);
    const refused = await post(`/v1/offers/${offerOf(one)}/waitlist`, await newBuyer());
    expectRefused(refused, 429, { code: "rate_limited", limit: "campaign" });
    expect((await buy(server, offerOf(other), await newBuyer())).status).toBe(201);
    await set({ rate_limits: { ...off, overall: { quota: 1, window_s: 3_600 } } });
    expect((await buy(server, offerOf(other), await newBuyer())).status).toBe(201);
    expectRefused(await buy(server, offerOf(other), await newBuyer()), 429, { limit: "overall" });
  });

  test("of wrong tokens refuses more of them from that address, not a buyer who is known, nor an operator", async () => {
    await set({ rate_limits: { ...off, failures: { quota: 3, window_s: 3_600 } } });
    const there = { "x-forwarded-for": "198.51.100.9" };
    const known = await newBuyer();
    // Both threads are to know this buyer.
    for (let n = 0; n < 40; n++) expect((await get("/v1/orders", known, there)).status).toBe(200);
    const wrong = await tokenOf("mallory", "1h", "another-secret-0123456789abcdef012345");
    const statuses = [];
    for (let n = 0; n < 6; n++) statuses.push((await get("/v1/orders", wrong, there)).status);
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
    expectRefused(await get("/v1/orders", await newBuyer(), there), 429, { code: "rate_limited", limit: "failures" });
    expect((await get("/v1/orders", known, there)).status).toBe(200);
    expect((await get("/v1/orders", operatorKey, there)).status).toBe(200);
    expect((await get("/v1/orders", undefined, there)).status).toBe(401); // nothing was to be checked
    expect((await get("/v1/orders", await newBuyer(), { "x-forwarded-for": "198.51.100.10" })).status).toBe(200);
  });

  test("is changed while it runs and holds from the answer on, on every thread; and not at all where it is set off", async () => {
    const campaign = await createCampaign(server, { stock: 1_000, limitPerBuyer: 1_000 });
    for (let n = 0; n < 5; n++) {
      const buyer = await newBuyer();
      await set({ rate_limits: { ...off, buyer: { quota: 1, window_s: 60 } } });
      const strict = await Promise.all(Array.from({ length: 8 }, () => buy(server, offerOf(campaign), buyer)));
      expect(strict.filter(({ status }) => status === 201)).toHaveLength(1);
      await set({ rate_limits: off });
      const free = await Promise.all(Array.from({ length: 8 }, () => buy(server, offerOf(campaign), buyer)));
      expect(free.filter(({ status }) => status === 201)).toHaveLength(8);
    }
    await using unlimited = await startServer();
    await set({ rate_limits: { buyer: { quota: 1, window_s: 60 } } }, unlimited);
    const other = await createCampaign(unlimited, { stock: 9, limitPerBuyer: 9 });
    const buyer = await newBuyer();
    for (let n = 0; n < 3; n++) expect((await buy(unlimited, offerOf(other), buyer)).status).toBe(201);
  });
});

describe("a switch", () => {
  test("pause_sales stops buying and joining, not paying and looking, until it is off again", async () => {
    await set({ rate_limits: off });
    const campaign = await createCampaign(server, { stock: 2, limitPerBuyer: 2 });
    const [alice, bob] = [await newBuyer(), await newBuyer()];
    const order = await buy(server, offerOf(campaign), alice, { key: "mine" });
    await flip("pause_sales", true);
    for (let n = 0; n < 20; n++) {
      expectRefused(await buy(server, offerOf(campaign), bob), 403, { code: "paused" });
    }
    expect((await buy(server, offerOf(campaign), alice, { key: "mine" })).status).toBe(200);
    expectRefused(await post(`/v1/offers/${offerOf(campaign)}/waitlist`, bob), 403, { code: "paused" });
    const paid = await call(`${server.url}/v1/orders/${order.body.id}/pay`, {
      method: "POST",
      as: operatorKey,
      body: {},
    });
    expect(paid.status).toBe(200);
    await flip("pause_sales", false);
    for (let n = 0; n < 20; n++) expect((await buy(server, offerOf(campaign), bob)).status).not.toBe(403);
  });

  test("for one campaign leaves the others open", async () => {
    const [one, other] = [await createCampaign(server, { stock: 9 }), await createCampaign(server, { stock: 9 })];
    await flip("pause_sales", true, one.id);
    expect((await buy(server, offerOf(one), await newBuyer())).body.code).toBe("paused");
    expect((await buy(server, offerOf(other), await newBuyer())).status).toBe(201);
    await flip("pause_sales", false, one.id);
    await flip("streams_off", true, one.id);
    expectRefused(await get(`/v1/campaigns/${one.id}/stream`), 503, { code: "switched_off", switch: "streams_off" });
    const open = await fetch(`${server.url}/v1/campaigns/${other.id}/stream`);
    expect(open.status).toBe(200);
    await open.body?.cancel();
    await flip("streams_off", false, one.id);
  });

  test("for a campaign that is not there is refused, naming the field, and nothing of the request is done", async () => {
    for (const campaign_id of ["cmp_0000zzzzzz", "cmp_0000000000"]) {
      const switches = [
        { name: "search_off", on: true },
        { name: "pause_sales", on: true, campaign_id },
      ];
      const reply = (await set({ switches })) as Reply<unknown>;
      expect(reply.status).toBe(400);
      expect(reply.body).toMatchObject({
        code: "invalid",
        errors: [{ field: "switches[1].campaign_id", detail: "there is no campaign of this id" }],
      });
    }
    expect((await get("/readyz")).body["switches_on"]).toEqual([]);
  });

  test("refuse_joins, search_off and exports_off refuse just that", async () => {
    const campaign = await createCampaign(server, { stock: 1 });
    const [alice, bob] = [await newBuyer(), await newBuyer()];
    await buy(server, offerOf(campaign), alice);
    const waitlist = `/v1/offers/${offerOf(campaign)}/waitlist`;
    await flip("refuse_joins", true);
    expectRefused(await post(waitlist, bob), 503, { code: "switched_off", switch: "refuse_joins" });
    await flip("refuse_joins", false);
    expect((await post(waitlist, bob)).status).toBe(201);
    const searches = ["/v1/orders", "/v1/ledger", `/v1/campaigns/${campaign.id}/ledger`, `${waitlist}/entries`];
    await flip("search_off", true);
    for (const path of searches) {
      expectRefused(await get(path, operatorKey), 503, { code: "switched_off", switch: "search_off" });
    }
    expect((await call(`${server.url}/v1/orders/export`, { as: operatorKey }).catch(() => null))?.status).not.toBe(503);
    await flip("search_off", false);
    await flip("exports_off", true);
    expectRefused(await get("/v1/orders/export", operatorKey), 503, { switch: "exports_off" });
    for (const path of searches) expect((await get(path, operatorKey)).status).toBe(200);
    await flip("exports_off", false);
  });

  test("streams_off ends the streams that are open, and operators keep theirs", async () => {
    const campaign = await createCampaign(server);
    const alice = await newBuyer();
    const headers = { authorization: `Bearer ${alice}` };
    const streams = await Promise.all([
      fetch(`${server.url}/v1/campaigns/${campaign.id}/stream`),
      fetch(`${server.url}/v1/orders/stream`, { headers }),
    ]);
    const ends = streams.map(async (stream) => {
      for await (const _ of stream.body ?? []);
    });
    const events = await fetch(`${server.url}/v1/events/stream`, {
      headers: { authorization: `Bearer ${operatorKey}` },
    });
    await flip("streams_off", true);
    await Promise.all(ends);
    expectRefused(await get("/v1/orders/stream", alice), 503, { code: "switched_off", switch: "streams_off" });
    expect(events.status).toBe(200);
    await createCampaign(server);
    const { value } = (await events.body?.getReader().read()) ?? {};
    expect(value?.length).toBeGreaterThan(0);
    await flip("streams_off", false);
  });

  test("read_only lets buyers look, pay, and learn of the order they have; nothing else of theirs changes", async () => {
    const campaign = await createCampaign(server, { stock: 9, limitPerBuyer: 9 });
    const alice = await newBuyer();
    const order = await buy(server, offerOf(campaign), alice, { key: "mine" });
    await flip("read_only", true);
    const again = await buy(server, offerOf(campaign), alice, { key: "mine" });
    expect([again.status, again.body.id]).toEqual([200, order.body.id]);
    expect((await buy(server, offerOf(campaign), alice, { key: "mine", quantity: 2 })).body.code).toBe("key_reused");
    const off = { code: "switched_off", switch: "read_only" };
    expectRefused(await buy(server, offerOf(campaign), alice, { key: "new" }), 503, off);
    expectRefused(await buy(server, offerOf(campaign), alice), 503, off);
    expectRefused(await post(`/v1/orders/${order.body.id}/cancel`, alice), 503, off);
    expectRefused(await post(`/v1/offers/${offerOf(campaign)}/waitlist`, alice), 503, off);
    expectRefused(await post(`/v1/offers/${offerOf(campaign)}/waitlist/leave`, alice), 503, off);
    expect((await get(`/v1/orders/${order.body.id}`, alice)).body).toMatchObject({ state: "reserved" });
    const paid = await call(`${server.url}/v1/orders/${order.body.id}/pay`, {
      method: "POST",
      as: operatorKey,
      body: {},
    });
    expect(paid.body).toMatchObject({ state: "paid" });
    expect((await post(`/v1/campaigns/${campaign.id}/end`, operatorKey)).status).toBe(200); // operators go on
    await flip("read_only", false);
  });

  test("stands in /readyz and in the audit log, before and after", async () => {
    await flip("search_off", true);
    expect((await get("/readyz")).body).toMatchObject({ switches_on: [{ name: "search_off", campaign_id: null }] });
    await flip("search_off", false);
    expect((await get("/readyz")).body).toEqual({ status: "ready", load: "normal", switches_on: [] });
    const { entries } = (await get("/v1/audit?action=set_controls", operatorKey)).body as {
      entries: { operator: string; before: object; after: object }[];
    };
    expect(entries[1]).toMatchObject({
      operator: "root",
      before: { switches_on: "" },
      after: { switches_on: "search_off" },
    });
  });
});

test("what is set holds after a restart, and after an end without warning", async () => {
  const data = newFolder();
  const changed = { rate_limits: { buyer: { quota: 3, window_s: 9 } }, switches: [{ name: "read_only", on: true }] };
  await using first = await startServer({ ...options, data });
  const controls = (await set(changed, first)).body;
  expect(controls.rate_limits).toMatchObject({ buyer: { quota: 3, window_s: 9 }, failures: { quota: 10_000 } });
  await first.stop("SIGKILL");
  await using second = await startServer({ ...options, data });
  const kept = await call<ControlsJson>(`${second.url}/v1/controls`, { as: operatorKey });
  expect(kept.body).toEqual(controls);
  const campaign = await createCampaign(second);
  expect((await buy(second, offerOf(campaign), await newBuyer())).body.code).toBe("switched_off");
});
