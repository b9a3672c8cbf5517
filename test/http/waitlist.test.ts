/**
 * A second chance: whoever waits first gets the unit that returns, by itself, before anybody else can have it; the line
 * is the same after every restart and every crash, and each campaign has one or has none.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join as pathOf } from "node:path";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  type OfferJson,
  type OrderJson,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { EventStream } from "./event-stream.ts";
import { until } from "./until.ts";

setDefaultTimeout(60_000);

interface PlaceJson {
  readonly entry_id: string;
  readonly state: string;
  readonly place: number;
  readonly waiting: number;
  readonly code?: string;
  readonly available?: number;
}

type Where = Pick<Server, "url">;

let server: Server;
let alice: string;
let bob: string;
let carol: string;
let crowd: string[];

beforeAll(async () => {
  server = await startServer({ args: ["--http-threads", "2"] });
  [alice, bob, carol] = await Promise.all([tokenOf("alice"), tokenOf("bob"), tokenOf("carol")]);
  crowd = await Promise.all(Array.from({ length: 8 }, (_, at) => tokenOf(`crowd-${at}`)));
});
afterAll(() => server[Symbol.asyncDispose]());

const post = <T = OrderJson>(path: string, as = operatorKey, body?: unknown, at: Where = server) =>
  call<T>(at.url + path, { method: "POST", as, ...(body === undefined ? {} : { body }) });
const offerIdOf = (campaign: CampaignJson) => campaign.offers[0]?.id ?? "";
const join = (offer: string, as: string, at: Where = server) =>
  post<PlaceJson>(`/v1/offers/${offer}/waitlist`, as, undefined, at);
const leave = (offer: string, as: string) => post<PlaceJson>(`/v1/offers/${offer}/waitlist/leave`, as);
const placeOf = (offer: string, as: string, at: Where = server) =>
  call<PlaceJson>(`${at.url}/v1/offers/${offer}/waitlist`, { as });
const cancel = (order: OrderJson, as = operatorKey) => post(`/v1/orders/${order.id}/cancel`, as);

async function offerOf(campaign: CampaignJson, at: Where = server): Promise<OfferJson> {
  const { body } = await call<CampaignJson>(`${at.url}/v1/campaigns/${campaign.id}`, { as: operatorKey });
  const [offer] = body.offers;
  if (offer === undefined) throw new Error("a campaign has an offer");
  return offer;
}

/** Who waits, as the operator sees it. */
async function lineOf(offer: string, at: Where = server): Promise<(string | null)[]> {
  type Page = { entries: { entry_id: string; buyer_id: string | null }[]; next_cursor: string | null };
  const buyers: (string | null)[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const query: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const page = await call<Page>(`${at.url}/v1/offers/${offer}/waitlist/entries?limit=2${query}`, { as: operatorKey });
    expect(page.status).toBe(200);
    buyers.push(...page.body.entries.map(({ buyer_id }) => buyer_id));
    cursor = page.body.next_cursor;
  }
  return buyers;
}

/** A buyer's orders of an offer, the newest first. */
async function ordersOf(offer: string, as: string, at: Where = server): Promise<OrderJson[]> {
  const { body } = await call<{ orders: OrderJson[] }>(`${at.url}/v1/orders?offer_id=${offer}`, { as });
  return body.orders;
}

/** A sold-out offer of one unit, which alice has. */
async function soldOut(
  what: Parameters<typeof createCampaign>[1] = {},
): Promise<{ campaign: CampaignJson; offer: string; order: OrderJson }> {
  const campaign = await createCampaign(server, { stock: 1, ...what });
  const order = await buy(server, offerIdOf(campaign), alice);
  expect(order.status).toBe(201);
  return { campaign, offer: offerIdOf(campaign), order: order.body };
}

/** Orders that somebody bought past those who waited then, read from the disk. */
function slippedIn(data: string, offer: string): unknown[] {
  using db = new Database(pathOf(data, "rushbox.db"), { readonly: true });
  const id = Number.parseInt(offer.slice(4), 36);
  return db
    .query(
      `SELECT orders.id, orders.buyer_id FROM orders JOIN waitlist ON waitlist.offer_id = orders.offer_id
      WHERE orders.offer_id = ? AND waitlist.id < orders.id AND waitlist.state <> 'left'
        AND (waitlist.order_id IS NULL OR waitlist.order_id > orders.id)
        AND orders.id NOT IN (SELECT order_id FROM waitlist WHERE order_id IS NOT NULL)`,
    )
    .all(id);
}

