/**
 * Proves that the compiled binary keeps its word when it is killed (`kill -9`) at any moment: under load, while it
 * recovers, and in the middle of a checkpoint (`strace` kills it at a chosen write to the database file). Clients keep
 * journals of what they were told; after each death the stored ledger is held against them. Orders live their whole life
 * meanwhile, and a webhook receiver that often fails is held against the ledger, too: at least once, in order per order.
 * CYCLES=2000 for a night; SEED=... to replay the choices (not the interleaving).
 * Does not prove: survival of a power loss. What the process wrote stays in the page cache when it alone dies; see
 * disk-error.test.ts for what is synced when.
 */
import { Database } from "bun:sqlite";
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
import { brokenDetails } from "./details.ts";
import { portOf } from "./ending.ts";
import { canInject, injection } from "./faults.ts";
import { type Ledger, numberOf, readLedger } from "./ledger.ts";
import { type Buyer, Load, type Mix, makeBuyers, settleUnknown, Witness } from "./load.ts";
import { Receiver, undelivered } from "./receiver.ts";
import { scratchFolders, wrongIn } from "./soundness.ts";

const cycles = Number(process.env["CYCLES"] ?? 12);
const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000);
const killedWithinMs = 250;
/** Some live longer than the relay's file waits for what was delivered: the next one must not begin there anew. */
const livesOnMs = 1_300;
/** Few enough that looking at everything after each death stays cheap; in the middle a new campaign follows the first. */
const cyclesPerFolder = 12;

/** In a hundred clicks. */
const wholeLife: Mix = { repeat: 5, cancel: 8, pay: 10, checkout: 5, refund: 6, wait: 16 };
/** What must have happened in the whole for it to prove anything. */
const everything = [
  ...["order_offered", "order_paid", "order_cancelled", "order_expired", "order_rereserved", "order_refund_due"],
  ...["order_refund_requested", "order_refunded", "payment_refund_due", "payment_refunded"],
  ...["waitlist_joined", "waitlist_left", "waitlist offered", "waitlist left"],
  ...["shop accepted", "shop refunded", "sandbox accepted", "sandbox refunded"],
];

const folder = scratchFolders();

