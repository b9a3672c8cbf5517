/** The load generator knows the outcomes, and is not fooled: it finds what a server forgot, gave twice or oversold. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  call,
  createCampaign,
  jwtSecret,
  newFolder,
  type OfferJson,
  type OrderJson,
  operatorKey,
  programOf,
  type Server,
  startServer,
} from "../harness.ts";
import { plainEnv, runCommand } from "./command.ts";

setDefaultTimeout(60_000);

const env = { RUSHBOX_OPERATOR_KEY: operatorKey, RUSHBOX_JWT_SECRET: jwtSecret };

interface Report {
  readonly offer_id: string;
  readonly attempts: number;
  readonly attempts_per_s: number;
  readonly unsent: number;
  readonly unknown: number;
  readonly retries: Readonly<Record<string, number>>;
  readonly latency_ms: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly outcomes: Readonly<Record<string, { readonly attempts: number }>>;
  readonly stock: { readonly available_before: number; readonly available_after: number; readonly taken: number };
  readonly orders: { readonly acknowledged: number; readonly read_back: number };
  readonly agrees: boolean;
  readonly disagreements: readonly string[];
}

async function load(url: string, ...args: string[]): Promise<Report & { readonly code: number }> {
  const { code, stdout, stderr } = await runCommand(["load", "--url", url, "--json", ...args], { env });
  if (stdout === "") throw new Error(`no report: ${stderr}`);
  return { ...(JSON.parse(stdout) as Report), code };
}

async function offersOf({ url }: Pick<Server, "url">): Promise<readonly OfferJson[]> {
  const { body } = await call<{ campaigns: { offers: OfferJson[] }[] }>(`${url}/v1/campaigns?limit=200`);
  return body.campaigns.flatMap(({ offers }) => offers);
}

describe("against a real sale", () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  test("sells all of a small stock, no unit more, and agrees with the server", async () => {
    const report = await load(server.url, "--duration", "500ms", "--stock", "300", "--limit", "1", "--buyers", "400");
    expect(report).toMatchObject({ code: 0, agrees: true, unknown: 0, disagreements: [] });
    expect(report.outcomes["reserved"]?.attempts).toBe(300);
    expect(report.outcomes["sold_out"]?.attempts).toBe(report.attempts - 300);
    expect(report.stock).toEqual({ available_before: 300, available_after: 0, taken: 300 });
    expect(report.orders).toMatchObject({ acknowledged: 300, read_back: 300 });
    const offer = (await offersOf(server)).find(({ id }) => id === report.offer_id);
    expect(offer).toMatchObject({ total: 300, available: 0, held: 300, sold: 0 });
  });

  test("keeps a fixed rate, counted from when each attempt was due", async () => {
    const report = await load(server.url, "--duration", "1s", "--rate", "200");
    expect(report.attempts + report.unsent).toBe(200);
    expect(report).toMatchObject({ code: 0, agrees: true });
    expect(report.latency_ms.p50).toBeGreaterThan(0);
    expect(report.latency_ms.max).toBeGreaterThanOrEqual(report.latency_ms.p99);
  });

  test("buys a given offer, with the buyers' tokens alone", async () => {
    const { offers } = await createCampaign(server, { stock: 50 });
    const id = offers[0]?.id ?? "";
    const args = ["load", "--url", server.url, "--json", "--offer", id, "--duration", "300ms", "--buyers", "20"];
    const { code, stdout } = await runCommand([...args, "--data", newFolder()], {
      env: { RUSHBOX_JWT_SECRET: jwtSecret },
    });
    expect(JSON.parse(stdout)).toMatchObject({
      outcomes: { reserved: { attempts: 20 } },
      stock: { available_before: 50, available_after: 30 },
      orders: { read_back: 20 },
    });
    expect(code).toBe(0);
  });

  test("agrees with a server whose orders expire while they are read back", async () => {
    const { offers } = await createCampaign(server, { stock: 100_000, limitPerBuyer: 1_000, paymentWindowS: 1 });
    const report = await load(server.url, "--offer", offers[0]?.id ?? "", "--duration", "1500ms", "--buyers", "50");
    expect(report).toMatchObject({ code: 0, agrees: true });
    expect(report.orders.read_back).toBe(report.orders.acknowledged);
  });

  test("gets every acknowledged order back from a server that is killed and started again meanwhile", async () => {
    const data = newFolder();
    await using first = await startServer({ data });
    const running = load(first.url, "--duration", "1500ms");
    await sellsSome(first);
    await first.stop("SIGKILL");
    await using second = await startServer({ data, args: ["--port", String(first.port)] });
    const report = await running;
    expect(report).toMatchObject({ code: 0, agrees: true, unknown: 0 });
    expect(report.retries["connection_lost"]).toBeGreaterThan(0);
    expect(report.orders.read_back).toBe(report.orders.acknowledged);
    expect((await offersOf(second))[0]?.held).toBe(report.orders.acknowledged);
  });

  test("a backup and a verification beside the crowd find a whole sale", async () => {
    const before = await heldBy(server);
    const running = load(server.url, "--duration", "1s");
    await sellsSome(server, before);
    const backup = `${newFolder()}/backup.db`;
    const [verified, backedUp] = await Promise.all([
      runCommand(["verify", "--data", server.data]),
      runCommand(["backup", "--data", server.data, "--to", backup]),
    ]);
    const report = await running;
    const ofBackup = await runCommand(["verify", backup]);
    for (const { code, stdout } of [verified, ofBackup]) {
      expect(stdout).toContain("Everything holds.");
      expect(code).toBe(0);
    }
    expect(backedUp.code).toBe(0);
    expect(report).toMatchObject({ code: 0, agrees: true });
  });

  test("ends early on Ctrl-C, reconciles all the same, and leaves no campaign open", async () => {
    const open = async () =>
      (await call<{ campaigns: unknown[] }>(`${server.url}/v1/campaigns?state=open`)).body.campaigns;
    const openBefore = (await open()).length; // of the tests that give one as --offer
    const before = await heldBy(server);
    const args = ["load", "--url", server.url, "--json", "--duration", "1h", "--buyers", "10"];
    const child = Bun.spawn([...programOf(), ...args], { env: { ...plainEnv, ...env }, stdin: "ignore" });
    await sellsSome(server, before);
    child.kill("SIGINT");
    const report = JSON.parse(await new Response(child.stdout).text()) as Report;
    expect(report).toMatchObject({ agrees: true, unknown: 0 });
    expect(report.orders.acknowledged).toBeGreaterThanOrEqual(100);
    expect(await child.exited).toBe(0);
    expect(await open()).toHaveLength(openBefore);
  });

  /** Waits until the crowd's first orders are stored. */
  async function sellsSome(where: Server, before = 0): Promise<void> {
    while ((await heldBy(where)) < before + 100) await Bun.sleep(20);
  }

  async function heldBy(where: Server): Promise<number> {
    return (await offersOf(where)).reduce((sum, { held }) => sum + held, 0);
  }
});

