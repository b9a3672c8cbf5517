/**
 * A conversation, one message at a time: what it says is understood, done through `/v1`, and answered. Where it stands
 * comes with the message and goes back with the answer.
 *
 * | pending | asked when                            | a clear yes            | a no          | anything else            |
 * | ------- | ------------------------------------- | ---------------------- | ------------- | ------------------------ |
 * | buy     | a quote was shown                     | buys what it says      | nothing       | a new quote, or its own  |
 * | cancel  | an order is to be cancelled           | cancels it             | it stays      | its own                  |
 * | remind  | there is time for less than asked      | sets that              | no reminder   | its own                  |
 * | leave   | a queue, draw, waitlist is to be left | leaves it              | stays in      | its own                  |
 * | which   | it was not clear which is meant       | asks again             | nothing       | a number or name: does it |
 *
 * Whatever is answered otherwise ends what was pending. Only a yes that the rules alone have understood counts, or the
 * choice that stood beside the question; no model can say it.
 */
import { formatId, parseId } from "../../domain/ids.ts";
import type { Api } from "../api.ts";
import type { Quotes } from "../quote.ts";
import { type ChatState, type Contexts, type LeaveIntent, newState, type Pending, type When } from "./context.ts";
import {
  type Intent,
  isOrderIntent,
  isSaleIntent,
  type Language,
  type SaleIntent,
  type Understood,
  type UnderstoodBy,
} from "./intents.ts";
import { askToLeave, join, leave, tellPlace } from "./line-talk.ts";
import type { Model } from "./model.ts";
import { cancel, listOrders, withOrder } from "./order-talk.ts";
import { confirm, quote } from "./purchase-talk.ts";
import { alreadyOpen, forgetAny, forgetReminder, heardOf, listReminders, setReminder } from "./reminders.ts";
import { listSales, nextSteps, tellOf } from "./sale-talk.ts";
import type { Offering, Shelf, Shelved } from "./shelf.ts";
import {
  askToSignIn,
  askWhich,
  type Choice,
  choiceOf,
  count,
  isOpen,
  type Link,
  refused,
  type Said,
  shownMax,
  type Talk,
} from "./talk.ts";
import { understand } from "./understand.ts";
import { type Refused, read, type ShopWire } from "./wire.ts";
import { explained, words } from "./words.ts";

export interface ChatParts {
  readonly contexts: Contexts;
  readonly quotes: Quotes;
  readonly shelf: Shelf;
  /** `null` where the rules are alone. */
  readonly model: Model | null;
  /** Where buyers reach this program; empty where they are on its pages. */
  readonly publicUrl: string;
}

export interface Message {
  readonly text: string | null;
  readonly choice: string | null;
  readonly context: string | null;
  /** The sale on whose page it was written, or `null`. */
  readonly campaign: string | null;
  /** What it is to be answered in; `null`: in the language that it is written in. */
  readonly language: Language | null;
}

/** Whose message, when, and by what way to `/v1`. */
export interface Speaker {
  readonly buyerId: string | null;
  readonly api: Api;
  readonly nowMs: number;
}

/** What was understood, as it is told: ids and numbers, nothing of the message itself. */
export interface Meaning {
  readonly intent: Intent;
  readonly offer?: string;
  readonly sale?: string;
  readonly order?: string;
  readonly number?: number;
  readonly which?: "last" | "other";
  readonly quantity?: number;
}

export interface Answered {
  readonly reply: string;
  readonly choices: readonly Choice[];
  readonly context: string;
  readonly language: Language;
  readonly understood: Meaning;
  readonly outcome: string | null;
  readonly links: readonly Link[];
}

