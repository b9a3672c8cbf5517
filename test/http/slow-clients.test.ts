/**
 * Slow and silent clients, all kinds at once, while a sale goes on: the sale does not notice, and each of them is cut
 * within a bounded time. A request's head has 12 s in all, a body that stalls or trickles and a reader that does not
 * read have the idle timeout of 10 s; the system looks every 4 s.
 */
import { expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { EventStream } from "./event-stream.ts";
import { RawConnection, requestBytes } from "./raw-http.ts";
import { expectRefusal } from "./refusal.ts";

setDefaultTimeout(60_000);

const trickleEveryMs = 900;
const cutWithinMs = 18_000;
const requestWithinMs = 2_000;
const listPath = "/v1/campaigns?limit=200";
const neverReads = "a reader that never reads";

interface Slow {
  readonly kind: string;
  readonly connection: RawConnection;
  readonly startedMs: number;
  /** When it was cut, or `null` while it is not. */
  cutAfterMs: number | null;
}

/** Opens slow clients of a kind. */
async function slowly(
  count: number,
  kind: string,
  port: number,
  begin: (connection: RawConnection) => void | Promise<void>,
): Promise<Slow[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const connection = await RawConnection.open(port);
      const slow: Slow = { kind, connection, startedMs: performance.now(), cutAfterMs: null };
      void connection.closed.then(() => {
        slow.cutAfterMs = performance.now() - slow.startedMs;
      });
      await begin(connection);
      return slow;
    }),
  );
}

function trickle(connection: RawConnection, text: () => string): void {
  const timer = setInterval(() => connection.write(text()), trickleEveryMs);
  void connection.closed.then(() => clearInterval(timer));
}

const residentMib = (server: Server) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, "utf8"))?.[1]) / 1_024;

test("slow heads, slow bodies, readers that never read and 1,000 silent connections do not hold up a sale, and are cut", async () => {
  await using server = await startServer();
  const stock = 600;
  const campaign = await createCampaign(server, { stock });
  const offerId = campaign.offers[0]?.id ?? "";
  const many = Array.from({ length: 25 }, (_, at) => ({
    ...{ sku: `sku-${at}`, title: "x".repeat(200), price_minor: 1, currency: "CNY", stock: 1 },
    image_url: `https://shop.example/${"y".repeat(100)}`,
  }));
  for (let n = 0; n < 10; n++) await createCampaign(server, { offers: many });
  const buyers = await Promise.all(Array.from({ length: stock + 100 }, (_, at) => tokenOf(`buyer-${at}`)));
  await using attentive = await EventStream.open(`${server.url}/v1/campaigns/${campaign.id}/stream`);
  const beforeMib = residentMib(server);

  const { port } = server;
  const json = [["Content-Type", "application/json"]] as const;
  const as = (token: string) => [["Authorization", `Bearer ${token}`]] as const;
  const list = requestBytes({ path: listPath });
  const lists = 40;
  const listsBytes = lists * (await (await fetch(server.url + listPath)).text()).length;
  expect(listsBytes).toBeGreaterThan(5_000_000); // more than the system keeps for a connection
  const slow = (
    await Promise.all([
      slowly(500, "silent from the beginning", port, () => {}),
      slowly(500, "silent after an answer", port, async (connection) => {
        connection.write(requestBytes({ path: "/v1/time" }));
        expect((await connection.answer())?.status).toBe(200);
      }),
      slowly(40, "a head without an end", port, (connection) => {
        connection.write("GET /v1/time HTTP/1.1\r\nHost: x\r\n");
        trickle(connection, () => "X-More: more\r\n");
      }),
      slowly(40, "a head that stalls", port, (connection) => connection.write("GET /v1/time HTTP/1.1\r\nHo")),
      slowly(40, "a body that trickles", port, (connection) => {
        const headers = [...as(operatorKey), ...json, ["Content-Length", "500"]] as const;
        connection.write(requestBytes({ method: "POST", path: "/v1/campaigns", headers }));
        trickle(connection, () => " ");
      }),
      slowly(40, "a body that stalls", port, (connection) => {
        const headers = [...as(operatorKey), ...json, ["Content-Length", "500"]] as const;
        connection.write(requestBytes({ method: "POST", path: "/v1/campaigns", headers }));
        connection.write('{"title":"');
      }),
      slowly(40, "a trickling purchase in chunks", port, (connection) => {
        const headers = [...as(buyers[0] ?? ""), ...json, ["Transfer-Encoding", "chunked"]] as const;
        connection.write(requestBytes({ method: "POST", path: `/v1/offers/${offerId}/orders`, headers }));
        trickle(connection, () => "1\r\n \r\n");
      }),
      slowly(20, neverReads, port, (connection) => {
        connection.pause();
        for (let n = 0; n < lists; n++) connection.write(list);
      }),
    ])
  ).flat();

  // The sale: from before the slow ones begin to be cut until after.
  const latenciesMs: number[] = [];
  const statuses = new Map<string, number>();
  const startedMs = performance.now();
  let next = 0;
  const shopper = async () => {
    for (let at = next++; at < buyers.length; at = next++) {
      const askedMs = performance.now();
      const { status, body } = await buy(server, offerId, buyers[at] ?? "", { key: "once" });
      latenciesMs.push(performance.now() - askedMs);
      const outcome = `${status} ${body.code ?? body.state}`;
      statuses.set(outcome, (statuses.get(outcome) ?? 0) + 1);
      await Bun.sleep(150); // 8 of them: some 50 purchases a second, for 13 s
    }
  };
  await Promise.all(Array.from({ length: 8 }, shopper));
  expect(performance.now() - startedMs).toBeGreaterThan(12_000);

  expect(Object.fromEntries(statuses)).toEqual({ "201 reserved": stock, "409 sold_out": 100 });
  latenciesMs.sort((a, b) => a - b);
  expect(latenciesMs.at(-1)).toBeLessThan(requestWithinMs);
  expect(latenciesMs[Math.floor(latenciesMs.length * 0.95)]).toBeLessThan(requestWithinMs / 4);
  const { body } = await call<CampaignJson>(`${server.url}/v1/campaigns/${campaign.id}`);
  expect(body.offers[0]).toMatchObject({ total: stock, available: 0, held: stock, sold: 0 });

  // All slow ones are gone in time. Who does not read sees it only when reading what the system has kept for them.
  const left = () => slow.filter(({ cutAfterMs }) => cutAfterMs === null).map(({ kind }) => kind);
  const untilMs = startedMs + cutWithinMs;
  while (performance.now() < untilMs && left().some((kind) => kind !== neverReads)) await Bun.sleep(50);
  const neverReading = slow.filter(({ kind }) => kind === neverReads);
  for (const { connection } of neverReading) connection.resume();
  const readMs = performance.now() + 10_000; // what the system has kept is read, and then the end of it
  while (performance.now() < readMs && left().length > 0) await Bun.sleep(50);
  expect(left()).toEqual([]);
  for (const { connection } of neverReading) expect(connection.receivedBytes).toBeLessThan(listsBytes);

  for (const { connection, kind } of slow) {
    if (kind === neverReads || connection.text === "") continue;
    const answer = await connection.answer();
    if (answer !== null) expect(expectRefusal(answer).status).toBe(400);
  }
  expect(residentMib(server) - beforeMib).toBeLessThan(96);
  // A quiet stream whose reader does read is still there: its heartbeat keeps it.
  expect(attentive.isOver).toBe(false);
  expect(attentive.heartbeatsAtMs.length).toBeGreaterThanOrEqual(2);
  expect(server.log()).not.toContain('"level":"error"');
});
