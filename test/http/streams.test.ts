/** Event streams: nothing missing, nothing doubled, quick, alive while quiet, and bounded whatever their readers do. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { encodeEvent, SseClient } from "../../src/delivery/sse.ts";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  newFolder,
  type OfferJson,
  type OrderJson,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { EventStream, type StreamEvent } from "./event-stream.ts";
import { scrape, seriesValue } from "./prometheus.ts";
import { RawConnection, requestBytes } from "./raw-http.ts";
import { expectRefusal } from "./refusal.ts";

setDefaultTimeout(60_000);

type Counts = Pick<OfferJson, "id" | "total" | "available" | "held" | "sold" | "waiting">;
interface Snapshot {
  readonly id: string;
  readonly state: string;
  readonly offers: readonly Counts[];
}

const snapshotOf = ({ data }: StreamEvent) => data as Snapshot;
const orderOf = ({ data }: StreamEvent) => data as OrderJson;

const post = (server: Server, path: string, as = operatorKey) => call(server.url + path, { method: "POST", as });
const cancel = (server: Server, orderId: string, as: string) => post(server, `/v1/orders/${orderId}/cancel`, as);
const offerOf = (campaign: CampaignJson) => campaign.offers[0]?.id ?? "";

const campaignStream = (server: Server, campaignId: string, lastEventId?: number) =>
  EventStream.open(`${server.url}/v1/campaigns/${campaignId}/stream`, lastEventId === undefined ? {} : { lastEventId });

const orderStream = (server: Server, as: string, lastEventId?: number) =>
  EventStream.open(`${server.url}/v1/orders/stream`, { as, ...(lastEventId === undefined ? {} : { lastEventId }) });

async function streamsOpen(server: Server): Promise<number> {
  return seriesValue(await scrape(server.url), "rushbox_streams_open");
}

async function expectStreamsOpen(server: Server, count: number): Promise<void> {
  const untilMs = performance.now() + 3_000;
  while ((await streamsOpen(server)) !== count && performance.now() < untilMs) await Bun.sleep(50);
  expect(await streamsOpen(server)).toBe(count);
}

/** What the journal on disk says that a buyer must have been told: written by the engine, read past the server. */
function journalOf(data: string, buyer: string): { id: number; event: string }[] {
  using db = new Database(join(data, "rushbox.db"), { readonly: true });
  return db
    .query<{ id: number; event: string }, [string]>(
      "SELECT seq AS id, type AS event FROM events WHERE order_id IN (SELECT id FROM orders WHERE buyer_id = ?) ORDER BY seq",
    )
    .all(buyer);
}

const told = (events: readonly StreamEvent[]) => events.map(({ id, event }) => ({ id, event }));

/** One server for all that need none of their own, and one that has been quiet since the beginning. */
let server: Server;
let quiet: Promise<{ server: Server; streams: EventStream[] }>;

beforeAll(async () => {
  server = await startServer({ args: ["--http-threads", "1"] });
  quiet = openQuiet();
  quiet.catch(() => {}); // told to the test that waits for it
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await (await quiet).server[Symbol.asyncDispose]();
});

async function openQuiet(): Promise<{ server: Server; streams: EventStream[] }> {
  const own = await startServer();
  const campaign = await createCampaign(own);
  const streams = await Promise.all([campaignStream(own, campaign.id), orderStream(own, await tokenOf("alice"))]);
  return { server: own, streams };
}

