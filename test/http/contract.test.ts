/** The wire contract, row by row: what every call answers when it is used as it is meant to be. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  type OfferJson,
  type OrderJson,
  operatorKey,
  type Reply,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { parsePrometheus, scrape, seriesValue } from "./prometheus.ts";
import { expectRefusal } from "./refusal.ts";

setDefaultTimeout(60_000);

let server: Server;
let alice: string;
let bob: string;

beforeAll(async () => {
  server = await startServer();
  [alice, bob] = await Promise.all([tokenOf("alice"), tokenOf("bob")]);
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

const wireTime = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/;

const get = <T = CampaignJson>(path: string, as?: string, headers: Record<string, string> = {}) =>
  call<T>(server.url + path, { headers, ...(as === undefined ? {} : { as }) });

const operate = <T = CampaignJson>(path: string, body?: unknown) =>
  call<T>(server.url + path, { method: "POST", as: operatorKey, ...(body === undefined ? {} : { body }) });

/** The first offer of a campaign, as it stands now. */
async function offerOf(campaignId: string): Promise<OfferJson> {
  return firstOffer((await get(`/v1/campaigns/${campaignId}`, operatorKey)).body);
}

function firstOffer(campaign: CampaignJson): OfferJson {
  const [offer] = campaign.offers;
  if (offer === undefined) throw new Error("a campaign has an offer");
  return offer;
}

/** Ids in the order of lists: they sort by time. */
function newestFirst(ids: readonly string[]): string[] {
  return ids.toSorted((a, b) => (a < b ? 1 : -1));
}

/** The problem of a reply, fully checked. */
function refusalOf(reply: Reply<unknown>, status: number, code: string) {
  expect(reply.status).toBe(status);
  const problem = expectRefusal({ ...reply, text: JSON.stringify(reply.body) });
  expect(problem.code).toBe(code);
  return problem;
}

/** An order once it is in a state, or the failure to become so. */
async function orderIn(state: string, orderId: string): Promise<OrderJson> {
  for (let tries = 0; tries < 200; tries++) {
    const { body } = await get<OrderJson>(`/v1/orders/${orderId}`, operatorKey);
    if (body.state === state) return body;
    await Bun.sleep(20);
  }
  throw new Error(`order ${orderId} does not become ${state}`);
}

const sale = { title: "Sale", offers: [{ sku: "a", title: "A", price_minor: 100, currency: "CNY", stock: 10 }] };

