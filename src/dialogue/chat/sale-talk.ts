/** Looking around: what is on, and what one wants to know of a sale before buying. Nobody has to be known for it. */

import { duration, moment } from "./format.ts";
import type { SaleIntent } from "./intents.ts";
import type { Offering } from "./shelf.ts";
import {
  type Choice,
  count,
  isOpen,
  linkToSale,
  offerLabel,
  offerLines,
  price,
  type Said,
  shownMax,
  standing,
  type Talk,
  until,
} from "./talk.ts";

const descriptionShown = 160;

/** The list of sales, from one on. */
export function listSales(talk: Talk, from = 0): Said {
  const { words, shelved } = talk;
  if (shelved.live.length === 0) return { reply: words.nothingOn };
  const start = from >= shelved.live.length ? 0 : from;
  const shown = shelved.live.slice(start, start + shownMax);
  const rest = shelved.live.length - start - shown.length;
  return {
    reply: [words.onSale, ...offerLines(talk, shown), ...(rest > 0 ? [words.more(count(rest))] : [])].join("\n"),
    choices: [
      ...shown.map(({ offer }, at) => ({ label: offerLabel(shown, at), value: `offer:${offer.id}` })),
      ...(rest > 0 ? [{ label: words.labelMore, value: `list:${start + shown.length}` }] : []),
    ],
    state: { shown: shown.map(({ offer }) => offer.id), listed: start + shown.length, focus: null },
  };
}

type Question = Extract<SaleIntent, "sale_details" | "when" | "stock" | "price" | "rules">;

/** What somebody wants to know of one offer. */
export function tellOf(talk: Talk, intent: Question, offering: Offering): Said {
  return {
    reply: { sale_details: details, when, stock, price: priceOf, rules }[intent](talk, offering),
    choices: nextSteps(talk, offering),
    links: [linkToSale(talk, offering.sale.id)],
    state: { focus: offering.offer.id },
  };
}

/** What can be done with an offer as it stands. */
export function nextSteps(talk: Talk, { offer, sale }: Offering): Choice[] {
  const { words } = talk;
  const of = (verb: string, label: string) => ({ label, value: `${verb}:${offer.id}` });
  if (sale.state === "ended") return [{ label: words.labelList, value: "list" }];
  const steps: Choice[] = [];
  if (sale.admission === "queue") steps.push(of("queue", words.labelQueue));
  if (!isOpen(talk, sale)) {
    if (sale.state === "scheduled") steps.push(of("remind", words.labelRemind));
  } else if (sale.admission === "draw") steps.push(of("draw", words.labelDraw));
  else if (sale.admission === "open" && offer.available > 0) {
    steps.push({ label: words.labelBuy, value: `buy:${offer.id}:1` });
  } else if (sale.admission === "open" && sale.waitlist) steps.push(of("waitlist", words.labelWaitlist));
  return [...steps, of("rules", words.labelRules)];
}

function details(talk: Talk, offering: Offering): string {
  const { offer } = offering;
  const text = talk.words.details(
    offer.title,
    priceWithUsual(talk, offering),
    standing(talk, offering),
    count(offer.limit_per_buyer),
  );
  if (offer.description === null) return text;
  const told = offer.description.slice(0, descriptionShown).toWellFormed();
  return `${text}\n${told}${offer.description.length > descriptionShown ? "…" : ""}`;
}

function when(talk: Talk, { offer, sale }: Offering): string {
  const { words } = talk;
  if (sale.state === "ended") return words.isOver(offer.title);
  if (sale.state === "paused") return words.isPaused(offer.title);
  if (!isOpen(talk, sale) && sale.opens_at !== null)
    return words.opensAt(offer.title, moment(sale.opens_at), until(talk, sale.opens_at));
  if (sale.closes_at === null) return words.openNow(offer.title);
  const open = words.openUntil(offer.title, moment(sale.closes_at), until(talk, sale.closes_at));
  return sale.admission === "draw" ? `${open} ${words.drawnAt(moment(sale.closes_at))}` : open;
}

function stock(talk: Talk, { offer, sale }: Offering): string {
  const { words } = talk;
  if (sale.state === "ended") return words.isOver(offer.title);
  const left = offer.available > 0 ? words.stockOf(offer.title, count(offer.available)) : words.soldOutOf(offer.title);
  return offer.held > 0 ? `${left}${words.heldOf(count(offer.held))}` : left;
}

function priceOf(talk: Talk, offering: Offering): string {
  return talk.words.priceOf(offering.offer.title, priceWithUsual(talk, offering));
}

function priceWithUsual(talk: Talk, { offer }: Offering): string {
  const now = price(talk, offer.price_minor, offer.currency);
  if (offer.list_price_minor === null || offer.list_price_minor <= offer.price_minor) return now;
  return `${now}${talk.words.usually(price(talk, offer.list_price_minor, offer.currency))}`;
}

function rules(talk: Talk, { offer, sale }: Offering): string {
  const { words, language } = talk;
  const window = duration(sale.pass_window_s * 1_000, language);
  const ways = { open: words.ruleOpen, queue: words.ruleQueue(window), draw: words.ruleDraw };
  return [
    `${offer.title}${language === "zh" ? "：" : ": "}${ways[sale.admission]}`,
    words.ruleLimit(count(sale.admission === "draw" ? 1 : offer.limit_per_buyer)),
    words.rulePay(duration(sale.payment_window_s * 1_000, language)),
    ...(sale.admission === "open" && sale.waitlist ? [words.ruleWaitlist] : []),
  ].join(language === "zh" ? "" : " ");
}
