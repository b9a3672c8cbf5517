/**
 * A waiting room that knows the stock: places by lot for who came before the opening, in order for who comes later;
 * never more passes out than units left; the line goes on whoever leaves, buys or lets the pass run out; the same line
 * after every restart and crash; and everybody hears of their turn within a second.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { formatId, parseId } from "../../src/domain/ids.ts";
import { sha256OfHex } from "../../src/host/hash.ts";
import { Random } from "../engine/random.ts";
import { drawnQueue } from "../guarantees/admission.ts";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  type OrderJson,
  operatorKey,
  type Reply,
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
  readonly place: number | null;
  readonly ahead: number | null;
  readonly waiting: number;
  readonly passes: number;
  readonly units_left: number;
  readonly units_held: number;
  readonly chance: number | null;
  readonly estimated_wait_s: number | null;
  readonly note: string | null;
  readonly pass: string | null;
  readonly expires_at: string | null;
  readonly poll_after_s: number;
  readonly code?: string;
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
  crowd = await Promise.all(Array.from({ length: 40 }, (_, at) => tokenOf(`crowd-${at}`)));
});
afterAll(() => server[Symbol.asyncDispose]());

const offerIdOf = (campaign: CampaignJson) => campaign.offers[0]?.id ?? "";
const post = <T = OrderJson>(path: string, as = operatorKey, body?: unknown, at: Where = server) =>
  call<T>(at.url + path, { method: "POST", as, ...(body === undefined ? {} : { body }) });
const pathOf = ({ id }: CampaignJson) => `/v1/campaigns/${id}/queue`;
const join = (campaign: CampaignJson, as: string, at: Where = server) =>
  post<PlaceJson>(pathOf(campaign), as, undefined, at);
const placeOf = (campaign: CampaignJson, as: string, at: Where = server) =>
  call<PlaceJson>(at.url + pathOf(campaign), { as });
const leave = (campaign: CampaignJson, as: string) => post<PlaceJson>(`${pathOf(campaign)}/leave`, as);
const act = (campaign: CampaignJson, action: string) => post(`/v1/campaigns/${campaign.id}/${action}`);
const cancel = (order: OrderJson, as = operatorKey) => post(`/v1/orders/${order.id}/cancel`, as);
const roomFor = (what: Parameters<typeof createCampaign>[1] = {}, at: Where = server) =>
  createCampaign(at, { admission: "queue", stock: 1, ...what });

async function admitted(campaign: CampaignJson, as: string, at: Where = server): Promise<PlaceJson> {
  const reply = await until(
    () => placeOf(campaign, as, at),
    ({ body }) => body.state === "admitted",
  );
  return reply.body;
}

/** A start gives passes their whole time again. */
function exceptPass({ pass, expires_at, ...place }: PlaceJson) {
  return place;
}

function expectOrdered(places: readonly Reply<PlaceJson>[]): void {
  expect(places.map(({ body }) => body.place).sort((a, b) => (a ?? 0) - (b ?? 0))).toEqual(
    places.map((_, at) => at + 1),
  );
}

