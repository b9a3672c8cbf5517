/**
 * Agents over HTTP: told from their buyers by their token (RFC 8693), turned away at every door where only people may,
 * never past their share however many come at once; and their orders say so wherever an order is shown.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type ReceiptFacts, textsOfReceipt } from "../../src/domain/receipt.ts";
import { problemOfLeaf } from "../../src/draw/check.ts";
import type { DrawProof } from "../../src/draw/document.ts";
import { sha256 } from "../../src/host/hash.ts";
import {
  agentTokenOf,
  buy,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  type OrderJson,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { EventStream } from "./event-stream.ts";
import { scrape, seriesValue } from "./prometheus.ts";

setDefaultTimeout(60_000);

let server: Server;
let alice: string;
/** Acts in alice's name. */
let agent: string;
let anotherAgent: string;

beforeAll(async () => {
  server = await startServer({ args: ["--http-threads", "2"] });
  [alice, agent, anotherAgent] = await Promise.all([tokenOf("alice"), agentTokenOf("alice"), agentTokenOf("bob")]);
});
afterAll(() => server[Symbol.asyncDispose]());

interface PlaceJson {
  readonly state: string;
  readonly by_agent: boolean;
  readonly pass: string | null;
  readonly refusal: string | null;
  readonly note: string | null;
}

const humansOnly = { policy: "humans_only" };
const share = (percent: number) => ({ policy: "share", share_percent: percent });
const later = () => new Date(Date.now() + 3_600_000).toISOString();
const offerIdOf = ({ offers }: CampaignJson) => offers[0]?.id ?? "";
const post = (path: string, as: string, body?: unknown) =>
  call<{ code?: string; detail?: string }>(`${server.url}${path}`, {
    method: "POST",
    as,
    ...(body === undefined ? {} : { body }),
  });
const get = <T>(path: string, as: string) => call<T>(`${server.url}${path}`, { as });

describe("a campaign", () => {
  test("shows what agents may do, and allows them where nothing is said of it", async () => {
    expect(await createCampaign(server)).toMatchObject({ agents: { policy: "allowed" } });
    expect(await createCampaign(server, { agents: humansOnly })).toMatchObject({ agents: humansOnly });
    const { id } = await createCampaign(server, { agents: share(20) });
    expect((await get<object>(`/v1/campaigns/${id}`, alice)).body).toMatchObject({ agents: share(20) });
  });

  test.each([
    [{ policy: "share" }, "agents.share_percent"],
    [{ policy: "share", share_percent: 0 }, "agents.share_percent"],
    [{ policy: "share", share_percent: 100 }, "agents.share_percent"],
    [{ policy: "share", share_percent: 12.5 }, "agents.share_percent"],
    [{ policy: "allowed", share_percent: 20 }, "agents.share_percent"],
    [{ policy: "nobody" }, "agents.policy"],
    [{ share_percent: 20 }, "agents.policy"],
    [{ policy: "allowed", more: 1 }, "agents.more"],
  ])("that says %p of them is refused, and the field named", async (agents, field) => {
    const offers = [{ sku: "a", title: "a", price_minor: 1, currency: "CNY", stock: 1 }];
    const { status, body } = await post("/v1/campaigns", operatorKey, { title: "Sale", agents, offers });
    expect([status, body.code]).toEqual([400, "invalid"]);
    expect(JSON.stringify(body)).toContain(`"field":"${field}"`);
  });

  test("that is drawn gives no share, and says what to take instead", async () => {
    const offers = [{ sku: "a", title: "a", price_minor: 1, currency: "CNY", stock: 1 }];
    const what = { title: "Sale", admission: "draw", closes_at: later(), agents: share(20), offers };
    const { status, body } = await post("/v1/campaigns", operatorKey, what);
    expect([status, body.code]).toEqual([400, "invalid"]);
    expect(JSON.stringify(body)).toMatch(/"field":"agents.policy".*humans_only/);
  });
});

