/**
 * Where agents come, as the protocol has it: who may come in, what is refused before anything is done, clients of both
 * eras, and the same limits, switches and counts as for everybody.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { publicTools } from "../../src/dialogue/mcp/tool-names.ts";
import { limits } from "../../src/domain/limits.ts";
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
import { parsePrometheus, seriesValue } from "../http/prometheus.ts";
import { Agent, errorOf, textOf } from "./agent.ts";

setDefaultTimeout(60_000);

const shopOrigin = "https://www.shop.example";
const publicUrl = "https://sale.shop.example";
const authServer = "https://login.shop.example/";

let server: Server;
let sale: CampaignJson;
let alice: string;
beforeAll(async () => {
  server = await startServer({
    env: {
      RUSHBOX_EMBED_ORIGINS: shopOrigin,
      RUSHBOX_PUBLIC_URL: publicUrl,
      RUSHBOX_MCP_AUTH_SERVERS: authServer,
    },
  });
  [sale, alice] = await Promise.all([createCampaign(server), tokenOf("alice")]);
});
afterAll(() => server[Symbol.asyncDispose]());

const envelope = {
  "io.modelcontextprotocol/protocolVersion": "2026-07-28",
  "io.modelcontextprotocol/clientInfo": { name: "raw", version: "1" },
  "io.modelcontextprotocol/clientCapabilities": {},
};

interface Raw {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly error: { readonly code: number; readonly message: string } | null;
}

/** One message as bytes, with the headers that a client of today sends. */
async function send(
  body: string,
  how: { as?: string; headers?: Record<string, string>; at?: string } = {},
): Promise<Raw> {
  const response = await fetch(how.at ?? `${server.url}/mcp`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      ...(how.as === undefined ? {} : { authorization: `Bearer ${how.as}` }),
      ...how.headers,
    },
    body,
  });
  const text = await response.text();
  const json = text.startsWith("{") ? (JSON.parse(text) as { error?: Raw["error"] }) : {};
  return { status: response.status, headers: response.headers, text, error: json.error ?? null };
}

function ask(method: string, params: object = {}, how: Parameters<typeof send>[1] = {}): Promise<Raw> {
  const { name, uri } = params as { name?: string; uri?: string };
  const named = name ?? uri;
  const headers = {
    "mcp-protocol-version": "2026-07-28",
    "mcp-method": method,
    ...(named === undefined ? {} : { "mcp-name": named }),
    ...how.headers,
  };
  const message = { jsonrpc: "2.0", id: 7, method, params: { ...params, _meta: envelope } };
  return send(JSON.stringify(message), { ...how, headers });
}

