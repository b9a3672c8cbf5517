/** Plan B from a shell: limits are seen and set, switches thrown, on the running server and nowhere else. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { call, createCampaign, operatorKey, type Server, startServer } from "../harness.ts";
import { runCommand } from "./command.ts";

setDefaultTimeout(60_000);

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

const run = (...args: readonly string[]) =>
  runCommand([...args, "--url", server.url, "--operator-key", operatorKey, "--data", server.data]);
const switchesOn = async () =>
  (await call<{ switches_on: unknown }>(`${server.url}/v1/controls`, { as: operatorKey })).body.switches_on;

describe("switch", () => {
  test("throws a switch on and off, for everything or for one campaign, and shows what is on then", async () => {
    const { id } = await createCampaign(server);
    const all = await run("switch", "pause_sales", "on");
    expect([all.code, all.stderr]).toEqual([0, ""]);
    expect(all.stdout).toContain("One switch is on\n  pause_sales      everything\n");
    const one = await run("switch", "streams_off", "on", "--campaign", id);
    expect(one.stdout).toContain(`2 switches are on\n  pause_sales      everything\n  streams_off      ${id}\n`);
    expect(await switchesOn()).toEqual([
      { name: "pause_sales", campaign_id: null },
      { name: "streams_off", campaign_id: id },
    ]);
    await run("switch", "pause_sales", "off");
    const none = await run("switch", "streams_off", "off", "--campaign", id);
    expect(none.stdout).toContain("No switch is on\n");
    expect(await switchesOn()).toEqual([]);
  });

  test("says why it was not thrown, and exits 1", async () => {
    const [exports, missing, stranger, nowhere] = await Promise.all([
      run("switch", "exports_off", "on", "--campaign", "cmp_0000000001"),
      run("switch", "read_only", "on", "--campaign", "cmp_zzzzzzzzzz"),
      runCommand(["switch", "read_only", "on", "--url", server.url, "--operator-key", "the-key-of-somebody-else"]),
      runCommand(["switch", "read_only", "on", "--url", "http://127.0.0.1:9", "--operator-key", operatorKey]),
    ]);
    expect(exports.stderr).toContain("exports_off is for everything: leave campaign_id away");
    expect(missing.stderr).toContain("there is no campaign of this id");
    expect(stranger.stderr).toContain("401 No valid credentials");
    expect(nowhere.stderr).toContain("Is it running there?");
    for (const { code, stdout } of [exports, missing, stranger, nowhere]) expect([code, stdout]).toEqual([1, ""]);
    expect(await switchesOn()).toEqual([]);
  });
});

describe("controls", () => {
  test("shows what holds, sets what is named and nothing else, and prints JSON", async () => {
    const before = await run("controls");
    expect(before.stdout).toContain("  buyer      50 in 10 s ");
    expect(before.stdout).toContain("  address    off ");
    const after = await run(
      "controls",
      "--limit",
      "buyer=20/60",
      "--limit",
      "address=200/10",
      "--limit",
      "failures=off",
    );
    expect(after.stdout).toContain("  buyer      20 in 1 min ");
    expect(after.stdout).toContain("  address    200 in 10 s ");
    expect(after.stdout).toContain("  failures   off ");
    const { stdout } = await run("controls", "--json");
    expect(JSON.parse(stdout)).toEqual({
      rate_limits: {
        buyer: { quota: 20, window_s: 60 },
        address: { quota: 200, window_s: 10 },
        campaign: null,
        overall: null,
        failures: null,
        guests: { quota: 100, window_s: 3_600 },
      },
      switches_on: [],
      risk_mode: "record",
    });
  });
});
