/**
 * A draw as its buyers see it: one entry each, until the close; then those who are drawn have an order, the others a
 * place in the list, and what is not paid goes down it. Nobody buys, nobody enters twice, and no crash loses an entry.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
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
import { until } from "./until.ts";

setDefaultTimeout(60_000);

interface EntryJson {
  readonly entry_id: string;
  readonly state: string;
  readonly entries: number;
  readonly place: number | null;
  readonly order_id: string | null;
  readonly code?: string;
  readonly offer_id?: string;
}

type Where = Pick<Server, "url">;

let server: Server;
let alice: string;
let bob: string;
let crowd: string[];

beforeAll(async () => {
  server = await startServer({ args: ["--http-threads", "2"] });
  [alice, bob] = await Promise.all([tokenOf("alice"), tokenOf("bob")]);
  crowd = await Promise.all(Array.from({ length: 12 }, (_, at) => tokenOf(`crowd-${at}`)));
});
afterAll(() => server[Symbol.asyncDispose]());

const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const offerIdOf = (campaign: CampaignJson, at = 0) => campaign.offers[at]?.id ?? "";
const post = <T = EntryJson>(path: string, as: string, at: Where = server) =>
  call<T>(at.url + path, { method: "POST", as });
const enter = (offer: string, as: string, at: Where = server) => post(`/v1/offers/${offer}/draw`, as, at);
const leave = (offer: string, as: string) => post(`/v1/offers/${offer}/draw/leave`, as);
const entryOf = (offer: string, as: string, at: Where = server) =>
  call<EntryJson>(`${at.url}/v1/offers/${offer}/draw`, { as });
const drawn = (what: Parameters<typeof createCampaign>[1] = {}, at: Where = server) =>
  createCampaign(at, { admission: "draw", stock: 1, closesAt: inMs(3_600_000), ...what });
const act = (campaign: CampaignJson, action: string) =>
  post<CampaignJson>(`/v1/campaigns/${campaign.id}/${action}`, operatorKey);
const goods = (sku: string) => ({ sku, title: sku, price_minor: 100, currency: "CNY", stock: 1 });

/** Waits for the close, and answers the entries by buyer. */
async function afterDraw(campaign: CampaignJson, buyers: readonly string[], at: Where = server): Promise<EntryJson[]> {
  await until(
    () => call<CampaignJson>(`${at.url}/v1/campaigns/${campaign.id}`),
    ({ body }) => body.state === "ended",
  );
  const replies = await Promise.all(buyers.map((as) => entryOf(offerIdOf(campaign), as, at)));
  return replies.map(({ body }) => body);
}

