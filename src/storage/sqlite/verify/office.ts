/**
 * Operators, endpoints and access entries are what their events make them, as far as those tell: which, and when. The controls are those
 * of the last event that changed them, to the letter.
 */
import type { Database } from "bun:sqlite";
import { formatId, type IdPrefix } from "../../../domain/ids.ts";
import { sha256 } from "../../../host/hash.ts";
import { Check } from "./check.ts";
import { type EventRow, kinds, nameOf } from "./rules.ts";

interface OfficeRow {
  readonly id: number;
  readonly createdAtMs: number | null;
  /** When an operator was revoked; the event that deleted an endpoint, or removed an entry. */
  readonly end: number | null;
}

interface ControlsRow {
  readonly seq: number;
  readonly controls: string;
}

export class Office {
  readonly check = new Check(
    "office",
    "row",
    "operators, endpoints, controls and the access list came and went with their events",
  );
  readonly #operators: OfficeRow[];
  readonly #endpoints: OfficeRow[];
  readonly #accessEntries: OfficeRow[];
  readonly #created = new Map<number, EventRow>();
  /** How often somebody was revoked at a time, less the rows that say so. */
  readonly #revocations = new Map<number, number>();
  readonly #deletions = new Set<number>();
  readonly #removals = new Set<number>();
  readonly #controls: ControlsRow | null;
  #lastControls: EventRow | null = null;

  constructor(db: Database) {
    this.#operators = db
      .query("SELECT id, created_at_ms AS createdAtMs, revoked_at_ms AS end FROM operators ORDER BY id")
      .all() as OfficeRow[];
    this.#endpoints = db
      .query("SELECT id, NULL AS createdAtMs, deleted_seq AS end FROM endpoints ORDER BY id")
      .all() as OfficeRow[];
    this.#accessEntries = db
      .query("SELECT id, created_at_ms AS createdAtMs, removed_seq AS end FROM access_entries ORDER BY id")
      .all() as OfficeRow[];
    this.#controls = db.query("SELECT seq, controls FROM controls").get() as ControlsRow | null;
    for (const { end } of this.#operators) if (end !== null) this.#countRevocation(end, -1);
  }

  see(event: EventRow): void {
    switch (event.kind) {
      case kinds.operator_created:
      case kinds.endpoint_created:
      case kinds.access_entry_added:
        this.#created.set(event.id, event);
        return;
      case kinds.operator_revoked:
        this.#countRevocation(event.atMs, 1);
        return;
      case kinds.endpoint_deleted:
        this.#deletions.add(event.id);
        return;
      case kinds.access_entry_removed:
        this.#removals.add(event.id);
        return;
      case kinds.controls_changed:
        this.#lastControls = event;
        return;
    }
  }

  finish(): void {
    this.#finishRows(kinds.operator_created, "opr", this.#operators);
    this.#finishRows(kinds.endpoint_created, "end", this.#endpoints);
    this.#finishRows(kinds.access_entry_added, "acc", this.#accessEntries);
    for (const event of this.#created.values()) this.check.fail(`${nameOf(event)} has no row`);
    for (const [atMs, difference] of this.#revocations) {
      if (difference !== 0) this.check.fail(`operators were revoked at ${atMs} ms, not as the events say`);
    }
    for (const { id, end } of this.#endpoints) {
      if (end !== null && !this.#deletions.delete(end)) {
        this.check.fail(`endpoint ${formatId("end", id)} was deleted by event ${end}, which did not`);
      }
    }
    for (const seq of this.#deletions) this.check.fail(`event ${seq} (endpoint_deleted) has deleted no endpoint`);
    for (const { id, end } of this.#accessEntries) {
      if (end !== null && !this.#removals.delete(end)) {
        this.check.fail(`${formatId("acc", id)} was removed by event ${end}, which did not`);
      }
    }
    for (const seq of this.#removals) this.check.fail(`event ${seq} (access_entry_removed) has removed no entry`);
    this.#finishControls();
  }

  /** The row holds the JSON that was hashed, to the letter. */
  #finishControls(): void {
    const [row, event] = [this.#controls, this.#lastControls];
    if (row !== null) this.check.count += 1;
    if (row?.seq !== event?.id) {
      this.check.fail(
        `the controls are of event ${row?.seq ?? "none"}, and were last changed by ${event?.id ?? "none"}`,
      );
    } else if (row !== null && event?.details !== sha256(`\n[${row.controls}]`)) {
      this.check.fail("the controls are not those of the event that changed them last");
    }
  }

  #finishRows(kind: number, prefix: IdPrefix, rows: readonly OfficeRow[]): void {
    for (const { id, createdAtMs } of rows) {
      this.check.count += 1;
      const event = this.#created.get(id);
      this.#created.delete(id);
      if (event?.kind !== kind) this.check.fail(`${formatId(prefix, id)} has no event that created it`);
      else if (createdAtMs !== null && createdAtMs !== event.atMs) {
        this.check.fail(`${formatId(prefix, id)} was created at another time than ${nameOf(event)}`);
      }
    }
  }

  #countRevocation(atMs: number, by: number): void {
    this.#revocations.set(atMs, (this.#revocations.get(atMs) ?? 0) + by);
  }
}
