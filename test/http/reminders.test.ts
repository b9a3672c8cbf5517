/**
 * Reminders over HTTP: each comes once, to its buyer's stream and list, to operators' streams and to webhooks; nobody sees
 * or changes another's; what is refused changes nothing; when the buyer is erased nothing of them is left.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { join } from "node:path";
import { Webhook } from "standardwebhooks";
import type { Command } from "../../src/domain/command.ts";
import { Engine } from "../../src/engine/engine.ts";
import { SqliteJournal } from "../../src/storage/sqlite/journal.ts";
import { openWriter } from "../../src/storage/sqlite/open.ts";
import { runCommand } from "../cli/command.ts";
import { campaignDraft } from "../engine/sale.ts";
import {
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { EventStream } from "./event-stream.ts";
import { until } from "./until.ts";

setDefaultTimeout(60_000);

interface ReminderJson {
  readonly reminder_id: string;
  readonly campaign_id: string;
  readonly opens_at: string;
  readonly lead_s: number;
  readonly due_at: string;
  readonly state: string;
  readonly came_at: string | null;
  readonly late: boolean;
  readonly code?: string;
  readonly lead_s_max?: number;
}

type Where = Pick<Server, "url">;

let server: Server;
beforeAll(async () => {
  server = await startServer({ args: ["--http-threads", "2"], env: { RUSHBOX_WEBHOOKS_PRIVATE: "yes" } });
});
afterAll(() => server[Symbol.asyncDispose]());

let buyers = 0;
const somebody = () => tokenOf(`buyer-${buyers++}`);
const inMs = (ms: number) => new Date(Date.now() + ms).toISOString();
const announce = (ms: number, at: Where = server) => createCampaign(at, { opensAt: inMs(ms) });
const post = <T = ReminderJson>(path: string, as: string, body?: unknown, at: Where = server) =>
  call<T>(at.url + path, { method: "POST", as, ...(body === undefined ? {} : { body }) });
const set = ({ id }: CampaignJson, as: string, body?: unknown, at?: Where) =>
  post(`/v1/campaigns/${id}/reminder`, as, body, at);
const remove = ({ id }: CampaignJson, as: string, at?: Where) =>
  post(`/v1/campaigns/${id}/reminder/remove`, as, undefined, at);
const get = ({ id }: CampaignJson, as: string) =>
  call<ReminderJson>(`${server.url}/v1/campaigns/${id}/reminder`, { as });
const list = async (as: string, at: Where = server) =>
  (await call<{ reminders: ReminderJson[] }>(`${at.url}/v1/reminders`, { as })).body.reminders;

test("one is set, shown, replaced and removed; another buyer sees nothing of it", async () => {
  const [alice, bob] = [await somebody(), await somebody()];
  const campaign = await announce(7_200_000);
  const made = await set(campaign, alice);
  expect(made.status).toBe(201);
  expect(made.body).toEqual({
    ...{ reminder_id: expect.stringMatching(/^rmd_[0-9a-z]{10}$/), campaign_id: campaign.id, title: "Test sale" },
    ...{ opens_at: campaign.opens_at, lead_s: 300, state: "waiting", came_at: null, late: false },
    due_at: new Date(Date.parse(campaign.opens_at ?? "") - 300_000).toISOString(),
  } as unknown as ReminderJson);
  expect(await set(campaign, alice, { lead_s: 300 })).toMatchObject({ status: 200, body: made.body });
  expect((await get(campaign, alice)).body).toEqual(made.body);
  expect((await get(campaign, bob)).body.code).toBe("not_reminded");
  expect(await list(bob)).toEqual([]);

  const other = await set(campaign, alice, { lead_s: 3_600 });
  expect([other.status, other.body.lead_s]).toEqual([201, 3_600]);
  expect(await list(alice)).toEqual([other.body]);
  expect((await remove(campaign, bob)).body.code).toBe("not_reminded");
  expect(await remove(campaign, alice)).toMatchObject({
    status: 200,
    body: { campaign_id: campaign.id, state: "removed" },
  });
  expect((await remove(campaign, alice)).body.code).toBe("not_reminded");
  expect(await list(alice)).toEqual([]);
});

test("those that wait are listed by when they come, of sales that have not ended", async () => {
  const alice = await somebody();
  const [late, soon, over] = [await announce(9_000_000), await announce(7_200_000), await announce(7_100_000)];
  for (const campaign of [late, soon, over]) await set(campaign, alice);
  await post(`/v1/campaigns/${over.id}/end`, operatorKey);
  expect((await list(alice)).map(({ campaign_id }) => campaign_id)).toEqual([soon.id, late.id]);
  expect((await get(over, alice)).body.code).toBe("not_reminded");
});

test("what is refused changes nothing", async () => {
  const alice = await somebody();
  const campaign = await announce(600_000);
  await set(campaign, alice, { lead_s: 120 });
  for (const lead_s of [0, 59, 90, 300.5, -60, 86_460, "300", null, []]) {
    const { status, body } = await set(campaign, alice, { lead_s });
    expect([lead_s, status, body.code]).toEqual([lead_s, 400, "invalid"]);
  }
  expect((await set(campaign, alice, { lead: 300 })).body.code).toBe("invalid");
  expect((await set(campaign, alice, [])).body.code).toBe("invalid");
  const tooLate = await set(campaign, alice, { lead_s: 600 });
  expect(tooLate).toMatchObject({ status: 409, body: { code: "reminder_too_late", lead_s_max: 540 } });
  const nobody = await call<ReminderJson>(`${server.url}/v1/campaigns/${campaign.id}/reminder`, { method: "POST" });
  expect([nobody.status, nobody.body.code]).toEqual([401, "unauthorized"]);
  expect((await set(campaign, operatorKey)).status).toBe(401);
  expect((await list(alice)).map(({ lead_s }) => lead_s)).toEqual([120]);

  const open = await createCampaign(server);
  expect(await set(open, alice)).toMatchObject({ status: 409, body: { code: "already_open" } });
  const draft = await createCampaign(server, { publish: false, opensAt: inMs(600_000) });
  for (const ask of [set, remove]) expect((await ask(draft, alice)).status).toBe(404);
  expect((await get(draft, alice)).body.code).toBe("not_found");
  expect((await set({ ...open, id: "cmp_zzzzzzzzzz" }, alice)).status).toBe(404);
  await post(`/v1/campaigns/${campaign.id}/end`, operatorKey);
  expect(await set(campaign, alice)).toMatchObject({ status: 410, body: { code: "ended" } });
});

test("it comes once: on its buyer's stream and in their list, and never on another's", async () => {
  const [alice, bob] = [await somebody(), await somebody()];
  const campaign = await announce(61_500);
  const made = (await set(campaign, alice, { lead_s: 60 })).body;
  await using hers = await EventStream.open(`${server.url}/v1/orders/stream`, { as: alice });
  await using his = await EventStream.open(`${server.url}/v1/orders/stream`, { as: bob });
  const { id, event, data } = await hers.next();
  const came = data as ReminderJson;
  expect(event).toBe("reminder_due");
  expect(came).toEqual({ ...made, state: "due", came_at: expect.any(String) as unknown as string });
  expect(Date.parse(came.came_at ?? "")).toBeGreaterThanOrEqual(Date.parse(made.due_at));
  expect(Date.parse(came.came_at ?? "")).toBeLessThan(Date.parse(made.due_at) + 5_000);
  expect(await list(alice)).toEqual([came]);
  expect((await get(campaign, alice)).body).toEqual(came);
  expect((await remove(campaign, alice)).body.code).toBe("not_reminded");

  // After Last-Event-ID it is told to whoever has not seen it, and to nobody twice.
  await using missed = await EventStream.open(`${server.url}/v1/orders/stream`, { as: alice, lastEventId: id - 1 });
  expect(await missed.next()).toEqual({ id, event, data });
  await using seen = await EventStream.open(`${server.url}/v1/orders/stream`, { as: alice, lastEventId: id });
  const offer = (await createCampaign(server)).offers[0]?.id ?? "";
  await post(`/v1/offers/${offer}/orders`, alice);
  await post(`/v1/offers/${offer}/orders`, bob);
  for (const stream of [hers, missed, seen, his]) expect((await stream.next()).event).toBe("order_reserved");
  expect(hers.events).toHaveLength(2);
});

test("it goes out once: on operators' streams and to webhooks, with whom to tell of what", async () => {
  const campaign = await announce(61_800);
  const arrivals: { headers: Record<string, string>; body: string }[] = [];
  using receiver = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    async fetch(request) {
      arrivals.push({ headers: Object.fromEntries(request.headers), body: await request.text() });
      return new Response(null, { status: 204 });
    },
  });
  const hook = { url: `http://127.0.0.1:${receiver.port}/`, types: ["reminder_due"] };
  const { body: made } = await post<{ id: string; secret: string }>("/v1/webhooks", operatorKey, hook);
  await using stream = await EventStream.open(`${server.url}/v1/events/stream`, { as: operatorKey });
  const alice = await tokenOf("alice-with-a-phone");
  const waiting = (await set(campaign, alice, { lead_s: 60 })).body;
  const { data, id } = await stream.next(({ event }) => event.startsWith("reminder"));
  expect(data).toMatchObject({
    ...{ seq: id, campaign_id: campaign.id, buyer_id: "alice-with-a-phone" },
    reminder: { ...waiting, state: "due", came_at: (data as { at: string }).at },
  });
  await until(
    async () => arrivals.length,
    (count) => count === 1,
  );
  const [arrival] = arrivals;
  new Webhook(made.secret).verify(arrival?.body ?? "", arrival?.headers ?? {});
  expect(JSON.parse(arrival?.body ?? "")).toMatchObject({ type: "reminder_due", data: data as object });
  await call(`${server.url}/v1/webhooks/${made.id}`, { method: "DELETE", as: operatorKey });
  expect(stream.events.filter(({ event }) => event.startsWith("reminder"))).toHaveLength(1);
});

test("switches refuse what they say: no reminder is set, with read_only none is removed either", async () => {
  await using other = await startServer();
  const alice = await somebody();
  const campaign = await announce(600_000, other);
  const throwSwitch = (name: string, on: boolean) =>
    post("/v1/controls", operatorKey, { switches: [{ name, on, campaign_id: campaign.id }] }, other);
  await throwSwitch("refuse_joins", true);
  expect((await set(campaign, alice, undefined, other)).body.code).toBe("switched_off");
  await throwSwitch("refuse_joins", false);
  expect((await set(campaign, alice, undefined, other)).status).toBe(201);
  await throwSwitch("read_only", true);
  expect((await set(campaign, alice, { lead_s: 60 }, other)).body.code).toBe("switched_off");
  expect((await remove(campaign, alice, other)).body.code).toBe("switched_off");
  expect(await list(alice, other)).toMatchObject([{ lead_s: 300 }]);
});

test("a rate limit counts setting one as an attempt, and asking for them apart from it", async () => {
  await using limited = await startServer({ env: { RUSHBOX_RATE_LIMITS: "on" } });
  const alice = await somebody();
  const campaign = await announce(600_000, limited);
  await post("/v1/controls", operatorKey, { rate_limits: { buyer: { quota: 1, window_s: 600 } } }, limited);
  expect((await set(campaign, alice, undefined, limited)).status).toBe(201);
  expect(await set(campaign, alice, { lead_s: 60 }, limited)).toMatchObject({
    status: 429,
    body: { code: "rate_limited" },
  });
  expect(await list(alice, limited)).toMatchObject([{ lead_s: 300 }]);
});

describe("what came due while the server was down", () => {
  /** A folder in which `alice` waits for a reminder that was due a while ago, of a sale that opens so much later than now. */
  async function folderOf(opensInMs: number): Promise<{ data: string; alice: string }> {
    const data = newFolder();
    const db = openWriter(data);
    const journal = new SqliteJournal(db);
    const engine = new Engine();
    const [buyerId, alice] = ["alice", await tokenOf("alice")];
    const opensAtMs = Date.now() + opensInMs;
    const execute = (command: Command) => {
      engine.execute(command, opensAtMs - 3_600_000);
      journal.commit({ events: engine.takeEvents(), ...engine.state.takeChanges(), audit: [] });
    };
    execute({ type: "create_campaign", draft: campaignDraft({ opensAtMs }) });
    execute({ type: "publish", campaignId: 1 });
    execute({ type: "set_reminder", campaignId: 1, buyerId, leadS: 1_800 });
    journal.checkpoint();
    db.close();
    return { data, alice };
  }

  test.each([
    ["comes with the start", 600_000, false],
    ["comes with the start and says that it is late, where the sale has opened meanwhile", -30_000, true],
  ] as const)("%s; once, however often it starts", async (_, opensInMs, late) => {
    const { data, alice } = await folderOf(opensInMs);
    const first = await startServer({ data });
    const came = await until(
      () => list(alice, first),
      ([reminder]) => reminder?.state === "due",
    );
    expect(came).toMatchObject([{ late, lead_s: 1_800 }]);
    await first.stop("SIGKILL");
    const second = await startServer({ data });
    expect(await list(alice, second)).toEqual(came);
    await second.stop();
    using db = new Database(join(data, "rushbox.db"), { readonly: true });
    expect(db.query("SELECT count(*) FROM events WHERE type = 'reminder_due'").values()).toEqual([[1]]);
    const verified = await runCommand(["verify", "--data", data]);
    expect([verified.code, verified.stderr]).toEqual([0, ""]);
  });
});

