/**
 * The ledger over HTTP is the one in the file: whole, in order, page by page, with buyers for operators and without them
 * for everybody else; a receipt says what its row says, and is signed with the key that the server tells.
 */
import { afterAll, beforeAll, expect, test } from "bun:test";
import { statSync } from "node:fs";
import { join } from "node:path";
import { compactVerify, createLocalJWKSet, type JSONWebKeySet } from "jose";
import { ensureReceiptKey } from "../../src/secrets.ts";
import { openWriter } from "../../src/storage/sqlite/open.ts";
import { makeLedger } from "../cli/ledger.ts";
import { readLedger } from "../guarantees/ledger.ts";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";

interface Row {
  readonly seq: number;
  readonly at?: string;
  readonly type?: string;
  readonly campaign_id?: string | null;
  readonly offer_id?: string | null;
  readonly order_id?: string | null;
  readonly previous_seq?: number | null;
  readonly available?: number;
  readonly held?: number;
  readonly sold?: number;
  readonly details?: string | null;
  readonly hash: string;
  readonly buyer_id?: string | null;
}

interface PageJson {
  readonly previous_hash: string | null;
  readonly rows: readonly Row[];
  readonly next_after: number | null;
}

const sha256 = (text: string) => new Bun.CryptoHasher("sha256").update(text).digest("hex");
const numberOf = (id: string | null | undefined) => (id == null ? "" : Number.parseInt(id.slice(4), 36));
const operator = { as: operatorKey };

/** The text of a row, as docs/ledger.md tells it. */
function textOf(row: Row, previousHash: string): string {
  const ids = [numberOf(row.campaign_id), numberOf(row.offer_id), numberOf(row.order_id), row.previous_seq ?? ""];
  const moved = [row.available, row.held, row.sold];
  return [previousHash, row.seq, Date.parse(row.at ?? ""), row.type, ...ids, ...moved, row.details ?? ""].join("\n");
}

let server: Server;
const folder = newFolder();
beforeAll(async () => {
  makeLedger(folder);
  server = await startServer({ data: folder });
});
afterAll(() => server[Symbol.asyncDispose]());

async function pages(path: string, limit: number, how = {}): Promise<PageJson[]> {
  const found: PageJson[] = [];
  for (let after: number | null = 0; after !== null; ) {
    const page: PageJson = (await call<PageJson>(`${server.url}${path}&after=${after}&limit=${limit}`, how)).body;
    found.push(page);
    after = page.next_after;
  }
  return found;
}

test("the public ledger is the whole chain, in pages of every size, and names no buyer", async () => {
  const { events, orders } = readLedger(folder);
  for (const limit of [1, 7, 36, 72, 1000]) {
    const told = await pages("/v1/campaigns/cmp_0000000001/ledger?", limit);
    const rows = told.flatMap((page) => page.rows);
    expect(rows.map(({ seq, hash }) => ({ seq, hash }))).toEqual(events.map(({ seq, hash }) => ({ seq, hash })));
    let previous = "0".repeat(64);
    for (const page of told) {
      expect(page.previous_hash).toBe(previous);
      for (const row of page.rows) {
        expect(sha256(textOf(row, previous))).toBe(row.hash);
        previous = row.hash;
      }
    }
    const text = JSON.stringify(told);
    for (const { buyer_id: buyer } of orders) if (buyer !== "") expect(text).not.toContain(`"${buyer}"`);
    expect(text).not.toContain("buyer_id");
  }
});

test("the public ledger of a later campaign begins with its creation", async () => {
  const [page] = await pages("/v1/campaigns/cmp_0000000015/ledger?", 1000);
  const { events } = readLedger(folder);
  expect(page?.rows[0]?.seq).toBe(41);
  expect(page?.previous_hash).toBe(events[39]?.hash ?? "");
  const beyond = await call<PageJson>(`${server.url}/v1/campaigns/cmp_0000000015/ledger?after=5000`);
  expect(beyond.body).toEqual({ previous_hash: null, rows: [], next_after: null });
});

