/**
 * What a first visit costs a buyer: the bytes that come over the wire, and how long it takes until the one button can be
 * pressed, in a real browser with an empty cache, on a processor slowed down to a quarter, which is about a cheap phone.
 * Requires Chromium.
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";
import { type Bench, type BenchContext, durability, type Findings, medianOf } from "./bench.ts";
import { MissingError } from "./programs.ts";
import { makeToken } from "./requests.ts";
import { openCampaign, secret, startRushbox } from "./rushbox.ts";

const slowdown = 4;
const phone = { viewport: { width: 360, height: 780 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
/** Brought by every visit: of the page and of the button. */
const actions = { full: 5, quick: 1 };

export const pageBench: Bench = {
  name: "page",
  question: "How large is a first visit of the storefront, and when can one buy?",
  run: runPageBench,
};

interface Visit {
  readonly kilobytes: number;
  readonly requests: number;
  readonly readyMs: number;
  /** From the press of the button to the order that is shown. */
  readonly orderMs: number;
}

async function runPageBench(context: BenchContext): Promise<Findings> {
  const { folder: parent, rounds, size } = context;
  const executablePath = ["chromium-headless-shell", "chromium", "google-chrome"]
    .map((name) => Bun.which(name))
    .find(Boolean);
  if (!executablePath) throw new MissingError("Chromium is not installed (Debian: chromium)");
  await using programs = new AsyncDisposableStack();
  const folder = join(parent, "page");
  mkdirSync(folder);
  const { port } = programs.use(await startRushbox(context, join(folder, "rushbox"))).ready;
  const { campaignId } = await openCampaign(port, [{ sku: "hot", stock: 1_000_000, limitPerBuyer: 1 }]);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-dev-shm-usage"] });
  programs.defer(() => browser.close());
  const url = `http://127.0.0.1:${port}/campaigns/${campaignId}`;
  let buyer = 0;
  const visits: Visit[] = [];
  for (let round = 0; round < rounds * actions[size]; round++) {
    visits.push(await visitOnce(browser, `${url}#token=${await makeToken(secret, buyer++)}`));
  }
  const valuesOf = (of: (visit: Visit) => number) => visits.map(of);
  return {
    figures: [
      { what: "requests of a first visit", unit: "", values: valuesOf((of) => of.requests), durability: "-" },
      {
        what: `from the press to the order, processor ${slowdown} x slower`,
        unit: "ms",
        values: valuesOf((of) => of.orderMs),
        durability: durability.rushbox,
      },
    ],
    verdicts: [
      {
        question: "a first visit, compressed, all of it",
        unit: "KB",
        values: valuesOf((of) => of.kilobytes),
        target: { atMost: 100 },
      },
      {
        question: `until the button can be pressed, processor ${slowdown} x slower`,
        unit: "ms",
        values: valuesOf((of) => of.readyMs),
        target: { atMost: 1_500 },
      },
    ],
    notes: [
      `${visits.length} visits with an empty cache; the network is this machine's own, so add your buyers' way here`,
      `half of the visits were ready within ${medianOf(valuesOf((of) => of.readyMs)).toFixed(0)} ms`,
    ],
  };
}

async function visitOnce(browser: Browser, url: string): Promise<Visit> {
  const browsing = await browser.newContext({ ...phone, locale: "en-US" });
  try {
    const page = await browsing.newPage();
    const devTools = await browsing.newCDPSession(page);
    await devTools.send("Network.enable");
    await devTools.send("Emulation.setCPUThrottlingRate", { rate: slowdown });
    let [bytes, requests, isReady] = [0, 0, false];
    devTools.on("Network.loadingFinished", ({ encodedDataLength }) => {
      if (isReady) return;
      bytes += encodedDataLength;
      requests += 1;
    });
    await page.goto(url, { waitUntil: "commit" });
    const button = page.locator("main button.primary:not([aria-disabled=true])");
    await button.waitFor();
    const readyMs = await page.evaluate("performance.now()");
    await page.waitForLoadState("load");
    isReady = true;
    const answered = page.waitForResponse(
      (response) => response.url().endsWith("/orders") && response.status() === 201,
    );
    const pressedMs = Number(await page.evaluate("performance.now()"));
    await button.click();
    await answered;
    await page
      .getByText(/ord_[0-9a-z]{10}/)
      .first()
      .waitFor();
    const orderMs = Number(await page.evaluate("performance.now()")) - pressedMs;
    return { kilobytes: bytes / 1_000, requests, readyMs: Number(readyMs), orderMs };
  } finally {
    await browsing.close();
  }
}
