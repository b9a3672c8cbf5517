/**
 * Agents that hear of changes: of the sales that everybody sees, of their own orders, and of nothing that is somebody
 * else's; bounded, switched off like every stream, and over when the server stops.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { OrderStreams } from "../../src/delivery/order-streams.ts";
import { StockStreams } from "../../src/delivery/stock-streams.ts";
import { limits } from "../../src/domain/limits.ts";
import { Listeners } from "../../src/http/listeners.ts";
import { buy, call, createCampaign, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { scrape, seriesValue } from "../http/prometheus.ts";
import { until } from "../http/until.ts";
import { Agent, errorOf, type Way, ways } from "./agent.ts";

setDefaultTimeout(60_000);

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const heard = (agent: Agent, uri: string) =>
  until(
    async () => agent.changes,
    (changes) => changes.includes(uri),
  );
const listen = (agent: Agent, ...uris: string[]) => agent.client.listen({ resourceSubscriptions: uris });
const streamsOpen = async (at = server) => seriesValue(await scrape(at.url), "rushbox_streams_open", {});

test("a reminder that comes is no order, and whoever listens goes on to hear of theirs", async () => {
  const tokens = await Promise.all(ways.map((way) => tokenOf(`reminded-${way}`)));
  const hears = async (way: Way, token: string) => {
    await using agent = await Agent.connect(server, { way, as: token });
    await listen(agent, "rushbox://orders");
    const soon = await createCampaign(server, { opensAt: new Date(Date.now() + 63_000).toISOString() });
    const path = `${server.url}/v1/campaigns/${soon.id}/reminder`;
    await call(path, { method: "POST", as: token, body: { lead_s: 60 } });
    await until(
      () => call<{ state: string }>(path, { as: token }),
      ({ body }) => body.state === "due",
    );
    const campaign = await createCampaign(server);
    const bought = await buy(server, campaign.offers[0]?.id ?? "", token);
    await heard(agent, "rushbox://orders");
    const known = ["rushbox://orders", `rushbox://orders/${bought.body.id}`];
    expect(agent.changes.filter((uri) => !known.includes(uri))).toEqual([]);
  };
  await Promise.all(ways.map((way, at) => hears(way, tokens[at] ?? ""))); // both wait for the same seconds
});

describe.each(ways)("over %s", (way) => {
  test("an agent reads what stands at an address, and hears when it changes", async () => {
    const token = await tokenOf(`hears-${way}`);
    const campaign = await createCampaign(server, { stock: 5 });
    await using agent = await Agent.connect(server, { way, as: token });
    const address = `rushbox://campaigns/${campaign.id}`;
    expect(await agent.read(address)).toMatchObject({ id: campaign.id, offers: [{ available: 5 }] });
    expect(await agent.read("rushbox://campaigns")).toMatchObject({
      sales: expect.arrayContaining([expect.objectContaining({ id: campaign.id })]),
    });
    const { contents } = await agent.client.readResource({ uri: "rushbox://rules" });
    expect(JSON.stringify(contents)).toContain("报价");

    const subscription = await listen(agent, address, "rushbox://campaigns", "rushbox://orders");
    expect(subscription.honoredFilter.resourceSubscriptions).toHaveLength(3);
    const bought = await buy(server, campaign.offers[0]?.id ?? "", token);
    await heard(agent, address);
    await heard(agent, "rushbox://orders");
    expect(await agent.read(address)).toMatchObject({ offers: [{ available: 4, held: 1 }] });
    expect(await agent.read(`rushbox://orders/${bought.body.id}`)).toMatchObject({ state: "reserved" });
    expect(agent.changes).not.toContain("rushbox://campaigns"); // counts are none of the list's
    await createCampaign(server);
    await heard(agent, "rushbox://campaigns");

    const before = await streamsOpen();
    await subscription.close();
    await until(
      () => streamsOpen(),
      (open) => open < before,
    );
    agent.changes.length = 0;
    await buy(server, campaign.offers[0]?.id ?? "", await tokenOf(`somebody-${way}`));
    await agent.use("server_time");
    expect(agent.changes).toEqual([]);
  });
});

test("an order of somebody else is neither read nor heard of, by a buyer, an operator or nobody", async () => {
  const [alice, mallory] = await Promise.all([tokenOf("alice"), tokenOf("mallory")]);
  const campaign = await createCampaign(server, { stock: 5 });
  const order = (await buy(server, campaign.offers[0]?.id ?? "", alice)).body.id;
  const uri = `rushbox://orders/${order}`;
  await using owner = await Agent.connect(server, { as: alice });
  await using thief = await Agent.connect(server, { as: mallory });
  await using operator = await Agent.connect(server, { as: operatorKey });

  const missing = await errorOf(thief.client.readResource({ uri: "rushbox://orders/ord_zzzzzzzzzz" }));
  const theirs = await errorOf(thief.client.readResource({ uri }));
  expect({ ...theirs, message: theirs.message.replace(order, "") }).toEqual({
    ...missing,
    message: missing.message.replace("ord_zzzzzzzzzz", ""),
  }); // not even that it exists
  expect(await thief.refusal("get_order", { order_id: order })).toBe("not_found");
  expect(await thief.refusal("cancel_order", { order_id: order })).toBe("not_found");
  expect(await thief.refusal("get_receipt", { order_id: order })).toBe("not_found");
  expect(await thief.refusal("pay_link", { order_id: order })).toBe("not_found");
  for (const agent of [thief, operator]) {
    for (const wanted of [[uri], ["rushbox://campaigns", uri], [uri, "rushbox://rules"]]) {
      expect((await errorOf(listen(agent, ...wanted))).code).toBe(-32_602);
    }
  }
  expect((await errorOf(listen(operator, "rushbox://orders"))).code).toBe(-32_602);

  await using _mine = { [Symbol.asyncDispose]: (await listen(owner, uri, "rushbox://orders")).close };
  await using _theirs = { [Symbol.asyncDispose]: (await listen(thief, "rushbox://orders")).close };
  await call(`${server.url}/v1/orders/${order}/cancel`, { method: "POST", as: alice });
  await heard(owner, uri);
  const own = (await buy(server, campaign.offers[0]?.id ?? "", mallory)).body.id;
  await heard(thief, "rushbox://orders");
  expect(thief.changes).toEqual(["rushbox://orders"]); // once, for their own
  expect(owner.changes).not.toContain(`rushbox://orders/${own}`);
});

test("what is no address here is not listened to, nor more addresses than there may be", async () => {
  const campaign = await createCampaign(server);
  const draft = await createCampaign(server, { publish: false });
  await using agent = await Agent.connect(server, { as: await tokenOf("alice") });
  const wrong = [
    "rushbox://nothing",
    "rushbox://campaigns/x",
    `rushbox://campaigns/${draft.id}`,
    "https://evil.example/",
    "rushbox://campaigns/cmp_zzzzzzzzzz",
    `rushbox://orders/${campaign.id}`,
  ];
  for (const uri of wrong) expect([uri, (await errorOf(listen(agent, uri))).code]).toEqual([uri, -32_602]);
  const many = Array.from({ length: limits.listenedAddressesMax + 1 }, () => "rushbox://rules");
  expect((await errorOf(listen(agent, ...many))).code).toBe(-32_602);
});

test("one buyer hears on so many streams, and no more", async () => {
  await using own = await startServer();
  await using agent = await Agent.connect(own, { as: await tokenOf("greedy") });
  for (let at = 0; at < limits.streamsPerBuyerMax; at++) await listen(agent, "rushbox://orders");
  expect((await errorOf(listen(agent, "rushbox://orders"))).message).toContain("Too many streams");
  const open = await streamsOpen(own);
  expect(await errorOf(listen(agent, "rushbox://orders"))).toBeDefined();
  expect(await streamsOpen(own)).toBe(open); // a refused one leaves nothing behind
});

test("agents that listen leave half of a thread's streams to pages, and give back what they end", () => {
  const countOpen = () => {};
  const committedSeq = () => 0;
  const stockStreams = new StockStreams({ versionOf: () => 1, render: () => "{}", committedSeq, countOpen });
  const reader = {
    last: () => ({ seq: 0 }),
    buyerEventsAfter: () => ({ events: [], lastSeq: 0 }),
    eventsOfBuyerAfter: () => [],
  };
  const orderStreams = new OrderStreams({ reader, render: () => null, committedSeq, countOpen });
  const listeners = new Listeners({ catalogue: { publicVersion: 1 }, orderStreams, stockStreams, countOpen });
  const campaignIds = Array.from({ length: limits.listenedAddressesMax }, (_, at) => at + 1);
  const hear = () => listeners.hear({ hasList: false, campaignIds, buyerId: null });
  const first = hear();
  let count = 1;
  while (hear() !== null) count += 1;
  expect(count).toBe(limits.listenedStreamsPerThreadMax / limits.listenedAddressesMax);
  expect(count).toBeLessThan(limits.listenersPerThreadMax);
  expect(stockStreams.open(1)).not.toBeNull();
  first?.close();
  expect(hear()).not.toBeNull();
  expect(hear()).toBeNull();
});

test("listening ends when streams are switched off, and when the server stops; and is refused meanwhile", async () => {
  await using own = await startServer();
  const campaign = await createCampaign(own);
  await using agent = await Agent.connect(own, { as: await tokenOf("alice") });
  const address = `rushbox://campaigns/${campaign.id}`;
  const throwSwitch = (on: boolean, campaignId?: string) =>
    call(`${own.url}/v1/controls`, {
      method: "POST",
      as: operatorKey,
      body: {
        switches: [{ name: "streams_off", on, ...(campaignId === undefined ? {} : { campaign_id: campaignId }) }],
      },
    });
  const list = await listen(agent, "rushbox://campaigns");
  const one = await listen(agent, address);
  await throwSwitch(true, campaign.id);
  expect(await one.closed).toBe("graceful");
  expect((await errorOf(listen(agent, address))).message).toContain("switched_off");
  await throwSwitch(true);
  expect(await list.closed).toBe("graceful");
  expect((await errorOf(listen(agent, "rushbox://campaigns"))).message).toContain("switched_off");
  await throwSwitch(false, campaign.id);
  await throwSwitch(false);
  expect(
    await until(
      () => streamsOpen(own),
      (open) => open === 0,
    ),
  ).toBe(0);
  const last = await listen(agent, address, "rushbox://orders");
  const stopped = own.stop();
  expect(await last.closed).toBe("graceful");
  expect(await stopped).toBe(0);
});