test(
  `after ${cycles} kills or more at random moments every 201 is there once, an unknown outcome repeated gives one order, every payment buys or is returned, and every event has gone out`,
  async () => {
    process.stderr.write(`crash.test.ts: SEED=${seed} CYCLES=${cycles}\n`);
    const random = new Random(seed);
    const buyers = await makeBuyers(160);
    const happened = new Map<string, number>();
    const add = (what: string, count = 1) => happened.set(what, (happened.get(what) ?? 0) + count);
    const missing = () => everything.filter((what) => !happened.has(what));
    let killed = 0;
    // What is rare is waited for, through four times as many kills at most.
    while (killed < cycles || (missing().length > 0 && killed < 4 * cycles)) {
      const times = Math.min(killed < cycles ? cycles - killed : 4, cyclesPerFolder);
      killed += times;
      const { witness, ledger, receiver } = await crashOver(times, buyers, random);
      add("reserved", witness.count("reserved"));
      add("moved", witness.moves.length);
      for (const { type } of ledger.events) add(type);
      for (const { provider, state } of ledger.payments) add(`${provider} ${state}`);
      for (const { state } of ledger.waitlist) add(`waitlist ${state}`);
      add("mishaps", receiver.mishapCount);
      add("repetitions", receiver.repetitionCount);
    }
    // The test has teeth only when there was something to lose, and everything was mixed in.
    expect(happened.get("reserved")).toBeGreaterThan(cycles * 10);
    expect(happened.get("moved")).toBeGreaterThan(cycles);
    for (const what of everything) expect([what, happened.get(what)]).not.toEqual([what, undefined]);
    expect(happened.get("mishaps")).toBeGreaterThan(cycles);
    expect(happened.get("repetitions")).toBeGreaterThan(cycles);
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

/** Starts on a new folder, sells, is killed, recovers, and so on; at the end lets everything come to rest. */
async function crashOver(
  times: number,
  buyers: readonly Buyer[],
  random: Random,
): Promise<{ witness: Witness; ledger: Ledger; receiver: Receiver }> {
  const data = folder();
  const witness = new Witness();
  await using receiver = new Receiver(random);
  const url = await receiver.start();
  let sale: CampaignJson | null = null;
  let webhook: WebhookJson | null = null;
  const env = { RUSHBOX_WEBHOOKS_PRIVATE: "yes", RUSHBOX_PAYMENTS: "sandbox" };
  for (let cycle = 0; cycle < times; cycle++) {
    if (random.percent(25)) await killWhileStarting(data, random);
    const args = ["--http-threads", random.percent(25) ? "2" : "1"];
    await using server = await startServer({ data, compiled: true, args, env });
    webhook ??= await makeWebhook(server, url, receiver);
    expect(await settleUnknown(server.port, buyers, witness, readLedger(data))).toEqual([]);
    if (sale === null || cycle === cyclesPerFolder / 2) {
      if (sale !== null) await call(`${server.url}/v1/campaigns/${sale.id}/end`, { method: "POST", as: operatorKey });
      sale = await openSale(server);
    }
    const offers = sale.offers.map(({ id }) => id);
    const load = new Load({ port: server.port, offers, buyers, random, witness, lines: 32, mix: wholeLife });
    const isReceiverGone = random.percent(20);
    if (isReceiverGone) await receiver.stop();
    await Bun.sleep(random.percent(20) ? livesOnMs : random.between(5, killedWithinMs));
    if (isReceiverGone) await receiver.start();
    await server.stop("SIGKILL");
    await load.stop();
    expect(wrongIn(data, witness).found).toEqual([]);
  }
  if (sale === null || webhook === null) throw new Error("there was no sale");
  {
    await using server = await startServer({ data, compiled: true, env });
    expect(await settleUnknown(server.port, buyers, witness, readLedger(data))).toEqual([]);
    await bringToAnEnd(server, sale);
    await server.stop("SIGKILL"); // once more, while nothing but the events is under way
  }
  receiver.isReliable = true;
  await using server = await startServer({ data, compiled: true, env });
  await deliverAll(server, webhook);
  expect(await server.stop()).toBe(0);
  const { found, ledger } = wrongIn(data, witness);
  expect(found).toEqual([]);
  expect(brokenDetails(data)).toEqual([]);
  expect(undelivered(ledger, receiver, numberOf(webhook.id))).toEqual([]);
  expect(ledger.payments.filter(({ state }) => state === "refund_due")).toEqual([]);
  return { witness, ledger, receiver };
}

interface WebhookJson {
  readonly id: string;
  readonly secret: string;
  readonly delivered_up_to_seq: number;
  readonly pending: number;
  readonly dead: number;
}

async function makeWebhook(server: Server, url: string, receiver: Receiver): Promise<WebhookJson> {
  const made = await call<WebhookJson>(`${server.url}/v1/webhooks`, { method: "POST", as: operatorKey, body: { url } });
  expect(made.status).toBe(201);
  receiver.secret = made.body.secret;
  return made.body;
}

/** Ends the sale, returns the shop's own payments, and waits until nothing more is to happen. */
async function bringToAnEnd({ url, data }: Server, sale: CampaignJson): Promise<void> {
  const operate = (path: string) => call(`${url}/v1/${path}`, { method: "POST", as: operatorKey });
  expect((await operate(`campaigns/${sale.id}/end`)).status).toBe(200);
  using db = new Database(join(data, "rushbox.db"), { readonly: true });
  const reserved = db.query("SELECT count(*) AS count FROM orders WHERE state = 'reserved'");
  const due = db.query<{ id: number }, []>("SELECT DISTINCT order_id AS id FROM payments WHERE state = 'refund_due'");
  await until(() => (reserved.get() as { count: number }).count === 0);
  for (const { id } of due.all()) {
    expect((await operate(`orders/ord_${id.toString(36).padStart(10, "0")}/refund`)).status).toBe(200);
  }
  await until(() => due.all().length === 0);
}

async function deliverAll({ url, data }: Server, { id }: WebhookJson): Promise<void> {
  using db = new Database(join(data, "rushbox.db"), { readonly: true });
  const last = db.query("SELECT max(seq) AS seq FROM events").get() as { seq: number };
  await until(async () => {
    const { body } = await call<WebhookJson>(`${url}/v1/webhooks/${id}`, { as: operatorKey });
    expect(body.dead).toBe(0);
    return body.delivered_up_to_seq === last.seq && body.pending === 0;
  });
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await isSo())) await Bun.sleep(50);
}

/** A campaign with plenty of one thing and little of another, so that both selling and selling out are under way. */
function openSale(server: { url: string }): Promise<CampaignJson> {
  const terms = { title: "Goods", price_minor: 100, currency: "CNY" };
  return createCampaign(server, {
    paymentWindowS: 1,
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
