/**
 * Rehearsals through the API: one at a time, for operators, beside a sale that comes first; seen while they run, kept
 * when they are done, and gone with the server, however it ends.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import type { LoadLevel } from "../../src/admission/load-level.ts";
import { formatId } from "../../src/domain/ids.ts";
import { setLogLevel } from "../../src/host/log.ts";
import type { FromRehearsals, RehearsalQuestion, RehearsalReply } from "../../src/http/rehearsal-mailbox.ts";
import type { Rehearsal, RehearsalOrder } from "../../src/http/rehearsal-schemas.ts";
import { RehearsalOffice } from "../../src/rehearsal-office.ts";
import { call, createCampaign, newFolder, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { until } from "./until.ts";

setDefaultTimeout(60_000);
setLogLevel("error"); // an office of this process tells of its rehearsals

const data = newFolder();
const settings = { buyers: 100, rush_s: 1, seed: 3 };
let server: Server;
let campaignId: string;
let viewer: string;

beforeAll(async () => {
  server = await startServer({ data });
  campaignId = (await createCampaign(server, { stock: 20, opensAt: new Date(Date.now() + 3_600_000).toISOString() }))
    .id;
  const made = await call<{ key: string }>(`${server.url}/v1/operators`, {
    method: "POST",
    as: operatorKey,
    body: { name: "eve", role: "viewer" },
  });
  viewer = made.body.key;
});
afterAll(() => server[Symbol.asyncDispose]());

/** The campaign of these tests is open. */
const start = (body: unknown = { ...settings, beside_sale: true }, as = operatorKey) =>
  call<Rehearsal & { code?: string; rehearsal_id?: string; errors?: { field: string }[] }>(
    `${server.url}/v1/campaigns/${campaignId}/rehearsals`,
    { method: "POST", as, body },
  );
const look = (id: string, as = operatorKey) => call<Rehearsal>(`${server.url}/v1/rehearsals/${id}`, { as });
const stop = (id: string, as = operatorKey) =>
  call<Rehearsal & { code?: string }>(`${server.url}/v1/rehearsals/${id}/stop`, { method: "POST", as });
const countsAndHead = async () => {
  const rows = await call(`${server.url}/v1/ledger?limit=1000`, { as: operatorKey });
  const campaign = await call<{ offers: unknown }>(`${server.url}/v1/campaigns/${campaignId}`, { as: operatorKey });
  return [rows.body, campaign.body.offers];
};
/** The folders of sandboxes whose rehearsals this server's processes started. */
const foldersNow = () => new Set(readdirSync(tmpdir()).filter((name) => name.startsWith("rushbox-rehearsal-")));

test("a rehearsal runs beside the sale, is seen as it goes, and leaves the sale as it was", async () => {
  const before = await countsAndHead();
  const started = await start();
  expect(started.status).toBe(202);
  expect(started.body).toMatchObject({ campaign_id: campaignId, state: "running", report: null, ended_at: null });
  expect(started.body.settings).toEqual({ scalpers_percent: 10, payment_failures_percent: 5, ...settings });
  const { id } = started.body;
  expect(started.headers.get("location")).toBe(`/v1/rehearsals/${id}`);

  const second = await start();
  expect(second.status).toBe(409);
  expect(second.body).toMatchObject({ code: "rehearsal_running", rehearsal_id: id });

  const running = await until(
    () => look(id, viewer),
    ({ body }) => body.progress.length > 0,
    20_000,
  );
  expect(running.body.state).toBe("running");
  expect((await stop(id, viewer)).status).toBe(403);

  const done = await until(
    () => look(id),
    ({ body }) => body.state !== "running" || body.report !== null, // neither without the other, at any moment
    40_000,
    1,
  );
  expect(done.body).toMatchObject({ state: "done", failure: null });
  expect(done.body.report?.verification).toMatchObject({ exact: true, failures: [] });
  expect(done.body.report?.offers[0]).toMatchObject({ units: 20 });
  expect(done.body.ended_at).not.toBeNull();
  expect(await stop(id)).toMatchObject({ status: 409, body: { code: "transition_not_allowed", state: "done" } });

  expect(await countsAndHead()).toEqual(before);
  // Neither the second one nor a stop of what had ended was done, so neither is noted.
  const noted = async (action: string) => {
    const path = `${server.url}/v1/audit?action=${action}`;
    return (await call<{ entries: { subject: string; operator: string }[] }>(path, { as: operatorKey })).body.entries;
  };
  expect(await noted("start_rehearsal")).toMatchObject([{ operator: "root", subject: campaignId }]);
  expect(await noted("stop_rehearsal")).toEqual([]);
});

test("none begins beside a sale that is open or near, unless it is said to be meant", async () => {
  await using calm = await startServer();
  const inMinutes = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  const rehearse = (id: string, body: unknown) =>
    call<Rehearsal & { code?: string; campaign_id?: string }>(`${calm.url}/v1/campaigns/${id}/rehearsals`, {
      method: "POST",
      as: operatorKey,
      body,
    });
  const draft = await createCampaign(calm, { publish: false });
  const later = await createCampaign(calm, { opensAt: inMinutes(11) });
  const begun = await rehearse(later.id, settings);
  expect(begun.status).toBe(202);
  await call(`${calm.url}/v1/rehearsals/${begun.body.id}/stop`, { method: "POST", as: operatorKey });
  for (const opensAt of [inMinutes(9), undefined]) {
    const near = await createCampaign(calm, opensAt === undefined ? {} : { opensAt });
    const refused = await rehearse(draft.id, settings);
    expect([refused.status, refused.body.code, refused.body.campaign_id]).toEqual([409, "sale_running", near.id]);
  }
});

