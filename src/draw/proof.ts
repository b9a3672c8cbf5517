/**
 * What makes a draw provable, as docs/draw.md tells it: the hash over all entries, the seed, and the order that follows
 * from it. Anyone who knows a seed comes to the same order, so nothing here may depend on the machine, on time or on
 * chance, and no step may ever change for draws that were made.
 *
 * - Entries: the Merkle tree hash of RFC 9162, section 2.1. A leaf is SHA-256(0x00, the 32 bytes of the entry's hash), a
 *   node SHA-256(0x01, left, right); the left subtree is the largest complete one that leaves something to the right.
 * - Seed: SHA-256 of a text, which names what is drawn and everything that went into it.
 * - Order: Fisher-Yates from the last place to the second. Its numbers are the 32-bit big-endian words of
 *   SHA-256(seed, 0), SHA-256(seed, 1) ... with the counter in 8 bytes, big-endian. A word from the incomplete last
 *   stretch of 2^32 is passed over, so that every order is equally likely.
 */
import { hashBytesCount, sha256, sha256Into, sha256OfHex } from "../host/hash.ts";

const [leafPrefix, nodePrefix] = [0x00, 0x01];
/** Entries are numbered in 32 bits. */
const countMax = 2 ** 32 - 1;
const levelsMax = 32;

const leafBlock = new Uint8Array(1 + hashBytesCount);
leafBlock[0] = leafPrefix;
const leafBytes = leafBlock.subarray(1);
const nodeBlock = new Uint8Array(1 + 2 * hashBytesCount);
nodeBlock[0] = nodePrefix;

/**
 * The tree over entries that come one by one: keeps the complete subtrees alone, one for each bit of the count. Some
 * microsecond for an entry.
 */
export class MerkleLog {
  #count = 0;
  readonly #carried = new Uint8Array(hashBytesCount);
  /** By level: the complete subtree of 2^level entries; in use where the count has that bit. */
  readonly #subtrees = Array.from({ length: levelsMax }, () => new Uint8Array(hashBytesCount));

  get count(): number {
    return this.#count;
  }