describe("in line", () => {
  test("two buyers see their places; who leaves lets the other move up, and comes back to the end", async () => {
    const { campaign, offer } = await soldOut();
    const first = await join(offer, bob);
    expect([first.status, first.body]).toMatchObject([201, { state: "waiting", place: 1, waiting: 1 }]);
    const second = await join(offer, carol);
    expect([second.status, second.body]).toMatchObject([201, { place: 2, waiting: 2 }]);
    expect((await placeOf(offer, bob)).body).toMatchObject({ entry_id: first.body.entry_id, place: 1, waiting: 2 });
    expect(await lineOf(offer)).toEqual(["bob", "carol"]);
    expect((await offerOf(campaign)).waiting).toBe(2);

    expect((await leave(offer, bob)).body).toMatchObject({ state: "left" });
    expect([(await leave(offer, bob)).status, (await placeOf(offer, bob)).status]).toEqual([404, 404]);
    expect((await placeOf(offer, carol)).body).toMatchObject({ place: 1, waiting: 1 });
    expect((await join(offer, bob)).body).toMatchObject({ place: 2 });
    expect(await lineOf(offer)).toEqual(["carol", "bob"]);
  });

  test("whoever joins twenty times at once stands there once", async () => {
    const { campaign, offer } = await soldOut();
    const replies = await Promise.all(Array.from({ length: 20 }, () => join(offer, bob)));
    expect(replies.map(({ status }) => status).sort()).toEqual([...Array(19).fill(200), 201]);
    expect(new Set(replies.map(({ body }) => body.entry_id)).size).toBe(1);
    expect((await offerOf(campaign)).waiting).toBe(1);
  });

  test("nobody can be who could buy, or has all that one may have", async () => {
    const campaign = await createCampaign(server, { stock: 2 });
    const offer = offerIdOf(campaign);
    const refused = await join(offer, bob);
    expect([refused.status, refused.body]).toMatchObject([409, { code: "not_sold_out", available: 2 }]);
    await Promise.all([buy(server, offer, alice), buy(server, offer, bob)]);
    expect((await join(offer, bob)).body.code).toBe("limit_reached");
    expect(await lineOf(offer)).toEqual([]);
  });

  test("nobody else can take one out or see the line", async () => {
    const { offer } = await soldOut();
    await join(offer, bob);
    expect((await leave(offer, carol)).status).toBe(404);
    expect((await call(`${server.url}/v1/offers/${offer}/waitlist/entries`, { as: bob })).status).toBe(403);
    expect(await lineOf(offer)).toEqual(["bob"]);
  });
});

