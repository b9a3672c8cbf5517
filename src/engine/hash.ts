/** The hash of the engine's tables: of text, native and stable; and of two numbers. Never of secrets. */

/** 32 bits of the text; another seed gives independent bits. */
export function hashText(text: string, seed: number): number {
  return Bun.hash.murmur32v3(text, seed);
}

/** 32 mixed bits of two 32-bit numbers (the finaliser of MurmurHash3 over their combination). */
export function hashPair(a: number, b: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
