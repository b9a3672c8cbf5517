/**
 * A rehearsal from its beginning to its report: a sandbox, a copy of the campaign in it, a crowd, and what is measured
 * meanwhile. Afterwards the orders are held against what buyers were told, and the folder is verified as any other.
 *
 * What is told of the real campaign comes in; nothing here knows where it is, so nothing can touch it. However it ends,
 * the sandbox and its folder are gone.
 */
import type { Settings } from "../config.ts";
import type { WayIn } from "../domain/admission.ts";
import { type Clock, startClock } from "../host/clock.ts";
import { OperationError } from "../host/operation-error.ts";
import type {
  RehearsalOrder,
  RehearsalProgress,
  RehearsalReport,
  RehearsedCampaign,
  RehearsedControls,
} from "../http/rehearsal-schemas.ts";
import { wireTime } from "../http/respond.ts";
import { openReader } from "../storage/sqlite/open.ts";
import { verifyInTwoThreads } from "../verification.ts";
import { type CampaignJson, callApi, type OfferJson, type OrderJson } from "./api.ts";
import { countText } from "./command.ts";
import { reconcile } from "./load-reconcile.ts";
import { RehearsalAccount, rounded } from "./rehearsal-account.ts";
import { bottleneckOf } from "./rehearsal-bottleneck.ts";
import { buyerIds, Crowd, scalpersOf } from "./rehearsal-crowd.ts";
import { Line } from "./rehearsal-line.ts";
import { Measure } from "./rehearsal-measure.ts";
import { Sandbox } from "./rehearsal-sandbox.ts";
import { signTokens } from "./token.ts";

export interface RehearsalHost {
  /** Settings of the real server that the copy shares. */
  readonly sandbox: Settings;
  readonly interrupted: AbortSignal;
  readonly onProgress: (progress: RehearsalProgress) => void;
}

/** Time to publish, before the first ones come. */
const setUpMsMin = 1_000;
const setUpMsMax = 8_000;
const earlyMsMin = 1_000;
const earlyMsMax = 5_000;
/** Long enough to pay in, short enough to see what happens to those who do not. */
const paymentWindowSMin = 4;
const paymentWindowSMax = 20;
const everyMs = 1_000;
const tokenMs = 3_600_000;
/** Of a draw: after the last arrival, so that whoever has come can think, solve and enter. */
const closingMs = 2_500;
const solvingMs = 3_500;
/** Orders expire, are offered to the next, and expire again: so many times are waited for. */
const roundsMax = 2;
const readsMax = 5;

/** Throws `OperationError` when it cannot be done, or was interrupted. */
export async function rehearse(order: RehearsalOrder, host: RehearsalHost): Promise<RehearsalReport> {
  const clock = startClock();
  const { interrupted } = host;
  await using sandbox = await Sandbox.start(host.sandbox, interrupted);
  const copy = await makeCopy(order, sandbox, clock);
  interrupted.throwIfAborted();
  const run = new Rehearsal(order, { sandbox, copy, clock, host });
  try {
    await run.drive();
  } finally {
    run.end();
  }
  interrupted.throwIfAborted();
  const orders = await run.readOrders();
  await sandbox.stop();
  const verified = await verifyFolder(sandbox.folder);
  interrupted.throwIfAborted();
  return run.report(orders, verified);
}

/** The campaign in the sandbox, and the crowd's tokens. */
interface Copy {
  readonly campaign: CampaignJson;
  readonly way: WayIn;
  readonly challenge: RehearsedCampaign["challenge"];
  readonly paymentWindowS: number;
  readonly earlyMs: number;
  readonly opensAtMs: number;
  readonly closesAtMs: number | null;
  readonly differences: readonly string[];
  readonly tokens: readonly string[];
}