test("roles and bad bodies are refused before anything begins", async () => {
  expect((await start(settings, viewer)).status).toBe(403);
  expect((await start(settings, await tokenOf("alice"))).status).toBe(403);
  expect((await call(`${server.url}/v1/rehearsals`)).status).toBe(401);
  const wrong: readonly (readonly [body: unknown, field: string])[] = [
    [{ buyers: 0 }, "buyers"],
    [{ buyers: 50_001 }, "buyers"],
    [{ scalpers_percent: 91 }, "scalpers_percent"],
    [{ payment_failures_percent: 1.5 }, "payment_failures_percent"],
    [{ rush_s: 301 }, "rush_s"],
    [{ seed: -1 }, "seed"],
    [{ speed: 1 }, "speed"],
    [{ beside_sale: "yes" }, "beside_sale"],
  ];
  for (const [body, field] of wrong) {
    const refused = await start(body);
    expect(refused.status).toBe(400);
    expect(refused.body.errors?.[0]?.field).toBe(field);
  }
  expect((await look("rhs_zzzzzzzzzz")).status).toBe(404);
  expect((await stop("mine")).status).toBe(404);
  const elsewhere = `${server.url}/v1/campaigns/cmp_zzzzzzzzzz/rehearsals`;
  expect((await call(elsewhere, { method: "POST", as: operatorKey })).status).toBe(404);
});

test("one that is stopped has ended with its processes and its folder; killing the server ends the next one", async () => {
  const known = foldersNow();
  const own = () => Promise.resolve([...foldersNow()].filter((name) => !known.has(name)));
  const first = (await start()).body.id;
  await until(own, ({ length }) => length === 1);
  const stopped = await stop(first);
  expect(stopped.body).toMatchObject({ state: "stopped", report: null, failure: "An operator stopped it." });
  expect(await own()).toEqual([]);

  const next = (await start()).body.id;
  const folders = await until(own, ({ length }) => length === 1);
  const processes = async () => {
    const running = await new Response(Bun.spawn(["ps", "-eo", "args"]).stdout).text();
    return running.split("\n").filter((line) => line.includes(folders[0] ?? ""));
  };
  await until(processes, ({ length }) => length === 1);
  await server.stop("SIGKILL");
  await until(processes, ({ length }) => length === 0);
  await until(own, ({ length }) => length === 0);

  server = await startServer({ data });
  const list = await call<{ rehearsals: Omit<Rehearsal, "progress">[] }>(`${server.url}/v1/rehearsals`, { as: viewer });
  expect(list.body.rehearsals.map(({ id, state }) => [id, state])).toEqual([
    [next, "stopped"],
    [first, "stopped"],
    [formatId("rhs", 1), "done"],
  ]);
  expect(list.body.rehearsals[0]?.failure).toBe("The server was killed.");
  expect(list.body.rehearsals[2]?.report?.verification.exact).toBe(true);
});

/** Asks an office whose rehearsals are processes that do nothing but wait for the end of their input. */
class Desk {
  readonly load: { level: LoadLevel } = { level: "normal" };
  readonly office: RehearsalOffice;
  readonly #port: MessagePort;

  constructor(command = ["sh", "-c", "cat > /dev/null"]) {
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    this.office = new RehearsalOffice({ ports: [port2], data: newFolder(), load: this.load, command });
  }

  ask(question: RehearsalQuestion): Promise<RehearsalReply> {
    const { promise, resolve } = Promise.withResolvers<RehearsalReply>();
    this.#port.onmessage = ({ data: { reply } }: { data: FromRehearsals }) => resolve(reply);
    this.#port.postMessage({ ticket: 1, question });
    return promise;
  }

  async look(): Promise<Rehearsal> {
    const reply = await this.ask({ about: "one", id: formatId("rhs", 1) });
    if (reply.code !== "shown") throw new Error(reply.code);
    return JSON.parse(reply.json) as Rehearsal;
  }

  [Symbol.dispose](): void {
    this.office[Symbol.dispose]();
    this.#port.close();
  }
}

const order = { campaign: { id: "cmp_0000000001" }, controls: {}, settings } as unknown as RehearsalOrder;

test("none begins while work is given up under load, and one that runs is stopped when that begins", async () => {
  using desk = new Desk();
  desk.load.level = "exports";
  expect(await desk.ask({ about: "start", order })).toEqual({ code: "overloaded" });
  desk.load.level = "normal";
  expect((await desk.ask({ about: "start", order })).code).toBe("shown");
  expect((await desk.look()).state).toBe("running");
  desk.load.level = "exports";
  const stopped = await until(
    () => desk.look(),
    ({ state }) => state !== "running",
  );
  expect(stopped).toMatchObject({ state: "stopped", failure: expect.stringContaining("the sale came first") });
});

test("a process that cannot be started, dies or talks nonsense is a rehearsal that failed, and nothing more", async () => {
  const failing: readonly (readonly [command: string[], words: string])[] = [
    [["/nowhere/rushbox"], "/nowhere/rushbox"],
    [["sh", "-c", "echo of no use >&2; exit 3"], "of no use"],
    [["sh", "-c", "echo nonsense; cat > /dev/null"], "JSON"],
    [["sh", "-c", "kill -9 $$"], "It ended with"],
  ];
  for (const [command, words] of failing) {
    using desk = new Desk(command);
    await desk.ask({ about: "start", order });
    const failed = await until(
      () => desk.look(),
      ({ state }) => state !== "running",
    );
    expect(failed).toMatchObject({ state: "failed", report: null, failure: expect.stringContaining(words) });
    expect((await desk.ask({ about: "start", order })).code).toBe("shown"); // the next one is free to begin
  }
});
