/**
 * The hashes of the engine's tables: of bytes, of a buyer's key, of two numbers. In JavaScript, since a call into
 * native code costs more than hashing twenty characters here. Never used for secrets.
 */

const offsetBasis = 0x811c9dc5;
const prime = 0x01000193;

/** 32 bits of `bytes[start..end)`: FNV-1a, then mixed, since the tables use the low bits. */
export function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let h = offsetBasis;
  for (let i = start; i < end; i++) h = Math.imul(h ^ (bytes[i] as number), prime);
  return mix(h);
}

export type KeyHash = readonly [high: number, low: number];

let lastBuyerId = "";
let lastKey = "";
let lastKeyHash: KeyHash = computeKeyHash("", "");

/** 64 bits of a buyer's id and a key, as two numbers of 32. The last is remembered: a purchase asks for it twice in a row. */
export function hashKey(buyerId: string, key: string): KeyHash {
  if (key !== lastKey || buyerId !== lastBuyerId) {
    lastKeyHash = computeKeyHash(buyerId, key);
    lastBuyerId = buyerId;
    lastKey = key;
  }
  return lastKeyHash;
}

function computeKeyHash(buyerId: string, key: string): KeyHash {
  let high = offsetBasis;
  let low = 0x9747b28c;
  for (let i = 0; i < buyerId.length; i++) {
    const code = buyerId.charCodeAt(i);
    high = Math.imul(high ^ code, prime);
    low = Math.imul(low ^ code, 0x5bd1e995) ^ (low >>> 15);
  }
  // A character that no id or key contains keeps ("ab", "c") and ("a", "bc") apart.
  high = Math.imul(high ^ 0x1_0000, prime);
  low = Math.imul(low ^ 0x1_0000, 0x5bd1e995);
  for (let i = 0; i < key.length; i++) {
    const code = key.charCodeAt(i);
    high = Math.imul(high ^ code, prime);
    low = Math.imul(low ^ code, 0x5bd1e995) ^ (low >>> 15);
  }
  return [mix(high), mix(low)];
}

/** 32 mixed bits of two 32-bit numbers. */
export function hashPair(a: number, b: number): number {
  return mix(Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b));
}

/** The finaliser of MurmurHash3 (Austin Appleby, public domain): every bit of the input moves every bit of the result. */
function mix(value: number): number {
  let h = value;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
