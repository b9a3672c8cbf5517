/** Orders, their states and what happened to them in operators' words. */
import type { JSX } from "preact";
import type { OrderState } from "../../../domain/order.ts";
import type { PaymentState } from "../../../domain/payment.ts";
import { Tag, type Tone } from "../../shared/elements.tsx";
import { count } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Order } from "../../shared/wire.ts";

export const orderStateNames = wordsOf({
  reserved: ["To be paid", "待支付"],
  paid: ["Paid", "已支付"],
  cancelled: ["Cancelled", "已取消"],
  expired: ["Expired", "超时关闭"],
  refund_due: ["Refund due", "待退款"],
  refunded: ["Refunded", "已退款"],
}) satisfies Readonly<Record<OrderState, string>>;

const orderTones: Readonly<Record<OrderState, Tone>> = {
  reserved: "warn",
  paid: "good",
  cancelled: "plain",
  expired: "plain",
  refund_due: "bad",
  refunded: "plain",
};

export function OrderStateTag({ state }: { state: OrderState }): JSX.Element {
  return <Tag tone={orderTones[state]}>{orderStateNames[state]}</Tag>;
}

const marks = wordsOf({ byAgent: ["Agent", "智能体"] });

/** The mark of an order that an agent made; nothing on the others. */
export function AgentTag({ order }: { order: Pick<Order, "by_agent"> }): JSX.Element | null {
  return order.by_agent ? <Tag>{marks.byAgent}</Tag> : null;
}

const paymentStateNames = wordsOf({
  accepted: ["Pays for the order", "已入账"],
  refund_due: ["To be returned", "待退回"],
  refunded: ["Returned", "已退回"],
}) satisfies Readonly<Record<PaymentState, string>>;

export function PaymentStateTag({ state }: { state: PaymentState }): JSX.Element {
  return (
    <Tag tone={state === "accepted" ? "good" : state === "refund_due" ? "bad" : "plain"}>
      {paymentStateNames[state]}
    </Tag>
  );
}

const rowTypes = wordsOf({
  order_reserved: ["Reserved by the buyer", "买家下单，库存已占用"],
  order_offered: ["Offered to the buyer from the list", "从候补或抽签名单中分得"],
  order_paid: ["Paid", "已支付"],
  order_cancelled: ["Cancelled", "已取消"],
  order_expired: ["Not paid in time", "超时未支付"],
  order_rereserved: ["Paid late, with units left: reserved again", "付款晚到但仍有库存，重新占用"],
  order_refund_due: ["Paid too late: the money has to go back", "付款到得太晚，需退款"],
  order_refund_requested: ["Refund asked for by an operator", "运营发起退款"],
  order_refunded: ["Money returned", "款项已退回"],
  payment_refund_due: ["A payment came that cannot be kept", "收到一笔无法入账的款项"],
  payment_refunded: ["That payment was returned", "该款项已退回"],
});

/** A row of the ledger about an order, in words. */
export function rowTypeWords(type: string): string {
  return type in rowTypes ? rowTypes[type as keyof typeof rowTypes] : type;
}

const kinds = wordsOf({
  available: [(units: string) => `${units} on sale`, (units: string) => `可售 ${units}`],
  held: [(units: string) => `${units} held`, (units: string) => `占用 ${units}`],
  sold: [(units: string) => `${units} sold`, (units: string) => `已售 ${units}`],
  none: ["no units moved", "库存不变"],
});

/** How a row moved the stock: `−1 on sale, +1 held`. */
export function stockMoveWords(move: {
  readonly available: number;
  readonly held: number;
  readonly sold: number;
}): string {
  const moved = (["available", "held", "sold"] as const).filter((kind) => move[kind] !== 0);
  if (moved.length === 0) return kinds.none;
  return moved.map((kind) => kinds[kind](`${move[kind] > 0 ? "+" : "−"}${count(Math.abs(move[kind]))}`)).join(", ");
}