describe("while it is open", () => {
  test("a buyer enters once, sees the entry, and is nowhere else", async () => {
    const campaign = await drawn({ offers: [goods("a"), goods("b")] });
    const [offer, other] = [offerIdOf(campaign), offerIdOf(campaign, 1)];
    const first = await enter(offer, alice);
    expect([first.status, first.body]).toMatchObject([
      201,
      { state: "entered", entries: 1, place: null, order_id: null, offer_id: offer },
    ]);
    const again = await enter(offer, alice);
    expect([again.status, again.body.entry_id]).toEqual([200, first.body.entry_id]);
    expect((await enter(offer, bob)).body.entries).toBe(2);
    expect((await entryOf(offer, alice)).body).toMatchObject({ entry_id: first.body.entry_id, entries: 2 });
    const elsewhere = await enter(other, alice);
    expect([elsewhere.status, elsewhere.body.code, elsewhere.body.offer_id]).toEqual([409, "entered_elsewhere", offer]);
    expect((await entryOf(other, alice)).body.code).toBe("not_waiting");
  });

  test("whoever clicks twenty times at once is in it once", async () => {
    const offer = offerIdOf(await drawn());
    const replies = await Promise.all(Array.from({ length: 20 }, () => enter(offer, alice)));
    expect(replies.map(({ status }) => status).sort()).toEqual([...Array(19).fill(200), 201]);
    expect((await entryOf(offer, alice)).body.entries).toBe(1);
  });

  test("who leaves is out for good", async () => {
    const offer = offerIdOf(await drawn());
    const { entry_id } = (await enter(offer, alice)).body;
    await enter(offer, bob);
    const left = await leave(offer, alice);
    expect([left.status, left.body]).toMatchObject([200, { entry_id, state: "left", entries: 1 }]);
    expect((await entryOf(offer, alice)).body).toMatchObject({ entry_id, state: "left" });
    expect([(await leave(offer, alice)).status, (await enter(offer, alice)).body.code]).toEqual([
      404,
      "entry_withdrawn",
    ]);
    expect((await entryOf(offer, bob)).body.entries).toBe(1);
  });

  test("nobody buys, with whatever pass, and there is no other line", async () => {
    const campaign = await drawn({ stock: 5 });
    const offer = offerIdOf(campaign);
    await enter(offer, alice);
    for (const how of [{}, { pass: "p1.1.1.1" }, { key: "k" }, { prefer: "respond-async" }]) {
      const { status, body } = await buy(server, offer, alice, how);
      expect([status, body]).toMatchObject([403, { code: "not_admitted", admission: "draw", reason: "drawn" }]);
    }
    const waitlist = `/v1/offers/${offer}/waitlist`;
    expect((await post(waitlist, alice)).body.code).toBe("waitlist_off");
    expect((await post(`${waitlist}/leave`, alice)).body.code).toBe("waitlist_off");
    expect((await call(server.url + waitlist, { as: alice })).body).toMatchObject({
      code: "waitlist_off",
      detail: expect.stringContaining("/draw"),
    });
    expect((await entryOf(offer, alice)).body.state).toBe("entered");
  });

  test("nobody enters too early, too late, during a pause, or where nothing is drawn", async () => {
    const later = offerIdOf(await drawn({ opensAt: inMs(3_600_000), closesAt: inMs(7_200_000) }));
    const early = await enter(later, alice);
    expect([early.status, early.body.code, early.headers.has("retry-after")]).toEqual([403, "not_open", true]);
    const open = offerIdOf(await createCampaign(server));
    expect((await enter(open, alice)).body.code).toBe("draw_off");
    expect((await entryOf(open, alice)).body.code).toBe("draw_off");
    expect((await leave(open, alice)).body.code).toBe("draw_off");
    const draft = offerIdOf(await drawn({ publish: false }));
    expect([(await enter(draft, alice)).status, (await entryOf(draft, alice)).status]).toEqual([404, 404]);
    const campaign = await drawn();
    expect((await call(`${server.url}/v1/offers/${offerIdOf(campaign)}/draw`, { method: "POST" })).status).toBe(401);
    await act(campaign, "pause");
    expect((await enter(offerIdOf(campaign), alice)).body.code).toBe("paused");
    await act(campaign, "end");
    expect((await enter(offerIdOf(campaign), alice)).body.code).toBe("ended");
  });
});

