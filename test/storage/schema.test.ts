/**
 * The migrations create what the Drizzle tables say, every rule of the trade that SQL can hold stands there too, and
 * the queries that must not scan do not.
 */
import type { Database } from "bun:sqlite";
import { describe, expect, test } from "bun:test";
import { getTableColumns, getTableName } from "drizzle-orm";
import * as tables from "../../schema/tables.ts";
import { migrations } from "../../src/storage/sqlite/migrate.ts";
import { openWriter } from "../../src/storage/sqlite/open.ts";
import { SqliteReader } from "../../src/storage/sqlite/reader.ts";
import { newFolder } from "../harness.ts";
import { insertCampaign } from "./rows.ts";

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
    insertCampaign(db, { id: 1, state: "open" });
    const insert = (total: number, available: number, held: number, sold: number) =>
      db.exec(
        `INSERT INTO offers VALUES (2, 1, 'a', 'A', 1, NULL, 'CNY', 1, NULL, NULL, NULL, ${total}, ${available}, ${held}, ${sold}, NULL)`,
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
  const asked: string[] = [];
  const reader = new SqliteReader(watched(openWriter(newFolder()), asked));
  const ofOrders = "orders USING INDEX orders_by_buyer";
  const ofPaid = "orders USING INDEX orders_paid_by_buyer";
  const ofEntries = "waitlist USING INDEX waitlist_by_buyer";
  const ofQueue = "queue USING INDEX queue_by_buyer";
  const ofReminders = "reminders USING INDEX reminders_by_buyer";
  const byId = (table: string) => `${table} USING INTEGER PRIMARY KEY`;

  /** The tables that a question is answered from, and how each is found. */
  const questions: readonly (readonly [string, () => unknown, readonly string[]])[] = [
    ["one order", () => reader.order(1), [byId("orders")]],
    ["a buyer's orders", () => reader.ordersOfBuyer("alice", 9, 5), [ofOrders]],
    ["what a buyer has paid for", () => reader.paidOrdersOfBuyer(1, 2, "alice"), [ofPaid]],
    ["a buyer's order by its key", () => reader.orderOfKey(1, "alice", "k"), [ofOrders]],
    ["events that buyers are told of", () => reader.buyerEventsAfter(1, 5), ["events", "orders"].map(byId)],
    [
      "what a buyer has missed",
      () => reader.eventsOfBuyerAfter("alice", 1),
      ["reminders USING INDEX reminders_of_buyer", ofOrders],
    ],
    [
      "the journal with what it is about",
      () => reader.journalAfter(1, 5),
      ["events", "orders", "payments", "waitlist"].map(byId),
    ],
    ["an order's payments", () => reader.paymentsOf(1), ["payments USING INDEX payments_by_order"]],
    ["payments to return", () => reader.paymentsDue("stripe", 0, 5), ["payments USING INDEX payments_to_return"]],
    ["who waits for an offer", () => reader.waitingAfter(1, 2, 0, 5), ["waitlist USING INDEX waitlist_waiting"]],
    ["who waits in a campaign", () => reader.waitingIn(1), ["waitlist USING INDEX waitlist_waiting"]],
    ["who came to a campaign's queue", () => [...reader.queueOf(1, null)], ["queue USING INDEX queue_by_campaign"]],
    [
      "what a campaign's queue adds up to",
      () => reader.queueSums(1),
      ["queue USING INDEX queue_by_campaign", "orders USING INTEGER PRIMARY KEY"],
    ],
    [
      "who entered a campaign's draws",
      () => reader.drawEntriesIn(1),
      ["waitlist USING INDEX waitlist_by_offer", byId("events")],
    ],
    ["a campaign's draws", () => reader.drawsOf(1), ["draws USING INDEX draws_by_campaign"]],
    [
      "where a buyer's identity stands",
      () => reader.tracesOfBuyer("alice", 0),
      [ofOrders, ofEntries, ofQueue, ofReminders],
    ],
    [
      "who is still known in a campaign",
      () => reader.tracesOfCampaign(1, 0),
      [ofOrders, ofEntries, ofQueue, ofReminders],
    ],
    [
      "which of some are still known",
      () => reader.knownAmong(1, { orderIds: [1], entryIds: [1] }),
      ["orders", "waitlist", "queue", "reminders"].map(byId),
    ],
    ["who waits for a reminder", () => [...reader.remindersWaitingIn(1)], ["reminders USING INDEX reminders_waiting"]],
    ["a buyer's reminders", () => reader.remindersOfBuyer("alice"), ["reminders USING INDEX reminders_of_buyer"]],
    ["what operators did", () => reader.auditBefore(9, 5, {}), [byId("audit_log")]],
  ];
  test.each(questions)("%s", (_, ask, found) => {
    asked.length = 0;
    ask();
    const plan = asked.flatMap((sql) => db.query<{ detail: string }, []>(`EXPLAIN QUERY PLAN ${sql}`).all());
    const details = plan.map(({ detail }) => detail);
    expect(details.filter((detail) => detail.includes("TEMP B-TREE"))).toEqual([]);
    const searched = details.flatMap(
      (detail) =>
        /^SEARCH ((orders|events|payments|waitlist|queue|reminders|draws|audit_log) .*?) \(/.exec(detail)?.[1] ?? [],
    );
    expect(new Set(searched)).toEqual(new Set(found));
    // The last event is the first of the rows from their end.
    expect(details.filter((detail) => /^SCAN (?!page|CONSTANT|events$|\d)/.test(detail))).toEqual([]);
  });
});

/** The database, which writes down what it is asked when it is asked. */
function watched(database: Database, asked: string[]): Database {
  const prepare = database.prepare.bind(database);
  const watch = (sql: string) =>
    new Proxy(prepare(sql), {
      get(statement, name) {
        const member: unknown = Reflect.get(statement, name);
        if (typeof member !== "function") return member;
        return (...values: unknown[]) => {
          if (["all", "get", "values"].includes(String(name))) asked.push(sql);
          return member.apply(statement, values);
        };
      },
    });
  database.prepare = watch as typeof database.prepare;
  return database;
}
