/**
 * The rules: what signals are worth how many points, and what a score leads to. Pure, so that every verdict can be
 * explained and tested as a table; docs/admission.md shows the same table. A buyer is judged by what they do and by
 * where they come from; addresses and subnets are judged alone too, for those who are new there, but never blocked:
 * behind one address may be a campus.
 */

export const riskActions = ["allow", "harder", "slow", "block"] as const;
export type RiskAction = (typeof riskActions)[number];

export const subjectKinds = ["buyer", "address", "subnet"] as const;
export type SubjectKind = (typeof subjectKinds)[number];

/** What is known of a subject; what does not apply to its kind is 0. */
export interface Signals {
  /** Within ten seconds. */
  readonly attempts: number;
  /** Of the attempts, when they come one after the other. */
  readonly intervals: number;
  readonly intervalMeanMs: number;
  readonly intervalVariation: number;
  /** Challenges that were solved, and those of them quicker than a browser does it. */
  readonly solved: number;
  readonly solvedQuickly: number;
  /** Addresses that a buyer comes from, within ten minutes. */
  readonly addresses: number;
  /** Accounts that come from the address (a buyer's latest), and from its subnet, within ten minutes. */
  readonly accountsOfAddress: number;
  readonly accountsOfSubnet: number;
}

export const noSignals: Signals = {
  attempts: 0,
  intervals: 0,
  intervalMeanMs: 0,
  intervalVariation: 1,
  solved: 0,
  solvedQuickly: 0,
  addresses: 0,
  accountsOfAddress: 0,
  accountsOfSubnet: 0,
};

export const ruleNames = [
  "many_attempts",
  "regular_clicks",
  "quick_solutions",
  "many_addresses",
  "crowded_address",
  "crowded_subnet",
] as const;
export type RuleName = (typeof ruleNames)[number];

interface Rule {
  readonly name: RuleName;
  readonly about: readonly SubjectKind[];
  /** What the rule looks at. */
  readonly value: (signals: Signals) => number;
  /** From which value on how many points, ascending; the last that is reached counts. */
  readonly points: readonly (readonly [from: number, points: number])[];
}

export interface Fired {
  readonly rule: RuleName;
  readonly points: number;
  readonly value: number;
}

export interface Judgement {
  readonly action: RiskAction;
  readonly score: number;
  /** The rules that have given points, the heaviest first. */
  readonly fired: readonly Fired[];
}

/** As few intervals say nothing of a rhythm, and a page that asks every minute is no click. */
const intervalsMin = 10;
const intervalMeanMsMax = 10_000;
/** One lucky guess is quick, too. */
const solvedQuicklyMin = 3;

/** Solutions of a normal challenge that come sooner after it was made than any browser solves it but by luck. */
export const quickMs = 100;

export const rules: readonly Rule[] = [
  {
    name: "many_attempts",
    about: ["buyer"],
    value: ({ attempts }) => Math.round(attempts),
    points: [
      [20, 20],
      [50, 60],
      [200, 90],
    ],
  },
  {
    name: "many_attempts",
    about: ["address"],
    value: ({ attempts }) => Math.round(attempts),
    points: [
      [300, 30],
      [2_000, 60],
    ],
  },
  {
    name: "regular_clicks",
    about: ["buyer"],
    // How far from random, in percent: 100 is a clock's tick.
    value: ({ intervals, intervalMeanMs, intervalVariation }) =>
      intervals < intervalsMin || intervalMeanMs > intervalMeanMsMax
        ? 0
        : Math.round(100 * Math.max(0, 1 - intervalVariation)),
    points: [
      [90, 30],
      [97, 40],
    ],
  },
  {
    name: "quick_solutions",
    about: ["buyer", "address"],
    value: ({ solved, solvedQuickly }) =>
      solvedQuickly < solvedQuicklyMin ? 0 : Math.round((100 * solvedQuickly) / solved),
    points: [[50, 40]],
  },
  {
    name: "many_addresses",
    about: ["buyer"],
    value: ({ addresses }) => addresses,
    points: [
      [6, 20],
      [20, 40],
    ],
  },
  {
    name: "crowded_address",
    about: ["buyer"],
    value: ({ accountsOfAddress }) => accountsOfAddress,
    points: [
      [20, 20],
      [100, 30],
    ],
  },
  {
    name: "crowded_address",
    about: ["address"],
    value: ({ accountsOfAddress }) => accountsOfAddress,
    points: [
      [50, 30],
      [300, 60],
    ],
  },
  {
    name: "crowded_subnet",
    about: ["buyer"],
    value: ({ accountsOfSubnet }) => accountsOfSubnet,
    points: [[300, 10]],
  },
  {
    name: "crowded_subnet",
    about: ["subnet"],
    value: ({ accountsOfSubnet }) => accountsOfSubnet,
    points: [[500, 30]],
  },
];

/** The score from which on an action is taken. */
export const scoreOf = { harder: 30, slow: 60, block: 90 } as const satisfies Record<
  Exclude<RiskAction, "allow">,
  number
>;

/** The worst that a subject of a kind can meet. */
const worst: Record<SubjectKind, RiskAction> = { buyer: "block", address: "slow", subnet: "harder" };

export function judge(kind: SubjectKind, signals: Signals): Judgement {
  const fired: Fired[] = [];
  for (const rule of rules) {
    if (!rule.about.includes(kind)) continue;
    const value = rule.value(signals);
    const points = rule.points.findLast(([from]) => value >= from)?.[1] ?? 0;
    if (points > 0) fired.push({ rule: rule.name, points, value });
  }
  const score = fired.reduce((sum, { points }) => sum + points, 0);
  const reached =
    score >= scoreOf.block ? "block" : score >= scoreOf.slow ? "slow" : score >= scoreOf.harder ? "harder" : "allow";
  return {
    action: riskActions.indexOf(reached) > riskActions.indexOf(worst[kind]) ? worst[kind] : reached,
    score,
    fired: fired.toSorted((a, b) => b.points - a.points),
  };
}

/** The stricter of two. */
export function stricter(a: RiskAction, b: RiskAction): RiskAction {
  return riskActions.indexOf(a) >= riskActions.indexOf(b) ? a : b;
}
