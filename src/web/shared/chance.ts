/** Chance on this device: keys that no other purchase has, and times that not everybody has in common. */

/** A key for one purchase: sent again unchanged, it never buys twice. */
export function newKey(): string {
  return crypto.randomUUID();
}

/** Half to one and a half of it, so that a crowd which lost its server does not come back in the same instant. */
export function spread(ms: number): number {
  return ms * (0.5 + Math.random());
}