describe("against a server that lies", () => {
  const cases: readonly [lie: string, named: RegExp, change: Partial<Liar>][] = [
    ["an acknowledged order is not there", /1 order acknowledged but not there: ord_/, { forgets: 1 }],
    ["one order is given to two attempts", /1 order acknowledged for two attempts/, { repeats: 1 }],
    ["a unit is sold that the stock still has", /9 units left the stock, the orders hold 10/, { leaks: 1 }],
    ["a unit leaves the stock that nobody has", /11 units left the stock, the orders hold 10/, { leaks: -1 }],
    ["sold out is said with units left", /sold_out was answered with 5 units left/, { keeps: 5 }],
  ];
  const brief = ["--duration", "1s", "--connections", "1", "--buyers", "10", "--stock"];
  for (const [lie, named, change] of cases) {
    test(`exits 1 and says so when ${lie}`, async () => {
      const liar = { forgets: 0, repeats: 0, leaks: 0, keeps: 0, ...change };
      using server = serveLies(liar);
      const stock = String(10 + liar.keeps);
      const report = await load(server.url, ...brief, stock);
      expect(report.disagreements.join("\n")).toMatch(named);
      expect(report).toMatchObject({ code: 1, agrees: false });
    });
  }

  test("agrees with the same server when it does not lie, and repeats what was refused or unknown with the same keys", async () => {
    using server = serveLies({ forgets: 0, repeats: 0, leaks: 0, keeps: 0, stumbles: true });
    const report = await load(server.url, ...brief, "10");
    expect(report).toMatchObject({ code: 0, agrees: true, unknown: 0 });
    expect(report.retries).toEqual({ overloaded: 1, outcome_unknown: 1 });
    expect(server.keysOfRetries()).toEqual([2, 3]);
  });
});

