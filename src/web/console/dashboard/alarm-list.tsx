/** What needs an operator: each alarm in a sentence, since when, and what to do about it. */
import type { JSX } from "preact";
import type { SwitchName } from "../../../domain/controls.ts";
import { deviceNow } from "../../shared/clock.ts";
import { Tag, type Tone } from "../../shared/elements.tsx";
import { count, moment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import { campaigns } from "../parts/sale.ts";
import { switchTitle } from "../parts/switch-words.ts";
import type { Alarm } from "./alarms.ts";
import { milliseconds } from "./chart-figures.ts";
import { alarms } from "./vitals.ts";

const words = wordsOf({
  title: [(amount: number) => `Alarms (${amount})`, (amount: number) => `告警（${amount}）`],
  none: ["Nothing needs you.", "一切正常，无需处理。"],
  since: [(time: string) => `since ${time}`, (time: string) => `自 ${time}`],
  everything: ["everything", "全部"],
});

const what = wordsOf({
  away: ["The server does not answer.", "服务器没有响应。"],
  stopping: ["The server is stopping.", "服务器正在停止。"],
  overloaded: ["Buyers are refused because there is too much to do.", "系统繁忙，部分买家被拒绝。"],
  unknown_outcomes: ["Some buyers were told that their outcome is not known.", "部分买家得到“结果未知”的回答。"],
  load: [(level: string) => `Under load: ${level}.`, (level: string) => `负载过高：${level}。`],
  commit_slow: [(time: string) => `Storing orders is slow: ${time}.`, (time: string) => `订单落盘缓慢：${time}。`],
  payments_failing: [
    (amount: string) => `The payment provider failed ${amount} times in the last minute.`,
    (amount: string) => `支付渠道最近一分钟失败 ${amount} 次。`,
  ],
  refunds_waiting: [(amount: string) => `${amount} refunds wait.`, (amount: string) => `${amount} 笔退款待处理。`],
  payments_unclaimed: [
    (amount: string) => `${amount} payments came for orders that are not here.`,
    (amount: string) => `${amount} 笔付款找不到对应订单。`,
  ],
  webhook_failing: [
    (amount: string) => `${amount} webhook endpoints fail whatever they are sent.`,
    (amount: string) => `${amount} 个回调地址持续失败。`,
  ],
  webhook_dead: [
    (amount: string) => `${amount} webhook deliveries were given up.`,
    (amount: string) => `${amount} 条回调已放弃投递。`,
  ],
  limit_hit: [
    (limit: string, amount: string) => `The limit "${limit}" refused ${amount} attempts in 15 seconds.`,
    (limit: string, amount: string) => `“${limit}”限流在 15 秒内拒绝了 ${amount} 次请求。`,
  ],
  switch_on: [
    (name: string, where: string) => `Switched on: ${name} (${where}).`,
    (name: string, where: string) => `开关已打开：${name}（${where}）。`,
  ],
  sold_out: [(title: string) => `Sold out: ${title}.`, (title: string) => `已售罄：${title}。`],
});

const toDo = wordsOf({
  away: [
    "Look at the process and its log. It recovers by itself when it is started again; what buyers were told is stored.",
    "请检查进程和日志。重新启动即自动恢复，已告知买家的结果都已落盘。",
  ],
  stopping: ["Start it again, or send buyers to the one that replaces it.", "请重新启动，或把流量切到替代的服务。"],
  overloaded: [
    "Limit how many may try, let everybody queue, or give it more cores.",
    "可收紧限流、改为全部排队，或增加 CPU。",
  ],
  unknown_outcomes: [
    "Repeating with the same key tells them. Look in the log for why.",
    "买家用同一个幂等键重试即可得知结果。请查看日志了解原因。",
  ],
  load: [
    "It refuses what is worth least by itself. If it stays for minutes, limit attempts or let everybody queue.",
    "系统会自动舍弃次要功能。若持续数分钟，请收紧限流或改为全部排队。",
  ],
  commit_slow: ["The disk is slow or shared: see what else writes to it.", "磁盘缓慢或被占用，请检查其他写入。"],
  payments_failing: [
    "Orders stay reserved. Ask the provider; lengthen nothing, buyers may pay in their time.",
    "订单仍为买家保留。请联系支付渠道，买家可在时限内重试付款。",
  ],
  refunds_waiting: [
    "They are asked for again by themselves; the log says why they are refused.",
    "系统会自动重试，失败原因见日志。",
  ],
  payments_unclaimed: ["Look in the log whose they are, and return them by hand.", "请在日志中查明归属，并手工退款。"],
  webhook_failing: ["Look at the receiver; deliveries are kept and tried again.", "请检查接收端，事件会保留并重试。"],
  webhook_dead: ["Mend the receiver, then replay them under Webhooks.", "修复接收端后，在“回调”中重放。"],
  limit_hit: ["If these are real buyers, raise it under Switches.", "若为真实买家，请在“开关”中调高。"],
  switch_on: ["Switch it off under Switches when it is not needed any more.", "不再需要时，请在“开关”中关闭。"],
  sold_out: ["Restock it, or leave it: units that are not paid for return.", "可以补货；未付款的库存到时会自动回流。"],
});

const levels = wordsOf({
  normal: ["normal", "正常"],
  exports: ["downloads are refused", "暂停下载"],
  search: ["downloads and lists are refused", "暂停下载和查询"],
  streams: ["new event streams are refused, too", "另暂停新的事件流"],
  joins: ["nobody may join a queue or waitlist", "另暂停排队和候补"],
  all: ["some purchases are refused, too", "另拒绝部分抢购"],
});

const limitsNamed = wordsOf({
  overall: ["overall", "全站"],
  campaign: ["campaign", "单个活动"],
  address: ["address", "单个地址"],
});

const grave: readonly Alarm["kind"][] = ["away", "stopping", "unknown_outcomes", "overloaded"];
const mild: readonly Alarm["kind"][] = ["sold_out"];

export function AlarmList(): JSX.Element {
  const shown = alarms.value;
  return (
    <section class={`alarms card ${shown.length === 0 ? "quiet" : ""}`}>
      <h2>{words.title(shown.length)}</h2>
      {/* How many alone is read out: the sentences have figures that change every second. */}
      <p class="visually-hidden" role="status">
        {words.title(shown.length)}
      </p>
      {shown.length === 0 ? (
        <p class="muted">{words.none}</p>
      ) : (
        <ul>
          {shown.map(({ alarm, key, sinceMs }) => (
            <li key={key} class={toneOf(alarm)}>
              <div class="row spread">
                <b>{sentenceOf(alarm)}</b>
                <Tag tone={toneOf(alarm)}>{words.since(moment(sinceMs, deviceNow()))}</Tag>
              </div>
              <p class="muted small">{toDo[alarm.kind]}</p>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function toneOf({ kind }: Alarm): Tone {
  if (grave.includes(kind)) return "bad";
  return mild.includes(kind) ? "plain" : "warn";
}

function sentenceOf(alarm: Alarm): string {
  switch (alarm.kind) {
    case "away":
    case "stopping":
    case "overloaded":
    case "unknown_outcomes":
      return what[alarm.kind];
    case "load":
      return what.load(levels[alarm.level]);
    case "commit_slow":
      return what.commit_slow(milliseconds(alarm.seconds));
    case "payments_failing":
    case "refunds_waiting":
    case "payments_unclaimed":
    case "webhook_failing":
    case "webhook_dead":
      return what[alarm.kind](count(alarm.count));
    case "limit_hit":
      return what.limit_hit(limitsNamed[alarm.limit], count(alarm.count));
    case "switch_on":
      return what.switch_on(switchTitle(alarm.name), whereOf(alarm));
    case "sold_out":
      return what.sold_out(alarm.title);
  }
}

function whereOf({ campaignId }: { name: SwitchName; campaignId: string | null }): string {
  if (campaignId === null) return words.everything;
  return campaigns.value?.find(({ id }) => id === campaignId)?.title ?? campaignId;
}
