/**
 * Proves that a restart forgets nothing and repeats nothing, after a kill and after a graceful stop alike: limits, keys,
 * pauses and counts stay, what was due while the process was down happens once, at the start, and late payments find
 * their order. Everything is set up on one folder, the process is down for a second, and each promise is looked at.
 * Does not prove what a crash in the middle of a commit leaves: see crash.test.ts.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  type OrderJson,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { numberOf, readLedger } from "./ledger.ts";
import { scratchFolders, wrongIn } from "./soundness.ts";

const downForMs = 1_000;
const folder = scratchFolders();

describe.each(["SIGKILL", "SIGTERM"] as const)("after a restart by %s", (signal) => {
  const data = folder();
  const campaigns = new Map<string, CampaignJson>();
  const tokens = new Map<string, string>();
  const orders = new Map<string, OrderJson>();
  let server: Server;

  const campaign = (name: string) => campaigns.get(name) as CampaignJson;
  const offerOf = (name: string) => campaign(name).offers[0]?.id ?? "";
  const orderOf = (name: string) => orders.get(name) as OrderJson;
  const seen = async (name: string) =>
    (await call<CampaignJson>(`${server.url}/v1/campaigns/${campaign(name).id}`)).body;
  const act = (name: string, action: string) =>
    call(`${server.url}/v1/campaigns/${campaign(name).id}/${action}`, { method: "POST", as: operatorKey });
  const pay = (name: string) =>
    call<OrderJson & { code?: string }>(`${server.url}/v1/orders/${orderOf(name).id}/pay`, {
      method: "POST",
      as: operatorKey,
    });
  const click = async (buyer: string, name: string, how: { key?: string; quantity?: number } = {}) => {
    const token = tokens.get(buyer) ?? (await tokenOf(buyer));
    tokens.set(buyer, token);
    return buy(server, offerOf(name), token, how);
  };
  const soon = () => new Date(Date.now() + downForMs * 0.9).toISOString();
  let untouched: CampaignJson[] = [];
  const untouchedNames = ["limited", "paused", "sold out", "later", "over"];

  beforeAll(async () => {
    server = await startServer({ data, compiled: true });
    const make = async (name: string, what: Parameters<typeof createCampaign>[1]) =>
      campaigns.set(name, await createCampaign(server, what));
    await make("limited", { stock: 10, limitPerBuyer: 2 });
    await make("paused", { stock: 5 });
    await make("sold out", { stock: 1 });
    await make("later", { opensAt: new Date(Date.now() + 3_600_000).toISOString() });
    await make("over", { stock: 5 });
    await make("draft", { stock: 5, publish: false });
    await make("expiring", { stock: 1, paymentWindowS: 1 });
    await make("paid late", { stock: 2, paymentWindowS: 1 });
    const bought = async (buyer: string, name: string, key: string) => {
      const { status, body } = await click(buyer, name, { key });
      expect(status).toBe(201);
      orders.set(`${buyer} ${key}`, body);
    };
    await bought("ana", "limited", "k1");
    await bought("ana", "limited", "k2");
    await bought("gina", "sold out", "k1");
    await bought("ivan", "over", "k1");
    expect((await pay("ivan k1")).body.state).toBe("paid");
    await act("over", "end");
    await act("paused", "pause");
    untouched = await Promise.all(untouchedNames.map(seen));
    await make("opening", { stock: 5, opensAt: soon() });
    const early = await click("fred", "opening");
    expect([early.status, early.body.code]).toEqual([403, "not_open"]);
    expect(Number(early.headers.get("retry-after"))).toBeGreaterThan(0);
    await make("closing", { stock: 5, closesAt: soon() });
    await bought("eve", "closing", "k1");
    await bought("bob", "expiring", "k1");
    await bought("dora", "paid late", "k1");
    await server.stop(signal);
    await Bun.sleep(downForMs);
    server = await startServer({ data, compiled: true });
  }, 30_000);

  afterAll(async () => {
    await server.stop();
    expect(wrongIn(data).found).toEqual([]);
  });

  test("what nobody touched is the same, counts and all", async () => {
    expect(await Promise.all(untouchedNames.map(seen))).toEqual(untouched);
  });

  test("the limit per buyer still holds", async () => {
    const { status, body } = await click("ana", "limited");
    expect([status, body.code]).toEqual([409, "limit_reached"]);
  });

  test("a key still means its order: the same request gets it, another one is refused", async () => {
    const again = await click("ana", "limited", { key: "k1" });
    expect([again.status, again.body.id]).toEqual([200, orderOf("ana k1").id]);
    const more = await click("ana", "limited", { key: "k2", quantity: 2 });
    expect([more.status, more.body.code]).toEqual([422, "key_reused"]);
    const elsewhere = await click("ana", "sold out", { key: "k1" });
    expect([elsewhere.status, elsewhere.body.code]).toEqual([422, "key_reused"]);
    const another = await click("hal", "limited", { key: "k1" });
    expect(another.status).toBe(201);
  });

  test("a key finds its order when the offer is sold out, and when the campaign is over", async () => {
    const soldOut = await click("gina", "sold out", { key: "k1" });
    expect([soldOut.status, soldOut.body.id]).toEqual([200, orderOf("gina k1").id]);
    const over = await click("ivan", "over", { key: "k1" });
    expect([over.status, over.body.id, over.body.state]).toEqual([200, orderOf("ivan k1").id, "paid"]);
    expect((await pay("ivan k1")).status).toBe(200);
  });

  test("sold out is still sold out, until a unit is given back", async () => {
    expect((await click("hal", "sold out")).body.code).toBe("sold_out");
    const cancel = `${server.url}/v1/orders/${orderOf("gina k1").id}/cancel`;
    const cancelled = await call(cancel, { method: "POST", as: tokens.get("gina") ?? "" });
    expect(cancelled.status).toBe(200);
    expect((await click("hal", "sold out")).status).toBe(201);
  });

  test("an order whose time ran out meanwhile is expired, and its unit came back exactly once", async () => {
    expect((await seen("expiring")).offers[0]).toMatchObject({ total: 1, available: 1, held: 0, sold: 0 });
    const again = await click("bob", "expiring", { key: "k1" });
    expect([again.status, again.body.id, again.body.state]).toEqual([200, orderOf("bob k1").id, "expired"]);
    expect((await click("carl", "expiring")).status).toBe(201);
    expect((await click("carla", "expiring")).body.code).toBe("sold_out");
    const { events } = readLedger(data);
    const id = numberOf(orderOf("bob k1").id);
    expect(events.filter((event) => event.order_id === id).map(({ type }) => type)).toEqual([
      "order_reserved",
      "order_expired",
    ]);
    // And now that the unit is another buyer's, a late payment must be given back.
    const late = await pay("bob k1");
    expect([late.status, late.body.code]).toEqual([409, "refund_due"]);
  });

  test("a late payment takes a unit again when there is one, once", async () => {
    expect((await pay("dora k1")).body.state).toBe("paid");
    expect((await pay("dora k1")).body.state).toBe("paid");
    expect((await seen("paid late")).offers[0]).toMatchObject({ total: 2, available: 1, held: 0, sold: 1 });
  });

  test("a campaign that was to open meanwhile is open, one that is to open later is not", async () => {
    expect((await seen("opening")).state).toBe("open");
    expect((await click("fred", "opening")).status).toBe(201);
    const early = await click("fred", "later");
    expect([early.status, early.body.code]).toEqual([403, "not_open"]);
  });

  test("a campaign that was to close meanwhile has ended; its orders are still there", async () => {
    expect((await seen("closing")).state).toBe("ended");
    const late = await click("fred", "closing");
    expect([late.status, late.body.code]).toEqual([410, "ended"]);
    const again = await click("eve", "closing", { key: "k1" });
    expect([again.status, again.body.id]).toEqual([200, orderOf("eve k1").id]);
  });

  test("a paused campaign is paused until it is resumed, and a draft a draft until it is published", async () => {
    expect((await click("fred", "paused")).body.code).toBe("paused");
    expect((await act("paused", "resume")).status).toBe(200);
    expect((await click("fred", "paused")).status).toBe(201);
    expect((await click("fred", "draft")).status).toBe(404);
    expect((await act("draft", "publish")).status).toBe(200);
    expect((await click("fred", "draft")).status).toBe(201);
  });
});
