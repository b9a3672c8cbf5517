/** `verify` holds promise 5: whatever is changed in a data folder behind Rushbox's back is found, and named. */
import { Database } from "bun:sqlite";
import { beforeAll, describe, expect, test } from "bun:test";
import { dirname } from "node:path";
import { newFolder } from "../harness.ts";
import { runCommand } from "./command.ts";
import { damagePage, makeLedger, tamper, verifyTampered } from "./ledger.ts";

let ledger = "";

beforeAll(() => {
  ledger = makeLedger(newFolder());
});

test("a sale in which everything has happened that can holds in every check", () => {
  expect(verifyTampered(ledger)).toEqual({});
});

/** Each kind of tampering: what somebody runs, the check that finds it, and how it names it. */
const tamperings: readonly [kind: string, check: string, names: string, ...statements: string[]][] = [
  [
    "a unit conjured up",
    "offers",
    "offer off_0000000002: available is 9, its events add up to 8",
    "UPDATE offers SET available = available + 1, total = total + 1 WHERE id = 2",
  ],
  [
    "a unit moved from one count to another",
    "units",
    "offer off_0000000002: held is 1, its orders add up to 2",
    "UPDATE offers SET held = held - 1, sold = sold + 1 WHERE id = 2",
  ],
  [
    "a total that is not the sum",
    "offers",
    "offer off_0000000002: available 8 + held 2 + sold 5 is not total 16",
    "UPDATE offers SET total = 16 WHERE id = 2",
  ],
  [
    "a negative count",
    "offers",
    "offer off_0000000003: available is -1",
    "UPDATE offers SET available = -1, total = 0 WHERE id = 3",
  ],
  ["an event that is gone", "sequence", "event 15 is missing", "DELETE FROM events WHERE seq = 15"],
  ["events that are gone", "sequence", "events 9 to 10 are missing", "DELETE FROM events WHERE seq IN (9, 10)"],
  [
    "an event that is gone, with the counts set right",
    "orders",
    "order ord_0000000009 is cancelled, its last event 9 (order_reserved) makes it reserved",
    "DELETE FROM events WHERE seq = 10",
    "UPDATE offers SET available = available - 1, held = held + 1 WHERE id = 2",
  ],
  [
    "an event out of time",
    "sequence",
    "event 9 is 2000 ms earlier than event 8",
    "UPDATE events SET at_ms = at_ms - 3000 WHERE seq = 9",
  ],
  [
    "an event of no known kind",
    "movements",
    "event 15 (gift) is of no known kind",
    "UPDATE events SET type = 'gift' WHERE seq = 15",
  ],
  [
    "an event that moves the wrong way",
    "movements",
    "event 8 (order_paid) moves available 0, held 1, sold -1",
    "UPDATE events SET held = 1, sold = -1 WHERE seq = 8",
  ],
  [
    "more sold than there was, all counts set right",
    "movements",
    "event 6 (order_reserved) takes available of off_0000000002 to -1",
    "UPDATE events SET available = 1 WHERE seq = 2",
    "UPDATE offers SET available = available - 9, total = total - 9 WHERE id = 2",
  ],
  [
    "an order that was never reserved",
    "orders",
    "order ord_000000000f has no event",
    "INSERT INTO orders SELECT 15, campaign_id, offer_id, 'mallory', quantity, amount_minor, state, 15, reserved_at_ms, expires_at_ms, paid_at_ms, ended_at_ms, NULL, NULL FROM orders WHERE id = 25",
  ],
  [
    "an order that is gone",
    "orders",
    "event 6 (order_reserved) is about order ord_0000000006, which does not exist",
    "DELETE FROM orders WHERE id = 6",
  ],
  [
    "an order in another state",
    "orders",
    "order ord_000000000p is paid, its last event 25 (order_reserved) makes it reserved",
    "UPDATE orders SET state = 'paid' WHERE id = 25",
  ],
  [
    "an order of another quantity",
    "orders",
    "order ord_0000000007 has quantity 2, event 7 (order_reserved) moves 1",
    "UPDATE orders SET quantity = 2, amount_minor = 200 WHERE id = 7",
  ],
  [
    "an order of another amount",
    "orders",
    "order ord_0000000007 amounts to 1, its price and quantity to 100",
    "UPDATE orders SET amount_minor = 1 WHERE id = 7",
  ],
  [
    "an order with more time to pay",
    "orders",
    "order ord_000000000p expires at",
    "UPDATE orders SET expires_at_ms = expires_at_ms + 1 WHERE id = 25",
  ],
  [
    "an order that names another last event",
    "orders",
    "order ord_000000000d names event 22 as its last, which is event 23 (order_paid)",
    "UPDATE orders SET last_seq = 22 WHERE id = 13",
  ],
  [
    "a chain that leaves out an event",
    "orders",
    "order ord_000000000d has a broken chain: event 23 (order_paid) follows 19, not 22",
    "UPDATE events SET previous_seq = 19 WHERE seq = 23",
  ],
  [
    "an event given to another order",
    "orders",
    "order ord_0000000007 is paid when event 12 (order_paid) finds it",
    "UPDATE events SET order_id = 7 WHERE seq = 12",
  ],
  [
    "an order given to another buyer, who then has too much",
    "limits",
    'buyer "dave" has 4 of offer off_0000000002, whose limit is 3',
    "UPDATE orders SET buyer_id = 'dave' WHERE id = 7",
  ],
  [
    "a key that has two orders",
    "keys",
    'buyer "bob" has orders ord_0000000007 and ord_000000000d under the key "bob-2"',
    "UPDATE orders SET buyer_id = 'bob', idempotency_key = 'bob-2' WHERE id = 13",
  ],
  [
    "a campaign in another state",
    "campaigns",
    "campaign cmp_000000000q is open, its events make it ended",
    "UPDATE campaigns SET state = 'open' WHERE id = 26",
  ],
  [
    "a sale before the opening",
    "campaigns",
    "event 6 (order_reserved) reserves outside the window of campaign cmp_0000000001",
    "UPDATE campaigns SET opens_at_ms = (SELECT at_ms + 1 FROM events WHERE seq = 6) WHERE id = 1",
  ],
  [
    "a sale while paused",
    "campaigns",
    "event 21 (order_reserved) reserves while campaign cmp_0000000001 is paused",
    "UPDATE events SET type = 'offer_restocked', offer_id = 2 WHERE seq = 17",
  ],
  [
    "a constraint taken away",
    "schema",
    "table offers was changed",
    "ALTER TABLE offers RENAME TO strict_offers",
    "CREATE TABLE offers AS SELECT * FROM strict_offers",
    "DROP TABLE strict_offers",
  ],
  ["an index taken away", "schema", "index orders_by_buyer is missing", "DROP INDEX orders_by_buyer"],
  ["a table that is not ours", "schema", "table notes is not ours", "CREATE TABLE notes (text)"],
  [
    "a table with a replicator's name that it did not make",
    "schema",
    "table _litestream_seq is not ours",
    "CREATE TABLE _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER, note TEXT)",
  ],
  [
    "a trigger with a replicator's name",
    "schema",
    "trigger _litestream_lock is not ours",
    "CREATE TRIGGER _litestream_lock AFTER INSERT ON orders BEGIN DELETE FROM events; END",
  ],
  [
    "another table with the replicator's prefix",
    "schema",
    "table _litestream_notes is not ours",
    "CREATE TABLE _litestream_notes (id INTEGER)",
  ],
  [
    "an offer without its campaign",
    "file",
    "row 27 of offers has none in campaigns",
    "DELETE FROM campaigns WHERE id = 26",
  ],
];