describe("where only people may, an agent", () => {
  const refused = async (path: string) => {
    const { status, body } = await post(path, agent);
    return [status, body.code];
  };
  const turnedAway = [403, "agents_not_allowed"];

  test("is turned away at every door, and its buyer is not", async () => {
    const open = await createCampaign(server, { agents: humansOnly, pass: true });
    const queue = await createCampaign(server, { agents: humansOnly, admission: "queue" });
    const draw = await createCampaign(server, { agents: humansOnly, admission: "draw", closesAt: later() });
    const gone = await createCampaign(server, { agents: humansOnly, stock: 0 });
    const doors = [
      `/v1/campaigns/${open.id}/pass`,
      `/v1/campaigns/${queue.id}/queue`,
      `/v1/offers/${offerIdOf(draw)}/draw`,
      `/v1/offers/${offerIdOf(gone)}/waitlist`,
    ];
    for (const door of doors) {
      expect([door, await refused(door)]).toEqual([door, turnedAway]);
      expect([door, (await post(door, alice)).status]).toEqual([door, 201]);
    }
    for (const campaign of [open, queue, draw, gone]) {
      const { status, body } = await buy(server, offerIdOf(campaign), agent);
      expect([status, body.code]).toEqual(turnedAway as [number, string]);
    }
  });

  test("is told so before the opening and after the end, of a draft that nothing is there", async () => {
    const early = await createCampaign(server, { agents: humansOnly, opensAt: later() });
    expect((await buy(server, offerIdOf(early), agent)).body.code).toBe("agents_not_allowed");
    await post(`/v1/campaigns/${early.id}/end`, operatorKey);
    expect((await buy(server, offerIdOf(early), agent)).body.code).toBe("agents_not_allowed");
    const draft = await createCampaign(server, { agents: humansOnly, publish: false });
    expect((await buy(server, offerIdOf(draft), agent)).status).toBe(404);
    expect((await post(`/v1/offers/${offerIdOf(draft)}/waitlist`, agent)).status).toBe(404);
  });

  test("learns of the order that its buyer's key has, while the sale runs and when it is settled", async () => {
    const { id, ...campaign } = await createCampaign(server, { agents: humansOnly });
    const offerId = offerIdOf({ id, ...campaign });
    const made = await buy(server, offerId, alice, { key: "by-page" });
    expect(made.body.by_agent).toBe(false);
    const again = async () => {
      const { status, body } = await buy(server, offerId, agent, { key: "by-page" });
      return [status, body.id];
    };
    expect(await again()).toEqual([200, made.body.id]);
    await post(`/v1/orders/${made.body.id}/cancel`, alice);
    await post(`/v1/campaigns/${id}/end`, operatorKey);
    expect(await again()).toEqual([200, made.body.id]);
  });

  test("may still look at its buyer's orders and place, and leave", async () => {
    const queue = await createCampaign(server, { agents: humansOnly, admission: "queue", opensAt: later() });
    await post(`/v1/campaigns/${queue.id}/queue`, alice);
    expect((await get(`/v1/campaigns/${queue.id}/queue`, agent)).status).toBe(200);
    expect((await post(`/v1/campaigns/${queue.id}/queue/leave`, agent)).status).toBe(200);
    expect((await get("/v1/orders", agent)).status).toBe(200);
  });

  test("is counted as what it is", async () => {
    const campaign = await createCampaign(server, { agents: humansOnly });
    const countOf = async () =>
      seriesValue(await scrape(server.url), "rushbox_attempts_total", { outcome: "agents_not_allowed" });
    const before = await countOf();
    await buy(server, offerIdOf(campaign), agent);
    expect(await countOf()).toBe(before + 1);
  });
});

