/** A backup is a whole sale of one moment, made while it is being sold; what is restored from it goes on selling. */

import { expect, setDefaultTimeout, test } from "bun:test";
import { copyFileSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { buy, call, createCampaign, newFolder, type OrderJson, startServer, tokenOf } from "../harness.ts";
import { runCommand } from "./command.ts";
import { damagePage, makeLedger } from "./ledger.ts";

setDefaultTimeout(60_000);

test("everything that was acknowledged before it began is in it, and a restored server sells on from there", async () => {
  await using server = await startServer();
  const { offers } = await createCampaign(server, { stock: 30 });
  const offerId = offers[0]?.id ?? "";
  const buyers = await Promise.all(Array.from({ length: 20 }, (_, n) => tokenOf(`buyer-${n}`)));
  const bought = await Promise.all(buyers.map((as) => buy(server, offerId, as, { key: "first" })));
  const to = join(newFolder(), "sale.db");
  const ran = await runCommand(["backup", "--data", server.data, "--to", to]);
  expect(ran.stdout).toMatch(/^Backed up .* 20 orders, up to event 24, checked\./);
  expect(ran.code).toBe(0);
  await buy(server, offerId, await tokenOf("too-late-for-the-backup"));

  const restored = newFolder();
  copyFileSync(to, join(restored, "rushbox.db"));
  await using again = await startServer({ data: restored });
  for (const [index, { body }] of bought.entries()) {
    const as = buyers[index] ?? "";
    expect((await call<OrderJson>(`${again.url}/v1/orders/${body.id}`, { as })).body).toEqual(body);
  }
  const replayed = await buy(again, offerId, buyers[0] ?? "", { key: "first" });
  expect([replayed.status, replayed.body.id]).toEqual([200, bought[0]?.body.id ?? ""]);
  expect((await buy(again, offerId, await tokenOf("new"))).status).toBe(201);
  const { stdout } = await runCommand(["verify", "--data", restored]);
  expect(stdout).toMatch(/ok {6}orders +21 orders/);
  expect(stdout).toContain("Everything holds.");
});

test("what is written can be read by its owner alone: it has buyers and secrets in it", async () => {
  await using server = await startServer({ env: { RUSHBOX_OPERATOR_KEY: "", RUSHBOX_JWT_SECRET: "" } });
  const to = join(newFolder(), "sale.db");
  expect((await runCommand(["backup", "--data", server.data, "--to", to])).code).toBe(0);
  const written = [to, ...readdirSync(server.data).map((name) => join(server.data, name))];
  expect(written.length).toBeGreaterThan(4);
  const open = written.filter((path) => (statSync(path).mode & 0o077) !== 0);
  expect(open).toEqual([]);
});

test("a file that exists is never overwritten, and a failure leaves nothing behind", async () => {
  const [folder, data] = [newFolder(), newFolder()];
  makeLedger(data);
  const to = join(folder, "mine.db");
  writeFileSync(to, "mine");
  const [exists, nowhere, noSale] = await Promise.all([
    runCommand(["backup", "--data", data, "--to", to]),
    runCommand(["backup", "--data", data, "--to", join(folder, "no/such/folder.db")]),
    runCommand(["backup", "--data", newFolder(), "--to", join(folder, "other.db")]),
  ]);
  expect(exists.stderr).toContain("exists already. Name another file: a backup is never overwritten.");
  expect(nowhere.stderr).toContain("cannot be written");
  expect(noSale.stderr).toContain("holds no sale");
  expect([exists.code, nowhere.code, noSale.code]).toEqual([1, 1, 1]);
  expect(readFileSync(to, "utf8")).toBe("mine");
  expect(readdirSync(folder)).toEqual(["mine.db"]);
});

test("a database that is damaged makes no backup", async () => {
  const [data, folder] = [newFolder(), newFolder()];
  damagePage(makeLedger(data));
  const ran = await runCommand(["backup", "--data", data, "--to", join(folder, "sale.db")]);
  expect(ran.stderr).toContain("is damaged or no database");
  expect(ran.code).toBe(1);
  expect(readdirSync(folder)).toEqual([]);
});
