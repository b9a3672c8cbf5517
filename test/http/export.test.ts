/**
 * A download of orders is the same file as the command's, begins and ends with the orders that there were, and costs a
 * bounded amount of memory and turns however slow its client is: nobody who buys notices.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { cpSync, readFileSync } from "node:fs";
import type { Socket } from "bun";
import { limits } from "../../src/domain/limits.ts";
import { runCommand } from "../cli/command.ts";
import { makeLedger } from "../cli/ledger.ts";
import {
  buy,
  call,
  createCampaign,
  newFolder,
  type OrderJson,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { requestBytes, takeAnswer } from "./raw-http.ts";

setDefaultTimeout(60_000);

const oldOrders = 150_000;
const authorization = `Bearer ${operatorKey}`;
let server: Server;
/** Another folder with the same. */
const copy = newFolder();

/** A server with very many orders of a campaign that is long over, 60 MB of them as JSON lines. */
beforeAll(async () => {
  const data = newFolder();
  using db = new Database(makeLedger(data));
  db.exec(
    `WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < ${999 + oldOrders}) INSERT INTO orders (id, campaign_id, offer_id, buyer_id, quantity, amount_minor, state, last_seq, reserved_at_ms, expires_at_ms, paid_at_ms, salt) SELECT i, campaign_id, offer_id, '=' || hex(zeroblob(20)) || i, quantity, amount_minor, state, i, reserved_at_ms + i, expires_at_ms, paid_at_ms, '' FROM (SELECT orders.* FROM orders JOIN campaigns ON campaigns.id = campaign_id WHERE campaigns.state = 'ended' AND orders.state = 'paid' LIMIT 1), n`,
  );
  db.exec(
    `INSERT INTO events SELECT ${1_000 + oldOrders}, at_ms + ${1_000 + oldOrders}, type, campaign_id, offer_id, order_id, previous_seq, available, held, sold, details, hash FROM events WHERE seq = (SELECT max(seq) FROM events)`,
  );
  db.close();
  cpSync(data, copy, { recursive: true });
  server = await startServer({ data, args: ["--http-threads", "1"] });
});
afterAll(() => server[Symbol.asyncDispose]());

const download = (query: string, at = server) =>
  fetch(`${at.url}/v1/orders/export${query}`, { headers: { authorization } });
const ordersIn = (jsonLines: string) =>
  jsonLines
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as OrderJson);
const residentMib = () =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, "utf8"))?.[1]) / 1_024;

/** A client that asks for everything and takes nothing of it until it is told to. */
class StalledDownload {
  readonly #closed = Promise.withResolvers<void>();
  readonly #chunks: Buffer[] = [];
  #socket: Socket<undefined> | null = null;

  static async open({ port }: Server): Promise<StalledDownload> {
    const stalled = new StalledDownload();
    const socket = await Bun.connect<undefined>({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: (_, bytes) => void stalled.#chunks.push(Buffer.from(bytes)),
        close: () => stalled.#closed.resolve(),
      },
    });
    stalled.#socket = socket;
    socket.pause();
    const headers = [
      ["Authorization", authorization],
      ["Connection", "close"],
    ] as const;
    socket.write(requestBytes({ path: "/v1/orders/export?format=jsonl", headers }));
    return stalled;
  }

  /** Takes what there is until the server closes. */
  async read(): Promise<Buffer> {
    this.#socket?.resume();
    await this.#closed.promise;
    return Buffer.concat(this.#chunks);
  }

  goAway(): void {
    this.#socket?.terminate();
  }
}

const stallAll = (at: Server) =>
  Promise.all(Array.from({ length: limits.exportsPerThreadMax }, () => StalledDownload.open(at)));

/** Waits until exports are refused, or let in, and answers how the last was answered. */
async function untilAnswered(status: number, at = server): Promise<Response> {
  for (;;) {
    const answer = await download("?state=refund_due", at);
    if (answer.status === status) return answer;
    await answer.text();
    await Bun.sleep(20);
  }
}

test("it is the file that the command writes, with the same filters, named and typed for a browser", async () => {
  const filters: readonly [query: string, flags: string[]][] = [
    ["?campaign_id=cmp_0000000001", ["--campaign", "cmp_0000000001"]],
    ["?format=csv&offer_id=off_0000000002&state=paid", ["--offer", "off_0000000002", "--state", "paid"]],
    ["?format=jsonl&buyer_id=alice", ["--format", "jsonl", "--buyer", "alice"]],
    [
      "?format=jsonl&from=2026-11-11T00:00:08Z&to=2026-11-11T08:00:20%2B08:00",
      ["--format", "jsonl", "--from", "2026-11-11T00:00:08Z", "--to", "2026-11-11T08:00:20+08:00"],
    ],
    ["?buyer_id=nobody", ["--buyer", "nobody"]],
  ];
  const lineCounts: number[] = [];
  for (const [query, flags] of filters) {
    const answer = await download(query);
    const [type, ending] = query.includes("jsonl")
      ? ["application/x-ndjson", "jsonl"]
      : ["text/csv; charset=utf-8", "csv"];
    expect([answer.status, answer.headers.get("content-type")]).toEqual([200, type]);
    expect(answer.headers.get("content-disposition")).toMatch(
      new RegExp(`^attachment; filename="orders-\\d{8}T\\d{6}Z\\.${ending}"$`),
    );
    expect(answer.headers.get("cache-control")).toBe("no-store");
    const text = await answer.text();
    const written = await runCommand(["export", ...flags, "--data", server.data]);
    expect([written.code, written.stderr]).toEqual([0, ""]);
    expect(text).toBe(written.stdout);
    lineCounts.push(text.split("\n").length - 1);
  }
  expect(lineCounts.map((count) => count > 1)).toEqual([true, true, true, true, false]);
});