describe("a share", () => {
  test("is kept to the unit, however many come at once; what is left is for people", async () => {
    const campaign = await createCampaign(server, { agents: share(20), stock: 50 });
    const buyers = Array.from({ length: 80 }, (_, n) => `rush ${n}`);
    const people = buyers.slice(0, 30).map((buyer) => tokenOf(`person in the ${buyer}`));
    const tokens = await Promise.all([...buyers.map((buyer) => agentTokenOf(buyer)), ...people]);
    const replies = await Promise.all(tokens.map((token) => buy(server, offerIdOf(campaign), token)));
    const orders = replies.filter(({ status }) => status === 201).map(({ body }) => body);
    expect(orders.filter((order) => order.by_agent)).toHaveLength(10);
    expect(orders.filter((order) => !order.by_agent)).toHaveLength(30);
    expect(replies.filter(({ body }) => body.code === "agent_share_taken")).toHaveLength(70);
  });

  test("says what agents may still have, comes free with a cancelled order, and is no line to wait in", async () => {
    const campaign = await createCampaign(server, { agents: share(30), limitPerBuyer: 5, stock: 10 });
    const offerId = offerIdOf(campaign);
    const many = await buy(server, offerId, agent, { quantity: 4 });
    expect([many.status, many.body]).toMatchObject([409, { code: "agent_share_taken", available: 3 }]);
    const three = await buy(server, offerId, agent, { quantity: 3 });
    expect(three.status).toBe(201);
    const none = await buy(server, offerId, anotherAgent);
    expect([none.status, none.body.code, "available" in none.body]).toEqual([409, "agent_share_taken", false]);
    const wait = await post(`/v1/offers/${offerId}/waitlist`, anotherAgent);
    expect([wait.status, wait.body.code]).toEqual([403, "agents_not_allowed"]);
    expect(wait.body.detail).toContain("Units that return are for people");
    await post(`/v1/orders/${three.body.id}/cancel`, agent);
    expect((await buy(server, offerId, anotherAgent)).status).toBe(201);
  });

  test("lets people in past agents who wait for it, says when it is gone, and outlives kill -9", async () => {
    const data = newFolder();
    let at = await startServer({ data });
    try {
      const campaign = await createCampaign(at, { agents: share(50), admission: "queue", stock: 3 });
      const path = `/v1/campaigns/${campaign.id}/queue`;
      const join = async (as: string) => (await call<PlaceJson>(at.url + path, { method: "POST", as })).body;
      const ask = async (as: string) => (await call<PlaceJson>(at.url + path, { as })).body;
      const [carl, thirdAgent] = [await tokenOf("carl"), await agentTokenOf("dora")];
      const first = await join(agent);
      expect(first).toMatchObject({ state: "admitted", by_agent: true });
      expect(await join(anotherAgent)).toMatchObject({ state: "waiting", by_agent: true, place: 1, ahead: 0 });
      expect(await join(carl)).toMatchObject({ state: "admitted", by_agent: false });
      await at.stop("SIGKILL");
      at = await startServer({ data });
      const eve = await tokenOf("eve");
      expect(await join(eve)).toMatchObject({ state: "admitted" });
      expect(await ask(anotherAgent)).toMatchObject({
        state: "waiting",
        by_agent: true,
        place: 1,
        estimated_wait_s: null,
      });
      const order = await buy(at, offerIdOf(campaign), agent, { pass: (await ask(agent)).pass });
      expect(order.status).toBe(201);
      expect(await ask(anotherAgent)).toMatchObject({ state: "waiting", refusal: null });
      await call(`${at.url}/v1/orders/${order.body.id}/pay`, { method: "POST", as: operatorKey, body: {} });
      const told = await ask(anotherAgent);
      expect(told).toMatchObject({ chance: 0, refusal: "agent_share_taken", poll_after_s: 1 });
      expect(told.note).toContain("Agents have all that they may have");
      expect(await join(thirdAgent)).toMatchObject({ code: "agent_share_taken", available: 0 });
      expect(await join(await tokenOf("fred"))).toMatchObject({ state: "waiting", place: 2, ahead: 0, refusal: null });
    } finally {
      await at[Symbol.asyncDispose]();
    }
  });
});

