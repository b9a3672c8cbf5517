/**
 * Guards draws by a public beacon, over HTTP: its round is named when the sale is published and not before it could be
 * known; a closed draw waits for it visibly, however long it does not answer; what it did not sign is never drawn by.
 */
import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { formatId } from "../../src/domain/ids.ts";
import { timeOfRound } from "../../src/draw/chain.ts";
import { EntriesCheck, problemOfBeaconTold, problemOfSecret } from "../../src/draw/check.ts";
import type { DrawDocument, DrawEntryTold } from "../../src/draw/document.ts";
import { type StandInChain, startChain } from "../draw/chain.ts";
import { buyers, makeDraw } from "../draw/drawn.ts";
import { call, newFolder, operatorKey, type Server, spawnServer, startServer } from "../harness.ts";

const timeout = 30_000;
let chain: StandInChain;
const env = (of = chain) => ({ RUSHBOX_BEACON_URL: of.url, RUSHBOX_BEACON_KEY: of.info.public_key });

beforeAll(() => {
  chain = startChain();
});
afterEach(() => {
  chain.breakage = null;
});
afterAll(() => chain.stop());

/** A folder whose draw is closed and waits for a round that has just been signed. */
function waitingFolder({ info } = chain): {
  folder: string;
  url: (server: Server) => string;
  round: number;
} {
  const folder = newFolder();
  const round = Math.floor(Date.now() / 1_000) - info.genesis_time;
  const { campaignId } = makeDraw(folder, {
    ...{ stocks: [3, 1], entries: [...buyers(8), ["zoe", 1], ["wim", 1]], leavers: ["buyer-2"] },
    ...{ beacon: { chain: info.hash, round }, closesAtMs: timeOfRound(info, round) - 30_000 },
  });
  return { folder, url: (server) => `${server.url}/v1/campaigns/${formatId("cmp", campaignId)}/draw`, round };
}

async function until(url: string, isSo: (document: DrawDocument) => boolean): Promise<DrawDocument> {
  for (;;) {
    const { body } = await call<DrawDocument>(url);
    if (isSo(body)) return body;
    await Bun.sleep(50);
  }
}
const statesOf = ({ offers }: DrawDocument) => offers.map(({ state }) => state).join();

test("a sale that is published names the first round 30 seconds after its closing", { timeout }, async () => {
  await using server = await startServer({ env: env() });
  const publish = async (admission: string, closing?: { readonly kind: string }) => {
    const closesAtMs = Date.now() + 3_600_137;
    const body = {
      ...{ title: "Draw", admission, ...(closing ?? { closes_at: new Date(closesAtMs).toISOString() }) },
      offers: [{ sku: "a", title: "A", price_minor: 1, currency: "CNY", stock: 1 }],
    };
    const url = `${server.url}/v1/campaigns`;
    const draft = await call<{ id: string; beacon?: unknown }>(url, { method: "POST", as: operatorKey, body });
    expect(draft.body.beacon).toBeUndefined();
    const published = await call<{ id: string; closes_at?: string; beacon?: { chain: string; round: number } }>(
      `${url}/${draft.body.id}/publish`,
      { method: "POST", as: operatorKey },
    );
    expect(published.status).toBe(200);
    return { ...published.body, closesAtMs };
  };
  const { id, beacon, closesAtMs } = await publish("draw");
  const round = beacon?.round ?? 0;
  expect(beacon?.chain).toBe(chain.info.hash);
  expect(timeOfRound(chain.info, round)).toBeGreaterThanOrEqual(closesAtMs + 30_000);
  expect(timeOfRound(chain.info, round - 1)).toBeLessThan(closesAtMs + 30_000);
  const { body: document } = await call<DrawDocument>(`${server.url}/v1/campaigns/${id}/draw`);
  expect(document.beacon).toEqual({
    ...{ chain: chain.info.hash, round, info: chain.info },
    round_at: new Date(timeOfRound(chain.info, round)).toISOString(),
  });
  expect(chain.asked).not.toContain(round);
  const byKind = await publish("draw", { kind: "hot_item" });
  const closing = Date.parse(byKind.closes_at ?? "");
  const waitMs = timeOfRound(chain.info, byKind.beacon?.round ?? 0) - closing;
  expect(waitMs).toBeWithin(30_000, 31_000); // a round a second
  for (const other of ["queue", "open"]) expect((await publish(other)).beacon).toBeUndefined();
});

