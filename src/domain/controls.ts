/**
 * Controls: what operators change while it runs. One record for everything: how much may be asked for (rate limits),
 * what is switched off for now (switches), and what the risk desk may do. Durable, in the ledger by its hash, in the
 * audit log; every thread knows it within a moment of the change.
 */

/** A policy: `quota` attempts within `windowS` seconds, spread out by GCRA. */
export interface RateLimit {
  readonly quota: number;
  readonly windowS: number;
}

/** What is counted for a limit: each buyer, each address (IPv6: each /64), each campaign, all; refused tokens, and guests, by address. */
export const rateLimitNames = ["buyer", "address", "campaign", "overall", "failures", "guests"] as const;
export type RateLimitName = (typeof rateLimitNames)[number];
export type RateLimits = Readonly<Record<RateLimitName, RateLimit | null>>;

/**
 * | switch          | while it is on                                                                  |
 * | --------------- | ------------------------------------------------------------------------------- |
 * | pause_sales     | nobody buys, joins a waitlist or enters a draw, as in a paused campaign; queues |
 * |                 | may be joined and stand still; orders and waitlists that stand go on            |
 * | queue_everybody | open campaigns let in by their queue alone                                      |
 * | refuse_joins    | nobody joins a waitlist or a queue, enters a draw, or sets a reminder           |
 * | streams_off     | no event streams: pages ask again instead                                       |
 * | search_off      | no search for orders, no lists of all of them                                   |
 * | exports_off     | no downloads                                                                    |
 * | chat_off        | no conversations: pages and the API go on                                       |
 * | read_only       | buyers look and change nothing; what is reserved can be paid, and expires       |
 */
export const switchNames = [
  "pause_sales",
  "queue_everybody",
  "refuse_joins",
  "streams_off",
  "search_off",
  "exports_off",
  "chat_off",
  "read_only",
] as const;
export type SwitchName = (typeof switchNames)[number];

/** Those that can be thrown for one campaign: search, exports and conversations go over all of them. */
export const campaignSwitchNames = [
  "pause_sales",
  "queue_everybody",
  "refuse_joins",
  "streams_off",
  "read_only",
] as const satisfies readonly SwitchName[];

export function isCampaignSwitch(name: SwitchName): boolean {
  return (campaignSwitchNames as readonly SwitchName[]).includes(name);
}

/** off: no signals are kept. record: it judges, and nobody feels it. enforce: its verdicts hold. */
export const riskModes = ["off", "record", "enforce"] as const;
export type RiskMode = (typeof riskModes)[number];

/** A switch that is on: for one campaign, or with `null` for all. */
export interface SwitchOn {
  readonly name: SwitchName;
  readonly campaignId: number | null;
}

export interface Controls {
  readonly rateLimits: RateLimits;
  readonly switchesOn: readonly SwitchOn[];
  readonly riskMode: RiskMode;
}

/** What is to be different; what is not named stays, so that two who change different things do not undo each other. */
export interface ControlsChange {
  readonly rateLimits?: Partial<RateLimits>;
  readonly switches?: readonly (SwitchOn & { readonly isOn: boolean })[];
  readonly riskMode?: RiskMode;
}

/**
 * Before anybody has changed them. A buyer has five attempts a second, more than anybody clicks for long, and many more
 * than any sale gives. Addresses are not limited: an office, a campus or a mobile network brings thousands of people by
 * one, and so does a proxy that is not trusted yet. Tokens that are refused cost a signature each, so they are; but so
 * many that nobody shuts out those who share the address with some requests a second. Whoever is a guest is somebody new
 * for nothing, so an address has no more of them than a small office has people.
 */
export const controlsDefault: Controls = {
  rateLimits: {
    buyer: { quota: 50, windowS: 10 },
    address: null,
    campaign: null,
    overall: null,
    failures: { quota: 10_000, windowS: 10 },
    guests: { quota: 100, windowS: 3_600 },
  },
  switchesOn: [],
  riskMode: "record",
};

/** Controls as they were stored: limits that there were none of then are as nobody has changed them. */
export function storedControls(stored: Controls): Controls {
  return { ...stored, rateLimits: { ...controlsDefault.rateLimits, ...stored.rateLimits } };
}

/** Whether a switch is on for everything or for this campaign. */
export function isOn({ switchesOn }: Controls, name: SwitchName, campaignId: number | null = null): boolean {
  for (const on of switchesOn) {
    if (on.name === name && (on.campaignId === null || on.campaignId === campaignId)) return true;
  }
  return false;
}

/** The controls with what is to be different. */
export function changedControls(before: Controls, { rateLimits, switches = [], riskMode }: ControlsChange): Controls {
  const isSame = (a: SwitchOn, b: SwitchOn) => a.name === b.name && a.campaignId === b.campaignId;
  let switchesOn = before.switchesOn;
  for (const { isOn: willBeOn, name, campaignId } of switches) {
    switchesOn = switchesOn.filter((on) => !isSame(on, { name, campaignId }));
    if (willBeOn) switchesOn = [...switchesOn, { name, campaignId }];
  }
  return {
    rateLimits: { ...before.rateLimits, ...rateLimits },
    switchesOn: switchesOn.toSorted(bySwitch),
    riskMode: riskMode ?? before.riskMode,
  };
}

/** The same record for the same state, in whatever order it was brought about. */
function bySwitch(a: SwitchOn, b: SwitchOn): number {
  return switchNames.indexOf(a.name) - switchNames.indexOf(b.name) || (a.campaignId ?? 0) - (b.campaignId ?? 0);
}
