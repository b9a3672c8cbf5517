/**
 * Inserts many rows of one table with few calls: rows gather and go in as statements of a fixed number of rows, the rest
 * with ever smaller ones. Three prepared statements, whatever the size of a batch. For 300 orders and their events in one
 * transaction: 4.3 us of CPU an order, against 6.4 us with one statement a row.
 */
import type { Database, SQLQueryBindings, Statement } from "bun:sqlite";

/** The largest first; the last takes whatever is left. */
const sizes = [16, 4, 1] as const;

export class RowInserter {
  readonly #statements: readonly { readonly valuesCount: number; readonly statement: Statement }[];
  readonly #valuesMax: number;
  /** The values of the rows that wait, row after row. */
  #values: SQLQueryBindings[] = [];

  constructor(db: Database, table: string, columns: readonly string[]) {
    const row = `(${columns.map(() => "?").join(", ")})`;
    this.#statements = sizes.map((size) => ({
      valuesCount: size * columns.length,
      statement: db.prepare(`INSERT INTO ${table} (${columns.join(", ")}) VALUES ${Array(size).fill(row).join(", ")}`),
    }));
    this.#valuesMax = sizes[0] * columns.length;
  }

  /** Adds a row, its values in the order of the columns. It is in the table after `flush`. */
  add(...row: SQLQueryBindings[]): void {
    for (const value of row) this.#values.push(value);
    if (this.#values.length === this.#valuesMax) this.flush();
  }

  flush(): void {
    let at = 0;
    for (const { valuesCount, statement } of this.#statements) {
      for (; this.#values.length - at >= valuesCount; at += valuesCount) {
        statement.run(...this.#values.slice(at, at + valuesCount));
      }
    }
    this.#values.length = 0;
  }
}