describe("campaigns", () => {
  test("a campaign is created as a draft, with everything that was told and the defaults of what was not", async () => {
    const offer = {
      sku: "MATE-80",
      title: "Mate 80 “Pro” 512 GB",
      description: "6.9 英寸 · <b>not markup</b>\n\n“Black”",
      price_minor: 100,
      list_price_minor: 699_900,
      currency: "CNY",
      stock: 7,
      limit_per_buyer: 1,
      brand: "华为",
      category: "phones",
      image_url: "https://shop.example/m.jpg",
    };
    const told = {
      title: "双十一 一元秒杀",
      description: "一元一件。\nOne per buyer.",
      kind: "one_yuan",
      opens_at: "2040-11-11T20:00:00+08:00",
      closes_at: "2040-11-11T12:30:00Z",
      payment_window_s: 600,
      offers: [
        offer,
        { sku: "b", title: "B", price_minor: 0, currency: "JPY", stock: 0, image_url: "/pictures/nuts.svg?size=1" },
      ],
    };
    const created = await operate("/v1/campaigns", told);
    expect(created.status).toBe(201);
    expect(created.headers.get("location")).toBe(`/v1/campaigns/${created.body.id}`);
    expect(created.headers.get("content-type")).toBe("application/json");
    expect(created.headers.get("cache-control")).toBe("no-store");
    expect(created.headers.get("x-content-type-options")).toBe("nosniff");
    const { stock, ...terms } = offer;
    expect<unknown>(created.body).toEqual({
      id: expect.stringMatching(/^cmp_[0-9a-z]{10}$/),
      title: told.title,
      description: told.description,
      kind: "one_yuan",
      state: "draft",
      opens_at: "2040-11-11T12:00:00.000Z",
      closes_at: "2040-11-11T12:30:00.000Z",
      payment_window_s: 600,
      waitlist: true,
      ...{ admission: "open", pass: false, pass_window_s: 120, challenge: "none", agents: { policy: "allowed" } },
      created_at: expect.stringMatching(wireTime),
      offers: [
        {
          id: expect.stringMatching(/^off_[0-9a-z]{10}$/),
          campaign_id: created.body.id,
          ...terms,
          ...{ total: stock, available: stock, held: 0, sold: 0, waiting: 0 },
        },
        {
          id: expect.stringMatching(/^off_[0-9a-z]{10}$/),
          campaign_id: created.body.id,
          ...{ sku: "b", title: "B", price_minor: 0, list_price_minor: null, currency: "JPY", limit_per_buyer: 1 },
          ...{
            description: null,
            brand: null,
            category: null,
            image_url: "/pictures/nuts.svg?size=1",
            total: 0,
            available: 0,
            held: 0,
            sold: 0,
            waiting: 0,
          },
        },
      ],
    });
    const read = await get(created.headers.get("location") ?? "", operatorKey);
    expect(read.body).toEqual(created.body);
  });

  test("a draft is invisible to the public: by id, in lists, in streams, to buyers", async () => {
    const draft = await createCampaign(server, { publish: false });
    for (const as of [undefined, alice]) {
      refusalOf(await get(`/v1/campaigns/${draft.id}`, as), 404, "not_found");
      refusalOf(await get(`/v1/campaigns/${draft.id}/stream`, as), 404, "not_found");
      const { body } = await get<{ campaigns: CampaignJson[] }>("/v1/campaigns?limit=200", as);
      expect(body.campaigns.map(({ id }) => id)).not.toContain(draft.id);
      const drafts = await get<{ campaigns: CampaignJson[] }>("/v1/campaigns?state=draft", as);
      expect(drafts.body.campaigns).toEqual([]);
    }
    refusalOf(await buy(server, firstOffer(draft).id, alice), 404, "not_found");
    const { body } = await get<{ campaigns: CampaignJson[] }>("/v1/campaigns?state=draft&limit=200", operatorKey);
    expect(body.campaigns.map(({ id }) => id)).toContain(draft.id);
  });

  test("publish opens at once what names no opening, and sets the closing of its kind", async () => {
    const draft = await operate("/v1/campaigns", { ...sale, kind: "hot_item" });
    expect(draft.body.closes_at).toBeNull();
    const published = await operate(`/v1/campaigns/${draft.body.id}/publish`);
    expect(published.status).toBe(200);
    expect(published.body.state).toBe("open");
    const closesInMs = Date.parse(published.body.closes_at ?? "") - Date.now();
    expect(closesInMs).toBeGreaterThan(590_000);
    expect(closesInMs).toBeLessThanOrEqual(601_000);
  });

  test("a scheduled campaign tells when it opens, opens by itself, and closes by itself", async () => {
    const now = Date.now();
    const opensAt = new Date(now + 1_300).toISOString();
    const closesAt = new Date(now + 2_300).toISOString();
    const campaign = await createCampaign(server, { opensAt, closesAt });
    expect(campaign.state).toBe("scheduled");
    const offer = firstOffer(campaign);
    const early = await buy(server, offer.id, alice);
    expect(refusalOf(early, 403, "not_open")["opens_at"]).toBe(opensAt);
    expect(["1", "2"]).toContain(early.headers.get("retry-after") ?? "");
    let order = await buy(server, offer.id, alice);
    while (order.status === 403) {
      await Bun.sleep(20);
      order = await buy(server, offer.id, alice);
    }
    expect(order.status).toBe(201);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(opensAt) - 50);
    expect((await get(`/v1/campaigns/${campaign.id}`)).body.state).toBe("open");
    let late = await buy(server, offer.id, bob);
    while (late.status !== 410) {
      await Bun.sleep(20);
      late = await buy(server, offer.id, bob);
    }
    refusalOf(late, 410, "ended");
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(closesAt) - 50);
    expect((await get(`/v1/campaigns/${campaign.id}`)).body.state).toBe("ended");
  });

  test("pause stops buying and says when to come back, resume goes on, end is final", async () => {
    const campaign = await createCampaign(server);
    const offer = firstOffer(campaign);
    const paused = await operate(`/v1/campaigns/${campaign.id}/pause`);
    expect([paused.status, paused.body.state]).toEqual([200, "paused"]);
    const refused = await buy(server, offer.id, alice);
    refusalOf(refused, 403, "paused");
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
    const again = await operate(`/v1/campaigns/${campaign.id}/pause`);
    expect(refusalOf(again, 409, "transition_not_allowed")["state"]).toBe("paused");
    const resumed = await operate(`/v1/campaigns/${campaign.id}/resume`);
    expect([resumed.status, resumed.body.state]).toEqual([200, "open"]);
    expect((await buy(server, offer.id, alice)).status).toBe(201);
    const ended = await operate(`/v1/campaigns/${campaign.id}/end`);
    expect([ended.status, ended.body.state]).toEqual([200, "ended"]);
    refusalOf(await buy(server, offer.id, bob), 410, "ended");
    refusalOf(await operate(`/v1/campaigns/${campaign.id}/resume`), 409, "transition_not_allowed");
  });

  test("restock adds units, and takes back what is available but never more", async () => {
    const { id, offers } = await createCampaign(server, { stock: 2, limitPerBuyer: 2 });
    const path = `/v1/offers/${offers[0]?.id}/restock`;
    expect((await buy(server, offers[0]?.id ?? "", alice, { quantity: 2 })).status).toBe(201);
    refusalOf(await buy(server, offers[0]?.id ?? "", bob), 409, "sold_out");
    const more = await operate<OfferJson>(path, { quantity: 3 });
    expect(more.status).toBe(200);
    expect(more.body).toMatchObject({ id: offers[0]?.id, total: 5, available: 3, held: 2, sold: 0 });
    expect((await buy(server, offers[0]?.id ?? "", bob)).status).toBe(201);
    const less = await operate<OfferJson>(path, { quantity: -2 });
    expect(less.body).toMatchObject({ total: 3, available: 0, held: 3, sold: 0 });
    refusalOf(await operate(path, { quantity: -1 }), 400, "invalid");
    expect(await offerOf(id)).toEqual(less.body);
  });

  test("a restock that names the total it saw happens once, however often and at once it is sent", async () => {
    const { id, offers } = await createCampaign(server, { stock: 2 });
    const path = `/v1/offers/${offers[0]?.id}/restock`;
    const ask = () => operate<OfferJson>(path, { quantity: 3, expected_total: 2 });
    const answers = await Promise.all(Array.from({ length: 8 }, ask));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    for (const answer of answers.filter(({ status }) => status !== 200))
      expect(refusalOf(answer, 409, "total_changed")).toMatchObject({ total: 5 });
    expect(await offerOf(id)).toMatchObject({ total: 5, available: 5 });
    expect((await operate<OfferJson>(path, { quantity: 1, expected_total: 5 })).body.total).toBe(6);
    refusalOf(await operate(path, { quantity: 1, expected_total: -1 }), 400, "invalid");
  });

  test("the list is filtered by state, kind, brand and category, alone and together", async () => {
    const offers = (brand: string, category: string) => [{ ...sale.offers[0], brand, category }];
    const make = async (body: Record<string, unknown>, publish = true) => {
      const { body: made } = await operate("/v1/campaigns", { title: "Sale", ...body });
      if (publish) await operate(`/v1/campaigns/${made.id}/publish`);
      return made.id;
    };
    const phone = await make({ kind: "one_yuan", offers: offers("Huawei & Söhne", "phones") });
    const tablet = await make({ kind: "limited_time", offers: offers("Huawei & Söhne", "tablets") });
    const paused = await make({ kind: "limited_time", offers: offers("Xiaomi", "phones-2") });
    await operate(`/v1/campaigns/${paused}/pause`);
    const mixed = await make({
      offers: [...offers("Xiaomi", "tablets"), { ...sale.offers[0], sku: "b", brand: "Huawei & Söhne" }],
    });
    const brand = `brand=${encodeURIComponent("Huawei & Söhne")}`;
    const listed = async (query: string) => {
      const { status, body } = await get<{ campaigns: CampaignJson[] }>(`/v1/campaigns?limit=200&${query}`);
      expect(status).toBe(200);
      return body.campaigns.map(({ id }) => id);
    };
    expect(await listed(brand)).toEqual([mixed, tablet, phone]);
    expect(await listed("brand=Xiaomi")).toEqual([mixed, paused]);
    expect(await listed("brand=xiaomi")).toEqual([]);
    expect(await listed(`${brand}&kind=one_yuan`)).toEqual([phone]);
    expect(await listed(`${brand}&category=tablets`)).toEqual([mixed, tablet]);
    expect(await listed("state=paused&kind=limited_time")).toEqual([paused]);
    expect(await listed("state=open&kind=limited_time")).toEqual([tablet]);
    expect(await listed("category=nothing")).toEqual([]);
  });

  test("the list comes in pages, the newest first, each campaign once", async () => {
    const made: string[] = [];
    for (let n = 0; n < 7; n++) made.unshift((await operate("/v1/campaigns", { ...sale, title: `Page ${n}` })).body.id);
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const from: string = cursor === null ? "" : `&cursor=${cursor}`;
      const { body } = await get<{ campaigns: CampaignJson[]; next_cursor: string | null }>(
        `/v1/campaigns?limit=3${from}`,
        operatorKey,
      );
      expect(body.campaigns.length).toBeLessThanOrEqual(3);
      if (body.next_cursor !== null) expect(body.campaigns.length).toBe(3);
      seen.push(...body.campaigns.map(({ id }) => id));
      cursor = body.next_cursor;
    } while (cursor !== null);
    expect(seen.slice(0, 7)).toEqual(made);
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen).toEqual(newestFirst(seen));
  });
});

