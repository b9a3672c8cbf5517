/** An operator's agent, over HTTP and through the bridge: from a draft to the report; and no role has more than its own. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { publicTools } from "../../src/dialogue/mcp/tool-names.ts";
import type { OperatorRole } from "../../src/domain/operator.ts";
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
import { Agent, errorOf, ways } from "./agent.ts";

setDefaultTimeout(60_000);

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

async function keyOf(role: OperatorRole, name = `agent ${Bun.randomUUIDv7()}`): Promise<string> {
  const body = { name, role };
  const made = await call<{ key: string }>(`${server.url}/v1/operators`, { method: "POST", as: operatorKey, body });
  return made.body.key;
}

const draft = {
  title: "By an agent",
  offers: [{ sku: "sku-1", title: "Goods", price_minor: 1_250, currency: "CNY", stock: 4, limit_per_buyer: 2 }],
};

describe.each(ways)("over %s", (way) => {
  test("an operator's agent creates, publishes, pauses, resumes, restocks, reports and ends", async () => {
    const name = `agent by ${way}`;
    await using agent = await Agent.connect(server, { way, as: await keyOf("operator", name) });
    const made = await agent.use<CampaignJson>("create_campaign", draft);
    expect(made).toMatchObject({ state: "draft", offers: [{ price_text: "12.50 CNY", available: 4 }] });
    const campaign_id = made.id;
    const offer_id = made.offers[0]?.id ?? "";
    expect((await call(`${server.url}/v1/campaigns/${campaign_id}`)).status).toBe(404); // nobody sees a draft
    expect(await agent.refusal("pause_campaign", { campaign_id })).toBe("transition_not_allowed");
    expect(await agent.use("publish_campaign", { campaign_id })).toMatchObject({ state: "open" });
    expect(await agent.use("pause_campaign", { campaign_id })).toMatchObject({ state: "paused" });
    expect(await agent.use("resume_campaign", { campaign_id })).toMatchObject({ state: "open" });
    await buy(server, offer_id, await tokenOf("customer"), { quantity: 2 });

    const more = { offer_id, quantity: 6, expected_total: 4 };
    expect(await agent.use("restock_offer", more)).toEqual({ offer_id, total: 10, available: 8, held: 2, sold: 0 });
    expect(await agent.refusal("restock_offer", more)).toBe("total_changed"); // sent twice it counts once
    expect(await agent.use("sale_report", { campaign_id })).toMatchObject({
      state: "open",
      offers: [{ offer_id, total: 10, held: 2, sold: 0, sold_percent: 0, revenue_text: "0.00 CNY" }],
      orders: { count: 1, is_complete: true, by_agents: { orders: 0, units: 0, share_of_units: 0 } },
    });
    expect(await agent.use("end_campaign", { campaign_id })).toMatchObject({ state: "ended" });
    expect(await agent.refusal("resume_campaign", { campaign_id })).toBe("transition_not_allowed");

    // What an agent does stands under its key's name, what was refused included.
    const audit = await call<{ entries: { action: string }[] }>(
      `${server.url}/v1/audit?limit=200&operator=${encodeURIComponent(name)}`,
      { as: operatorKey },
    );
    const actions = new Set(audit.body.entries.map(({ action }) => action));
    expect(actions).toEqual(new Set(["create_campaign", "publish", "pause", "resume", "restock", "end"]));
  });
});

test("an agent of a wrong campaign is told every field, and nothing is made", async () => {
  await using agent = await Agent.connect(server, { as: operatorKey });
  const before = (await call<{ campaigns: unknown[] }>(`${server.url}/v1/campaigns`, { as: operatorKey })).body;
  const wrong = { title: "", offers: [{ ...draft.offers[0], stock: -1, colour: "red" }] };
  const told = await agent.refusal("create_campaign", wrong);
  for (const field of ["title", "stock", "colour"]) expect(told).toContain(field);
  expect(await agent.refusal("create_campaign", { ...draft, opens_at: "soon" })).toContain("opens_at");
  const lateAndEarly = { ...draft, opens_at: "2099-01-02T00:00:00Z", closes_at: "2099-01-01T00:00:00Z" };
  expect(await agent.refusal("create_campaign", lateAndEarly)).toBe("invalid"); // what only the API knows
  const after = (await call<{ campaigns: unknown[] }>(`${server.url}/v1/campaigns`, { as: operatorKey })).body;
  expect(after).toEqual(before);
});

describe("each caller is shown what they may use, and can use nothing else", () => {
  const buying = ["quote_purchase", "confirm_purchase", "list_orders", "cancel_order", "join_queue", "enter_draw"];
  const operating = ["create_campaign", "publish_campaign", "end_campaign", "restock_offer"];
  const callers: readonly (readonly [who: string, token: () => Promise<string>, has: string[], hasNot: string[]])[] = [
    ["a buyer", () => tokenOf("alice"), buying, [...operating, "sale_report"]],
    ["a viewer", () => keyOf("viewer"), ["sale_report"], [...buying, ...operating]],
    ["an operator", () => keyOf("operator"), [...operating, "sale_report"], buying],
    ["an admin", async () => operatorKey, [...operating, "sale_report"], buying],
  ];

  test.each(callers)("%s", async (_, token, has, hasNot) => {
    const campaign = await createCampaign(server, { publish: false });
    await using agent = await Agent.connect(server, { as: await token() });
    const names = await agent.toolNames();
    expect(names).toEqual(expect.arrayContaining([...publicTools, ...has]));
    for (const name of hasNot) {
      expect(names).not.toContain(name);
      const args = { campaign_id: campaign.id, offer_id: campaign.offers[0]?.id, quantity: 1, expected_total: 10 };
      const { code, message } = await errorOf(agent.call(name, args));
      expect([name, code]).toEqual([name, -32_602]);
      expect(message).toContain(`Tool ${name} not found`);
    }
    const { body } = await call<CampaignJson>(`${server.url}/v1/campaigns/${campaign.id}`, { as: operatorKey });
    expect(body).toMatchObject({ state: "draft", offers: [{ total: 10 }] });
  });
});
