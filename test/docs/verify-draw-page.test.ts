/**
 * Anybody can check a draw in a browser: the page of the binary finds a whole draw and an entrant's proof to hold, from
 * this server and from files, and names what was changed in them or behind the shop's back.
 */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { join } from "node:path";
import { formatId } from "../../src/domain/ids.ts";
import type { DrawProof } from "../../src/draw/document.ts";
import { runCommand } from "../cli/command.ts";
import { tamper } from "../cli/ledger.ts";
import { type StandInChain, startChain } from "../draw/chain.ts";
import { buyers, type Drawn, makeDraw } from "../draw/drawn.ts";
import { call, newFolder, type Server, startServer, tokenOf } from "../harness.ts";
import { type Browser, findChromium, type Page, startChromium } from "./chromium.ts";

const chromium = await findChromium();
const timeout = 60_000; // a browser on a busy machine
const isSkipped = chromium === null && process.env["CI"] !== "true";

describe.skipIf(isSkipped)(
  isSkipped ? "in a browser (skipped: install chromium, 'apt-get install -y chromium')" : "in a browser",
  () => {
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
      if (chromium === null) throw new Error("no Chromium: 'apt-get install -y chromium' (needed when CI=true)");
      browser = await startChromium(chromium);
      chain = startChain({ genesisS: Math.floor(Date.now() / 1_000) - round });
      drawn = makeDraw(folder, {
        ...{ stocks: [30, 1, 4], entries: [...buyers(1_500), ["陈小明", 1]], leavers: ["buyer-9"], cancels: 3 },
        ...{ beacon: { chain: chain.info.hash, round }, value: chain.wordOf(round) },
      });
      await Bun.write(join(folder, "beacons.json"), JSON.stringify([chain.info]));
      server = await startServer({ data: folder, compiled: true });
      campaign = formatId("cmp", drawn.campaignId);
      proof = await proofOf(server, "buyer-1234", 0);
      const file = join(newFolder(), "draw.jsonl");
      await runCommand(["verify-draw", "--url", server.url, "--campaign", campaign, "--keep", file]);
      whole = await Bun.file(file).text();
    }, timeout);
    afterAll(async () => {
      chain?.stop();
      await browser?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });

    const proofOf = async (at: Server, buyer: string, offer: number): Promise<DrawProof> => {
      const url = `${at.url}/v1/offers/${formatId("off", drawn.offerIds[offer] ?? 0)}/draw/proof`;
      return (await call<DrawProof>(url, { as: await tokenOf(buyer) })).body;
    };

    test("a whole draw holds, and asks nobody but this server", { timeout }, async () => {
      const page = await browser.open(`${server.url}/verify?lang=en&draw=${campaign}`);
      const text = await verdictOf(page);
      expect(text).toStartWith("The draw holds");
      expect(text).toContain("1,500 entries give the root");
      expect(text).toContain("33 orders went down the list");
      expect(text).toContain("there is no draw");
      expect(text).toContain(chain.wordOf(round).randomness);
      expect(page.complaints).toEqual([]);
      expect(page.requests.filter((url) => !url.startsWith(`${server.url}/`) && !url.startsWith("data:"))).toEqual([]);
    });

    test("it speaks Chinese, and changes what it has found with the language", { timeout }, async () => {
      const page = await browser.open(`${server.url}/verify?lang=zh&draw=${campaign}`);
      expect(await verdictOf(page)).toStartWith("抽签核验通过");
      await page.click("#language");
      expect(await verdictOf(page)).toStartWith("The draw holds");
      const untold = await page.evaluate<number>(
        '[...document.querySelectorAll("[data-text]")].filter(({ textContent }) => textContent === "").length',
      );
      expect(untold).toBe(0);
    });

    test("both languages have the same sentences, with the same values", { timeout }, async () => {
      const script = await Bun.file(join(import.meta.dir, "../../src/http/pages/verify.js")).text();
      const [english = "", chinese = ""] = script.slice(script.indexOf("  en: {")).split("\n  zh: {");
      const sentences = (text: string) =>
        new Map(
          [...text.matchAll(/^ {4}(\w+):\s+("[^"]*"|'[^']*')/gm)].map(([, name = "", said = ""]) => [name, said]),
        );
      const valuesOf = (said: string) =>
        [...said.matchAll(/\{\w+\}/g)].map(([value]) => value).toSorted((a, b) => (a < b ? -1 : 1));
      const [en, zh] = [sentences(english), sentences(chinese.slice(0, chinese.indexOf("\n  },")))];
      expect(new Set(zh.keys())).toEqual(new Set(en.keys()));
      for (const [name, said] of en) expect([name, ...valuesOf(zh.get(name) ?? "")]).toEqual([name, ...valuesOf(said)]);
    });

    test("a proof holds with its rank, and one that was changed is found out", { timeout }, async () => {
      const page = await browser.open(`${server.url}/verify?lang=en`);
      const check = (told: unknown) => verdictAfter(page, typeof told === "string" ? told : JSON.stringify(told));
      const good = await check(proof);
      expect(good).toStartWith("The proof holds");
      expect(good).toContain(
        `of buyer-1234 is among the 1,500 that were drawn. Its rank is ${proof.rank?.toLocaleString("en")}.`,
      );
      expect(await check(await proofOf(server, "buyer-9", 0))).toContain("It was left by its buyer");
      expect(await check(await proofOf(server, "陈小明", 1))).toContain("Its rank is 1. It was offered an order: ord_");
      const draw = { ...proof.draw };
      const changes: readonly (readonly [says: string, told: object])[] = [
        ["was made of another buyer or salt", { buyer_id: "mallory" }],
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
      expect(page.complaints).toEqual([]);
      expect(await check({ ...proof, campaign_id: "cmp_00000000zz" })).toContain("This sale is not drawn");
    });

    test("a whole draw that was kept holds, and one that was changed is found out", { timeout }, async () => {
      const page = await browser.open(`${server.url}/verify?lang=en`);
      expect(await verdictAfter(page, whole)).toContain("33 orders went down the list");
      expect(await verdictAfter(page, whole.split("\n")[0] ?? "")).toContain("Its entries are not in this file");
      const lines = whole.trim().split("\n");
      expect(await verdictAfter(page, lines.toSpliced(700, 1).join("\n"))).toContain("does not stand where it must");
      const forged = lines.with(700, (lines[700] ?? "").replace(/"leaf":"\w{4}/, '"leaf":"0000'));
      expect(await verdictAfter(page, forged.join("\n"))).toContain("one was changed after the closing");
    });

    test("it fits a phone, by day and by night", { timeout }, async () => {
      for (const isDark of [false, true]) {
        const view = { width: 360, height: 740, isMobile: true, isDark };
        const page = await browser.open(`${server.url}/verify?lang=en&draw=${campaign}`, view);
        await verdictOf(page);
        expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(360);
      }
    });

    test("it names what was changed behind the shop's back, and a draw that was made anew", { timeout }, async () => {
      const copy = newFolder();
      for (const name of ["rushbox.db", "beacons.json"])
        await Bun.write(join(copy, name), Bun.file(join(folder, name)));
      using db = new Database(join(copy, "rushbox.db"));
      const ofFirst = `(SELECT id FROM waitlist WHERE offer_id = ${drawn.offerIds[0]} AND state = 'offered' ORDER BY order_id LIMIT 1)`;
      tamper(db, `UPDATE waitlist SET state = 'waiting', order_id = NULL, ended_at_ms = NULL WHERE id = ${ofFirst}`);
      db.close();
      await using tampered = await startServer({ data: copy, compiled: true });
      const page = await browser.open(`${tampered.url}/verify?lang=en&draw=${campaign}`);
      expect(await verdictOf(page)).toContain("still waits");

      const anew = newFolder();
      const { stocks, entries } = { stocks: [30, 1, 4], entries: buyers(1_500) };
      makeDraw(anew, { stocks, entries });
      await using other = await startServer({ data: anew, compiled: true });
      const after = await browser.open(`${other.url}/verify?lang=en&draw=${campaign}`);
      expect(await verdictOf(after)).toStartWith("The draw holds");
      expect(await verdictAfter(after, JSON.stringify(proof))).toContain("The shop tells something else of the draw");
    });

    test("a draw that is not made yet, and a sale that is none, are told apart", { timeout }, async () => {
      const open = newFolder();
      const { campaignId } = makeDraw(open, {
        ...{ stocks: [1], entries: buyers(3), until: "open", closesAtMs: Date.now() + 3_600_000 },
      });
      await using early = await startServer({ data: open, compiled: true });
      const page = await browser.open(`${early.url}/verify?lang=en&draw=${formatId("cmp", campaignId)}`);
      expect(await verdictOf(page)).toContain("entries are still taken");
      const own = await call(`${early.url}/v1/offers/${formatId("off", campaignId + 1)}/draw/proof`, {
        as: await tokenOf("buyer-2"),
      });
      expect(await verdictAfter(page, JSON.stringify(own.body))).toContain("stands in the ledger. Keep this proof");
      for (const id of ["cmp_00000000zz", "nonsense"]) {
        await page.evaluate('document.querySelector("#draw-verdict").replaceChildren()');
        await page.type("#draw-campaign", id);
        await page.click("#draw button[type=submit]");
        expect(await verdictOf(page)).toContain("not drawn, or there is none");
      }
    });
  },
);

/** What the page finds of a text that is pasted. */
async function verdictAfter(page: Page, text: string): Promise<string> {
  await page.evaluate('document.querySelector("#draw-verdict").replaceChildren()');
  await page.evaluate(`document.querySelector("#proof-text").value = ${JSON.stringify(text)}`);
  await page.click("#proof button[type=submit]");
  return verdictOf(page);
}

async function verdictOf(page: Page): Promise<string> {
  await page.until('document.querySelector("#draw-verdict .verdict") !== null');
  return page.evaluate<string>('document.querySelector("#draw-verdict").innerText');
}