describe("ETag", () => {
  test("is answered with 304 while nothing has changed, in every form of If-None-Match", async () => {
    const { id } = await createCampaign(server);
    for (const path of [`/v1/campaigns/${id}`, "/v1/campaigns?limit=1"]) {
      const first = await get(path);
      const etag = first.headers.get("etag") ?? "";
      expect(etag).toMatch(/^"[\x21\x23-\x7e]+"$/);
      expect(first.headers.get("cache-control")).toContain("max-age=");
      expect(first.headers.get("vary")).toBe("authorization");
      for (const known of [etag, `W/${etag}`, `"other", ${etag}`, `W/"a",W/${etag},"b"`, "*"]) {
        const answer = await fetch(server.url + path, { headers: { "if-none-match": known } });
        expect(answer.status).toBe(304);
        expect(answer.headers.get("etag")).toBe(etag);
        expect(answer.headers.get("cache-control")).toBe(first.headers.get("cache-control"));
        expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
        expect(await answer.text()).toBe("");
      }
      for (const other of ['"other"', etag.slice(1, -1), "", "W/", etag.slice(0, -1)]) {
        const answer = await get(path, undefined, { "if-none-match": other });
        expect([answer.status, answer.headers.get("etag")]).toEqual([200, etag]);
      }
    }
  });

  test("changes with every unit that is sold, returned or added, and with the state", async () => {
    const { id, offers } = await createCampaign(server);
    const offerId = offers[0]?.id ?? "";
    const seen = new Set<string>();
    const look = async () => {
      const { headers } = await get(`/v1/campaigns/${id}`);
      const etag = headers.get("etag") ?? "";
      expect(seen).not.toContain(etag);
      seen.add(etag);
      const before = [...seen].slice(0, -1).join(", ");
      if (before !== "")
        expect((await get(`/v1/campaigns/${id}`, undefined, { "if-none-match": before })).status).toBe(200);
    };
    await look();
    const first = await buy(server, offerId, alice);
    await look();
    await operate(`/v1/orders/${first.body.id}/pay`);
    await look();
    const second = await buy(server, offerId, bob);
    await look();
    await operate(`/v1/campaigns/${id}/pause`);
    await look();
    await operate(`/v1/offers/${offerId}/restock`, { quantity: 5 });
    await look();
    expect((await operate(`/v1/orders/${second.body.id}/cancel`)).status).toBe(200);
    await look();
  });

  test("of an operator's view is not for shared caches", async () => {
    const { id } = await createCampaign(server);
    const { headers } = await get(`/v1/campaigns/${id}`, operatorKey);
    expect(headers.get("cache-control")).toBe("private, no-cache");
    expect(headers.get("etag")).not.toBeNull();
  });
});

