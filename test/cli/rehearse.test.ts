/**
 * A rehearsal shows how a campaign would go, in each way of admission, and leaves no trace: neither on the real server,
 * whose stock and ledger stay as they were, nor on the machine, whatever ends it.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { tmpdir } from "node:os";
import type { RehearsalProgress, RehearsalReport } from "../../src/http/rehearsal-schemas.ts";
import {
  type CampaignJson,
  call,
  createCampaign,
  jwtSecret,
  operatorKey,
  programOf,
  type Server,
  startServer,
} from "../harness.ts";
import { until } from "../http/until.ts";
import { plainEnv, runCommand } from "./command.ts";

setDefaultTimeout(60_000);

const env = {
  RUSHBOX_OPERATOR_KEY: operatorKey,
  RUSHBOX_JWT_SECRET: jwtSecret,
  RUSHBOX_LOAD_SHEDDING: "off", // what a busy machine does to a sale is not what is tested here
};
const buyers = 200;
const offers = [
  { sku: "first", title: "First", price_minor: 100, currency: "CNY", stock: 30 },
  { sku: "second", title: "Second", price_minor: 100, currency: "CNY", stock: 20, limit_per_buyer: 2 },
];

interface Rehearsed {
  readonly progress: readonly RehearsalProgress[];
  readonly report: RehearsalReport;
}

const ways = ["open", "pass", "queue", "draw"] as const;
const rehearsed = new Map<(typeof ways)[number], Rehearsed>();
let server: Server;
let before: unknown;

async function stateOf(): Promise<unknown> {
  const ledger = await call(`${server.url}/v1/ledger?limit=1000`, { as: operatorKey });
  const campaigns = await call(`${server.url}/v1/campaigns`, { as: operatorKey });
  return [ledger.body, campaigns.body];
}

const rehearse = (campaignId: string, ...args: string[]) =>
  runCommand(["rehearse", "--url", server.url, "--campaign", campaignId, ...args], { env });

beforeAll(async () => {
  server = await startServer();
  const opensAt = new Date(Date.now() + 3_600_000).toISOString();
  const closesAt = new Date(Date.now() + 7_200_000).toISOString();
  const campaigns: Record<(typeof ways)[number], CampaignJson> = {
    open: await createCampaign(server, { offers, opensAt }),
    pass: await createCampaign(server, { offers, opensAt, pass: true, challenge: "proof_of_work" }),
    queue: await createCampaign(server, { offers, opensAt, admission: "queue", passWindowS: 10 }),
    draw: await createCampaign(server, {
      offers,
      paymentWindowS: 2,
      opensAt,
      closesAt,
      admission: "draw",
      publish: false,
    }),
  };
  before = await stateOf();
  // Side by side: most of their time they wait for one another's clocks.
  await Promise.all(
    ways.map(async (way) => {
      const flags = ["--buyers", `${buyers}`, "--rush", "2", "--payment-failures", "10", "--seed", "7", "--json"];
      const { code, stdout, stderr } = await rehearse(campaigns[way].id, ...flags);
      if (code !== 0) throw new Error(`${way}: ${stderr}${stdout}`);
      const lines = stdout.trim().split("\n");
      const told = lines.map((line) => JSON.parse(line) as { progress?: RehearsalProgress; report?: RehearsalReport });
      const report = told.at(-1)?.report;
      if (report === undefined) throw new Error(`${way}: no report at the end`);
      rehearsed.set(way, { progress: told.flatMap(({ progress = [] }) => progress), report });
    }),
  );
});
afterAll(() => server[Symbol.asyncDispose]());

function of(way: (typeof ways)[number]): Rehearsed {
  const known = rehearsed.get(way);
  if (known === undefined) throw new Error(`${way} was not rehearsed`);
  return known;
}

describe.each(ways)("a rehearsal, admission %s", (way) => {
  test("what it reports adds up", () => {
    const { report } = of(way);
    const sum = (kind: "humans" | "scalpers") => report.outcomes.reduce((all, outcome) => all + outcome[kind], 0);
    expect(report.humans + report.scalpers).toBe(buyers);
    expect([sum("humans"), sum("scalpers")]).toEqual([report.humans, report.scalpers]);
    for (const { units, paid, unpaid, left, units_of_scalpers } of report.offers) {
      expect(paid + unpaid + left).toBe(units);
      expect(units_of_scalpers).toBeLessThanOrEqual(paid + unpaid);
    }
    const { paid, expired, refunded } = report.payments;
    expect(paid).toBe(report.offers.reduce((units, offer) => units + offer.paid, 0)); // one unit an order
    expect(paid + expired + refunded).toBeGreaterThan(0);
    expect(report.payments.units_returned).toBe(report.payments.expired + report.payments.refunded);
    expect(report.buy_call.count).toBeGreaterThan(0);
    expect(report.buy_call.p99_ms).toBeGreaterThanOrEqual(report.buy_call.p50_ms);
  });

  test("its copy was exact to the last row", () => {
    const { verification } = of(way).report;
    expect(verification).toMatchObject({ exact: true, failures: [] });
    expect(verification.rows).toBeGreaterThan(100);
  });

  test("it was seen as it went", () => {
    const { progress, report } = of(way);
    expect(progress.length).toBeGreaterThanOrEqual(3);
    const seconds = progress.map(({ second }) => second);
    expect(seconds).toEqual(seconds.toSorted((a, b) => a - b));
    for (const { available, held, sold } of progress) expect(available + held + sold).toBe(50);
    const reserved = progress.map((second) => second.reserved);
    expect(reserved).toEqual(reserved.toSorted((a, b) => a - b));
    expect(Math.max(...progress.map((second) => second.orders_per_s))).toBe(report.peak.orders_per_s);
  });
});

test("each way in is gone as on the day", () => {
  const answersOf = (way: (typeof ways)[number], outcome: string) => {
    const row = of(way).report.answers.find((answer) => answer.outcome === outcome);
    return (row?.humans ?? 0) + (row?.scalpers ?? 0);
  };
  expect(of("open").report.copy).toMatchObject({ admission: "open", pass: false });
  expect(answersOf("open", "reserved")).toBeGreaterThanOrEqual(50);
  expect(of("pass").report.copy).toMatchObject({ admission: "open", pass: true, challenge: "proof_of_work" });
  expect(answersOf("pass", "challenge_required") + answersOf("pass", "challenge_failed")).toBe(0);
  expect(of("pass").report.bottleneck.facts.challenge_p99_ms).not.toBeNull();
  expect(of("queue").report.queue.longest).toBeGreaterThan(0);
  expect(of("queue").report.queue.longest_wait_s).not.toBeNull();
  expect(answersOf("queue", "not_admitted")).toBe(0);
  expect(of("draw").report.queue.longest).toBeGreaterThan(50);
  expect(of("draw").report.scalpers_share).toBeLessThan(0.5); // one entry each: being quick brings nothing
});

test("the real server has not noticed: its campaigns and its ledger are as they were", async () => {
  expect(await stateOf()).toEqual(before);
});

test("Ctrl-C and SIGKILL leave neither a process nor, with the next rehearsal at the latest, a folder", async () => {
  const { id } = await createCampaign(server, { publish: false });
  const foldersOf = (owner: number) =>
    readdirSync(tmpdir()).filter((name) => name.startsWith(`rushbox-rehearsal-${owner}-`));
  const start = () =>
    Bun.spawn([...programOf(), "rehearse", "--url", server.url, "--campaign", id], {
      cwd: tmpdir(),
      env: { ...plainEnv, ...env },
      stdin: "ignore",
      stdout: "pipe",
      stderr: "pipe",
    });
  const [interrupted, killed] = [start(), start()];
  for (const { pid } of [interrupted, killed])
    await until(
      sandboxes(() => foldersOf(pid)),
      ({ length }) => length === 1,
    );
  const left = foldersOf(killed.pid);
  interrupted.kill("SIGINT");
  killed.kill("SIGKILL");
  expect(await interrupted.exited).toBe(1);
  expect(await new Response(interrupted.stderr).text()).toContain("it was interrupted");
  expect(foldersOf(interrupted.pid)).toEqual([]);
  await until(
    sandboxes(() => left),
    ({ length }) => length === 0,
  );
  await killed.exited;
  const next = start();
  await until(
    sandboxes(() => foldersOf(next.pid)),
    ({ length }) => length === 1,
  );
  expect(foldersOf(killed.pid)).toEqual([]);
  next.kill("SIGTERM");
  expect(await next.exited).toBe(1);
  expect(foldersOf(next.pid)).toEqual([]);
});

/** Processes that serve one of these folders. */
const sandboxes = (folders: () => readonly string[]) => async (): Promise<string[]> => {
  const running = (await new Response(Bun.spawn(["ps", "-eo", "args"]).stdout).text()).split("\n");
  return running.filter((line) => line.includes(" serve ") && folders().some((folder) => line.includes(folder)));
};

test("wrong usage is named", async () => {
  const sale = ["--campaign", "cmp_0000000001"];
  const refused: readonly (readonly [args: readonly string[], code: number, words: string])[] = [
    [[], 2, "--campaign"],
    [["--campaign", "mine"], 2, "--campaign"],
    [[...sale, "--scalpers", "91"], 2, "--scalpers"],
    [[...sale, "--buyers", "0"], 2, "--buyers"],
    [[...sale, "--rush", "301"], 2, "--rush"],
    [["--url", server.url, "--campaign", "cmp_zzzzzzzzzz"], 1, "404"],
  ];
  const told = refused.map(async ([args, code, words]) => {
    const ran = await runCommand(["rehearse", ...args], { env });
    expect([args, ran.code]).toEqual([args, code]);
    expect(ran.stderr).toContain(words);
  });
  await Promise.all(told);
});
