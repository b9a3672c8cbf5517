/** What pages say of agents: the form asks, the campaign tells, buyers read it as a rule, and operators see whose orders are theirs. */
import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Browser } from "playwright-core";
import {
  agentTokenOf,
  buy,
  type CampaignJson,
  call,
  createCampaign,
  operatorKey,
  type Server,
  startServer,
  tokenOf,
} from "../harness.ts";
import { browserMs, phone, startBrowser, visit } from "./browser.ts";
import { fillAll } from "./filling.ts";
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

const offerIdOf = ({ offers }: CampaignJson) => offers[0]?.id ?? "";

test("a campaign is made with a share for agents, with what is wrong said where it is", async () => {
  await using visitor = await operate(browser, server, "/console/campaigns/new");
  const { page } = visitor;
  await fillAll(page);
  await page.getByRole("radio", { name: "As soon as it is published" }).check();
  await page.getByRole("radio", { name: "A share of the stock" }).check();
  const percent = page.locator('[data-field="agents.share_percent"]');
  expect(await percent.inputValue()).toBe("20");
  await percent.fill("100");
  await percent.blur();
  await page.getByText("99 at most.").waitFor();
  await page.getByRole("radio", { name: "Draw" }).check();
  await page.getByRole("button", { name: "Publish and open now…" }).click();
  await page.getByText("A draw has no shares").waitFor();
  expect(await visitor.barriers()).toEqual([]);
  await visitor.picture("campaign-form-agents-desktop");
  await page.getByRole("radio", { name: "First come, first served" }).check();
  await percent.fill("30");
  await page.getByRole("button", { name: "Publish and open now…" }).click();
  await page.getByRole("dialog").getByText("Up to 30% of each item").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Publish" }).click();
  await page.waitForURL(/\/cmp_\w+$/);
  await page.getByRole("definition").filter({ hasText: "Up to 30% of each item" }).waitFor();
  const id = page.url().split("/").at(-1) ?? "";
  const { body } = await call<{ agents: object }>(`${server.url}/v1/campaigns/${id}`, { as: operatorKey });
  expect(body.agents).toEqual({ policy: "share", share_percent: 30 });
  expect(visitor.complaints).toEqual([]);
});

test("buyers read the rule in their language, and nothing where agents are allowed", async () => {
  const people = await createCampaign(server, { agents: { policy: "humans_only" } });
  const share = await createCampaign(server, { agents: { policy: "share", share_percent: 25 } });
  const plain = await createCampaign(server);
  await using visitor = await visit(browser, `${server.url}/campaigns/${people.id}`, phone);
  const { page } = visitor;
  await page.getByText("For people only: assistants and other programs cannot buy here for you.").waitFor();
  expect(await visitor.barriers()).toEqual([]);
  await page.goto(`${server.url}/campaigns/${plain.id}`);
  await page.getByText("Whoever asks first gets one.").waitFor();
  expect(await page.getByText(/ssistants/).count()).toBe(0);
  expect(visitor.complaints).toEqual([]);
  await using chinese = await visit(browser, `${server.url}/campaigns/${share.id}`, { ...phone, locale: "zh-CN" });
  await chinese.page.getByText("智能助手等程序合计最多买走每款商品的 25%。").waitFor();
  await chinese.picture("sale-agents-phone-zh");
  expect(chinese.complaints).toEqual([]);
});

test("operators see the mark on an agent's order, in the list and on its page, and none on a person's", async () => {
  const campaign = await createCampaign(server, { stock: 5 });
  const [byAgent, byPerson] = [
    (await buy(server, offerIdOf(campaign), await agentTokenOf("ada"))).body,
    (await buy(server, offerIdOf(campaign), await tokenOf("ben"))).body,
  ];
  await using visitor = await operate(browser, server, "/console/orders");
  const { page } = visitor;
  const row = (id: string) => page.getByRole("row").filter({ hasText: id });
  await row(byAgent.id).getByText("Agent", { exact: true }).waitFor();
  expect(await row(byPerson.id).getByText("Agent", { exact: true }).count()).toBe(0);
  expect(await visitor.barriers()).toEqual([]);
  await visitor.picture("orders-agents-desktop");
  await page.getByRole("link", { name: byAgent.id }).click();
  await page.getByRole("heading", { level: 1 }).filter({ hasText: byAgent.id }).waitFor();
  await page.getByText("Agent", { exact: true }).waitFor();
  expect(await visitor.barriers()).toEqual([]);
  await visitor.picture("order-agent-desktop");
  expect(visitor.complaints).toEqual([]);
});
