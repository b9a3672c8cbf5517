/**
 * The simulated buyers of a rehearsal: who they are, when they come, what they do. Decided by the seed, each by a
 * generator of their own, so that the same seed brings the same crowd however the answers come.
 *
 * | who      | addresses            | how they come                                                                         |
 * |----------|----------------------|---------------------------------------------------------------------------------------|
 * | people   | one each             | look at the page, wait for the opening if they are early, think for a moment; go by   |
 * |          |                      | `Retry-After`; a third of those who meet `sold_out` wait in the waitlist              |
 * | scalpers | ten accounts on each | click at the first instant, three tries at once for each account, again at once,      |
 * |          |                      | whatever `Retry-After` says; buy as much as one account may                           |
 *
 * Both pay some seconds later, or fail to: half of those press the button that fails, the others never come back.
 *
 * A challenge is fetched, sent and checked as on the day; only the search for its solution is left out, since on the day
 * the buyers' devices do that and not this machine. Solving takes its time here without taking a processor.
 */
import { createChallenge, solveChallenge } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import type { ChallengeKind, WayIn } from "../domain/admission.ts";
import { parseId } from "../domain/ids.ts";
import type { Clock } from "../host/clock.ts";
import { seededChance } from "../host/random.ts";
import type { RehearsalSettings } from "../http/rehearsal-schemas.ts";
import type { BuyerKind, RehearsalAccount } from "./rehearsal-account.ts";
import type { Asked, Caller, Heard, Line } from "./rehearsal-line.ts";

export interface CrowdPlan {
  readonly settings: RehearsalSettings;
  readonly campaignId: string;
  readonly way: WayIn;
  readonly challenge: ChallengeKind;
  readonly challengeKey: string;
  readonly hasWaitlist: boolean;
  readonly offers: readonly { readonly id: string; readonly limitPerBuyer: number }[];
  /** One buyer's token each, in the order of `buyerIds`. */
  readonly tokens: readonly string[];
  /** By the clock's `nowMs`. */
  readonly opensAtMs: number;
  /** Of a draw: when it is made. */
  readonly closesAtMs: number | null;
  readonly earlyMs: number;
  readonly paymentWindowS: number;
}

interface Buyer extends Caller {
  readonly kind: BuyerKind;
  readonly number: number;
  readonly chance: () => number;
  readonly offer: CrowdPlan["offers"][number];
}

/** How it ended for somebody, by the name of the last answer, or what they were doing. */
type Fate = string;

const accountsPerAddress = 10;
const scalperTriesAtOnce = 3;
const scalperTriesMax = 12;
const scalperPauseMs = 200;
const politeTriesMax = 20;
const wishesMax = 3;
const waitsInListShare = 1 / 3;
const clicksEarlyShare = 0.1;
/** Often enough to find an order before its time to pay is over. */
const looksPerWindow = 4;
const looksAgainMsMax = 3_000;
/** Answers after which the same can be asked again. */
const passing = new Set(["not_open", "paused", "rate_limited", "slowed", "overloaded", "outcome_unknown", "lost"]);

/** How many accounts of a crowd are scalpers'. */
export function scalpersOf({ buyers, scalpers_percent }: RehearsalSettings): number {
  return Math.round((buyers * scalpers_percent) / 100);
}

/** The ids of all buyers: scalpers first. Their kind can be read from them. */
export function buyerIds(settings: RehearsalSettings): string[] {
  const scalpers = scalpersOf(settings);
  return Array.from({ length: settings.buyers }, (_, n) => `${n < scalpers ? "scalper" : "human"}-${n + 1}`);
}

export class Crowd {
  readonly #plan: CrowdPlan;
  readonly #line: Line;
  readonly #account: RehearsalAccount;
  readonly #clock: Clock;
  readonly #sleepers = new Set<() => void>();
  #isOver = false;
  /** Buyers who are not done yet. */
  activeCount: number;

