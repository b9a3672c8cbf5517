/**
 * `verify` and reminders: sales in which they are set, changed, removed and come in any order hold in every check; whatever
 * is changed of a reminder behind Rushbox's back is found, and named.
 */
import { Database } from "bun:sqlite";
import { beforeAll, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import type { Command } from "../../src/domain/command.ts";
import { Engine } from "../../src/engine/engine.ts";
import { recover } from "../../src/engine/recovery.ts";
import { SqliteJournal } from "../../src/storage/sqlite/journal.ts";
import { databasePath, openReader, openWriter } from "../../src/storage/sqlite/open.ts";
import { SqliteReader } from "../../src/storage/sqlite/reader.ts";
import { verifyEvents, verifyHashes } from "../../src/storage/sqlite/verify.ts";
import { Random } from "../engine/random.ts";
import { campaignDraft } from "../engine/sale.ts";
import { newFolder } from "../harness.ts";
import { isFound, verifyTampered } from "./ledger.ts";

const startMs = Date.UTC(2026, 10, 11);
const opensAtMs = startMs + 3_600_000;

/** An engine with its storage, and a clock that only the test moves. */
class Shop {
  readonly data = newFolder();
  readonly #db = openWriter(this.data);
  readonly #journal = new SqliteJournal(this.#db);
  #engine = new Engine();
  nowMs = startMs;

  execute(command: Command): void {
    this.#engine.execute(command, this.nowMs);
    this.#commit();
  }

  pass(ms: number): void {
    this.nowMs += ms;
    this.#engine.advance(this.nowMs);
    this.#commit();
  }

  restart(): void {
    using db = openReader(this.data);
    this.#engine = new Engine(recover(new SqliteReader(db), { add: () => undefined }));
  }

  close(): string {
    this.#journal.checkpoint();
    this.#db.exec("PRAGMA journal_mode = DELETE"); // so that a copy in memory can be opened
    this.#db.close();
    return databasePath(this.data);
  }

  #commit(): void {
    this.#journal.commit({ events: this.#engine.takeEvents(), ...this.#engine.state.takeChanges(), audit: [] });
  }
}

let ledger = "";

/** ana is reminded, ben has changed his mind about the lead, cyd has removed hers, dan waits; eva asked for a sale that was ended. */
beforeAll(() => {
  const shop = new Shop();
  const [first, second] = [1, 4];
  const set = (buyerId: string, leadS: number, campaignId = first) =>
    shop.execute({ type: "set_reminder", campaignId, buyerId, leadS });
  shop.execute({ type: "create_campaign", draft: campaignDraft({ opensAtMs }) });
  shop.execute({ type: "publish", campaignId: first });
  shop.execute({ type: "create_campaign", draft: campaignDraft({ opensAtMs }) });
  shop.execute({ type: "publish", campaignId: second });
  set("ana", 600); // 7
  set("ben", 600); // 8
  shop.pass(1_000);
  set("ben", 300); // 9 removes, 10 sets
  set("cyd", 300); // 11
  shop.execute({ type: "remove_reminder", campaignId: first, buyerId: "cyd" }); // 12
  set("dan", 60); // 13
  set("eva", 300, second); // 14
  shop.execute({ type: "end", campaignId: second }); // 15
  shop.pass(3_300_000); // ana's comes: 16; ben's comes: 17
  ledger = shop.close();
});

test("what has happened to reminders holds in every check", () => {
  expect(verifyTampered(ledger)).toEqual({});
  using db = new Database(ledger, { readonly: true });
  expect(db.query("SELECT id, state, ended_seq FROM reminders ORDER BY id").values()).toEqual([
    ...[
      [7, "due", 16],
      [8, "removed", 9],
      [10, "due", 17],
      [11, "removed", 12],
    ],
    ...[
      [13, "waiting", null],
      [14, "waiting", null],
    ],
  ]);
});

