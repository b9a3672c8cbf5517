/** Tools for a buyer's orders: look, pay, cancel, keep a receipt. */
import { Type } from "@sinclair/typebox";
import { orderStates } from "../../domain/order.ts";
import type { ReceiptFacts } from "../../domain/receipt.ts";
import { pathOf } from "../api.ts";
import { choiceOf, countOf, idOf, inputOf, orNull, timeOf } from "./schema.ts";
import { type OrderJson, OrderShape, orderOf } from "./shapes.ts";
import { ask, done, type Tool, toolOf } from "./tool.ts";

const ordersListedMax = 50;
const ordersListedDefault = 20;
const orderId = { order_id: idOf("ord", "the order") };

const OrderListShape = Type.Object({
  orders: Type.Array(OrderShape, { description: "the newest first" }),
  next_cursor: orNull(Type.String({ description: "pass it as cursor for more; null at the end" })),
});

const listOrders = toolOf({
  name: "list_orders",
  title: "List own orders",
  description: "The buyer's orders, the newest first, with what is to be paid and until when.",
  audience: "buyers",
  effect: "reads",
  input: inputOf({
    state: Type.Optional(choiceOf(orderStates, "only orders in this state; reserved: still to be paid")),
    campaign_id: Type.Optional(idOf("cmp", "only orders of this sale")),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: ordersListedMax, description: `default ${ordersListedDefault}` }),
    ),
    cursor: Type.Optional(idOf("ord", "next_cursor of the page before")),
  }),
  output: OrderListShape,
  async run({ limit = ordersListedDefault, ...filters }, desk) {
    const query = new URLSearchParams({ ...filters, limit: String(limit) });
    const told = await ask(desk, { method: "GET", path: `/v1/orders?${query}` });
    if (told.kind === "refused") return told;
    const { orders, next_cursor } = told.body as { orders: OrderJson[]; next_cursor: string | null };
    const more = next_cursor === null ? "" : " There are more: pass next_cursor as cursor.";
    const text = `${orders.length} ${orders.length === 1 ? "order" : "orders"}.${more}`;
    return done(text, { orders: orders.map(orderOf), next_cursor });
  },
});

const getOrder = toolOf({
  name: "get_order",
  title: "Look at an order",
  description: "One order of the buyer: its state, what is to be paid, and until when.",
  audience: "buyers",
  effect: "reads",
  input: inputOf(orderId),
  output: OrderShape,
  async run({ order_id }, desk) {
    const told = await ask(desk, { method: "GET", path: pathOf("/v1/orders/{}", order_id) });
    if (told.kind === "refused") return told;
    const order = orderOf(told.body as OrderJson);
    const until = order.state === "reserved" ? `, to be paid until ${order.expires_at}` : "";
    return done(`Order ${order.id} is ${order.state}${until}.`, order);
  },
});

const payLink = toolOf({
  name: "pay_link",
  title: "Where to pay an order",
  description:
    "The payment page of an order that is still to be paid. Give the link to the person: they pay there themselves, and no tool can pay for them. Where the shop takes the money itself this says so.",
  audience: "buyers",
  effect: "changes",
  input: inputOf(orderId),
  output: Type.Object({
    url: Type.String({ description: "the payment provider's page, for the person" }),
    expires_at: timeOf("until when paying there keeps the order"),
  }),
  async run({ order_id }, desk) {
    const told = await ask(desk, { method: "POST", path: pathOf("/v1/orders/{}/checkout", order_id) });
    if (told.kind === "refused") return told;
    const { url, expires_at } = told.body as { url: string; expires_at: string };
    return done(`The person pays at ${url} until ${expires_at}.`, { url, expires_at });
  },
});

const cancelOrder = toolOf({
  name: "cancel_order",
  title: "Cancel an order",
  description:
    "Cancels an order that is not paid yet; its units go back on sale at once, and it cannot be taken back: who wants them again buys anew, if any are left. There is no second question: ask the person before. Cancelled twice is as once. A paid order is the shop's to refund.",
  audience: "buyers",
  effect: "ends",
  input: inputOf(orderId),
  output: OrderShape,
  async run({ order_id }, desk) {
    const told = await ask(desk, { method: "POST", path: pathOf("/v1/orders/{}/cancel", order_id) });
    if (told.kind === "refused") return told;
    return done(`Order ${order_id} is cancelled.`, orderOf(told.body as OrderJson));
  },
});

const getReceipt = toolOf({
  name: "get_receipt",
  title: "Receipt of an order",
  description:
    "The signed receipt of an order, for the buyer to keep: it proves what the shop's ledger says of the order's beginning. Check it with verify_receipt, here or at any time later.",
  audience: "buyers",
  effect: "reads",
  input: inputOf(orderId),
  output: Type.Object({
    receipt: Type.String({ description: "the receipt: a compact JWS, signed by the shop" }),
    ...orderId,
    offer_id: idOf("off", "what was bought"),
    quantity: countOf("units", 1),
    amount_minor: countOf("to pay, in minor units"),
    at: timeOf("when it was reserved"),
    ledger_seq: countOf("its row in the ledger", 1),
    ledger_hash: Type.String({ description: "the hash of that row" }),
  }),
  async run({ order_id }, desk) {
    const told = await ask(desk, { method: "GET", path: pathOf("/v1/orders/{}/receipt", order_id) });
    if (told.kind === "refused") return told;
    const { receipt, offer_id, quantity, amount_minor, at, seq, hash } = told.body as ReceiptFacts & {
      receipt: string;
    };
    const data = { receipt, order_id, offer_id, quantity, amount_minor, at, ledger_seq: seq, ledger_hash: hash };
    return done(`The receipt of order ${order_id}: row ${seq} of the ledger.`, data);
  },
});

export const orderTools: readonly Tool[] = [listOrders, getOrder, payLink, cancelOrder, getReceipt];
