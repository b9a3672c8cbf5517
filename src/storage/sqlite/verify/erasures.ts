/**
 * Rows whose buyer was erased have lost what their event was hashed with. Each names the event that erased it: one of
 * its campaign, after it.
 */
import type { Check } from "./check.ts";
import { type EventRow, kinds } from "./rules.ts";

interface ErasableRow {
  readonly id: number;
  readonly campaignId: number;
  readonly buyerId: string;
  readonly salt: string | null;
  readonly erasedSeq: number | null;
  readonly key?: string | null;
}

export class Erasures {
  /** The first row that names an event, by that event's number and the row's campaign. */
  readonly #named = new Map<string, number>();
  #count = 0;

  /** What is wrong with a row that is erased, or half erased. */
  problemOf(row: ErasableRow): string | null {
    const { id, campaignId, erasedSeq } = row;
    const isWhole = erasedSeq !== null && row.salt === null && row.buyerId === "" && (row.key ?? null) === null;
    if (!isWhole) return "is erased in part: its buyer, key and salt go together, and an event stands for it";
    if (erasedSeq <= id) return `was erased by event ${erasedSeq}, before it was there`;
    const named = `${erasedSeq} of ${campaignId}`;
    if (!this.#named.has(named)) this.#named.set(named, id);
    return null;
  }

  /** An event may name nobody: of two that were asked for at once, the second finds all erased already. */
  see(event: EventRow): void {
    if (event.kind !== kinds.buyers_erased) return;
    this.#count += 1;
    this.#named.delete(`${event.id} of ${event.campaignId}`);
  }

  finish(check: Check): void {
    check.count = this.#count;
    for (const [named, row] of this.#named) {
      const seq = named.slice(0, named.indexOf(" "));
      check.fail(`event ${seq} did not erase the buyer of row ${row}, which says so`);
    }
  }
}
