/** The small commands of whoever runs it: a token that buys, a health check that tells, a migration that is told first. */
import { Database } from "bun:sqlite";
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { getTableName } from "drizzle-orm";
import { decodeJwt } from "jose";
import * as sale from "../../schema/tables.ts";
import { buyers, makeDraw } from "../draw/drawn.ts";
import { buy, createCampaign, jwtSecret, newFolder, type Server, startServer } from "../harness.ts";
import { runCommand } from "./command.ts";
import { makeLedger } from "./ledger.ts";

setDefaultTimeout(60_000);

let server: Server;
beforeAll(async () => {
  server = await startServer();
});
afterAll(() => server[Symbol.asyncDispose]());

describe("token", () => {
  test("prints a token and nothing else, with which its buyer buys until it expires", async () => {
    const { offers } = await createCampaign(server);
    const args = ["token", "--buyer", "秒杀 alice", "--expires", "2m", "--jwt-secret", jwtSecret];
    const { stdout, stderr, code } = await runCommand(args);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const { sub, exp = 0 } = decodeJwt(stdout.trim());
    expect(sub).toBe("秒杀 alice");
    expect(Math.abs(exp - Date.now() / 1_000 - 120)).toBeLessThan(20);
    const { status, body } = await buy(server, offers[0]?.id ?? "", stdout.trim());
    expect([status, body.buyer_id]).toEqual([201, "秒杀 alice"]);
  });

  test("says what to do where there is no secret, where the shop signs, and for an id that no buyer has", async () => {
    const [none, shop, nobody] = await Promise.all([
      runCommand(["token", "--buyer", "alice", "--data", newFolder()]),
      runCommand(["token", "--buyer", "alice", "--jwks-url", "https://shop.example/jwks"]),
      runCommand(["token", "--buyer", "", "--jwt-secret", jwtSecret]),
    ]);
    expect(none.stderr).toContain("jwt.secret does not exist. Start 'rushbox serve' once with this data folder");
    expect(shop.stderr).toContain("the shop signs its buyers' tokens");
    expect(nobody.stderr).toContain("no buyer has such an id");
    for (const { code, stdout } of [none, shop, nobody]) expect([code, stdout]).toEqual([1, ""]);
  });
});

describe("health", () => {
  test("exits 0 for a server that is ready, by port, by address and by environment, past any proxy", async () => {
    const env = { RUSHBOX_PORT: String(server.port), RUSHBOX_HOST: "0.0.0.0", HTTP_PROXY: "http://127.0.0.1:1" };
    const ran = await Promise.all([
      runCommand(["health", "--port", String(server.port)]),
      runCommand(["health", "--url", `${server.url}/`]),
      runCommand(["health"], { env: { ...env, http_proxy: env.HTTP_PROXY } }),
    ]);
    for (const result of ran) expect(result).toEqual({ code: 0, stdout: "ready\n", stderr: "" });
  });

  test("exits 1 for one that is stopping, that hangs, or that is not there", async () => {
    using stopping = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: () => Response.json({ detail: "The server is stopping." }, { status: 503 }),
    });
    using hanging = Bun.listen({ port: 0, hostname: "127.0.0.1", socket: { data() {} } });
    const [stops, hangs, gone] = await Promise.all(
      [stopping.port, hanging.port, 1].map((port) => runCommand(["health", "--port", String(port)])),
    );
    expect(stops?.stderr).toContain("/readyz answers 503. The server is stopping.");
    expect(hangs?.stderr).toContain("no answer (not within 2 s)");
    expect(gone?.stderr).toContain("no answer");
    expect([stops?.code, hangs?.code, gone?.code]).toEqual([1, 1, 1]);
  });
});

describe("migrate", () => {
  test("lists what is missing without changing anything, then applies it, then has nothing to do", async () => {
    const data = newFolder();
    using old = new Database(join(data, "rushbox.db"));
    old.exec("PRAGMA application_id = 1381323592");
    const tables = () => old.query("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name").values().flat();
    const planned = await runCommand(["migrate", "--dry-run", "--data", data]);
    expect(planned.stdout).toMatch(
      /0001_sale_core {2}missing\n {2}0002_descriptions {2}missing\n[\s\S]*nothing was changed/,
    );
    expect([tables(), readdirSync(data)]).toEqual([[], ["rushbox.db"]]);
    const applied = await runCommand(["migrate", "--data", data]);
    expect(applied.stdout).toContain("0001_sale_core  applied now\n  0002_descriptions  applied now");
    const made = Object.values(sale).map(getTableName);
    expect(tables()).toEqual([...made, "migrations"].toSorted((a, b) => (a < b ? -1 : 1)));
    const again = await runCommand(["migrate", "--data", data]);
    expect(again.stdout).toContain("is up to date.");
    expect([planned.code, applied.code, again.code]).toEqual([0, 0, 0]);
  });

  test("brings a sale of before there were descriptions, marks and reminders to this version, and its ledger holds as it is", async () => {
    const data = newFolder();
    makeDraw(data, { stocks: [2], entries: buyers(5) });
    using old = new Database(join(data, "rushbox.db"));
    const added = {
      campaigns: ["agent_share_percent", "agent_policy", "description"],
      offers: ["description"],
      orders: ["actor"],
      waitlist: ["actor"],
      queue: ["actor"],
    };
    for (const [table, columns] of Object.entries(added)) {
      for (const column of columns) old.exec(`ALTER TABLE ${table} DROP COLUMN ${column}`);
    }
    old.exec("DROP TABLE reminders");
    old.exec("DELETE FROM migrations WHERE name > '0001_sale_core'");
    const before = await runCommand(["verify", data]);
    expect([before.code, before.stdout]).toEqual([1, expect.stringContaining("run 'rushbox migrate'")]);
    const { stdout } = await runCommand(["migrate", "--data", data]);
    for (const name of ["0002_descriptions", "0003_agents", "0004_reminders", "0005_queue_agents"])
      expect(stdout).toContain(`${name}  applied now`);
    const after = await runCommand(["verify", data]);
    expect([after.code, after.stdout]).toEqual([0, expect.stringContaining("Everything holds.")]);
  });

  test("refuses a folder that a server has, one that is newer, and one without a sale", async () => {
    const newer = newFolder();
    using future = new Database(makeLedger(newer));
    future.exec("INSERT INTO migrations VALUES ('9999_future', 'x')");
    const [served, ahead, empty] = await Promise.all(
      [server.data, newer, newFolder()].map((data) => runCommand(["migrate", "--data", data])),
    );
    expect(served?.stderr).toContain("is in use by another rushbox. Stop it first");
    expect(ahead?.stderr).toContain("was written by another version (migration 9999_future)");
    expect(empty?.stderr).toContain("holds no sale");
    expect([served?.code, ahead?.code, empty?.code]).toEqual([1, 1, 1]);
  });
});
