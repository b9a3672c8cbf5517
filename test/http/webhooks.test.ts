/**
 * Webhooks as a shop and an admin meet them: signed as the official library checks it, of the types that are wanted, held
 * and let go, with new secrets that overlap, and what could not be delivered in sight and brought back. Private addresses
 * are refused unless the settings allow them.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import { buy, call, createCampaign, newFolder, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";

setDefaultTimeout(60_000);

interface HookJson {
  readonly id: string;
  readonly secret: string;
  readonly enabled: boolean;
  readonly rotated_at: string | null;
  readonly delivered_up_to_seq: number;
  readonly delivered_up_to_at: string;
  readonly pending: number;
  readonly dead: number;
}

interface DeliveryJson {
  readonly id: string;
  readonly seq: number;
  readonly type: string;
  readonly state: string;
  readonly attempts: number;
  readonly last_status: number | null;
  readonly last_error: string | null;
}

interface Received {
  readonly body: string;
  readonly headers: Record<string, string>;
  readonly type: string;
  readonly seq: number;
  readonly hash: string;
}

/** A shop that writes down what it gets and answers what it is told to. */
class Receiver implements AsyncDisposable {
  readonly received: Received[] = [];
  status = 204;
  readonly #server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    fetch: async (request) => {
      const body = await request.text();
      const { type, data } = JSON.parse(body) as { type: string; data: { seq: number; hash: string } };
      this.received.push({ body, headers: Object.fromEntries(request.headers), type, seq: data.seq, hash: data.hash });
      return new Response(null, { status: this.status });
    },
  });

  get url(): string {
    return new URL("/hooks", this.#server.url).href;
  }

  async has(count: number): Promise<readonly Received[]> {
    await until(() => this.received.length >= count);
    return this.received;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

async function until(holds: () => boolean | Promise<boolean>, withinMs = 15_000): Promise<void> {
  const untilMs = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() > untilMs) throw new Error("not in time");
    await Bun.sleep(20);
  }
}

type Where = Pick<Server, "url">;
let server: Server;
beforeAll(async () => {
  server = await startServer({ env: { RUSHBOX_WEBHOOKS_PRIVATE: "yes" }, args: ["--http-threads", "2"] });
});
afterAll(() => server[Symbol.asyncDispose]());

async function post<T = HookJson>(path: string, body?: unknown, at: Where = server): Promise<T> {
  const how = { method: "POST", as: operatorKey, ...(body === undefined ? {} : { body }) };
  const reply = await call<T>(at.url + path, how);
  expect([path, reply.status]).toEqual([path, path === "/v1/webhooks" ? 201 : 200]);
  return reply.body;
}

const look = async (hook: HookJson, at: Where = server) =>
  (await call<HookJson>(`${at.url}/v1/webhooks/${hook.id}`, { as: operatorKey })).body;

async function deliveriesOf(hook: HookJson, state: "pending" | "dead", at: Where = server): Promise<DeliveryJson[]> {
  const path = `${at.url}/v1/webhooks/${hook.id}/deliveries?state=${state}`;
  return (await call<{ deliveries: DeliveryJson[] }>(path, { as: operatorKey })).body.deliveries;
}

/** Throws when the signature is not that of the secret. */
const verify = (secret: string, { body, headers }: Received) => new Webhook(secret).verify(body, headers);

