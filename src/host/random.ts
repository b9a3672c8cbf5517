/** The only source of chance: the operating system's, for secrets and ids that nobody may guess. */
import { generateKeyPairSync } from "node:crypto";

/** A new UUID version 7: sorts by time. */
export function newUuid(): string {
  return Bun.randomUUIDv7();
}

/** A secret of 32 random bytes in base64url: 43 characters. */
export function newSecret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
}

/** 32 random bytes in 64 hexadecimal digits: what a queue's or draw's order is made of. */
export function newDrawSecret(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}

/** A secret as Standard Webhooks has it: `whsec_` and 32 random bytes in base64. */
export function newWebhookSecret(): string {
  return `whsec_${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64")}`;
}

/** Two random 32-bit numbers: for hashes that nobody outside can foretell. */
export function newSeed(): readonly [number, number] {
  const [high = 0, low = 0] = crypto.getRandomValues(new Int32Array(2));
  return [high, low];
}

/** A new Ed25519 key for signing, PKCS #8 in PEM. */
export function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync("ed25519");
  return privateKey.export({ type: "pkcs8", format: "pem" }).toString().trim();
}

/** A guest's id: 64 random bits, so that no two of many million guests are ever one. */
export function newGuestId(): string {
  return `guest-${crypto.getRandomValues(new Uint8Array(8)).toHex()}`;
}

/** What makes a quote a purchase of its own: 24 hexadecimal digits. */
export function newQuoteNumber(): string {
  return crypto.getRandomValues(new Uint8Array(12)).toHex();
}

/** A number in [0, 1): for spreading load, where it need not be reproducible. */
export function chance(): number {
  return Math.random();
}

/** Numbers in [0, 1) that the seed alone decides (mulberry32): for what has to be the same again. */
export function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const saltDigits = 32;
const poolBytes = 65_536;
/** Random digits are made by the thousand: the calls cost more than the digits. */
let pool = "";
let poolAt = 0;

/** 16 random bytes in 32 hexadecimal digits: keeps a short text from being guessed by its hash. */
export function newSalt(): string {
  if (poolAt === pool.length) {
    pool = Buffer.from(crypto.getRandomValues(new Uint8Array(poolBytes))).toString("hex");
    poolAt = 0;
  }
  const salt = pool.slice(poolAt, poolAt + saltDigits);
  poolAt += saltDigits;
  return salt;
}