describe("an agent's order", () => {
  test("says so in the API, in both forms of the export and to operators' streams; a person's says it is not", async () => {
    const campaign = await createCampaign(server, { stock: 5 });
    await using stream = await EventStream.open(`${server.url}/v1/events/stream`, { as: operatorKey });
    const [byAgent, byPerson] = [
      (await buy(server, offerIdOf(campaign), anotherAgent)).body,
      (await buy(server, offerIdOf(campaign), alice)).body,
    ];
    for (const [order, mark] of [[byAgent, true] as const, [byPerson, false] as const]) {
      expect(order.by_agent).toBe(mark);
      expect((await get<OrderJson>(`/v1/orders/${order.id}`, operatorKey)).body.by_agent).toBe(mark);
      const isIts = ({ data }: { data: unknown }) => (data as { order?: OrderJson }).order?.id === order.id;
      const { data } = await stream.next(isIts);
      expect((data as { order: OrderJson }).order.by_agent).toBe(mark);
    }
    const { orders } = (await get<{ orders: OrderJson[] }>(`/v1/orders?campaign_id=${campaign.id}`, operatorKey)).body;
    expect(orders.map((order) => order.by_agent)).toEqual([false, true]);
    const file = async (format: string) => {
      const address = `${server.url}/v1/orders/export?campaign_id=${campaign.id}&format=${format}`;
      return (await fetch(address, { headers: { authorization: `Bearer ${operatorKey}` } })).text();
    };
    const lines = (await file("jsonl")).trim().split("\n");
    expect(lines.map((line) => (JSON.parse(line) as OrderJson).by_agent)).toEqual([true, false]);
    const [head = "", ...rows] = (await file("csv")).trim().split("\r\n");
    const column = head.split(",").indexOf("by_agent");
    expect(rows.map((row) => row.split(",")[column])).toEqual(["true", "false"]);
  });

  test("has a receipt that its row in the ledger holds, with the mark in it; a person's has none", async () => {
    const campaign = await createCampaign(server, { stock: 5 });
    for (const [token, mark] of [[agent, true] as const, [await tokenOf("carl"), undefined] as const]) {
      const { body: order } = await buy(server, offerIdOf(campaign), token);
      const { body } = await get<ReceiptFacts>(`/v1/orders/${order.id}/receipt`, token);
      expect(body.by_agent).toBe(mark);
      const { details, hash } = textsOfReceipt(body);
      expect([sha256(details), sha256(hash)]).toEqual([body.details, body.hash]);
    }
  });

  test("out of the waitlist is marked by who made the entry, not by who asks for it", async () => {
    const campaign = await createCampaign(server, { stock: 1 });
    const held = (await buy(server, offerIdOf(campaign), await tokenOf("dora"))).body;
    await post(`/v1/offers/${offerIdOf(campaign)}/waitlist`, anotherAgent);
    await post(`/v1/orders/${held.id}/cancel`, operatorKey);
    const bob = await tokenOf("bob");
    const { orders } = (await get<{ orders: OrderJson[] }>(`/v1/orders?campaign_id=${campaign.id}`, bob)).body;
    expect(orders).toMatchObject([{ state: "reserved", by_agent: true }]);
    const { body } = await get<ReceiptFacts>(`/v1/orders/${orders[0]?.id}/receipt`, bob);
    const { details, hash } = textsOfReceipt(body);
    expect([body.by_agent, sha256(details), sha256(hash)]).toEqual([true, body.details, body.hash]);
  });

  test("out of a draw is proven with the mark, and not without it", async () => {
    const campaign = await createCampaign(server, { admission: "draw", closesAt: later() });
    for (const token of [agent, anotherAgent, await tokenOf("emil")]) {
      await post(`/v1/offers/${offerIdOf(campaign)}/draw`, token);
      const { body } = await get<DrawProof>(`/v1/offers/${offerIdOf(campaign)}/draw/proof`, token);
      expect(problemOfLeaf(body)).toBeNull();
      const { by_agent: mark, ...unmarked } = body;
      if (mark === undefined) expect(problemOfLeaf({ ...body, by_agent: true })).not.toBeNull();
      else expect(problemOfLeaf(unmarked)).not.toBeNull();
    }
  });

  test("counts in the fairness report with its units, as long as they are its", async () => {
    const campaign = await createCampaign(server, { stock: 10, limitPerBuyer: 5 });
    const offerId = offerIdOf(campaign);
    await buy(server, offerId, alice, { quantity: 3 });
    await buy(server, offerId, anotherAgent);
    const back = await buy(server, offerId, anotherAgent, { quantity: 2 });
    await post(`/v1/orders/${back.body.id}/cancel`, operatorKey);
    const { body } = await get<{ orders: object }>(`/v1/campaigns/${campaign.id}/fairness`, operatorKey);
    expect(body.orders).toMatchObject({ count: 3, by_agents: { orders: 2, units: 1, share_of_units: 0.25 } });
  });
});