describe("a webhook", () => {
  test("is told of everything that happens, signed as the official library checks it, in the order of each order", async () => {
    await using shop = new Receiver();
    const hook = await post("/v1/webhooks", { url: shop.url });
    expect(hook.secret).toStartWith("whsec_");
    const campaign = await createCampaign(server);
    const order = (await buy(server, campaign.offers[0]?.id ?? "", await tokenOf("alice"))).body;
    await post(`/v1/orders/${order.id}/pay`, { reference: "pay_1" });
    await post(`/v1/orders/${order.id}/refund`);
    const received = await shop.has(8);
    const types = ["campaign_created", "offer_created", "campaign_published", "campaign_opened"];
    const ofOrder = ["order_reserved", "order_paid", "order_refund_requested", "order_refunded"];
    expect(received).toHaveLength(types.length + ofOrder.length);
    expect(new Set(received.map(({ type }) => type))).toEqual(new Set([...types, ...ofOrder]));
    expect(received.map(({ type }) => type).filter((type) => ofOrder.includes(type))).toEqual(ofOrder);
    for (const one of received) {
      expect(verify(hook.secret, one)).toMatchObject({ type: one.type, data: { campaign_id: campaign.id } });
      expect(one.headers["webhook-id"]).toBe(`evt_${one.seq.toString(36).padStart(10, "0")}_${one.hash.slice(0, 8)}`);
      expect(() => verify(`whsec_${btoa("another secret, as long as ours")}`, one)).toThrow();
      expect(() => verify(hook.secret, { ...one, body: one.body.replace(campaign.id, "cmp_zzzzzzzzzz") })).toThrow();
    }
    const paid = JSON.parse(received.find(({ type }) => type === "order_paid")?.body ?? "");
    expect(paid.data).toMatchObject({ order: { id: order.id, state: "paid" }, payment: { reference: "pay_1" } });
    await until(async () => (await look(hook)).delivered_up_to_seq >= Math.max(...received.map(({ seq }) => seq)));
    const upTo = await look(hook);
    const { body } = await call<{ rows: { at: string }[] }>(
      `${server.url}/v1/ledger?after=${upTo.delivered_up_to_seq - 1}&limit=1`,
      { as: operatorKey },
    );
    expect(upTo.delivered_up_to_at).toBe(body.rows[0]?.at ?? "");
    expect(await look(hook)).toMatchObject({ pending: 0, dead: 0 });
    expect(JSON.stringify(await look(hook))).not.toContain(hook.secret);
    await post(`/v1/webhooks/${hook.id}/delete`);
  });

  test("is told of the types that it asks for alone, and of others once it asks for them", async () => {
    await using shop = new Receiver();
    const hook = await post("/v1/webhooks", { url: shop.url, types: ["campaign_paused"] });
    const campaign = await createCampaign(server);
    await post(`/v1/campaigns/${campaign.id}/pause`);
    expect((await shop.has(1)).map(({ type }) => type)).toEqual(["campaign_paused"]);
    await post(`/v1/webhooks/${hook.id}`, { types: ["campaign_resumed", "campaign_ended"] });
    await post(`/v1/campaigns/${campaign.id}/resume`);
    await post(`/v1/campaigns/${campaign.id}/pause`);
    await post(`/v1/campaigns/${campaign.id}/end`);
    expect((await shop.has(3)).map(({ type }) => type)).toEqual([
      "campaign_paused",
      "campaign_resumed",
      "campaign_ended",
    ]);
    await post(`/v1/webhooks/${hook.id}/delete`);
  });

  test("gets a new secret while the one before signs along, so that a receiver changes over without losing one", async () => {
    await using shop = new Receiver();
    const hook = await post("/v1/webhooks", { url: shop.url, types: ["campaign_created"] });
    const rotated = await post(`/v1/webhooks/${hook.id}/rotate`);
    expect([rotated.secret === hook.secret, rotated.rotated_at]).toEqual([false, expect.any(String)]);
    await createCampaign(server, { publish: false });
    const [one] = await shop.has(1);
    for (const { secret } of [hook, rotated]) expect(one && verify(secret, one)).toBeDefined();
    const again = await post(`/v1/webhooks/${hook.id}/rotate`);
    await createCampaign(server, { publish: false });
    const two = (await shop.has(2))[1];
    for (const { secret } of [rotated, again]) expect(two && verify(secret, two)).toBeDefined();
    expect(() => two && verify(hook.secret, two)).toThrow();
    await post(`/v1/webhooks/${hook.id}/delete`);
  });

  test("that is disabled is sent nothing, and everything that it missed when it is enabled again", async () => {
    await using shop = new Receiver();
    await using other = new Receiver();
    const hook = await post("/v1/webhooks", { url: shop.url, types: ["campaign_created"] });
    const second = await post("/v1/webhooks", { url: other.url, types: ["campaign_created"] });
    expect((await post(`/v1/webhooks/${hook.id}`, { enabled: false })).enabled).toBe(false);
    for (let n = 0; n < 5; n++) await createCampaign(server, { publish: false });
    const told = (await other.has(5)).map(({ seq }) => seq);
    expect(shop.received).toEqual([]);
    await post(`/v1/webhooks/${hook.id}`, { enabled: true });
    expect((await shop.has(5)).map(({ seq }) => seq).toSorted((a, b) => a - b)).toEqual(told.toSorted((a, b) => a - b));
    for (const { id } of [hook, second]) await post(`/v1/webhooks/${id}/delete`);
  });

  test("that is deleted is sent nothing any more and is not there, nor is its secret", async () => {
    await using shop = new Receiver();
    await using other = new Receiver();
    const hook = await post("/v1/webhooks", { url: shop.url });
    const second = await post("/v1/webhooks", { url: other.url });
    await post(`/v1/webhooks/${hook.id}/delete`);
    expect((await call(`${server.url}/v1/webhooks/${hook.id}`, { as: operatorKey })).status).toBe(404);
    await createCampaign(server, { publish: false });
    await other.has(2);
    expect(shop.received).toEqual([]);
    using db = new Database(join(server.data, "rushbox.db"), { readonly: true });
    expect(JSON.stringify(db.query("SELECT * FROM endpoints").all())).not.toContain(hook.secret);
    await post(`/v1/webhooks/${second.id}/delete`);
  });

  test("that fails does not hold up another one, shows why, and is sent it again when it is well", async () => {
    await using sick = new Receiver();
    await using well = new Receiver();
    sick.status = 500;
    const hook = await post("/v1/webhooks", { url: sick.url, types: ["campaign_created"] });
    const other = await post("/v1/webhooks", { url: well.url, types: ["campaign_created"] });
    await createCampaign(server, { publish: false });
    await well.has(1);
    await until(async () => (await look(hook)).pending === 1);
    const [delivery] = await deliveriesOf(hook, "pending");
    expect(delivery).toMatchObject({ type: "campaign_created", state: "pending", last_status: 500 });
    expect(await deliveriesOf(hook, "dead")).toEqual([]);
    sick.status = 200;
    await until(async () => (await look(hook)).pending === 0, 30_000);
    expect(new Set(sick.received.map(({ seq }) => seq)).size).toBe(1);
    for (const one of sick.received) verify(hook.secret, one);
    for (const { id } of [hook, other]) await post(`/v1/webhooks/${id}/delete`);
  });
});

