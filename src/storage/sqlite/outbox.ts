/**
 * The relay's own file, `outbox.db` beside the sale: how far each endpoint is, and what could not be delivered. The relay
 * writes it on one thread; HTTP threads look into it and bring dead letters back, each with a connection of its own, and
 * SQLite's lock keeps them apart. Never touches the sale. Losing the file costs repetitions, never an event.
 */
import type { Database, Statement } from "bun:sqlite";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { DeliveryRecord, DeliveryState } from "../../domain/endpoint.ts";
import { limits } from "../../domain/limits.ts";
import { OperationError } from "../../host/operation-error.ts";
import { applyMigrations, assertMigrationsKnown, outboxMigrations } from "./migrate.ts";
import { diskFailure, isDamage, openDatabase } from "./open.ts";

interface Cursor {
  readonly endpointId: number;
  readonly readSeq: number;
}

interface Changes {
  readonly cursors: readonly Cursor[];
  readonly deliveries: readonly DeliveryRecord[];
  readonly delivered: readonly { readonly endpointId: number; readonly seq: number }[];
}

/** What an operator sees of an endpoint, as of the last transaction. */
export interface EndpointDeliveries {
  /** Every event up to it is delivered, not wanted, or counted here. */
  readonly readSeq: number;
  readonly pending: number;
  readonly dead: number;
}

const columns = `endpoint_id AS endpointId, seq, type, lane, state, attempts, next_at_ms AS nextAtMs,
  first_attempt_at_ms AS firstAttemptAtMs, last_attempt_at_ms AS lastAttemptAtMs, last_status AS lastStatus,
  last_error AS lastError`;

export function outboxPath(folder: string): string {
  return join(folder, "outbox.db");
}

/** Opens for the relay; creates the file when missing. Throws `OperationError` for one that cannot be used. */
export function openOutbox(folder: string): SqliteOutbox {
  mkdirSync(folder, { recursive: true });
  const path = outboxPath(folder);
  return new SqliteOutbox(open(path, true), path);
}

/** Opens for an HTTP thread. Throws `OperationError` when the relay has not made the file, or it cannot be used. */
export function openOutboxDesk(folder: string): OutboxDesk {
  const path = outboxPath(folder);
  if (existsSync(path)) return new OutboxDesk(open(path, false), path);
  throw new OperationError({
    operation: "open",
    subject: `${path} is missing`,
    hint: "Start the server: it makes it.",
  });
}

function open(path: string, isRelay: boolean): Database {
  try {
    const db = openDatabase(path, isRelay ? { create: true } : { readwrite: true });
    assertMigrationsKnown(db, path, outboxMigrations);
    db.exec("PRAGMA journal_mode = WAL");
    db.exec("PRAGMA synchronous = FULL"); // a cursor that a power cut takes back costs repetitions, a lost replay an event
    db.exec("PRAGMA foreign_keys = ON"); // an endpoint's deliveries go with it
    if (isRelay) applyMigrations(db, outboxMigrations);
    return db;
  } catch (cause) {
    if (!isDamage(cause instanceof OperationError ? cause.cause : cause)) throw diskFailure("open", path, cause);
    throw new OperationError({
      operation: "open",
      subject: `${path} is damaged or no database`,
      hint: "Move it away and start again: endpoints are then told everything since their creation once more.",
    });
  }
}

/** What the relay keeps. The one who stores cursors. */
export class SqliteOutbox {
  readonly #db: Database;
  readonly #path: string;
  readonly #load: Statement<DeliveryRecord, [number]>;
  readonly #version: Statement<{ data_version: number }, []>;
  readonly #store: (changes: Changes) => void;
  readonly #enroll: (endpoints: readonly Cursor[], lastSeq: number) => Cursor[];
  #seenVersion: number;

