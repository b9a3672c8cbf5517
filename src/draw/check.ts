/**
 * Checks a draw from what is public of it, and an entrant's proof. Every function answers the first thing that does not
 * hold in a sentence, or `null` when all that can be known yet holds.
 */
import { parseId } from "../domain/ids.ts";
import { detailsText, entryDetails } from "../domain/ledger.ts";
import { sha256, sha256OfHex } from "../host/hash.ts";
import { problemOfBeacon } from "./beacon.ts";
import { type ChainInfo, hashOfChain, timeOfRound } from "./chain.ts";
import { type DrawEntryTold, type DrawProof, type DrawTermsTold, type OfferDraw, seedOf } from "./document.ts";
import { MerkleLog, rankingOf, rootFromPath } from "./proof.ts";

/**
 * The draw is in the state that everything else says: nobody has to believe a word of it. Without a beacon a draw is made
 * in the moment of its closing; with one nothing can have been drawn without its word.
 */
export function problemOfState(terms: DrawTermsTold, draw: OfferDraw): string | null {
  const { offer_id: id, state, root, count, secret, seed, beacon } = draw;
  const isDrawn = secret !== null || seed !== null || beacon !== null;
  if ((root === null) !== (count === null)) return `offer ${id} has a root without a count, or a count without a root`;
  if (root === null) {
    const isEarly = (state === "open" || state === "void") && !isDrawn;
    return isEarly ? null : `offer ${id} has no root, and is told as ${state.replaceAll("_", " ")}`;
  }
  if (!isDrawn) {
    if (state !== "waiting_for_beacon") return `offer ${id} is told as ${state}, and its secret is not`;
    return terms.beacon === null ? `offer ${id} was closed and not drawn, though it waits for no beacon` : null;
  }
  if (secret === null || seed === null) return `offer ${id} was drawn, and its secret or its seed is not told`;
  return state === "made" ? null : `offer ${id} was drawn, and is told as ${state.replaceAll("_", " ")}`;
}

/** The secret is the one that was committed to before anybody could enter. */
export function problemOfSecret({ commitment }: DrawTermsTold, { offer_id: id, secret }: OfferDraw): string | null {
  if (secret === null || sha256OfHex(secret) === commitment) return null;
  return `the secret of offer ${id} is not the one that was committed to: it has another SHA-256 than ${commitment}`;
}

/** The beacon that decided is the one that was named before, and really said so. `chain` for whoever knows it better. */
export async function problemOfBeaconTold(
  terms: DrawTermsTold,
  { offer_id: id, secret, beacon }: OfferDraw,
  chain: ChainInfo | null = terms.beacon?.info ?? null,
): Promise<string | null> {
  if (terms.beacon === null)
    return beacon === null ? null : `offer ${id} was drawn by a beacon that was not named before`;
  if (chain !== null && chain.hash !== terms.beacon.chain)
    return `the beacon is the chain ${terms.beacon.chain}, not ${chain.hash}`;
  if (chain !== null && hashOfChain(chain) !== chain.hash)
    return "what is told of the beacon's chain does not have its hash";
  if (beacon === null) return secret === null ? null : `offer ${id} was drawn without the beacon that was named before`;
  if (beacon.round !== terms.beacon.round) {
    return `offer ${id} was drawn by round ${beacon.round} of the beacon, not by round ${terms.beacon.round}`;
  }
  if (chain === null) return `the beacon's chain is not known here: give its info with --beacon`;
  return problemOfBeacon(chain, beacon);
}

/** Whether the beacon's round may have been known before the entries were closed: then it proves nothing of them. */
export function isBeaconLate(terms: DrawTermsTold, { closed_at: closedAt }: OfferDraw, chain: ChainInfo): boolean {
  return terms.beacon !== null && closedAt !== null && Date.parse(closedAt) >= timeOfRound(chain, terms.beacon.round);
}