test("full pages may be kept for ever, the last one and a withheld one not", async () => {
  const caching = async (url: string, query: string) =>
    (await call(`${url}/v1/campaigns/cmp_0000000001/ledger?${query}`)).headers.get("cache-control");
  expect(await caching(server.url, "limit=10")).toContain("immutable");
  expect(await caching(server.url, "limit=10&after=60")).toContain("immutable");
  const nearEnd = readLedger(folder).events.length - 5;
  expect(await caching(server.url, `limit=10&after=${nearEnd}`)).toBe("public, max-age=1");
  await using fresh = await startServer();
  await createCampaign(fresh);
  const draft = await createCampaign(fresh, { publish: false });
  const path = `${fresh.url}/v1/campaigns/cmp_0000000001/ledger`;
  const ledger = async () => (await call<PageJson>(`${path}?limit=6`)).body.rows;
  expect(await caching(fresh.url, "limit=4")).toContain("immutable");
  expect(await caching(fresh.url, "limit=6")).toBe("public, max-age=1");
  const withheld = (await ledger()).slice(4);
  expect(withheld.map((row) => Object.keys(row))).toEqual([
    ["seq", "hash"],
    ["seq", "hash"],
  ]);
  expect((await call(`${fresh.url}/v1/campaigns/${draft.id}/ledger`)).status).toBe(404);
  await call(`${fresh.url}/v1/campaigns/${draft.id}/publish`, { method: "POST", ...operator });
  const told = (await ledger()).slice(4);
  expect(told.map(({ type, hash }) => [type, hash])).toEqual([
    ["campaign_created", withheld[0]?.hash],
    ["offer_created", withheld[1]?.hash],
  ]);
  expect(await caching(fresh.url, "limit=6")).toContain("immutable");
});

test("operators see the buyers, of all campaigns or of one, and nobody else does", async () => {
  const { events, orders } = readLedger(folder);
  const buyers = new Map(orders.map((order) => [order.id, order.buyer_id === "" ? null : order.buyer_id]));
  const all = (await pages("/v1/ledger?", 10, operator)).flatMap(({ rows }) => rows);
  expect(all.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq));
  for (const row of all) {
    if (row.order_id != null)
      expect([row.seq, row.buyer_id]).toEqual([row.seq, buyers.get(Number(numberOf(row.order_id))) ?? null]);
  }
  expect(all.find(({ seq }) => seq === 35)?.buyer_id).toBe("ivan"); // who joined a waitlist
  const second = (await pages("/v1/ledger?campaign_id=cmp_0000000015", 4, operator)).flatMap(({ rows }) => rows);
  expect(second.map(({ seq }) => seq)).toEqual(
    events.filter((event) => event.campaign_id === 41).map(({ seq }) => seq),
  );
  expect((await call(`${server.url}/v1/ledger`, { as: await tokenOf("alice") })).status).toBe(403);
  expect((await call(`${server.url}/v1/ledger`)).status).toBe(401);
});

test("a page of a campaign whose rows lie far apart is short, and says where to go on", async () => {
  const far = newFolder();
  makeLedger(far);
  const db = openWriter(far);
  db.exec(
    "WITH RECURSIVE n (seq) AS (SELECT max(seq) + 1 FROM events UNION ALL SELECT seq + 1 FROM n WHERE seq < 25000) INSERT INTO events SELECT seq, at_ms, 'ledger_head', NULL, NULL, NULL, NULL, 0, 0, 0, NULL, hash FROM n, (SELECT at_ms, hash FROM events WHERE seq = 69)",
  );
  db.close();
  await using distant = await startServer({ data: far });
  const ask = async (after: number) =>
    (await call<PageJson>(`${distant.url}/v1/ledger?campaign_id=cmp_0000000015&limit=1000&after=${after}`, operator))
      .body;
  const first = await ask(0);
  expect(first.rows).not.toBeEmpty();
  expect(first.next_after).toBe(10_040);
  expect(await ask(10_040)).toEqual({ rows: [], next_after: 20_040 } as unknown as PageJson);
  expect(await ask(20_040)).toEqual({ rows: [], next_after: null } as unknown as PageJson);
});

