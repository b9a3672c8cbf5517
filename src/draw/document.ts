/**
 * What is public of a draw, and what one entrant is told of their own entry: JSON as the API answers it and as files
 * keep it. Whoever has these needs nothing else to check it: check.ts, and web/proof/ in a browser.
 */
import type { BeaconRound, BeaconValue, DrawRecord } from "../domain/admission.ts";
import type { Actor } from "../domain/agents.ts";
import type { CampaignState } from "../domain/campaign.ts";
import { formatId } from "../domain/ids.ts";
import type { WaitlistState } from "../domain/waitlist.ts";
import { type ChainInfo, timeOfRound } from "./chain.ts";
import { drawSeed } from "./proof.ts";

/**
 * | state              | entered when                                   | what is known                            |
 * |--------------------|------------------------------------------------|------------------------------------------|
 * | open               | published                                      | the commitment, and the beacon's round   |
 * | waiting_for_beacon | closed, and the beacon's round is yet to come  | and who has entered: root and count      |
 * | made               | closed, with the round where there is a beacon | all                                      |
 * | void               | an operator has ended it, or nobody entered    | the commitment; there is no draw         |
 */
export const drawStates = ["open", "waiting_for_beacon", "made", "void"] as const;
export type DrawState = (typeof drawStates)[number];

/** What was settled before anybody could enter. */
export interface DrawTermsTold {
  readonly campaign_id: string;
  /** SHA-256 of the secret's bytes. All hashes and bytes are in hexadecimal digits. */
  readonly commitment: string;
  readonly closes_at: string | null;
  readonly beacon: BeaconTold | null;
}

export interface BeaconTold {
  /** The chain's hash. */
  readonly chain: string;
  readonly round: number;
  /** When the round is signed, and what the chain says of itself: `null` where this folder does not know it. */
  readonly round_at: string | null;
  readonly info: ChainInfo | null;
}

/** The draw of one offer. */
export interface OfferDraw {
  readonly offer_id: string;
  readonly state: DrawState;
  /** When its entries were closed, and the row of the ledger that says so. */
  readonly closed_at: string | null;
  readonly closed_seq: number | null;
  /** Over the leaves in the order of entering. */
  readonly root: string | null;
  readonly count: number | null;
  /** Revealed. */
  readonly secret: string | null;
  readonly beacon: BeaconValue | null;
  readonly seed: string | null;
}

/** The draws of a campaign: the first line of a draw's file. */
export interface DrawDocument extends DrawTermsTold {
  readonly offers: readonly OfferDraw[];
}

/** One entry, without who it is: another line of a draw's file. */
export interface DrawEntryTold {
  readonly offer_id: string;
  /** From 0, in the order of entering. */
  readonly index: number;
  readonly entry_id: string;
  readonly leaf: string;
  /** `offered`: it was offered an order. */
  readonly state: WaitlistState;
  /** 1 for the first; `null` before the draw is made. */
  readonly rank: number | null;
  readonly order_id: string | null;
}

/** What one entrant is told: enough to check all that concerns them. */
export interface DrawProof extends DrawTermsTold {
  readonly draw: OfferDraw;
  readonly entry_id: string;
  readonly entered_at: string;
  readonly state: WaitlistState;
  readonly order_id: string | null;
  /** What the leaf is made of; `by_agent` only where an agent entered in the buyer's name. */
  readonly buyer_id: string;
  readonly by_agent?: true;
  readonly salt: string;
  readonly leaf: string;
  /** `null` before the draw is closed. */
  readonly index: number | null;
  readonly path: readonly string[] | null;
  readonly rank: number | null;
}

/** The draw of an offer as it is stored, from its closing. */
export interface ClosedDraw extends DrawRecord {
  readonly closedAtMs: number;
}

/** An entry of a draw as it is stored; `leaf` is what its row in the ledger says of it. */
export interface DrawEntry {
  readonly entryId: number;
  readonly state: WaitlistState;
  readonly orderId: number | null;
  readonly leaf: string;
}

/** The same with who entered it; both are `null` when the buyer was erased. */
export interface OwnDrawEntry extends DrawEntry {
  readonly enteredAtMs: number;
  readonly buyerId: string | null;
  readonly actor: Actor | null;
  readonly salt: string | null;
}