describe("a campaign's stream", () => {
  test("begins with how often to come back and the whole campaign, and shows a sale by somebody else within a second", async () => {
    const campaign = await createCampaign(server, { stock: 5 });
    await using stream = await campaignStream(server, campaign.id);
    expect(stream.response.status).toBe(200);
    expect(stream.response.headers.get("content-type")).toBe("text/event-stream");
    expect(stream.response.headers.get("cache-control")).toBe("no-store");
    expect(stream.response.headers.get("x-content-type-options")).toBe("nosniff");
    const first = await stream.next();
    expect(stream.retryMs).toBeGreaterThan(0);
    expect(first.event).toBe("campaign");
    expect(snapshotOf(first)).toMatchObject({ id: campaign.id, state: "open" });
    expect(snapshotOf(first).offers).toEqual([
      { id: offerOf(campaign), total: 5, available: 5, held: 0, sold: 0, waiting: 0 },
    ]);

    expect((await buy(server, offerOf(campaign), await tokenOf("bob"))).status).toBe(201);
    const sold = await stream.next(() => true, 1_000);
    expect(sold.id).toBeGreaterThan(first.id);
    expect(snapshotOf(sold).offers[0]).toMatchObject({ total: 5, available: 4, held: 1, sold: 0 });

    await post(server, `/v1/campaigns/${campaign.id}/pause`);
    await stream.next((event) => snapshotOf(event).state === "paused", 1_000);
    await post(server, `/v1/campaigns/${campaign.id}/resume`);
    await stream.next((event) => snapshotOf(event).state === "open", 1_000);
    await post(server, `/v1/campaigns/${campaign.id}/end`);
    await stream.next((event) => snapshotOf(event).state === "ended", 1_000);
    expect(stream.isOver).toBe(false);
  });

  test("tells a rush in a few snapshots, each of one moment, and ends with the truth", async () => {
    const campaign = await createCampaign(server, { stock: 400, limitPerBuyer: 1_000 });
    await using stream = await campaignStream(server, campaign.id);
    await stream.next();
    const bob = await tokenOf("bob");
    const startedMs = performance.now();
    for (let round = 0; round < 10; round++) {
      await Promise.all(Array.from({ length: 40 }, () => buy(server, offerOf(campaign), bob)));
    }
    await stream.next((event) => snapshotOf(event).offers[0]?.available === 0, 2_000);
    const tookMs = performance.now() - startedMs;
    expect(stream.events.length).toBeLessThanOrEqual(2 + Math.ceil(tookMs / 200));
    let before = { id: 0, available: 400 };
    for (const event of stream.events) {
      const [offer] = snapshotOf(event).offers;
      if (offer === undefined) throw new Error("an offer is missing");
      expect(offer.available + offer.held + offer.sold).toBe(offer.total);
      expect(offer.available).toBeLessThanOrEqual(before.available);
      expect(event.id).toBeGreaterThanOrEqual(before.id);
      before = { id: event.id, available: offer.available };
    }
  });

  test("begins with the whole campaign again whatever was seen before", async () => {
    const campaign = await createCampaign(server, { stock: 5 });
    const seen = await (async () => {
      await using stream = await campaignStream(server, campaign.id);
      return stream.next();
    })();
    for (const lastEventId of [0, seen.id, seen.id + 1_000_000]) {
      await using again = await campaignStream(server, campaign.id, lastEventId);
      expect((await again.next()).data).toEqual(seen.data);
    }
  });
});