/** `onUnderstood` is told before anything is done. */
export async function converse(
  parts: ChatParts,
  message: Message,
  { buyerId, api, nowMs }: Speaker,
  onUnderstood: (meaning: Meaning, by: UnderstoodBy) => void,
): Promise<Answered> {
  const stood = (message.context === null ? null : parts.contexts.open(message.context, buyerId, nowMs)) ?? newState;
  const shelved = await parts.shelf.read(api, message.campaign);
  if ("code" in shelved) return notNow(parts, { message, before: stood, buyerId, nowMs }, shelved);
  const before = onPage(stood, message.campaign, shelved);
  const table = {
    titles: shelved.titles,
    shown: before.shown,
    focus: before.focus,
    quoted: quotedIn(parts.quotes, before, { buyerId, nowMs })?.offer ?? null,
    pending: before.pending?.ask ?? null,
  };
  const chosen = message.choice === null ? null : choiceIn(message.choice);
  const read = message.choice === null ? understand(message.text ?? "", table) : (chosen?.understood ?? nothing);
  const language = message.language ?? read.language ?? before.language ?? "en";
  const asked = await askModel(parts, read, { message, table, language, shelved });
  const understood = asked ?? read;
  const meaning = meaningOf(understood, (id) => shelved.byId.get(id)?.sale.id);
  onUnderstood(meaning, message.choice !== null ? "choice" : asked === null ? "rules" : "model");
  const talk: Talk = {
    api,
    buyerId,
    language,
    words: words[language],
    nowMs,
    state: before,
    shelved,
    quotes: parts.quotes,
    publicUrl: parts.publicUrl,
  };
  const isOpening = message.choice === null && (message.text ?? "").trim() === "";
  const said = isOpening ? await greet(talk) : await (chosen?.does?.(talk) ?? respond(talk, understood));
  const heard = before.heardMs === null ? { text: "", heardMs: nowMs } : await heardOf(talk, before.heardMs);
  const state: ChatState = { ...before, pending: null, ...said.state, language, heardMs: heard.heardMs };
  return {
    reply: `${heard.text}${said.reply}`,
    choices: said.choices ?? firstSteps(talk),
    context: parts.contexts.sign(state, buyerId, nowMs),
    language,
    understood: isOpening ? { intent: "greet" } : meaning,
    outcome: said.outcome ?? null,
    links: said.links ?? [],
  };
}

/**
 * A sale whose page is opened is what is talked about from then on, until another one is. Numbers that stand beneath a
 * question go on meaning what they meant.
 */
function onPage(state: ChatState, campaign: string | null, { byId }: Shelved): ChatState {
  if (campaign === null || campaign === state.page) return { ...state, page: campaign };
  const ids = [...byId.values()].filter(({ sale }) => sale.id === campaign).map(({ offer }) => offer.id);
  const [only = null] = ids;
  if (only === null) return { ...state, page: null };
  const isOnly = ids.length === 1;
  const shown = state.pending === null ? { shown: isOnly ? [] : ids.slice(0, shownMax) } : {};
  return { ...state, page: campaign, focus: isOnly ? only : null, ...shown };
}

const nothing: Understood = {
  intent: "unknown",
  offers: [],
  number: null,
  quantity: null,
  leadS: null,
  afterS: null,
  order: null,
  language: null,
  isSure: true,
};

/** What is on sale cannot be read at the moment: said so, and the conversation stands where it stood. */
function notNow(
  parts: ChatParts,
  { message, before, buyerId, nowMs }: { message: Message; before: ChatState; buyerId: string | null; nowMs: number },
  why: Refused,
): Answered {
  const language = message.language ?? before.language ?? "en";
  return {
    reply: explained(why, language),
    choices: [],
    context: parts.contexts.sign({ ...before, language }, buyerId, nowMs),
    language,
    understood: { intent: "unknown" },
    outcome: why.code,
    links: [],
  };
}

/** What a model makes of what the rules are not sure of; `null` where none is asked, or none knows better. */
async function askModel(
  { model }: ChatParts,
  read: Understood,
  {
    message,
    table,
    language,
    shelved,
  }: { message: Message; table: Parameters<typeof understand>[1]; language: Language; shelved: Talk["shelved"] },
): Promise<Understood | null> {
  const text = (message.text ?? "").trim();
  if (model === null || read.isSure || text === "") return null;
  const ids = table.shown.some((id) => id.startsWith("off_")) ? table.shown : shelved.live.map(({ offer }) => offer.id);
  const offerings = ids.flatMap((id) => shelved.byId.get(id) ?? []);
  const answer = await model.understand({
    text,
    titles: offerings.map(({ offer }) => offer.title),
    pending: table.pending,
  });
  // Whatever stands behind the port: agreeing is the buyer's alone.
  if (answer === null || (answer.intent as Intent) === "yes") return null;
  const named = answer.title === null ? undefined : offerings[answer.title - 1]?.offer.id;
  return {
    intent: answer.intent,
    offers: named === undefined ? [] : [named],
    number: null,
    quantity: answer.quantity,
    leadS: read.leadS,
    afterS: read.afterS,
    order: read.order,
    language,
    isSure: true,
  };
}