/** Reads of committed draws; implemented by storage. */
export interface DrawReader {
  /** Those of a campaign that are closed. */
  drawsOf(campaignId: number): ClosedDraw[];
  /** In the order of entering, from one on. */
  entriesFrom(offerId: number, entryId: number, limit: number): DrawEntry[];
  /** A buyer's, with what the leaf is made of. */
  entryOf(offerId: number, buyerId: string): OwnDrawEntry | null;
}

interface DrawnCampaign {
  readonly id: number;
  readonly closesAtMs: number | null;
  readonly commitment: string | null;
  readonly beacon: BeaconRound | null;
}

export function termsToldOf(
  { id, closesAtMs, commitment, beacon }: DrawnCampaign,
  chainOf: (hash: string) => ChainInfo | null,
): DrawTermsTold {
  if (commitment === null) throw new Error(`campaign ${id} has nothing to draw with`);
  return {
    campaign_id: formatId("cmp", id),
    commitment,
    closes_at: timeOrNull(closesAtMs),
    beacon: beacon === null ? null : beaconToldOf(beacon, chainOf(beacon.chain)),
  };
}

function beaconToldOf({ chain, round }: BeaconRound, info: ChainInfo | null): BeaconTold {
  return { chain, round, round_at: info === null ? null : timeOrNull(timeOfRound(info, round)), info };
}

/** `draw` is `null` as long as it is not closed. */
export function offerDrawOf(offerId: number, campaignState: CampaignState, draw: ClosedDraw | null): OfferDraw {
  const offer_id = formatId("off", offerId);
  if (draw === null) {
    const nothing = {
      closed_at: null,
      closed_seq: null,
      root: null,
      count: null,
      secret: null,
      beacon: null,
      seed: null,
    };
    return { offer_id, state: campaignState === "ended" ? "void" : "open", ...nothing };
  }
  const { closedAtMs, closedSeq, root, count, secret, beacon } = draw;
  const told = {
    ...{ offer_id, state: secret === null ? ("waiting_for_beacon" as const) : ("made" as const) },
    ...{ closed_at: timeOrNull(closedAtMs), closed_seq: closedSeq, root, count, secret, beacon },
  };
  return { ...told, seed: seedOf(told) };
}

/** The seed that follows from what is told, or `null` before the draw is made. */
export function seedOf({ offer_id: offerId, secret, root, count, beacon }: Omit<OfferDraw, "seed">): string | null {
  if (secret === null || root === null || count === null) return null;
  return drawSeed({ offerId, secret, root, count, randomness: beacon?.randomness ?? null });
}

export function entryToldOf(
  { entryId, state, orderId, leaf }: DrawEntry,
  place: { readonly offerId: number; readonly index: number; readonly rank: number | null },
): DrawEntryTold {
  return {
    offer_id: formatId("off", place.offerId),
    index: place.index,
    entry_id: formatId("wte", entryId),
    leaf,
    state,
    rank: place.rank,
    order_id: orderId === null ? null : formatId("ord", orderId),
  };
}

/** `place` is `null` before the draw is closed. */
export function proofOf(
  terms: DrawTermsTold,
  draw: OfferDraw,
  entry: OwnDrawEntry,
  place: { readonly index: number; readonly path: readonly string[]; readonly rank: number | null } | null,
): DrawProof {
  const { entryId, enteredAtMs, state, orderId, buyerId, actor, salt, leaf } = entry;
  if (buyerId === null || salt === null) throw new Error(`entry ${entryId} is nobody's any more`);
  return {
    ...terms,
    draw,
    entry_id: formatId("wte", entryId),
    entered_at: new Date(enteredAtMs).toISOString(),
    state,
    order_id: orderId === null ? null : formatId("ord", orderId),
    ...{ buyer_id: buyerId, ...(actor === null ? {} : { by_agent: true as const }), salt, leaf },
    ...{ index: place?.index ?? null, path: place?.path ?? null, rank: place?.rank ?? null },
  };
}

function timeOrNull(atMs: number | null): string | null {
  return atMs === null ? null : new Date(atMs).toISOString();
}