describe("who may come in", () => {
  test("whoever has no token sees what everybody sees, and no more", async () => {
    await using nobody = await Agent.connect(server);
    expect(new Set(await nobody.toolNames())).toEqual(new Set(publicTools));
    expect(nobody.client.getInstructions()).toContain("Authorization: Bearer");
    expect(await nobody.use("get_sale", { campaign_id: sale.id })).toMatchObject({ id: sale.id });
    const { resources } = await nobody.client.listResources();
    expect(resources.map(({ uri }) => uri).sort()).toEqual(["rushbox://campaigns", "rushbox://rules"]);
    const { prompts } = await nobody.client.listPrompts();
    expect(prompts.map(({ name }) => name).sort()).toEqual(["buy_in_a_sale", "watch_a_sale"]);
  });

  const needingToken: readonly (readonly [method: string, params: object])[] = [
    ["tools/call", { name: "quote_purchase", arguments: { offer_id: "off_0000000002" } }],
    ["tools/call", { name: "create_campaign", arguments: {} }],
    ["resources/read", { uri: "rushbox://orders" }],
    ["resources/read", { uri: "rushbox://orders/ord_0000000009" }],
    ["prompts/get", { name: "my_orders" }],
    ["subscriptions/listen", { notifications: { resourceSubscriptions: ["rushbox://orders"] } }],
  ];
  test.each(needingToken)("whoever asks %s %j without a token is told where to get one", async (method, params) => {
    const { status, headers } = await ask(method, params);
    expect(status).toBe(401);
    expect(headers.get("www-authenticate")).toBe(
      `Bearer realm="rushbox", resource_metadata="${publicUrl}/.well-known/oauth-protected-resource/mcp"`,
    );
  });

  test("a token that is not valid is never taken for none", async () => {
    const old = await tokenOf("alice", 1);
    const foreign = await tokenOf("alice", "1h", "another-secret-0123456789-0123456789");
    for (const as of ["x", old, foreign, `${alice}x`, `${operatorKey}x`]) {
      const { status, headers } = await ask("tools/list", {}, { as });
      expect([as, status]).toEqual([as, 401]);
      expect(headers.get("www-authenticate")).toContain('error="invalid_token"');
    }
    const basic = await ask("tools/list", {}, { headers: { authorization: "Basic YTpi" } });
    expect(basic.status).toBe(401);
  });

  test("the metadata tells where tokens come from, at both addresses", async () => {
    for (const path of ["/.well-known/oauth-protected-resource/mcp", "/.well-known/oauth-protected-resource"]) {
      const { status, body, headers } = await call(server.url + path);
      expect(status).toBe(200);
      expect(headers.get("access-control-allow-origin")).toBe("*");
      expect(body).toEqual({
        resource: `${publicUrl}/mcp`,
        resource_name: "Rushbox",
        authorization_servers: [authServer],
        bearer_methods_supported: ["header"],
      });
    }
    await using plain = await startServer();
    const { body } = await call(`${plain.url}/.well-known/oauth-protected-resource/mcp`);
    expect(body).toEqual({
      resource: `${plain.url}/mcp`,
      resource_name: "Rushbox",
      bearer_methods_supported: ["header"],
    });
  });

  test("a page of somebody else's may not speak for an agent", async () => {
    const foreign = [
      "https://evil.example",
      `http://evil.example:${server.port}`,
      "null",
      "file://",
      "",
      "https://www.shop.example.evil.example",
    ];
    for (const origin of foreign) {
      const answer = await ask("tools/list", {}, { as: alice, headers: { origin } });
      expect([origin, answer.status]).toEqual([origin, 403]);
    }
    // A name that was bound to this machine's address is told as Host, too.
    const bound = await ask("tools/list", {}, { headers: { origin: "http://evil.example", host: "evil.example" } });
    expect(bound.status).toBe(403);
    for (const origin of [shopOrigin, publicUrl, "http://localhost:6274", "http://127.0.0.1:80", "http://[::1]:8080"]) {
      expect((await ask("tools/list", {}, { headers: { origin } })).status).toBe(200);
    }
  });
});

