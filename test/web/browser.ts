/**
 * Pages in a real browser that reaches 127.0.0.1 and nothing else: every visitor has a context of their own, and every
 * page is held to what no page may do: ask another server for something, complain, break its policy, or keep somebody out
 * who cannot see, point or wait (axe-core).
 */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import axe from "axe-core";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";

export const phone = { viewport: { width: 360, height: 780 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
export const desktop = { viewport: { width: 1280, height: 860 } };

/** How long a browser on a busy machine may take for one test. */
export const browserMs = 60_000;
const stepMsMax = 40_000;
const screenshots = join(import.meta.dir, "../../dist/screenshots");

/** The browser, from Debian's package: .ci/test.ts installs it. Throws, saying so, when it is not there. */
export async function startBrowser(): Promise<Browser> {
  const executablePath = ["chromium-headless-shell", "chromium", "google-chrome"]
    .map((name) => Bun.which(name))
    .find(Boolean);
  if (!executablePath) throw new Error("no Chromium: 'apt-get install -y chromium'");
  return chromium.launch({
    executablePath,
    args: [
      "--no-sandbox", // tests may run as root
      "--disable-gpu",
      "--disable-dev-shm-usage",
      "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ],
  });
}

export interface Visitor extends AsyncDisposable {
  readonly page: Page;
  /** Errors, warnings of the policy, failed requests, and requests to other servers. */
  readonly complaints: string[];
  /** A picture of all of the page, for people to look at. */
  picture(name: string): Promise<void>;
  /** What axe-core finds wrong with the page as it stands, a line each. */
  barriers(): Promise<string[]>;
}

/** Somebody with a browser of their own. A language other than English is told by `locale`, dark colours by `colorScheme`. */
export async function visit(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<Visitor> {
  // Deliberately without service workers and with the policy on: as buyers have it.
  const context = await browser.newContext({ ...desktop, locale: "en-US", reducedMotion: "reduce", ...options });
  context.setDefaultTimeout(stepMsMax);
  const page = await context.newPage();
  const complaints: string[] = [];
  const origin = new URL(url).origin;
  page.on("pageerror", (error) => complaints.push(`thrown: ${error.message}`));
  page.on("console", (message) => {
    // A refusal is an answer, and Chromium calls each an error.
    const isRefusal = /^Failed to load resource: the server responded with a status of [45]\d\d/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !isRefusal) complaints.push(message.text());
  });
  page.on("request", (request) => {
    if (/^https?:/.test(request.url()) && !request.url().startsWith(origin)) complaints.push(`asked ${request.url()}`);
  });
  await page.addInitScript(
    'addEventListener("securitypolicyviolation", (event) => console.error("policy:", event.violatedDirective, event.blockedURI))',
  );
  await page.goto(url);
  return {
    page,
    complaints,
    async picture(name) {
      mkdirSync(screenshots, { recursive: true });
      const path = join(screenshots, `${name}.png`);
      // A pixel of the page is one of the picture: enough to look at, in less than half the time.
      await page.screenshot({ path, scale: "css", fullPage: true, animations: "disabled" });
    },
    async barriers() {
      // By the debugger, which no policy stops; once a page, since it is half a megabyte.
      if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axe.source);
      const { violations } = await page.evaluate(() =>
        (globalThis as unknown as { axe: typeof axe }).axe.run(document, {
          resultTypes: ["violations"], // half the time: of what is right no list is made
          runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
        }),
      );
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary }) => `${id}: ${html}\n${failureSummary}`),
      );
    },
    async [Symbol.asyncDispose]() {
      await context.close();
    },
  };
}
