/**
 * `rushbox mcp` between a desktop client and a server: it outlives the server's restarts, tells what it cannot do,
 * writes nothing but messages to its output, and ends with its client.
 */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { plainEnv, runCommand } from "../cli/command.ts";
import { buy, createCampaign, newFolder, programOf, type Server, startServer, tokenOf } from "../harness.ts";
import { until } from "../http/until.ts";
import { Agent, errorOf } from "./agent.ts";

setDefaultTimeout(60_000);

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("a server that restarts", () => {
  test("is waited for, and the same client goes on; a quote of before is still one order", async () => {
    const data = newFolder();
    const first = await startServer({ data });
    const campaign = await createCampaign(first, { stock: 3 });
    await using agent = await Agent.connect(first, { way: "stdio", as: await tokenOf("alice") });
    const offer_id = campaign.offers[0]?.id ?? "";
    const { quote_id } = await agent.use<{ quote_id: string }>("quote_purchase", { offer_id });
    const { order } = await agent.use<{ order: { id: string } }>("confirm_purchase", { quote_id });
    const address = `rushbox://campaigns/${campaign.id}`;
    const before = await agent.client.listen({ resourceSubscriptions: [address] });
    await first.stop("SIGKILL");
    expect(await before.closed).not.toBe("local"); // the client hears that it hears no more

    const asked = agent.use("confirm_purchase", { quote_id });
    await until(
      async () => agent.log,
      (log) => log.includes("does not answer: waiting for it"),
    );
    await using second = await startServer({ data, args: ["--port", String(first.port)] });
    expect(await asked).toMatchObject({ order: { id: order.id }, is_new: false });
    await until(
      async () => agent.log,
      (log) => log.includes("is back"),
    );

    const after = await agent.client.listen({ resourceSubscriptions: [address] });
    await buy(second, offer_id, await tokenOf("bob"));
    await until(
      async () => agent.changes,
      (changes) => changes.includes(address),
    );
    await after.close();
  });
});

test("many requests at once come through, each answered once", async () => {
  const campaign = await createCampaign(server);
  await using agent = await Agent.connect(server, { way: "stdio" });
  const asked = Array.from({ length: 50 }, () => agent.use("get_sale", { campaign_id: campaign.id }));
  expect(new Set((await Promise.all(asked)).map(({ id }) => id))).toEqual(new Set([campaign.id]));
});

test("a token that is not valid is told to the client and to the person", async () => {
  const refused = await errorOf(Agent.connect(server, { way: "stdio", as: "wrong" }));
  expect(refused.message).toContain("No valid credentials");
  await using nobody = await Agent.connect(server, { way: "stdio" });
  const { message } = await errorOf(nobody.call("list_orders"));
  expect(message).toContain("No valid credentials");
  await until(
    async () => nobody.log,
    (log) => log.includes("Authorization: Bearer"),
  );
});

test("an address where something else answers is told as that, with what it is set by", async () => {
  const others = [
    () => new Response("<h1>bad gateway</h1>", { status: 502, headers: { "content-type": "text/html" } }),
    () => Response.redirect("https://sale.example/mcp", 301),
    () => new Response("<h1>a shop</h1>", { headers: { "content-type": "text/html" } }),
  ];
  for (const fetch of others) {
    await using other = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch });
    const { message } = await errorOf(Agent.connect({ url: other.url.origin }, { way: "stdio" }));
    expect(message).toContain("as a sale does: look at --url");
    expect(message).not.toContain("<h1>");
  }
});

test("a client from before 2026 goes through it, too", async () => {
  const campaign = await createCampaign(server);
  await using agent = await Agent.connect(server, { way: "stdio", as: await tokenOf("old"), isOld: true });
  expect(await agent.use("quote_purchase", { offer_id: campaign.offers[0]?.id })).toMatchObject({ quantity: 1 });
});

test("its output is messages alone, one a line; it goes past proxies, and ends when its input does", async () => {
  const child = Bun.spawn([...programOf(), "mcp", "--url", server.url], {
    env: { ...plainEnv, HTTP_PROXY: "http://127.0.0.1:9", http_proxy: "http://127.0.0.1:9" },
    stdin: "pipe",
    stdout: "pipe",
    stderr: "pipe",
  });
  const params = { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "x", version: "1" } };
  child.stdin.write(`${JSON.stringify({ jsonrpc: "2.0", id: "a", method: "initialize", params })}\n`);
  child.stdin.write('{"hello":"there"}\n');
  const reader = child.stdout.getReader();
  const first = new TextDecoder().decode((await reader.read()).value);
  expect(JSON.parse(first)).toMatchObject({ jsonrpc: "2.0", id: "a", result: { serverInfo: { name: "rushbox" } } });
  child.stdin.end();
  const [rest, told, code] = await Promise.all([reader.read(), new Response(child.stderr).text(), child.exited]);
  expect([rest.done, code]).toEqual([true, 0]);
  expect(told).toContain("passing messages on to");
  expect(told).toContain("cannot be read");
});

test("wrong usage is told, and the help says how a client is set up", async () => {
  const wrong = await runCommand(["mcp", "--url", "nowhere"]);
  expect([wrong.code, wrong.stdout]).toEqual([2, ""]);
  expect(wrong.stderr).toContain("Give an http or https address");
  const help = await runCommand(["mcp", "--help"]);
  expect(help.code).toBe(0);
  for (const word of ["mcpServers", "RUSHBOX_TOKEN", "confirm_purchase", "docs/agents.md"]) {
    expect(help.stdout).toContain(word);
  }
});
