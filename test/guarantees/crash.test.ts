/**
 * Proves that the compiled binary keeps its word when it is killed (`kill -9`) at any moment: under load, while it
 * recovers, and in the middle of a checkpoint (`strace` kills it at a chosen write to the database file). Clients keep
 * journals of what they were told; after each death the stored ledger is held against them. CYCLES=2000 for a night;
 * SEED=... to replay the choices (not the interleaving).
 * Does not prove: survival of a power loss. What the process wrote stays in the page cache when it alone dies; see
 * disk-error.test.ts for what is synced when.
 */
import { expect, test } from "bun:test";
import { join } from "node:path";
import { Random } from "../engine/random.ts";
import {
  type CampaignJson,
  call,
  createCampaign,
  operatorKey,
  type Server,
  spawnServer,
  startServer,
} from "../harness.ts";
import { portOf } from "./ending.ts";
import { canInject, injection } from "./faults.ts";
import { readLedger } from "./ledger.ts";
import { type Buyer, Load, makeBuyers, settleUnknown, Witness } from "./load.ts";
import { scratchFolders, wrongIn } from "./soundness.ts";

const cycles = Number(process.env["CYCLES"] ?? 30);
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const killedWithinMs = 250;
/** Few enough that looking at everything after each death stays cheap; in the middle a new campaign follows the first. */
const cyclesPerFolder = 10;

const folder = scratchFolders();

test(
  `after ${cycles} kills at random moments every 201 is there once, and an unknown outcome repeated gives one order`,
  async () => {
    process.stderr.write(`crash.test.ts: SEED=${seed} CYCLES=${cycles}\n`);
    const random = new Random(seed);
    const buyers = await makeBuyers(160);
    let [reserved, moved] = [0, 0];
    for (let left = cycles; left > 0; left -= cyclesPerFolder) {
      const witness = await crashOver(Math.min(left, cyclesPerFolder), buyers, random);
      reserved += witness.count("reserved");
      moved += witness.moves.length;
    }
    // The test has teeth only when there was something to lose.
    expect(reserved).toBeGreaterThan(cycles * 10);
    expect(moved).toBeGreaterThan(cycles);
  },
  60_000 + cycles * 3_000,
);

test.skipIf(!canInject)(
  "killed in the middle of a checkpoint, at start, at stop or under load, it has lost nothing",
  async () => {
    const random = new Random(seed + 1);
    const data = folder();
    const witness = new Witness();
    const buyers = await makeBuyers(160);
    const check = () => expect(wrongIn(data, witness).found).toEqual([]);
    const killedAtWrite = (nth: number) =>
      injection({ calls: "pwrite64", effect: "signal=KILL", when: String(nth), path: join(data, "rushbox.db") });
    const loadUntilDead = async (server: Server, ms: number, offers: readonly string[]) => {
      const load = new Load({ port: server.port, offers, buyers, random, witness, lines: 32 });
      await Promise.race([server.process.exited, Bun.sleep(ms)]);
      return load;
    };

    // A log full of commits to recover from, left behind by a kill.
    const first = await startServer({ data, compiled: true });
    const offers = (await openSale(first)).offers.map(({ id }) => id);
    const firstLoad = await loadUntilDead(first, 600, offers);
    await first.stop("SIGKILL");
    await firstLoad.stop();
    check();
    for (const nth of [1, 2, random.between(3, 8), 1]) {
      const { process: child } = spawnServer({ data, compiled: true, wrapper: killedAtWrite(nth) });
      await child.exited;
      expect(child.signalCode).toBe("SIGKILL");
      check();
    }

    // The same at a stop: the checkpoint of a start on an empty log writes nothing, so the writes counted are the stop's.
    await (await startServer({ data, compiled: true })).stop();
    const second = await startServer({ data, compiled: true, wrapper: killedAtWrite(random.between(1, 6)) });
    const secondLoad = await loadUntilDead(second, 200, offers);
    await second.stop("SIGTERM");
    expect(second.process.signalCode).toBe("SIGKILL");
    await secondLoad.stop();
    check();

    // And under load, where the log has grown past its limit.
    await (await startServer({ data, compiled: true })).stop();
    const third = await startServer({ data, compiled: true, wrapper: killedAtWrite(random.between(1, 200)) });
    const thirdLoad = await loadUntilDead(third, 20_000, offers);
    expect(third.process.signalCode).toBe("SIGKILL");
    await thirdLoad.stop();
    check();

    await using server = await startServer({ data, compiled: true });
    expect(await settleUnknown(server.port, buyers, witness, readLedger(data))).toEqual([]);
    await server.stop();
    check();
  },
  60_000,
);

