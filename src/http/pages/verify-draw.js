// What makes a draw provable, calculated in the browser: docs/draw.md a second time, on purpose. It shares no code with
// the server, so that one mistake is not made twice, and touches no page. Every check answers `null`, or the name of what
// does not hold with the values for its sentence. Hashes are made here, since a browser's own cannot be had a million
// times in a row.

// ---------------------------------------------------------------------------------------------------------------------
// SHA-256 (FIPS 180-4). Its constants are the first 32 bits of the fractions of roots of primes.

const primes = [];
for (let n = 2; primes.length < 64; n++) if (primes.every((prime) => n % prime !== 0)) primes.push(n);
const fraction = (root) => ((root - Math.floor(root)) * 2 ** 32) | 0;
const constants = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const beginning = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const schedule = new Int32Array(64);

const turned = (word, by) => (word >>> by) | (word << (32 - by));

/** Of nearly all that is hashed here: two blocks, used again and again. */
const shortPadded = new Uint8Array(128);
const shortView = new DataView(shortPadded.buffer);
const state = new Int32Array(8);

/** The 32 bytes of the hash of some bytes. */
export function sha256(bytes) {
  const length = Math.ceil((bytes.length + 9) / 64) * 64;
  const padded = length > shortPadded.length ? new Uint8Array(length) : shortPadded.fill(0);
  const view = padded === shortPadded ? shortView : new DataView(padded.buffer);
  padded.set(bytes);
  padded[bytes.length] = 0x80;
  view.setUint32(length - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(length - 4, bytes.length * 8);
  state.set(beginning);
  for (let at = 0; at < length; at += 64) compress(view, at);
  const hash = new Uint8Array(32);
  const words = new DataView(hash.buffer);
  for (let i = 0; i < 8; i++) words.setInt32(i * 4, state[i]);
  return hash;
}

// One assignment a line: taking arrays apart would make it ten times slower.
function compress(view, at) {
  for (let i = 0; i < 16; i++) schedule[i] = view.getInt32(at + i * 4);
  for (let i = 16; i < 64; i++) {
    const w2 = schedule[i - 2];
    const w15 = schedule[i - 15];
    const s1 = turned(w2, 17) ^ turned(w2, 19) ^ (w2 >>> 10);
    const s0 = turned(w15, 7) ^ turned(w15, 18) ^ (w15 >>> 3);
    schedule[i] = (schedule[i - 16] + s0 + schedule[i - 7] + s1) | 0;
  }
  let a = state[0];
  let b = state[1];
  let c = state[2];
  let d = state[3];
  let e = state[4];
  let f = state[5];
  let g = state[6];
  let h = state[7];
  for (let i = 0; i < 64; i++) {
    const s1 = turned(e, 6) ^ turned(e, 11) ^ turned(e, 25);
    const t1 = (h + s1 + ((e & f) ^ (~e & g)) + constants[i] + schedule[i]) | 0;
    const s0 = turned(a, 2) ^ turned(a, 13) ^ turned(a, 22);
    const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
    h = g;
    g = f;
    f = e;
    e = (d + t1) | 0;
    d = c;
    c = b;
    b = a;
    a = (t1 + t2) | 0;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
  state[4] += e;
  state[5] += f;
  state[6] += g;
  state[7] += h;
}

const textBytes = (text) => new TextEncoder().encode(text);
const hexOf = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const bytesOf = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
const hashText = (text) => hexOf(sha256(textBytes(text)));
const hashHex = (hex) => hexOf(sha256(bytesOf(hex)));

function joined(...parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

// ---------------------------------------------------------------------------------------------------------------------
// The tree over the entries (RFC 9162, 2.1), the seed, and the order.

const leafOf = (hex) => sha256(joined([0], bytesOf(hex)));
const nodeOf = (left, right) => sha256(joined([1], left, right));

/** Takes leaves one by one; keeps the complete subtrees, the largest first, each with its size. */
class Tree {
  constructor() {
    this.subtrees = [];
    this.count = 0;
  }

  add(hex) {
    this.subtrees.push({ size: 1, node: leafOf(hex) });
    this.count += 1;
    for (;;) {
      const [left, right] = this.subtrees.slice(-2);
      if (right === undefined || left.size !== right.size) return;
      this.subtrees.splice(-2, 2, { size: 2 * left.size, node: nodeOf(left.node, right.node) });
    }
  }

  root() {
    const nodes = this.subtrees.map(({ node }) => node);
    return hexOf(
      nodes.length === 0 ? sha256(new Uint8Array()) : nodes.reduceRight((right, left) => nodeOf(left, right)),
    );
  }
}

/** The root that a leaf's path leads to: from the leaf up, the path is taken from its beginning. */
function rootOf(leaf, index, count, path) {
  let steps = path.length;
  const climb = (from, size) => {
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
export function seedOf({ offer_id, secret, root, count, beacon }) {
  if (secret === null || root === null || count === null) return null;
  return hashText(["rushbox draw", offer_id, secret, root, count, beacon?.randomness ?? ""].join("\n"));
}

const placesPerTurn = 50_000;

/** The indexes of the entries, the first of the order first. Others have their turn now and then. */
export async function orderOf(seed, count) {
  const order = Uint32Array.from({ length: count }, (_, index) => index);
  const block = joined(bytesOf(seed), new Uint8Array(8));
  const counter = new DataView(block.buffer, 32);
  let words = null;
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
  for (let last = count - 1; last > 0; last--) {
    if (last % placesPerTurn === 0) await new Promise((resolve) => setTimeout(resolve));
    const places = last + 1;
    let word = next();
    while (word >= 2 ** 32 - (2 ** 32 % places)) word = next();
    const other = word % places;
    [order[last], order[other]] = [order[other], order[last]];
  }
  return order;
}

// ---------------------------------------------------------------------------------------------------------------------
// The checks.

const isHash = (text) => typeof text === "string" && /^[0-9a-f]{64}$/.test(text);

const hasTerms = (told) => isHash(told?.commitment) && (told.beacon === null || isHash(told.beacon?.chain));
const isOfferDraw = (draw) => typeof draw?.offer_id === "string" && (draw.secret === null || isHash(draw.secret));

/** Whether this looks like an entrant's proof, or the first line of a whole draw. */
export const isProof = (told) => hasTerms(told) && isOfferDraw(told.draw) && isHash(told.leaf);
export const isDraw = (told) => hasTerms(told) && Array.isArray(told.offers) && told.offers.every(isOfferDraw);

/** The secret is the one that was committed to, the beacon the one that was named, the seed what follows from both. */
export function problemOfTerms(terms, draw) {
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
function isStateRight({ beacon: named }, { state, root, count, secret, seed, beacon }) {
  const isDrawn = secret !== null || seed !== null || beacon !== null;
  if ((root === null) !== (count === null)) return false;
  if (root === null) return (state === "open" || state === "void") && !isDrawn;
  if (!isDrawn) return state === "waiting_for_beacon" && named !== null;
  return state === "made" && secret !== null && seed !== null;
}

/** A drand chain's hash, which covers all that it says of itself. */
function hashOfChain({ period, genesis_time, public_key, groupHash, metadata }) {
  const times = new DataView(new ArrayBuffer(12));
  times.setUint32(0, period);
  times.setBigInt64(4, BigInt(genesis_time));
  const id = metadata.beaconID === "default" ? "" : metadata.beaconID;
  const bytes = joined(new Uint8Array(times.buffer), bytesOf(public_key), bytesOf(groupHash), textBytes(id));
  return hexOf(sha256(bytes));
}

/** An entrant's proof: who entered, that they were drawn among, and their rank. */
export async function problemOfProof(proof) {
  const { entry_id: entry, leaf, salt, buyer_id, index, path, rank, draw } = proof;
  if (hashText(`${salt}\n${JSON.stringify([buyer_id])}`) !== leaf) return ["otherLeaf", { entry }];
  const problem = problemOfTerms(proof, draw);
  if (problem !== null) return problem;
  const { root, count } = draw;
  if (root === null) return rank === null ? null : ["otherRank", { entry, rank, right: "-" }];
  if (!Array.isArray(path) || !path.every(isHash) || rootOf(leaf, index, count, path) !== root) {
    return ["notIncluded", { entry }];
  }
  const seed = seedOf(draw);
  const right = seed === null ? null : (await orderOf(seed, count)).indexOf(index) + 1;
  return right === rank ? null : ["otherRank", { entry, rank: rank ?? "-", right: right ?? "-" }];
}

/** Takes all entries of an offer's draw, in the order of entering. */
export class Entries {
  constructor(draw) {
    this.draw = draw;
    this.tree = new Tree();
    this.entries = [];
    this.problem = null;
  }

  get offered() {
    return this.entries.filter(({ state }) => state === "offered").length;
  }

  add(entry) {
    const { index, entry_id: id, leaf, state, order_id } = entry;
    const before = this.entries.at(-1)?.entry_id ?? "";
    const isNext = index === this.entries.length && id > before && entry.offer_id === this.draw.offer_id;
    if (!isNext || !isHash(leaf)) this.problem ??= ["otherEntry", { entry: id }];
    if ((order_id !== null) !== (state === "offered")) this.problem ??= ["otherState", { entry: id }];
    if (isHash(leaf)) this.tree.add(leaf);
    this.entries.push(entry);
  }

  /** They are those that were fixed, every rank follows from the seed, and orders went down the list. */
  async finish() {
    if (this.problem !== null) return this.problem;
    const { draw, entries } = this;
    const { offer_id: offer, root, count } = draw;
    if (entries.length !== count) return ["otherCount", { offer, count: entries.length, drawn: count }];
    if (this.tree.root() !== root) return ["otherRoot", { offer }];
    const seed = seedOf(draw);
    if (seed === null) {
      const early = entries.find(({ rank, state }) => rank !== null || state === "offered");
      return early === undefined ? null : ["tooEarly", { entry: early.entry_id }];
    }
    let passed = null;
    let lastOrder = "";
    for (const [at, index] of (await orderOf(seed, count)).entries()) {
      const { entry_id: entry, rank, state, order_id } = entries[index];
      if (rank !== at + 1) return ["otherRank", { entry, rank: rank ?? "-", right: at + 1 }];
      if (state === "waiting") passed ??= { entry, rank };
      if (state !== "offered") continue;
      if (passed !== null) return ["passedOver", { entry, rank, other: passed.entry, otherRank: passed.rank }];
      if (order_id <= lastOrder) return ["outOfTurn", { entry, rank }];
      lastOrder = order_id;
    }
    return null;
  }
}

/** What was told of a draw once and is told now is the same. */
export function problemBetween(before, now) {
  const { offer_id: offer } = before.draw;
  const [one, other] = [before, now].map(({ terms }) => [terms.commitment, terms.beacon?.chain, terms.beacon?.round]);
  if (one.join() !== other.join()) return ["changedSince", { offer }];
  for (const name of ["root", "count", "secret", "seed"]) {
    const [then, today] = [before.draw[name], now.draw[name]];
    if (then !== null && then !== today) return ["changedSince", { offer }];
  }
  return null;
}

/** The entry of a proof from before the closing is among those that were drawn, unchanged. */
export function problemOfKept({ entry_id: entry, leaf }, entries) {
  return entries.some((one) => one.entry_id === entry && one.leaf === leaf) ? null : ["notDrawn", { entry }];
}
