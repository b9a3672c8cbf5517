/**
 * The access list: who is let by whatever they do, and who is not let in at all. Kept by operators, each entry with a
 * reason and, where it is to end by itself, an expiry. There is one entry for a target: what is said later replaces it.
 *
 * Which entry counts for a request: the one about its buyer, else the one about the smallest network that its address
 * lies in; one that has expired counts as none.
 */

export const accessEffects = ["block", "allow"] as const;
export type AccessEffect = (typeof accessEffects)[number];

/** A buyer by id, or a network: an address alone is one of a single address. */
export const accessKinds = ["buyer", "network"] as const;
export type AccessKind = (typeof accessKinds)[number];

export interface AccessTarget {
  readonly kind: AccessKind;
  /** The buyer's id; the network in its usual form with its length, as `192.0.2.0/24`. */
  readonly value: string;
}

/** An entry as it stands in storage; `entryId` is the `seq` of its making. */
export interface AccessEntry extends AccessTarget {
  readonly entryId: number;
  readonly effect: AccessEffect;
  /** Told to whoever is refused by it. */
  readonly reason: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
}

/** A change of the list, as threads are told of it. */
export type AccessChange =
  | { readonly added: AccessEntry; readonly removedId?: never }
  | { readonly removedId: number; readonly added?: never };

export function isExpired({ expiresAtMs }: Pick<AccessEntry, "expiresAtMs">, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}
