/**
 * The pages of the docs come from the binary alone: in a browser that reaches nothing but 127.0.0.1, under a strict
 * policy, one can read the API, authorise and buy. The binary runs in an empty folder, so that nothing is read from
 * the sources by accident.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { problemWordsZh } from "../../src/http/docs/problem-words.ts";
import { pictureNames, picturePath } from "../../src/http/pictures.ts";
import { problemKinds } from "../../src/http/problem.ts";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { type Browser, findChromium, type Page, startChromium } from "./chromium.ts";
import { documentText, operations } from "./document.ts";

const assets = [
  ...["/docs/page.css", "/docs/open.js", "/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"],
  ...["/checkout/page.css", "/verify", "/verify/page.css", "/verify/page.js"],
];
/** But for RFC 2606's, which are nobody's. */
const foreignHost = /https?:\/\/(?![\w-]+\.example\/)|src="\/\/|href="\/\/|url\(\s*['"]?\/\//;

for (const compiled of [false, true]) {
  describe(compiled ? "the binary" : "the sources", () => {
    let server: Server;
    beforeAll(async () => {
      server = await startServer({ compiled });
    });
    afterAll(() => server[Symbol.asyncDispose]());

    test("serves Swagger UI and its files, kept by browsers until they change", async () => {
      for (const path of ["/docs", "/openapi.json", "/docs/licenses.txt", ...assets]) {
        const first = await fetch(`${server.url}${path}`);
        expect([path, first.status]).toEqual([path, 200]);
        expect(await first.text()).not.toBeEmpty();
        expect(first.headers.get("cache-control")).toBe("public, max-age=0, must-revalidate");
        const etag = first.headers.get("etag") ?? "";
        expect(etag).toMatch(/^W\/"\w+"$/); // the same for what is compressed
        const again = await fetch(`${server.url}${path}`, { headers: { "if-none-match": `"other", ${etag}` } });
        expect([path, again.status, await again.text()]).toEqual([path, 304, ""]);
      }
    });

    test("serves every picture as an image of this server that runs and fetches nothing", async () => {
      for (const name of pictureNames) {
        const address = `${server.url}${picturePath(name)}`;
        const first = await fetch(address);
        const etag = first.headers.get("etag") ?? "";
        expect([name, first.status, Object.fromEntries(first.headers)]).toEqual([
          name,
          200,
          expect.objectContaining({
            "content-type": "image/svg+xml",
            "cache-control": "public, max-age=86400",
            "content-security-policy": "default-src 'none'",
            "x-content-type-options": "nosniff",
            etag: expect.stringMatching(/^W\/"\w+"$/),
          }),
        ]);
        const text = await first.text();
        expect(text.length).toBeLessThan(4_096);
        expect(text).toMatch(/^<svg xmlns="http:\/\/www\.w3\.org\/2000\/svg" viewBox="0 0 400 400">[\s\S]*<\/svg>\n$/);
        expect(text).not.toMatch(/<(script|style|foreignObject|image|use|a)\b|\son\w+=|\sstyle=|href|url\(|&/i);
        const again = await fetch(address, { headers: { "if-none-match": etag } });
        expect([name, again.status, await again.text()]).toEqual([name, 304, ""]);
      }
      for (const path of ["/pictures/yacht.svg", "/pictures/phone", "/pictures/phone.svg.svg", "/pictures/"]) {
        expect([path, (await fetch(`${server.url}${path}`)).status]).toEqual([path, 404]);
      }
    });

    test("serves the committed document to the letter", async () => {
      expect(await (await fetch(`${server.url}/openapi.json`)).text()).toBe(documentText);
    });

    test("lets no page load or run anything from elsewhere, nor anything inline", async () => {
      for (const path of ["/docs", "/problems/sold_out", ...assets]) {
        const policy = (await fetch(`${server.url}${path}`)).headers.get("content-security-policy") ?? "";
        const rules = new Map(policy.split("; ").map((rule) => [rule.split(" ")[0] ?? "", rule.split(" ").slice(1)]));
        expect(rules.get("default-src")).toEqual(["'none'"]);
        expect(rules.get("script-src")).toEqual(["'self'"]);
        expect(rules.get("style-src")).toEqual(["'self'"]);
        expect(rules.get("connect-src")).toEqual(["'self'"]);
        expect(policy).not.toMatch(/unsafe|http|\*/);
      }
    });

    test("names no foreign host in a page of its own, its style or its script", async () => {
      const pages = Object.keys(problemKinds).map((code) => `/problems/${code}`);
      const own = ["/docs", "/docs/page.css", "/docs/open.js", "/verify", "/verify/page.css", "/verify/page.js"];
      for (const path of [...own, "/checkout/page.css", "/checkout/returned", "/openapi.json", ...pages]) {
        expect([path, foreignHost.exec(await (await fetch(`${server.url}${path}`)).text())]).toEqual([path, null]);
      }
    });

    test("explains every problem in English and in Chinese", async () => {
      for (const [code, { title, status }] of Object.entries(problemKinds)) {
        const page = await (await fetch(`${server.url}/problems/${code}`)).text();
        for (const words of [title, problemWordsZh[code as keyof typeof problemKinds].title, `HTTP ${status}`, code]) {
          expect(page).toContain(words);
        }
      }
      expect((await fetch(`${server.url}/problems/nonsense`)).status).toBe(404);
    });

    test("passes on the licences of what the pages contain", async () => {
      const text = await (await fetch(`${server.url}/docs/licenses.txt`)).text();
      for (const words of ["MIT License", "Apache License", "SmartBear", "React"]) expect(text).toContain(words);
    });
  });
}

// Without a browser this is no proof: where the suite must be whole (CI) that fails, elsewhere it says what to install.
const chromium = await findChromium();
const timeout = 60_000; // a browser on a busy machine
const isWhole = process.env["CI"] === "true";

const isSkipped = chromium === null && !isWhole;

describe.skipIf(isSkipped)(
  isSkipped ? "in a browser (skipped: install chromium, 'apt-get install -y chromium')" : "in a browser",
  () => {
    let server: Server;
    let browser: Browser;
    beforeAll(async () => {
      if (chromium === null) throw new Error("no Chromium: 'apt-get install -y chromium' (needed when CI=true)");
      server = await startServer({ compiled: true });
      browser = await startChromium(chromium);
    }, timeout);
    afterAll(async () => {
      await browser?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });

    test("Swagger UI shows every operation with the network cut off", { timeout }, async () => {
      const page = await browser.open(`${server.url}/docs`);
      await page.until('document.querySelector(".opblock-tag") !== null');
      await page.evaluate(
        'document.querySelectorAll(".opblock-tag[data-is-open=false]").forEach((tag) => tag.click())',
      );
      await page.until(`document.querySelectorAll(".opblock").length === ${operations.size}`);
      expect(ofOthers(page.requests, server)).toEqual([]);
      expect(page.complaints).toEqual([]);
      const links = await page.evaluate<string[]>('[...document.querySelectorAll("a")].map((link) => link.href)');
      expect(ofOthers(links, server)).toEqual([]);
    });

    test("the browser keeps to the policy: nothing inline, nothing from elsewhere", { timeout }, async () => {
      const page = await browser.open(`${server.url}/docs`);
      await page.evaluate(`(() => {
        const script = document.createElement("script");
        script.textContent = "window.isBroken = true";
        document.head.append(script);
      })()`);
      await page.evaluate('fetch("http://127.0.0.1:9/").catch(() => "refused")');
      expect(await page.evaluate<boolean>("window.isBroken === true")).toBe(false);
      const complaints = page.complaints.join("\n");
      expect(complaints).toContain("script-src");
      expect(complaints).toContain("connect-src");
    });

    test("one can authorise and buy, and stays authorised", { timeout }, async () => {
      const campaign = await createCampaign(server, { stock: 1 });
      const offerId = campaign.offers[0]?.id ?? "";
      const page = await browser.open(`${server.url}/docs`);
      await authorise(page, "buyer", await tokenOf("alice"));
      expect(await execute(page, "Buying-reserve", offerId)).toBe("201");
      expect(
        await page.evaluate<string>(`document.querySelector("${answerOf("Buying-reserve")}").innerText`),
      ).toContain('"buyer_id": "alice"');
      const counts = { total: 1, available: 0, held: 1, sold: 0 };
      expect((await call<CampaignJson>(`${server.url}/v1/campaigns/${campaign.id}`)).body.offers[0]).toMatchObject(
        counts,
      );
      const later = await browser.open(`${server.url}/docs`);
      expect(await execute(later, "Buying-reserve", offerId)).toBe("409");
      expect(ofOthers(page.requests, server)).toEqual([]);
      // A refusal is an answer to read, yet browsers write it to the console as an error.
      expect(page.complaints.filter((line) => !line.includes("status of 409"))).toEqual([]);
    });

    test("an operator makes a campaign of the page's own example, publishes it and restocks it", {
      timeout,
    }, async () => {
      await using fresh = await startServer({ compiled: true });
      const page = await browser.open(`${fresh.url}/docs`);
      await authorise(page, "operator", operatorKey);
      expect(await execute(page, "Operating-create_campaign")).toBe("201");
      // The ids in the page's fields are those of the first campaign of a new data folder.
      expect(await execute(page, "Operating-publish_campaign")).toBe("200");
      expect(await execute(page, "Operating-restock_offer")).toBe("200");
      expect(await execute(page, "Buying-get_campaign")).toBe("200");
      expect(page.complaints).toEqual([]);
    });

    test("the sandbox's page fits a phone, says so in two languages, and pays with one press and no script", {
      timeout,
    }, async () => {
      await using shop = await startServer({ compiled: true, env: { RUSHBOX_PAYMENTS: "sandbox" } });
      const as = await tokenOf("alice");
      const campaign = await createCampaign(shop, { stock: 2, limitPerBuyer: 2 });
      for (const [lang, title, paid] of [
        ["en", "Pay for your order", "Paid"],
        ["zh", "支付订单", "支付成功"],
      ] as const) {
        const order = (await buy(shop, campaign.offers[0]?.id ?? "", as)).body;
        const at = `${shop.url}/v1/orders/${order.id}`;
        const { url } = (await call<{ url: string }>(`${at}/checkout`, { method: "POST", as })).body;
        const page = await browser.open(`${url}?lang=${lang}`, { width: 360, height: 740, isMobile: true });
        const heading = () => page.evaluate<string>('document.querySelector("h1").innerText');
        expect(await heading()).toBe(title);
        expect(await page.evaluate<number>("document.documentElement.scrollWidth")).toBe(360);
        expect(await page.evaluate<number>("document.scripts.length")).toBe(0);
        await page.click("button.pay");
        // Only then is there a next page to look at: while one leaves for it, there is none.
        while ((await call<{ state: string }>(at, { as })).body.state !== "paid") await Bun.sleep(20);
        while ((await heading().catch(() => "")) !== paid) await Bun.sleep(20);
        expect(page.complaints).toEqual([]);
        expect(ofOthers(page.requests, shop)).toEqual([]);
      }
    });

    test("every page fits a phone, by day and by night", { timeout }, async () => {
      for (const isDark of [false, true]) {
        for (const path of ["/docs#/Buying/reserve", "/problems/transition_not_allowed"]) {
          const page = await browser.open(`${server.url}${path}`, { width: 360, height: 740, isMobile: true, isDark });
          if (path.startsWith("/docs")) await page.until('document.querySelector(".responses-table") !== null');
          expect([path, await page.evaluate<number>("document.documentElement.scrollWidth")]).toEqual([path, 360]);
          // Light text on dark ground, or the other way round.
          const [ink, ground] = await page.evaluate<[number, number]>(`["color", "backgroundColor"].map((name) => {
            const root = document.querySelector(".swagger-ui") ?? document.documentElement;
            const [, red] = /rgba?\\((\\d+)/.exec(getComputedStyle(root)[name]);
            return name === "backgroundColor" && getComputedStyle(root)[name] === "rgba(0, 0, 0, 0)" ? 255 : Number(red);
          })`);
          expect(isDark ? ink - ground : ground - ink).toBeGreaterThan(100);
          expect(page.complaints).toEqual([]);
        }
      }
    });
  },
);

async function authorise(page: Page, scheme: "buyer" | "operator", credentials: string): Promise<void> {
  await page.click(".auth-wrapper .authorize");
  const form = `.auth-container:nth-child(${["buyer", "operator"].indexOf(scheme) + 1})`;
  await page.type(`${form} input`, credentials);
  await page.click(`${form} .authorize`);
  await page.click(".auth-container .btn-done");
}

/** Opens an operation, fills in the id when one is given, executes it and reads the status of the answer. */
async function execute(page: Page, operation: string, id?: string): Promise<string> {
  const block = `#operations-${operation}`;
  const tag = `#operations-tag-${operation.split("-")[0]}`;
  if (await page.evaluate<boolean>(`document.querySelector("${tag}")?.dataset.isOpen !== "true"`))
    await page.click(tag);
  await page.click(`${block} .opblock-summary-control`);
  if (id !== undefined) await page.type(`${block} tr[data-param-name=id] input`, id);
  await page.click(`${block} .execute`);
  const status = `${block} .live-responses-table tbody .response-col_status`;
  await page.until(`document.querySelector("${status}") !== null`);
  return page.evaluate<string>(`/\\d+/.exec(document.querySelector("${status}").innerText)[0]`);
}

function answerOf(operation: string): string {
  return `#operations-${operation} .live-responses-table tbody`;
}

/** The addresses that are not on this server. */
function ofOthers(urls: readonly string[], { url }: Server): string[] {
  return urls.filter((address) => !address.startsWith(`${url}/`) && !address.startsWith("data:"));
}