describe("buying", () => {
  test("answers 201 with the order, reserved until its payment window ends", async () => {
    const campaign = await createCampaign(server, { limitPerBuyer: 3, paymentWindowS: 600 });
    const { status, headers, body } = await buy(server, firstOffer(campaign).id, alice, { quantity: 3 });
    expect(status).toBe(201);
    expect(headers.get("content-type")).toBe("application/json");
    expect(headers.get("cache-control")).toBe("no-store");
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect<unknown>(body).toEqual({
      id: expect.stringMatching(/^ord_[0-9a-z]{10}$/),
      offer_id: firstOffer(campaign).id,
      campaign_id: campaign.id,
      sku: "sku-1",
      currency: "CNY",
      buyer_id: "alice",
      by_agent: false,
      quantity: 3,
      amount_minor: 300,
      state: "reserved",
      seq: Number.parseInt(body.id.slice(4), 36),
      reserved_at: expect.stringMatching(wireTime),
      expires_at: expect.stringMatching(wireTime),
    });
    const order = body as unknown as { reserved_at: string };
    expect(Date.parse(body.expires_at) - Date.parse(order.reserved_at)).toBe(600_000);
    const read = await get<OrderJson>(`/v1/orders/${body.id}`, alice);
    expect(read.body).toEqual(body);
    expect(read.headers.get("cache-control")).toBe("no-store");
    expect(await offerOf(campaign.id)).toMatchObject({ total: 10, available: 7, held: 3, sold: 0 });
  });

  test("takes one unit when there is no body, an empty one, or one without a quantity", async () => {
    const offer = firstOffer(await createCampaign(server, { limitPerBuyer: 5 }));
    const url = `${server.url}/v1/offers/${offer.id}/orders`;
    const authorization = `Bearer ${alice}`;
    const json = { authorization, "content-type": "application/json; charset=UTF-8" };
    for (const init of [{ headers: { authorization } }, { headers: json, body: "" }, { headers: json, body: "{}" }]) {
      const answer = await fetch(url, { method: "POST", ...init });
      expect(answer.status).toBe(201);
      expect(await answer.json()).toMatchObject({ quantity: 1 });
    }
  });

  test("answers the same order for the same key, quoted or bare, however often and whatever became of the sale", async () => {
    const campaign = await createCampaign(server, { stock: 1 });
    const offer = firstOffer(campaign);
    const first = await buy(server, offer.id, alice, { key: "key-1" });
    expect(first.status).toBe(201);
    const replays = () =>
      Promise.all(["key-1", '"key-1"', "key-1", '"key-1"'].map((key) => buy(server, offer.id, alice, { key })));
    const expectReplays = async () => {
      for (const reply of await replays()) {
        expect(reply.status).toBe(200);
        expect(reply.body).toEqual(first.body);
      }
    };
    await expectReplays(); // sold out by now
    refusalOf(await buy(server, offer.id, alice, { key: "key-2" }), 409, "sold_out");
    await operate(`/v1/campaigns/${campaign.id}/pause`);
    await expectReplays();
    await operate(`/v1/campaigns/${campaign.id}/end`);
    await expectReplays();
    expect(await offerOf(campaign.id)).toMatchObject({ available: 0, held: 1 });
    const paid = await operate<OrderJson>(`/v1/orders/${first.body.id}/pay`);
    for (const reply of await replays()) expect([reply.status, reply.body]).toEqual([200, paid.body as never]);
    refusalOf(await buy(server, offer.id, alice, { key: "key-1", quantity: 2 }), 422, "key_reused");
  });

  test("a key twenty times at once is one order: one 201, the rest 200 with the same", async () => {
    const offer = firstOffer(await createCampaign(server, { limitPerBuyer: 10 }));
    const replies = await Promise.all(
      Array.from({ length: 20 }, () => buy(server, offer.id, alice, { key: "at-once" })),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([...Array<number>(19).fill(200), 201]);
    expect(new Set(replies.map(({ body }) => body.id)).size).toBe(1);
  });

  test("a key is its buyer's: another buyer's same key is another order", async () => {
    const offer = firstOffer(await createCampaign(server));
    const mine = await buy(server, offer.id, alice, { key: "shared" });
    const theirs = await buy(server, offer.id, bob, { key: "shared" });
    expect([mine.status, theirs.status]).toEqual([201, 201]);
    expect(theirs.body.id).not.toBe(mine.body.id);
    expect(theirs.body.buyer_id).toBe("bob");
  });

  test("the same key for another quantity or offer is refused with 422", async () => {
    const two = [
      { ...sale.offers[0], limit_per_buyer: 5 },
      { ...sale.offers[0], sku: "b" },
    ];
    const { offers } = await createCampaign(server, { offers: two });
    const [one, other] = [offers[0]?.id ?? "", offers[1]?.id ?? ""];
    expect((await buy(server, one, alice, { key: "k" })).status).toBe(201);
    refusalOf(await buy(server, one, alice, { key: "k", quantity: 2 }), 422, "key_reused");
    refusalOf(await buy(server, other, alice, { key: "k" }), 422, "key_reused");
    expect((await buy(server, one, alice, { key: "k" })).status).toBe(200);
  });

  test("without a key every request is a purchase of its own, up to the limit", async () => {
    const campaign = await createCampaign(server, { limitPerBuyer: 2 });
    const offer = firstOffer(campaign);
    const [first, second] = [await buy(server, offer.id, alice), await buy(server, offer.id, alice)];
    expect([first.status, second.status]).toEqual([201, 201]);
    expect(second.body.id).not.toBe(first.body.id);
    const third = await buy(server, offer.id, alice);
    expect(refusalOf(third, 409, "limit_reached")["limit_per_buyer"]).toBe(2);
    expect(await offerOf(campaign.id)).toMatchObject({ available: 8, held: 2 });
  });

  test("says how many are left when fewer are than were asked for", async () => {
    const offer = firstOffer(await createCampaign(server, { stock: 2, limitPerBuyer: 5 }));
    const tooMany = await buy(server, offer.id, alice, { quantity: 3 });
    expect(refusalOf(tooMany, 409, "sold_out")["available"]).toBe(2);
    expect((await buy(server, offer.id, alice, { quantity: 2 })).status).toBe(201);
    expect(refusalOf(await buy(server, offer.id, bob, { quantity: 3 }), 409, "sold_out")["available"]).toBeUndefined();
  });

  test("sells exactly what there is to a crowd: as many 201 as units, everybody else sold_out", async () => {
    const campaign = await createCampaign(server, { stock: 30 });
    const crowd = await Promise.all(Array.from({ length: 120 }, (_, at) => tokenOf(`crowd-${at}`)));
    const replies = await Promise.all(crowd.map((token) => buy(server, firstOffer(campaign).id, token)));
    const outcomes = replies.map(({ status, body }) => (status === 201 ? "reserved" : body.code));
    expect(outcomes.filter((outcome) => outcome === "reserved").length).toBe(30);
    expect(outcomes.filter((outcome) => outcome === "sold_out").length).toBe(90);
    expect(await offerOf(campaign.id)).toMatchObject({ total: 30, available: 0, held: 30, sold: 0 });
  });
});

describe("Prefer: respond-async", () => {
  const attempt = async (offerId: string, as: string, key?: string) => {
    const taken = await buy(server, offerId, as, { prefer: "respond-async", ...(key === undefined ? {} : { key }) });
    expect(taken.status).toBe(202);
    expect(taken.headers.get("preference-applied")).toBe("respond-async");
    expect(Number(taken.headers.get("retry-after"))).toBeGreaterThan(0);
    return taken.headers.get("location") ?? "";
  };

  test("an attempt that was refused and then tried again with success shows its order", async () => {
    const { id: offerId } = firstOffer(await createCampaign(server));
    const first = await buy(server, offerId, alice);
    const refused = await buy(server, offerId, alice, { key: "again", prefer: "respond-async" });
    const attempt = refused.headers.get("location") ?? "";
    refusalOf(await get(attempt, alice), 409, "limit_reached");
    await call(`${server.url}/v1/orders/${first.body.id}/cancel`, { method: "POST", as: alice });
    const second = await buy(server, offerId, alice, { key: "again" });
    expect(second.status).toBe(201);
    const shown = await get(attempt, alice);
    expect([shown.status, shown.headers.get("location")]).toEqual([303, `/v1/orders/${second.body.id}`]);
  });

  test("answers 202 with a Location that leads by 303 to the order", async () => {
    const campaign = await createCampaign(server);
    const location = await attempt(firstOffer(campaign).id, alice, "a/b?c#d%e&+");
    const asked = await get(location, alice);
    expect(asked.status).toBe(303);
    const order = await get<OrderJson>(asked.headers.get("location") ?? "", alice);
    expect(order.status).toBe(200);
    expect(order.body).toMatchObject({ buyer_id: "alice", state: "reserved", campaign_id: campaign.id });
    // The key names it: the same key is the same attempt, and for buying at once the same order.
    expect(await attempt(firstOffer(campaign).id, alice, "a/b?c#d%e&+")).toBe(location);
    expect((await buy(server, firstOffer(campaign).id, alice, { key: "a/b?c#d%e&+" })).body.id).toBe(order.body.id);
    expect(await offerOf(campaign.id)).toMatchObject({ available: 9, held: 1 });
  });

  test("without a key it makes one up", async () => {
    const offer = firstOffer(await createCampaign(server));
    const location = await attempt(offer.id, alice);
    expect(location).toMatch(/^\/v1\/attempts\/[0-9a-f-]{36}$/);
    expect((await get(location, alice)).status).toBe(303);
  });

  test("leads to the refusal when there is no order", async () => {
    const offer = firstOffer(await createCampaign(server));
    expect((await buy(server, offer.id, alice)).status).toBe(201);
    const location = await attempt(offer.id, alice, "second");
    refusalOf(await get(location, alice), 409, "limit_reached");
  });

  test("is nobody else's to ask for", async () => {
    const offer = firstOffer(await createCampaign(server));
    const location = await attempt(offer.id, alice, "private");
    refusalOf(await get(location, bob), 404, "attempt_unknown");
    expect((await get(location, alice)).status).toBe(303);
  });

  test("refuses at once what is certain: a sale that is sold out or over", async () => {
    const campaign = await createCampaign(server, { stock: 0 });
    const soldOut = await buy(server, firstOffer(campaign).id, alice, { prefer: "respond-async" });
    refusalOf(soldOut, 409, "sold_out");
    await operate(`/v1/campaigns/${campaign.id}/end`);
    const over = await buy(server, firstOffer(campaign).id, alice, { prefer: "respond-async, wait=5" });
    refusalOf(over, 410, "ended");
  });
});

describe("orders", () => {
  test("are listed in pages, the newest first, each once, and only to their buyer and operators", async () => {
    const collector = await tokenOf("collector");
    const offer = firstOffer(await createCampaign(server, { stock: 2_000, limitPerBuyer: 1_000 }));
    const made: string[] = [];
    for (let round = 0; round < 9; round++) {
      const replies = await Promise.all([
        ...Array.from({ length: 50 }, () => buy(server, offer.id, collector)),
        ...Array.from({ length: 5 }, () => buy(server, offer.id, bob)),
      ]);
      made.push(...replies.slice(0, 50).map(({ body }) => body.id));
    }
    const listAll = async (as: string, limit: number) => {
      const seen: OrderJson[] = [];
      let cursor: string | null = null;
      do {
        const from: string = cursor === null ? "" : `&cursor=${cursor}`;
        const { status, body } = await get<{ orders: OrderJson[]; next_cursor: string | null }>(
          `/v1/orders?limit=${limit}${from}`,
          as,
        );
        expect(status).toBe(200);
        expect(body.orders.length).toBeLessThanOrEqual(limit);
        seen.push(...body.orders);
        cursor = body.next_cursor;
      } while (cursor !== null);
      return seen;
    };
    for (const limit of [200, 150, 7]) {
      expect((await listAll(collector, limit)).map(({ id }) => id)).toEqual(newestFirst(made));
    }
    const first = await get<{ orders: OrderJson[] }>("/v1/orders", collector);
    expect(first.body.orders.length).toBe(50);
    const all = await listAll(operatorKey, 200);
    expect(all.map(({ id }) => id)).toEqual(newestFirst(all.map(({ id }) => id)));
    expect(all.filter(({ buyer_id }) => buyer_id === "collector").map(({ id }) => id)).toEqual(newestFirst(made));
    expect(new Set(all.map(({ buyer_id }) => buyer_id))).toContain("bob");
    const nobodys = await get<{ orders: OrderJson[]; next_cursor: null }>("/v1/orders", await tokenOf("newcomer"));
    expect<unknown>(nobodys.body).toEqual({ orders: [], next_cursor: null });
  });

  test("are searched by campaign, offer, buyer, state and time, by operators; by buyers among their own alone", async () => {
    const [carol, dave] = await Promise.all([tokenOf("searching-carol"), tokenOf("searching-dave")]);
    const one = await createCampaign(server, { stock: 50, limitPerBuyer: 50 });
    const other = await createCampaign(server, { stock: 50, limitPerBuyer: 50 });
    const bought: (OrderJson & { reserved_at: string })[] = [];
    for (const [campaign, as] of [
      [one, carol],
      [one, dave],
      [other, carol],
      [one, carol],
      [other, dave],
    ] as const) {
      bought.push((await buy(server, firstOffer(campaign).id, as)).body as OrderJson & { reserved_at: string });
      await Bun.sleep(5); // so that no two of them share their time
    }
    const [a, b, c, d, e] = bought.map(({ id }) => id) as [string, string, string, string, string];
    const at = bought.map(({ reserved_at }) => reserved_at) as [string, string, string, string, string];
    await call(`${server.url}/v1/orders/${d}/pay`, { method: "POST", as: operatorKey });
    const found = async (as: string, query: string) => {
      const { status, body } = await get<{ orders: OrderJson[]; next_cursor: string | null }>(
        `/v1/orders?${query}`,
        as,
      );
      expect([query, status]).toEqual([query, 200]);
      return body.orders.map(({ id }) => id);
    };
    const byOperator: readonly (readonly [query: string, ids: readonly string[]])[] = [
      [`campaign_id=${one.id}`, [d, b, a]],
      [`offer_id=${firstOffer(other).id}`, [e, c]],
      ["buyer_id=searching-carol", [d, c, a]],
      [`buyer_id=searching-carol&campaign_id=${one.id}&state=reserved`, [a]],
      [`campaign_id=${one.id}&state=paid`, [d]],
      [`campaign_id=${one.id}&offer_id=${firstOffer(other).id}`, []],
      ["campaign_id=cmp_zzzzzzzzzz", []],
      ["buyer_id=searching-nobody", []],
      [`from=${at[1]}&to=${at[3]}&buyer_id=searching-carol`, [c]],
      [`from=${at[1]}&to=${at[4]}`, [d, c, b]],
      [`campaign_id=${one.id}&limit=1&cursor=${d}`, [b]],
    ];
    for (const [query, ids] of byOperator) expect([query, await found(operatorKey, query)]).toEqual([query, [...ids]]);
    const zoned = new Date(Date.parse(at[1]) + 8 * 3_600_000).toISOString().replace("Z", "%2B08:00");
    expect(await found(operatorKey, `from=${zoned}&campaign_id=${one.id}`)).toEqual([d, b]);
    expect(await found(carol, `campaign_id=${one.id}`)).toEqual([d, a]);
    expect(await found(carol, `offer_id=${firstOffer(other).id}&state=reserved&from=${at[0]}`)).toEqual([c]);
    expect(await found(dave, `from=${at[0]}`)).toEqual([e, b]);
    expect(await found(await tokenOf("searching-nobody"), `campaign_id=${one.id}`)).toEqual([]);
  });

  test("are cancelled once, by their buyer or an operator: the stock returns once, however often it is asked", async () => {
    const campaign = await createCampaign(server, { stock: 4, limitPerBuyer: 2 });
    const offer = firstOffer(campaign);
    const mine = await buy(server, offer.id, alice, { quantity: 2 });
    const theirs = await buy(server, offer.id, bob, { quantity: 2 });
    refusalOf(await buy(server, offer.id, await tokenOf("carol")), 409, "sold_out");
    const cancel = (id: string, as: string) => call(`${server.url}/v1/orders/${id}/cancel`, { method: "POST", as });
    refusalOf(await cancel(mine.body.id, bob), 404, "not_found");
    const replies = await Promise.all([1, 2, 3].map(() => cancel(mine.body.id, alice)));
    replies.push(await cancel(mine.body.id, operatorKey));
    for (const reply of replies) {
      expect(reply.status).toBe(200);
      expect(reply.body).toMatchObject({ ...mine.body, state: "cancelled" });
      expect(reply.body["ended_at"]).toMatch(wireTime);
    }
    expect((await cancel(theirs.body.id, operatorKey)).body).toMatchObject({ state: "cancelled" });
    expect(await offerOf(campaign.id)).toMatchObject({ total: 4, available: 4, held: 0, sold: 0 });
    expect((await buy(server, offer.id, alice, { quantity: 2 })).status).toBe(201); // the limit is free again
  });

  test("are paid once: repeated payments answer the same", async () => {
    const campaign = await createCampaign(server);
    const order = await buy(server, firstOffer(campaign).id, alice);
    const pay = (body?: unknown) => operate<OrderJson & { paid_at: string }>(`/v1/orders/${order.body.id}/pay`, body);
    const [first, ...again] = [await pay({ reference: "pay_1" }), await pay({ reference: "pay_1" })];
    expect(first?.status).toBe(200);
    expect(first?.body).toMatchObject({ ...order.body, state: "paid" });
    expect(first?.body.paid_at).toMatch(wireTime);
    for (const reply of again) expect([reply.status, reply.body]).toEqual([200, first?.body as never]);
    // Another payment for the same order is money for nothing: it is never said to be fine.
    refusalOf(await pay({ reference: "pay_2" }), 409, "refund_due");
    refusalOf(await pay(), 409, "refund_due");
    expect(await offerOf(campaign.id)).toMatchObject({ total: 10, available: 9, held: 0, sold: 1 });
    const cancel = await call(`${server.url}/v1/orders/${order.body.id}/cancel`, { method: "POST", as: alice });
    expect(refusalOf(cancel, 409, "transition_not_allowed")["state"]).toBe("paid");
  });

  test("not paid in time expire and give their units back; a late payment gets them if they are still there", async () => {
    const [plenty, scarce] = [
      await createCampaign(server, { stock: 2, paymentWindowS: 1 }),
      await createCampaign(server, { stock: 1, paymentWindowS: 1 }),
    ];
    const lucky = await buy(server, firstOffer(plenty).id, alice);
    const unlucky = await buy(server, firstOffer(scarce).id, alice);
    const expired = await orderIn("expired", lucky.body.id);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(lucky.body.expires_at) - 50);
    expect((expired as unknown as { ended_at: string }).ended_at).toMatch(wireTime);
    expect(await offerOf(plenty.id)).toMatchObject({ total: 2, available: 2, held: 0, sold: 0 });
    const paid = await operate<OrderJson>(`/v1/orders/${lucky.body.id}/pay`);
    expect([paid.status, paid.body.state]).toEqual([200, "paid"]);
    expect(await offerOf(plenty.id)).toMatchObject({ total: 2, available: 1, held: 0, sold: 1 });

    await orderIn("expired", unlucky.body.id);
    expect((await buy(server, firstOffer(scarce).id, bob)).status).toBe(201);
    for (let times = 0; times < 2; times++) {
      refusalOf(await operate(`/v1/orders/${unlucky.body.id}/pay`, { reference: "late" }), 409, "refund_due");
    }
    expect((await get<OrderJson>(`/v1/orders/${unlucky.body.id}`, alice)).body.state).toBe("refund_due");
    const scarceNow = await offerOf(scarce.id);
    expect(scarceNow.total).toBe(1);
    expect(scarceNow.available + scarceNow.held + scarceNow.sold).toBe(1);
  });

  test("somebody else's is not there", async () => {
    const order = await buy(server, firstOffer(await createCampaign(server)).id, alice);
    refusalOf(await get(`/v1/orders/${order.body.id}`, bob), 404, "not_found");
    expect((await get(`/v1/orders/${order.body.id}`, operatorKey)).body).toEqual(order.body as never);
  });
});