/** Made again with more time ahead when the first ones could not have come any more: the machine is slow just now. */
async function makeCopy(order: RehearsalOrder, sandbox: Sandbox, clock: Clock): Promise<Copy> {
  const expiresAtMs = clock.nowMs() + tokenMs;
  const ids = buyerIds(order.settings);
  const tokens = await signTokens(sandbox.jwtSecret, ids, { expiresAtMs, onSigned: () => {} });
  const operate: Operate = (path, body) =>
    callApi(`${sandbox.url}/v1${path}`, { method: "POST", as: sandbox.operatorKey, body });
  for (let leadMs = setUpMsMin; ; leadMs *= 2) {
    const copy = { ...(await publishCopy(order, operate, clock.nowMs() + leadMs)), tokens };
    if (clock.nowMs() <= copy.opensAtMs - copy.earlyMs || leadMs >= setUpMsMax) return copy;
    await operate(`/campaigns/${copy.campaign.id}/end`);
  }
}

type Operate = <T>(path: string, body?: unknown) => Promise<T>;

async function publishCopy(
  { campaign, controls, settings }: RehearsalOrder,
  operate: Operate,
  firstMs: number,
): Promise<Omit<Copy, "tokens">> {
  const earlyMs = Math.min(earlyMsMax, Math.max(earlyMsMin, Math.round((settings.rush_s * 1_000) / 6)));
  const opensAtMs = firstMs + earlyMs;
  const isDrawn = campaign.admission === "draw";
  const closesAtMs = isDrawn
    ? opensAtMs + settings.rush_s * 1_000 + closingMs + (campaign.challenge === "none" ? 0 : solvingMs)
    : null;
  const windowS = Math.min(paymentWindowSMax, Math.max(paymentWindowSMin, settings.rush_s));
  const paymentWindowS = Math.min(campaign.payment_window_s, windowS);
  const challenge = campaign.challenge === "captcha" ? "proof_of_work" : campaign.challenge;
  const isQueueForAll = isQueueForced(controls, campaign);
  const { id } = await operate<CampaignJson>("/campaigns", {
    title: campaign.title,
    opens_at: wireTime(opensAtMs),
    ...(closesAtMs === null ? {} : { closes_at: wireTime(closesAtMs) }),
    payment_window_s: paymentWindowS,
    // What a mode brings along must not be said again.
    ...(campaign.admission === "queue" ? {} : { waitlist: campaign.waitlist }),
    admission: campaign.admission,
    ...(campaign.admission === "open" ? { pass: campaign.pass } : {}),
    pass_window_s: campaign.pass_window_s,
    challenge,
    offers: campaign.offers.map(({ sku, title, price_minor, currency, limit_per_buyer, total }) => {
      // No more than was said when the campaign was made: a body is bounded.
      const limit = limit_per_buyer === 1 ? {} : { limit_per_buyer };
      return { sku, title, price_minor, currency, ...limit, stock: total };
    }),
  });
  await operate("/controls", {
    rate_limits: controls.rate_limits,
    risk_mode: controls.risk_mode,
    ...(isQueueForAll ? { switches: [{ name: "queue_everybody", on: true }] } : {}),
  });
  const published = await operate<CampaignJson>(`/campaigns/${id}/publish`);
  const openWay = isQueueForAll ? "queue" : campaign.pass ? "pass" : "free";
  return {
    campaign: published,
    way: campaign.admission === "open" ? openWay : campaign.admission,
    challenge,
    paymentWindowS,
    earlyMs,
    opensAtMs,
    closesAtMs,
    differences: differencesOf(campaign, { paymentWindowS, closesAtMs }),
  };
}

function isQueueForced({ switches_on }: RehearsedControls, { id, admission }: RehearsedCampaign): boolean {
  const isMeant = (campaignId: string | null) => campaignId === null || campaignId === id;
  return (
    admission === "open" &&
    switches_on.some(({ name, campaign_id }) => name === "queue_everybody" && isMeant(campaign_id))
  );
}