  constructor(db: Database, path: string) {
    this.#db = db;
    this.#path = path;
    this.#load = db.prepare(
      `SELECT ${columns} FROM deliveries JOIN endpoints ON endpoints.id = endpoint_id
      WHERE endpoint_id = ? AND (state = 'pending' OR seq > read_seq) ORDER BY seq`,
    );
    this.#version = db.prepare("PRAGMA data_version");
    this.#seenVersion = this.#dataVersion();
    this.#store = this.#storing();
    this.#enroll = this.#enrolling();
  }

  /** See `OutboxStore`. */
  enroll(endpoints: readonly Cursor[], lastSeq: number): Cursor[] {
    return this.#orDiskFailure(() => this.#enroll(endpoints, lastSeq));
  }

  /** What is pending, and the dead letters after the cursor, in the order of events. */
  load(endpointId: number): DeliveryRecord[] {
    return this.#orDiskFailure(() => this.#load.all(endpointId));
  }

  /** Whether another connection has written since the last asking. */
  isChangedElsewhere(): boolean {
    const version = this.#orDiskFailure(() => this.#dataVersion());
    const isChanged = version !== this.#seenVersion;
    this.#seenVersion = version;
    return isChanged;
  }

  /** Stores what changed, in one transaction. */
  store(changes: Changes): void {
    this.#orDiskFailure(() => this.#store(changes));
  }

  close(): void {
    this.#db.close();
  }

  #dataVersion(): number {
    const row = this.#version.get();
    if (row === null) throw new Error("SQLite does not tell its data version");
    return row.data_version;
  }

  #enrolling(): (endpoints: readonly Cursor[], lastSeq: number) => Cursor[] {
    const db = this.#db;
    const all = db.prepare<Cursor, []>("SELECT id AS endpointId, read_seq AS readSeq FROM endpoints");
    const remove = db.prepare<void, [number]>("DELETE FROM endpoints WHERE id = ?");
    const rewind = db.prepare<void, [number]>("UPDATE endpoints SET read_seq = ?1 WHERE read_seq > ?1");
    const forget = db.prepare<void, [number]>("DELETE FROM deliveries WHERE seq > ?");
    const insert = db.prepare<void, [number, number]>("INSERT OR IGNORE INTO endpoints (id, read_seq) VALUES (?, ?)");
    return db.transaction((endpoints: readonly Cursor[], lastSeq: number) => {
      const wanted = new Set(endpoints.map(({ endpointId }) => endpointId));
      for (const { endpointId } of all.all()) if (!wanted.has(endpointId)) remove.run(endpointId);
      rewind.run(lastSeq);
      forget.run(lastSeq);
      for (const { endpointId, readSeq } of endpoints) insert.run(endpointId, readSeq);
      return all.all();
    }).immediate;
  }

  #storing(): (changes: Changes) => void {
    const db = this.#db;
    const move = db.prepare<void, [number, number]>("UPDATE endpoints SET read_seq = ? WHERE id = ?");
    const remove = db.prepare<void, [number, number]>("DELETE FROM deliveries WHERE endpoint_id = ? AND seq = ?");
    const write = db.prepare<void, (string | number | null)[]>(
      `INSERT OR REPLACE INTO deliveries (endpoint_id, seq, type, lane, state, attempts, next_at_ms,
        first_attempt_at_ms, last_attempt_at_ms, last_status, last_error) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    const bound = db.prepare<void, [number, number]>(
      `DELETE FROM deliveries WHERE endpoint_id = ?1 AND state = 'dead' AND seq <= (SELECT seq FROM deliveries
        WHERE endpoint_id = ?1 AND state = 'dead' ORDER BY seq DESC LIMIT 1 OFFSET ?2)`,
    );
    return db.transaction(({ cursors, deliveries, delivered }: Changes) => {
      for (const { endpointId, readSeq } of cursors) move.run(readSeq, endpointId);
      for (const { endpointId, seq } of delivered) remove.run(endpointId, seq);
      for (const row of deliveries) {
        write.run(
          row.endpointId,
          row.seq,
          row.type,
          row.lane,
          row.state,
          row.attempts,
          row.nextAtMs,
          row.firstAttemptAtMs,
          row.lastAttemptAtMs,
          row.lastStatus,
          row.lastError,
        );
      }
      const withDead = new Set(deliveries.filter(({ state }) => state === "dead").map(({ endpointId }) => endpointId));
      for (const endpointId of withDead) bound.run(endpointId, limits.webhookDeadLettersMax);
    }).immediate;
  }

  #orDiskFailure<T>(act: () => T): T {
    try {
      return act();
    } catch (cause) {
      throw diskFailure("relay", this.#path, cause);
    }
  }
}

/** What an operator asks and orders of the outbox: looks, and brings dead letters back. Moves no cursor. */
export class OutboxDesk {
  readonly #db: Database;
  readonly #path: string;
  readonly #cursor: Statement<{ readSeq: number }, [number]>;
  readonly #count: Statement<{ count: number }, [number, DeliveryState]>;
  readonly #page: Statement<DeliveryRecord, [number, DeliveryState, number, number]>;
  readonly #replay: Statement<void, [nowMs: number, endpointId: number, from: number, to: number]>;

  constructor(db: Database, path: string) {
    this.#db = db;
    this.#path = path;
    this.#cursor = db.prepare("SELECT read_seq AS readSeq FROM endpoints WHERE id = ?");
    this.#count = db.prepare("SELECT count(*) AS count FROM deliveries WHERE endpoint_id = ? AND state = ?");
    this.#page = db.prepare(
      `SELECT ${columns} FROM deliveries WHERE endpoint_id = ? AND state = ? AND seq < ? ORDER BY seq DESC LIMIT ?`,
    );
    this.#replay = db.prepare(
      `UPDATE deliveries SET state = 'pending', attempts = 0, next_at_ms = ?, first_attempt_at_ms = NULL,
        last_attempt_at_ms = NULL WHERE endpoint_id = ? AND state = 'dead' AND seq BETWEEN ? AND ?`,
    );
  }

  /** How an endpoint stands; `null` when the relay does not have it (yet). */
  status(endpointId: number): EndpointDeliveries | null {
    const cursor = this.#cursor.get(endpointId);
    if (cursor === null) return null;
    return { ...cursor, pending: this.#counted(endpointId, "pending"), dead: this.#counted(endpointId, "dead") };
  }

  /** An endpoint's deliveries in a state, of events before `before`, newest first. */
  deliveries(endpointId: number, state: DeliveryState, before: number, limit: number): DeliveryRecord[] {
    return this.#page.all(endpointId, state, before, limit);
  }

  /** Brings dead letters back, one event's or all: pending, as if never tried. Answers how many. */
  replay(endpointId: number, seq: number | "all", nowMs: number): number {
    const [from, to] = seq === "all" ? [1, Number.MAX_SAFE_INTEGER] : [seq, seq];
    try {
      return this.#replay.run(nowMs, endpointId, from, to).changes;
    } catch (cause) {
      throw diskFailure("replay", this.#path, cause);
    }
  }

  close(): void {
    this.#db.close();
  }

  #counted(endpointId: number, state: DeliveryState): number {
    return this.#count.get(endpointId, state)?.count ?? 0;
  }
}