describe("after the close", () => {
  test("as many as there are units have an order, the others a place, and what is not paid goes down the list", async () => {
    const campaign = await drawn({ stock: 3, closesAt: inMs(1_500) });
    const offer = offerIdOf(campaign);
    for (const as of crowd) expect((await enter(offer, as)).status).toBe(201);
    const leaver = crowd[4] ?? "";
    await leave(offer, leaver);
    const staying = crowd.filter((as) => as !== leaver);
    const entries = await afterDraw(campaign, staying);
    const winners = staying.filter((_, at) => entries[at]?.state === "won");
    expect(winners).toHaveLength(3);
    const places = entries.filter(({ state }) => state === "waiting").map(({ place }) => place ?? 0);
    expect(places.sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect((await entryOf(offer, leaver)).body.state).toBe("left");
    const [first = ""] = winners;
    const won = entries[staying.indexOf(first)];
    const order = await call<OrderJson>(`${server.url}/v1/orders/${won?.order_id}`, { as: first });
    expect(order.body).toMatchObject({ state: "reserved", quantity: 1, offer_id: offer });
    const next = staying[entries.findIndex(({ place }) => place === 1)] ?? "";
    const last = staying[entries.findIndex(({ place }) => place === 8)] ?? "";
    await post(`/v1/orders/${won?.order_id}/cancel`, first);
    expect((await entryOf(offer, next)).body).toMatchObject({ state: "won", place: null });
    expect((await entryOf(offer, last)).body).toMatchObject({ state: "waiting", place: 7, entries: 7 });
    expect((await leave(offer, last)).body.state).toBe("left");
    expect((await enter(offer, alice)).body.code).toBe("ended");
    expect((await entryOf(offer, alice)).body.code).toBe("not_waiting");
    const another = winners[1] ?? "";
    const theirs = entries[staying.indexOf(another)];
    expect((await post(`/v1/orders/${theirs?.order_id}/pay`, operatorKey)).status).toBe(200);
    expect((await entryOf(offer, another)).body.state).toBe("won");
  });

  test("who got nothing is told that it is over, once everything is paid", async () => {
    const campaign = await drawn({ closesAt: inMs(1_200) });
    const offer = offerIdOf(campaign);
    await enter(offer, alice);
    await enter(offer, bob);
    const entries = await afterDraw(campaign, [alice, bob]);
    const won = entries.find(({ state }) => state === "won");
    expect((await post(`/v1/orders/${won?.order_id}/pay`, operatorKey)).status).toBe(200);
    const loser = entries[0] === won ? bob : alice;
    expect((await entryOf(offer, loser)).body).toMatchObject({ state: "over", place: null, order_id: null });
    expect((await leave(offer, loser)).body.code).toBe("not_waiting");
  });

  test("a sale that its operator ends before is not drawn: all entries are void", async () => {
    const campaign = await drawn();
    const offer = offerIdOf(campaign);
    await enter(offer, alice);
    await act(campaign, "end");
    expect((await entryOf(offer, alice)).body).toMatchObject({ state: "over", order_id: null });
    const { body } = await call<CampaignJson>(`${server.url}/v1/campaigns/${campaign.id}`);
    expect(body.offers[0]).toMatchObject({ available: 1, held: 0, sold: 0 });
  });
});

describe.concurrent.each(["SIGTERM", "SIGKILL"] as const)("after %s", (signal) => {
  test("every entry is there, and the draw that follows is the same after another", async () => {
    const data = newFolder();
    let campaign: CampaignJson;
    let before: EntryJson[];
    const offer = () => offerIdOf(campaign);
    {
      await using first = await startServer({ data });
      campaign = await drawn({ stock: 2, closesAt: inMs(9_000) }, first);
      await Promise.all(crowd.map((as) => enter(offer(), as, first)));
      before = await Promise.all(crowd.map(async (as) => (await entryOf(offer(), as, first)).body));
      expect(new Set(before.map(({ state }) => state))).toEqual(new Set(["entered"]));
      await first.stop(signal);
    }
    let made: EntryJson[];
    {
      await using second = await startServer({ data });
      const entries = await Promise.all(crowd.map(async (as) => (await entryOf(offer(), as, second)).body));
      expect(entries.map(({ entry_id }) => entry_id)).toEqual(before.map(({ entry_id }) => entry_id));
      made = await afterDraw(campaign, crowd, second);
      expect(made.filter(({ state }) => state === "won")).toHaveLength(2);
      expect(made.filter(({ state }) => state === "waiting")).toHaveLength(10);
      await second.stop(signal);
    }
    await using third = await startServer({ data });
    expect(await afterDraw(campaign, crowd, third)).toEqual(made);
  });
});
