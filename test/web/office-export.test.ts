/**
 * The export of a search in the console, in a real browser against a real server: a file that is whole, or none.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFile } from "node:fs/promises";
import type { Browser } from "playwright-core";
import { type CampaignJson, type OrderJson, type Server, startServer } from "../harness.ts";
import { browserMs, startBrowser } from "./browser.ts";
import { ask, Line, orderFrom, sellTeaAndCups, sitDown } from "./office-desk.ts";

let server: Server;
let line: Line;
let browser: Browser;
let campaign: CampaignJson;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ env: { RUSHBOX_PAYMENTS: "sandbox" } }), startBrowser()]);
  line = await Line.to(server);
  campaign = await sellTeaAndCups(server);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await line?.[Symbol.asyncDispose]();
  await server?.[Symbol.asyncDispose]();
});

function order(buyer: string, quantity = 1, goods: "Tea" | "Cup" = "Tea"): Promise<OrderJson> {
  return orderFrom(server, campaign, { buyer, quantity, goods });
}

describe("an export", () => {
  test("is the whole search as a file, counted, in both formats, and the key is in no address", async () => {
    for (const n of [1, 2, 3]) await order(`exported-${n}`, 1, "Cup");
    await using desk = await sitDown(browser, server.url);
    const { page } = desk;
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await desk.open(`/console/orders?offer_id=${campaign.offers[1]?.id}&state=reserved`);
    await page.getByRole("table").waitFor();
    await page.evaluate(() => Reflect.deleteProperty(globalThis, "showSaveFilePicker"));
    for (const [button, ending] of [
      ["Export as CSV", "csv"],
      ["Export as JSON lines", "jsonl"],
    ] as const) {
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("button", { name: button }).click(),
      ]);
      expect(download.suggestedFilename()).toMatch(new RegExp(`^orders-\\d{8}T\\d{6}Z\\.${ending}$`));
      const text = await readFile(await download.path(), "utf8");
      expect(text.match(/exported-\d/g)).toEqual(["exported-1", "exported-2", "exported-3"]);
      await page.getByRole("status").getByText(`Done: 3 orders in ${download.suggestedFilename()}.`).waitFor();
    }
    expect(asked.filter((address) => address.includes("operator-key"))).toEqual([]);
    expect(asked.filter((address) => address.includes("/export")).length).toBe(2);
    expect(await desk.barriers()).toEqual([]);
    await desk.picture("office-orders-desktop");
    expect(desk.complaints).toEqual([]);
  });

  test("goes into a file that was chosen, where the browser has that: kept at the end alone", async () => {
    await order("picked", 1, "Cup");
    await using desk = await sitDown(browser, line.url);
    const { page } = desk;
    await desk.open("/console/orders?buyer_id=picked");
    await page.getByRole("table").waitFor();
    await page.evaluate(() => {
      const log: string[] = [];
      const decoder = new TextDecoder();
      const stream = {
        write: async (bytes: Uint8Array) => void log.push(decoder.decode(bytes)),
        close: async () => void log.push("closed"),
        abort: async () => void log.push("aborted"),
      };
      const showSaveFilePicker = async () => ({ createWritable: async () => stream });
      Object.assign(globalThis, { log, showSaveFilePicker });
    });
    const log = () => page.evaluate(() => (globalThis as unknown as { log: string[] }).log.splice(0));
    await page.getByRole("button", { name: "Export as CSV" }).click();
    await page.getByRole("status").getByText("Done: 1 order in").waitFor();
    const whole = await log();
    expect([whole.at(-1), whole.join("").includes("picked")]).toEqual(["closed", true]);
    line.trouble = { kind: "cut", path: "/v1/orders/export", afterBytes: 400 };
    await page.getByRole("button", { name: "Export as CSV" }).click();
    await page.getByRole("alert").getByText("The connection broke off before the end.").waitFor();
    line.trouble = null;
    expect((await log()).at(-1)).toBe("aborted");
  });

  test("that breaks off says so and gives no file; one that is stopped neither", async () => {
    for (let n = 0; n < 40; n++) await order(`one-of-many-${n}`); // more than what comes through
    await using desk = await sitDown(browser, line.url);
    const { page } = desk;
    let downloads = 0;
    page.on("download", () => {
      downloads += 1;
    });
    await desk.open(`/console/orders?campaign_id=${campaign.id}`);
    await page.getByRole("table").waitFor();
    await page.evaluate(() => Reflect.deleteProperty(globalThis, "showSaveFilePicker"));
    line.trouble = { kind: "cut", path: "/v1/orders/export", afterBytes: 3_000 };
    await page.getByRole("button", { name: "Export as CSV" }).click();
    await page.getByRole("alert").getByText("The connection broke off before the end. No file was kept").waitFor();
    line.trouble = { kind: "hold", path: "/v1/orders/export", afterBytes: 3_000 };
    await page.getByRole("button", { name: "Export as JSON lines" }).click();
    await page.getByText(/\d+ orders so far/).waitFor();
    await desk.picture("office-export-running");
    await page.getByRole("button", { name: "Stop" }).click();
    await page.getByRole("status").getByText("Stopped. No file was kept.").waitFor();
    line.trouble = null;
    await ask(server, "/v1/controls", { switches: [{ name: "exports_off", on: true }] });
    await page.getByRole("button", { name: "Export as CSV" }).click();
    await page.getByRole("alert").getByText("Switched off at the moment.").waitFor();
    await ask(server, "/v1/controls", { switches: [{ name: "exports_off", on: false }] });
    expect(downloads).toBe(0);
    expect(await desk.barriers()).toEqual([]);
  });
});