describe("a unit that returns", () => {
  const ways: Readonly<Record<string, (offer: string, order: OrderJson) => Promise<unknown>>> = {
    "by a cancellation": (_, order) => cancel(order, alice),
    "by a restock": (offer) => post(`/v1/offers/${offer}/restock`, operatorKey, { quantity: 1 }),
    "by a refund": async (_, order) => {
      await post(`/v1/orders/${order.id}/pay`);
      return post(`/v1/orders/${order.id}/refund`);
    },
    "because it was not paid in time": async () => {},
  };
  for (const [how, giveBack] of Object.entries(ways)) {
    test(`${how} is held for the first in line, and nobody in a crowd slips in between`, async () => {
      const isExpiry = how.includes("paid in time");
      const { campaign, offer, order } = await soldOut(isExpiry ? { paymentWindowS: 2 } : {});
      for (const as of [bob, carol]) expect((await join(offer, as)).status).toBe(201);
      let isOver = false;
      const bought: OrderJson[] = [];
      const hammering = crowd.map(async (as) => {
        while (!isOver) {
          const reply = await buy(server, offer, as);
          if (reply.status === 201) bought.push(reply.body);
          else expect(reply.body.code).toBe("sold_out");
        }
      });
      await giveBack(offer, order);
      const [offered] = await until(
        () => ordersOf(offer, bob),
        (orders) => orders.length > 0,
      );
      isOver = true;
      await Promise.all(hammering);
      expect(bought).toEqual([]);
      expect(slippedIn(server.data, offer)).toEqual([]);
      expect(offered).toMatchObject({ offer_id: offer, buyer_id: "bob", quantity: 1, state: "reserved" });
      expect(Date.parse(offered?.expires_at ?? "")).toBeGreaterThan(Date.parse(order.expires_at));
      expect((await placeOf(offer, bob)).body.code).toBe("not_waiting");
      expect((await placeOf(offer, carol)).body).toMatchObject({ place: 1, waiting: 1 });
      expect(await offerOf(campaign)).toMatchObject({ available: 0, held: how === "by a restock" ? 2 : 1, waiting: 1 });
      expect((await post(`/v1/orders/${offered?.id}/pay`)).status).toBe(200);
    });
  }

  test("goes on to the next when it is not taken, until the line is empty, and only then to others", async () => {
    const { campaign, offer } = await soldOut({ paymentWindowS: 1 });
    await join(offer, bob);
    await join(offer, carol);
    const dave = crowd[0] ?? "";
    const reply = await until(
      () => buy(server, offer, dave),
      ({ status }) => status === 201,
    );
    expect(slippedIn(server.data, offer)).toEqual([]);
    for (const as of [bob, carol]) {
      expect((await ordersOf(offer, as)).map(({ state }) => state)).toEqual(["expired"]);
    }
    const [ofBob] = await ordersOf(offer, bob);
    const [ofCarol] = await ordersOf(offer, carol);
    expect(ofBob?.seq).toBeLessThan(ofCarol?.seq ?? 0);
    expect(ofCarol?.seq).toBeLessThan(reply.body.seq);
    expect((await offerOf(campaign)).waiting).toBe(0);
  });

  test("with others at once serves all who wait, one unit each, and the rest is on sale", async () => {
    const { campaign, offer } = await soldOut();
    for (const as of [bob, carol]) await join(offer, as);
    await post(`/v1/offers/${offer}/restock`, operatorKey, { quantity: 3 });
    expect(await offerOf(campaign)).toMatchObject({ total: 4, available: 1, held: 3, waiting: 0 });
    expect((await join(offer, bob)).body.code).toBe("limit_reached");
    expect((await join(offer, crowd[0] ?? "")).body.code).toBe("not_sold_out");
  });

  test("is told to whoever gets it on their stream, as it happens", async () => {
    const { offer, order } = await soldOut();
    await join(offer, bob);
    await using stream = await EventStream.open(`${server.url}/v1/orders/stream`, { as: bob });
    await until(
      async () => stream.retryMs,
      (retryMs) => retryMs !== null,
    );
    await cancel(order, alice);
    const { event, data } = await stream.next();
    expect([event, data]).toMatchObject(["order_offered", { offer_id: offer, buyer_id: "bob", state: "reserved" }]);
  });

  test("while the sale is paused waits with the line, and is offered when it goes on", async () => {
    const { campaign, offer, order } = await soldOut();
    await join(offer, bob);
    await post(`/v1/campaigns/${campaign.id}/pause`);
    expect((await cancel(order, alice)).status).toBe(200);
    expect(await offerOf(campaign)).toMatchObject({ available: 1, held: 0, waiting: 1 });
    expect((await join(offer, carol)).body.code).toBe("paused");
    await post(`/v1/campaigns/${campaign.id}/resume`);
    expect(await offerOf(campaign)).toMatchObject({ available: 0, held: 1, waiting: 0 });
    expect(await ordersOf(offer, bob)).toMatchObject([{ state: "reserved" }]);
  });

  test("after the sale has closed by the clock is still offered to the line, and to nobody else", async () => {
    const closesAt = new Date(Date.now() + 4_000).toISOString();
    const { campaign, offer, order } = await soldOut({ closesAt });
    await join(offer, bob);
    await until(
      () => call<CampaignJson>(`${server.url}/v1/campaigns/${campaign.id}`, { as: operatorKey }),
      ({ body }) => body.state === "ended",
    );
    expect((await join(offer, carol)).body.code).toBe("ended");
    expect((await cancel(order, alice)).status).toBe(200);
    const [offered] = await ordersOf(offer, bob);
    expect(offered).toMatchObject({ state: "reserved" });
    expect((await post(`/v1/orders/${offered?.id}/pay`)).status).toBe(200);
    expect(await offerOf(campaign)).toMatchObject({ available: 0, held: 0, sold: 1, waiting: 0 });
  });

  test("after an operator has ended the sale goes to nobody", async () => {
    const { campaign, offer, order } = await soldOut();
    await join(offer, bob);
    await post(`/v1/campaigns/${campaign.id}/end`);
    expect((await cancel(order, alice)).status).toBe(200);
    expect(await ordersOf(offer, bob)).toEqual([]);
    expect(await offerOf(campaign)).toMatchObject({ available: 1, held: 0, waiting: 0 });
    expect((await placeOf(offer, bob)).body.code).toBe("not_waiting");
  });
});

