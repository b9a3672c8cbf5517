/**
 * Proves what is given up when there is more to do than can be done: with a disk whose every sync takes 0.3 s (strace),
 * buyers wait too long, so exports, searches, streams and joins are refused one after the other by name, while buying
 * goes on and no purchase is refused; when the crowd is gone everything comes back by itself. With a sync of 0.9 s a
 * share of the purchases is refused too, and the others still end in orders, none of which is lost.
 * Does not prove the figures of a machine at its limit: bench/overload.bench.ts does.
 */
import { expect, test } from "bun:test";
import { type CampaignJson, call, createCampaign, operatorKey, type Server, startServer } from "../harness.ts";
import { scrape, seriesValue } from "../http/prometheus.ts";
import { canInject, injection } from "./faults.ts";
import { keyOf, ordersByKey } from "./ledger.ts";
import { Line } from "./line.ts";
import { type Buyer, makeBuyers } from "./load.ts";
import { scratchFolders, wrongIn } from "./soundness.ts";

const folder = scratchFolders();
const linesCount = 16;
const env = { RUSHBOX_LOAD_SHEDDING: "on" };
const levels = ["normal", "exports", "search", "streams", "joins", "all"];

interface Crowd {
  readonly reserved: string[];
  /** Refused because there was too much to do. */
  readonly shed: string[];
  readonly others: string[];
  leave(): Promise<void>;
}

/** Buyers who ask again and again, each with a key of its own. */
function bringCrowd(server: Server, offer: string, buyers: readonly Buyer[]): Crowd {
  const [reserved, shed, others]: string[][] = [[], [], []];
  let isOver = false;
  const asked = Array.from({ length: linesCount }, async (_, lineNumber) => {
    using line = new Line(server.port);
    for (let number = 0; !isOver; number++) {
      const buyer = buyers[(lineNumber + number * linesCount) % buyers.length];
      const key = `${lineNumber}-${number}`;
      const ending = await line.ask({ path: `/v1/offers/${offer}/orders`, as: buyer?.token ?? "", key });
      const name = keyOf(buyer?.name ?? "", key);
      if (typeof ending === "string") others?.push(ending);
      else if (ending.status === 201) reserved?.push(name);
      else if ("refused" in (JSON.parse(ending.text) as object)) shed?.push(name);
      else others?.push(ending.text);
      // Whoever is refused comes back when they were told, or the crowd would be no crowd but a flood.
      if (typeof ending !== "string" && ending.status === 503) await Bun.sleep(50);
    }
  });
  return {
    ...{ reserved: reserved ?? [], shed: shed ?? [], others: others ?? [] },
    async leave() {
      isOver = true;
      await Promise.all(asked);
    },
  };
}

async function levelOf(server: Server): Promise<string> {
  return (await call<{ load: string }>(`${server.url}/readyz`)).body.load;
}

/** Waits for a level; answers all that were seen on the way. */
async function untilLevel(server: Server, wanted: string): Promise<string[]> {
  const seen: string[] = [];
  for (;;) {
    const level = await levelOf(server);
    if (seen.at(-1) !== level) seen.push(level);
    if (level === wanted) return seen;
    await Bun.sleep(20);
  }
}

const slowDisk = (ms: number) =>
  injection({ calls: "fsync,fdatasync", effect: `delay_enter=${ms * 1_000}`, when: "6+" });

async function prepare(data: string): Promise<CampaignJson> {
  await using server = await startServer({ data, compiled: true });
  const campaign = await createCampaign(server, { stock: 1_000_000, limitPerBuyer: 1_000 });
  await server.stop();
  return campaign;
}

test.skipIf(!canInject)(
  "under a load that stays, the work of least value is refused first, buying goes on, and all comes back by itself",
  async () => {
    const data = folder();
    const campaign = await prepare(data);
    const server = await startServer({ data, compiled: true, env, wrapper: slowDisk(300) });
    const buyers = await makeBuyers(200);
    const refusals = {
      exports: () => call(`${server.url}/v1/orders/export`, { as: operatorKey }),
      search: () => call(`${server.url}/v1/orders`, { as: operatorKey }),
      streams: () => call(`${server.url}/v1/campaigns/${campaign.id}/stream`),
      joins: () =>
        call(`${server.url}/v1/offers/${campaign.offers[0]?.id}/waitlist`, {
          method: "POST",
          as: buyers[0]?.token ?? "",
        }),
    };
    const crowd = bringCrowd(server, campaign.offers[0]?.id ?? "", buyers);
    const rising = await untilLevel(server, "joins");
    expect(crowd.shed).toEqual([]); // purchases are the last: on a busy machine it may come to them later
    expect(rising).toEqual(levels.slice(0, -1).filter((level) => rising.includes(level))); // never out of their order
    for (const [work, ask] of Object.entries(refusals)) {
      const reply = await ask();
      expect(reply.body).toMatchObject({ code: "overloaded", refused: work });
      expect(Number(reply.headers.get("retry-after"))).toBeGreaterThan(0);
    }
    const metrics = await scrape(server.url);
    expect(seriesValue(metrics, "rushbox_load_level")).toBeGreaterThanOrEqual(4);
    expect(seriesValue(metrics, "rushbox_queue_delay_seconds")).toBeGreaterThan(0.1);
    expect(seriesValue(metrics, "rushbox_shed_total", { work: "streams" })).toBe(1);
    const before = crowd.reserved.length;
    while (crowd.reserved.length < before + 3 * linesCount) await Bun.sleep(20); // buying goes on
    await crowd.leave();
    expect(crowd.others).toEqual([]);
    const falling = await untilLevel(server, "normal");
    expect(falling).toEqual(levels.toReversed().filter((level) => falling.includes(level)));
    expect((await refusals.search()).status).toBe(200);
    while (seriesValue(await scrape(server.url), "rushbox_load_level") !== 0) await Bun.sleep(20);
    expect(await server.stop()).toBe(0);
    const stored = ordersByKey(wrongIn(data).ledger);
    expect(crowd.reserved.filter((key) => !stored.has(key))).toEqual([]);
    expect(server.log()).toContain("work of least value is refused");
    expect(server.log()).toContain("all work is done again");
  },
  120_000,
);

test.skipIf(!canInject)(
  "purchases are refused last and in part: the others become orders, and what was refused changed nothing",
  async () => {
    const data = folder();
    const campaign = await prepare(data);
    const server = await startServer({ data, compiled: true, env, wrapper: slowDisk(900) });
    const crowd = bringCrowd(server, campaign.offers[0]?.id ?? "", await makeBuyers(200));
    await untilLevel(server, "all");
    while (crowd.shed.length < 100) await Bun.sleep(20);
    const before = crowd.reserved.length;
    while (crowd.reserved.length === before) await Bun.sleep(20);
    await crowd.leave();
    expect(crowd.others).toEqual([]);
    await untilLevel(server, "joins");
    expect(await server.stop()).toBe(0);
    const { found, ledger } = wrongIn(data);
    const stored = ordersByKey(ledger);
    expect(found).toEqual([]);
    expect(crowd.reserved.filter((key) => !stored.has(key))).toEqual([]);
    expect(crowd.shed.filter((key) => stored.has(key))).toEqual([]);
  },
  120_000,
);
