/**
 * One sale as one buyer meets it: the campaign as it changes, how they stand in it, and the step that is under way. It
 * does what the button says (button.ts decides that), one step at a time; what the server has not said it never shows.
 * Started and ended with the page.
 */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Answer, Refusal } from "../shared/api.ts";
import { spread } from "../shared/chance.ts";
import { now, serverNow } from "../shared/clock.ts";
import { type Connection, follow } from "../shared/live.ts";
import { recall, remember } from "../shared/memory.ts";
import type { Campaign, Checkout, DrawEntry, Offer, Order, Pass, Queue, WaitlistPlace } from "../shared/wire.ts";
import { type ButtonState, buttonOf, type Doing, type Press, type Refused, type Way, type Who } from "./button.ts";
import { type Solver, solverFor } from "./challenge.ts";
import { carryOut, type Purchase, settlePurchase, startPurchase, unsettledPurchase } from "./purchase.ts";
import {
  api,
  type Buyer,
  buyer,
  forgetGuest,
  guestRefusal,
  isRefused,
  isSignInOver,
  needBuyer,
  shop,
  signInAddress,
} from "./session.ts";
import { doneBeside, type Standing, standingIn } from "./standing.ts";

export interface Sale {
  /** `null` until it is known. */
  readonly campaign: Signal<Campaign | null>;
  readonly offer: ReadonlySignal<Offer | null>;
  /** Why nothing can be shown; `null` while something is. */
  readonly failure: Signal<Refusal | null>;
  readonly connection: ReadonlySignal<Connection>;
  /** How many were chosen. */
  readonly quantity: Signal<number>;
  /** How many a press asks for: what was chosen, as far as there are still so many to be had. */
  readonly wanted: ReadonlySignal<number>;
  readonly button: ReadonlySignal<ButtonState | null>;
  /** The orders of this buyer for the offer that is chosen, the newest first. */
  readonly orders: ReadonlySignal<readonly Order[]>;
  /** Whether this buyer took part in a draw of this sale that is over by now. */
  readonly wasInDraw: ReadonlySignal<boolean>;
  /** The order that was bought on this visit. */
  readonly bought: Signal<Order | null>;
  readonly solvingSinceMs: ReadonlySignal<number | null>;
  readonly isReady: ReadonlySignal<boolean>;
  chooseOffer(id: string): void;
  press(press: Press): void;
  stop(): void;
}

/** From then on the proof of work is solved before an opening: it is good for five minutes. */
const solveAheadMs = 200_000;
const askAgainMs = 1_000;
/** A pass is asked for by all who watch, in this time after the opening: a press asks at once. */
const passSpreadMs = 600;
const passMarginMs = 2_000;