test("a campaign without a waitlist sells what returns to whoever comes", async () => {
  const { campaign, offer, order } = await soldOut({ waitlist: false });
  expect((await join(offer, bob)).body.code).toBe("waitlist_off");
  await cancel(order, alice);
  expect(await offerOf(campaign)).toMatchObject({ available: 1, waiting: 0 });
  expect((await buy(server, offer, carol)).status).toBe(201);
});

describe("the line is the same", () => {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    test(`after ${signal} and a start, and is served in its order`, async () => {
      const data = newFolder();
      const waiting = await Promise.all(["a", "b", "c", "d", "e"].map((name) => tokenOf(name)));
      let campaign: CampaignJson;
      let before: PlaceJson[];
      {
        await using first = await startServer({ data });
        campaign = await createCampaign(first, { stock: 1 });
        const offer = offerIdOf(campaign);
        await buy(first, offer, alice);
        for (const as of waiting) expect((await join(offer, as, first)).status).toBe(201);
        for (const as of waiting.slice(1, 3)) await post(`/v1/offers/${offer}/waitlist/leave`, as, undefined, first);
        before = await Promise.all(waiting.map(async (as) => (await placeOf(offer, as, first)).body));
        await first.stop(signal);
      }
      await using second = await startServer({ data });
      const offer = offerIdOf(campaign);
      const after = await Promise.all(waiting.map(async (as) => (await placeOf(offer, as, second)).body));
      expect(after).toEqual(before);
      expect(await lineOf(offer, second)).toEqual(["a", "d", "e"]);
      expect((await offerOf(campaign, second)).waiting).toBe(3);
      await post(`/v1/offers/${offer}/restock`, operatorKey, { quantity: 2 }, second);
      const orders = await Promise.all(waiting.map((as) => ordersOf(offer, as, second)));
      expect(orders.map(({ length }) => length)).toEqual([1, 0, 0, 1, 0]);
      expect(await lineOf(offer, second)).toEqual(["e"]);
    });
  }

  test("after kill -9 in the middle of a rush to join: whoever was told so stands there, where they were told", async () => {
    const data = newFolder();
    const buyers = await Promise.all(Array.from({ length: 200 }, (_, at) => tokenOf(`buyer-${at}`)));
    const told = new Map<string, PlaceJson>();
    let offer: string;
    {
      await using first = await startServer({ data });
      const campaign = await createCampaign(first, { stock: 1 });
      offer = offerIdOf(campaign);
      await buy(first, offer, alice);
      const joining = buyers.map(async (as) => {
        const reply = await join(offer, as, first).catch(() => null);
        if (reply?.status === 201) told.set(as, reply.body);
        if (told.size === 60) first.process.kill("SIGKILL");
      });
      await Promise.all(joining);
      expect(await first.process.exited).not.toBe(0);
    }
    expect(told.size).toBeGreaterThanOrEqual(60);
    await using second = await startServer({ data });
    for (const [as, { entry_id, place }] of told) {
      expect((await placeOf(offer, as, second)).body).toMatchObject({ entry_id, place });
    }
  });
});
