/** Rows put into a database without an engine, for tests of what is read from it. */
import type { Database } from "bun:sqlite";
import type { Event } from "../../src/domain/event.ts";
import { State } from "../../src/engine/state.ts";
import { SqliteJournal } from "../../src/storage/sqlite/journal.ts";
import { openWriter } from "../../src/storage/sqlite/open.ts";
import type { Random } from "../engine/random.ts";

const eventsPerBatchMax = 25;

/** Stores events in batches of random sizes, as an engine would that came to the same events. */
export function storeEvents(folder: string, events: readonly Event[], random: Random): Database {
  const db = openWriter(folder);
  const journal = new SqliteJournal(db);
  const state = new State();
  for (let from = 0; from < events.length; ) {
    const batch = events.slice(from, from + random.between(1, eventsPerBatchMax));
    for (const event of batch) state.evolve(event);
    journal.commit({ events: batch, ...state.takeChanges(), audit: [] });
    from += batch.length;
  }
  return db;
}

/** A campaign of which nothing matters but these. */
export function insertCampaign(
  db: Database,
  { id, state, endedSeq = null }: { readonly id: number; readonly state: string; readonly endedSeq?: number | null },
): void {
  db.run(
    "INSERT INTO campaigns (id, title, state, payment_window_s, has_waitlist, admission, needs_pass, pass_window_s, challenge, created_at_ms, ended_seq) VALUES (?, '', ?, 900, 1, 'open', 0, 120, 'none', 0, ?)",
    [id, state, endedSeq],
  );
}