function meaningOf(
  { intent, offers, order, number, quantity }: Understood,
  saleOf: (id: string) => string | undefined,
): Meaning {
  const [offer] = offers.length === 1 ? offers : [];
  const sale = offer === undefined ? undefined : saleOf(offer);
  return {
    intent,
    ...(offer === undefined ? {} : { offer }),
    ...(sale === undefined ? {} : { sale }),
    ...(order === null ? {} : { order }),
    ...(number === null ? {} : typeof number === "number" ? { number } : { which: number }),
    ...(quantity === null ? {} : { quantity }),
  };
}

interface Chosen {
  readonly understood: Understood;
  /** In place of what a message of this meaning would do. */
  readonly does?: (talk: Talk) => Promise<Said>;
}

const choiceForm = /^([a-z_]{2,22})(?::([\w.-]{1,250}))?(?::([0-9]{1,6}))?$/;
const intentOfChoice = new Map(Object.entries(choiceOf).map(([intent, verb]) => [verb, intent as Intent]));

/** A choice, which says all that it means; `null` for what is none. It opens nothing that its words would not. */
function choiceIn(text: string): Chosen | null {
  const [, verb = "", id = "", digits] = choiceForm.exec(text) ?? [];
  const meant = (intent: Intent, more: Partial<Understood> = {}): Understood => ({ ...nothing, intent, ...more });
  switch (verb) {
    case "list":
      return { understood: meant("list_sales"), does: async (talk) => listSales(talk, Number(id) || 0) };
    case "orders":
      return { understood: meant("my_orders") };
    case "help":
      return { understood: meant("help") };
    case "no":
      return { understood: meant("no") };
    case "yes":
      return { understood: meant("yes"), does: (talk) => confirm(talk, id) };
    case "confirm_cancel":
      if (parseId("ord", id) === null) return null;
      return { understood: meant("yes", { order: id }), does: (talk) => cancel(talk, id) };
    case "confirm_leave_queue":
    case "confirm_leave_draw":
    case "confirm_leave_waitlist": {
      if (parseId("off", id) === null) return null;
      const intent = verb.slice("confirm_".length) as LeaveIntent;
      return { understood: meant("yes", { offers: [id] }), does: (talk) => leaveOffer(talk, intent, id) };
    }
    case "sale":
      return { understood: meant("sale_details"), does: async (talk) => showSale(talk, id) };
  }
  const intent = intentOfChoice.get(verb);
  if (intent === undefined || parseId(isOrderIntent(intent) ? "ord" : "off", id) === null) return null;
  if (isOrderIntent(intent)) return { understood: meant(intent, { order: id }) };
  const value = digits === undefined ? null : Number(digits);
  return {
    understood: meant(intent, { offers: [id], ...(intent === "remind" ? { leadS: value } : { quantity: value }) }),
  };
}

function showSale(talk: Talk, campaignId: string): Said {
  const offerings = [...talk.shelved.byId.values()].filter(({ sale }) => sale.id === campaignId);
  const [only] = offerings;
  if (only === undefined) return refused(talk, notThere);
  return offerings.length === 1 ? tellOf(talk, "sale_details", only) : askWhich(talk, offerings, "sale_details");
}

const notThere: Refused = { code: "not_found", reason: null, retryAfterS: null, members: {} };

async function leaveOffer(talk: Talk, intent: LeaveIntent, offerId: string): Promise<Said> {
  const offering = talk.shelved.byId.get(offerId);
  return offering === undefined ? refused(talk, notThere) : leave(talk, intent, offering);
}

