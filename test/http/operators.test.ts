/**
 * Operators: a key is shown once and kept nowhere, a revoked one is nobody's on every thread and connection from that
 * moment on, and whatever an operator does stands in the audit log with what was before and after, refused or not.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { buy, call, createCampaign, newFolder, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { EventStream } from "./event-stream.ts";

setDefaultTimeout(60_000);

interface OperatorJson {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly key: string;
}

interface EntryJson {
  readonly id: number;
  readonly at: string;
  readonly operator: string;
  readonly action: string;
  readonly subject: string;
  readonly outcome: string;
  readonly before: Readonly<Record<string, unknown>> | null;
  readonly after: Readonly<Record<string, unknown>> | null;
}

let server: Server;
let alice: string;
beforeAll(async () => {
  server = await startServer({ args: ["--http-threads", "4"] });
  alice = await tokenOf("alice");
});
afterAll(() => server[Symbol.asyncDispose]());

const post = <T = { id: string; code?: string }>(path: string, as = operatorKey, body?: unknown) =>
  call<T>(server.url + path, { method: "POST", as, ...(body === undefined ? {} : { body }) });
const create = (name: string, role: string, as = operatorKey) =>
  post<OperatorJson>("/v1/operators", as, { name, role });

/** Whose key it is, asked on a connection of its own, so that every thread is asked some time. */
const asks = (as: string) => call(`${server.url}/v1/operators/me`, { as, headers: { connection: "close" } });

async function auditOf(query = "", at: Pick<Server, "url"> = server): Promise<EntryJson[]> {
  const entries: EntryJson[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const next: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const page = await call<{ entries: EntryJson[]; next_cursor: string | null }>(
      `${at.url}/v1/audit?limit=7${query}${next}`,
      { as: operatorKey },
    );
    expect(page.status).toBe(200);
    expect(page.body.entries.length).toBeLessThanOrEqual(7);
    entries.push(...page.body.entries);
    cursor = page.body.next_cursor;
  }
  return entries;
}

/** All bytes of all files of a data folder. */
function bytesOf(data: string): Buffer {
  const files = readdirSync(data, { recursive: true, withFileTypes: true }).filter((file) => file.isFile());
  return Buffer.concat(files.map(({ parentPath, name }) => readFileSync(join(parentPath, name))));
}