test("what Litestream keeps in a database that it replicates is let be, and changes nothing else", () => {
  expect(
    verifyTampered(
      ledger,
      "CREATE TABLE IF NOT EXISTS _litestream_seq (id INTEGER PRIMARY KEY, seq INTEGER);",
      "CREATE TABLE IF NOT EXISTS _litestream_lock (id INTEGER);",
      "INSERT INTO _litestream_seq VALUES (1, 42)",
    ),
  ).toEqual({});
});

describe("tampering is found and named", () => {
  for (const [kind, check, names, ...statements] of tamperings) {
    test(kind, () => {
      const failures = verifyTampered(ledger, ...statements);
      expect(failures[check]).toStartWith(names);
    });
  }
});

describe("nothing can be taken away or changed unseen", () => {
  const tables = ["campaigns", "offers", "orders", "events"] as const;

  for (const table of tables) {
    test(`no row of ${table} can be deleted`, () => {
      const unseen = idsOf(table).filter(
        (id) => Object.keys(verifyTampered(ledger, `DELETE FROM ${table} WHERE rowid = ${id}`)).length === 0,
      );
      expect(unseen).toEqual([]);
    });
  }

  /** What nothing else in the file follows from: words, and terms under which nobody has bought yet. */
  const words: Readonly<Record<(typeof tables)[number], readonly string[]>> = {
    campaigns: ["title", "kind", "opens_at_ms", "closes_at_ms", "payment_window_s"],
    offers: [
      "sku",
      "title",
      "price_minor",
      "list_price_minor",
      "currency",
      "limit_per_buyer",
      "brand",
      "category",
      "image_url",
    ],
    orders: ["buyer_id", "idempotency_key", "payment_reference"],
    events: ["at_ms"],
  };

  for (const table of tables) {
    test(`no column of ${table} can be changed but ${words[table].join(", ")}`, () => {
      const unseen = columnsOf(table).filter(([column, isKey]) =>
        idsOf(table).some((id) => {
          const other = isKey
            ? `${column} + 1000`
            : `CASE typeof(${column}) WHEN 'text' THEN ${column} || 'x' WHEN 'null' THEN 1 ELSE ${column} + 1 END`;
          const statement = `UPDATE ${table} SET ${column} = ${other} WHERE rowid = ${id}`;
          return Object.keys(verifyTampered(ledger, statement)).length === 0;
        }),
      );
      expect(unseen.map(([column]) => column)).toEqual([...words[table]]);
    });
  }

  function idsOf(table: string): number[] {
    using db = new Database(ledger, { readonly: true });
    return (db.query(`SELECT rowid AS id FROM ${table}`).all() as { id: number }[]).map(({ id }) => id);
  }

  function columnsOf(table: string): [name: string, isKey: boolean][] {
    using db = new Database(ledger, { readonly: true });
    const columns = db.query(`PRAGMA table_info(${table})`).all() as { name: string; pk: number }[];
    return columns.map(({ name, pk }) => [name, pk > 0]);
  }
});