test.concurrent("a draw is made by what its beacon signed, and holds", { timeout }, async () => {
  const { folder, url, round } = waitingFolder();
  await using server = await startServer({ data: folder, env: env() });
  const document = await until(url(server), (told) => statesOf(told) === "made,made");
  for (const draw of document.offers) {
    expect(draw.beacon).toEqual(chain.wordOf(round));
    expect(problemOfSecret(document, draw)).toBeNull();
    expect(await problemOfBeaconTold(document, draw)).toBeNull();
    const check = new EntriesCheck(draw);
    const page = `${server.url}/v1/offers/${draw.offer_id}/draw/entries?limit=1000`;
    for (const entry of (await call<{ entries: DrawEntryTold[] }>(page)).body.entries) check.take(entry);
    expect([check.problemOfRoot(), check.problemOfRanks(), check.problemOfOrders()]).toEqual([null, null, null]);
  }
});

// Each with a chain of its own, side by side: every one of them waits for the server to ask again.
describe.concurrent.each([
  ["down", "answered 502"],
  ["forged", "did not sign"],
  ["other_round", "another round was answered"],
] as const)("while its beacon is %s", (breakage, complaint) => {
  test("a draw waits, visibly", { timeout: 2 * timeout }, async () => {
    const own = startChain();
    try {
      const { folder, url } = waitingFolder(own);
      writeFileSync(join(folder, "beacons.json"), JSON.stringify([own.info]));
      own.breakage = breakage;
      await using server = await startServer({ data: folder, env: env(own) });
      const complaints = () =>
        server
          .log()
          .split("\n")
          .filter((line) => line.includes("a draw waits for its beacon"));
      while (complaints().length < 2) await Bun.sleep(20);
      for (const line of complaints()) expect(line).toContain(complaint);
      expect(statesOf(await until(url(server), () => true))).toBe("waiting_for_beacon,waiting_for_beacon");
      own.breakage = null;
      await until(url(server), (document) => statesOf(document) === "made,made");
    } finally {
      own.stop();
    }
  });
});

test.concurrent("a draw by a beacon that is not configured any more waits, and says so", { timeout }, async () => {
  const { folder, url } = waitingFolder();
  await using server = await startServer({ data: folder });
  while (!server.log().includes("another beacon, or none, is configured")) await Bun.sleep(20);
  expect(server.log()).toContain(chain.info.hash);
  expect(statesOf(await until(url(server), () => true))).toBe("waiting_for_beacon,waiting_for_beacon");
  await server.stop();
  await using again = await startServer({ data: folder, env: env() });
  await until(url(again), (document) => statesOf(document) === "made,made");
});

describe("a start with a beacon", () => {
  const startFails = async (settings: Record<string, string>, data = newFolder()): Promise<string> => {
    const { process: child, log } = spawnServer({ data, env: settings });
    expect(await child.exited).not.toBe(0);
    return log();
  };

  test("keeps what the chain says of itself, and needs it once", { timeout }, async () => {
    const folder = newFolder();
    const first = await startServer({ data: folder, env: env() });
    await first.stop();
    expect(JSON.parse(readFileSync(join(folder, "beacons.json"), "utf8"))).toEqual([chain.info]);
    for (const [breakage, says] of [
      ["nonsense", "tells of no chain"],
      ["down", "cannot be had"],
    ] as const) {
      chain.breakage = breakage;
      await using second = await startServer({ data: folder, env: env() });
      expect((await call(`${second.url}/readyz`)).status).toBe(200);
      expect(await startFails(env())).toContain(says); // it was never asked there
    }
    chain.breakage = "silent";
    const startedMs = performance.now();
    await using third = await startServer({ data: folder, env: env() });
    expect(performance.now() - startedMs).toBeLessThan(9_000); // an answer is awaited for 10 s
    await third.stop();
    chain.breakage = null;
    writeFileSync(join(folder, "beacons.json"), JSON.stringify([{ ...chain.info, period: 2 }]));
    expect(await startFails(env(), folder)).toContain("beacons.json is damaged");
  });

  test("is refused when the settings are not those of the chain", { timeout }, async () => {
    const [url, key] = [chain.url, chain.info.public_key];
    const cases: readonly (readonly [says: string, settings: Record<string, string>])[] = [
      ["RUSHBOX_BEACON_KEY is missing", { RUSHBOX_BEACON_URL: url }],
      ["RUSHBOX_BEACON_URL is missing", { RUSHBOX_BEACON_KEY: key }],
      ["with its hash at the end", { RUSHBOX_BEACON_URL: "https://api.drand.sh", RUSHBOX_BEACON_KEY: key }],
      ["is no public key of a chain", { RUSHBOX_BEACON_URL: url, RUSHBOX_BEACON_KEY: "83cf" }],
      ["has the public key", { RUSHBOX_BEACON_URL: url, RUSHBOX_BEACON_KEY: "f".repeat(192) }],
    ];
    for (const [says, settings] of cases) expect(await startFails(settings)).toContain(says);
  });
});