test("what was given up is listed, and is delivered when an admin brings it back, one or all", async () => {
  const data = newFolder();
  const env = { RUSHBOX_WEBHOOKS_PRIVATE: "yes" };
  await using shop = new Receiver();
  shop.status = 503;
  let hook: HookJson;
  {
    await using first = await startServer({ data, env });
    hook = await post("/v1/webhooks", { url: shop.url, types: ["campaign_created"] }, first);
    for (let n = 0; n < 3; n++) await createCampaign(first, { publish: false });
    await until(async () => (await look(hook, first)).pending === 3);
    await first.stop();
  }
  {
    // Three days of attempts, done at once.
    using outbox = new Database(join(data, "outbox.db"));
    outbox.exec("UPDATE deliveries SET state = 'dead'");
  }
  await using server = await startServer({ data, env });
  const dead = await deliveriesOf(hook, "dead", server);
  expect(dead.map(({ type, state, last_status }) => [type, state, last_status])).toEqual(
    Array.from({ length: 3 }, () => ["campaign_created", "dead", 503]),
  );
  expect(await look(hook, server)).toMatchObject({ pending: 0, dead: 3 });
  const before = shop.received.length;
  shop.status = 200;
  const replay = `/v1/webhooks/${hook.id}/replay`;
  expect(await post<unknown>(replay, { id: dead[0]?.id }, server)).toEqual({ replayed: 1 });
  await until(async () => (await look(hook, server)).dead === 2 && (await look(hook, server)).pending === 0, 30_000);
  expect(shop.received.slice(before).map(({ seq }) => seq)).toEqual([dead[0]?.seq ?? 0]);
  expect(await post<unknown>(replay, { id: dead[0]?.id }, server)).toEqual({ replayed: 0 });
  expect(await post<unknown>(replay, undefined, server)).toEqual({ replayed: 2 });
  await until(async () => {
    const { dead: left, pending } = await look(hook, server);
    return left + pending === 0;
  }, 30_000);
  const again = shop.received.slice(before);
  expect(new Set(again.map(({ seq }) => seq))).toEqual(new Set(dead.map(({ seq }) => seq)));
  for (const one of again) verify(hook.secret, one);
});

test("addresses that are not public are refused unless the settings allow them, and the deliveries say so", async () => {
  await using shop = new Receiver();
  const { port } = new URL(shop.url);
  await using server = await startServer();
  const urls = ["127.0.0.1", "localhost", "[::1]", "0x7f000001", "127.1", "0.0.0.0", "[::ffff:127.0.0.1]"].map(
    (host) => `http://${host}:${port}/hooks`,
  );
  const hooks = await Promise.all(
    [...urls, "http://169.254.169.254/latest/meta-data"].map((url) =>
      post("/v1/webhooks", { url, types: ["campaign_created"] }, server),
    ),
  );
  await createCampaign(server, { publish: false });
  for (const hook of hooks) {
    await until(async () => (await deliveriesOf(hook, "pending", server)).length === 1);
    const [delivery] = await deliveriesOf(hook, "pending", server);
    expect(delivery).toMatchObject({ last_status: null, last_error: expect.stringMatching(/address|public/) });
  }
  expect(shop.received).toEqual([]);
});
