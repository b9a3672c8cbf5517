/**
 * What this thread keeps of closed draws, so that a proof among a million entries reads a thousand of them: the roots
 * of the tree's subtrees, where each begins, and the ranks. Made when somebody first asks, in slices of a millisecond
 * or two between which others have their turn; then kept, for the draws that were asked for last.
 */
import { LRUCache } from "lru-cache";
import { limits } from "../domain/limits.ts";
import { type ClosedDraw, type DrawEntryTold, type DrawReader, entryToldOf, offerDrawOf } from "../draw/document.ts";
import { inclusionPath, merkleRoot, pathOfSubtrees, Ranking, rootOfSubtrees } from "../draw/proof.ts";

/** A complete subtree of the tree: a power of two. */
const leavesPerSubtree = 1_024;
/** Places that are put in order in one slice: some 2 ms. */
const placesPerSlice = 16_384;

interface Tree {
  /** By subtree: its first entry, and its root. */
  readonly starts: readonly number[];
  readonly roots: readonly string[];
}

export class DrawIndex {
  readonly #reader: DrawReader;
  readonly #trees = new LRUCache<number, Promise<Tree>>({ maxSize: limits.drawEntriesIndexedMax });
  /** By entry: its place in the order, from 0. */
  readonly #places = new LRUCache<number, Promise<Uint32Array>>({ maxSize: limits.drawEntriesIndexedMax });
  /** Made one after the other: however many draws are asked for at once, one takes memory and time beside those kept. */
  #making: Promise<unknown> = Promise.resolve();

  constructor(reader: DrawReader) {
    this.#reader = reader;
  }

  /** Entries in the order of entering, after so many. */
  async page(draw: ClosedDraw, after: number, limit: number): Promise<DrawEntryTold[]> {
    const { offerId } = draw;
    const { starts } = await this.#kept(this.#trees, draw, () => this.#plant(draw));
    const places = await this.#placesOf(draw);
    const first = after % leavesPerSubtree;
    const start = starts[Math.floor(after / leavesPerSubtree)];
    if (start === undefined) return [];
    const entries = this.#reader.entriesFrom(offerId, start, first + limit).slice(first);
    return entries.map((entry, at) => {
      const index = after + at;
      return entryToldOf(entry, { offerId, index, rank: rankIn(places, index) });
    });
  }

  /** Where an entry stands, how that leads to the root, and its rank once the draw is made. */
  async proofOf(
    draw: ClosedDraw,
    entryId: number,
  ): Promise<{ readonly index: number; readonly path: readonly string[]; readonly rank: number | null }> {
    const { starts, roots } = await this.#kept(this.#trees, draw, () => this.#plant(draw));
    const places = await this.#placesOf(draw);
    const subtree = starts.findLastIndex((start) => start <= entryId);
    const entries = this.#reader.entriesFrom(draw.offerId, starts[subtree] ?? 0, leavesPerSubtree);
    const at = entries.findIndex((entry) => entry.entryId === entryId);
    if (at < 0) throw new Error(`entry ${entryId} is not in the draw of offer ${draw.offerId}`);
    const index = subtree * leavesPerSubtree + at;
    const leaves = entries.map(({ leaf }) => leaf);
    return {
      index,
      path: [...inclusionPath(leaves, at), ...pathOfSubtrees(roots, subtree)],
      rank: rankIn(places, index),
    };
  }

  async #plant({ offerId, root, count }: ClosedDraw): Promise<Tree> {
    const starts: number[] = [];
    const roots: string[] = [];
    let entries = this.#reader.entriesFrom(offerId, 0, leavesPerSubtree);
    let found = 0;
    while (entries.length > 0) {
      found += entries.length;
      starts.push(entries[0]?.entryId ?? 0);
      roots.push(merkleRoot(entries.map(({ leaf }) => leaf)));
      await turn();
      entries = this.#reader.entriesFrom(offerId, (entries.at(-1)?.entryId ?? 0) + 1, leavesPerSubtree);
    }
    if (found !== count || rootOfSubtrees(roots) !== root) {
      throw new Error(`the entries of offer ${offerId} do not give the root of its draw`);
    }
    return { starts, roots };
  }

  #placesOf(draw: ClosedDraw): Promise<Uint32Array> | null {
    const { seed } = offerDrawOf(draw.offerId, "ended", draw);
    return seed === null ? null : this.#kept(this.#places, draw, () => placesBy(seed, draw.count));
  }

  /** Made once, however many ask meanwhile; what failed is tried again. */
  #kept<T extends object>(
    cache: LRUCache<number, Promise<T>>,
    { offerId, count }: ClosedDraw,
    make: () => Promise<T>,
  ): Promise<T> {
    const known = cache.get(offerId);
    if (known !== undefined) return known;
    const made = this.#making.then(make);
    this.#making = made.catch(() => undefined);
    cache.set(offerId, made, { size: count + 1 });
    made.catch(() => cache.delete(offerId));
    return made;
  }
}

async function placesBy(seed: string, count: number): Promise<Uint32Array> {
  const ranking = new Ranking(seed, count);
  while (!ranking.run(placesPerSlice)) await turn();
  const places = new Uint32Array(count);
  for (let place = 0; place < count; place++) {
    places[ranking.order[place] as number] = place;
    if (place % placesPerSlice === 0) await turn();
  }
  return places;
}

function rankIn(places: Uint32Array | null, index: number): number | null {
  return places === null ? null : (places[index] as number) + 1;
}

/** Lets others on this thread have their turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
