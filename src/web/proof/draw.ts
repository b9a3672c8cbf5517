/**
 * What makes a draw provable, calculated in the browser: docs/draw.md a second time, on purpose. It shares no code with
 * the server, so that one mistake is not made twice, and touches no page. Every check answers `null`, or the name of what
 * does not hold with the values for its sentence.
 */
import type { Values } from "./finding.ts";
import { bytesOf, hashHex, hashText, hexOf, isHash, joined, sha256, textBytes } from "./hash.ts";
import type { FindingName } from "./words.ts";

export type Problem = readonly [FindingName, Values];

interface ChainTold {
  readonly hash: string;
  readonly period: number;
  readonly genesis_time: number;
  readonly public_key: string;
  readonly groupHash: string;
  readonly metadata: { readonly beaconID: string };
}

/** What was settled before anybody could enter. */
export interface Terms {
  readonly campaign_id: string;
  readonly commitment: string;
  readonly closes_at: string | null;
  readonly beacon: {
    readonly chain: string;
    readonly round: number;
    readonly round_at: string | null;
    readonly info: ChainTold | null;
  } | null;
}

/** The draw of one offer, as far as it has come. */
export interface OfferDraw {
  readonly offer_id: string;
  readonly state: "open" | "waiting_for_beacon" | "made" | "void";
  readonly closed_at: string | null;
  readonly closed_seq: number | null;
  readonly root: string | null;
  readonly count: number | null;
  readonly secret: string | null;
  readonly beacon: { readonly round: number; readonly signature: string; readonly randomness: string } | null;
  readonly seed: string | null;
}

export interface DrawDocument extends Terms {
  readonly offers: readonly OfferDraw[];
}

/** One entry, without who it is. */
export interface EntryTold {
  readonly offer_id: string;
  readonly index: number;
  readonly entry_id: string;
  readonly leaf: string;
  readonly state: string;
  readonly rank: number | null;
  readonly order_id: string | null;
}

/** What one entrant is told of their own. */
export interface Proof extends Terms {
  readonly draw: OfferDraw;
  readonly entry_id: string;
  readonly entered_at: string;
  readonly state: "waiting" | "offered" | "left";
  readonly order_id: string | null;
  readonly buyer_id: string;
  /** Only where an agent entered in the buyer's name. */
  readonly by_agent?: true;
  readonly salt: string;
  readonly leaf: string;
  readonly index: number | null;
  readonly path: readonly string[] | null;
  readonly rank: number | null;
}

// The tree over the entries (RFC 9162, 2.1), the seed, and the order.

const leafOf = (hex: string) => sha256(joined([0], bytesOf(hex)));
const nodeOf = (left: Uint8Array, right: Uint8Array) => sha256(joined([1], left, right));

/** Takes leaves one by one; keeps the complete subtrees, the largest first, each with its size. */
class Tree {
  readonly #subtrees: { size: number; node: Uint8Array }[] = [];

  add(hex: string): void {
    this.#subtrees.push({ size: 1, node: leafOf(hex) });
    for (;;) {
      const [left, right] = this.#subtrees.slice(-2);
      if (left === undefined || right === undefined || left.size !== right.size) return;
      this.#subtrees.splice(-2, 2, { size: 2 * left.size, node: nodeOf(left.node, right.node) });
    }
  }

  root(): string {
    const nodes = this.#subtrees.map(({ node }) => node);
    return hexOf(
      nodes.length === 0 ? sha256(new Uint8Array()) : nodes.reduceRight((right, left) => nodeOf(left, right)),
    );
  }
}

/** The root that a leaf's path leads to: from the leaf up, the path is taken from its beginning. */
function rootOf(leaf: string, index: number, count: number, path: readonly string[]): string | null {
  let steps = path.length;
  const climb = (from: number, size: number): Uint8Array | null => {
    if (size === 1) return leafOf(leaf);
    let half = 1;
    while (half * 2 < size) half *= 2;
    steps -= 1;
    const step = path[steps];
    if (step === undefined) return null;
    const isLeft = index < from + half;
    const own = isLeft ? climb(from, half) : climb(from + half, size - half);
    if (own === null) return null;
    return isLeft ? nodeOf(own, bytesOf(step)) : nodeOf(bytesOf(step), own);
  };
  if (index < 0 || index >= count) return null;
  const root = climb(0, count);
  return root === null || steps !== 0 ? null : hexOf(root);
}

/** What the order follows from, or `null` before the draw is made. */
export function seedOf({ offer_id, secret, root, count, beacon }: OfferDraw): string | null {
  if (secret === null || root === null || count === null) return null;
  return hashText(["rushbox draw", offer_id, secret, root, count, beacon?.randomness ?? ""].join("\n"));
}