describe("in the room", () => {
  test("as many are admitted as there are units, the others stand in line, and each sees how it is", async () => {
    const campaign = await roomFor({ stock: 2 });
    const [first, second, third, fourth] = [
      await join(campaign, alice),
      await join(campaign, bob),
      await join(campaign, carol),
      await join(campaign, crowd[0] ?? ""),
    ];
    expect([first.status, first.body.state, second.body.state]).toEqual([201, "admitted", "admitted"]);
    expect(first.body).toMatchObject({ place: null, ahead: null, chance: 1, estimated_wait_s: 0, passes: 1 });
    expect(first.body.pass).toStartWith("p1.");
    expect(third.body).toMatchObject({ state: "waiting", place: 1, ahead: 0, waiting: 1, passes: 2, units_left: 2 });
    expect(fourth.body).toMatchObject({ state: "waiting", place: 2, ahead: 1, waiting: 2, pass: null });
    expect(third.body.chance).toBeGreaterThan(fourth.body.chance ?? 1);
    const again = await join(campaign, carol);
    expect([again.status, again.body.entry_id, again.body.place]).toEqual([200, third.body.entry_id, 1]);
    const asked = await placeOf(campaign, carol);
    expect([asked.status, asked.body.place]).toEqual([200, 1]);
    expect(asked.headers.get("retry-after")).toBe(String(asked.body.poll_after_s));
    expect(asked.body.poll_after_s).toBe(1);
  });

  test("a purchase without one's turn is refused by name, and with it there is an order and no place any more", async () => {
    const campaign = await roomFor();
    const offer = offerIdOf(campaign);
    const outside = await buy(server, offer, alice);
    expect([outside.status, outside.body]).toMatchObject([
      403,
      { code: "not_admitted", admission: "queue", reason: "missing" },
    ]);
    const { pass } = (await join(campaign, alice)).body;
    await join(campaign, bob);
    expect((await buy(server, offer, bob)).body.reason).toBe("missing");
    expect((await buy(server, offer, bob, { pass })).body.reason).toBe("wrong_buyer");
    expect((await placeOf(campaign, bob)).body).toMatchObject({ state: "waiting", place: 1 });
    const order = await buy(server, offer, alice, { pass, key: "k" });
    expect(order.status).toBe(201);
    expect((await placeOf(campaign, alice)).body.code).toBe("not_queued");
    expect((await buy(server, offer, alice, { pass: null, key: "k" })).body.id).toBe(order.body.id);
    // While it is held nobody else is let in; when it comes back it is the next one's, and only theirs.
    expect((await placeOf(campaign, bob)).body).toMatchObject({ place: 1, units_left: 0, units_held: 1, passes: 0 });
    await cancel(order.body, alice);
    const theirs = await admitted(campaign, bob);
    const used = await buy(server, offer, alice, { pass });
    expect([used.status, used.body.code, used.body.reason]).toEqual([403, "not_admitted", "used"]);
    expect((await buy(server, offer, bob, { pass: theirs.pass })).status).toBe(201);
  });

  test("whoever leaves makes room at once: from the line, and with a pass, which is then void", async () => {
    const campaign = await roomFor();
    const { pass } = (await join(campaign, alice)).body;
    await join(campaign, bob);
    await join(campaign, carol);
    expect((await leave(campaign, bob)).body).toMatchObject({ campaign_id: campaign.id, state: "left" });
    expect((await placeOf(campaign, carol)).body).toMatchObject({ state: "waiting", place: 1, waiting: 1 });
    expect([(await leave(campaign, bob)).body.code, (await placeOf(campaign, bob)).status]).toEqual([
      "not_queued",
      404,
    ]);
    expect((await leave(campaign, alice)).status).toBe(200);
    expect((await placeOf(campaign, carol)).body.state).toBe("admitted");
    expect((await buy(server, offerIdOf(campaign), alice, { pass })).body.reason).toBe("used");
    expect((await join(campaign, alice)).body).toMatchObject({ state: "waiting", place: 1 });
  });

  test("an early clear no: nothing left and nothing that can come back", async () => {
    const campaign = await roomFor();
    const { pass } = (await join(campaign, alice)).body;
    await join(campaign, bob);
    const { body: order } = await buy(server, offerIdOf(campaign), alice, { pass });
    expect((await placeOf(campaign, bob)).body.chance).toBeGreaterThan(0);
    expect((await placeOf(campaign, bob)).body.note).toBeNull();
    expect((await post(`/v1/orders/${order.id}/pay`)).status).toBe(200);
    const { body } = await placeOf(campaign, bob);
    expect(body).toMatchObject({ state: "waiting", place: 1, units_left: 0, units_held: 0, chance: 0 });
    expect(body.note).not.toBeNull();
    const late = await join(campaign, carol);
    expect([late.status, late.body.code]).toEqual([409, "sold_out"]);
  });

  test("nobody can be who may not buy, where no queue is, or when it is over", async () => {
    const campaign = await roomFor({ stock: 3 });
    const { pass } = (await join(campaign, alice)).body;
    await buy(server, offerIdOf(campaign), alice, { pass });
    expect((await join(campaign, alice)).body.code).toBe("limit_reached");
    const open = await createCampaign(server);
    expect([(await join(open, alice)).body.code, (await placeOf(open, alice)).body.code]).toEqual([
      "queue_off",
      "queue_off",
    ]);
    const draft = await roomFor({ publish: false });
    expect([(await join(draft, alice)).status, (await placeOf(draft, alice)).status]).toEqual([404, 404]);
    expect((await call(server.url + pathOf(campaign), { method: "POST" })).status).toBe(401);
    expect((await join(campaign, operatorKey)).status).toBe(401);
    expect((await post(`/v1/offers/${offerIdOf(campaign)}/waitlist`, bob)).body).toMatchObject({
      code: "waitlist_off",
    });
    await act(campaign, "end");
    expect([(await join(campaign, bob)).body.code, (await placeOf(campaign, bob)).status]).toEqual(["ended", 410]);
  });

  test("while the sale is paused no pass runs out, and after it all have their whole time again", async () => {
    const campaign = await roomFor({ passWindowS: 10 });
    const before = (await join(campaign, alice)).body;
    await act(campaign, "pause");
    expect((await buy(server, offerIdOf(campaign), alice, { pass: before.pass })).body.code).toBe("paused");
    await act(campaign, "resume");
    const after = (await placeOf(campaign, alice)).body;
    expect([after.state, after.entry_id]).toEqual(["admitted", before.entry_id]);
    expect(Date.parse(after.expires_at ?? "")).toBeGreaterThan(Date.parse(before.expires_at ?? ""));
    expect((await buy(server, offerIdOf(campaign), alice, { pass: after.pass })).status).toBe(201);
  });

  // This one and the next wait for the clock, side by side.
  test.concurrent("a pass that is not used runs out, and the next in line hears of theirs within a second", async () => {
    const campaign = await roomFor({ passWindowS: 10 });
    const mine = (await join(campaign, alice)).body;
    await join(campaign, bob);
    expect(mine.poll_after_s).toBeLessThanOrEqual(2); // nobody sleeps through a short pass
    await using stream = await EventStream.open(`${server.url}${pathOf(campaign)}/stream`, { as: bob });
    const told = await stream.next(({ data }) => (data as PlaceJson).state === "admitted", 15_000);
    const lateMs = Date.now() - Date.parse(mine.expires_at ?? "");
    expect(lateMs).toBeWithin(-50, 1_500);
    expect((await placeOf(campaign, alice)).body.code).toBe("not_queued");
    const expired = await buy(server, offerIdOf(campaign), alice, { pass: mine.pass });
    expect([expired.status, expired.body.reason]).toEqual([403, "expired"]);
    const { pass } = told.data as PlaceJson;
    expect((await buy(server, offerIdOf(campaign), bob, { pass })).status).toBe(201);
  });
});

