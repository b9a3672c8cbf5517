/**
 * Guests: where a shop allows them, whoever has no account is a buyer of their own for a week, as often as the address
 * may; where it does not, nobody is. What the shop is can be seen without a try.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { decodeJwt } from "jose";
import { buy, call, createCampaign, operatorKey, type Server, startServer } from "../harness.ts";
import { expectRefusal } from "./refusal.ts";

setDefaultTimeout(30_000);

interface Guest {
  readonly buyer_id: string;
  readonly token: string;
  readonly expires_at: string;
}

const become = (server: Server, from = "203.0.113.1") =>
  call<Guest>(`${server.url}/v1/guests`, { method: "POST", headers: { "x-forwarded-for": from } });
const shopOf = async ({ url }: Server) => (await call(`${url}/v1/shop`)).body;

let server: Server;
beforeAll(async () => {
  server = await startServer({
    args: ["--guests", "on", "--payments", "sandbox", "--http-threads", "2"],
    env: {
      RUSHBOX_SHOP_NAME: "小店 & <Co>",
      RUSHBOX_SIGN_IN_URL: "https://shop.example/login?to=sale",
      RUSHBOX_TRUSTED_PROXIES: "127.0.0.0/8",
      RUSHBOX_RATE_LIMITS: "on",
    },
  });
});
afterAll(() => server[Symbol.asyncDispose]());

describe("a guest", () => {
  test("is somebody new for a week, told in an answer that nobody keeps", async () => {
    const [one, other] = [await become(server), await become(server)];
    expect([one.status, one.headers.get("cache-control")]).toEqual([201, "no-store"]);
    expect(Object.keys(one.body)).toEqual(["buyer_id", "token", "expires_at"]);
    expect(one.body.buyer_id).toMatch(/^guest-[0-9a-f]{16}$/);
    expect(other.body.buyer_id).not.toBe(one.body.buyer_id);
    expect(decodeJwt(one.body.token)).toEqual({
      sub: one.body.buyer_id,
      exp: Date.parse(one.body.expires_at) / 1_000,
    });
    expect(Math.abs(Date.parse(one.body.expires_at) - Date.now() - 7 * 86_400_000)).toBeLessThan(20_000);
  });

  test("buys as any buyer does, and sees what is theirs alone", async () => {
    const campaign = await createCampaign(server, { stock: 5 });
    const [one, other] = [(await become(server)).body, (await become(server)).body];
    const order = await buy(server, campaign.offers[0]?.id ?? "", one.token);
    expect([order.status, order.body.buyer_id]).toEqual([201, one.buyer_id]);
    expect((await buy(server, campaign.offers[0]?.id ?? "", one.token)).body.code).toBe("limit_reached");
    expect((await call(`${server.url}/v1/orders/${order.body.id}`, { as: one.token })).status).toBe(200);
    expect((await call(`${server.url}/v1/orders/${order.body.id}`, { as: other.token })).status).toBe(404);
    expect((await call(`${server.url}/v1/controls`, { as: one.token })).status).toBe(403);
  });

  test("comes from one address as often as its limit says, over all threads, and from another all the same", async () => {
    const rate_limits = { guests: { quota: 7, window_s: 3_600 } };
    await call(`${server.url}/v1/controls`, { method: "POST", as: operatorKey, body: { rate_limits } });
    const replies = await Promise.all(Array.from({ length: 30 }, () => become(server, "198.51.100.7")));
    expect(replies.filter(({ status }) => status === 201)).toHaveLength(7);
    const refused = replies.find(({ status }) => status !== 201);
    expect(refused?.body).toMatchObject({ code: "rate_limited", limit: "guests" });
    expect(refused?.headers.get("ratelimit-policy")).toBe('"guests";q=7;w=3600');
    expect(Number(refused?.headers.get("retry-after"))).toBeWithin(500, 516);
    expect((await become(server, "198.51.100.8")).status).toBe(201);
  });

  test("is nobody where the shop has none: the refusal says where to sign in", async () => {
    await using closed = await startServer({ env: { RUSHBOX_SIGN_IN_URL: "https://shop.example/login" } });
    const reply = await become(closed);
    expect(reply.status).toBe(404);
    expect(expectRefusal({ ...reply, text: JSON.stringify(reply.body) }).code).toBe("guests_off");
    expect(reply.body).toMatchObject({ sign_in_url: "https://shop.example/login" });
    expect(await shopOf(closed)).toMatchObject({ name: "Rushbox", guests: false, payments: "none" });
  });
});

describe("the shop", () => {
  test("says what it is to everybody, and caches may keep that for a minute", async () => {
    const reply = await call(`${server.url}/v1/shop`);
    expect([reply.status, reply.headers.get("cache-control")]).toEqual([200, "public, max-age=60"]);
    expect<unknown>(reply.body).toEqual({
      name: "小店 & <Co>",
      guests: true,
      payments: "sandbox",
      sign_in_url: "https://shop.example/login?to=sale",
      now: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
  });

  test("has a tag that stays while the time goes on, and is not sent again to who has it", async () => {
    const first = await fetch(`${server.url}/v1/shop`);
    const { now } = (await first.json()) as { now: string };
    const etag = first.headers.get("etag") ?? "";
    expect(etag).toMatch(/^W\/"\w+"$/);
    while (((await shopOf(server)) as { now?: string }).now === now);
    const again = await fetch(`${server.url}/v1/shop`, { headers: { "if-none-match": `"other", ${etag}` } });
    expect([again.status, again.headers.get("etag"), await again.text()]).toEqual([304, etag, ""]);
    const other = await fetch(`${server.url}/v1/shop`, { headers: { "if-none-match": '"other"' } });
    expect(other.status).toBe(200);
  });

  test("tells no secret of those that stand beside it", async () => {
    const { token } = (await become(server, "192.0.2.1")).body;
    expect(JSON.stringify(await shopOf(server))).not.toMatch(/secret|key|token/i);
    expect(token.split(".")).toHaveLength(3);
  });
});
