/** All orders of whoever is here, the newest first, in groups: to pay, paid, over. Changes show as they happen. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Refusal } from "../shared/api.ts";
import { serverNow } from "../shared/clock.ts";
import { Button, Notice, Tag } from "../shared/elements.tsx";
import { count, moment, money } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import { explain } from "../shared/refusals.ts";
import type { Order, OrderList } from "../shared/wire.ts";
import { NobodyHere } from "./nobody-here.tsx";
import { type Group, groupOf, groups, stateNames, stateTones } from "./order-words.ts";
import { askForOrders, offerOf, shelf, useOrderStream } from "./orders.ts";
import { buyer } from "./session.ts";
import { TimeLeft } from "./time-left.tsx";

const words = wordsOf({
  title: ["My orders", "我的订单"],
  loading: ["Asking for your orders …", "正在读取您的订单……"],
  none: ["Nothing bought yet", "还没有订单"],
  noneText: ["What you buy in a sale stands here, with its time to pay.", "您抢到的商品会显示在这里，并注明支付时限。"],
  toSales: ["See all sales", "查看全部活动"],
  more: ["Show older ones", "显示更早的订单"],
  again: ["Try again", "重试"],
  times: [(quantity: string) => `× ${quantity}`, (quantity: string) => `× ${quantity}`],
});

const groupNames = wordsOf({
  toPay: ["To pay", "待付款"],
  paid: ["Paid", "已付款"],
  over: ["Over", "已结束"],
});

const ordersPerPage = 20;
/** As many as may wait to be paid: they stand above all others, however old they are. */
const toPayMax = 100;

export function OrdersPage() {
  // Whoever comes or goes in another tab gets a list of their own.
  return buyer.value === null ? <NobodyHere /> : <OrdersOf key={buyer.value.id} />;
}

function OrdersOf() {
  const cursor = useSignal<string | null>(null);
  const refused = useSignal<Refusal | null>(null);
  const isLoaded = useSignal(false);
  const isLoading = useSignal(false);

  const ask = async (query: string) => {
    const answer = await askForOrders<OrderList>(`/v1/orders?${query}`, ({ orders }) => orders);
    refused.value = answer.isOk ? null : answer;
    return answer;
  };
  const load = async (): Promise<boolean> => {
    const unpaid = shelf().newestFirst.value.filter(({ state }) => state === "reserved");
    const toPay = await ask(`state=reserved&limit=${toPayMax}`);
    const newest = await ask(`limit=${ordersPerPage}`);
    if (!(toPay.isOk && newest.isOk)) return false;
    if (!isLoaded.value) cursor.value = newest.value.next_cursor;
    isLoaded.value = true;
    const known = new Set([...toPay.value.orders, ...newest.value.orders].map(({ id }) => id));
    const left = unpaid.filter(({ id }) => !known.has(id));
    for (const { id } of left) await askForOrders<Order>(`/v1/orders/${id}`, (order) => [order]);
    return true;
  };
  const loadMore = async () => {
    isLoading.value = true;
    const answer = await ask(`limit=${ordersPerPage}&cursor=${cursor.value}`);
    if (answer.isOk) cursor.value = answer.value.next_cursor;
    isLoading.value = false;
  };
  useOrderStream(load);
  useEffect(() => {
    document.title = words.title;
  }, [words.title]);

  const orders = shelf().newestFirst.value;
  if (refused.value?.code === "unauthorized") return <NobodyHere />;
  return (
    <div class="stack orders">
      <h1>{words.title}</h1>
      {refused.value !== null && <Refused refusal={refused.value} onAgain={() => void load()} />}
      {!isLoaded.value && refused.value === null && <p class="muted">{words.loading}</p>}
      {isLoaded.value && orders.length === 0 && <NoOrders />}
      {groups.map((group) => (
        <OrderGroup key={group} group={group} orders={orders.filter(({ state }) => groupOf(state) === group)} />
      ))}
      {cursor.value !== null && (
        <p>
          <Button isBusy={isLoading.value} onPress={() => void loadMore()}>
            {words.more}
          </Button>
        </p>
      )}
    </div>
  );
}

function OrderGroup({ group, orders }: { readonly group: Group; readonly orders: readonly Order[] }) {
  if (orders.length === 0) return null;
  return (
    <section class="stack" aria-labelledby={`group-${group}`}>
      <h2 id={`group-${group}`}>{groupNames[group]}</h2>
      <ul class="order-list">
        {orders.map((order) => (
          <li key={order.id}>
            <OrderCard order={order} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function OrderCard({ order }: { readonly order: Order }) {
  const { id, state, quantity, amount_minor: amount, currency, expires_at: until, reserved_at: since } = order;
  return (
    <a class="order-card" href={`/orders/${id}`}>
      <span class="name">
        {offerOf(order)?.title ?? order.sku} {quantity > 1 && words.times(count(quantity))}
      </span>
      <span class="amount">{money(amount, currency)}</span>
      <span class="row">
        <Tag tone={stateTones[state]}>{stateNames[state]}</Tag>
        {state === "reserved" ? (
          <TimeLeft until={until} />
        ) : (
          <span class="muted small">{moment(since, serverNow())}</span>
        )}
      </span>
    </a>
  );
}

function NoOrders() {
  return (
    <div class="card stack">
      <h2>{words.none}</h2>
      <p>{words.noneText}</p>
      <p>
        <a class="button primary" href="/">
          {words.toSales}
        </a>
      </p>
    </div>
  );
}

function Refused({ refusal, onAgain }: { readonly refusal: Refusal; readonly onAgain: () => void }) {
  const { title, next } = explain(refusal);
  return (
    <Notice tone="bad" isLive>
      <strong>{title}</strong>
      <p>{next}</p>
      <p>
        <Button onPress={onAgain}>{words.again}</Button>
      </p>
    </Notice>
  );
}
