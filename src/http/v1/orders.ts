/** Orders: seen and cancelled by their buyer or an operator, paid by the shop's back end. */
import { formatId, parseId } from "../../domain/ids.ts";
import type { OrderRecord } from "../../domain/order.ts";
import type { LetterHead } from "../../engine/mailbox.ts";
import type { Buyer, Operator } from "../auth.ts";
import { hasBody, readJson } from "../body.ts";
import { isOperator, refuseByRole, requireCaller, requireOperator } from "../guard.ts";
import { paymentJson } from "../notice-json.ts";
import { orderFilterNames, readOrderFilter } from "../order-filter.ts";
import { buyerJsonOf, orderJson } from "../order-json.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { readCursor, readLimit, readQuery } from "../query.ts";
import { json } from "../respond.ts";
import type { Route } from "../route.ts";
import { PayBody } from "../schemas.ts";
import { refusalOf } from "./campaigns.ts";

type Parts = Pick<HttpParts, "auth" | "catalogue" | "client" | "gate" | "orders">;
type ListParts = Parts & Pick<HttpParts, "orderFinder">;

export function orderRoutes(parts: ListParts): Route[] {
  return [
    {
      name: "list_orders",
      method: "GET",
      path: "/v1/orders",
      work: "search",
      handle: (request) => list(parts, request),
    },
    { name: "get_order", method: "GET", path: "/v1/orders/:id", handle: (request, { id }) => get(parts, request, id) },
    {
      name: "cancel_order",
      method: "POST",
      path: "/v1/orders/:id/cancel",
      handle: (request, { id }) => cancel(parts, request, id),
    },
    {
      name: "pay_order",
      method: "POST",
      path: "/v1/orders/:id/pay",
      handle: (request, { id }) => pay(parts, request, id),
    },
    {
      name: "list_payments",
      method: "GET",
      path: "/v1/orders/:id/payments",
      handle: (request, { id }) => payments(parts, request, id),
    },
  ];
}

async function list(parts: ListParts, request: Request): Promise<Response> {
  const caller = await requireCaller(parts.auth, request);
  if (caller instanceof Response) return caller;
  // A buyer's orders are their own: whose they are to be is not theirs to say.
  const names = orderFilterNames.filter((name) => isOperator(caller) || name !== "buyer_id");
  const query = readQuery(request, [...names, "limit", "cursor"]);
  if (query instanceof Response) return query;
  const limit = readLimit(query.limit);
  if (limit instanceof Response) return limit;
  const before = readCursor("ord", query.cursor, Number.MAX_SAFE_INTEGER);
  if (before instanceof Response) return before;
  const filter = readOrderFilter(query);
  if (filter instanceof Response) return filter;
  const mine = isOperator(caller) ? filter : { ...filter, buyerId: caller.id };
  const page = parts.orderFinder.newestFirst(mine, before, limit);
  const next = page.next === null ? null : formatId("ord", page.next);
  return json(
    `{"orders":[${page.orders.map((order) => render(parts, order)).join(",")}],"next_cursor":${JSON.stringify(next)}}`,
  );
}

async function get(parts: Parts, request: Request, id = ""): Promise<Response> {
  const own = await ownOrder(parts, request, id);
  return own instanceof Response ? own : json(render(parts, own.order));
}

async function cancel(parts: Parts, request: Request, id = ""): Promise<Response> {
  const own = await ownOrder(parts, request, id);
  if (own instanceof Response) return own;
  const { caller, order } = own;
  const refusedByRole = refuseByRole(caller, "operator");
  if (refusedByRole !== null) return refusedByRole;
  const { orderId, campaignId, buyerId, state } = order;
  if (!isOperator(caller)) {
    const refused = parts.gate.refuse("changes", campaignId);
    if (refused !== null) return refused;
    // Told from the row, without the engine: nothing leads back to reserved, and only a reserved order can be cancelled.
    // An operator's wish goes to the engine all the same, since the audit log has it with its refusal.
    if (state === "cancelled") return json(render(parts, order));
    if (state !== "reserved") return problem("transition_not_allowed", { members: { state } });
  }
  const refused = refusalOf(await parts.client.send({ type: "cancel", orderId, campaignId, buyerId }, headOf(caller)));
  return refused ?? json(render(parts, stored(parts, orderId)));
}

async function pay(parts: Parts, request: Request, id = ""): Promise<Response> {
  const operator = await requireOperator(parts.auth, request, "operator");
  if (operator instanceof Response) return operator;
  const body = hasBody(request) ? await readJson(request, PayBody) : {};
  if (body instanceof Response) return body;
  const own = await ownOrder(parts, request, id);
  if (own instanceof Response) return own;
  const { orderId, campaignId, buyerId, offerId } = own.order;
  const amountMinor = body.amount_minor ?? own.order.amountMinor;
  const currency = body.currency ?? parts.catalogue.offerBySeq(offerId).view.currency;
  const payment = { provider: "shop", reference: body.reference ?? null, amountMinor, currency } as const;
  const command = { type: "pay", orderId, campaignId, buyerId, payment } as const;
  const refused = refusalOf(await parts.client.send(command, headOf(operator)));
  return refused ?? json(render(parts, stored(parts, orderId)));
}

async function payments(parts: Parts, request: Request, id = ""): Promise<Response> {
  const own = await ownOrder(parts, request, id);
  if (own instanceof Response) return own;
  return json(`{"payments":[${parts.orders.paymentsOf(own.order.orderId).map(paymentJson).join(",")}]}`);
}

/** The order, if whoever asks is its buyer or an operator; others learn nothing of it, not even that it exists. */
export async function ownOrder(
  { auth, orders }: Pick<Parts, "auth" | "orders">,
  request: Request,
  id: string,
): Promise<{ readonly caller: Buyer | Operator; readonly order: OrderRecord } | Response> {
  const caller = await requireCaller(auth, request);
  if (caller instanceof Response) return caller;
  const orderId = parseId("ord", id);
  const order = orderId === null ? null : orders.order(orderId);
  if (order === null || !(isOperator(caller) || caller.id === order.buyerId)) return problem("not_found");
  return { caller, order };
}

/** What goes into the audit log: who did it, when it was an operator. */
export function headOf(caller: Buyer | Operator): LetterHead | undefined {
  return isOperator(caller) ? { operator: caller.name } : undefined;
}

/** The order as the command that was just answered has left it. */
export function stored({ orders }: Parts, orderId: number): OrderRecord {
  const order = orders.order(orderId);
  if (order === null) throw new Error(`order ${orderId} is not stored`);
  return order;
}

/** The order on the wire. */
export function render({ catalogue }: Parts, order: OrderRecord): string {
  return orderJson(order, buyerJsonOf(order.buyerId), catalogue.offerBySeq(order.offerId));
}
