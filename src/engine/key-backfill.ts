/**
 * After a start the key filter knows the keys of live campaigns alone, and whoever asks a campaign that was settled
 * before is looked up in the database, key by key. So the keys of settled campaigns are read into the filter too, newest
 * first, a slice at a time beside the sale; a campaign whose keys are all in is answered from memory from then on.
 */
import { hashKey } from "./hash.ts";
import type { KeyFilter } from "./key-filter.ts";
import type { RecoverySource } from "./ports.ts";
import type { Campaign, State } from "./state.ts";

const idsPerStep = 1_024; // about a millisecond
const keysMax = 2_000_000; // beyond this the filter would answer "maybe" too often for everybody

export class KeyBackfill {
  readonly #source: Pick<RecoverySource, "keysBetween">;
  readonly #keyFilter: Pick<KeyFilter, "add">;
  /** Newest last: the next to be complete. */
  readonly #waiting: Campaign[];
  #before: number;
  #keysCount = 0;

  constructor(parts: {
    state: State;
    source: Pick<RecoverySource, "keysBetween">;
    keyFilter: Pick<KeyFilter, "add">;
  }) {
    this.#source = parts.source;
    this.#keyFilter = parts.keyFilter;
    this.#waiting = [...parts.state.campaigns.values()].filter(({ areKeysFiltered }) => !areKeysFiltered);
    this.#before = parts.state.lastSeq + 1;
  }

  get isDone(): boolean {
    return this.#waiting.length === 0 || this.#keysCount >= keysMax;
  }

  /** Reads one slice; answers the campaigns whose keys are all in the filter now. */
  step(): Campaign[] {
    const from = this.#before - idsPerStep;
    for (const { buyerId, key } of this.#source.keysBetween(from, this.#before)) {
      this.#keyFilter.add(hashKey(buyerId, key));
      this.#keysCount += 1;
    }
    this.#before = from;
    const complete: Campaign[] = [];
    // A campaign's orders have larger ids than the campaign.
    for (let next = this.#waiting.at(-1); next !== undefined && next.id >= from; next = this.#waiting.at(-1)) {
      this.#waiting.pop();
      next.areKeysFiltered = true;
      complete.push(next);
    }
    return complete;
  }
}
