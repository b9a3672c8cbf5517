/**
 * The migrations create what the Drizzle tables say, every rule of the trade that SQL can hold stands there too, and
 * the queries that must not scan do not.
 */
import { describe, expect, test } from "bun:test";
import { getTableColumns, getTableName } from "drizzle-orm";
import * as tables from "../../schema/tables.ts";
import { migrations } from "../../src/storage/sqlite/migrate.ts";
import { openWriter } from "../../src/storage/sqlite/open.ts";
import { newFolder } from "../harness.ts";

const db = openWriter(newFolder());

interface Column {
  readonly name: string;
  readonly type: string;
  readonly notnull: number;
  readonly pk: number;
}

describe("the schema", () => {
  for (const table of Object.values(tables)) {
    const name = getTableName(table);
    test(`${name} has the columns that Drizzle reads, with their types`, () => {
      const made = db.query(`PRAGMA table_info(${name})`).all() as Column[];
      const read = Object.values(getTableColumns(table));
      expect(made.map(({ name: column }) => column)).toEqual(read.map(({ name: column }) => column));
      expect(made.map(({ type }) => type.toLowerCase())).toEqual(read.map((column) => column.getSQLType()));
      expect(made.map(({ notnull, pk }) => notnull + pk > 0)).toEqual(read.map(({ notNull }) => notNull));
    });

    test(`${name} takes no value of another type`, () => {
      const { strict } = db.query("SELECT strict FROM pragma_table_list WHERE name = ?").get(name) as {
        strict: number;
      };
      expect(strict).toBe(1);
    });
  }

  test("an offer whose counts do not add up cannot be stored", () => {
    db.exec("INSERT INTO campaigns VALUES (1, 't', NULL, 'open', NULL, NULL, 900, 1, 0, NULL)");
    const insert = (total: number, available: number, held: number, sold: number) =>
      db.exec(
        `INSERT INTO offers VALUES (2, 1, 'a', 'A', 1, NULL, 'CNY', 1, NULL, NULL, NULL, ${total}, ${available}, ${held}, ${sold})`,
      );
    expect(() => insert(1, 2, 0, 0)).toThrow("CHECK constraint failed");
    expect(() => insert(1, 2, -1, 0)).toThrow("CHECK constraint failed");
    expect(() => insert(1, 0, 2, -1)).toThrow("CHECK constraint failed");
    expect(() => insert(0, -1, 1, 0)).toThrow("CHECK constraint failed");
    expect(() => insert(3, 1, 1, 1)).not.toThrow();
  });

  test("migrations are named in their order", () => {
    const names = migrations.map(({ name }) => name);
    expect(names).toEqual(names.toSorted());
    expect(new Set(names).size).toBe(names.length);
  });
});

describe("what is asked during a sale never scans", () => {
  const questions = {
    "a buyer's orders":
      "WITH RECURSIVE page (number) AS (VALUES (1) UNION ALL SELECT number + 1 FROM page WHERE number < 9) SELECT orders.* FROM page CROSS JOIN orders WHERE orders.id >> 10 = page.number AND orders.buyer_id = ? AND orders.id < ?",
    "one order": "SELECT * FROM orders WHERE id = ?",
    "events after a number":
      "SELECT * FROM events LEFT JOIN orders ON orders.id = events.order_id WHERE seq > ? ORDER BY seq LIMIT ?",
  };
  for (const [what, sql] of Object.entries(questions)) {
    test(what, () => {
      const plan = db.query(`EXPLAIN QUERY PLAN ${sql}`).all() as { detail: string }[];
      expect(
        plan.map(({ detail }) => detail).filter((detail) => /^SCAN (orders|events)|TEMP B-TREE/.test(detail)),
      ).toEqual([]);
    });
  }
});