describe("a buyer's stream of orders", () => {
  test("tells every step of their orders and nobody else's, on whichever thread it is open", async () => {
    await using server = await startServer({ args: ["--http-threads", "2"] });
    const campaign = await createCampaign(server, { stock: 50, limitPerBuyer: 50, paymentWindowS: 1 });
    const [alice, bob] = await Promise.all([tokenOf("alice"), tokenOf("bob")]);
    const streams = await Promise.all([1, 2, 3, 4].map(() => orderStream(server, alice)));
    const others = await orderStream(server, bob);
    expect((await buy(server, offerOf(campaign), bob)).status).toBe(201);
    const paid = await buy(server, offerOf(campaign), alice);
    const cancelled = await buy(server, offerOf(campaign), alice);
    await post(server, `/v1/orders/${paid.body.id}/pay`);
    await cancel(server, cancelled.body.id, alice);
    const expired = await buy(server, offerOf(campaign), alice);
    for (const stream of streams) {
      const last = await stream.next(({ event }) => event === "order_expired");
      expect(orderOf(last)).toMatchObject({ id: expired.body.id, state: "expired" });
      expect(stream.events.map(({ event }) => event)).toEqual([
        "order_reserved",
        "order_reserved",
        "order_paid",
        "order_cancelled",
        "order_reserved",
        "order_expired",
      ]);
      expect(told(stream.events)).toEqual(journalOf(server.data, "alice"));
      for (const event of stream.events) expect(orderOf(event).buyer_id).toBe("alice");
      expect(orderOf(stream.events[0] as StreamEvent)).toMatchObject({ id: paid.body.id, quantity: 1 });
      expect(stream.events[0]?.id).toBe(paid.body.seq);
    }
    await others.next();
    for (const event of others.events) expect(orderOf(event).buyer_id).toBe("bob");
    expect(await streamsOpen(server)).toBe(5);
    await Promise.all([...streams, others].map((stream) => stream.close()));
    await expectStreamsOpen(server, 0);
  });

  test("has no gap and no double over reconnects and restarts, while orders come and go", async () => {
    const data = newFolder();
    const alice = await tokenOf("alice");
    const seen: StreamEvent[] = [];
    const lastId = () => seen.at(-1)?.id ?? 0;
    const readSome = async (server: Server, eventsMax: number) => {
      await using stream = await orderStream(server, alice, lastId());
      if (stream.response.status === 503) return Bun.sleep(50); // those before are not yet known to be gone
      for (let n = 0; n < eventsMax; n++) {
        const event = await stream.next(undefined, 300).catch(() => null);
        if (event === null) return;
        seen.push(event);
      }
    };
    let offer = "";
    for (let run = 0; run < 3; run++) {
      await using server = await startServer({ data });
      if (offer === "") offer = offerOf(await createCampaign(server, { stock: 10_000, limitPerBuyer: 1_000 }));
      let isOver = false;
      const shopping = (async () => {
        for (let round = 0; round < 12; round++) {
          const bought = await Promise.all(Array.from({ length: 10 }, () => buy(server, offer, alice)));
          await Promise.all(bought.slice(5).map(({ body }) => cancel(server, body.id, alice)));
        }
        isOver = true;
      })();
      // Reads some, goes away amid the rush, comes back with the last id, and so on.
      for (let connection = 0; !isOver; connection++) await readSome(server, 5 + (connection % 7) * 9);
      await shopping;
      // While nobody listens, too; and the last run is read to its end.
      for (const { body } of await Promise.all(Array.from({ length: 20 }, () => buy(server, offer, alice)))) {
        await post(server, `/v1/orders/${body.id}/pay`);
      }
      while (run === 2 && lastId() < (journalOf(data, "alice").at(-1)?.id ?? 0)) await readSome(server, 500);
      await server.stop(run === 0 ? "SIGTERM" : "SIGKILL");
    }
    const journal = journalOf(data, "alice");
    expect(journal.length).toBe(3 * (12 * 15 + 40));
    expect(told(seen)).toEqual(journal);
    rmSync(data, { recursive: true, force: true });
  });

  test("tells more than fits at once in parts, and none of them is left open", async () => {
    const campaign = await createCampaign(server, { stock: 1_000, limitPerBuyer: 1_000 });
    const alice = await tokenOf("many-orders");
    for (let round = 0; round < 8; round++) {
      const bought = await Promise.all(Array.from({ length: 40 }, () => buy(server, offerOf(campaign), alice)));
      await Promise.all(bought.map(({ body }) => cancel(server, body.id, alice)));
    }
    const seen: StreamEvent[] = [];
    let connections = 0;
    while (seen.length < 640) {
      connections += 1;
      expect(connections).toBeLessThan(20);
      const stream = await orderStream(server, alice, seen.at(-1)?.id ?? 0);
      expect(stream.response.status).toBe(200);
      await stream.next();
      if (seen.length + stream.events.length < 640) await stream.ended; // more is there: it ends, to be asked for again
      await stream.close();
      seen.push(...stream.events);
    }
    expect(connections).toBeGreaterThan(1);
    expect(told(seen)).toEqual(journalOf(server.data, "many-orders"));
    await expectStreamsOpen(server, 0);
  });

  test("is told a hundred steps of one moment without being taken for slow", async () => {
    const campaign = await createCampaign(server, { stock: 200, limitPerBuyer: 200, paymentWindowS: 1 });
    const alice = await tokenOf("hundred-orders");
    await using stream = await orderStream(server, alice);
    await Promise.all(Array.from({ length: 100 }, () => buy(server, offerOf(campaign), alice)));
    while (stream.events.length < 200) await stream.next();
    expect(stream.events.filter(({ event }) => event === "order_expired").length).toBe(100);
    expect(stream.isOver).toBe(false);
  });

  test("begins with now when nothing is named, and with the first of all for 0", async () => {
    const campaign = await createCampaign(server, { limitPerBuyer: 5 });
    const alice = await tokenOf("two-orders");
    const before = await buy(server, offerOf(campaign), alice);
    await using fresh = await orderStream(server, alice);
    await using all = await orderStream(server, alice, 0);
    await using ahead = await orderStream(server, alice, 9_999_999_999);
    const after = await buy(server, offerOf(campaign), alice);
    expect(orderOf(await fresh.next()).id).toBe(after.body.id);
    expect(orderOf(await ahead.next()).id).toBe(after.body.id);
    expect(orderOf(await all.next()).id).toBe(before.body.id);
    expect(orderOf(await all.next()).id).toBe(after.body.id);
  });
});

