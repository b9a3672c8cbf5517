/** The only source of chance: the operating system's, for secrets and ids that nobody may guess. */

/** A new UUID version 7: sorts by time. */
export function newUuid(): string {
  return Bun.randomUUIDv7();
}

/** A secret of 32 random bytes in base64url: 43 characters. */
export function newSecret(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString("base64url");
}

/** A number in [0, 1): for spreading load, where it need not be reproducible. */
export function chance(): number {
  return Math.random();
}