async function respond(talk: Talk, understood: Understood): Promise<Said> {
  const { words } = talk;
  const { intent } = understood;
  if (isOrderIntent(intent)) return withOrder(talk, intent, understood);
  if (isSaleIntent(intent)) return withSale(talk, intent, understood);
  switch (intent) {
    case "greet":
      return greet(talk);
    case "list_sales":
      return listSales(talk, understood.number === "other" ? talk.state.listed : 0);
    case "yes":
      return agreed(talk);
    case "no":
      return declined(talk);
    case "choose":
      return choose(talk, understood);
    case "my_orders":
      return listOrders(talk);
    case "my_reminders":
      return listReminders(talk);
    case "help":
      return { reply: words.help, choices: firstSteps(talk) };
    case "human":
      return { reply: words.human };
    case "thanks":
      return { reply: words.thanks };
    case "unknown":
      return notUnderstood(talk);
  }
}

function firstSteps({ words }: Talk): Choice[] {
  return [
    { label: words.labelList, value: "list" },
    { label: words.labelOrders, value: "orders" },
    { label: words.labelHelp, value: "help" },
  ];
}

async function greet(talk: Talk): Promise<Said> {
  const shop = read<ShopWire>(await talk.api({ method: "GET", path: "/v1/shop" }));
  const name = "refused" in shop ? "Rushbox" : shop.value.name;
  return { reply: talk.words.hello(name), choices: firstSteps(talk) };
}

/** A yes is to what was asked last, and to nothing else. */
async function agreed(talk: Talk): Promise<Said> {
  const { pending, focus, order } = talk.state;
  switch (pending?.ask) {
    case "buy":
      return confirm(talk, pending.quote);
    case "cancel":
      return cancel(talk, pending.order);
    case "leave":
      return leaveOffer(talk, pending.intent, pending.offer);
    case "remind": {
      const offering = talk.shelved.byId.get(pending.offer);
      return offering === undefined
        ? refused(talk, notThere)
        : setReminder(talk, offering, { leadS: pending.leadS, afterS: null });
    }
    case "which":
      return askAnew(talk, pending);
    case undefined: {
      const offering = focus === null ? undefined : talk.shelved.byId.get(focus);
      const isBought = order !== null;
      return {
        reply: talk.words.nothingToConfirm,
        choices: offering === undefined || isBought ? firstSteps(talk) : nextSteps(talk, offering),
      };
    }
  }
}

/** A yes says nothing of which one: all of them once more. */
async function askAnew(talk: Talk, { intent, ...wish }: Extract<Pending, { ask: "which" }>): Promise<Said> {
  if (isOrderIntent(intent)) return withOrder(talk, intent, { order: null, offers: [], number: null });
  const offerings = talk.state.shown.flatMap((id) => talk.shelved.byId.get(id) ?? []);
  return askWhich(talk, offerings.length > 0 ? offerings : talk.shelved.live, intent, wish);
}

/** What was asked is asked once more, in full: a yes must be to something that stands right above it. */
async function notUnderstood(talk: Talk): Promise<Said> {
  const { words, state, shelved, buyerId, nowMs } = talk;
  const quoted = quotedIn(talk.quotes, state, { buyerId, nowMs });
  const offering = quoted === null ? undefined : shelved.byId.get(quoted.offer);
  if (quoted === null || offering === undefined) return { reply: words.unknown, choices: firstSteps(talk) };
  const anew = await quote(talk, offering, quoted.quantity);
  return { ...anew, reply: `${words.unknown}\n${anew.reply}` };
}

/** What the quote says that waits for a yes; `null` where none does. */
function quotedIn(
  quotes: Quotes,
  { pending }: ChatState,
  { buyerId, nowMs }: Pick<Talk, "buyerId" | "nowMs">,
): { readonly offer: string; readonly quantity: number } | null {
  const checked = pending?.ask === "buy" ? quotes.check(pending.quote, buyerId ?? "", nowMs) : null;
  if (checked === null || !("terms" in checked)) return null;
  const { offerId, quantity } = checked.terms;
  return { offer: formatId("off", offerId), quantity };
}

function declined({ words, state }: Talk): Said {
  const said: Readonly<Record<Pending["ask"], string>> = {
    buy: words.notBought,
    cancel: words.notCancelled,
    leave: words.notLeft,
    remind: words.notReminded,
    which: words.fine,
  };
  return { reply: state.pending === null ? words.fine : said[state.pending.ask] };
}