interface Liar {
  /** Orders that it acknowledges and does not keep. */
  readonly forgets: number;
  /** Attempts that it answers with the order of the one before. */
  readonly repeats: number;
  /** Units that are sold and not taken from what it says is available. */
  readonly leaks: number;
  /** Units that it does not sell. */
  readonly keeps: number;
  /** Whether it refuses one attempt as overloaded, and answers another with "unknown" although it took it. */
  readonly stumbles?: boolean;
}

/** As much of the wire as a load run needs, with a stock of its own. */
function serveLies({ forgets, repeats, leaks, keeps, stumbles = false }: Liar): {
  readonly url: string;
  /** Numbers of the attempts that came more than once. */
  keysOfRetries(): number[];
  [Symbol.dispose](): void;
} {
  let stock = 0;
  let repeatsLeft = repeats;
  const orders: OrderJson[] = [];
  const triesOf = new Map<string, number>();
  const orderOf = new Map<string, OrderJson>();
  const campaign = () => {
    const available = stock - orders.length + (orders.length > 0 ? leaks : 0);
    const counts = { total: stock, available, held: orders.length, sold: 0 };
    return { id: "cmp_0000000001", offers: [{ id: "off_0000000002", ...counts }], next_cursor: null };
  };
  // In two chunks, as a proxy may pass it on.
  const problem = (status: number, code: string) => {
    const chunks = ['{"type":"/problems"', `,"code":"${code}"}`];
    const body = new ReadableStream<string>({
      async pull(controller) {
        await Bun.sleep(1); // what is there at once is sent as a whole
        const chunk = chunks.shift();
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
    });
    return new Response(body, { status, headers: { "retry-after": "0" } });
  };
  const attempt = (key: string): Response => {
    const tries = (triesOf.get(key) ?? 0) + 1;
    triesOf.set(key, tries);
    const known = orderOf.get(key);
    if (known !== undefined) return Response.json(known);
    if (stumbles && tries === 1 && key.endsWith("-2")) return problem(503, "overloaded");
    if (orders.length >= stock - keeps) return problem(409, "sold_out");
    const repeated = orders.length > 0 && repeatsLeft-- > 0 ? orders[0] : undefined;
    if (repeated !== undefined) return Response.json(repeated, { status: 201 });
    const id = `ord_${(orders.length + 3).toString(36).padStart(10, "0")}`;
    const order = { id, offer_id: "off_0000000002", quantity: 1, state: "reserved" } as OrderJson;
    orders.push(order);
    orderOf.set(key, order);
    return stumbles && key.endsWith("-3") ? problem(503, "outcome_unknown") : Response.json(order, { status: 201 });
  };
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    routes: {
      "/v1/campaigns": {
        async POST(request) {
          const body = (await request.json()) as { offers: { stock: number }[] };
          stock = body.offers[0]?.stock ?? 0;
          return Response.json(campaign(), { status: 201 });
        },
      },
      "/v1/campaigns/*": () => Response.json(campaign()),
      "/v1/offers/off_0000000002/orders": (request) => attempt(request.headers.get("idempotency-key") ?? ""),
      "/v1/orders": () => Response.json({ orders: orders.slice(forgets).toReversed(), next_cursor: null }),
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    keysOfRetries: () =>
      [...triesOf].flatMap(([key, tries]) => (tries > 1 ? [Number(key.slice(key.lastIndexOf("-") + 1))] : [])),
    [Symbol.dispose]: () => void server.stop(true),
  };
}
