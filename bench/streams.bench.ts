/**
 * What it costs that thousands watch a sale: 5,000 open event streams of the very campaign that is sold, each told of its
 * counts five times a second; and how soon the last of them hears of a change, at rest and while it sells as fast as it can.
 * Who watches runs on the same machine and reads every byte.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Bench, type BenchContext, durability, type Findings, ratiosOf } from "./bench.ts";
import { makeTokens, ordersPath } from "./requests.ts";
import { openCampaign, restock, secret, startRushbox } from "./rushbox.ts";
import { prepareWrk, runWrk } from "./wrk.ts";

const sizes = {
  quick: { buyersCount: 500, watchers: 100, seconds: 1, warmSeconds: 0, changes: 2 },
  full: { buyersCount: 20_000, watchers: 5_000, seconds: 5, warmSeconds: 3, changes: 5 },
};
const stock = 1_000_000_000;
const limitPerBuyer = 1_000;
const pauseMs = 500;
const heardMsMax = 30_000;

export const streamsBench: Bench = {
  name: "streams",
  question: "What do 5,000 who watch a sale cost, and how soon do all of them hear of a change?",
  run: runStreamsBench,
};

async function runStreamsBench(context: BenchContext): Promise<Findings> {
  const { clock, folder: parent, rounds, size } = context;
  await using programs = new AsyncDisposableStack();
  const { buyersCount, watchers: count, seconds, warmSeconds, changes } = sizes[size];
  const folder = join(parent, "streams");
  mkdirSync(folder);
  const tokensPath = await prepareWrk(folder, await makeTokens(secret, buyersCount));
  const { port } = programs.use(await startRushbox(context, join(folder, "rushbox"))).ready;
  const { campaignId, offerIds } = await openCampaign(port, [
    { sku: "hot", stock, limitPerBuyer },
    { sku: "sign", stock: 1, limitPerBuyer },
  ]);
  const [hot = "", sign = ""] = offerIds;
  const load = { port, path: ordersPath(hot), tokensPath, connections: context.connections, keyed: false } as const;
  const sell = (forSeconds: number) => runWrk({ ...load, seconds: forSeconds, expect: "accepted" });
  if (warmSeconds > 0) await sell(warmSeconds);

  let total = 1;
  const lastHearsMs = async (watchers: Watchers): Promise<number> => {
    total += 1;
    const heard = watchers.untilAllHave(`"total":${total},`);
    const startedMs = clock.elapsedMs();
    await restock(port, sign, 1);
    await Promise.race([
      heard,
      Bun.sleep(heardMsMax).then(() => Promise.reject(new Error("not all have heard of it"))),
    ]);
    return clock.elapsedMs() - startedMs;
  };
  const longestOf = async (watchers: Watchers): Promise<number> => {
    let longestMs = 0;
    for (let n = 0; n < changes; n++) {
      longestMs = Math.max(longestMs, await lastHearsMs(watchers));
      await Bun.sleep(pauseMs);
    }
    return longestMs;
  };

  const [alone, watched, atRestMs, sellingMs]: [number[], number[], number[], number[]] = [[], [], [], []];
  for (let round = 0; round < rounds; round++) {
    alone.push((await sell(seconds)).perSecond);
    const watchers = await Watchers.open(port, campaignId, count);
    atRestMs.push(await longestOf(watchers));
    const selling = sell(seconds);
    sellingMs.push(await longestOf(watchers));
    watched.push((await selling).perSecond);
    watchers.close();
  }
  const stored = durability.rushbox;
  return {
    figures: [
      { what: "orders, nobody watches", unit: "/s", values: alone, durability: stored },
      { what: `orders, ${count} watch`, unit: "/s", values: watched, durability: stored },
    ],
    verdicts: [
      {
        question: `orders while ${count} watch / while nobody does`,
        unit: "x",
        values: ratiosOf(watched, alone),
        target: null,
      },
      { question: `the last of ${count} hears of a change`, unit: "ms", values: atRestMs, target: { atMost: 1_000 } },
      { question: "the same while it sells", unit: "ms", values: sellingMs, target: { atMost: 1_000 } },
    ],
    notes: [`the longest of ${changes} changes a round; one HTTP thread holds all streams`],
  };
}

/** Connections that each hold one stream of a campaign. */
class Watchers {
  readonly #sockets: { end(): void }[] = [];
  /** What is looked for, and who has not seen it yet. */
  #mark = Buffer.alloc(0);
  #missing = new Set<number>();
  #allHave: () => void = () => {};

  /** All of them, each with its first snapshot. */
  static async open(port: number, campaignId: string, count: number): Promise<Watchers> {
    const watchers = new Watchers();
    const head = `GET /v1/campaigns/${campaignId}/stream HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
    const first = watchers.untilAllHave("event: campaign", count);
    for (let number = 0; number < count; number++) {
      // One after the other, so that the kernel's queue of new connections never overflows.
      const socket = await Bun.connect({
        hostname: "127.0.0.1",
        port,
        socket: { data: (_, chunk) => watchers.#read(number, chunk) },
      });
      socket.write(head);
      watchers.#sockets.push(socket);
    }
    await first;
    return watchers;
  }

  /** Resolves when every one of them has been sent this text. */
  untilAllHave(text: string, count = this.#sockets.length): Promise<void> {
    this.#mark = Buffer.from(text);
    this.#missing = new Set(Array.from({ length: count }, (_, number) => number));
    return new Promise((resolve) => {
      this.#allHave = resolve;
    });
  }

  close(): void {
    for (const socket of this.#sockets) socket.end();
  }

  #read(number: number, chunk: Buffer): void {
    if (!this.#missing.has(number) || !chunk.includes(this.#mark)) return;
    this.#missing.delete(number);
    if (this.#missing.size === 0) this.#allHave();
  }
}