const tamperings: readonly (readonly [kind: string, names: string, ...statements: string[]])[] = [
  [
    "a reminder that came before its time",
    "event 16 (reminder_due) comes",
    "UPDATE events SET at_ms = (SELECT at_ms FROM events WHERE seq = 15) WHERE seq = 16",
  ],
  [
    "one that came twice",
    "event 17 (reminder_due) is of a reminder that does not wait then",
    "UPDATE events SET previous_seq = 7 WHERE seq = 17",
  ],
  [
    "one that came though it was removed",
    "event 17 (reminder_due) is of a reminder that does not wait then",
    "UPDATE events SET previous_seq = 8 WHERE seq = 17",
  ],
  [
    "one of another sale that had ended",
    "event 17 (reminder_due) is of a reminder that does not wait then",
    "UPDATE events SET previous_seq = 14 WHERE seq = 17",
  ],
  [
    "one that came for a sale that had ended",
    "event 17 (reminder_due) comes when its campaign has ended",
    "UPDATE events SET previous_seq = 14, campaign_id = 4 WHERE seq = 17",
  ],
  [
    "one said to have come",
    "came or was removed, as no event says",
    "UPDATE reminders SET state = 'due', ended_at_ms = due_at_ms, ended_seq = 17 WHERE id = 13",
  ],
  [
    "one said to wait still",
    "is waiting, its events make it due",
    "UPDATE reminders SET state = 'waiting', ended_at_ms = NULL, ended_seq = NULL WHERE id = 7",
  ],
  [
    "one that came at another time",
    "ended at another time, or by another event, than its row says",
    "UPDATE reminders SET ended_at_ms = ended_at_ms + 1 WHERE id = 7",
  ],
  [
    "one given to another buyer",
    "has another buyer, lead or salt than event 7 (reminder_set) was hashed with",
    "UPDATE reminders SET buyer_id = 'mallory' WHERE id = 7",
  ],
  [
    "one that is due at another time than its lead says",
    "is due at",
    "UPDATE reminders SET due_at_ms = due_at_ms - 60000 WHERE id = 13",
  ],
  ["one that is gone", "which does not exist", "DELETE FROM reminders WHERE id = 13"],
  [
    "one that nobody has set",
    "has no event by which it was set",
    "INSERT INTO reminders SELECT 12, campaign_id, 'eve', lead_s, due_at_ms, 'waiting', set_at_ms, NULL, NULL, salt, NULL FROM reminders WHERE id = 13",
  ],
  [
    "a second one of a buyer who waits",
    "is the second of a buyer who has reminder rmd_0000000007",
    "UPDATE reminders SET buyer_id = 'ana', salt = (SELECT salt FROM reminders WHERE id = 7), lead_s = 600, due_at_ms = due_at_ms - 300000 WHERE id = 10",
    "UPDATE events SET details = (SELECT details FROM events WHERE seq = 7) WHERE seq = 10",
  ],
  ["one that is erased in part", "is erased in part", "UPDATE reminders SET salt = NULL WHERE id = 7"],
];

test.each(tamperings)("%s is found, and named", (_, names, ...statements) => {
  expect(verifyTampered(ledger, ...statements)["reminders"]).toContain(names);
});

test("nothing of a reminder can be changed or taken away unseen", () => {
  using db = Database.deserialize(readFileSync(ledger));
  const ids = (db.query("SELECT id FROM reminders").values() as [number][]).flat();
  const columns = (db.query("SELECT name FROM pragma_table_info('reminders')").values() as [string][]).flat();
  const statements = ids.flatMap((id) => [
    `DELETE FROM reminders WHERE id = ${id}`,
    ...columns.map((column) => {
      const other = ["buyer_id", "salt", "state"].includes(column) ? "'x'" : `coalesce(${column}, 5) + 1000`;
      return `UPDATE reminders SET ${column} = ${other} WHERE id = ${id}`;
    }),
  ]);
  expect(statements.filter((statement) => !isFound(ledger, statement))).toEqual([]);
});

test("whatever is set, changed and removed, through restarts and late, everything holds", { timeout: 60_000 }, () => {
  const first = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const seen = new Set<string>();
  for (let seed = first; seed < first + 12; seed++) {
    const random = new Random(seed);
    const shop = new Shop();
    for (const ms of [0, 600_000]) {
      shop.execute({ type: "create_campaign", draft: campaignDraft({ opensAtMs: opensAtMs + ms }) });
    }
    for (const campaignId of [1, 3]) shop.execute({ type: "publish", campaignId });
    for (let step = 0; step < 200; step++) {
      const [campaignId, buyerId] = [random.pick([1, 3]), random.pick(["ana", "ben", "cyd", "dan"])];
      const chance = random.below(100);
      if (chance < 60)
        shop.execute({ type: "set_reminder", campaignId, buyerId, leadS: random.pick([60, 300, 600, 3_000]) });
      else if (chance < 75) shop.execute({ type: "remove_reminder", campaignId, buyerId });
      else if (chance < 77) shop.restart();
      else if (chance === 78 && step > 150) shop.execute({ type: "end", campaignId });
      else shop.pass(random.percent(3) ? random.below(2_000_000) : random.below(60_000));
    }
    shop.pass(7_200_000); // whatever has not been ended opens, and what is still to come comes
    shop.close();
    using db = new Database(databasePath(shop.data), { readonly: true });
    for (const [type] of db.query("SELECT DISTINCT type FROM events").values()) seen.add(String(type));
    const failed = [...verifyEvents(db), ...verifyHashes(db)].filter(({ failureCount }) => failureCount > 0);
    expect({ seed, failed: failed.map(({ firstFailure }) => firstFailure) }).toEqual({ seed, failed: [] });
  }
  expect([...seen]).toEqual(
    expect.arrayContaining(["reminder_set", "reminder_removed", "reminder_due", "campaign_opened"]),
  );
});
