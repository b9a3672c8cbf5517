/**
 * Anybody can check a draw in a browser: the page of the binary finds a whole draw and an entrant's proof to hold, from
 * this server and from files, and names what was changed in them or behind the shop's back.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, expect, test } from "bun:test";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { formatId } from "../../src/domain/ids.ts";
import type { DrawProof } from "../../src/draw/document.ts";
import { runCommand } from "../cli/command.ts";
import { tamper } from "../cli/ledger.ts";
import { type StandInChain, startChain } from "../draw/chain.ts";
import { buyers, type Drawn, makeDraw } from "../draw/drawn.ts";
import { call, newFolder, type Server, startServer, tokenOf } from "../harness.ts";
import { browserMs, phone, startBrowser, type Visitor, visit } from "./browser.ts";

const folder = newFolder();
const round = 1_000;
let chain: StandInChain;
let drawn: Drawn;
let server: Server;
let browser: Browser;
let campaign: string;
let proof: DrawProof;
let whole: string;

beforeAll(async () => {
  browser = await startBrowser();
  chain = startChain({ genesisS: Math.floor(Date.now() / 1_000) - round });
  drawn = makeDraw(folder, {
    ...{ stocks: [30, 1, 4], entries: [...buyers(1_500), ["陈小明", 1]], leavers: ["buyer-9"], cancels: 3 },
    ...{ beacon: { chain: chain.info.hash, round }, value: chain.wordOf(round) },
  });
  await Bun.write(join(folder, "beacons.json"), JSON.stringify([chain.info]));
  server = await startServer({ data: folder });
  campaign = formatId("cmp", drawn.campaignId);
  proof = await proofOf(server, "buyer-1234", 0);
  const file = join(newFolder(), "draw.jsonl");
  await runCommand(["verify-draw", "--url", server.url, "--campaign", campaign, "--keep", file]);
  whole = await Bun.file(file).text();
}, browserMs);
afterAll(async () => {
  chain?.stop();
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const proofOf = async (at: Server, buyer: string, offer: number): Promise<DrawProof> => {
  const url = `${at.url}/v1/offers/${formatId("off", drawn.offerIds[offer] ?? 0)}/draw/proof`;
  return (await call<DrawProof>(url, { as: await tokenOf(buyer) })).body;
};

test("a whole draw holds, and asks nobody but this server", async () => {
  await using visitor = await visit(browser, `${server.url}/verify?lang=en&draw=${campaign}`);
  const text = await verdictOf(visitor);
  expect(text).toStartWith("The draw holds");
  expect(text).toContain("1,500 entries give the root");
  expect(text).toContain("33 orders went down the list");
  expect(text).toContain("there is no draw");
  expect(text).toContain(chain.wordOf(round).randomness);
  expect(await visitor.barriers()).toEqual([]);
  expect(visitor.complaints).toEqual([]);
});

test("it speaks Chinese, and changes what it has found with the language", async () => {
  await using visitor = await visit(browser, `${server.url}/verify?lang=zh&draw=${campaign}`);
  expect(await verdictOf(visitor)).toStartWith("抽签核验通过");
  await visitor.page.getByRole("button", { name: "English" }).click();
  expect(await verdictOf(visitor)).toStartWith("The draw holds");
});

test("a proof holds with its rank, and one that was changed is found out", async () => {
  await using visitor = await visit(browser, `${server.url}/verify?lang=en`);
  const check = (told: unknown) => verdictAfter(visitor, typeof told === "string" ? told : JSON.stringify(told));
  const good = await check(proof);
  expect(good).toStartWith("The proof holds");
  expect(good).toContain(
    `of buyer-1234 is among the 1,500 that were drawn. Its rank is ${proof.rank?.toLocaleString("en")}.`,
  );
  expect(await check(await proofOf(server, "buyer-9", 0))).toContain("It was left by its buyer");
  expect(await check(await proofOf(server, "陈小明", 1))).toContain("Its rank is 1. It was offered an order: ord_");
  const draw = { ...proof.draw };
  const changes: readonly (readonly [says: string, told: object])[] = [
    ["was made of another buyer, mark or salt", { buyer_id: "mallory" }],
    ["its path does not lead to the root", { index: 7 }],
    [`has rank 1; by the seed it has rank ${proof.rank}`, { rank: 1 }],
    ["is not the one that was committed to", { draw: { ...draw, secret: "ab".repeat(32) } }],
    ["was not drawn by the beacon's round", { draw: { ...draw, beacon: chain.wordOf(999) } }],
    [
      "is not the hash of its signature",
      { draw: { ...draw, beacon: { ...draw.beacon, randomness: "ab".repeat(32) } } },
    ],
    ["does not have its hash", { beacon: { ...proof.beacon, info: { ...chain.info, period: 2 } } }],
    ["does not hold entry", { entered_at: "2026-11-11T12:00:00.000Z" }],
  ];
  for (const [says, change] of changes) {
    expect(await check({ ...proof, ...change })).toContain(says);
  }
  for (const text of ["nonsense", "{}", "[]", "null", '{"leaf":"x"}', "{}\n{}"]) {
    expect(await check(text)).toContain("neither a proof nor a draw");
  }
  expect(visitor.complaints).toEqual([]);
  expect(await check({ ...proof, campaign_id: "cmp_00000000zz" })).toContain("This sale is not drawn");
});

test("a whole draw that was kept holds, and one that was changed is found out", async () => {
  await using visitor = await visit(browser, `${server.url}/verify?lang=en`);
  expect(await verdictAfter(visitor, whole.split("\n")[0] ?? "")).toContain("Its entries are not in this file");
  const lines = whole.trim().split("\n");
  expect(await verdictOfFile(visitor, lines.toSpliced(700, 1).join("\n"))).toContain("does not stand where it must");
  const forged = lines.with(700, (lines[700] ?? "").replace(/"leaf":"\w{4}/, '"leaf":"0000'));
  expect(await verdictOfFile(visitor, forged.join("\n"))).toContain("one was changed after the closing");
});

test("it fits a phone, by day and by night", async () => {
  for (const colorScheme of ["light", "dark"] as const) {
    const url = `${server.url}/verify?lang=en&draw=${campaign}`;
    await using visitor = await visit(browser, url, { ...phone, colorScheme });
    await verdictOf(visitor);
    expect(await visitor.page.evaluate("document.documentElement.scrollWidth")).toBe(360);
    await visitor.picture(`verify-draw-phone-${colorScheme}-en`);
  }
});

test("it names what was changed behind the shop's back, and a draw that was made anew", async () => {
  const copy = newFolder();
  for (const name of ["rushbox.db", "beacons.json"]) await Bun.write(join(copy, name), Bun.file(join(folder, name)));
  using db = new Database(join(copy, "rushbox.db"));
  const ofFirst = `(SELECT id FROM waitlist WHERE offer_id = ${drawn.offerIds[0]} AND state = 'offered' ORDER BY order_id LIMIT 1)`;
  tamper(db, `UPDATE waitlist SET state = 'waiting', order_id = NULL, ended_at_ms = NULL WHERE id = ${ofFirst}`);
  db.close();
  await using tampered = await startServer({ data: copy });
  await using visitor = await visit(browser, `${tampered.url}/verify?lang=en&draw=${campaign}`);
  expect(await verdictOf(visitor)).toContain("still waits");

  const anew = newFolder();
  const { stocks, entries } = { stocks: [30, 1, 4], entries: buyers(1_500) };
  makeDraw(anew, { stocks, entries });
  await using other = await startServer({ data: anew });
  await using after = await visit(browser, `${other.url}/verify?lang=en&draw=${campaign}`);
  expect(await verdictOf(after)).toStartWith("The draw holds");
  expect(await verdictAfter(after, JSON.stringify(proof))).toContain("The shop tells something else of the draw");
});

test("a draw that is not made yet, and a sale that is none, are told apart", async () => {
  const open = newFolder();
  const { campaignId } = makeDraw(open, {
    ...{ stocks: [1], entries: buyers(3), until: "open", closesAtMs: Date.now() + 3_600_000 },
  });
  await using early = await startServer({ data: open });
  await using visitor = await visit(browser, `${early.url}/verify?lang=en&draw=${formatId("cmp", campaignId)}`);
  expect(await verdictOf(visitor)).toContain("entries are still taken");
  const own = await call(`${early.url}/v1/offers/${formatId("off", campaignId + 1)}/draw/proof`, {
    as: await tokenOf("buyer-2"),
  });
  expect(await verdictAfter(visitor, JSON.stringify(own.body))).toContain("stands in the ledger. Keep this proof");
  for (const id of ["cmp_00000000zz", "nonsense"]) {
    await using other = await visit(browser, `${early.url}/verify?lang=en`);
    await drawOf(other).getByLabel("Number of the sale").fill(id);
    await drawOf(other).getByRole("button", { name: "Check the draw" }).click();
    expect(await verdictOf(other)).toContain("not drawn, or there is none");
  }
});

function drawOf({ page }: Visitor) {
  return page.getByRole("region", { name: /^(Check a draw|核验抽签)$/ });
}

/** What the page finds of a text that is pasted: by a verdict of its own, not by one from before. */
async function verdictAfter(visitor: Visitor, text: string): Promise<string> {
  const [before] = await drawOf(visitor).getByRole("status").locator("h3").elementHandles();
  await drawOf(visitor).getByLabel("Paste your proof").fill(text);
  await drawOf(visitor).getByRole("button", { name: "Check it" }).click();
  await before?.waitForElementState("hidden");
  return verdictOf(visitor);
}

/** The same of a file: a whole draw is too long for a field. */
async function verdictOfFile(visitor: Visitor, text: string): Promise<string> {
  const [before] = await drawOf(visitor).getByRole("status").locator("h3").elementHandles();
  const file = { name: "draw.jsonl", mimeType: "application/json", buffer: Buffer.from(text) };
  await drawOf(visitor).getByLabel("Open a file").setInputFiles(file);
  await before?.waitForElementState("hidden");
  return verdictOf(visitor);
}

async function verdictOf(visitor: Visitor): Promise<string> {
  const status = drawOf(visitor).getByRole("status");
  await status.locator("h3").waitFor();
  return (await status.textContent()) ?? "";
}