describe("for whoever runs it", () => {
  test("the time is the server's, in both forms", async () => {
    const before = Date.now();
    const { status, headers, body } = await get<{ now: string; now_ms: number }>("/v1/time");
    expect(status).toBe(200);
    expect(headers.get("cache-control")).toBe("no-store");
    expect(body.now).toMatch(wireTime);
    expect(Date.parse(body.now)).toBe(body.now_ms);
    expect(body.now_ms).toBeGreaterThan(before - 100);
    expect(body.now_ms).toBeLessThan(Date.now() + 100);
  });

  test("it says that it lives and is ready", async () => {
    expect<unknown>((await get("/healthz")).body).toEqual({ status: "ok" });
    expect<unknown>((await get("/readyz")).body).toEqual({ status: "ready", load: "normal", switches_on: [] });
  });

  test("HEAD answers as GET does, without the body", async () => {
    const { id } = await createCampaign(server);
    for (const path of [`/v1/campaigns/${id}`, "/v1/time", "/healthz", "/v1/campaigns"]) {
      const [asked, head] = [await fetch(server.url + path), await fetch(server.url + path, { method: "HEAD" })];
      expect(head.status).toBe(200);
      expect(await head.text()).toBe("");
      for (const name of ["content-type", "cache-control", "x-content-type-options", "etag"]) {
        expect(head.headers.get(name)).toBe(asked.headers.get(name));
      }
    }
  });

  test("the metrics are valid Prometheus text and count what happened", async () => {
    const offer = firstOffer(await createCampaign(server, { stock: 2 }));
    const before = await scrape(server.url);
    await buy(server, offer.id, alice, { key: "m" });
    await buy(server, offer.id, alice, { key: "m" });
    await buy(server, offer.id, alice);
    await buy(server, offer.id, "nonsense");
    await get("/nowhere");
    const after = await scrape(server.url);
    const grown = (name: string, labels: Record<string, string> = {}) =>
      seriesValue(after, name, labels) - seriesValue(before, name, labels);
    const requests = "rushbox_http_requests_total";
    expect(grown(requests, { route: "reserve", status: "201" })).toBe(1);
    expect(grown(requests, { route: "reserve", status: "200" })).toBe(1);
    expect(grown(requests, { route: "reserve", status: "409" })).toBe(1);
    expect(grown(requests, { route: "reserve", status: "401" })).toBe(1);
    expect(grown(requests, { route: "unmatched", status: "404" })).toBe(1);
    expect(grown(requests, { route: "metrics", status: "200" })).toBe(1);
    expect(grown("rushbox_http_request_duration_seconds_count", { route: "reserve" })).toBe(4);
    for (const outcome of ["reserved", "replayed", "limit_reached", "unauthorized"]) {
      expect(grown("rushbox_attempts_total", { outcome })).toBe(1);
    }
    expect(grown("rushbox_events_total")).toBe(1);
    expect(grown("rushbox_committed_seq")).toBe(1);
    expect(grown("rushbox_commit_duration_seconds_count")).toBe(1);
    const units = (place: string) => seriesValue(after, "rushbox_offer_units", { offer: offer.id, place });
    expect([units("available"), units("held"), units("sold")]).toEqual([1, 1, 0]);
    expect(seriesValue(after, "process_resident_memory_bytes")).toBeGreaterThan(2 ** 24);
    expect(seriesValue(after, "rushbox_queue_commands")).toBe(0);
  });

  test("the reader of metrics in this test is strict", () => {
    const head = "# HELP a_total A.\n# TYPE a_total counter\n";
    const histogram = (...lines: string[]) => `# HELP h H.\n# TYPE h histogram\n${lines.join("\n")}\n`;
    const good = parsePrometheus(`${head}a_total{x="\\"\\\\\\n,}"} 1e3\n`);
    expect(good.get("a_total")?.samples[0]).toEqual({ name: "a_total", labels: { x: '"\\\n,}' }, value: 1_000 });
    for (const bad of [
      "a_total 1\n",
      `${head}a_total 1`,
      `${head}a_total 1\na_total 2\n`,
      `${head}a_total -1\n`,
      `${head}a_total one\n`,
      `${head}a_total Infinity\n`,
      `${head}a_total{x="a"b"} 1\n`,
      `${head}a_total{x="a\\t"} 1\n`,
      `${head}a_total{x="1",x="2"} 1\n`,
      `${head}b_total 1\n`,
      `${head}\na_total 1\n`,
      `${head}a_total 1\n${head}`,
      histogram('h_bucket{le="1"} 2', 'h_bucket{le="+Inf"} 1', "h_sum 1", "h_count 1"),
      histogram('h_bucket{le="1"} 1', 'h_bucket{le="+Inf"} 2', "h_sum 1", "h_count 3"),
      histogram('h_bucket{le="1"} 1', "h_sum 1", "h_count 1"),
      histogram('h_bucket{le="+Inf"} 1', "h_count 1"),
    ]) {
      expect(() => parsePrometheus(bad)).toThrow();
    }
  });
});
