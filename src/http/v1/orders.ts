/** Orders: seen and cancelled by their buyer or an operator, paid by the shop's back end. */
import { formatId, parseId } from "../../domain/ids.ts";
import type { OrderRecord } from "../../domain/order.ts";
import { hasBody, readJson } from "../body.ts";
import { refuseUnlessOperator, requireCaller } from "../guard.ts";
import { orderFilterNames, readOrderFilter } from "../order-filter.ts";
import { orderJson } from "../order-json.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { readLimit, readQuery } from "../query.ts";
import { json } from "../respond.ts";
import type { Route } from "../route.ts";
import { PayBody } from "../schemas.ts";
import { refusalOf } from "./campaigns.ts";

type Parts = Pick<HttpParts, "auth" | "catalogue" | "client" | "orderFinder" | "orders">;

export function orderRoutes(parts: Parts): Route[] {
  return [
    { name: "list_orders", method: "GET", path: "/v1/orders", handle: (request) => list(parts, request) },
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
  ];
}

async function list(parts: Parts, request: Request): Promise<Response> {
  const caller = await requireCaller(parts.auth, request);
  if (caller instanceof Response) return caller;
  // A buyer's orders are their own: whose they are to be is not theirs to say.
  const names = orderFilterNames.filter((name) => caller === "operator" || name !== "buyer_id");
  const query = readQuery(request, [...names, "limit", "cursor"]);
  if (query instanceof Response) return query;
  const limit = readLimit(query.limit);
  if (limit instanceof Response) return limit;
  const before = query.cursor === undefined ? Number.MAX_SAFE_INTEGER : parseId("ord", query.cursor);
  if (before === null)
    return problem("invalid", { errors: [{ field: "cursor", detail: "must be a next_cursor of this list" }] });
  const filter = readOrderFilter(query);
  if (filter instanceof Response) return filter;
  const mine = caller === "operator" ? filter : { ...filter, buyerId: caller.id };
  const page = parts.orderFinder.newestFirst(mine, before, limit);
  const next = page.next === null ? null : formatId("ord", page.next);
  return json(
    `{"orders":[${page.orders.map((order) => render(parts, order)).join(",")}],"next_cursor":${JSON.stringify(next)}}`,
  );
}

async function get(parts: Parts, request: Request, id = ""): Promise<Response> {
  const order = await ownOrder(parts, request, id);
  return order instanceof Response ? order : json(render(parts, order));
}

async function cancel(parts: Parts, request: Request, id = ""): Promise<Response> {
  const order = await ownOrder(parts, request, id);
  if (order instanceof Response) return order;
  const { orderId, campaignId, buyerId, state } = order;
  // Told from the row, without the engine: nothing leads back to reserved, and only a reserved order can be cancelled.
  if (state === "cancelled") return json(render(parts, order));
  if (state !== "reserved") return problem("transition_not_allowed", { members: { state } });
  const refused = refusalOf(await parts.client.send({ type: "cancel", orderId, campaignId, buyerId }));
  return refused ?? json(render(parts, stored(parts, orderId)));
}

async function pay(parts: Parts, request: Request, id = ""): Promise<Response> {
  const forbidden = await refuseUnlessOperator(parts.auth, request);
  if (forbidden !== null) return forbidden;
  const body = hasBody(request) ? await readJson(request, PayBody) : {};
  if (body instanceof Response) return body;
  const order = await ownOrder(parts, request, id);
  if (order instanceof Response) return order;
  const { orderId, campaignId, buyerId } = order;
  const reference = body.reference ?? null;
  const refused = refusalOf(await parts.client.send({ type: "pay", orderId, campaignId, buyerId, reference }));
  if (refused !== null) return refused;
  const paid = stored(parts, orderId);
  if (reference !== null && paid.paymentReference !== null && paid.paymentReference !== reference) {
    return problem("refund_due", {
      detail: "The order was paid by another payment before: return the money of this one.",
    });
  }
  return json(render(parts, paid));
}

/** The order, if whoever asks is its buyer or an operator; others learn nothing of it, not even that it exists. */
async function ownOrder({ auth, orders }: Parts, request: Request, id: string): Promise<OrderRecord | Response> {
  const caller = await requireCaller(auth, request);
  if (caller instanceof Response) return caller;
  const orderId = parseId("ord", id);
  const order = orderId === null ? null : orders.order(orderId);
  if (order === null || (caller !== "operator" && caller.id !== order.buyerId)) return problem("not_found");
  return order;
}

function stored({ orders }: Parts, orderId: number): OrderRecord {
  const order = orders.order(orderId);
  if (order === null) throw new Error(`order ${orderId} is not stored`);
  return order;
}

function render({ catalogue }: Parts, order: OrderRecord): string {
  return orderJson(order, JSON.stringify(order.buyerId), catalogue.offerBySeq(order.offerId));
}
