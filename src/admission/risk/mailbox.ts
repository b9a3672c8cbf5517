/** What the HTTP threads and the risk desk on the main thread say to each other. */
import type { Fired, RiskAction, RuleName, Signals, SubjectKind } from "./rules.ts";

/** `attempt`: somebody tries to buy, join or enter. `order`: they have got units. `solved`: a challenge. */
export const sampleKinds = ["attempt", "order", "solved"] as const;
export type SampleKind = (typeof sampleKinds)[number];

/** `amount`: the units of an order; of a solved challenge the milliseconds since it was made; else 1. */
export type Sample = readonly [
  kind: number,
  buyerId: string,
  address: string,
  campaignId: number,
  atMs: number,
  amount: number,
];

/** What a thread has seen since its last batch. */
export interface SampleBatch {
  readonly samples: readonly Sample[];
  /** How many there were of each kind; those that are not among the samples were too many to tell. */
  readonly seen: Readonly<Record<SampleKind, number>>;
  /** Who was refused at the doors of a campaign, all of them: by campaign, then by outcome. */
  readonly refusals: readonly (readonly [campaignId: number, counts: Readonly<Record<string, number>>])[];
}

/** What the desk has decided about a subject, until it expires; `allow` takes an earlier one back. */
export interface Verdict {
  readonly kind: SubjectKind;
  /** The buyer's id; the address (IPv6: its /64); the subnet (/24, IPv6: /48). */
  readonly id: string;
  readonly action: RiskAction;
  readonly score: number;
  readonly fired: readonly Fired[];
  readonly sinceMs: number;
  readonly expiresAtMs: number;
}

/** A subject as the desk sees it at this moment. */
export interface Explanation {
  readonly kind: SubjectKind;
  readonly id: string;
  readonly signals: Signals;
  readonly score: number;
  readonly fired: readonly Fired[];
  /** In force; `null` when there is none. */
  readonly verdict: Verdict | null;
}

/** What the desk remembers of a sale: estimates where threads had too much to tell. */
export interface SaleMemory {
  readonly sinceMs: number;
  readonly attempts: number;
  readonly attemptsOfSuspects: number;
  readonly units: number;
  readonly unitsOfSuspects: number;
  readonly suspects: number;
  readonly subnetsCount: number;
  /** Those with most units first; the rest is in `unitsElsewhere`. */
  readonly subnets: readonly (readonly [subnet: string, units: number])[];
  readonly unitsElsewhere: number;
  readonly refusals: Readonly<Record<string, number>>;
  readonly suspectedBy: Readonly<Partial<Record<RuleName, number>>>;
}

export type DeskQuestion =
  | { readonly about: "buyer" | "address"; readonly id: string }
  | { readonly about: "campaign"; readonly campaignId: number }
  | { readonly about: "suspects" };

/** To a question about a subject: itself, and where it comes from; nobody the desk remembers: none. */
export type DeskAnswer = { readonly explanations: readonly Explanation[] } | { readonly memory: SaleMemory | null };

export type ToDesk =
  /** A batch as JSON. */
  | { readonly type: "samples"; readonly text: string }
  | { readonly type: "question"; readonly ticket: number; readonly question: DeskQuestion };

export type FromDesk =
  | { readonly type: "verdicts"; readonly verdicts: readonly Verdict[] }
  | { readonly type: "answer"; readonly ticket: number; readonly answer: DeskAnswer };