describe("before the opening", () => {
  test.concurrent("nobody has a place; then all have one by lot, and those who are first have a pass", async () => {
    const opensAt = new Date(Date.now() + 4_000).toISOString();
    const campaign = await roomFor({ stock: 3, opensAt });
    const early = crowd.slice(0, 20);
    for (const as of early) {
      const { status, body } = await join(campaign, as);
      expect([status, body]).toMatchObject([
        201,
        { state: "waiting", place: null, ahead: null, chance: null, estimated_wait_s: null, pass: null, units_left: 3 },
      ]);
      expect(body.poll_after_s).toBeWithin(1, 6);
    }
    const left = await placeOf(campaign, early.at(-1) ?? "");
    await leave(campaign, early.pop() ?? "");
    const told = async () => (await call<CampaignJson>(`${server.url}/v1/campaigns/${campaign.id}`)).body;
    expect(await told()).toMatchObject({ state: "scheduled", secret: null, drawn_count: null });
    expect((await told()).commitment).toMatch(/^[0-9a-f]{64}$/);
    await using stream = await EventStream.open(`${server.url}${pathOf(campaign)}/stream`, { as: early[0] ?? "" });
    expect((await stream.next()).data).toMatchObject({ state: "waiting", place: null });
    await stream.next(({ data }) => (data as PlaceJson).state === "admitted" || (data as PlaceJson).place !== null);
    expect(Date.now() - Date.parse(opensAt)).toBeWithin(-50, 1_500);
    const places = await Promise.all(early.map((as) => placeOf(campaign, as)));
    const waiting = places.filter(({ body }) => body.state === "waiting");
    expect([places.length, waiting.length]).toEqual([19, 16]);
    expectOrdered(waiting);
    expect((await join(campaign, alice)).body.place).toBe(17);
    // Whoever knows the entries comes to the same order by the secret, which is the one that was committed to.
    const { secret, commitment, drawn_count } = await told();
    expect([sha256OfHex(secret ?? ""), drawn_count]).toEqual([commitment ?? "", 19]);
    const entered = places.map(({ body }) => parseId("que", body.entry_id) ?? 0).toSorted((a, b) => a - b);
    expect(entered).not.toContain(parseId("que", left.body.entry_id) ?? 0);
    const order = drawnQueue(entered, campaign.id, secret ?? "").map((id) => formatId("que", id));
    expect(places.map(({ body }) => body.place ?? 0)).toEqual(
      places.map(({ body }) => Math.max(0, order.indexOf(body.entry_id) - 2)),
    );
    await act(campaign, "end");
    expect(await told()).toMatchObject({ state: "ended", secret, drawn_count });
  });

  test("nobody can tell the secret, and when nobody came before it, nor after it", async () => {
    const campaign = await roomFor({ stock: 3 });
    await join(campaign, alice);
    const { body } = await call<CampaignJson>(`${server.url}/v1/campaigns/${campaign.id}`);
    expect(body).toMatchObject({ state: "open", secret: null, drawn_count: null });
    const other = await createCampaign(server);
    expect(Object.keys(other)).not.toContain("secret");
  });
});

