/**
 * Who may try to buy in a campaign, and how: whoever asks first (`open`), whoever's turn it is in the waiting room
 * (`queue`), or whoever is drawn among the entries (`draw`).
 *
 * A queue's or draw's order comes from a secret that is made before anybody can enter, and of which a commitment is public from the
 * publishing on: nobody can choose it once they know who has come.
 */
import { type AgentTerms, agentsAllowed } from "./agents.ts";
import { type Controls, isOn } from "./controls.ts";

export const admissionModes = ["open", "queue", "draw"] as const;
export type AdmissionMode = (typeof admissionModes)[number];

export const challengeKinds = ["none", "proof_of_work", "captcha"] as const;
export type ChallengeKind = (typeof challengeKinds)[number];

export interface AdmissionTerms {
  readonly mode: AdmissionMode;
  /** Whether an open campaign sells to holders of a pass alone. A queue always does, a draw never. */
  readonly needsPass: boolean;
  /** Seconds for which a pass is good. */
  readonly passWindowS: number;
  /** What is asked of whoever wants a pass, a place in the queue, an entry in the draw. */
  readonly challenge: ChallengeKind;
  /** Whether software may buy in a buyer's name. */
  readonly agents: AgentTerms;
}

/** What a campaign that says nothing of it has. */
export const openAdmission: AdmissionTerms = {
  mode: "open",
  needsPass: false,
  passWindowS: 120,
  challenge: "none",
  agents: agentsAllowed,
};

/** How buyers get in: freely, with a pass that they ask for, in their turn, or by being drawn. */
export type WayIn = "free" | "pass" | "queue" | "draw";

/** The way into a campaign as things stand: operators can send everybody through the queue. */
export function wayInto(
  { id, admission }: { readonly id: number; readonly admission: AdmissionTerms },
  controls: Controls,
): WayIn {
  if (admission.mode !== "open") return admission.mode;
  if (controls.switchesOn.length > 0 && isOn(controls, "queue_everybody", id)) return "queue";
  return admission.needsPass ? "pass" : "free";
}

/**
 * What a buyer is told of their entry in a draw.
 *
 * | state   | what it means                                                                    |
 * |---------|----------------------------------------------------------------------------------|
 * | entered | among those who will be drawn                                                    |
 * | waiting | the draw is made: next are those whose place comes before                        |
 * | won     | became the order that is named                                                   |
 * | left    | given up                                                                         |
 * | over    | the sale is settled or was ended before the draw: no order came, and none will   |
 */
export const drawEntryStates = ["entered", "waiting", "won", "left", "over"] as const;
export type DrawEntryState = (typeof drawEntryStates)[number];

/** A round of a public source of chance (drand), named before anybody can know what it will say. */
export interface BeaconRound {
  /** The chain's hash, in hexadecimal digits. */
  readonly chain: string;
  readonly round: number;
}

/** What the order of a queue or draw will be made of; settled when the campaign is published. */
export interface DrawTerms {
  /** 32 random bytes in hexadecimal digits: nobody is told before it has done its work. */
  readonly secret: string;
  /** SHA-256 of the secret's bytes, in hexadecimal digits. */
  readonly commitment: string;
  /** Draws alone; `null` when the secret alone decides. */
  readonly beacon: BeaconRound | null;
}

/** A beacon's word for its round. */
export interface BeaconValue {
  readonly round: number;
  /** In hexadecimal digits, as the signature of which it is the SHA-256. */
  readonly randomness: string;
  readonly signature: string;
}

/** The draw of one offer, closed: who has entered by then is fixed. `seed` and what follows is `null` until it is made. */
export interface DrawRecord {
  readonly offerId: number;
  /** The event that closed it. */
  readonly closedSeq: number;
  /** The Merkle root over the entries in the order of entering, in hexadecimal digits, and how many there are. */
  readonly root: string;
  readonly count: number;
  readonly secret: string | null;
  readonly beacon: BeaconValue | null;
}
