/**
 * The queue of a campaign: a waiting room that knows the stock. One place a buyer; whoever is there before the opening
 * gets a place by lot, so that being early gains nothing; who comes later stands behind, in the order of coming.
 *
 * | state     | entered when                                                           | left when                                  |
 * |-----------|------------------------------------------------------------------------|--------------------------------------------|
 * | waiting   | joined, from the publishing to the end                                 | a pass is given, or left                   |
 * | admitted  | its turn, and more units to be had than passes are out                 | an order, left, or the pass has run out    |
 * | completed | an order was reserved with the pass                                    | never: the order goes its way              |
 * | expired   | the pass has run out                                                   | never: joining again means a new place     |
 * | left      | the buyer leaves                                                       | never                                      |
 *
 * Never are more passes out than there are units to be had: a pass promises a unit of the campaign. It is the turn of the
 * first in line; where agents have a share of the stock and as many passes as units that they may have, of the first who
 * is none. While a campaign is paused no pass runs out, and when it goes on all have their whole time again; so they have
 * after a start.
 */
import type { Actor } from "./agents.ts";

export const queueStates = ["waiting", "admitted", "completed", "expired", "left"] as const;
export type QueueState = (typeof queueStates)[number];

/** An entry as it stands in storage; `entryId` is the `seq` of joining. */
export interface QueueRecord {
  readonly entryId: number;
  readonly campaignId: number;
  /** Empty when the buyer's identity was erased. */
  readonly buyerId: string;
  readonly state: QueueState;
  readonly joinedAtMs: number;
  readonly admittedAtMs: number | null;
  /** Of the pass. */
  readonly expiresAtMs: number | null;
  readonly endedAtMs: number | null;
  /** The event that ended it. */
  readonly endedSeq: number | null;
  /** The order that the pass became. */
  readonly orderId: number | null;
  /** Who joined in the buyer's name. */
  readonly actor: Actor | null;
}

/** An entry as a start needs it. */
export type QueueEntry = Pick<QueueRecord, "entryId" | "buyerId" | "state" | "expiresAtMs" | "actor">;

/** What the entries of a queue add up to that are over, those of the passes among them. */
export interface QueueSums extends Pick<QueueFigures, "completed" | "unitsTaken" | "unused" | "returned"> {
  /** The first that ever was. */
  readonly firstEntryId: number;
}

/** How a queue and its stock stand: what a place is worth follows from it. */
export interface QueueFigures {
  readonly waiting: number;
  /** Passes that are out. */
  readonly passes: number;
  /** Units that anybody with a pass can have, over all offers, those of the passes that are out included. */
  readonly free: number;
  readonly held: number;
  /** Orders by passes, and the units in them. */
  readonly completed: number;
  readonly unitsTaken: number;
  /** Passes that ended without an order. */
  readonly unused: number;
  /** Units of such orders that came back; by refunds, as far as is known since the start. */
  readonly returned: number;
  /** Admissions after the first rush, lately, and how long that took; 0 when too few to tell. */
  readonly recentAdmissions: number;
  readonly recentMs: number;
  /** What of it agents have and may have; `null` where they have no share of their own. */
  readonly agents: AgentFigures | null;
}

export interface AgentFigures extends AgentUnits {
  /** Of those who wait, and of the passes. */
  readonly waiting: number;
  readonly passes: number;
}

/** What a share of the stock is worth to agents. */
export interface AgentUnits {
  /** Units that they may have now, those of their passes included. */
  readonly free: number;
  /** Units more that they may have when all comes back that is held. */
  readonly held: number;
}

/** Where somebody stands in line: `agentsAhead` of those ahead joined as agents, as they did when `actor` says so. */
export interface Standing {
  readonly place: number;
  readonly agentsAhead: number;
  readonly actor: Actor | null;
}

export interface Outlook {
  /** Of getting a unit, by what others did so far; 0 only when no unit can be had any more. */
  readonly chance: number;
  /** Seconds until the turn comes, by how quickly it went lately; `null` when too little has happened to say. */
  readonly waitS: number | null;
}

/**
 * The place among those who can have their turn before: agents past what they may still have keep no person waiting. An
 * agent waits for all of them.
 */
export function turnOf({ agents }: QueueFigures, { place, agentsAhead, actor }: Standing): number {
  if (agents === null || actor !== null) return place;
  return place - agentsAhead + Math.min(agentsAhead, Math.max(0, agents.free + agents.held - agents.passes));
}

/** What a place is worth. An agent needs a unit, as a person does, and one of the agents' share: the smaller chance is theirs. */
export function outlookOf(figures: QueueFigures, standing: Standing): Outlook {
  const outlook = outlookAt(figures, turnOf(figures, { ...standing, actor: null }));
  const { agents } = figures;
  if (agents === null || standing.actor === null) return outlook;
  const ofShare = outlookAt({ ...figures, ...agents }, standing.agentsAhead + 1);
  const isWaitKnown = standing.agentsAhead < agents.free - agents.passes; // else it takes a return: nobody knows when
  return { chance: Math.min(outlook.chance, ofShare.chance), waitS: isWaitKnown ? outlook.waitS : null };
}

/**
 * What a turn is worth. Of those ahead (passes and places) each takes its units with the share of passes that became
 * orders so far; units held come back with the share of those that did. Both shares begin with one of two (Laplace's
 * rule of succession), and as long as little has happened neither is known well: that goes into the spread, so that
 * little is promised early. The numbers are taken as normal.
 */
function outlookAt(figures: QueueFigures, place: number): Outlook {
  const { passes, free, held, completed, unitsTaken, unused, returned, recentAdmissions, recentMs } = figures;
  const ahead = place - 1;
  const waitS =
    recentAdmissions === 0 || recentMs === 0 ? null : Math.ceil(((ahead + 1) * recentMs) / recentAdmissions / 1_000);
  if (free + held === 0) return { chance: 0, waitS: null };
  const rivals = passes + ahead;
  const unitsEach = completed === 0 ? 1 : unitsTaken / completed;
  if ((rivals + 1) * unitsEach <= free) return { chance: 1, waitS };
  const taking = shareOf(completed, completed + unused);
  const returning = shareOf(returned, unitsTaken);
  const wanted = rivals * unitsEach;
  const keeping = taking.mean * (1 - returning.mean);
  const mean = wanted * keeping - held * returning.mean;
  const variance =
    wanted * unitsEach * keeping * (1 - keeping) +
    held * returning.mean * (1 - returning.mean) +
    (wanted * (1 - returning.mean)) ** 2 * taking.variance +
    (wanted * taking.mean + held) ** 2 * returning.variance;
  const chance = normalBelow((free - 0.5 - mean) / Math.sqrt(Math.max(variance, 1e-9)));
  return { chance: Math.min(0.99, Math.max(0.01, Math.round(chance * 100) / 100)), waitS };
}

/** A share after so many of so many, and how well it is known. */
function shareOf(count: number, of: number): { readonly mean: number; readonly variance: number } {
  const mean = (count + 1) / (of + 2);
  return { mean, variance: (mean * (1 - mean)) / (of + 3) };
}

/** The share of a standard normal below z: Abramowitz and Stegun 26.2.17, right to 1e-7. */
function normalBelow(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail =
    (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) *
    t *
    (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z >= 0 ? 1 - tail : tail;
}