export function openSale(campaignId: string, wantedOfferId: string | null): Sale {
  const campaign = signal<Campaign | null>(null);
  const failure = signal<Refusal | null>(null);
  const offerId = signal(wantedOfferId);
  const quantity = signal(1);
  const doing = signal<Doing | null>(null);
  const refused = signal<Refused | null>(null);
  const bought = signal<Order | null>(null);
  const standing = signal<Standing | null>(null);
  const solver = signal<Solver | null>(null);
  /** A switch may send everybody through the queue: nobody knows before the server says so. */
  const isQueueForAll = signal(false);
  /** The server did not take the token. */
  const isTurnedAway = signal(false);
  let lastCounts: Counts | null = null;
  let isStopped = false;
  let wake: (() => void) | null = null;
  let passAsked: Promise<Answer<string | null>> | null = null;

  const offer = computed(() => {
    const offers = campaign.value?.offers ?? [];
    return offers.find(({ id }) => id === offerId.value) ?? offers[0] ?? null;
  });
  const way = computed<Way>(() => {
    const { admission, pass } = campaign.value ?? { admission: "open", pass: false };
    if (admission !== "open") return admission;
    if (isQueueForAll.value) return "queue";
    return pass ? "pass" : "free";
  });
  const who = computed<Who>(() => {
    if (isTurnedAway.value) return "stranger";
    if (buyer.value !== null) return "known";
    if (isSignInOver.value) return "stranger";
    return shop.value?.guests === false ? "stranger" : "guest";
  });
  const campaignKnown = computed(() => campaign.value !== null);
  const needsSolution = computed(() => campaign.value?.challenge === "proof_of_work" && way.value !== "free");

  const button = stable(
    computed(() => {
      const here = standing.value;
      if (campaign.value === null || offer.value === null) return null;
      return buttonOf({
        campaign: campaign.value,
        offer: offer.value,
        way: way.value,
        who: who.value,
        quantity: quantity.value,
        orders: here?.orders.value ?? null,
        queue: here?.queue.value ?? "none",
        entries: here?.entries.value ?? [],
        waitlist: here?.waitlist.value ?? null,
        doing: doing.value,
        refused: refused.value,
        isPaidHere: shop.value !== null && shop.value.payments !== "none",
        nowMs: now.value,
      });
    }),
  );

  const wanted = computed(() => Math.min(quantity.value, Math.max(1, button.value?.mayBuy ?? 1)));

  const followed = follow({
    stream: `/v1/campaigns/${campaignId}/stream`,
    onEvent: (_type, data) => takeCounts(JSON.parse(data) as Counts),
    poll: askCampaign,
  });
  void askCampaign();

  function takeCampaign(next: Campaign): void {
    failure.value = null;
    campaign.value = next;
    const chosen = offer.peek();
    if (chosen !== null) standing.peek()?.campaignChanged(next, chosen.id);
  }

  function takeCounts(counts: Counts): void {
    lastCounts = counts;
    const before = campaign.peek();
    if (before === null) return void askCampaign();
    takeCampaign(withCounts(before, counts));
    if (counts.state !== before.state) void askCampaign(); // a secret is told with the state
  }

  async function askCampaign(): Promise<boolean> {
    const known = lastCounts;
    const answer = await api<Campaign>(`/v1/campaigns/${campaignId}`, { cache: "no-cache" });
    if (isStopped) return true;
    // What the stream has told meanwhile is newer.
    if (answer.isOk) takeCampaign(lastCounts === known ? answer.value : withCounts(answer.value, lastCounts));
    else if (campaign.peek() === null || answer.code === "not_found") failure.value = answer;
    // A stream tells what changes; without what it changes nothing can be shown, and nobody else asks.
    if (campaign.peek() === null && followed.connection.peek() === "live")
      setTimeout(askUnlessKnown, spread(askAgainMs));
    return answer.isOk || answer.code !== "offline";
  }

  function askUnlessKnown(): void {
    if (campaign.peek() === null && !isStopped) void askCampaign();
  }

  // How this buyer stands, anew for every buyer and way.
  const stopStanding = effect(() => {
    const name = buyer.value?.id ?? null;
    const token = buyer.value?.token ?? null;
    const wayHere = way.value;
    const here = campaignKnown.value ? campaign.peek() : null;
    // Whom the server does not know any more it tells nothing: asking on is of no use.
    if (name === null || here === null || isRefused.value) return;
    const made = standingIn(here, offer.peek()?.id ?? "", { api, token: () => token, way: wayHere });
    standing.value = made;
    isTurnedAway.value = false;
    return () => {
      made.stop();
      standing.value = null;
    };
  });

  const stopListening = effect(() => {
    if (doneBeside.value > 0) standing.peek()?.askAnew();
  });

  const stopSolver = effect(() => {
    if (!needsSolution.value || buyer.value === null) return;
    const made = solverFor(api, campaignId);
    solver.value = made;
    return () => {
      made.stop();
      solver.value = null;
    };
  });

  // Solved before it is needed, and a pass asked for as soon as there are some.
  const mayPrepare = computed(() => {
    const { value } = button;
    const opensAt = campaign.value?.opens_at ?? null;
    if (value === null || solver.value === null) return false;
    if (value.is === "not_yet") return opensAt !== null && Date.parse(opensAt) - now.value < solveAheadMs;
    return ["line", "enter", "buy"].includes(value.is) && value.press !== "sign_in" && keptPass() === null;
  });
  const stopPreparing = effect(() => {
    if (mayPrepare.value && !solver.value?.isReady.value) solver.value?.prepare();
  });
  const wantsPass = computed(() => way.value === "pass" && button.value?.is === "buy" && button.value.press === "buy");
  const stopPass = effect(() => {
    if (!wantsPass.value || buyer.value === null) return;
    const timer = setTimeout(() => void getPass(), spread(passSpreadMs) - passSpreadMs / 2);
    return () => clearTimeout(timer);
  });

  // A purchase that a reload has interrupted goes on.
  const stopResuming = effect(() => {
    const chosen = offer.value?.id ?? null;
    const { value: owner } = buyer;
    // Whoever is not known here is told so once: the purchase goes on when they have signed in.
    if (chosen === null || owner === null || isTurnedAway.value || doing.peek() !== null) return;
    const purchase = unsettledPurchase(owner.id, chosen, serverNow());
    if (purchase !== null) void purchaseUntilKnown(owner, purchase, true);
  });

  const online = () => wake?.();
  addEventListener("online", online);

  async function press(what: Press): Promise<void> {
    if (what === "stop") return stopTrying();
    if (doing.peek() !== null) return;
    isStopWanted = false;
    if (button.peek()?.is === "to_pay") quantity.value = 1; // another one is one: no number stands beside it
    begin(what);
    refused.value = null;
    await carry(what);
    if (isTurnedAway.peek() && !isStopped && forgetTurnedAway()) {
      begin(what);
      refused.value = null;
      await carry(what);
    }
    if (doing.peek()?.press === what) doing.value = null;
  }

  /** A guest whom the server no longer knows has nothing to sign in with: the next one takes their place. */
  function forgetTurnedAway(): boolean {
    const owner = buyer.peek();
    const chosen = offer.peek();
    if (owner === null || chosen === null || !owner.isGuest) return false;
    if (unsettledPurchase(owner.id, chosen.id, serverNow()) !== null) return false;
    forgetGuest(owner);
    return true;
  }

  /** The step is for the offer that was chosen when it was pressed, to its end. */
  function begin(what: Press, isUnknown = false, retry: Doing["retry"] = null): void {
    doing.value = { press: what, offerId: pressedFor(), isUnknown, retry };
  }

  function pressedFor(): string {
    return doing.peek()?.offerId ?? offer.peek()?.id ?? "";
  }

  async function carry(what: Press): Promise<void> {
    const chosen = campaign.peek()?.offers.find(({ id }) => id === pressedFor());
    if (chosen === undefined) return;
    const units = wanted.peek();
    if (what === "sign_in" || what === "go_to_shop") return leaveFor(signInAddress());
    if (what === "pay") return checkOut();
    const owner = await needBuyer();
    if (owner === null) return turnAway(what);
    switch (what) {
      case "buy":
        return buy(owner, chosen, units);
      case "get_ready":
        return solver.peek()?.prepare();
      case "join_queue":
        return step<Queue>(what, `/v1/campaigns/${campaignId}/queue`, (queue) => standing.peek()?.takeQueue(queue));
      case "leave_queue":
        return step(what, `/v1/campaigns/${campaignId}/queue/leave`, () => standing.peek()?.takeQueue("left"));
      case "enter_draw":
        return step<DrawEntry>(what, `/v1/offers/${chosen.id}/draw`, (entry) => standing.peek()?.takeEntry(entry));
      case "leave_draw":
        return step<DrawEntry>(what, `/v1/offers/${chosen.id}/draw/leave`, (entry) =>
          standing.peek()?.takeEntry(entry),
        );
      case "join_waitlist":
        return step<WaitlistPlace>(what, `/v1/offers/${chosen.id}/waitlist`, takeWaitlist);
      case "leave_waitlist":
        return step(what, `/v1/offers/${chosen.id}/waitlist/leave`, () => leaveWaitlist(chosen));
      case "see_order":
        return;
    }
  }

  function takeWaitlist(place: WaitlistPlace): void {
    const here = standing.peek();
    if (here !== null && offer.peek()?.id === place.offer_id) here.waitlist.value = place;
  }

  function leaveWaitlist({ id }: Offer): void {
    const here = standing.peek();
    if (here?.waitlist.peek()?.offer_id === id) here.waitlist.value = null;
  }

  /** A step that changes how the buyer stands, with the solved challenge where one is asked for. */
  async function step<T>(what: Press, path: string, take: (value: T) => void): Promise<void> {
    const needs = needsSolution.peek() && (what === "join_queue" || what === "enter_draw");
    const answer = await untilDecided(what, () => (needs ? withSolution<T>(path) : api<T>(path, { method: "POST" })));
    if (answer === null) return;
    if (answer.isOk) take(answer.value);
    else refuse(what, answer);
  }

  /** Asks again while the server is too busy or not there: whoever repeats such a step changes nothing by it. */
  async function untilDecided<T>(what: Press, send: () => Promise<Answer<T>>): Promise<Answer<T> | null> {
    for (let tries = 0; ; tries += 1) {
      const answer = await send();
      if (answer.isOk || !["offline", "overloaded", "outcome_unknown"].includes(answer.code)) return answer;
      const afterMs = (answer.retryAfterS ?? Math.min(8, 2 ** tries)) * 1_000 + spread(300);
      begin(what, false, { code: answer.code, atMs: serverNow() + afterMs });
      if (!(await pause(afterMs, answer.code))) return null;
      begin(what);
    }
  }

  async function withSolution<T>(path: string): Promise<Answer<T>> {
    for (let tries = 0; ; tries += 1) {
      const solution = await (solver.peek()?.take() ?? noSolution());
      if (!solution.isOk) return solution;
      const answer = await api<T>(path, { method: "POST", headers: { "rushbox-challenge": solution.value } });
      // The server may have started anew, or asks for a harder one since it solved this: one more, then the truth.
      const isWorthAnother = !answer.isOk && ["challenge_failed", "challenge_required"].includes(answer.code);
      if (!isWorthAnother || tries > 0) return answer;
    }
  }

  async function noSolution(): Promise<Answer<string>> {
    return { ...noAnswer, code: "challenge_required" };
  }

  async function buy(owner: Buyer, chosen: Offer, units: number): Promise<void> {
    const pass = await passFor();
    if (pass === null) return;
    if (!pass.isOk) return refuse("buy", pass);
    const what = { offerId: chosen.id, quantity: units, pass: pass.value };
    await purchaseUntilKnown(owner, startPurchase(owner.id, what, serverNow()), false);
  }

  async function purchaseUntilKnown(owner: Buyer, purchase: Purchase, isUnknownYet: boolean): Promise<void> {
    begin("buy", isUnknownYet);
    let isUnknown = isUnknownYet;
    const answer = await carryOut(purchase, isUnknownYet, {
      send: (known) =>
        api<Order>(`/v1/offers/${known.offerId}/orders`, {
          method: "POST",
          headers: {
            "idempotency-key": known.key,
            ...(known.pass === null ? {} : { "rushbox-pass": known.pass }),
          },
          ...(known.quantity === 1 ? {} : { body: { quantity: known.quantity } }),
        }),
      onRetry: ({ code }, afterMs, isUnknownNow) => {
        isUnknown = isUnknownNow;
        begin("buy", isUnknown, { code, atMs: serverNow() + afterMs });
      },
      wait: async (ms, code) => {
        const goesOn = await pause(ms, code);
        if (goesOn) begin("buy", isUnknown);
        return goesOn;
      },
    });
    // What is not known when the page is left the next one asks for; what was decided nobody asks for again.
    const isOpen = answer === null ? isStopped : !answer.isOk && isUnknown && answer.code === "unauthorized";
    if (!isOpen) settlePurchase(owner.id, purchase.offerId);
    if (isStopped) return;
    if (answer?.isOk === true) {
      bought.value = answer.value;
      standing.peek()?.takeOrder(answer.value);
      if (offer.peek()?.id === purchase.offerId) quantity.value = 1;
    } else if (answer !== null) refuse("buy", answer);
    doing.value = null;
  }

  /** What is to be shown for a pass: `null` inside where none is needed; `null` when the buyer wanted it to end. */
  async function passFor(): Promise<Answer<string | null> | null> {
    if (way.peek() === "free" || way.peek() === "draw") return nothingToShow;
    if (way.peek() === "queue") {
      const queue = standing.peek()?.queue.peek();
      return { ...nothingToShow, value: typeof queue === "object" ? queue.pass : null };
    }
    const kept = keptPass();
    if (kept !== null) return { ...nothingToShow, value: kept };
    return untilDecided("buy", getPass);
  }

  /** Asks for a pass once, however many want it. */
  function getPass(): Promise<Answer<string | null>> {
    const kept = keptPass();
    if (kept !== null) return Promise.resolve({ ...nothingToShow, value: kept });
    passAsked ??= askPass().finally(() => {
      passAsked = null;
    });
    return passAsked;
  }

  async function askPass(): Promise<Answer<string | null>> {
    const path = `/v1/campaigns/${campaignId}/pass`;
    const answer = await (needsSolution.peek() ? withSolution<Pass>(path) : api<Pass>(path, { method: "POST" }));
    if (!answer.isOk) return answer;
    keepPass(answer.value);
    return { ...answer, value: answer.value.pass };
  }

  function keptPass(): string | null {
    const text = recall(passName(), "tab");
    if (text === null) return null;
    const [pass = "", untilMs = "0"] = text.split(" ");
    return Number(untilMs) - passMarginMs > serverNow() ? pass : null;
  }

  function keepPass({ pass, expires_at }: Pass): void {
    remember(passName(), `${pass} ${Date.parse(expires_at)}`, "tab");
  }

  function passName(): string {
    return `pass.${campaignId}.${buyer.peek()?.id ?? ""}`;
  }

  async function checkOut(): Promise<void> {
    const order =
      button.peek()?.order ??
      standing
        .peek()
        ?.orders.peek()
        ?.find(({ state }) => state === "reserved");
    if (order === undefined || order === null) return;
    const answer = await untilDecided("pay", () =>
      api<Checkout>(`/v1/orders/${order.id}/checkout`, { method: "POST" }),
    );
    if (answer === null || isStopped) return; // whoever has gone on to another page stays there
    if (answer.isOk) leaveFor(answer.value.url);
    else refuse("pay", answer);
  }

  function refuse(what: Press, refusal: Refusal): void {
    const atMs = serverNow();
    const endsAt = refusal.members["expires_at"];
    const untilMs =
      refusal.retryAfterS !== null
        ? atMs + refusal.retryAfterS * 1_000
        : typeof endsAt === "string"
          ? Date.parse(endsAt)
          : null;
    const { code, reason, members } = refusal;
    refused.value = { press: what, offerId: pressedFor(), refusal: { code, reason, members }, atMs, untilMs };
    if (code === "unauthorized") isTurnedAway.value = true;
    if (code === "not_admitted") learnTheWay(members["admission"]);
    if (code === "queue_off") isQueueForAll.value = false;
    // What was refused shows that something here is out of date.
    void askCampaign();
    standing.peek()?.refresh();
  }

  /** A pass that does not count is of no use any more; and the way in may have changed. */
  function learnTheWay(admission: unknown): void {
    remember(passName(), null, "tab");
    if (campaign.peek()?.admission === "open") isQueueForAll.value = admission === "queue";
  }

  /** There is no guest: none is welcome here, or none could be made just now. */
  function turnAway(what: Press): void {
    const why = guestRefusal.peek();
    const isForNow = why !== null && why.code !== "guests_off";
    refuse(what, isForNow ? why : { ...noAnswer, code: "unauthorized" });
  }

  function stopTrying(): void {
    isStopWanted = true;
    wake?.();
  }

  let isStopWanted = false;

  /** Waits; without a connection until there is one. Whether to go on. */
  async function pause(ms: number, why: Refusal["code"]): Promise<boolean> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      wake = () => {
        // A server that asked for time gets it, whatever the network does.
        if (why !== "offline" && !isStopWanted && !isStopped) return;
        clearTimeout(timer);
        resolve();
      };
      if (isStopWanted) wake(); // pressed while it was being asked
    });
    wake = null;
    const goesOn = !isStopWanted && !isStopped;
    isStopWanted = false;
    return goesOn;
  }

  function leaveFor(address: string | null): void {
    if (address !== null && /^https?:/.test(new URL(address, location.href).protocol)) location.assign(address);
  }

  return {
    campaign,
    offer,
    failure,
    connection: followed.connection,
    quantity,
    wanted,
    button,
    orders: computed(() => (standing.value?.orders.value ?? []).filter(({ offer_id }) => offer_id === offer.value?.id)),
    wasInDraw: computed(() => {
      const isDrawn = button.value?.is !== "drawing" && button.value?.is !== "entered";
      return (
        isDrawn && (standing.value?.entries.value ?? []).some(({ state }) => state !== "entered" && state !== "left")
      );
    }),
    bought,
    solvingSinceMs: computed(() => solver.value?.solvingSinceMs.value ?? null),
    isReady: computed(() => solver.value?.isReady.value ?? false),
    chooseOffer(id) {
      offerId.value = id;
      quantity.value = 1;
      const here = campaign.peek();
      if (here !== null) standing.peek()?.campaignChanged(here, id);
    },
    press: (what) => void press(what),
    stop() {
      isStopped = true;
      wake?.();
      removeEventListener("online", online);
      for (const end of [stopStanding, stopListening, stopSolver, stopPreparing, stopPass, stopResuming]) end();
      followed.stop();
    },
  };
}