  constructor(plan: CrowdPlan, parts: { line: Line; account: RehearsalAccount; clock: Clock }) {
    this.#plan = plan;
    this.#line = parts.line;
    this.#account = parts.account;
    this.#clock = parts.clock;
    this.activeCount = plan.settings.buyers;
  }

  /** Lets them come. Each is told to the account when they are done. */
  start(): void {
    const scalpers = scalpersOf(this.#plan.settings);
    this.#plan.tokens.forEach((token, number) => {
      const buyer = this.#buyer(number, token, number < scalpers ? "scalper" : "human");
      const life = buyer.kind === "human" ? this.#human(buyer) : this.#scalper(buyer);
      void life.then((fate) => {
        this.activeCount -= 1;
        this.#account.noteFate(buyer.kind, this.#isOver && passing.has(fate) ? "waiting" : fate);
      });
    });
  }

  /** Sends those home who still wait: all are done a moment later. */
  end(): void {
    this.#isOver = true;
    this.#line.close();
    for (const wake of this.#sleepers) wake();
  }

  #buyer(number: number, token: string, kind: BuyerKind): Buyer {
    const { settings, offers } = this.#plan;
    const chance = seededChance(settings.seed + number * 0x9e3779b1);
    const byte = () => Math.floor(chance() * 254) + 1;
    const networks = [11 + Math.floor(chance() * 80), byte(), byte(), byte()];
    const at = Math.floor(number / accountsPerAddress);
    const address = kind === "human" ? networks.join(".") : `203.0.${113 + Math.floor(at / 254)}.${1 + (at % 254)}`;
    const offer = offers[Math.floor(chance() * offers.length)];
    if (offer === undefined) throw new Error("a campaign has an offer");
    return { token, address, kind, number, chance, offer };
  }

  async #human(buyer: Buyer): Promise<Fate> {
    const { opensAtMs, earlyMs, settings, way, campaignId } = this.#plan;
    const { chance } = buyer;
    const isEarly = chance() < 0.35;
    // Densest at the opening on either side of it.
    const span = isEarly ? -earlyMs : settings.rush_s * 1_000;
    await this.#sleepUntil(opensAtMs + span * chance() ** 2);
    await this.#ask(buyer, { method: "GET", path: `/v1/campaigns/${campaignId}` });
    if (way !== "queue" && this.#clock.nowMs() < opensAtMs && chance() >= clicksEarlyShare) {
      await this.#sleepUntil(opensAtMs + reactionMs(chance));
    } else await this.#sleep(reactionMs(chance));
    return this.#goIn(buyer);
  }

  /** The way of a person, from the click to the order. */
  async #goIn(buyer: Buyer): Promise<Fate> {
    const { way, campaignId } = this.#plan;
    switch (way) {
      case "free":
        return this.#buy(buyer, null);
      case "pass": {
        const heard = await this.#persist(buyer, { method: "POST", path: `/v1/campaigns/${campaignId}/pass` }, true);
        const pass = passIn(heard);
        return pass === null ? codeOf(heard) : this.#buy(buyer, pass);
      }
      case "queue":
        return this.#queue(buyer);
      case "draw":
        return this.#draw(buyer);
    }
  }

  /** What they came for; where that is sold out, perhaps something else of the campaign, or a place in its waitlist. */
  async #buy(buyer: Buyer, pass: string | null, attempt = "first"): Promise<Fate> {
    for (const offer of this.#wishes(buyer)) {
      const wanted = { ...buyer, offer };
      const heard = await this.#persist(wanted, this.#purchase(wanted, attempt, pass), false);
      const code = codeOf(heard);
      if (code === "reserved") return this.#pay(wanted, heard);
      if (code !== "sold_out") return code;
    }
    if (!this.#plan.hasWaitlist || buyer.chance() >= waitsInListShare) return "sold_out";
    return this.#waitInList(buyer);
  }

  /** Whoever has waited for a turn takes what there is; of the others every second. */
  #wishes({ offer, chance }: Buyer): Buyer["offer"][] {
    if (this.#plan.way !== "queue" && chance() < 0.5) return [offer];
    const others = this.#plan.offers.filter((other) => other !== offer);
    const from = Math.floor(chance() * others.length);
    return [offer, ...others.slice(from), ...others.slice(0, from)].slice(0, wishesMax);
  }

  async #queue(buyer: Buyer): Promise<Fate> {
    const path = `/v1/campaigns/${this.#plan.campaignId}/queue`;
    const joinedMs = this.#clock.nowMs();
    let heard = await this.#persist(buyer, { method: "POST", path }, true);
    while (heard.status >= 200 && heard.status < 300) {
      this.#account.noteWaiting(Number(/"waiting":(\d+)/.exec(heard.body)?.[1] ?? 0));
      const pass = passIn(heard);
      if (pass !== null) {
        const { opensAtMs } = this.#plan;
        this.#account.noteWait(this.#clock.nowMs() - Math.max(joinedMs, Math.min(opensAtMs, this.#clock.nowMs())));
        if (buyer.kind === "human") await this.#sleep(reactionMs(buyer.chance));
        return this.#buy(buyer, pass);
      }
      if (heard.body.includes('"chance":0,')) return "sold_out";
      const isPolite = buyer.kind === "human";
      await this.#sleep(isPolite ? (heard.retryAfterS ?? 1) * 1_000 : scalperPauseMs * 2);
      if (this.#isOver) return "waiting";
      heard = await this.#persist(buyer, { method: "GET", path }, false, "question");
    }
    return codeOf(heard);
  }

  async #draw(buyer: Buyer): Promise<Fate> {
    const path = `/v1/offers/${buyer.offer.id}/draw`;
    const heard = await this.#persist(buyer, { method: "POST", path }, true, "decides");
    if (heard.status >= 300 || heard.status === 0) return codeOf(heard);
    await this.#sleepUntil((this.#plan.closesAtMs ?? 0) + 500 + buyer.chance() * this.#looksAgainMs);
    return this.#untilOrder(buyer, path, "waiting");
  }

  async #waitInList(buyer: Buyer): Promise<Fate> {
    const path = `/v1/offers/${buyer.offer.id}/waitlist`;
    const heard = await this.#persist(buyer, { method: "POST", path }, false, "joins");
    const code = codeOf(heard);
    if (code === "not_sold_out") return this.#buy(buyer, null, "again");
    if (heard.status >= 300 || heard.status === 0) return "sold_out";
    return this.#untilOrder(buyer, path, "waiting");
  }

  /** Looks now and then whether waiting has become an order. */
  async #untilOrder(buyer: Buyer, path: string, waiting: Fate): Promise<Fate> {
    while (!this.#isOver) {
      const heard = await this.#ask(buyer, { method: "GET", path });
      const orderId = /"order_id":"(ord_\w+)"/.exec(heard.body)?.[1] ?? (await this.#orderOf(buyer, heard));
      if (orderId !== null) {
        this.#account.noteOrder(parseId("ord", orderId));
        return this.#payOrder(buyer, orderId);
      }
      if (/"state":"(over|left)"/.test(heard.body)) return "not_drawn";
      await this.#sleep(this.#looksAgainMs * (0.75 + buyer.chance() / 2));
    }
    return waiting;
  }

  get #looksAgainMs(): number {
    return Math.min(looksAgainMsMax, (this.#plan.paymentWindowS * 1_000) / looksPerWindow);
  }

  /** Who has left a waitlist without asking to has an order. */
  async #orderOf(buyer: Buyer, place: Heard): Promise<string | null> {
    if (codeOf(place) !== "not_waiting") return null;
    const { body } = await this.#ask(buyer, { method: "GET", path: "/v1/orders?limit=1" });
    return /"id":"(ord_\w+)"/.exec(body)?.[1] ?? null;
  }

  /** Many tries at once, at the first instant: the best of them counts. */
  async #scalper(buyer: Buyer): Promise<Fate> {
    const { opensAtMs, earlyMs, way, campaignId } = this.#plan;
    if (way === "queue") {
      await this.#sleepUntil(opensAtMs - earlyMs);
      return this.#queue(buyer);
    }
    await this.#sleepUntil(opensAtMs);
    if (way === "draw") return this.#draw(buyer);
    let pass: string | null = null;
    if (way === "pass") {
      const heard = await this.#hammer(buyer, { method: "POST", path: `/v1/campaigns/${campaignId}/pass` }, true);
      pass = passIn(heard);
      if (pass === null) return codeOf(heard);
    }
    const tries = Math.max(scalperTriesAtOnce, Math.min(buyer.offer.limitPerBuyer, scalperTriesMax));
    const fates = await Promise.all(
      Array.from({ length: tries }, async (_, at) => {
        const heard = await this.#hammer(buyer, this.#purchase(buyer, `${at}`, pass), false);
        return codeOf(heard) === "reserved" ? this.#pay(buyer, heard) : codeOf(heard);
      }),
    );
    return fates.find((fate) => fate === "paid") ?? fates.find((fate) => fate === "not_paid") ?? fates[0] ?? "lost";
  }

  #purchase(buyer: Buyer, attempt: string, pass: string | null): Asked {
    const headers = {
      "idempotency-key": `${buyer.number}-${buyer.offer.id}-${attempt}`,
      ...(pass === null ? {} : { "rushbox-pass": pass }),
    };
    return { method: "POST", path: `/v1/offers/${buyer.offer.id}/orders`, headers };
  }

  /** Asks until there is an answer that stays, waiting as long as it is told. */
  async #persist(buyer: Buyer, asked: Asked, isChallenged: boolean, what?: AskKind): Promise<Heard> {
    for (let tries = 1; ; tries++) {
      const heard = await this.#try(buyer, asked, isChallenged, what);
      if (!passing.has(codeOf(heard)) || tries === politeTriesMax || this.#isOver) return heard;
      const toldMs = (heard.retryAfterS ?? 1) * 1_000;
      const untilOpeningMs = this.#plan.opensAtMs - this.#clock.nowMs();
      await this.#sleep(Math.max(untilOpeningMs, toldMs) + reactionMs(buyer.chance) / 2);
    }
  }

  /** The same without manners. */
  async #hammer(buyer: Buyer, asked: Asked, isChallenged: boolean): Promise<Heard> {
    for (let tries = 1; ; tries++) {
      const heard = await this.#try(buyer, asked, isChallenged);
      const code = codeOf(heard);
      const isSettled = !passing.has(code) && !(code === "sold_out" && tries < scalperTriesAtOnce);
      if (isSettled || tries === scalperTriesMax || this.#isOver) return heard;
      await this.#sleep(scalperPauseMs);
    }
  }

  /** One try for something, with a solved challenge where one is asked for; its answer counts. */
  async #try(buyer: Buyer, asked: Asked, isChallenged: boolean, what: AskKind = kindOf(asked)): Promise<Heard> {
    const solution = isChallenged && this.#plan.challenge !== "none" ? await this.#solution(buyer) : null;
    if (solution !== null && solution.status !== undefined) return solution;
    const sent = solution === null ? asked : withHeader(asked, "rushbox-challenge", solution.header);
    const heard = await this.#ask(buyer, sent);
    if (this.#isOver && heard.status === 0) return heard;
    if (what !== "question") this.#account.noteAnswer(buyer.kind, codeOf(heard));
    if (what === "decides") this.#account.noteBuyCall(heard.tookMs);
    return heard;
  }

  /** A challenge that was fetched like anyone's, with its solution; or the refusal. */
  async #solution(buyer: Buyer): Promise<{ status: undefined; header: string } | Heard> {
    const { campaignId, challengeKey } = this.#plan;
    const heard = await this.#ask(buyer, { method: "GET", path: `/v1/campaigns/${campaignId}/challenge` });
    if (heard.status !== 200) return heard;
    const { parameters } = JSON.parse(heard.body) as { parameters: { cost: number; data: Record<string, string> } };
    const { algorithm, cost, data } = { algorithm: "PBKDF2/SHA-256", ...parameters };
    // Signed with the sandbox's own key for an answer that is known: checking it costs the server what any does.
    const challenge = await createChallenge({
      algorithm,
      cost,
      counter: 0,
      deriveKey,
      data,
      hmacSignatureSecret: challengeKey,
    });
    const solution = await solveChallenge({ challenge, deriveKey });
    if (solution === null) throw new Error("the answer is known");
    await this.#sleep(buyer.kind === "human" ? 500 + buyer.chance() * 2_500 : 300);
    const { counter, derivedKey } = solution;
    const text = JSON.stringify({ challenge, solution: { counter, derivedKey } });
    return { status: undefined, header: Buffer.from(text).toString("base64") };
  }

  #pay(buyer: Buyer, { body }: Heard): Promise<Fate> {
    const orderId = /"id":"(ord_\w+)"/.exec(body)?.[1] ?? "";
    this.#account.noteOrder(parseId("ord", orderId));
    return this.#payOrder(buyer, orderId);
  }

  /** Some seconds later, on the page that the payment provider shows. */
  async #payOrder(buyer: Buyer, orderId: string): Promise<Fate> {
    const { settings, paymentWindowS } = this.#plan;
    const { chance } = buyer;
    const fails = chance() * 100 < settings.payment_failures_percent;
    const pressesButton = chance() < 0.5;
    const thinksMs = paymentWindowS * 1_000 * (buyer.kind === "human" ? 0.1 + 0.5 * chance() : 0.05);
    await this.#sleep(thinksMs);
    if (fails) this.#account.noteUnpaid();
    if (fails && !pressesButton) return "not_paid";
    for (let tries = 1; tries <= politeTriesMax && !this.#isOver; tries++) {
      const opened = await this.#ask(buyer, { method: "POST", path: `/v1/orders/${orderId}/checkout` });
      const page = /"url":"([^"]+)"/.exec(opened.body)?.[1];
      if (page === undefined && !passing.has(codeOf(opened))) return "not_paid";
      if (page !== undefined) {
        const path = `${new URL(page).pathname}/${fails ? "fail" : "pay"}`;
        const { location } = await this.#ask(buyer, { method: "POST", path });
        if (fails) return "not_paid";
        if (location?.includes("result=paid") === true) {
          this.#account.notePaid();
          return "paid";
        }
      }
      await this.#sleep((opened.retryAfterS ?? 1) * 1_000);
    }
    return "not_paid";
  }

  #ask(buyer: Caller, asked: Asked): Promise<Heard> {
    return this.#line.ask(buyer, asked);
  }

  #sleepUntil(atMs: number): Promise<void> {
    return this.#sleep(atMs - this.#clock.nowMs());
  }

  /** Ends at once when the rehearsal is over. */
  #sleep(ms: number): Promise<void> {
    if (this.#isOver || ms <= 0) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const wake = () => {
      clearTimeout(timer);
      this.#sleepers.delete(wake);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    this.#sleepers.add(wake);
    return promise;
  }
}

/** `decides`: what a buyer gets depends on how quickly it is answered. */
type AskKind = "decides" | "joins" | "question";

function kindOf({ path }: Asked): AskKind {
  return path.endsWith("/orders") ? "decides" : "joins";
}

/** From seeing to clicking: a quarter of a second at least, seldom more than two. */
function reactionMs(chance: () => number): number {
  return 250 - 450 * Math.log(1 - chance() * 0.98);
}

function withHeader(asked: Asked, name: string, value: string): Asked {
  return { ...asked, headers: { ...asked.headers, [name]: value } };
}

function passIn({ status, body }: Heard): string | null {
  return status < 200 || status >= 300 ? null : (/"pass":"([^"]+)"/.exec(body)?.[1] ?? null);
}

/** The answer's name: of a purchase the outcome, of other things whether it was taken. */
function codeOf({ status, body }: Heard): string {
  if (status === 0) return "lost";
  if (status < 300) return body.includes('"id":"ord_') ? "reserved" : "taken";
  return /"code":"(\w+)"/.exec(body)?.[1] ?? `http_${status}`;
}
