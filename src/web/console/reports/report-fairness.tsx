/** Of a report: how soon after the opening orders came, where units went, what suspects tried and got, who was refused why. */
import type { Refusal } from "../../shared/api.ts";
import { Notice } from "../../shared/elements.tsx";
import { count, fullMoment, percent } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import { shortMs } from "../../shared/short-time.ts";
import type { Fairness } from "../parts/campaign-wire.ts";
import { Figure } from "../parts/figure.tsx";
import { outcomeText } from "../parts/outcome-words.ts";
import { Refused } from "../parts/refused.tsx";
import { BarTable } from "./bar-table.tsx";

const words = wordsOf({
  title: ["How fair it was", "公平性"],
  loading: ["Looking through the orders…", "正在统计订单…"],
  half: ["Half of the orders came within", "一半订单用时"],
  most: ["Nine of ten within", "九成订单用时"],
  from: [(time: string) => `from ${time}`, (time: string) => `自 ${time} 起`],
  incomplete: [(orders: string) => `of the first ${orders} orders`, (orders: string) => `前 ${orders} 个订单`],
  agents: ["Bought by agents", "智能体购买"],
  agentUnits: [
    (units: string, orders: string) => `${units} units in ${orders} orders`,
    (units: string, orders: string) => `${orders} 个订单，共 ${units} 件`,
  ],
  times: ["From the opening to the order", "从开售到下单"],
  timesFirst: ["From the first order to the order", "从首单到下单"],
  time: ["After", "用时"],
  beyond: [(from: string) => `later than ${from}`, (from: string) => `${from} 以后`],
  between: [(from: string, to: string) => `${from} to ${to}`, (from: string, to: string) => `${from} 至 ${to}`],
  upTo: [(time: string) => `up to ${time}`, (time: string) => `${time} 内`],
  orders: ["Orders", "订单"],
  forgotten: [
    "The risk desk was off or does not remember this sale: it keeps nothing over a restart. Make the report soon after the sale.",
    "风控未开启，或已不记得此活动：重启后不保留。请在活动后尽快生成报告。",
  ],
  since: [
    (time: string) => `Remembered by the risk desk since ${time}; attempts of a rush are partly sampled.`,
    (time: string) => `风控自 ${time} 起的记录；高峰时的尝试为抽样统计。`,
  ],
  attempts: ["Attempts", "尝试次数"],
  perUnit: [(times: string) => `${times} for each unit sold`, (times: string) => `每售出一件 ${times} 次`],
  suspects: ["Suspects", "可疑买家"],
  suspectsGot: [
    (attempts: string, units: string) => `${attempts} of the attempts, ${units} of the units`,
    (attempts: string, units: string) => `占尝试 ${attempts}，得到 ${units} 的商品`,
  ],
  subnets: ["Where units went", "商品去向（网段）"],
  subnet: ["Subnet", "网段"],
  units: ["Units", "件数"],
  elsewhere: [(nets: string) => `${nets} others`, (nets: string) => `其他 ${nets} 个`],
  rules: ["What gave suspects away", "判为可疑的原因"],
  rule: ["Rule", "规则"],
  buyers: ["Buyers", "买家"],
  outcomes: ["How attempts ended", "尝试的结果"],
  outcome: ["Ended with", "结果"],
});

const rules = wordsOf({
  many_attempts: ["very many attempts", "尝试过于频繁"],
  regular_clicks: ["clicks as regular as a clock's", "点击间隔过于规律"],
  quick_solutions: ["challenges solved too quickly", "验证完成过快"],
  many_addresses: ["comes from many addresses", "使用大量地址"],
  crowded_address: ["many accounts at one address", "同一地址大量账号"],
  crowded_subnet: ["many accounts in one subnet", "同一网段大量账号"],
});

interface ReportFairnessProps {
  /** Winners get their orders all at once: how quick somebody was is no question then. */
  readonly isDraw: boolean;
  readonly fairness: Fairness | Refusal | null;
  readonly onAgain: () => void;
}