export function problemOfSeed(draw: OfferDraw): string | null {
  return draw.seed === seedOf(draw)
    ? null
    : `the seed of offer ${draw.offer_id} does not follow from what it is made of`;
}

/** Takes all entries of a draw, in the order of entering; then tells whether root, ranks and orders are what follows. */
export class EntriesCheck {
  readonly #draw: OfferDraw;
  readonly #log = new MerkleLog();
  readonly #entries: DrawEntryTold[] = [];
  #problem: string | null = null;

  constructor(draw: OfferDraw) {
    this.#draw = draw;
  }

  get count(): number {
    return this.#entries.length;
  }

  take(entry: DrawEntryTold): void {
    this.#problem ??= this.#problemOf(entry);
    this.#log.append(entry.leaf);
    this.#entries.push(entry);
  }

  /** All entries are there, as they were when the root was fixed. */
  problemOfRoot(): string | null {
    const { offer_id: id, root, count } = this.#draw;
    if (this.#problem !== null || root === null) return this.#problem;
    if (this.count !== count) return `offer ${id} has ${this.count} entries, the draw was over ${count}`;
    if (this.#log.root() === root) return null;
    return `the entries of offer ${id} do not give the root of its draw: one was changed, put in or swapped after the closing`;
  }

  /** Every rank is the one that follows from the seed. */
  problemOfRanks(): string | null {
    const ranking = this.#ranking();
    if (ranking === null) {
      const early = this.#entries.find(({ rank }) => rank !== null);
      return early === undefined ? null : `entry ${early.entry_id} has rank ${early.rank}, and nothing was drawn yet`;
    }
    for (const [at, index] of ranking.entries()) {
      const entry = this.#entries[index];
      if (entry !== undefined && entry.rank !== at + 1) {
        return `entry ${entry.entry_id} has rank ${entry.rank ?? "none"}, by the seed it has rank ${at + 1}`;
      }
    }
    return null;
  }

  /** Orders went down the list, one after the other, passing over nobody but those who had left. */
  problemOfOrders(): string | null {
    const ranking = this.#ranking();
    if (ranking === null) {
      const early = this.#entries.find(({ state }) => state === "offered");
      return early === undefined ? null : `entry ${early.entry_id} was offered an order before anything was drawn`;
    }
    let passed: DrawEntryTold | null = null;
    let lastOrder = 0;
    for (const index of ranking) {
      const entry = this.#entries[index];
      if (entry === undefined || entry.state === "left") continue;
      if (entry.state === "waiting") {
        passed ??= entry;
        continue;
      }
      const { entry_id: id, rank } = entry;
      if (passed !== null) {
        return `entry ${id} with rank ${rank} was offered an order, and entry ${passed.entry_id} with rank ${passed.rank} still waits`;
      }
      const order = parseId("ord", entry.order_id ?? "");
      if (order === null) return `entry ${id} was offered an order that is not told`;
      if (order <= lastOrder) return `entry ${id} with rank ${rank} was offered its order before others who come first`;
      lastOrder = order;
    }
    return null;
  }

  #problemOf({ index, entry_id: id, offer_id, state, order_id }: DrawEntryTold): string | null {
    if (offer_id !== this.#draw.offer_id) return `entry ${id} is of offer ${offer_id}`;
    if (index !== this.count) return `entry ${id} stands at ${index}, where ${this.count} follows`;
    const before = this.#entries.at(-1)?.entry_id ?? "";
    if (id <= before) return `entry ${id} stands after ${before}, which was made later`;
    return (order_id === null) === (state !== "offered") ? null : `entry ${id} is ${state}, as its order does not say`;
  }

  #ranking(): Uint32Array | null {
    const seed = seedOf(this.#draw);
    return seed === null ? null : rankingOf(seed, this.#draw.count ?? 0);
  }
}

/** An entry's leaf is the hash of who entered it. */
export function problemOfLeaf({
  entry_id: id,
  buyer_id,
  by_agent,
  salt,
  leaf,
}: Pick<DrawProof, "entry_id" | "buyer_id" | "by_agent" | "salt" | "leaf">): string | null {
  const actor = by_agent === true ? "agent" : null;
  if (sha256(detailsText(salt, entryDetails({ buyerId: buyer_id, actor }))) === leaf) return null;
  return `the leaf of entry ${id} was made of another buyer, mark or salt than ${JSON.stringify(buyer_id)}`;
}

/** The entry is among those that were drawn. */
export function problemOfInclusion({ entry_id: id, leaf, index, path, draw }: DrawProof): string | null {
  const { root, count } = draw;
  if (root === null || count === null) return null;
  if (index === null || path === null) return `entry ${id} has no path to the root, though the draw is closed`;
  if (rootFromPath({ leaf, index, count, path }) === root) return null;
  return `entry ${id} is not among those that were drawn: its path does not lead to the root`;
}

/** The entry's rank is the one that follows from the seed. */
export function problemOfRank({ entry_id: id, index, rank, draw }: DrawProof): string | null {
  const seed = seedOf(draw);
  if (seed === null) return rank === null ? null : `entry ${id} has rank ${rank}, and nothing was drawn yet`;
  const right = rankingOf(seed, draw.count ?? 0).indexOf(index ?? -1) + 1;
  return right === rank ? null : `entry ${id} has rank ${rank ?? "none"}, by the seed it has rank ${right}`;
}

/** Two that tell of the same draw, perhaps from before and after it, tell the same. */
export function problemBetween(
  one: { readonly terms: DrawTermsTold; readonly draw: OfferDraw },
  other: { readonly terms: DrawTermsTold; readonly draw: OfferDraw },
): string | null {
  const { offer_id: id } = one.draw;
  if (one.terms.campaign_id !== other.terms.campaign_id) return `offer ${id} was of another campaign before`;
  if (one.terms.closes_at !== other.terms.closes_at) return `the closing of offer ${id} was at another time before`;
  if (one.terms.commitment !== other.terms.commitment) return `the commitment of offer ${id} was another one before`;
  const [beacon, otherBeacon] = [one.terms.beacon, other.terms.beacon].map((told) => `${told?.chain} ${told?.round}`);
  if (beacon !== otherBeacon) return `the beacon's round of offer ${id} was another one before`;
  const draws = [one.draw, other.draw];
  if (draws.some(({ state }) => state === "void") && draws.some(({ root }) => root !== null))
    return `the entries of offer ${id} were fixed, and elsewhere it is told that there is no draw`;
  for (const name of ["root", "count", "secret", "seed"] as const) {
    const values = [one.draw[name], other.draw[name]];
    if (!values.includes(null) && values[0] !== values[1]) return `the ${name} of offer ${id} was another one before`;
  }
  return null;
}

/** Two proofs of entries in one draw: of the same entry they say the same, and no buyer has two. */
export function problemBetweenEntries(one: DrawProof, other: DrawProof): string | null {
  const { entry_id: id, buyer_id: buyer } = one;
  if (id !== other.entry_id)
    return buyer === other.buyer_id ? `the entry of the same buyer was ${other.entry_id}` : null;
  for (const name of ["buyer_id", "salt", "leaf", "entered_at", "index"] as const) {
    const values = [one[name], other[name]];
    if (!values.includes(null) && values[0] !== values[1]) return `the ${name} of entry ${id} was another one before`;
  }
  return null;
}

/** The entry of a proof is among all entries of its draw, unchanged. */
export function problemOfEntryIn(
  { entry_id: id, leaf, index }: DrawProof,
  entries: readonly DrawEntryTold[],
): string | null {
  const entry = entries.find((one) => one.entry_id === id);
  if (entry === undefined) return `entry ${id} is not among those that were drawn`;
  if (entry.leaf !== leaf) return `the leaf of entry ${id} is another one among those that were drawn`;
  return index === null || index === entry.index ? null : `entry ${id} stands elsewhere among those that were drawn`;
}
