/** An order as the wire has it, put together from prepared pieces: the one body that the buy path makes per request. */
import { formatId } from "../domain/ids.ts";
import type { OrderRecord } from "../domain/order.ts";
import type { OfferEntry } from "./catalogue.ts";
import { wireTime } from "./respond.ts";

/** `wireTime` for a rush: the orders of one batch share their times. */
function rememberLast(): (ms: number) => string {
  let lastMs = Number.NaN;
  let text = "";
  return (ms) => {
    if (ms !== lastMs) {
      lastMs = ms;
      text = wireTime(ms);
    }
    return text;
  };
}

const reservedTime = rememberLast();
const expiryTime = rememberLast();

/** The buyer's id as a JSON text; `null` when the identity was erased. */
export function buyerJsonOf(buyerId: string): string {
  return buyerId === "" ? "null" : JSON.stringify(buyerId);
}

type OrderJsonParts = Pick<
  OrderRecord,
  "orderId" | "quantity" | "amountMinor" | "state" | "reservedAtMs" | "expiresAtMs" | "paidAtMs" | "endedAtMs" | "actor"
>;

/** `buyerJson` is the buyer's id as a JSON text. */
export function orderJson(order: OrderJsonParts, buyerJson: string, offer: OfferEntry): string {
  const paidAt = order.paidAtMs === null ? "" : `,"paid_at":"${wireTime(order.paidAtMs)}"`;
  const endedAt = order.endedAtMs === null ? "" : `,"ended_at":"${wireTime(order.endedAtMs)}"`;
  return (
    `{"id":"${formatId("ord", order.orderId)}",${offer.orderJson},"buyer_id":${buyerJson},"by_agent":${order.actor !== null}` +
    `,"quantity":${order.quantity},"amount_minor":${order.amountMinor},"state":"${order.state}","seq":${order.orderId}` +
    `,"reserved_at":"${reservedTime(order.reservedAtMs)}","expires_at":"${expiryTime(order.expiresAtMs)}"${paidAt}${endedAt}}`
  );
}