function differencesOf(
  campaign: RehearsedCampaign,
  { paymentWindowS, closesAtMs }: Pick<Copy, "paymentWindowS" | "closesAtMs">,
): string[] {
  const differences = ["It opened a few seconds after it was made, with all its units on sale."];
  if (paymentWindowS < campaign.payment_window_s) {
    differences.push(`Buyers had ${paymentWindowS} s to pay, not ${campaign.payment_window_s} s.`);
  }
  if (closesAtMs !== null)
    differences.push("It closed when all had come, and was drawn by its secret, without a beacon.");
  else if (campaign.closes_at !== null) differences.push("It did not close by itself.");
  if (campaign.challenge === "captcha") differences.push("A proof of work stood in for the captcha.");
  if (campaign.challenge !== "none") {
    differences.push("Solving took its time, but no processor: on the day the buyers' devices do that.");
  }
  return differences;
}

interface Parts {
  readonly sandbox: Sandbox;
  readonly copy: Copy;
  readonly clock: Clock;
  readonly host: RehearsalHost;
}

interface Verified {
  readonly checks: number;
  readonly rows: number;
  readonly failures: readonly string[];
}

interface OfferSums {
  units: number;
  unitsOfScalpers: number;
  unpaid: number;
  paid: number;
  /** When the last unit was reserved for the first time; 0 when that never happened. */
  filledAtMs: number;
}

/** What the server had in the end. */
interface Orders {
  readonly byOffer: ReadonlyMap<string, OfferSums>;
  readonly paid: number;
  readonly expired: number;
  readonly refunded: number;
  readonly unitsReturned: number;
  readonly disagreements: readonly string[];
  readonly after: readonly OfferJson[];
}

class Rehearsal {
  readonly #order: RehearsalOrder;
  readonly #parts: Parts;
  readonly #account = new RehearsalAccount();
  readonly #line: Line;
  readonly #crowd: Crowd;
  readonly #measure: Measure;
  readonly #soldOutSeenMs = new Map<string, number>();
  readonly #peak = { requests: 0, orders: 0 };
  #offers: readonly OfferJson[];
  #requestsBefore = 0;
  #lookedMs = 0;
  #beganMs = 0;
  #endedMs = 0;

  constructor(order: RehearsalOrder, parts: Parts) {
    const { copy, sandbox, clock } = parts;
    this.#order = order;
    this.#parts = parts;
    this.#offers = copy.campaign.offers;
    this.#line = new Line(sandbox.url, order.settings.buyers, clock);
    this.#measure = new Measure(sandbox.url, clock);
    const plan = {
      ...copy,
      settings: order.settings,
      campaignId: copy.campaign.id,
      challengeKey: sandbox.challengeKey,
      hasWaitlist: order.campaign.waitlist && copy.way !== "queue",
      offers: copy.campaign.offers.map(({ id, limit_per_buyer: limitPerBuyer }) => ({ id, limitPerBuyer })),
    };
    this.#crowd = new Crowd(plan, { line: this.#line, account: this.#account, clock });
  }