describe("a key", () => {
  test("is shown once, and only its hash is on the disk, while serving and afterwards", async () => {
    const data = newFolder();
    const keys: string[] = [];
    {
      await using first = await startServer({ data });
      for (const role of ["viewer", "admin"]) {
        const made = await call<OperatorJson>(`${first.url}/v1/operators`, {
          method: "POST",
          as: operatorKey,
          body: { name: `a ${role}`, role },
        });
        expect([made.status, made.body.key.length >= 43]).toEqual([201, true]);
        keys.push(made.body.key);
      }
      const listed = await call(`${first.url}/v1/operators`, { as: operatorKey });
      const audited = await call(`${first.url}/v1/audit`, { as: operatorKey });
      for (const key of keys) expect(JSON.stringify([listed.body, audited.body, first.log()])).not.toContain(key);
      for (const key of keys) expect(bytesOf(data).includes(key)).toBe(false);
      await first.stop();
    }
    const bytes = bytesOf(data);
    for (const key of keys) {
      expect(bytes.includes(key)).toBe(false);
      expect(bytes.includes(createHash("sha256").update(key).digest("hex"))).toBe(true);
    }
    await using second = await startServer({ data });
    for (const key of keys) expect((await call(`${second.url}/v1/operators/me`, { as: key })).status).toBe(200);
  });

  test("is taken on every thread once it is shown, and on none once it is revoked", async () => {
    for (let round = 0; round < 5; round++) {
      const { body } = await create(`rounds ${round}`, "viewer");
      const known = await Promise.all(Array.from({ length: 40 }, () => asks(body.key)));
      expect(known.filter(({ status }) => status !== 200)).toEqual([]);
      expect((await post(`/v1/operators/${body.id}/revoke`)).status).toBe(200);
      const revoked = await Promise.all(Array.from({ length: 40 }, () => asks(body.key)));
      expect(revoked.filter(({ status }) => status !== 401)).toEqual([]);
    }
  });

  test("that is revoked ends the streams that it opened, and no others", async () => {
    const { body: leaving } = await create("leaving", "viewer");
    const { body: staying } = await create("staying", "viewer");
    await createCampaign(server, { publish: false });
    const open = (as: string) => EventStream.open(`${server.url}/v1/events/stream`, { as, lastEventId: 0 });
    const streams = await Promise.all(Array.from({ length: 8 }, () => open(leaving.key)));
    await using other = await open(staying.key);
    for (const stream of [...streams, other]) await stream.next();
    await post(`/v1/operators/${leaving.id}/revoke`);
    for (const stream of streams) await stream.ended;
    const campaign = await createCampaign(server);
    const isCreation = ({ event, data }: { event: string; data: unknown }) =>
      event === "campaign_created" && (data as { campaign_id: string }).campaign_id === campaign.id;
    await other.next(isCreation);
    expect(streams.flatMap(({ events }) => events.filter(isCreation))).toEqual([]);
  });

  test("is still nobody's after a restart, and revoking it twice changes nothing", async () => {
    const data = newFolder();
    let made: OperatorJson;
    {
      await using first = await startServer({ data });
      const at = `${first.url}/v1/operators`;
      const body = { name: "gone", role: "admin" };
      made = (await call<OperatorJson>(at, { method: "POST", as: operatorKey, body })).body;
      const revoke = () => call(`${at}/${made.id}/revoke`, { method: "POST", as: operatorKey });
      const [once, twice] = [await revoke(), await revoke()];
      expect([once.status, once.body["revoked_at"]]).toEqual([200, expect.any(String)]);
      expect([twice.status, twice.body]).toEqual([200, once.body]);
      await first.stop("SIGKILL");
    }
    await using second = await startServer({ data });
    expect((await call(`${second.url}/v1/operators/me`, { as: made.key })).status).toBe(401);
    // Nobody gets the name: in the audit log it is the one who is gone.
    for (const name of ["gone", " Gone"]) {
      const body = { name, role: "viewer" };
      const again = await call(`${second.url}/v1/operators`, { method: "POST", as: operatorKey, body });
      expect([again.status, again.body["code"]]).toEqual([409, "name_taken"]);
    }
    expect((await call(`${second.url}/v1/operators/me`, { as: made.key })).status).toBe(401);
  });

  test("of the settings is root's, who can be neither named nor revoked", async () => {
    expect((await asks(operatorKey)).body).toEqual({ name: "root", role: "admin" });
    for (const name of ["root", "Root", "root "]) expect((await create(name, "admin")).status).toBe(409);
    const { body } = await call<{ operators: OperatorJson[] }>(`${server.url}/v1/operators`, { as: operatorKey });
    expect(body.operators.map(({ name }) => name)).not.toContain("root");
  });

  test("of an admin who revokes themselves is worth nothing at once", async () => {
    const { body } = await create("short-lived", "admin");
    expect((await post(`/v1/operators/${body.id}/revoke`, body.key)).status).toBe(200);
    expect((await create("from the grave", "viewer", body.key)).status).toBe(401);
  });

  test("of one name is made once, however many ask at once", async () => {
    const replies = await Promise.all(Array.from({ length: 20 }, () => create("the one", "viewer")));
    expect(replies.map(({ status }) => status).sort((a, b) => a - b)).toEqual([201, ...Array(19).fill(409)]);
  });
});

