/** What is restored is whole, verified and sells on; what is there already is never touched. */
import { Database } from "bun:sqlite";
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buy, call, createCampaign, newFolder, type OrderJson, operatorKey, startServer, tokenOf } from "../harness.ts";
import { runCommand } from "./command.ts";
import { damagePage, makeLedger, tamper } from "./ledger.ts";

setDefaultTimeout(60_000);

test("a backup that is made amid a rush has every order acknowledged before, verifies, and sells on elsewhere", async () => {
  await using server = await startServer();
  const { id: campaignId, offers } = await createCampaign(server, { stock: 100_000, limitPerBuyer: 1_000 });
  const offerId = offers[0]?.id ?? "";
  const buyers = await Promise.all(Array.from({ length: 16 }, (_, n) => tokenOf(`buyer-${n}`)));
  const acknowledged: OrderJson[] = [];
  let isOver = false;
  const rush = buyers.map(async (as) => {
    while (!isOver) {
      const { status, body } = await buy(server, offerId, as);
      expect(status).toBe(201);
      acknowledged.push(body);
    }
  });
  const folder = newFolder();
  const [to, restored] = [join(folder, "backup.db"), join(folder, "restored")];
  while (acknowledged.length < 2_000) await Bun.sleep(5);
  const before = [...acknowledged];
  const backedUp = await runCommand(["backup", "--data", server.data, "--to", to]);
  const meanwhile = acknowledged.length - before.length;
  isOver = true;
  await Promise.all(rush);
  expect([backedUp.code, backedUp.stderr]).toEqual([0, ""]);
  expect(meanwhile).toBeGreaterThan(20); // it was a rush

  const ran = await runCommand(["restore", "--from", to, "--data", restored]);
  expect(ran.stdout).toMatch(/ok {6}orders [\s\S]*\nRestored [\s\S]*\nStart it: .* serve --data .*restored\n$/);
  expect([ran.code, ran.stderr]).toEqual([0, ""]);
  const verified = await runCommand(["verify", restored]);
  expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining("Everything holds.")]);

  await using again = await startServer({ data: restored });
  const kept = new Map<string, OrderJson>();
  for (let cursor: string | null = ""; cursor !== null; ) {
    const page: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const { body } = await call<{ orders: OrderJson[]; next_cursor: string | null }>(
      `${again.url}/v1/orders?campaign_id=${campaignId}&limit=200${page}`,
      { as: operatorKey },
    );
    for (const order of body.orders) kept.set(order.id, order);
    cursor = body.next_cursor;
  }
  for (const order of before) expect(kept.get(order.id)).toEqual(order);
  expect(kept.size).toBeLessThanOrEqual(acknowledged.length);
  const bought = await buy(again, offerId, await tokenOf("new"));
  expect(bought.status).toBe(201);
  expect(kept.has(bought.body.id)).toBe(false);
});

test("a folder that holds a sale, or what may be left of one, is refused and stays as it was", async () => {
  const folder = newFolder();
  const from = makeLedger(folder);
  const [sale, left] = [newFolder(), newFolder()];
  makeLedger(sale);
  writeFileSync(join(left, "rushbox.db-wal"), "a log");
  await using server = await startServer();
  const contents = (data: string) => readdirSync(data).filter((name) => name !== "rushbox.lock");
  const before = [sale, left].map(contents);
  const [holds, remains, running] = await Promise.all(
    [sale, left, server.data].map((data) => runCommand(["restore", "--from", from, "--data", data])),
  );
  expect(holds?.stderr).toContain("holds a sale already. Name an empty folder with --data");
  expect(remains?.stderr).toContain("holds a sale already");
  expect(running?.stderr).toContain("is in use by another rushbox");
  for (const ran of [holds, remains, running]) expect([ran?.code, ran?.stdout]).toEqual([1, ""]);
  expect([sale, left].map(contents)).toEqual(before);
  expect(readFileSync(join(left, "rushbox.db-wal"), "utf8")).toBe("a log");
});

test("a file that is missing, foreign, newer or damaged is refused, and the folder stays without a sale", async () => {
  const folder = newFolder();
  const path = (name: string) => join(folder, name);
  writeFileSync(path("text"), "this is a text");
  using foreign = new Database(path("foreign"));
  foreign.exec("CREATE TABLE notes (text)");
  const newer = makeLedger(newFolder());
  using future = new Database(newer);
  future.exec("INSERT INTO migrations VALUES ('9999_future', 'x')");
  const damaged = makeLedger(newFolder());
  damagePage(damaged);
  const refusals: readonly [from: string, says: RegExp][] = [
    [path("none"), /none does not exist/],
    [path("text"), /is damaged or no database/],
    [path("foreign"), /is a database of another program/],
    [newer, /was written by another version \(migration 9999_future\)/],
    [damaged, /is damaged or no database/],
  ];
  for (const [from, says] of refusals) {
    const data = newFolder();
    const ran = await runCommand(["restore", "--from", from, "--data", data]);
    expect(ran.stderr).toMatch(says);
    expect([ran.code, readdirSync(data).filter((name) => name !== "rushbox.lock")]).toEqual([1, []]);
  }
});

test("a backup in which something does not add up is not restored, and says what", async () => {
  const from = makeLedger(newFolder());
  using db = new Database(from);
  tamper(db, "UPDATE offers SET held = held - 1, sold = sold + 1 WHERE id = 2");
  const data = newFolder();
  const ran = await runCommand(["restore", "--from", from, "--data", data]);
  expect(ran.stdout).toMatch(/FAILED {2}offers [\s\S]*Not restored: \d+ places where it does not hold\./);
  expect([ran.code, readdirSync(data)]).toEqual([1, ["rushbox.lock"]]);
});

test("a backup of an older version is brought to this one, and stays as it is itself", async () => {
  const from = join(newFolder(), "old.db");
  using old = new Database(from);
  old.exec("PRAGMA application_id = 1381323592");
  const data = newFolder();
  const ran = await runCommand(["restore", "--from", from, "--data", data]);
  expect([ran.code, ran.stdout]).toEqual([0, expect.stringContaining("Restored")]);
  expect(readdirSync(data).sort()).toEqual(["rushbox.db", "rushbox.lock"]);
  expect(old.query("SELECT name FROM sqlite_schema").all()).toEqual([]);
  await using server = await startServer({ data });
  expect((await createCampaign(server)).state).toBe("open");
});

test("keys that would be missing are named, and none where they are given", async () => {
  const from = makeLedger(newFolder());
  const [first, second] = [newFolder(), newFolder()];
  const bare = await runCommand(["restore", "--from", from, "--data", first]);
  expect(bare.stdout).toMatch(/No key: copy receipt\.key [\s\S]*copy operator\.key [\s\S]*copy jwt\.secret /);
  const env = { RUSHBOX_OPERATOR_KEY: operatorKey, RUSHBOX_JWKS_URL: "https://shop.example/jwks" };
  const given = await runCommand(["restore", "--from", from, "--data", second], { env });
  expect(given.stdout).toContain("Restored");
  expect(given.stdout).not.toMatch(/No key: copy (operator|jwt)/);
  expect(existsSync(join(second, "operator.key"))).toBe(false);
});