test("a filter that cannot be read is named by its flag, and nothing is written", async () => {
  const ran = await runCommand(["export", "--from", "noon", "--data", server.data]);
  expect(ran.stderr).toContain('--from is "noon". It must be a time with a zone');
  expect([ran.code, ran.stdout]).toEqual([2, ""]);
});

test.concurrent("every order is in it once, oldest first, and no field can be run as a formula", async () => {
  const [lines, csv] = await Promise.all([
    download("?format=jsonl").then((answer) => answer.text()),
    download("").then((answer) => answer.text()),
  ]);
  const seqs = ordersIn(lines).map(({ seq }) => seq);
  expect(seqs.length).toBeGreaterThan(oldOrders);
  expect(seqs.every((seq, at) => seq > (seqs[at - 1] ?? 0))).toBe(true);
  expect(csv.split("\r\n")).toHaveLength(seqs.length + 2);
  expect(/(^|,)=/m.test(csv)).toBe(false);
});

// Beside the one before, on a server of its own.
test.concurrent("one that takes nothing for ten seconds is cut off, and its place is free again", async () => {
  await using another = await startServer({ data: copy, args: ["--http-threads", "1"] });
  const stalled = await stallAll(another);
  await (await untilAnswered(503, another)).text();
  await (await untilAnswered(200, another)).text();
  // Nobody takes it for whole: its last chunk never came.
  for (const download of stalled) expect(takeAnswer(await download.read(), false)).toBeNull();
});

test("clients that stall cost a page of memory each, keep their places, and see the orders of their beginning", async () => {
  const campaign = await createCampaign(server, { stock: 5 });
  const before = residentMib();
  const stalled = await stallAll(server);
  const refused = await untilAnswered(503);
  expect(refused.headers.get("retry-after")).toBe("1");
  expect(await refused.json()).toMatchObject({ code: "overloaded" });
  const bought = await buy(server, campaign.offers[0]?.id ?? "", await tokenOf("late"));
  expect(bought.status).toBe(201);
  // Kept in memory they would be 120; the rest is what the runtime has not given back of the downloads before.
  expect(residentMib() - before).toBeLessThan(80);
  // One of them goes on: it gets the whole file, without what came later. The other goes away: its place is free.
  const [patient, gone] = stalled as [StalledDownload, StalledDownload];
  gone.goAway();
  await (await untilAnswered(200)).text();
  const answer = takeAnswer(await patient.read(), false)?.answer;
  const orders = ordersIn(answer?.text ?? "");
  expect(orders.length).toBeGreaterThan(oldOrders);
  expect(orders.map(({ id }) => id)).not.toContain(bought.body.id);
  const after = await download(`?format=jsonl&campaign_id=${campaign.id}`);
  expect(ordersIn(await after.text()).map(({ id }) => id)).toEqual([bought.body.id]);
});

test("asking for its head alone takes no place", async () => {
  for (let n = 0; n <= limits.exportsPerThreadMax * 2; n++) {
    const { status } = await fetch(`${server.url}/v1/orders/export`, { method: "HEAD", headers: { authorization } });
    expect(status).toBe(200);
  }
});

test("those who buy while it is written wait for a page at most", async () => {
  const campaign = await createCampaign(server, { stock: 200, limitPerBuyer: 200 });
  const as = await tokenOf("hasty");
  let isOver = false;
  const written = download("").then(async (answer) => {
    const text = await answer.text();
    isOver = true;
    return text;
  });
  const latenciesMs: number[] = [];
  while (!isOver && latenciesMs.length < 200) {
    const startedMs = performance.now();
    expect((await buy(server, campaign.offers[0]?.id ?? "", as)).status).toBe(201);
    latenciesMs.push(performance.now() - startedMs);
  }
  expect((await written).length).toBeGreaterThan(10_000_000);
  latenciesMs.sort((a, b) => a - b);
  expect(latenciesMs.length).toBeGreaterThan(20);
  expect(latenciesMs[Math.floor(latenciesMs.length / 2)]).toBeLessThan(100);
  const listed = await call<{ orders: OrderJson[] }>(`${server.url}/v1/orders?campaign_id=${campaign.id}&limit=200`, {
    as: operatorKey,
  });
  expect(listed.body.orders).toHaveLength(latenciesMs.length);
});