  /** The leaf is a hash in 64 hexadecimal digits. */
  append(leaf: string): void {
    if (this.#count === countMax) throw new Error("entries are numbered in 32 bits");
    let level = 0;
    const carried = hashLeaf(leaf, this.#carried);
    while (((this.#count >>> level) & 1) === 1) hashPairInto(this.#subtree(level++), carried, carried);
    this.#subtree(level).set(carried);
    this.#count += 1;
  }

  /** In 64 hexadecimal digits; of no entries, the hash of nothing. */
  root(): string {
    if (this.#count === 0) return sha256("");
    let level = 0;
    while (((this.#count >>> level) & 1) === 0) level++;
    const root = this.#subtree(level).slice();
    while (++level < levelsMax) {
      if (((this.#count >>> level) & 1) === 1) hashPairInto(this.#subtree(level), root, root);
    }
    return root.toHex();
  }

  #subtree(level: number): Uint8Array {
    return this.#subtrees[level] as Uint8Array;
  }
}

/** The root over all leaves at once. */
export function merkleRoot(leaves: Iterable<string>): string {
  const log = new MerkleLog();
  for (const leaf of leaves) log.append(leaf);
  return log.root();
}

/** What is hashed with a leaf, step by step, to come to the root: RFC 9162, section 2.1.3.1. */
export function inclusionPath(leaves: readonly string[], index: number): string[] {
  return pathAmong(
    leaves.map((leaf) => hashLeaf(leaf)),
    index,
  );
}

/**
 * The path from a subtree to the root, when the tree is cut into complete subtrees of one size and a rest: after the
 * path within the subtree it is the path of its leaves. So a proof needs the leaves of its own subtree alone.
 */
export function pathOfSubtrees(roots: readonly string[], index: number): string[] {
  return pathAmong(
    roots.map((root) => Uint8Array.fromHex(root)),
    index,
  );
}

/** The root of the tree that is cut into subtrees so. */
export function rootOfSubtrees(roots: readonly string[]): string {
  let level: readonly Uint8Array[] = roots.map((root) => Uint8Array.fromHex(root));
  while (level.length > 1) level = levelAbove(level);
  return level[0]?.toHex() ?? sha256("");
}

/** The root that a leaf and its path lead to, or `null` where that is no path of a tree of so many leaves. */
export function rootFromPath(proof: {
  readonly leaf: string;
  readonly index: number;
  readonly count: number;
  readonly path: readonly string[];
}): string | null {
  const { leaf, index, count, path } = proof;
  if (!Number.isInteger(index) || index < 0 || index >= count || count > countMax) return null;
  if (![leaf, ...path].every((hash) => /^[0-9a-f]{64}$/.test(hash))) return null;
  const root = hashLeaf(leaf);
  let [at, last] = [index, count - 1];
  for (const step of path) {
    if (last === 0) return null;
    const other = Uint8Array.fromHex(step);
    if (at % 2 === 1 || at === last) {
      hashPairInto(other, root, root);
      // The last one of a level without a neighbour goes up as it is, until it is on the right of one.
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, Math.floor(last / 2)];
    } else {
      hashPairInto(root, other, root);
    }
    [at, last] = [Math.floor(at / 2), Math.floor(last / 2)];
  }
  return last === 0 ? root.toHex() : null;
}

/** What a draw's order follows from. The offer's public id, all hashes and the beacon in hexadecimal digits. */
export function drawSeed(draw: {
  readonly offerId: string;
  readonly secret: string;
  readonly root: string;
  readonly count: number;
  /** What the public beacon said in its round; `null` without one. */
  readonly randomness: string | null;
}): string {
  const { offerId, secret, root, count, randomness } = draw;
  return sha256(`rushbox draw\n${offerId}\n${secret}\n${root}\n${count}\n${randomness ?? ""}`);
}

/** What the order of those follows from who were in a queue at its opening. */
export function queueSeed(queue: {
  readonly campaignId: string;
  readonly secret: string;
  readonly count: number;
}): string {
  return sha256(`rushbox queue\n${queue.campaignId}\n${queue.secret}\n${queue.count}`);
}

/** What is told of a secret before it is revealed: SHA-256 of its bytes. All in hexadecimal digits. */
export function commitmentOf(secret: string): string {
  return sha256OfHex(secret);
}

const wordsCount = 2 ** 32;
const bytesPerWord = 4;

/** Who comes when: at `i` stands the index of the entry with rank `i + 1`. A million take some 150 ms. */
export function rankingOf(seed: string, count: number): Uint32Array {
  const ranking = new Ranking(seed, count);
  ranking.run(count);
  return ranking.order;
}

/** The same in slices, for a thread on which others have their turn between them. */
export class Ranking {
  /** What it is to be once `run` has answered true. */
  readonly order: Uint32Array;
  readonly #nextWord: () => number;
  #last: number;

  constructor(seed: string, count: number) {
    this.order = new Uint32Array(count);
    for (let index = 0; index < count; index++) this.order[index] = index;
    this.#nextWord = wordsOf(seed);
    this.#last = count - 1;
  }

  /** Puts so many more places in order; answers whether all are. */
  run(places: number): boolean {
    const { order } = this;
    const nextWord = this.#nextWord;
    const end = Math.max(0, this.#last - places);
    for (let last = this.#last; last > end; last--) {
      const others = last + 1;
      // By division, which is exact here and quicker than the remainder of numbers that need more than 31 bits.
      const usable = Math.floor(wordsCount / others) * others;
      let word = nextWord();
      while (word >= usable) word = nextWord();
      const other = word - Math.floor(word / others) * others;
      const moved = order[last] as number;
      order[last] = order[other] as number;
      order[other] = moved;
    }
    this.#last = end;
    return end <= 0;
  }
}

/** The endless row of 32-bit numbers that a seed stands for. */
function wordsOf(seed: string): () => number {
  const block = new Uint8Array(hashBytesCount + 8);
  block.setFromHex(seed);
  const counter = new DataView(block.buffer, hashBytesCount);
  const hashed = new Uint8Array(hashBytesCount);
  const words = new DataView(hashed.buffer);
  let blocks = 0;
  let at = hashBytesCount;
  return () => {
    if (at === hashBytesCount) {
      counter.setUint32(0, Math.floor(blocks / wordsCount));
      counter.setUint32(bytesPerWord, blocks % wordsCount);
      sha256Into(block, hashed);
      blocks += 1;
      at = 0;
    }
    const word = words.getUint32(at);
    at += bytesPerWord;
    return word;
  };
}

/** The path among nodes of one level: halves the tree at the largest power of two below its size, level by level. */
function pathAmong(nodes: readonly Uint8Array[], index: number): string[] {
  if (!Number.isInteger(index) || index < 0 || index >= nodes.length) throw new Error(`no leaf ${index}`);
  const path: string[] = [];
  let level = nodes;
  for (let at = index; level.length > 1; at = Math.floor(at / 2)) {
    const other = level[at % 2 === 0 ? at + 1 : at - 1];
    // The last one of a level without a neighbour goes up as it is.
    if (other !== undefined) path.push(other.toHex());
    level = levelAbove(level);
  }
  return path;
}

function levelAbove(nodes: readonly Uint8Array[]): Uint8Array[] {
  const above: Uint8Array[] = [];
  for (let at = 0; at < nodes.length; at += 2) {
    const [left, right] = [nodes[at] as Uint8Array, nodes[at + 1]];
    if (right === undefined) above.push(left);
    else above.push(hashPairInto(left, right, new Uint8Array(hashBytesCount)));
  }
  return above;
}

function hashLeaf(leaf: string, into = new Uint8Array(hashBytesCount)): Uint8Array {
  if (leaf.length !== 2 * hashBytesCount) throw new Error("a leaf is a hash in 64 hexadecimal digits");
  leafBytes.setFromHex(leaf);
  sha256Into(leafBlock, into);
  return into;
}

/** `into` may be one of the two. */
function hashPairInto(left: Uint8Array, right: Uint8Array, into: Uint8Array): Uint8Array {
  nodeBlock.set(left, 1);
  nodeBlock.set(right, 1 + hashBytesCount);
  sha256Into(nodeBlock, into);
  return into;
}