test("a receipt is signed, and holds all that its row's hash is made of", async () => {
  const campaign: CampaignJson = await createCampaign(server);
  const alice = await tokenOf("alice");
  const order = (await buy(server, campaign.offers[0]?.id ?? "", alice, { key: "key-1" })).body;
  const { body: facts, headers } = await call<Row & Record<string, string>>(
    `${server.url}/v1/orders/${order.id}/receipt`,
    { as: alice },
  );
  expect(headers.get("cache-control")).toBe("no-store");
  const keys = await call<JSONWebKeySet>(`${server.url}/.well-known/jwks.json`);
  expect(keys.headers.get("cache-control")).toBe("public, max-age=3600");
  expect(JSON.stringify(keys.body)).not.toContain('"d":');
  const { receipt = "", ...said } = facts;
  const { payload, protectedHeader } = await compactVerify(receipt, createLocalJWKSet(keys.body));
  expect(protectedHeader.alg).toBe("EdDSA");
  expect(JSON.parse(new TextDecoder().decode(payload))).toEqual(said);
  const details = JSON.stringify(["alice", 1, 100, Date.parse(order.expires_at), "key-1"]);
  expect(sha256(`${facts["salt"]}\n${details}`)).toBe(facts.details ?? "");
  expect(sha256(textOf(facts, facts["previous_hash"] ?? ""))).toBe(facts.hash);
  const page = await call<PageJson>(`${server.url}/v1/campaigns/${campaign.id}/ledger?after=${facts.seq - 1}&limit=1`);
  expect(page.body.rows[0]?.hash).toBe(facts.hash);
  expect(page.body.previous_hash).toBe(facts["previous_hash"] ?? "");
});

test("an order's history is its rows of the ledger in their order, from being reserved to being refunded", async () => {
  const campaign: CampaignJson = await createCampaign(server);
  const alice = await tokenOf("alice");
  const order = (await buy(server, campaign.offers[0]?.id ?? "", alice)).body;
  await buy(server, campaign.offers[0]?.id ?? "", await tokenOf("bob"));
  const post = (path: string, body: object = {}) =>
    call(`${server.url}/v1/orders/${order.id}${path}`, { method: "POST", body, ...operator });
  await post("/pay", { reference: "one" });
  await post("/pay", { reference: "one too many" });
  await post("/refund", { return_units: false });
  const history = (as: string) =>
    call<{ rows: Row[]; is_complete: boolean }>(`${server.url}/v1/orders/${order.id}/history`, { as });
  const { rows, is_complete: isComplete } = (await history(alice)).body;
  expect(isComplete).toBe(true);
  expect(rows.slice(0, 4).map(({ type }) => type)).toEqual([
    "order_reserved",
    "order_paid",
    "payment_refund_due",
    "order_refund_requested",
  ]);
  expect(rows.map(({ previous_seq: previous }) => previous)).toEqual([
    null,
    ...rows.slice(0, -1).map(({ seq }) => seq),
  ]);
  const ledger = await call<PageJson>(`${server.url}/v1/ledger?after=${order.seq - 1}&limit=100`, operator);
  const told = ledger.body.rows.filter((row) => row.order_id === order.id);
  expect(rows).toEqual(told.map(({ buyer_id: _, ...row }) => row));
  expect((await history(await tokenOf("bob"))).status).toBe(404);
});

test("nobody gets another's receipt, and there is none of a buyer who was erased", async () => {
  const path = (id: string) => `${server.url}/v1/orders/${id}/receipt`;
  expect((await call(path("ord_0000000006"), { as: await tokenOf("bob") })).status).toBe(404);
  expect((await call(path("ord_0000000006"), { as: await tokenOf("alice") })).status).toBe(200);
  expect((await call(path("ord_0000000006"), operator)).status).toBe(200);
  const erased = await call(path("ord_000000001b"), operator);
  expect([erased.status, erased.body["code"]]).toEqual([404, "not_found"]);
  expect(String(erased.body["detail"])).toContain("erased");
});

test("the key is made once, for its owner alone, and stays the same over a restart", async () => {
  const keys = async (of: Server) => (await call(`${of.url}/.well-known/jwks.json`)).body;
  const data = newFolder();
  await using first = await startServer({ data });
  const before = await keys(first);
  await first.stop();
  expect(statSync(join(data, "receipt.key")).mode & 0o777).toBe(0o600);
  const kept = ensureReceiptKey({ data });
  await using second = await startServer({ data });
  expect(await keys(second)).toEqual(before);
  expect(ensureReceiptKey({ data })).toBe(kept);
});