describe("the command", () => {
  test("exits 0 and says that everything holds, for a folder and for a file", async () => {
    const [folder, file] = await Promise.all([
      runCommand(["verify", "--data", dirname(ledger)]),
      runCommand(["verify", ledger]),
    ]);
    expect(folder.stdout).toContain("Everything holds.");
    expect(folder.stdout).toMatch(/ok {6}sequence +35 events/);
    expect(folder.stdout).not.toContain("\x1b[");
    expect(folder.stderr).toBe("");
    expect([folder.code, file.code]).toEqual([0, 0]);
  });

  test("exits 1 and names the first place that does not hold", async () => {
    const folder = newFolder();
    using db = new Database(makeLedger(folder));
    tamper(db, "UPDATE offers SET available = available + 1, total = total + 1");
    const { code, stdout } = await runCommand(["verify", "--data", folder]);
    expect(stdout).toMatch(/FAILED {2}offers +4 offers/);
    expect(stdout).toContain("offer off_0000000002: available is 9, its events add up to 8 (the first of 4)");
    expect(stdout).toContain("4 places where it does not hold.");
    expect(code).toBe(1);
  });

  test("exits 1 for a damaged page and says where", async () => {
    const folder = newFolder();
    damagePage(makeLedger(folder));
    const { code, stdout } = await runCommand(["verify", "--data", folder]);
    expect(stdout).toContain("FAILED");
    expect(code).toBe(1);
  });

  test("exits 1 for what is no data folder, and creates nothing", async () => {
    const folder = newFolder();
    const [empty, missing] = await Promise.all([
      runCommand(["verify", "--data", folder]),
      runCommand(["verify", `${folder}/nothing.db`]),
    ]);
    expect(empty.stderr).toContain("holds no sale");
    expect(missing.stderr).toContain("does not exist");
    expect([empty.code, missing.code]).toEqual([1, 1]);
    expect([...new Bun.Glob("**").scanSync(folder)]).toEqual([]);
  });
});
