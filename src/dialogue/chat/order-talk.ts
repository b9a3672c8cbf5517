/** A buyer's own orders: shown, paid, cancelled once somebody has said yes to it. Whose they are `/v1` knows by the token. */
import { pathOf } from "../api.ts";
import { money } from "./format.ts";
import type { OrderIntent, Understood } from "./intents.ts";
import {
  askToSignIn,
  type Choice,
  choiceOf,
  count,
  linkToOrder,
  price,
  refused,
  type Said,
  sentences,
  type Talk,
  until,
} from "./talk.ts";
import { type CampaignWire, type OrderWire, type Refused, read } from "./wire.ts";

const ordersShown = 5;
const ordersSearched = 20;

export async function listOrders(talk: Talk): Promise<Said> {
  if (talk.buyerId === null) {
    const said = await askToSignIn(talk);
    return { ...said, reply: sentences(talk, talk.words.nothingBought, said.reply) };
  }
  const orders = await newestOrders(talk);
  if ("code" in orders) return refused(talk, orders);
  if (orders.length === 0) return nothingThere(talk, talk.words.noOrders);
  const shown = orders.slice(0, ordersShown);
  const [only] = shown;
  if (shown.length === 1 && only !== undefined) return orderSaid(talk, only, await titleOf(talk, only));
  return lines(talk, shown, talk.words.orders, "order");
}

function nothingThere(talk: Talk, reply: string): Said {
  return { reply, choices: [{ label: talk.words.labelList, value: "list" }] };
}

async function lines(talk: Talk, shown: readonly OrderWire[], head: string, verb: string): Promise<Said> {
  const titles = await Promise.all(shown.map((order) => titleOf(talk, order)));
  const texts = shown.map((order, at) =>
    talk.words.orderLine(
      count(at + 1),
      count(order.quantity),
      titles[at] ?? "",
      price(talk, order.amount_minor, order.currency),
      stateOf(talk, order),
    ),
  );
  return {
    reply: [head, ...texts].join("\n"),
    choices: shown.map((order, at) => ({ label: `${at + 1}. ${titles[at]}`, value: `${verb}:${order.id}` })),
    state: { shown: shown.map(({ id }) => id), order: null },
  };
}

/** Does with an order what was asked for; asks which one where that is not clear. */
export async function withOrder(
  talk: Talk,
  intent: OrderIntent,
  wanted: Pick<Understood, "order" | "offers" | "number">,
): Promise<Said> {
  if (talk.buyerId === null) return askToSignIn(talk);
  const found = await ordersMeant(talk, intent, wanted);
  if ("code" in found) return refusedOrder(talk, found);
  const [order] = found;
  if (order === undefined) {
    return nothingThere(talk, intent === "order_status" ? talk.words.noOrders : talk.words.noFittingOrders);
  }
  if (found.length > 1 && intent !== "order_status") {
    const said = await lines(talk, found.slice(0, ordersShown), talk.words.which, choiceOf[intent]);
    return { ...said, state: { ...said.state, pending: { ask: "which", intent, quantity: null } } };
  }
  const title = await titleOf(talk, order);
  switch (intent) {
    case "order_status":
      return orderSaid(talk, order, title);
    case "pay":
      return pay(talk, order, title);
    case "cancel_order":
      return askToCancel(talk, order, title);
    case "receipt":
      return receipt(talk, order, title);
  }
}

/** Another buyer's order is none, as one that never was. */
function refusedOrder(talk: Talk, why: Refused): Said {
  if (why.code !== "not_found") return refused(talk, why);
  const { noSuchOrder, labelOrders } = talk.words;
  return { reply: noSuchOrder, outcome: why.code, choices: [{ label: labelOrders, value: "orders" }] };
}

/** The orders that may be meant: one that is named, else those with which that can be done, the newest first. */
async function ordersMeant(
  talk: Talk,
  intent: OrderIntent,
  { order, offers, number }: Pick<Understood, "order" | "offers" | "number">,
): Promise<readonly OrderWire[] | Refused> {
  const shown =
    typeof number === "number" ? talk.state.shown[number - 1] : number === "last" ? talk.state.shown.at(-1) : undefined;
  const named = order ?? (shown?.startsWith("ord_") === true ? shown : null);
  if (named !== null) return oneOrder(talk, named);
  const orders = await newestOrders(talk);
  if ("code" in orders) return orders;
  const ofOffers = offers.length === 0 ? orders : orders.filter(({ offer_id }) => offers.includes(offer_id));
  const inFocus = offers.length === 0 ? ofOffers.find(({ id }) => id === talk.state.order) : undefined;
  const fits = ({ state }: OrderWire) => {
    if (intent === "order_status") return true;
    return intent === "receipt" ? state !== "cancelled" && state !== "expired" : state === "reserved";
  };
  if (inFocus !== undefined && fits(inFocus)) return [inFocus];
  const fitting = ofOffers.filter(fits);
  // Said of a paid order, a cancellation is a wish for a refund: that is told, not that there is none.
  return fitting.length === 0 && intent === "cancel_order"
    ? ofOffers.filter(({ state }) => state === "paid").slice(0, 1)
    : fitting;
}