describe("a place is told", () => {
  test("by a stream: at the beginning, when it changes, and that it is over", async () => {
    const campaign = await roomFor();
    const mine = (await join(campaign, alice)).body;
    await join(campaign, bob);
    await join(campaign, carol);
    const url = `${server.url}${pathOf(campaign)}/stream`;
    await using ofCarol = await EventStream.open(url, { as: carol });
    await using ofAlice = await EventStream.open(url, { as: alice });
    expect(ofCarol.response.headers.get("content-type")).toBe("text/event-stream");
    expect((await ofCarol.next()).data).toMatchObject({ place: 2, state: "waiting" });
    expect((await ofAlice.next()).data).toMatchObject({ state: "admitted", pass: mine.pass });
    const leftAtMs = performance.now();
    await leave(campaign, bob);
    expect((await ofCarol.next(({ data }) => (data as PlaceJson).place !== 2)).data).toMatchObject({ place: 1 });
    expect(performance.now() - leftAtMs).toBeLessThan(1_500);
    const boughtAtMs = performance.now();
    await buy(server, offerIdOf(campaign), alice, { pass: mine.pass });
    const over = await ofAlice.next(({ event }) => event === "over");
    expect(performance.now() - boughtAtMs).toBeLessThan(1_500);
    expect(over.data).toEqual({ campaign_id: campaign.id, state: "over", code: "not_queued" });
    await ofAlice.ended;
    await act(campaign, "end");
    expect((await ofCarol.next(({ event }) => event === "over")).data).toMatchObject({ code: "ended" });
    await ofCarol.ended;
  });

  test("by as many streams as a buyer may have, and to nobody who is not in the queue", async () => {
    await using small = await startServer();
    const campaign = await roomFor({}, small);
    const url = `${small.url}${pathOf(campaign)}/stream`;
    expect((await call(url, { as: alice })).body).toMatchObject({ code: "not_queued" });
    expect((await call(url)).status).toBe(401);
    await join(campaign, alice, small);
    const open = await Promise.all(Array.from({ length: 4 }, () => EventStream.open(url, { as: alice })));
    expect((await call(url, { as: alice })).body).toMatchObject({ code: "overloaded" });
    for (const stream of open) await stream.close();
    const reply = await until(
      () => EventStream.open(url, { as: alice }),
      ({ response }) => response.status === 200,
    );
    expect((await reply.next()).event).toBe("queue");
    await reply.close();
  });

  test("to whoever asks as seldom as their place allows: the further behind the seldomer, never beyond half a minute", async () => {
    const campaign = await roomFor();
    await join(campaign, alice);
    const polls: number[] = [];
    for (const as of crowd) polls.push((await join(campaign, as)).body.poll_after_s);
    expect(polls).toEqual(polls.toSorted((a, b) => a - b));
    expect([polls[0], polls.at(-1)]).toEqual([1, 11]);
  });
});

