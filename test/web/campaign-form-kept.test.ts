/** What was typed into the form of a campaign is not lost: by a reload, a refusal, a connection that fails. */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import type { Browser, Route } from "playwright-core";
import { call, operatorKey, type Server, startServer } from "../harness.ts";
import { browserMs, startBrowser } from "./browser.ts";
import { fill, fillAll } from "./filling.ts";
import { operate } from "./operator.ts";

let server: Server;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer(), startBrowser()]);
}, browserMs);
afterAll(async () => {
  await browser?.close();
  await server?.[Symbol.asyncDispose]();
});

const path = "/console/campaigns/new";

describe("a form", () => {
  test("is kept over a reload, and begun anew when that is wished", async () => {
    await using visitor = await operate(browser, server, path);
    const { page } = visitor;
    await fill(page, { title: "Half typed" });
    await page.reload();
    await page.getByText("What you typed before is still here.").waitFor();
    expect(await page.locator("[data-field=title]").inputValue()).toBe("Half typed");
    await page.getByRole("button", { name: "Start over" }).click();
    expect(await page.locator("[data-field=title]").inputValue()).toBe("");
    await page.reload();
    expect(await page.locator("[data-field=title]").inputValue()).toBe("");
  });

  test("shows what only the server knows at the field that it is about", async () => {
    await using visitor = await operate(browser, server, path);
    const { page } = visitor;
    await fillAll(page);
    await page.getByRole("radio", { name: "As soon as it is published" }).check();
    await page.getByRole("radio", { name: "Queue" }).check();
    await page.getByRole("radio", { name: "A captcha" }).check();
    await page.getByRole("button", { name: "Save as draft" }).click();
    await page.getByText("This server has no captcha.").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await page.getByRole("radio", { name: "A calculation by the buyer's device" }).check();
    expect(await page.getByText("This server has no captcha.").count()).toBe(0);
    await page.getByRole("button", { name: "Save as draft" }).click();
    await page.getByText("Saved as a draft. Only operators see it.").waitFor();
    expect(visitor.complaints).toEqual([]);
  });

  test("that was made although the connection failed is found, and not made twice", async () => {
    await using visitor = await operate(browser, server, path);
    const { page } = visitor;
    const title = "Made behind a broken connection";
    await fillAll(page);
    await fill(page, { title });
    await page.getByRole("radio", { name: "As soon as it is published" }).check();
    // The request arrives, its answer does not.
    const cutOff = async (route: Route) => {
      await route.fetch();
      await route.abort();
    };
    await page.route("**/v1/campaigns", cutOff, { times: 1 });
    await page.getByRole("button", { name: "Publish and open now…" }).click();
    await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
    await page.getByText("it may have been saved, or not").waitFor();
    expect(await visitor.barriers()).toEqual([]);
    await page.getByRole("button", { name: "Find out" }).click();
    await page.getByText("Published, and open.").waitFor();
    const { body } = await call<{ campaigns: { title: string; state: string }[] }>(`${server.url}/v1/campaigns`, {
      as: operatorKey,
    });
    expect(body.campaigns.filter((campaign) => campaign.title === title).map(({ state }) => state)).toEqual(["open"]);
  });

  test("that did not arrive is not said to be there, and can be sent again as it stands", async () => {
    await using visitor = await operate(browser, server, path);
    const { page } = visitor;
    await fillAll(page);
    await fill(page, { title: "Sent twice, made once" });
    await page.getByRole("radio", { name: "As soon as it is published" }).check();
    await page.route("**/v1/campaigns", (route) => route.abort(), { times: 1 });
    await page.getByRole("button", { name: "Save as draft" }).click();
    await page.getByText("it may have been saved, or not").waitFor();
    await page.getByRole("button", { name: "Find out" }).click();
    await page.getByText("It was not saved.").waitFor();
    await page.getByRole("button", { name: "Save as draft" }).click();
    await page.getByText("Saved as a draft.").waitFor();
  });

  test("is told of a mistake that has no field in it, too", async () => {
    await using visitor = await operate(browser, server, path);
    const { page } = visitor;
    await fillAll(page);
    await page.getByRole("radio", { name: "As soon as it is published" }).check();
    const errors = [{ field: "offers", detail: "are too many for this server" }];
    await page.route("**/v1/campaigns", (route) =>
      route.fulfill({
        status: 400,
        contentType: "application/problem+json",
        json: { code: "invalid", detail: "", errors },
      }),
    );
    await page.getByRole("button", { name: "Save as draft" }).click();
    await page.getByRole("alert").getByText("are too many for this server").waitFor();
  });
});