describe("streams", () => {
  test("are kept alive while they are quiet", async () => {
    const { streams } = await quiet;
    for (const stream of streams) {
      if (stream.heartbeatsAtMs.length === 0) await stream.heartbeat(6_000);
      expect(stream.isOver).toBe(false);
    }
  });

  test("are bounded per buyer: one more is refused until another one ends", async () => {
    const [alice, bob] = await Promise.all([tokenOf("four-streams"), tokenOf("bob")]);
    const open = await Promise.all([1, 2, 3, 4].map(() => orderStream(server, alice)));
    await expectStreamsOpen(server, 4);
    for (let times = 0; times < 3; times++) {
      const refused = await fetch(`${server.url}/v1/orders/stream`, { headers: { authorization: `Bearer ${alice}` } });
      expect(refused.status).toBe(503);
      const { status, headers } = refused;
      expect(expectRefusal({ status, headers, text: await refused.text() }).code).toBe("overloaded");
    }
    await using others = await orderStream(server, bob);
    expect(others.response.status).toBe(200);
    await open.pop()?.close();
    await expectStreamsOpen(server, 4);
    await using again = await orderStream(server, alice);
    expect(again.response.status).toBe(200);
    await Promise.all(open.map((stream) => stream.close()));
  });

  test("end in order when the server stops, and do not hold it up", async () => {
    await using server = await startServer();
    const campaign = await createCampaign(server);
    const streams = [
      await campaignStream(server, campaign.id),
      ...(await Promise.all(["alice", "bob"].map(async (buyer) => orderStream(server, await tokenOf(buyer))))),
    ];
    const startedMs = performance.now();
    expect(await server.stop("SIGTERM")).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(3_000);
    for (const stream of streams) await stream.ended; // rejects when it was cut off
  });

  test("HEAD leaves none open", async () => {
    const campaign = await createCampaign(server);
    const authorization = `Bearer ${await tokenOf("alice")}`;
    for (let times = 0; times < 10; times++) {
      for (const path of [`/v1/campaigns/${campaign.id}/stream`, "/v1/orders/stream"]) {
        const head = await fetch(server.url + path, { method: "HEAD", headers: { authorization } });
        expect([head.status, head.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
      }
    }
    await expectStreamsOpen(server, 0);
  });

  test("opened and dropped a thousand times leave none open and no memory behind", async () => {
    const campaign = await createCampaign(server, { stock: 1_000_000, limitPerBuyer: 1_000 });
    // A buyer for each: that one has gone is noticed a moment later, and until then counts against the bound.
    const buyers = await Promise.all(Array.from({ length: 500 }, (_, at) => tokenOf(`buyer-${at}`)));
    await buy(server, offerOf(campaign), buyers[0] ?? "");
    const residentMib = () =>
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, "utf8"))?.[1]) / 1_024;
    const cycle = async (at: number) => {
      const isCampaign = at % 2 === 0;
      await using connection = await RawConnection.open(server.port);
      const path = isCampaign ? `/v1/campaigns/${campaign.id}/stream` : "/v1/orders/stream";
      connection.write(
        requestBytes({
          path,
          headers: [
            ["Authorization", `Bearer ${buyers[(at >> 1) % buyers.length]}`],
            ["Last-Event-ID", "0"],
          ],
        }),
      );
      await connection.received(/retry: \d+\n\n/);
      expect(connection.text).toStartWith("HTTP/1.1 200");
    };
    const cycles = async (count: number) => {
      let at = 0;
      const worker = async () => {
        while (at < count) await cycle(at++);
      };
      await Promise.all(Array.from({ length: 25 }, worker));
    };
    const answered = async (route: string) =>
      seriesValue(await scrape(server.url), "rushbox_http_requests_total", { route, status: "200" });
    const before = [await answered("stream_campaign"), await answered("stream_orders")];
    await cycles(300);
    await expectStreamsOpen(server, 0);
    const warmMib = residentMib();
    await cycles(1_000);
    await expectStreamsOpen(server, 0);
    expect(residentMib() - warmMib).toBeLessThan(24);
    const after = [await answered("stream_campaign"), await answered("stream_orders")];
    expect(after).toEqual(before.map((count) => count + 650));
  });

  test("to readers that never read are ended, with little waiting for them", async () => {
    const clients = new Set<SseClient>();
    let ended = 0;
    const reader = () => {
      const client = new SseClient(() => {
        ended += clients.delete(client) ? 1 : 0;
      });
      clients.add(client);
      return new Response(client.stream, { headers: { "content-type": "text/event-stream" } });
    };
    const server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: reader });
    const readers = await Promise.all(
      Array.from({ length: 10 }, async () => {
        const connection = await RawConnection.open(server.port ?? 0);
        connection.write(requestBytes({ path: "/" }));
        await connection.received(/retry/);
        connection.pause();
        return connection;
      }),
    );
    await using attentive = await EventStream.open(server.url.href);
    const event = encodeEvent("campaign", 1, JSON.stringify("x".repeat(32_000)));
    const residentMib = () => process.memoryUsage.rss() / 2 ** 20;
    const beforeMib = residentMib();
    // The system's own buffers take some megabytes for each reader before anything has to wait here.
    let sent = 0;
    while (ended < readers.length && sent < 4_000) {
      for (const client of clients) client.send(event);
      sent += 1;
      await Bun.sleep(1);
    }
    expect(ended).toBe(readers.length);
    expect(residentMib() - beforeMib).toBeLessThan(40);
    // Whoever reads has all of it, and stays.
    const untilMs = performance.now() + 3_000;
    while (attentive.events.length < sent && performance.now() < untilMs) await Bun.sleep(5);
    expect(attentive.events.length).toBe(sent);
    expect([attentive.isOver, clients.size]).toEqual([false, 1]);
    for (const connection of readers) connection.close();
    await server.stop(true);
  });
});