describe("the audit log", () => {
  test("has every command of an operator, who, about what, and how it was before and is after", async () => {
    const { body: li } = await create("Li Na", "admin");
    const as = li.key;
    const offerBody = { sku: "a", title: "A", price_minor: 100, currency: "CNY", stock: 5, limit_per_buyer: 5 };
    const campaign = (
      await post<{ id: string; offers: { id: string }[] }>("/v1/campaigns", as, {
        title: "Audited",
        offers: [offerBody],
      })
    ).body;
    const at = `/v1/campaigns/${campaign.id}`;
    const offer = campaign.offers[0]?.id ?? "";
    const open = { title: "Audited", state: "open" };
    const paused = { title: "Audited", state: "paused" };
    const ended = { title: "Audited", state: "ended" };
    const counts = { total: 5, available: 5, held: 0, sold: 0 };
    for (const action of ["publish", "publish", "pause", "resume"]) await post(`${at}/${action}`, as);
    await post(`/v1/offers/${offer}/restock`, as, { quantity: 2 });
    await post(`/v1/offers/${offer}/restock`, as, { quantity: -8 });
    const [cancelled, paid] = [(await buy(server, offer, alice)).body.id, (await buy(server, offer, alice)).body.id];
    await post(`/v1/orders/${cancelled}/cancel`, as);
    await post(`/v1/orders/${cancelled}/cancel`, as);
    await post(`/v1/orders/${cancelled}/refund`, as);
    await post(`/v1/orders/${paid}/pay`, as);
    await post(`/v1/orders/${paid}/cancel`, as);
    await post(`/v1/orders/${paid}/refund`, as);
    await post(`/v1/orders/${paid}/cancel`, alice); // a buyer's own wish is no operator's command
    await post("/v1/buyers/erase", as, { buyer_id: "alice" });
    await post(`${at}/end`, as);
    await post("/v1/buyers/erase", as, { buyer_id: "alice" });
    const { id: ofViewer } = (await create("a viewer", "viewer", as)).body;
    await create("a viewer", "viewer", as);
    await post(`/v1/operators/${ofViewer}/revoke`, as);
    const url = "https://shop.example/hooks";
    const { id: hook } = (await post("/v1/webhooks", as, { url, types: ["order_paid", "order_refunded"] })).body;
    await post(`/v1/webhooks/${hook}`, as, { enabled: false });
    await post(`/v1/webhooks/${hook}/rotate`, as);
    await post(`/v1/webhooks/${hook}/replay`, as);
    await post(`/v1/webhooks/${hook}/delete`, as);

    const entries = (await auditOf("&operator=Li%20Na")).toReversed();
    const seen = entries.map(({ action, subject, outcome, before, after }) => [
      action,
      subject,
      outcome,
      before,
      after,
    ]);
    const viewer = { name: "a viewer", role: "viewer" };
    const webhook = { url, types: "order_paid order_refunded", is_enabled: true, rotated_at_ms: null };
    const off = { ...webhook, is_enabled: false };
    const rotated = { ...off, rotated_at_ms: expect.any(Number) };
    const more = { total: 7, available: 7, held: 0, sold: 0 };
    const state = (name: string) => ({ state: name });
    expect(seen).toEqual([
      ["create_campaign", campaign.id, "created", null, { title: "Audited", state: "draft" }],
      ["publish", campaign.id, "changed", { title: "Audited", state: "draft" }, open],
      ["publish", campaign.id, "transition_not_allowed", open, open],
      ["pause", campaign.id, "changed", open, paused],
      ["resume", campaign.id, "changed", paused, open],
      ["restock", offer, "changed", counts, more],
      ["restock", offer, "invalid", more, more],
      ["cancel", cancelled, "moved", state("reserved"), state("cancelled")],
      ["cancel", cancelled, "moved", state("cancelled"), state("cancelled")],
      ["refund", cancelled, "transition_not_allowed", state("cancelled"), state("cancelled")],
      ["pay", paid, "moved", state("reserved"), state("paid")],
      ["cancel", paid, "transition_not_allowed", state("paid"), state("paid")],
      ["refund", paid, "moved", state("paid"), state("refunded")],
      ["end", campaign.id, "changed", open, ended],
      ["erase_buyers", campaign.id, "erased", null, { orders: 2, entries: 0 }],
      ["create_operator", ofViewer, "done", null, { ...viewer, is_revoked: false }],
      ["create_operator", "", "name_taken", null, null],
      ["revoke_operator", ofViewer, "done", { ...viewer, is_revoked: false }, { ...viewer, is_revoked: true }],
      ["create_endpoint", hook, "done", null, webhook],
      ["change_endpoint", hook, "done", webhook, off],
      ["change_endpoint", hook, "done", off, rotated],
      ["replay_deliveries", hook, "done", null, null],
      ["delete_endpoint", hook, "done", rotated, null],
    ]);
    expect(entries.map(({ id }) => id)).toEqual(entries.map(({ id }) => id).toSorted((a, b) => a - b));
    for (const { at: time } of entries) expect(Math.abs(Date.parse(time) - Date.now())).toBeLessThan(60_000);
    expect(JSON.stringify(entries)).not.toMatch(/whsec_|alice/);
  });

  test("has who took orders out, without a buyer's name, and who opened a page for paying", async () => {
    await using selling = await startServer({ env: { RUSHBOX_PAYMENTS: "sandbox" } });
    const campaign = await createCampaign(selling);
    const offer = campaign.offers[0]?.id ?? "";
    const { id } = (await buy(selling, offer, alice)).body;
    const as = operatorKey;
    const take = (query: string, method = "GET") =>
      fetch(`${selling.url}/v1/orders/export${query}`, { method, headers: { authorization: `Bearer ${as}` } });
    for (const query of ["", "?buyer_id=alice", `?campaign_id=${campaign.id}`, `?offer_id=${offer}&format=jsonl`]) {
      const answer = await take(query);
      expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining("alice")]);
    }
    expect((await take("", "HEAD")).status).toBe(200);
    expect((await take("?format=xml")).status).toBe(400);
    const checkout = `${selling.url}/v1/orders/${id}/checkout`;
    for (const caller of [as, alice]) expect((await call(checkout, { method: "POST", as: caller })).status).toBe(201);
    const noted = async () =>
      (await auditOf("", selling)).filter(({ before, after }) => before === null && after === null);
    while ((await noted()).length < 5) await Bun.sleep(10);
    expect(
      (await noted()).map(({ operator, action, subject, outcome }) => [operator, action, subject, outcome]),
    ).toEqual([
      ["root", "create_checkout", id, "done"],
      ["root", "export_orders", offer, "done"],
      ["root", "export_orders", campaign.id, "done"],
      ["root", "export_orders", "", "done"],
      ["root", "export_orders", "", "done"],
    ]);
    expect(JSON.stringify(await auditOf("", selling))).not.toContain("alice");
  });

  test("is filtered by who, what and about what, alone and together, and paged without a gap", async () => {
    const [one, two] = [(await create("one", "operator")).body, (await create("two", "operator")).body];
    const campaign = await createCampaign(server);
    for (let n = 0; n < 10; n++) {
      await post(`/v1/campaigns/${campaign.id}/pause`, one.key);
      await post(`/v1/campaigns/${campaign.id}/resume`, two.key);
    }
    expect(await auditOf("&operator=one")).toHaveLength(10);
    expect(await auditOf("&operator=one&action=resume")).toEqual([]);
    expect(await auditOf(`&action=resume&subject=${campaign.id}`)).toHaveLength(10);
    const about = await auditOf(`&subject=${campaign.id}`);
    expect(about.map(({ action }) => action)).toEqual([
      ...Array.from({ length: 10 }, () => ["resume", "pause"]).flat(),
      "publish",
      "create_campaign",
    ]);
    const all = await auditOf();
    expect(all.map(({ id }) => id)).toEqual(all.map((_, at) => all.length - at));
  });

  test("has what was done before the process was killed, and nothing that was not", async () => {
    const data = newFolder();
    let count = 0;
    {
      await using first = await startServer({ data });
      const campaign = await createCampaign(first);
      const path = (action: string) => `${first.url}/v1/campaigns/${campaign.id}/${action}`;
      const acting = Array.from({ length: 8 }, async () => {
        for (;;) {
          const reply = await call(path("pause"), { method: "POST", as: operatorKey }).catch(() => null);
          if (reply === null) return;
          if (++count === 100) first.process.kill("SIGKILL");
        }
      });
      await Promise.all(acting);
    }
    await using second = await startServer({ data });
    const pauses = await auditOf("&action=pause", second);
    expect(pauses.length).toBeGreaterThanOrEqual(count);
    expect(pauses.length).toBeLessThanOrEqual(count + 8);
    expect(pauses.filter(({ outcome }) => outcome === "changed")).toHaveLength(1);
    expect(pauses.at(-1)).toMatchObject({ outcome: "changed", before: { state: "open" }, after: { state: "paused" } });
  });
});