  /** Lets the crowd in until nothing can happen any more, or its time is over. */
  async drive(): Promise<void> {
    const { copy, clock, host, sandbox } = this.#parts;
    const { settings } = this.#order;
    this.#beganMs = clock.nowMs();
    this.#lookedMs = this.#beganMs;
    const lastMs = copy.closesAtMs ?? copy.opensAtMs + settings.rush_s * 1_000;
    const endMs = lastMs + roundsMax * (copy.paymentWindowS + 1) * 1_000;
    let hasEnded = false;
    void sandbox.ended.then(() => (hasEnded = true));
    this.#crowd.start();
    while (clock.nowMs() < endMs) {
      await sleepUntil(this.#lookedMs + everyMs, clock, host.interrupted);
      host.interrupted.throwIfAborted();
      if (hasEnded) throw failure("the copy ended by itself", "Look at the machine's memory and disk.");
      await this.#look(lastMs);
      if (this.#isDone(lastMs)) break;
    }
    this.#endedMs = clock.nowMs();
  }

  end(): void {
    this.#crowd.end();
    this.#measure[Symbol.dispose]();
  }

  /** Everything is sold for good, or nobody is left who wants anything. */
  #isDone(lastMs: number): boolean {
    const { copy, clock } = this.#parts;
    const held = sumOf(this.#offers, "held");
    const isDrawMade = copy.closesAtMs === null || clock.nowMs() > copy.closesAtMs + 2 * everyMs;
    if (held > 0 || !isDrawMade) return false;
    return this.#crowd.activeCount === 0 || (sumOf(this.#offers, "available") === 0 && clock.nowMs() > lastMs);
  }

  async #look(lastMs: number): Promise<void> {
    const { copy, clock, host, sandbox } = this.#parts;
    const measured = await this.#measure.look();
    const { id } = copy.campaign;
    const told = await callApi<CampaignJson>(`${sandbox.url}/v1/campaigns/${id}`, { as: sandbox.operatorKey });
    this.#offers = told.offers;
    const nowMs = clock.nowMs();
    for (const { id: offerId, available, held, sold } of told.offers) {
      const isSoldOut = available === 0 && held + sold > 0;
      if (isSoldOut && !this.#soldOutSeenMs.has(offerId)) this.#soldOutSeenMs.set(offerId, nowMs);
    }
    if (copy.way !== "queue") this.#account.noteWaiting(sumOf(told.offers, "waiting"));
    const second = this.#account.takeSecond();
    const { p50Ms, p99Ms } = second;
    const perSecond = (count: number) => Math.round((count * 1_000) / Math.max(1, nowMs - this.#lookedMs));
    const [orders, requests] = [second.orders, this.#line.answeredCount - this.#requestsBefore].map(perSecond) as [
      number,
      number,
    ];
    this.#requestsBefore = this.#line.answeredCount;
    this.#lookedMs = nowMs;
    this.#peak.requests = Math.max(this.#peak.requests, requests);
    this.#peak.orders = Math.max(this.#peak.orders, orders);
    host.onProgress({
      second: Math.round((nowMs - copy.opensAtMs) / 1_000),
      phase: nowMs < copy.opensAtMs ? "arriving" : nowMs < lastMs ? "rush" : "paying",
      requests_per_s: requests,
      orders_per_s: orders,
      reserved: this.#account.acknowledged.length,
      paid: this.#account.paid,
      refused: this.#account.refused,
      waiting: this.#account.waitingNow,
      available: sumOf(told.offers, "available"),
      held: sumOf(told.offers, "held"),
      sold: sumOf(told.offers, "sold"),
      p50_ms: p50Ms,
      p99_ms: p99Ms,
      engine_busy: rounded(measured.engineBusy),
      http_lag_ms: rounded(measured.httpLagMs),
      client_lag_ms: rounded(measured.clientLagMs),
    });
  }

  /** All orders as the server has them, held against what buyers were told; again while units still move. */
  async readOrders(): Promise<Orders> {
    for (let reads = 1; ; reads++) {
      const orders = await this.#readOrders();
      const { id } = this.#parts.copy.campaign;
      const { url, operatorKey: as } = this.#parts.sandbox;
      const { offers } = await callApi<CampaignJson>(`${url}/v1/campaigns/${id}`, { as });
      const hasMoved = offers.some(({ available, sold }, at) => {
        return available !== orders.after[at]?.available || sold !== orders.after[at]?.sold;
      });
      if (!hasMoved || reads === readsMax) return orders;
    }
  }

  async #readOrders(): Promise<Orders> {
    const { copy, sandbox } = this.#parts;
    const { operatorKey, url } = sandbox;
    const look = () => callApi<CampaignJson>(`${url}/v1/campaigns/${copy.campaign.id}`, { as: operatorKey });
    const byOffer = new Map<string, OfferSums>(
      copy.campaign.offers.map(({ id }) => [id, { units: 0, unitsOfScalpers: 0, unpaid: 0, paid: 0, filledAtMs: 0 }]),
    );
    const counts = { paid: 0, expired: 0, refunded: 0, unitsReturned: 0 };
    const onOrder = ({ offer_id, buyer_id, quantity, state, reserved_at }: OrderJson) => {
      const sums = byOffer.get(offer_id);
      if (sums === undefined) throw new Error("an order is of an offer");
      // What was seen sold out at a moment was so from the last order before it on.
      const atMs = Date.parse(reserved_at);
      if (atMs <= (this.#soldOutSeenMs.get(offer_id) ?? 0)) sums.filledAtMs = Math.max(sums.filledAtMs, atMs);
      if (state !== "reserved" && state !== "paid") {
        counts[state === "expired" ? "expired" : "refunded"] += 1;
        counts.unitsReturned += quantity;
        return;
      }
      if (state === "paid") counts.paid += 1;
      sums.units += quantity;
      sums[state === "paid" ? "paid" : "unpaid"] += quantity;
      if (buyer_id.startsWith("scalper")) sums.unitsOfScalpers += quantity;
    };
    const { offers: after } = await look();
    const { acknowledged } = this.#account;
    const { disagreements } = await reconcile(url, [operatorKey], {
      before: copy.campaign.offers,
      after,
      isOwn: true,
      // Of those who were drawn, or whose turn in a waitlist came, some have not looked; units return to the end.
      result: { acknowledged, outcomes: new Map(), unknown: Number.POSITIVE_INFINITY },
      onOrder,
    });
    const wrong = after.filter(({ id, available, total }) => total - available !== (byOffer.get(id)?.units ?? 0));
    const wrongCounts = wrong.map(
      ({ sku, total, available }) =>
        `${countText(total - available)} units of ${sku} left the stock, the orders hold others`,
    );
    return { byOffer, after, ...counts, disagreements: [...disagreements, ...wrongCounts] };
  }

  report(orders: Orders, verified: Verified): RehearsalReport {
    const { copy } = this.#parts;
    const { settings, campaign } = this.#order;
    const account = this.#account;
    const { buyCalls } = account;
    const scalpers = scalpersOf(settings);
    const fromMs = copy.closesAtMs ?? copy.opensAtMs;
    const soldOutAfterS = (offerId: string) => {
      const atMs = orders.byOffer.get(offerId)?.filledAtMs ?? 0;
      return atMs === 0 ? null : Math.max(0, (atMs - fromMs) / 1_000);
    };
    const sums = [...orders.byOffer.values()];
    const units = sums.reduce((sum, offer) => sum + offer.units, 0);
    const unitsOfScalpers = sums.reduce((sum, offer) => sum + offer.unitsOfScalpers, 0);
    const peaks = this.#measure.peaks();
    const times = copy.campaign.offers.map(({ id }) => soldOutAfterS(id));
    const bottleneck = bottleneckOf({
      peaks,
      p99Ms: buyCalls.percentile(0.99),
      rateLimitedShare: account.rateLimitedShare(),
      isDrawn: copy.way === "draw",
      isQueued: copy.way === "queue",
      offersSoldOut: orders.after.filter(({ available }) => available === 0).length,
      unitsLeft: sumOf(orders.after, "available"),
      units: sumOf(orders.after, "total"),
      stillWaiting: sumOfKinds(account.fates.get("waiting")),
      soldOutAfterS: times.includes(null) ? null : Math.max(...times.map((s) => s ?? 0)),
    });
    const failures = [...verified.failures, ...orders.disagreements];
    return {
      copy: {
        title: campaign.title,
        admission: copy.way === "queue" || copy.way === "draw" ? copy.way : "open",
        pass: copy.way === "pass",
        challenge: copy.challenge,
        payment_window_s: copy.paymentWindowS,
        differences: [...copy.differences],
      },
      duration_s: rounded((this.#endedMs - this.#beganMs) / 1_000),
      humans: settings.buyers - scalpers,
      scalpers,
      offers: orders.after.map(({ id, sku, title, total, available }) => {
        const { paid = 0, unpaid = 0, unitsOfScalpers: ofScalpers = 0 } = orders.byOffer.get(id) ?? {};
        const what = { sku, title, units: total, sold_out_after_s: soldOutAfterS(id) };
        return { ...what, paid, unpaid, left: available, units_of_scalpers: ofScalpers };
      }),
      peak: { requests_per_s: this.#peak.requests, orders_per_s: this.#peak.orders },
      buy_call: {
        count: buyCalls.count,
        p50_ms: rounded(buyCalls.percentile(0.5)),
        p90_ms: rounded(buyCalls.percentile(0.9)),
        p99_ms: rounded(buyCalls.percentile(0.99)),
        max_ms: rounded(buyCalls.maxMs),
      },
      outcomes: byCount(account.fates),
      answers: byCount(account.answers),
      scalpers_share: units === 0 ? 0 : Number((unitsOfScalpers / units).toFixed(4)),
      queue: {
        longest: account.longestQueue,
        longest_wait_s: account.longestWaitMs === null ? null : rounded(account.longestWaitMs / 1_000),
      },
      payments: {
        paid: orders.paid,
        failed: account.unpaid,
        expired: orders.expired,
        refunded: orders.refunded,
        units_returned: orders.unitsReturned,
      },
      bottleneck: {
        ...bottleneck,
        facts: {
          engine_busy: rounded(peaks.engineBusy),
          commit: rounded(peaks.commit),
          http_lag_ms: rounded(peaks.httpLagMs),
          queue_delay_ms: rounded(peaks.queueDelayMs),
          client_lag_ms: rounded(peaks.clientLagMs),
          server_p99_ms: rounded(peaks.serverP99Ms),
          challenge_p99_ms: peaks.challengeP99Ms === null ? null : rounded(peaks.challengeP99Ms),
          rate_limited: rounded(account.rateLimitedShare()),
          shed: peaks.shed,
        },
      },
      verification: { exact: failures.length === 0, checks: verified.checks, rows: verified.rows, failures },
    };
  }
}

/** As `rushbox verify` does it. */
async function verifyFolder(folder: string): Promise<Verified> {
  const db = openReader(folder);
  const failures: string[] = [];
  let [checks, rows] = [0, 0];
  try {
    await verifyInTwoThreads(db, {
      progress: () => {},
      onChecked: (results) => {
        for (const { name, count, firstFailure } of results) {
          checks += 1;
          rows += count;
          if (firstFailure !== null) failures.push(`${name}: ${firstFailure}`);
        }
      },
    });
  } finally {
    db.close();
  }
  return { checks, rows, failures };
}

function failure(subject: string, hint: string): OperationError {
  return new OperationError({ operation: "rehearse", subject, hint });
}

function sumOf(offers: readonly OfferJson[], what: "available" | "held" | "sold" | "total" | "waiting"): number {
  return offers.reduce((sum, offer) => sum + offer[what], 0);
}

function sumOfKinds(counts: { readonly human: number; readonly scalper: number } | undefined): number {
  return counts === undefined ? 0 : counts.human + counts.scalper;
}

function byCount(counts: RehearsalAccount["fates"]) {
  return [...counts]
    .map(([outcome, { human: humans, scalper: scalpers }]) => ({ outcome, humans, scalpers }))
    .sort((a, b) => b.humans + b.scalpers - a.humans - a.scalpers);
}

/** Wakes up at once when it is interrupted. */
async function sleepUntil(atMs: number, clock: Clock, interrupted: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.max(0, atMs - clock.nowMs()));
  const wake = () => resolve();
  interrupted.addEventListener("abort", wake, { once: true });
  await promise;
  clearTimeout(timer);
  interrupted.removeEventListener("abort", wake);
}
