/** The way from the attempt to the payment: how many came how far, and why the others fell away between. */
import type { JSX } from "preact";
import { count, percent } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import { funnelOf, type Loss } from "./funnel.ts";
import { live } from "./vitals.ts";

const words = wordsOf({
  title: ["From the attempt to the payment", "从抢购到付款"],
  since: ["Counted since the server started.", "自服务器启动起统计。"],
  none: ["Nobody has tried yet.", "还没有人抢购。"],
  ofBefore: [(share: string) => `${share} of the step before`, (share: string) => `占上一步的 ${share}`],
  fellAway: ["Fell away here", "在此流失"],
});

const steps = wordsOf({
  joined: ["Joined the queue", "加入排队"],
  passed: ["Had their turn", "轮到购买"],
  entered: ["Entered the draw", "参与抽签"],
  attempts: ["Attempts", "抢购请求"],
  admitted: ["Reached the stock", "到达库存"],
  reserved: ["Reserved", "抢到"],
  paid: ["Paid", "已付款"],
});

const losses: Readonly<Record<Loss, string>> = wordsOf({
  not_now: ["not open, paused or over", "未开始、暂停或已结束"],
  limited: ["limited", "被限流"],
  blocked: ["blocked or slowed", "被拦截或减速"],
  not_admitted: ["without a pass", "没有通行证"],
  agents: ["agents, not allowed here", "智能体，本场不允许"],
  invalid: ["not valid", "请求无效"],
  overloaded: ["too busy", "系统繁忙"],
  sold_out: ["sold out", "售罄"],
  limit_reached: ["had it already", "已达限购"],
  agent_share_taken: ["agents, their share was taken", "智能体份额已满"],
  replayed: ["asked again", "重复请求"],
  outcome_unknown: ["outcome unknown", "结果未知"],
  cancelled: ["cancelled", "已取消"],
  expired: ["not paid in time", "超时未付"],
  unpaid: ["not paid yet", "待付款"],
});

export function FunnelView({ campaign }: { campaign: Campaign }): JSX.Element {
  const reading = live.value.readings.at(-1)?.campaigns.get(campaign.id) ?? null;
  const shown = funnelOf(reading, campaign.admission as "open" | "queue" | "draw");
  const most = Math.max(1, ...shown.map((step) => step.count));
  return (
    <section class="card stack funnel">
      <h2>{words.title}</h2>
      <ol>
        {shown.map(({ step, count: amount, losses: lost }, at) => {
          const before = shown[at - 1]?.count ?? 0;
          return (
            <li key={step}>
              <div class="row spread">
                <span>{steps[step]}</span>
                <span>
                  {before > 0 && amount > 0 && amount <= before && (
                    <span class="muted small">{words.ofBefore(percent(amount / before, 1))} </span>
                  )}
                  <b>{count(amount)}</b>
                </span>
              </div>
              <div class="funnel-bar" aria-hidden="true">
                <i style={{ width: `${(amount / most) * 100}%`, minWidth: amount > 0 ? "2px" : 0 }} />
              </div>
              {lost.length > 0 && (
                <ul class="losses" aria-label={words.fellAway}>
                  {lost.map(({ loss, count: gone }) => (
                    <li key={loss}>
                      {losses[loss]} <b>{count(gone)}</b>
                    </li>
                  ))}
                </ul>
              )}
            </li>
          );
        })}
      </ol>
      <p class="muted small">{reading === null ? words.none : words.since}</p>
    </section>
  );
}