describe("what is no message is refused before anything is done", () => {
  const refused: readonly (readonly [what: string, body: string, status: number, code: number | null])[] = [
    ["malformed JSON", "{", 400, -32_700],
    ["no JSON at all", "hello", 400, -32_700],
    ["nothing", "", 400, -32_700],
    ["half a surrogate", '"\ud800"'.slice(0, 2), 400, -32_700],
    ["a number", "5", 400, -32_600],
    ["nothing in JSON", "null", 400, -32_600],
    ["a list of messages", '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 400, -32_600],
    ["an object that is no message", '{"hello":"there"}', 400, -32_600],
  ];
  test.each(refused)("%s", async (_, body, status, code) => {
    for (const as of [undefined, alice, operatorKey]) {
      const answer = await send(body, as === undefined ? {} : { as });
      expect(answer.status).toBe(status);
      expect(answer.error?.code).toBe(code as number);
    }
  });

  test("what is too large, for each of those who may send", async () => {
    const of = (bytes: number) =>
      JSON.stringify({ jsonrpc: "2.0", id: 1, method: "ping", params: { fill: "x".repeat(bytes) } });
    const large = of(limits.agentMessageBytesMax);
    expect((await send(large)).status).toBe(413);
    expect((await send(large, { as: alice })).status).toBe(413);
    expect((await send(large, { as: operatorKey })).status).toBe(200); // a campaign may be that long
    expect((await send(of(limits.operatorMessageBytesMax), { as: operatorKey })).status).toBe(413);
  });

  test("what is not JSON by its own word, and other methods", async () => {
    const plain = await send("{}", { headers: { "content-type": "text/plain" } });
    expect(plain.status).toBe(415);
    for (const method of ["GET", "DELETE", "PUT"]) {
      const response = await fetch(`${server.url}/mcp`, { method, headers: { accept: "text/event-stream" } });
      expect(response.status).toBe(405);
      expect(response.headers.get("allow")).toBe("POST");
      await response.body?.cancel();
    }
  });

  test("an unknown method, tool, prompt, resource, and wrong arguments", async () => {
    expect((await ask("tools/fly")).error?.code).toBe(-32_601);
    for (const name of ["fly", "constructor", "__proto__", "toString"]) {
      expect([name, (await ask("tools/call", { name, arguments: {} })).error?.code]).toEqual([name, -32_602]);
    }
    await using agent = await Agent.connect(server, { as: alice });
    expect((await errorOf(agent.client.getPrompt({ name: "fly" }))).code).toBe(-32_602);
    for (const uri of [
      "rushbox://fly",
      "rushbox://campaigns/x",
      "rushbox://campaigns/cmp_zzzzzzzzzz",
      "https://evil.example/",
    ]) {
      expect([uri, (await errorOf(agent.client.readResource({ uri }))).code]).toEqual([uri, -32_602]);
    }
    const wrong: readonly (readonly [name: string, args: Record<string, unknown>, field: string])[] = [
      ["get_sale", {}, "campaign_id"],
      ["get_sale", { campaign_id: 5 }, "campaign_id"],
      ["get_sale", { campaign_id: sale.id, offers_from: -1 }, "offers_from"],
      ["get_sale", { campaign_id: sale.id, sudo: true }, "sudo"],
      ["get_sale", { campaign_id: `${sale.id}/../../v1/orders` }, "campaign_id"],
      ["list_sales", { limit: 1_000 }, "limit"],
      ["list_sales", { state: "on fire" }, "state"],
      ["quote_purchase", { offer_id: "off_0000000002", quantity: 0 }, "quantity"],
      ["quote_purchase", { offer_id: "off_0000000002", quantity: 1.5 }, "quantity"],
      ["quote_purchase", { offer_id: "off_0000000002", quantity: 1e9 }, "quantity"],
      ["confirm_purchase", { quote_id: "x".repeat(1_000) }, "quote_id"],
      ["confirm_purchase", { quote_id: ["q1"] }, "quote_id"],
      ["join_queue", { campaign_id: sale.id, solution: "a\r\nx: y" }, "solution"],
      ["verify_receipt", { receipt: "x".repeat(9_000) }, "receipt"],
    ];
    for (const [name, args, field] of wrong) {
      const result = await agent.call(name, args);
      expect([name, result.isError]).toEqual([name, true]);
      expect(textOf(result)).toContain(field);
    }
  });

  test("headers that say something else than the message", async () => {
    const lying = await ask(
      "tools/call",
      { name: "list_sales", arguments: {} },
      { headers: { "mcp-name": "server_time" } },
    );
    expect([lying.status, lying.error === null]).toEqual([400, false]);
    const future = await ask("tools/list", {}, { headers: { "mcp-protocol-version": "2099-01-01" } });
    expect(future.status).toBe(400);
  });

  test("an older client that takes no stream", async () => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/list" });
    const answer = await send(body, { headers: { accept: "application/json" } });
    expect([answer.status, answer.error?.code]).toEqual([406, -32_000]);
  });

  test("a host that is none", async () => {
    const answer = await ask("tools/list", {}, { headers: { host: "a b" } });
    expect(answer.status).toBe(400);
  });
});

test("a client from before 2026 does the same, without a session", async () => {
  await using agent = await Agent.connect(server, { as: await tokenOf("old"), isOld: true });
  const { quote_id } = await agent.use<{ quote_id: string }>("quote_purchase", { offer_id: sale.offers[0]?.id });
  expect(await agent.use("confirm_purchase", { quote_id })).toMatchObject({ order: { state: "reserved" } });
  expect(await agent.read("rushbox://orders")).toMatchObject({ orders: [{ state: "reserved" }] });
  const raw = await send(
    JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "initialize",
      params: { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "x", version: "1" } },
    }),
  );
  expect(raw.status).toBe(200);
  expect(raw.text).toContain('"protocolVersion":"2025-06-18"');
  expect(raw.text).toContain('"subscribe":false'); // for which there would have to be a session
  expect(raw.headers.get("mcp-session-id")).toBeNull();
});