async function oneOrder({ api }: Talk, id: string): Promise<readonly OrderWire[] | Refused> {
  const answer = read<OrderWire>(await api({ method: "GET", path: pathOf("/v1/orders/{}", id) }));
  return "refused" in answer ? answer.refused : [answer.value];
}

async function newestOrders({ api }: Talk): Promise<readonly OrderWire[] | Refused> {
  const path = `/v1/orders?limit=${ordersSearched}`;
  const answer = read<{ orders: readonly OrderWire[] }>(await api({ method: "GET", path }));
  return "refused" in answer ? answer.refused : answer.value.orders;
}

/** An order as it stands, with what can be done with it. */
export function orderSaid(talk: Talk, order: OrderWire, title: string): Said {
  const { words } = talk;
  const of = (verb: string, label: string): Choice => ({ label, value: `${verb}:${order.id}` });
  const steps = order.state === "reserved" ? [of("pay", words.labelPay), of("cancel", words.labelCancel)] : [];
  const proof = order.state === "paid" ? [of("receipt", words.labelReceipt)] : [];
  return {
    reply: words.order(
      count(order.quantity),
      title,
      money(order.amount_minor, order.currency, talk.language),
      stateOf(talk, order),
    ),
    choices: [...steps, ...proof],
    links: [linkToOrder(talk, order.id)],
    state: { order: order.id },
  };
}

function stateOf(talk: Talk, { state, expires_at }: OrderWire): string {
  const { words } = talk;
  const told: Readonly<Record<string, string>> = {
    reserved: words.toPay(until(talk, expires_at)),
    paid: words.paid,
    cancelled: words.cancelled,
    expired: words.expired,
    refund_due: words.refundDue,
    refunded: words.refunded,
  };
  return told[state] ?? state;
}

async function pay(talk: Talk, order: OrderWire, title: string): Promise<Said> {
  if (order.state !== "reserved") return { ...orderSaid(talk, order, title), outcome: "transition_not_allowed" };
  const answer = read<{ url: string }>(
    await talk.api({ method: "POST", path: pathOf("/v1/orders/{}/checkout", order.id) }),
  );
  const [links, state] = [[linkToOrder(talk, order.id)], { order: order.id }];
  if ("refused" in answer) return refused(talk, answer.refused, { links, state });
  const amount = money(order.amount_minor, order.currency, talk.language);
  return {
    reply: talk.words.payHere(title, amount, until(talk, order.expires_at)),
    outcome: "checkout",
    links: [{ label: talk.words.payLink, url: answer.value.url }, ...links],
    state,
  };
}

function askToCancel(talk: Talk, order: OrderWire, title: string): Said {
  const { words } = talk;
  if (order.state === "paid") {
    return { reply: words.paidOrder(title), outcome: "transition_not_allowed", state: { order: order.id } };
  }
  if (order.state !== "reserved") return { ...orderSaid(talk, order, title), outcome: "transition_not_allowed" };
  return {
    reply: words.sureToCancel(count(order.quantity), title),
    outcome: "asked",
    choices: [
      { label: words.labelYes, value: `confirm_cancel:${order.id}` },
      { label: words.labelNo, value: "no" },
    ],
    state: { order: order.id, pending: { ask: "cancel", order: order.id } },
  };
}

/** Somebody has said yes to it. */
export async function cancel(talk: Talk, orderId: string): Promise<Said> {
  if (talk.buyerId === null) return askToSignIn(talk);
  const answer = read<OrderWire>(await talk.api({ method: "POST", path: pathOf("/v1/orders/{}/cancel", orderId) }));
  if ("refused" in answer) return refusedOrder(talk, answer.refused);
  const title = await titleOf(talk, answer.value);
  return { reply: talk.words.hasCancelled(title), outcome: "cancelled", state: { order: orderId } };
}

async function receipt(talk: Talk, order: OrderWire, title: string): Promise<Said> {
  const answer = read<{ seq: number }>(
    await talk.api({ method: "GET", path: pathOf("/v1/orders/{}/receipt", order.id) }),
  );
  const [links, state] = [[linkToOrder(talk, order.id)], { order: order.id }];
  if ("refused" in answer) return refused(talk, answer.refused, { links, state });
  return { reply: talk.words.receipt(title, count(answer.value.seq)), outcome: "receipt", links, state };
}

async function titleOf({ api, shelved }: Talk, order: OrderWire): Promise<string> {
  const known = shelved.byId.get(order.offer_id);
  if (known !== undefined) return known.offer.title;
  const answer = read<CampaignWire>(await api({ method: "GET", path: pathOf("/v1/campaigns/{}", order.campaign_id) }));
  if ("refused" in answer) return order.sku;
  return answer.value.offers.find(({ id }) => id === order.offer_id)?.title ?? order.sku;
}