test.skipIf(!canInject)(
  "killed at any moment of its very first start, it starts the next time",
  async () => {
    // At night at every one of them, by day at those where a file is half made.
    const moments = cycles > 30 ? Array.from({ length: 12 }, (_, index) => String(index + 1)) : ["2", "4", "5", "8"];
    const faults = [
      ...moments.map((when) => ({ calls: "fsync,fdatasync", effect: "signal=KILL", when })),
      { calls: "unlink,ftruncate", effect: "signal=KILL", when: "1" },
    ];
    let killed = 0;
    for (const fault of faults) {
      const data = folder();
      const first = spawnServer({ data, compiled: true, wrapper: injection(fault) });
      if ((await portOf(first)) === null) killed += 1;
      else first.process.kill("SIGKILL"); // a start has fewer moments than that
      await first.process.exited;
      expect([fault, first.process.signalCode]).toEqual([fault, "SIGKILL"]);
      await using server = await startServer({ data, compiled: true });
      expect((await createCampaign(server)).state).toBe("open");
    }
    expect(killed).toBeGreaterThan(3);
  },
  60_000,
);

/** Starts on a new folder, sells, is killed, recovers, and so on; answers what the clients saw. */
async function crashOver(times: number, buyers: readonly Buyer[], random: Random): Promise<Witness> {
  const data = folder();
  const witness = new Witness();
  let sale: CampaignJson | null = null;
  for (let cycle = 0; cycle < times; cycle++) {
    if (random.percent(25)) await killWhileStarting(data, random);
    const args = ["--http-threads", random.percent(25) ? "2" : "1"];
    await using server = await startServer({ data, compiled: true, args });
    expect(await settleUnknown(server.port, buyers, witness, readLedger(data))).toEqual([]);
    if (sale === null || cycle === cyclesPerFolder / 2) {
      if (sale !== null) await call(`${server.url}/v1/campaigns/${sale.id}/end`, { method: "POST", as: operatorKey });
      sale = await openSale(server);
    }
    const offers = sale.offers.map(({ id }) => id);
    const load = new Load({ port: server.port, offers, buyers, random, witness, lines: 32 });
    await Bun.sleep(random.between(5, killedWithinMs));
    await server.stop("SIGKILL");
    await load.stop();
    expect(wrongIn(data, witness).found).toEqual([]);
  }
  await using server = await startServer({ data, compiled: true });
  expect(await settleUnknown(server.port, buyers, witness, readLedger(data))).toEqual([]);
  expect(await server.stop()).toBe(0);
  expect(wrongIn(data, witness).found).toEqual([]);
  return witness;
}

/** A campaign with plenty of one thing and little of another, so that both selling and selling out are under way. */
function openSale(server: { url: string }): Promise<CampaignJson> {
  const terms = { title: "Goods", price_minor: 100, currency: "CNY" };
  return createCampaign(server, {
    offers: [
      { ...terms, sku: "plenty", stock: 100_000, limit_per_buyer: 1_000 },
      { ...terms, sku: "scarce", stock: 60, limit_per_buyer: 2 },
    ],
  });
}

/** Kills a start half-way: before, in or after its recovery. */
async function killWhileStarting(data: string, random: Random): Promise<void> {
  const { process: child } = spawnServer({ data, compiled: true });
  await Bun.sleep(random.between(20, 300));
  child.kill("SIGKILL");
  await child.exited;
}