/** One of what was shown, by its number or name: done with it what was asked for, else it is shown. */
async function choose(talk: Talk, understood: Understood): Promise<Said> {
  const { pending } = talk.state;
  const asked = pending?.ask === "which" && isSaleIntent(pending.intent) ? pending.intent : null;
  // Several offers may be one sale.
  if (asked !== null && isOfSale(asked) && understood.offers.length > 1) return withSale(talk, asked, understood);
  const shown = shownIds(talk, understood);
  const chosen = chosenOf(talk, understood, shown);
  if (chosen === "none") {
    return { reply: talk.words.noSuchNumber(count(shown.length)), state: { pending: talk.state.pending } };
  }
  if (chosen === null) {
    const offerings = shown
      .flatMap((id) => talk.shelved.byId.get(id) ?? [])
      .filter(({ offer }) => offer.id !== talk.state.focus);
    return askWhich(
      talk,
      offerings.length > 0 ? offerings : talk.shelved.live,
      pending?.ask === "buy" ? "buy" : "sale_details",
    );
  }
  if (chosen.startsWith("ord_")) {
    const intent = pending?.ask === "which" && isOrderIntent(pending.intent) ? pending.intent : "order_status";
    return withOrder(talk, intent, { order: chosen, offers: [], number: null });
  }
  const intent = pending?.ask === "buy" ? "buy" : (asked ?? "sale_details");
  const quantity = understood.quantity ?? (pending?.ask === "which" ? pending.quantity : null);
  return withSale(talk, intent, { ...nothing, intent, offers: [chosen], quantity });
}

/** What numbers mean: what was shown, or what would be. */
function shownIds({ state, shelved }: Talk, { number }: Understood): readonly string[] {
  return state.shown.length > 0 || number === null ? state.shown : shelved.live.map(({ offer }) => offer.id);
}

/** `none` for a number beyond the list; `null` where it is not clear. */
function chosenOf({ state }: Talk, { offers, number }: Understood, shown: readonly string[]): string | "none" | null {
  if (offers.length > 0) return offers.length === 1 ? (offers[0] ?? null) : null;
  if (number === "last") return shown.at(-1) ?? null;
  if (number === "other") {
    const others = shown.filter((id) => id !== state.focus);
    return others.length === 1 ? (others[0] ?? null) : null;
  }
  if (number !== null) return shown[number - 1] ?? (shown.length === 0 ? null : "none");
  return state.focus ?? (shown.length === 1 ? (shown[0] ?? null) : null);
}

/** Does with an offer what was asked for; asks which one where that is not clear. */
async function withSale(talk: Talk, intent: SaleIntent, understood: Understood): Promise<Said> {
  const { offers, number, quantity } = understood;
  const wish = { quantity, ...(intent === "remind" ? whenOf(talk, understood) : {}) };
  if (offers.length === 0 && number !== null) {
    const shown = shownIds(talk, understood);
    const chosen = chosenOf(talk, understood, shown);
    if (chosen === "none") return { reply: talk.words.noSuchNumber(count(shown.length)) };
    if (chosen !== null && talk.shelved.byId.has(chosen)) {
      return withSale(talk, intent, { ...understood, offers: [chosen], number: null });
    }
  }
  const meant = offeringsMeant(talk, intent, offers);
  const [only] = meant;
  if (intent === "forget_reminder" && offers.length === 0 && meant.length !== 1) return forgetAny(talk);
  const isClear = meant.length === 1 || (isOfSale(intent) && meant.every(({ sale }) => sale.id === only?.sale.id));
  if (only !== undefined && isClear) return onOffer(talk, intent, only, wish);
  if (offers.length > 0 && meant.length === 0) return refused(talk, notThere);
  return withoutSale(talk, intent, meant, wish);
}

/** Said now, or before it was asked of which sale. */
function whenOf({ state: { pending } }: Talk, { leadS, afterS }: When): When {
  const wasSaid = leadS !== null || afterS !== null;
  if (wasSaid || pending?.ask !== "which" || pending.intent !== "remind") return { leadS, afterS };
  return { leadS: pending.leadS ?? null, afterS: pending.afterS ?? null };
}

type Wish = Pick<Understood, "quantity"> & Partial<When>;

/**
 * The offers that may be meant: those that are named, else the one that is talked about, else those of a kind; of them
 * those of the sale whose page is open, unless others were shown since.
 */
