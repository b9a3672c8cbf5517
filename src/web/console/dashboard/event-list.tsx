/** The last events in words: who got what, what was paid or came back, and what operators did. */

import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { deviceNow } from "../../shared/clock.ts";
import { Button, type Tone } from "../../shared/elements.tsx";
import { moment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import { campaigns } from "../parts/sale.ts";
import { areSkipped, events, readEvents, type Told } from "./events.ts";
import { live } from "./vitals.ts";

const words = wordsOf({
  title: ["The last events", "最近动态"],
  none: ["Nothing has happened yet.", "还没有动态。"],
  skipped: ["So much happens that only the last of it is shown.", "动态过多，只显示最新的部分。"],
  more: ["Show more", "显示更多"],
  less: ["Show fewer", "收起"],
  somebody: ["a buyer whose name was erased", "已删除身份的买家"],
});

const sentences = wordsOf({
  campaign_created: [(title: string) => `Made: ${title}`, (title: string) => `新建活动：${title}`],
  campaign_published: [(title: string) => `Published: ${title}`, (title: string) => `发布活动：${title}`],
  campaign_opened: [(title: string) => `Open: ${title}`, (title: string) => `活动开始：${title}`],
  campaign_paused: [(title: string) => `Paused: ${title}`, (title: string) => `活动暂停：${title}`],
  campaign_resumed: [(title: string) => `Resumed: ${title}`, (title: string) => `活动恢复：${title}`],
  campaign_ended: [(title: string) => `Ended: ${title}`, (title: string) => `活动结束：${title}`],
  offer_created: [(sku: string) => `New offer ${sku}`, (sku: string) => `新商品 ${sku}`],
  offer_restocked: [
    (sku: string, quantity: number) =>
      quantity < 0 ? `${-quantity} × ${sku} taken back` : `${quantity} × ${sku} restocked`,
    (sku: string, quantity: number) => (quantity < 0 ? `收回 ${-quantity} 件 ${sku}` : `补货 ${quantity} 件 ${sku}`),
  ],
  order_reserved: [
    (who: string, what: string) => `${who} reserved ${what}`,
    (who: string, what: string) => `${who} 抢到 ${what}`,
  ],
  order_offered: [
    (who: string, what: string) => `${who} got ${what} from the list`,
    (who: string, what: string) => `${who} 候补或中签得到 ${what}`,
  ],
  order_paid: [
    (who: string, what: string) => `${who} paid for ${what}`,
    (who: string, what: string) => `${who} 付款 ${what}`,
  ],
  order_cancelled: [
    (who: string, what: string) => `${who} cancelled ${what}`,
    (who: string, what: string) => `${who} 取消 ${what}`,
  ],
  order_expired: [
    (who: string, what: string) => `${who} did not pay in time for ${what}`,
    (who: string, what: string) => `${who} 超时未付 ${what}`,
  ],
  order_rereserved: [
    (who: string, what: string) => `${who}'s late payment found ${what} again`,
    (who: string, what: string) => `${who} 迟到的付款仍买到 ${what}`,
  ],
  order_refund_due: [
    (who: string, what: string) => `${who} paid too late for ${what}: to be refunded`,
    (who: string, what: string) => `${who} 付款过晚，${what} 待退款`,
  ],
  order_refund_requested: [
    (who: string, what: string) => `A refund of ${what} to ${who} was asked for`,
    (who: string, what: string) => `申请退款：${who} 的 ${what}`,
  ],
  order_refunded: [
    (who: string, what: string) => `${who} got the money for ${what} back`,
    (who: string, what: string) => `已退款：${who} 的 ${what}`,
  ],
  payment_refund_due: [
    (who: string, what: string) => `${who} paid once too often for ${what}`,
    (who: string, what: string) => `${who} 重复支付 ${what}，待退款`,
  ],
  payment_refunded: [
    (who: string, what: string) => `${who} got a payment for ${what} back`,
    (who: string, what: string) => `${who} 的 ${what} 多付款项已退`,
  ],
  waitlist_joined: [(who: string) => `${who} joined the waitlist`, (who: string) => `${who} 加入候补`],
  waitlist_left: [(who: string) => `${who} left the waitlist`, (who: string) => `${who} 退出候补`],
  draw_closed: ["The draw is closed to entries", "抽签报名截止"],
  draw_made: ["The draw is made", "抽签完成"],
  queue_drawn: [
    (title: string) => `Places in the queue are drawn: ${title}`,
    (title: string) => `排队名次已抽定：${title}`,
  ],
  reminder_due: [(who: string) => `${who} was reminded`, (who: string) => `已提醒 ${who}`],
  buyers_erased: [(title: string) => `Buyers of ${title} were erased`, (title: string) => `已删除买家身份：${title}`],
  ledger_head: ["The ledger's head was published", "台账摘要已公布"],
});

const tones: Readonly<Record<string, Tone>> = {
  order_reserved: "good",
  order_offered: "good",
  order_paid: "good",
  order_expired: "warn",
  order_cancelled: "warn",
  campaign_paused: "warn",
  order_refund_due: "bad",
  payment_refund_due: "bad",
};

const shownAtFirst = 12;

export function EventList(): JSX.Element {
  useSignalEffect(() => {
    const last = live.value.readings.at(-1);
    if (last !== undefined) void readEvents(last.committedSeq);
  });
  const isWhole = useSignal(false);
  const known = events.value;
  const shown = isWhole.value ? known : known.slice(0, shownAtFirst);
  return (
    <section class="card stack events">
      <h2>{words.title}</h2>
      {known.length === 0 && <p class="muted">{words.none}</p>}
      {areSkipped.value && <p class="muted small">{words.skipped}</p>}
      <ol>
        {shown.map((event) => (
          <li key={event.seq} class={tones[event.type] ?? "plain"}>
            <span class="muted small mono">{moment(event.at, deviceNow())}</span>
            <span>{sentenceOf(event)}</span>
          </li>
        ))}
      </ol>
      {known.length > shownAtFirst && (
        <div>
          <Button kind="quiet" size="small" onPress={() => (isWhole.value = !isWhole.value)}>
            {isWhole.value ? words.less : words.more}
          </Button>
        </div>
      )}
    </section>
  );
}

/** An event that this page does not know is shown by its name. */
function sentenceOf(event: Told): string {
  const { type, order, sku, quantity, buyer_id, campaign_id, title } = event;
  const sentence = (sentences as Readonly<Record<string, string | ((...of: (string | number)[]) => string)>>)[type];
  if (sentence === undefined) return type;
  if (typeof sentence === "string") return sentence;
  if (order !== undefined) return sentence(order.buyer_id ?? words.somebody, `${order.quantity} × ${order.sku}`);
  if (buyer_id !== undefined) return sentence(buyer_id ?? words.somebody);
  if (sku !== undefined) return sentence(sku, quantity ?? 0);
  return sentence(title ?? campaigns.value?.find(({ id }) => id === campaign_id)?.title ?? campaign_id ?? "");
}
