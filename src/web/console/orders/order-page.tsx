/** /console/orders/:id: one order: what it is, what can be done with it now, its payments, its history, its receipt. */
import type { JSX } from "preact";
import { useRoute } from "preact-iso";
import type { Answer } from "../../shared/api.ts";
import { now } from "../../shared/clock.ts";
import { count, countdown, fullMoment, money } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign, Order, OrderHistory, Payment, PaymentList } from "../../shared/wire.ts";
import { addressWith } from "../parts/address.ts";
import { CopyButton } from "../parts/copying.tsx";
import { useLoaded } from "../parts/loaded.ts";
import { useOutcome } from "../parts/notes.tsx";
import { Refused } from "../parts/refused.tsx";
import { api } from "../session.ts";
import { OrderActions } from "./order-actions.tsx";
import { OrderHistoryTable, OrderPaymentsTable, OrderReceipt } from "./order-records.tsx";
import { AgentTag, OrderStateTag } from "./order-words.tsx";

const words = wordsOf({
  back: ["All orders", "全部订单"],
  loading: ["Looking it up …", "加载中……"],
  title: ["Order", "订单"],
  facts: ["What was bought", "订单信息"],
  buyer: ["Buyer", "买家"],
  erased: ["erased at the buyer's wish", "已应要求抹去"],
  theirOrders: ["All their orders", "该买家的全部订单"],
  risk: ["Risk", "风控"],
  campaign: ["Campaign", "活动"],
  goods: ["Goods", "商品"],
  units: ["Units", "数量"],
  amount: ["Amount", "金额"],
  reserved: ["Reserved", "下单时间"],
  payUntil: ["To be paid until", "支付截止"],
  left: [(time: string) => `${time} left`, (time: string) => `剩余 ${time}`],
  paid: ["Paid", "支付时间"],
  ended: ["Ended", "结束时间"],
});

export interface OrderRecords {
  readonly order: Order;
  readonly payments: readonly Payment[];
  readonly history: OrderHistory;
  readonly campaign: Campaign | null;
}

/** An order moves by itself: it is paid, or its time is over. */
const askEveryMs = 4_000;

export function OrderPage(): JSX.Element {
  const { id = "" } = useRoute().params;
  return <OneOrder key={id} id={id} />;
}

function OneOrder({ id }: { id: string }): JSX.Element {
  const records = useLoaded(id, (signal) => loadOrder(id, signal), askEveryMs);
  const outcome = useOutcome();
  const found = records.value.value;
  return (
    <div class="stack office">
      <p>
        <a href="/console/orders">← {words.back}</a>
      </p>
      <div class="row">
        <h1>
          {words.title} <span class="mono">{id}</span>
        </h1>
        {found && <OrderStateTag state={found.order.state} />}
        {found && <AgentTag order={found.order} />}
        <CopyButton text={id} label={words.title} />
      </div>
      {outcome.note}
      <Refused refusal={records.refusal.value} onAgain={records.again} />
      {found === null && records.isLoading.value && <p role="status">{words.loading}</p>}
      {found && (
        <>
          <OrderFacts {...found} />
          <OrderActions order={found.order} payments={found.payments} outcome={outcome} onChanged={records.again} />
          <OrderPaymentsTable {...found} outcome={outcome} onChanged={records.again} />
          <OrderHistoryTable history={found.history} />
          <OrderReceipt order={found.order} />
        </>
      )}
    </div>
  );
}

async function loadOrder(id: string, signal: AbortSignal): Promise<Answer<OrderRecords>> {
  const path = `/v1/orders/${encodeURIComponent(id)}`;
  const [order, payments, history] = await Promise.all([
    api<Order>(path, { signal }),
    api<PaymentList>(`${path}/payments`, { signal }),
    api<OrderHistory>(`${path}/history`, { signal }),
  ]);
  if (!order.isOk) return order;
  if (!payments.isOk) return payments;
  if (!history.isOk) return history;
  // Its names alone are missing without it.
  const campaign = await api<Campaign>(`/v1/campaigns/${order.value.campaign_id}`, { signal });
  const { payments: list } = payments.value;
  return {
    ...order,
    value: {
      order: order.value,
      payments: list,
      history: history.value,
      campaign: campaign.isOk ? campaign.value : null,
    },
  };
}

function OrderFacts({ order, campaign }: OrderRecords): JSX.Element {
  const offer = campaign?.offers.find(({ id }) => id === order.offer_id);
  return (
    <section class="card stack">
      <h2>{words.facts}</h2>
      <dl class="facts">
        <div>
          <dt>{words.buyer}</dt>
          <dd>
            {order.buyer_id === null ? (
              <span class="muted">{words.erased}</span>
            ) : (
              <>
                {order.buyer_id}
                <span class="row small">
                  <a href={addressWith("/console/orders", { buyer_id: order.buyer_id })}>{words.theirOrders}</a>
                  <a href={addressWith("/console/risk", { buyer: order.buyer_id })}>{words.risk}</a>
                </span>
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>{words.campaign}</dt>
          <dd>
            <a href={`/console/campaigns/${order.campaign_id}`}>{campaign?.title ?? order.campaign_id}</a>
          </dd>
        </div>
        <div>
          <dt>{words.goods}</dt>
          <dd>
            {offer?.title ?? order.sku} <span class="muted small">{order.sku}</span>
          </dd>
        </div>
        <div>
          <dt>{words.units}</dt>
          <dd>{count(order.quantity)}</dd>
        </div>
        <div>
          <dt>{words.amount}</dt>
          <dd>{money(order.amount_minor, order.currency)}</dd>
        </div>
        <Time name={words.reserved} at={order.reserved_at} />
        {order.state === "reserved" && (
          <div>
            <dt>{words.payUntil}</dt>
            <dd>
              <time dateTime={order.expires_at}>{fullMoment(order.expires_at)}</time>{" "}
              <TimeLeft until={order.expires_at} />
            </dd>
          </div>
        )}
        <Time name={words.paid} at={order.paid_at} />
        <Time name={words.ended} at={order.ended_at} />
      </dl>
    </section>
  );
}

function Time({ name, at }: { name: string; at: string | undefined }): JSX.Element | null {
  if (at === undefined) return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <time dateTime={at}>{fullMoment(at)}</time>
      </dd>
    </div>
  );
}

/** Alone in its component: it is drawn anew ten times a second. */
function TimeLeft({ until }: { until: string }): JSX.Element {
  return <span class="muted">({words.left(countdown(Date.parse(until) - now.value))})</span>;
}