const placesPerTurn = 50_000;

/** The indexes of the entries, the first of the order first. Others have their turn now and then. */
export async function orderOf(seed: string, count: number): Promise<Uint32Array> {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const block = joined(bytesOf(seed), new Uint8Array(8));
  const counter = new DataView(block.buffer, 32);
  let words = new DataView(block.buffer);
  let used = 0;
  const next = () => {
    if (used % 8 === 0) {
      counter.setBigUint64(0, BigInt(used / 8));
      words = new DataView(sha256(block).buffer);
    }
    const word = words.getUint32((used % 8) * 4);
    used += 1;
    return word;
  };
  for (let last = count - 1; last > 0; last -= 1) {
    if (last % placesPerTurn === 0) await new Promise((resolve) => setTimeout(resolve));
    const places = last + 1;
    let word = next();
    while (word >= 2 ** 32 - (2 ** 32 % places)) word = next();
    const other = word % places;
    const kept = order[last] as number;
    order[last] = order[other] as number;
    order[other] = kept;
  }
  return order;
}

// The checks.

const isRecord = (told: unknown): told is Record<string, unknown> => typeof told === "object" && told !== null;
const hasTerms = (told: unknown) =>
  isRecord(told) &&
  isHash(told["commitment"]) &&
  (told["beacon"] === null || (isRecord(told["beacon"]) && isHash(told["beacon"]["chain"])));
const isOfferDraw = (draw: unknown) =>
  isRecord(draw) && typeof draw["offer_id"] === "string" && (draw["secret"] === null || isHash(draw["secret"]));

/** Whether this looks like an entrant's proof. */
export function isProof(told: unknown): told is Proof {
  return isRecord(told) && hasTerms(told) && isOfferDraw(told["draw"]) && isHash(told["leaf"]);
}

/** Whether this looks like the first line of a whole draw. */
export function isDraw(told: unknown): told is DrawDocument {
  return isRecord(told) && hasTerms(told) && Array.isArray(told["offers"]) && told["offers"].every(isOfferDraw);
}

/** The secret is the one that was committed to, the beacon the one that was named, the seed what follows from both. */
export function problemOfTerms(terms: Pick<Terms, "commitment" | "beacon">, draw: OfferDraw): Problem | null {
  const { offer_id: offer, state, secret, beacon } = draw;
  if (!isStateRight(terms, draw)) return ["otherStage", { offer, state }];
  if (secret !== null && hashHex(secret) !== terms.commitment) return ["otherSecret", { offer }];
  const named = terms.beacon;
  if (named === null && beacon !== null) return ["otherBeacon", { offer }];
  if (named !== null) {
    if (named.info !== null && (named.info.hash !== named.chain || hashOfChain(named.info) !== named.chain)) {
      return ["otherChain", { offer }];
    }
    if (secret !== null && beacon?.round !== named.round) return ["otherBeacon", { offer }];
    if (beacon !== null && hashHex(beacon.signature) !== beacon.randomness) return ["otherRandomness", { offer }];
  }
  return draw.seed === seedOf(draw) ? null : ["otherSeed", { offer }];
}

/** Without a beacon a draw is made in the moment of its closing; with one nothing can have been drawn without its word. */
function isStateRight(
  { beacon: named }: Pick<Terms, "beacon">,
  { state, root, count, secret, seed, beacon }: OfferDraw,
): boolean {
  const isDrawn = secret !== null || seed !== null || beacon !== null;
  if ((root === null) !== (count === null)) return false;
  if (root === null) return (state === "open" || state === "void") && !isDrawn;
  if (!isDrawn) return state === "waiting_for_beacon" && named !== null;
  return state === "made" && secret !== null && seed !== null;
}

/** A drand chain's hash, which covers all that it says of itself. */
function hashOfChain({ period, genesis_time, public_key, groupHash, metadata }: ChainTold): string {
  const times = new DataView(new ArrayBuffer(12));
  times.setUint32(0, period);
  times.setBigInt64(4, BigInt(genesis_time));
  const id = metadata.beaconID === "default" ? "" : metadata.beaconID;
  const bytes = joined(new Uint8Array(times.buffer), bytesOf(public_key), bytesOf(groupHash), textBytes(id));
  return hexOf(sha256(bytes));
}