test("the metrics tell how many wait, and how many came", async () => {
  await using other = await startServer();
  const alice = await somebody();
  await set(await announce(61_000, other), alice, { lead_s: 60 }, other);
  await set(await announce(600_000, other), alice, { lead_s: 60 }, other);
  const figures = async () => {
    const text = await (
      await fetch(`${other.url}/metrics`, { headers: { authorization: `Bearer ${operatorKey}` } })
    ).text();
    return [...text.matchAll(/^rushbox_reminders_(?:waiting|due_total) (\d+)$/gm)].map(([, figure]) => Number(figure));
  };
  expect(await figures()).toEqual([2, 0]);
  await until(figures, ([waiting]) => waiting === 1);
  expect(await figures()).toEqual([1, 1]);
});

test("whoever is erased leaves no reminder behind, and the folder still holds together", async () => {
  const data = newFolder();
  const server = await startServer({ data });
  const mallory = "mallory-8c51";
  const token = await tokenOf(mallory);
  const [due, never] = [await announce(61_000, server), await announce(600_000, server)];
  await set(due, token, { lead_s: 60 }, server);
  await set(never, token, undefined, server);
  await until(
    () => list(token, server),
    (all) => all.some(({ state }) => state === "due"),
  );
  const erase = () => post<Record<string, number>>("/v1/buyers/erase", operatorKey, { buyer_id: mallory }, server);
  expect((await erase()).body).toEqual({ orders: 0, entries: 0, remaining: 2 });
  for (const { id } of [due, never]) await post(`/v1/campaigns/${id}/end`, operatorKey, undefined, server);
  expect((await erase()).body).toEqual({ orders: 0, entries: 2, remaining: 0 });
  expect(await list(token, server)).toEqual([]);
  expect((await erase()).status).toBe(404);
  await using stream = await EventStream.open(`${server.url}/v1/events/stream`, { as: operatorKey, lastEventId: 0 });
  expect((await stream.next(({ event }) => event === "reminder_due")).data).toMatchObject({ buyer_id: null });
  await server.stop();
  using db = new Database(join(data, "rushbox.db"), { readonly: true });
  expect(JSON.stringify(db.query("SELECT * FROM reminders").all())).not.toContain(mallory);
  const verified = await runCommand(["verify", "--data", data]);
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining("reminders")]);
});