describe("a pass promises a unit", () => {
  test("of several units one takes only what is promised to nobody else", async () => {
    const campaign = await roomFor({ stock: 3, limitPerBuyer: 3 });
    const offer = offerIdOf(campaign);
    const [first, second] = [(await join(campaign, alice)).body, (await join(campaign, bob)).body];
    expect((await buy(server, offer, alice, { pass: first.pass, quantity: 3 })).body).toMatchObject({
      code: "sold_out",
    });
    expect((await buy(server, offer, alice, { pass: first.pass, quantity: 2 })).status).toBe(201);
    expect((await buy(server, offer, bob, { pass: second.pass })).status).toBe(201);
  });

  test("through any crowd: nobody with a pass finds nothing left, never are more out than units, the line never stalls", async () => {
    const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
    const random = new Random(seed);
    const stock = 5;
    const campaign = await roomFor({ stock });
    const offer = offerIdOf(campaign);
    const wrong: string[] = [];
    const look = ({ status, body }: Reply<PlaceJson>): PlaceJson => {
      if (status < 300 && body.passes > body.units_left) wrong.push(`${body.passes} passes, ${body.units_left} units`);
      return body;
    };
    let bought = 0;
    const visit = async (as: string) => {
      let place = look(await join(campaign, as));
      while (place.state === "waiting") {
        if (random.percent(10)) return void (await leave(campaign, as));
        await Bun.sleep(random.below(20));
        place = look(await placeOf(campaign, as));
      }
      if (place.state !== "admitted") return void wrong.push(`${place.code ?? place.state} in line`);
      if (random.percent(20)) return void (await leave(campaign, as));
      const order = await buy(server, offer, as, { pass: place.pass });
      if (order.status !== 201) return void wrong.push(`${order.body.code} with a pass`);
      bought += 1;
      await Bun.sleep(random.below(20));
      await cancel(order.body, as);
    };
    await Promise.all(
      crowd.map(async (as) => {
        for (let n = 0; n < 4; n++) await visit(as);
      }),
    );
    expect([seed, wrong]).toEqual([seed, []]);
    expect(bought).toBeGreaterThan(stock * 4);
    expect(look(await join(campaign, alice))).toMatchObject({
      state: "admitted",
      waiting: 0,
      passes: 1,
      units_left: stock,
    });
  });
});

