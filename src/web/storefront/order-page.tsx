/** One order: what it is, how it stands, what can be done, what has happened, and what proves it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Refusal } from "../shared/api.ts";
import { Button, Notice, Tag } from "../shared/elements.tsx";
import { count, fullMoment, money } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import { explain } from "../shared/refusals.ts";
import type { Order, Payment, PaymentList } from "../shared/wire.ts";
import { DrawProof } from "./draw-proof.tsx";
import { NobodyHere } from "./nobody-here.tsx";
import { OrderActions } from "./order-actions.tsx";
import { stateNames, stateTones } from "./order-words.ts";
import { askForOrders, campaignOf, offerOf, shelf, useOrderStream } from "./orders.ts";
import { QueueProof } from "./queue-proof.tsx";
import { ReceiptCard } from "./receipt-card.tsx";
import { api, buyer } from "./session.ts";
import { type StepName, timelineOf } from "./timeline.ts";

const words = wordsOf({
  back: ["My orders", "我的订单"],
  loading: ["Asking for this order …", "正在读取订单……"],
  notHere: ["This order is not here", "没有找到这张订单"],
  notHereText: [
    "There is none with this number, or it belongs to somebody else. Whoever bought it sees it when they are signed in as they were then.",
    "没有这个编号的订单，或它属于其他人。请使用购买时的账号登录后查看。",
  ],
  again: ["Try again", "重试"],
  offline: [
    "No connection: this is how the order stood last. The page goes on by itself.",
    "网络断开：这是订单上次的状态，恢复后页面会自动更新。",
  ],
  number: ["Order", "订单号"],
  quantity: ["Quantity", "数量"],
  sku: ["Item number", "货号"],
  payUntil: ["Pay until", "支付截止"],
  sale: ["Sale", "活动"],
  history: ["What has happened", "订单进展"],
});

const stepWords = wordsOf({
  reserved: ["Reserved for you", "已为您预占"],
  paid: ["Paid", "付款成功"],
  paid_late: ["Paid late: one was still there, it is yours", "付款晚到，但仍有货，商品归您"],
  arrived: ["Your payment arrived", "收到您的付款"],
  time_over: ["The time to pay was over", "支付时间结束"],
  cancelled: ["Cancelled", "已取消"],
  came_too_late: [
    "A payment arrived when the order was over: it goes back to you",
    "订单已结束后款项才到达，将退还给您",
  ],
  came_extra: ["A payment that this order did not need: it goes back to you", "收到一笔多余的款项，将退还给您"],
  refund_asked: ["The shop has asked for your refund", "商家已发起退款"],
  refunded: ["Money returned", "已退款"],
} satisfies Record<StepName, readonly [string, string]>);

export function OrderPage({ id = "" }: { readonly id?: string }) {
  return buyer.value === null ? <NobodyHere /> : <OrderOf key={`${buyer.value.id} ${id}`} id={id} />;
}

function OrderOf({ id }: { readonly id: string }) {
  const refused = useSignal<Refusal | null>(null);
  const payments = useSignal<readonly Payment[]>([]);
  const order = shelf().get(id);

  const load = async (): Promise<boolean> => {
    const answer = await askForOrders<Order>(`/v1/orders/${encodeURIComponent(id)}`, (known) => [known]);
    refused.value = answer.isOk ? null : answer;
    return answer.isOk;
  };
  const connection = useOrderStream(load);
  // Payments are told by the order's own changes.
  const version = order === undefined ? null : JSON.stringify(order);
  useEffect(() => {
    if (version === null) return;
    void api<PaymentList>(`/v1/orders/${id}/payments`).then((answer) => {
      if (answer.isOk) payments.value = answer.value.payments;
    });
  }, [id, version]);

  if (order === undefined) {
    if (refused.value === null) return <p class="muted">{words.loading}</p>;
    return <NoOrder refusal={refused.value} onAgain={() => void load()} />;
  }
  return (
    <>
      {connection.value === "offline" && (
        <Notice tone="warn" isLive>
          <p>{words.offline}</p>
        </Notice>
      )}
      <OrderShown order={order} payments={payments.value} />
    </>
  );
}

function OrderShown({ order, payments }: { readonly order: Order; readonly payments: readonly Payment[] }) {
  const offer = offerOf(order);
  const title = offer?.title ?? order.sku;
  useEffect(() => {
    document.title = title;
  }, [title]);
  const campaign = campaignOf(order.campaign_id);
  return (
    <div class="order-page">
      <p class="wide">
        <a href="/orders">← {words.back}</a>
      </p>
      <section class="card order-goods">
        {offer?.image_url && <img src={offer.image_url} alt="" />}
        <div class="row spread">
          <h1>{title}</h1>
          <Tag tone={stateTones[order.state]}>{stateNames[order.state]}</Tag>
        </div>
        <p class="total">{money(order.amount_minor, order.currency)}</p>
        <OrderActions order={order} />
        <Facts order={order} saleTitle={campaign?.title ?? null} />
      </section>
      <div class="stack">
        <section class="card stack" aria-labelledby="history">
          <h2 id="history">{words.history}</h2>
          <Timeline order={order} payments={payments} />
        </section>
        <ReceiptCard key={order.id} order={order} />
      </div>
      {campaign?.admission === "draw" && <DrawProof offer={order.offer_id} campaign={order.campaign_id} />}
      {campaign?.admission === "queue" && <QueueProof campaign={campaign} />}
    </div>
  );
}

function Facts({ order, saleTitle }: { readonly order: Order; readonly saleTitle: string | null }) {
  return (
    <dl class="order-facts">
      <dt>{words.quantity}</dt>
      <dd>{count(order.quantity)}</dd>
      {saleTitle !== null && (
        <>
          <dt>{words.sale}</dt>
          <dd>
            <a href={`/campaigns/${order.campaign_id}`}>{saleTitle}</a>
          </dd>
        </>
      )}
      {order.state === "reserved" && (
        <>
          <dt>{words.payUntil}</dt>
          <dd>{fullMoment(order.expires_at)}</dd>
        </>
      )}
      <dt>{words.sku}</dt>
      <dd class="mono">{order.sku}</dd>
      <dt>{words.number}</dt>
      <dd class="mono">{order.id}</dd>
    </dl>
  );
}

function Timeline({ order, payments }: { readonly order: Order; readonly payments: readonly Payment[] }) {
  return (
    <ol class="timeline">
      {timelineOf(order, payments).map(({ name, at, amount }) => (
        <li key={`${name} ${at}`}>
          <span>
            {stepWords[name]}
            {amount !== undefined && ` · ${money(amount.minor, amount.currency)}`}
          </span>
          <time class="muted small" dateTime={at}>
            {fullMoment(at)}
          </time>
        </li>
      ))}
    </ol>
  );
}

function NoOrder({ refusal, onAgain }: { readonly refusal: Refusal; readonly onAgain: () => void }) {
  if (refusal.code === "unauthorized") return <NobodyHere />;
  if (refusal.code === "not_found") {
    return (
      <div class="stack orders">
        <h1>{words.notHere}</h1>
        <p>{words.notHereText}</p>
        <p>
          <a class="button" href="/orders">
            {words.back}
          </a>
        </p>
      </div>
    );
  }
  const { title, next } = explain(refusal);
  return (
    <div class="stack orders">
      <h1>{title}</h1>
      <Notice tone="bad" isLive>
        <p>{next}</p>
        <p>
          <Button onPress={onAgain}>{words.again}</Button>
        </p>
      </Notice>
    </div>
  );
}
