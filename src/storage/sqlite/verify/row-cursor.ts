/**
 * Goes through a table in the order of its numbers, side by side with the events: most rows carry the number of the
 * event that made them. Rows are read by the hundred, which costs two thirds of reading them one by one.
 */
import type { Database, Statement } from "bun:sqlite";

const rowsPerRead = 250;

export class RowCursor<Row extends { readonly id: number }> {
  readonly #statement: Statement<Row, [number]>;
  #rows: Row[] = [];
  #at = 0;
  #after = -1;

  /** `select` names its table's number `id` and ends before WHERE; `table` is what that number belongs to in it. */
  constructor(db: Database, select: string, table: string, number = "id") {
    const name = `${table}.${number}`;
    this.#statement = db.prepare(`${select} WHERE ${name} > ? ORDER BY ${name} LIMIT ${rowsPerRead}`);
  }

  /** The next row, or `null` at the end. */
  next(): Row | null {
    const row = this.peek();
    if (row !== null) this.#at += 1;
    return row;
  }

  /** The row that `next` will answer. */
  peek(): Row | null {
    if (this.#at === this.#rows.length) {
      this.#rows = this.#statement.all(this.#after);
      this.#at = 0;
      this.#after = this.#rows.at(-1)?.id ?? this.#after;
    }
    return this.#rows[this.#at] ?? null;
  }

  /** The row with this number, or `null`; `onSkipped` gets those before it, which nobody has asked for. */
  take(id: number, onSkipped: (row: Row) => void): Row | null {
    for (let row = this.peek(); row !== null && row.id <= id; row = this.peek()) {
      this.#at += 1;
      if (row.id === id) return row;
      onSkipped(row);
    }
    return null;
  }

  /** All that are left. */
  skipRest(onSkipped: (row: Row) => void): void {
    for (let row = this.next(); row !== null; row = this.next()) onSkipped(row);
  }
}