describe("the line is the same", () => {
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    test.concurrent(`after ${signal} and a start: places, passes, and who is next`, async () => {
      const data = newFolder();
      const [holder, other, ...line] = crowd.slice(0, 8);
      const all = [holder ?? "", other ?? "", ...line];
      let campaign: CampaignJson;
      let before: PlaceJson[];
      {
        await using first = await startServer({ data });
        campaign = await roomFor({ stock: 2, passWindowS: 600 }, first);
        for (const as of all) expect((await join(campaign, as, first)).status).toBe(201);
        await call(`${first.url}${pathOf(campaign)}/leave`, { method: "POST", as: line[2] ?? "" });
        before = await Promise.all(all.map(async (as) => (await placeOf(campaign, as, first)).body));
        await first.stop(signal);
      }
      await using second = await startServer({ data });
      const after = await Promise.all(all.map(async (as) => (await placeOf(campaign, as, second)).body));
      expect(after.map(exceptPass)).toEqual(before.map(exceptPass));
      for (const index of [0, 1]) {
        const [given, renewed] = [before, after].map((places) => Date.parse(places[index]?.expires_at ?? ""));
        expect(renewed).toBeGreaterThan(given ?? Number.NaN);
      }
      expect(after.map(({ state, place, code }) => code ?? place ?? state)).toEqual([
        ...["admitted", "admitted", 1, 2, "not_queued", 3, 4, 5],
      ]);
      const offer = offerIdOf(campaign);
      const order = await buy(second, offer, holder ?? "", { pass: before[0]?.pass ?? null });
      expect(order.status).toBe(201);
      await post(`/v1/orders/${order.body.id}/cancel`, operatorKey, undefined, second);
      expect((await placeOf(campaign, line[0] ?? "", second)).body.state).toBe("admitted");
      expect((await placeOf(campaign, line[1] ?? "", second)).body.place).toBe(1);
    });

    test.concurrent(`after ${signal} between joining and the opening: all are in the lot`, async () => {
      const data = newFolder();
      const early = crowd.slice(0, 12);
      let campaign: CampaignJson;
      {
        await using first = await startServer({ data });
        const opensAt = new Date(Date.now() + 6_000).toISOString();
        campaign = await roomFor({ stock: 2, opensAt, passWindowS: 600 }, first);
        await Promise.all(early.map((as) => join(campaign, as, first)));
        await first.stop(signal);
      }
      const { id } = campaign;
      const places = async (at: Where) => {
        await until(
          () => call<CampaignJson>(`${at.url}/v1/campaigns/${id}`),
          ({ body }) => body.state === "open",
        );
        return Promise.all(early.map((as) => placeOf(campaign, as, at)));
      };
      let drawn: PlaceJson[];
      {
        await using second = await startServer({ data });
        const { body: scheduled } = await call<CampaignJson>(`${second.url}/v1/campaigns/${id}`);
        if (scheduled.state === "scheduled") expect(scheduled.secret).toBeNull();
        const replies = await places(second);
        expectOrdered(replies.filter(({ body }) => body.state === "waiting"));
        drawn = replies.map(({ body }) => body);
        expect(drawn.filter(({ state }) => state === "admitted")).toHaveLength(2);
        await second.stop(signal);
      }
      await using third = await startServer({ data });
      const { body: told } = await call<CampaignJson>(`${third.url}/v1/campaigns/${id}`);
      expect([sha256OfHex(told.secret ?? ""), told.drawn_count]).toEqual([told.commitment ?? "", early.length]);
      expect((await places(third)).map(({ body }) => exceptPass(body))).toEqual(drawn.map(exceptPass));
    });
  }

  test("after kill -9 in the middle of a rush to join: whoever was told so stands there, where they were told", async () => {
    const data = newFolder();
    const buyers = await Promise.all(Array.from({ length: 200 }, (_, at) => tokenOf(`buyer-${at}`)));
    const told = new Map<string, PlaceJson>();
    let campaign: CampaignJson;
    {
      await using first = await startServer({ data });
      campaign = await roomFor({ passWindowS: 600 }, first);
      await join(campaign, alice, first);
      const joining = buyers.map(async (as) => {
        const reply = await join(campaign, as, first).catch(() => null);
        if (reply?.status === 201) told.set(as, reply.body);
        if (told.size === 60) first.process.kill("SIGKILL");
      });
      await Promise.all(joining);
      expect(await first.process.exited).not.toBe(0);
    }
    expect(told.size).toBeGreaterThanOrEqual(60);
    await using second = await startServer({ data });
    for (const [as, { entry_id, place }] of told) {
      expect((await placeOf(campaign, as, second)).body).toMatchObject({ entry_id, place });
    }
  });
});