export function ReportFairness({ isDraw, fairness, onAgain }: ReportFairnessProps) {
  return (
    <section class="stack">
      <h2>{words.title}</h2>
      {fairness === null ? (
        <p role="status">{words.loading}</p>
      ) : "isOk" in fairness ? (
        <Refused refusal={fairness} onAgain={onAgain} />
      ) : (
        <>
          {!isDraw && <OrderTimes orders={fairness.orders} />}
          <Agents byAgents={fairness.orders.by_agents} />
          {fairness.remembered === null ? (
            <Notice>{words.forgotten}</Notice>
          ) : (
            <Remembered remembered={fairness.remembered} />
          )}
        </>
      )}
    </section>
  );
}

function OrderTimes({ orders }: { orders: Fairness["orders"] }) {
  if (orders.count === 0) return null;
  const at = (wanted: number) => orders.percentiles.find(({ percent: share }) => share === wanted)?.ms ?? 0;
  const note = [
    orders.from === null ? null : words.from(fullMoment(orders.from)),
    orders.is_complete ? null : words.incomplete(count(orders.count)),
  ]
    .filter((text) => text !== null)
    .join(" · ");
  const rows = orders.histogram.map(({ up_to_ms: bound, orders: came }, at) => {
    const from = orders.histogram[at - 1]?.up_to_ms ?? 0;
    const name =
      bound === null
        ? words.beyond(shortMs(from))
        : from === 0
          ? words.upTo(shortMs(bound))
          : words.between(shortMs(from), shortMs(bound));
    return { name, value: came };
  });
  return (
    <>
      <dl class="key-figures">
        <Figure name={words.half} value={shortMs(at(50))} note={note} />
        <Figure name={words.most} value={shortMs(at(90))} note="" />
      </dl>
      <BarTable
        caption={orders.counted_from === "opens_at" ? words.times : words.timesFirst}
        nameHead={words.time}
        valueHead={words.orders}
        rows={rows.filter(({ value }) => value > 0)}
      />
    </>
  );
}

function Agents({ byAgents }: { byAgents: Fairness["orders"]["by_agents"] }) {
  if (byAgents.orders === 0) return null;
  return (
    <dl class="key-figures">
      <Figure
        name={words.agents}
        value={percent(byAgents.share_of_units, 1)}
        note={words.agentUnits(count(byAgents.units), count(byAgents.orders))}
      />
    </dl>
  );
}

function Remembered({ remembered }: { remembered: NonNullable<Fairness["remembered"]> }) {
  const { attempts, units, subnets, suspects, outcomes, since } = remembered;
  const largest = subnets.largest.slice(0, 10);
  const shown = largest.reduce((sum, { units: got }) => sum + got, 0);
  const elsewhere = Math.max(0, units - shown);
  return (
    <>
      <dl class="key-figures">
        <Figure
          name={words.attempts}
          value={count(attempts)}
          note={units === 0 ? "" : words.perUnit(count(Math.round((attempts / units) * 10) / 10))}
        />
        <Figure
          name={words.suspects}
          value={count(suspects.buyers)}
          note={words.suspectsGot(percent(suspects.share_of_attempts, 1), percent(suspects.share_of_units, 1))}
        />
      </dl>
      <p class="hint">{words.since(fullMoment(since))}</p>
      <div class="pair">
        {outcomes.length > 0 && (
          <BarTable
            caption={words.outcomes}
            nameHead={words.outcome}
            valueHead={words.attempts}
            rows={outcomes
              .toSorted((a, b) => b.attempts - a.attempts)
              .map(({ outcome, attempts: ended }) => ({ name: outcomeText(outcome), value: ended }))}
          />
        )}
        {largest.length > 0 && (
          <BarTable
            caption={words.subnets}
            nameHead={words.subnet}
            valueHead={words.units}
            rows={[
              ...largest.map(({ subnet, units: got, share }) => ({
                name: <span class="mono">{subnet}</span>,
                value: got,
                note: percent(share, 1),
              })),
              ...(elsewhere > 0
                ? [{ name: words.elsewhere(count(Math.max(0, subnets.count - largest.length))), value: elsewhere }]
                : []),
            ]}
          />
        )}
        {suspects.by_rule.length > 0 && (
          <BarTable
            caption={words.rules}
            nameHead={words.rule}
            valueHead={words.buyers}
            rows={suspects.by_rule.map(({ rule, buyers }) => ({ name: rules[rule], value: buyers }))}
          />
        )}
      </div>
    </>
  );
}
