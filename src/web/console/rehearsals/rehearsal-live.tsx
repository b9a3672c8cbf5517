/** A rehearsal second by second: in which phase it is, how the units stand, and how quickly buyers are served. */
import type { Rehearsal } from "../../../http/rehearsal-schemas.ts";
import { Bar } from "../../shared/elements.tsx";
import { count, percent } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import { shortMs, shortTime } from "../../shared/short-time.ts";
import { LineChart } from "../parts/line-chart.tsx";
import { phaseWords } from "./rehearsal-words.ts";

const words = wordsOf({
  now: ["Now", "当前"],
  course: ["How it went", "过程"],
  second: [(time: string) => `${time} after the opening`, (time: string) => `开售后 ${time}`],
  before: [(time: string) => `${time} before the opening`, (time: string) => `距开售 ${time}`],
  taken: [
    (taken: string, of: string) => `${taken} of ${of} units taken`,
    (taken: string, of: string) => `已订 ${taken} / ${of} 件`,
  ],
  orders: ["Orders per second", "每秒下单"],
  requests: ["Requests per second", "每秒请求"],
  waiting: ["Waiting", "等待人数"],
  waitingTitle: ["In the queue, the waitlists or the draws", "排队、候补或抽签中的人数"],
  latency: ["Buy call", "下单响应"],
  median: ["median", "中位数"],
  slowest: ["99 %", "P99"],
  units: ["Units", "件数"],
  available: ["on sale", "可售"],
  reserved: ["Reserved so far", "累计下单"],
  paid: ["Paid so far", "累计付款"],
  refused: ["Refused so far", "累计被拒"],
  held: ["reserved", "待付款"],
  sold: ["paid", "已付款"],
  busy: ["Engine busy", "引擎繁忙"],
  most: [(value: string) => `At most ${value}.`, (value: string) => `最高 ${value}。`],
});

export function RehearsalLive({ rehearsal }: { rehearsal: Rehearsal }) {
  const { progress, state } = rehearsal;
  const last = progress.at(-1);
  if (last === undefined) return null;
  const total = last.available + last.held + last.sold;
  const taken = last.held + last.sold;
  const most = (of: (second: Rehearsal["progress"][number]) => number | null) =>
    Math.max(0, ...progress.map((second) => of(second) ?? 0));
  const line = (of: (second: Rehearsal["progress"][number]) => number) =>
    progress.map((second) => [second.second, of(second)] as const);
  const latencies = (of: (second: Rehearsal["progress"][number]) => number | null) =>
    progress.flatMap((second) => {
      const ms = of(second);
      return ms === null ? [] : [[second.second, ms] as const];
    });
  const figures: readonly (readonly [string, string])[] = [
    [words.orders, count(last.orders_per_s)],
    [words.requests, count(last.requests_per_s)],
    [words.waiting, count(last.waiting)],
    [words.latency, last.p99_ms === null ? "–" : shortMs(last.p99_ms)],
    [words.reserved, count(last.reserved)],
    [words.paid, count(last.paid)],
    [words.refused, count(last.refused)],
    [words.busy, percent(last.engine_busy)],
  ];
  const slow = latencies(({ p99_ms }) => p99_ms);
  return (
    <section class="card stack">
      <h2>{state === "running" ? words.now : words.course}</h2>
      {state === "running" && (
        <>
          <p class="row spread">
            <strong>{phaseWords[last.phase]}</strong>
            <span class="muted small">
              {last.second < 0 ? words.before(shortTime(-last.second)) : words.second(shortTime(last.second))}
            </span>
          </p>
          <Bar share={total === 0 ? 0 : taken / total} label={words.taken(count(taken), count(total))} />
          <dl class="small-figures">
            {figures.map(([name, value]) => (
              <div key={name}>
                <dt>{name}</dt>
                <dd>{value}</dd>
              </div>
            ))}
          </dl>
        </>
      )}
      <div class="line-charts">
        <LineChart
          title={words.orders}
          summary={words.most(count(most(({ orders_per_s }) => orders_per_s)))}
          lines={[{ name: words.orders, tone: "accent", points: line(({ orders_per_s }) => orders_per_s) }]}
          xText={shortTime}
          yText={count}
          isWhole
        />
        <LineChart
          title={words.units}
          summary={words.taken(count(taken), count(total))}
          lines={[
            { name: words.available, tone: "ink", points: line(({ available }) => available) },
            { name: words.held, tone: "accent", points: line(({ held }) => held) },
            { name: words.sold, tone: "good", points: line(({ sold }) => sold) },
          ]}
          xText={shortTime}
          yText={count}
          isWhole
        />
        <LineChart
          title={words.waitingTitle}
          summary={words.most(count(most(({ waiting }) => waiting)))}
          lines={[{ name: words.waiting, tone: "warn", points: line(({ waiting }) => waiting) }]}
          xText={shortTime}
          yText={count}
          isWhole
        />
        {slow.length > 1 && (
          <LineChart
            title={words.latency}
            summary={words.most(shortMs(most(({ p99_ms }) => p99_ms)))}
            lines={[
              { name: words.slowest, tone: "accent", points: slow },
              { name: words.median, tone: "ink", points: latencies(({ p50_ms }) => p50_ms) },
            ]}
            xText={shortTime}
            yText={shortMs}
          />
        )}
      </div>
    </section>
  );
}