/** What a campaign's stream tells: what changes while it runs. */
type Counts = Pick<Campaign, "state" | "opens_at" | "closes_at"> & {
  readonly offers: readonly Pick<Offer, "id" | "total" | "available" | "held" | "sold" | "waiting">[];
};

/** A campaign with newer counts. */
function withCounts(campaign: Campaign, counts: Counts | null): Campaign {
  if (counts === null) return campaign;
  const { state, opens_at, closes_at } = counts;
  const byId = new Map(counts.offers.map((offer) => [offer.id, offer]));
  const offers = campaign.offers.map((offer) => ({ ...offer, ...byId.get(offer.id) }));
  return { ...campaign, state, opens_at, closes_at, offers };
}

const noAnswer = {
  isOk: false,
  status: 0,
  detail: "",
  reason: null,
  retryAfterS: null,
  errors: [],
  members: {},
} as const;
const nothingToShow = { isOk: true, status: 200, value: null, headers: new Headers() } as const;

/** The same object as long as it says the same, so that what is shown by it is not made anew ten times a second. */
function stable<T>(source: ReadonlySignal<T>): ReadonlySignal<T> {
  let last: { readonly text: string; readonly value: T } | null = null;
  return computed(() => {
    const { value } = source;
    const text = JSON.stringify(value);
    if (last?.text !== text) last = { text, value };
    return last.value;
  });
}