function offeringsMeant({ state, shelved }: Talk, intent: SaleIntent, offers: readonly string[]): readonly Offering[] {
  const named = offers.flatMap((id) => shelved.byId.get(id) ?? []);
  if (offers.length > 0) return named;
  const fitting = shelved.live.filter((offering) => isOfKind(intent, offering));
  const focus = state.focus === null ? undefined : shelved.byId.get(state.focus);
  if (focus !== undefined && (fitting.includes(focus) || fitting.length === 0 || !isByKind(intent))) return [focus];
  const isOfPage = ({ sale }: Offering) => sale.id === state.page;
  const wereOthersShown = state.shown.some(
    (id) => id.startsWith("off_") && shelved.byId.get(id)?.sale.id !== state.page,
  );
  const here = wereOthersShown ? [] : [...shelved.byId.values()].filter(isOfPage);
  const fittingHere = here.filter((offering) => fitting.includes(offering));
  if (fittingHere.length > 0) return fittingHere;
  return here.length > 0 && (fitting.length === 0 || !isByKind(intent)) ? here : fitting;
}

/** What makes sense with some sales alone: with one of them it needs no name. */
function isByKind(intent: SaleIntent): boolean {
  return /_(?:queue|draw|waitlist)$/.test(intent) || isOfSale(intent);
}

/** What is of a whole sale, whatever it sells. */
function isOfSale(intent: SaleIntent): boolean {
  return intent === "remind" || intent === "forget_reminder";
}

function isOfKind(intent: SaleIntent, { offer, sale }: Offering): boolean {
  switch (intent) {
    case "join_queue":
    case "leave_queue":
      return sale.admission === "queue";
    case "enter_draw":
    case "leave_draw":
      return sale.admission === "draw";
    case "join_waitlist":
    case "leave_waitlist":
      return sale.admission === "open" && sale.waitlist && sale.state === "open" && offer.available === 0;
    case "remind":
    case "forget_reminder":
      return sale.state === "scheduled";
    default:
      return true;
  }
}

async function withoutSale(talk: Talk, intent: SaleIntent, meant: readonly Offering[], wish: Wish): Promise<Said> {
  const { words } = talk;
  if (intent === "place") return tellPlace(talk, null);
  if (intent === "rules") {
    const said = askWhich(talk, meant, intent, { question: words.rulesInGeneral });
    return talk.shelved.live.length === 0 ? { reply: words.rulesInGeneral } : said;
  }
  if (meant.length === 0) {
    if (intent === "join_queue" || intent === "leave_queue") return { reply: words.noQueue, choices: firstSteps(talk) };
    if (intent === "enter_draw" || intent === "leave_draw") return { reply: words.noDraw, choices: firstSteps(talk) };
    if (isByKind(intent)) return { reply: intent.endsWith("waitlist") ? words.noWaitlist : words.nothingOn };
  }
  if (intent === "buy" && talk.buyerId === null) return askToSignIn(talk);
  return askWhich(talk, meant, intent, wish);
}

async function onOffer(
  talk: Talk,
  intent: SaleIntent,
  offering: Offering,
  { quantity, leadS = null, afterS = null }: Wish,
): Promise<Said> {
  switch (intent) {
    case "buy":
      return quote(talk, offering, quantity ?? 1);
    case "join_queue":
    case "enter_draw":
    case "join_waitlist":
      return join(talk, intent, offering);
    case "leave_queue":
    case "leave_draw":
    case "leave_waitlist":
      return askToLeave(talk, leaveFor(intent, offering), offering);
    case "place":
      return tellPlace(talk, offering);
    case "remind":
      return isOpen(talk, offering.sale) ? alreadyOpen(talk, offering) : setReminder(talk, offering, { leadS, afterS });
    case "forget_reminder":
      return forgetReminder(talk, offering);
    case "sale_details":
    case "when":
    case "stock":
    case "price":
    case "rules":
      return tellOf(talk, intent, offering);
  }
}

/** "Leave" alone means what the sale has. */
function leaveFor(intent: LeaveIntent, { sale }: Offering): LeaveIntent {
  if (intent !== "leave_queue" || sale.admission === "queue") return intent;
  return sale.admission === "draw" ? "leave_draw" : "leave_waitlist";
}