/** An entrant's proof: who entered, that they were drawn among, and their rank. */
export async function problemOfProof(proof: Proof): Promise<Problem | null> {
  const { entry_id: entry, leaf, salt, buyer_id, by_agent, index, path, rank, draw } = proof;
  const entered = JSON.stringify([buyer_id, ...(by_agent === true ? ["agent"] : [])]);
  if (hashText(`${salt}\n${entered}`) !== leaf) return ["otherLeaf", { entry }];
  const problem = problemOfTerms(proof, draw);
  if (problem !== null) return problem;
  const { root, count } = draw;
  if (root === null || count === null) return rank === null ? null : ["otherRank", { entry, rank, right: "-" }];
  const isIncluded =
    index !== null && Array.isArray(path) && path.every(isHash) && rootOf(leaf, index, count, path) === root;
  if (!isIncluded) return ["notIncluded", { entry }];
  const seed = seedOf(draw);
  const right = seed === null ? null : (await orderOf(seed, count)).indexOf(index) + 1;
  return right === rank ? null : ["otherRank", { entry, rank: rank ?? "-", right: right ?? "-" }];
}

/** Takes all entries of an offer's draw, in the order of entering. */
export class Entries {
  readonly #draw: OfferDraw;
  readonly #tree = new Tree();
  readonly #entries: EntryTold[] = [];
  #problem: Problem | null = null;

  constructor(draw: OfferDraw) {
    this.#draw = draw;
  }

  get offered(): number {
    return this.#entries.filter(({ state }) => state === "offered").length;
  }

  add(entry: EntryTold): void {
    const { index, entry_id: id, leaf, state, order_id } = entry;
    const before = this.#entries.at(-1)?.entry_id ?? "";
    const isNext = index === this.#entries.length && id > before && entry.offer_id === this.#draw.offer_id;
    if (!isNext || !isHash(leaf)) this.#problem ??= ["otherEntry", { entry: id }];
    if ((order_id !== null) !== (state === "offered")) this.#problem ??= ["otherState", { entry: id }];
    if (isHash(leaf)) this.#tree.add(leaf);
    this.#entries.push(entry);
  }

  /** They are those that were fixed, every rank follows from the seed, and orders went down the list. */
  async finish(): Promise<Problem | null> {
    if (this.#problem !== null) return this.#problem;
    const entries = this.#entries;
    const { offer_id: offer, root, count } = this.#draw;
    if (entries.length !== count) return ["otherCount", { offer, count: entries.length, drawn: count ?? 0 }];
    if (this.#tree.root() !== root) return ["otherRoot", { offer }];
    const seed = seedOf(this.#draw);
    if (seed === null) {
      const early = entries.find(({ rank, state }) => rank !== null || state === "offered");
      return early === undefined ? null : ["tooEarly", { entry: early.entry_id }];
    }
    return problemOfOrder(entries, await orderOf(seed, count));
  }
}

/** Ranks are the places in the order, and orders went down it. */
function problemOfOrder(entries: readonly EntryTold[], order: Uint32Array): Problem | null {
  let passed: { readonly entry: string; readonly rank: number } | null = null;
  let lastOrder = "";
  for (const [at, index] of order.entries()) {
    const { entry_id: entry, rank, state, order_id } = entries[index] as EntryTold;
    if (rank !== at + 1) return ["otherRank", { entry, rank: rank ?? "-", right: at + 1 }];
    if (state === "waiting") passed ??= { entry, rank };
    if (state !== "offered" || order_id === null) continue;
    if (passed !== null) return ["passedOver", { entry, rank, other: passed.entry, otherRank: passed.rank }];
    if (order_id <= lastOrder) return ["outOfTurn", { entry, rank }];
    lastOrder = order_id;
  }
  return null;
}

interface Told {
  readonly terms: Pick<Terms, "commitment" | "beacon">;
  readonly draw: OfferDraw;
}

/** What was told of a draw once and is told now is the same. */
export function problemBetween(before: Told, now: Told): Problem | null {
  const { offer_id: offer } = before.draw;
  const [one, other] = [before, now].map(({ terms }) =>
    [terms.commitment, terms.beacon?.chain, terms.beacon?.round].join(),
  );
  if (one !== other) return ["changedSince", { offer }];
  for (const name of ["root", "count", "secret", "seed"] as const) {
    const [then, today] = [before.draw[name], now.draw[name]];
    if (then !== null && then !== today) return ["changedSince", { offer }];
  }
  return null;
}

/** The entry of a proof from before the closing is among those that were drawn, unchanged. */
export function problemOfKept(
  { entry_id: entry, leaf }: Pick<Proof, "entry_id" | "leaf">,
  entries: readonly Pick<EntryTold, "entry_id" | "leaf">[],
): Problem | null {
  return entries.some((one) => one.entry_id === entry && one.leaf === leaf) ? null : ["notDrawn", { entry }];
}
