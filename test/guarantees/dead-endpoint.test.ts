/**
 * Proves that a webhook that nobody takes costs the sale nothing: the rate of durable orders without a webhook, with one
 * that is taken, with one that never answers and with one that refuses connections, in turns of one run, as ratios; and
 * that the relay's file stays bounded however much such an endpoint misses. A bound on ratios of a busy machine is a
 * coarse one: bench/ measures.
 */
import { expect, test } from "bun:test";
import { existsSync, statSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { limits } from "../../src/domain/limits.ts";
import { call, createCampaign, type OfferJson, operatorKey, type Server, startServer } from "../harness.ts";
import { Line } from "./line.ts";
import { type Buyer, makeBuyers } from "./load.ts";

const turns = 4;
const turnMs = 700;
const linesCount = 32;
/** So that nobody comes to the limit. */
const buyersPerLine = 8;
const ratioMin = 0.7;
/** Rows that one endpoint may have in the outbox, some 200 bytes each, and the log of a file that is written so little. */
const outboxBytesMax = limits.webhookDeliveriesPendingMax * 400 + 4_500_000;

test("an endpoint that hangs or refuses does not slow the sale, and what it misses takes no room", async () => {
  const hanging = createServer((socket) => socket.on("error", () => {}));
  const taking = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: () => new Response(null, { status: 204 }) });
  const { promise: isListening, resolve } = Promise.withResolvers<void>();
  hanging.listen(0, "127.0.0.1", resolve);
  await isListening;
  const address = hanging.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const gone = Bun.listen({ hostname: "127.0.0.1", port: 0, socket: { data() {} } });
  gone.stop(true);
  try {
    const urls = { none: null, taking: taking.port, hanging: address.port, refusing: gone.port };
    await using stack = new AsyncDisposableStack();
    const shops = new Map<string, Shop>();
    const buyers = await makeBuyers(linesCount * buyersPerLine);
    for (const [name, port] of Object.entries(urls)) {
      const server = stack.use(await startServer({ compiled: true, env: { RUSHBOX_WEBHOOKS_PRIVATE: "yes" } }));
      const body = { url: `http://127.0.0.1:${port}/hook` };
      const made =
        port === null
          ? null
          : await call<{ id: string }>(`${server.url}/v1/webhooks`, { method: "POST", as: operatorKey, body });
      const { offers } = await createCampaign(server, { stock: 1_000_000, limitPerBuyer: limits.quantityMax });
      shops.set(name, { server, offer: (offers as [OfferJson])[0].id, webhook: made?.body.id ?? null });
    }
    const rates = new Map<string, number[]>();
    for (let turn = -1; turn < turns; turn++) {
      for (const [name, shop] of shops) {
        // What the others have still to deliver is not to be paid for by this one.
        for (const other of shops.values()) other.server.process.kill(other === shop ? "SIGCONT" : "SIGSTOP");
        const rate = await ordersPerSecond(shop, buyers);
        if (turn >= 0) rates.set(name, [...(rates.get(name) ?? []), rate]); // the first turn warms up
      }
    }
    for (const { server } of shops.values()) server.process.kill("SIGCONT");
    const median = (name: string) =>
      medianOf((rates.get(name) ?? []).map((rate, turn) => rate / (rates.get("none")?.[turn] ?? 0)));
    const told = [...shops.keys()].map(
      (name) => `${name} ${Math.round(medianOf(rates.get(name) ?? []))}/s, ${median(name).toFixed(2)}`,
    );
    process.stderr.write(`dead-endpoint.test.ts: ${told.join("; ")}\n`);
    expect(median("hanging")).toBeGreaterThan(ratioMin);
    expect(median("refusing")).toBeGreaterThan(ratioMin);
    for (const name of ["hanging", "refusing"]) {
      const { server, webhook } = shops.get(name) as Shop;
      const { body } = await call<Record<string, number>>(`${server.url}/v1/webhooks/${webhook}`, { as: operatorKey });
      expect(body["pending"]).toBeGreaterThan(0);
      expect(body["pending"]).toBeLessThanOrEqual(limits.webhookDeliveriesPendingMax);
      expect(outboxBytes(server.data)).toBeLessThan(outboxBytesMax);
    }
  } finally {
    hanging.close();
    await taking.stop(true);
  }
}, 60_000);

interface Shop {
  readonly server: Server;
  readonly offer: string;
  readonly webhook: string | null;
}

/** Orders that were answered 201 in one turn. */
async function ordersPerSecond({ server, offer }: Shop, buyers: readonly Buyer[]): Promise<number> {
  const startedMs = performance.now();
  let count = 0;
  const buyOn = async (number: number) => {
    using line = new Line(server.port);
    while (performance.now() - startedMs < turnMs) {
      const token = buyers[(number + linesCount * count) % buyers.length]?.token ?? "";
      const ending = await line.ask({ path: `/v1/offers/${offer}/orders`, as: token });
      if (typeof ending === "string" || ending.status !== 201) throw new Error(`no order: ${JSON.stringify(ending)}`);
      count += 1;
    }
  };
  await Promise.all(Array.from({ length: linesCount }, (_, number) => buyOn(number)));
  return (count * 1_000) / (performance.now() - startedMs);
}

function outboxBytes(folder: string): number {
  const files = ["outbox.db", "outbox.db-wal"].map((name) => join(folder, name));
  return files.reduce((sum, file) => sum + (existsSync(file) ? statSync(file).size : 0), 0);
}

function medianOf(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