test("prompts tell what to do, and ids are suggested", async () => {
  await using agent = await Agent.connect(server, { as: operatorKey });
  const { messages } = await agent.client.getPrompt({ name: "report_a_sale", arguments: { campaign_id: sale.id } });
  expect(JSON.stringify(messages)).toContain(sale.id);
  expect((await errorOf(agent.client.getPrompt({ name: "report_a_sale", arguments: {} }))).message).toContain(
    "campaign_id",
  );
  const argument = { name: "campaign_id", value: "cmp_" };
  const byPrompt = await agent.client.complete({ ref: { type: "ref/prompt", name: "report_a_sale" }, argument });
  expect(byPrompt.completion.values).toContain(sale.id);
  const byAddress = await agent.client.complete({
    ref: { type: "ref/resource", uri: "rushbox://campaigns/{id}" },
    argument: { name: "id", value: sale.id.slice(0, 8) },
  });
  expect(byAddress.completion.values).toContain(sale.id);
});

test("agents meet the limits and switches of everybody, and are counted", async () => {
  await using limited = await startServer({ env: { RUSHBOX_RATE_LIMITS: "on" } });
  const campaign = await createCampaign(limited, { stock: 100, limitPerBuyer: 100, admission: "queue" });
  const set = (body: object) => call(`${limited.url}/v1/controls`, { method: "POST", as: operatorKey, body });
  await set({ rate_limits: { buyer: { quota: 2, window_s: 60 } } });
  const token = await tokenOf("hasty");
  await using agent = await Agent.connect(limited, { as: token });
  const campaign_id = campaign.id;
  await agent.use("join_queue", { campaign_id });
  await agent.use("join_queue", { campaign_id });
  expect(await agent.refusal("join_queue", { campaign_id })).toBe("rate_limited");
  const byPage = await call(`${limited.url}/v1/campaigns/${campaign_id}/queue`, { method: "POST", as: token });
  expect(byPage.status).toBe(429); // one and the same count
  await set({ rate_limits: { buyer: null }, switches: [{ name: "refuse_joins", on: true }] });
  expect(await agent.refusal("join_queue", { campaign_id })).toBe("switched_off");
  const families = parsePrometheus(await (await fetch(`${limited.url}/metrics`)).text());
  const calls = (outcome: string) => seriesValue(families, "rushbox_mcp_calls_total", { tool: "join_queue", outcome });
  expect([calls("done"), calls("refused")]).toEqual([2, 2]);
});

test("whoever asks all the time is told to wait: nobody by where they come from, a buyer for themselves", async () => {
  await using limited = await startServer({ env: { RUSHBOX_RATE_LIMITS: "on" } });
  const campaign = await createCampaign(limited);
  const at = `${limited.url}/mcp`;
  const askOften = (count: number, as?: string) => {
    const how = as === undefined ? { at } : { at, as };
    return Promise.all(Array.from({ length: count }, () => ask("tools/list", {}, how)));
  };
  const statusesOf = (all: readonly Raw[]) => new Set(all.map(({ status }) => status));
  const [busy, calm] = await Promise.all([tokenOf("busy"), tokenOf("calm")]);
  expect(statusesOf(await askOften(300))).toEqual(new Set([200, 429]));
  expect(statusesOf(await askOften(1, calm))).toEqual(new Set([200])); // a buyer is not held up by those who are nobody
  const asked = await askOften(100, busy);
  expect(statusesOf(asked)).toEqual(new Set([200, 429]));
  const refused = asked.find(({ status }) => status === 429);
  const waitS = Number(refused?.headers.get("retry-after"));
  expect(waitS).toBeWithin(1, 11);
  expect(refused?.text).toContain(`within ${waitS} s`); // the header does not come to a model
  expect(statusesOf(await askOften(1, calm))).toEqual(new Set([200]));
  expect(statusesOf(await askOften(300, operatorKey))).toEqual(new Set([200]));
  // What is asked too often by an agent uses up nothing of what its buyer may try.
  expect((await buy(limited, campaign.offers[0]?.id ?? "", busy)).status).toBe(201);
});

test("whoever guesses tokens is held up as at every door", async () => {
  await using limited = await startServer({ env: { RUSHBOX_RATE_LIMITS: "on" } });
  const body = { rate_limits: { failures: { quota: 5, window_s: 60 } } };
  await call(`${limited.url}/v1/controls`, { method: "POST", as: operatorKey, body });
  const statuses: number[] = [];
  for (let at = 0; at < 8; at++) {
    statuses.push((await ask("tools/list", {}, { as: `guess-${at}`, at: `${limited.url}/mcp` })).status);
  }
  expect(statuses.slice(0, 5)).toEqual([401, 401, 401, 401, 401]);
  expect(statuses.slice(5)).toEqual([429, 429, 429]);
});
