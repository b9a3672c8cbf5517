/** The six charts of the dashboard: what each shows of the last five minutes, in which colours, in which words. */
import type { AttemptOutcome } from "../../../domain/outcome.ts";
import { count } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import { chosenCampaignId } from "../parts/sale.ts";
import { Chart, type Line } from "./chart.tsx";
import { milliseconds, millisecondsTick, oneDigit, rate, rateTick, whole } from "./chart-figures.ts";
import type { Point } from "./readings.ts";
import { live } from "./vitals.ts";

const words = wordsOf({
  charts: ["The last five minutes", "最近五分钟"],
  orders: ["Orders a second", "每秒订单"],
  ordersHint: ["On disk, all campaigns", "已落盘，全部活动"],
  outcomes: ["Attempts a second, by what became of them", "每秒抢购请求，按结果"],
  outcomesHint: ["All campaigns", "全部活动"],
  reserved: ["Reserved", "抢到"],
  soldOut: ["Sold out", "售罄"],
  limitReached: ["Has it already", "已限购"],
  held: ["Told to wait", "请稍候"],
  refused: ["Limited or blocked", "限流与拦截"],
  failed: ["Too busy", "系统繁忙"],
  wrong: ["Not valid", "请求无效"],
  stock: ["Stock of this campaign", "本活动库存"],
  stockHint: ["Units", "件"],
  sold: ["Paid", "已售"],
  heldUnits: ["Reserved, unpaid", "预占未付"],
  available: ["Left", "剩余"],
  latency: ["How long a purchase takes", "抢购耗时"],
  latencyHint: ["From its arrival to its answer", "从收到请求到给出回答"],
  p50: ["Median", "中位数"],
  p99: ["99 % within", "P99"],
  people: ["People in queues, purchases in flight", "排队人数与处理中的请求"],
  peopleHint: ["All campaigns", "全部活动"],
  waiting: ["Waiting", "排队中"],
  passes: ["Their turn", "轮到购买"],
  inFlight: ["In flight", "处理中"],
  engine: ["The engine", "引擎"],
  engineHint: ["Each batch is one commit, synced to disk", "每批一次提交，落盘后才回答"],
  commit: ["Commit, 99 % within", "提交 P99"],
  batch: ["Commands in a batch (right)", "每批请求数（右轴）"],
});

/** Outcomes as an operator thinks of them: what became of the buyer. */
const groups = [
  { label: () => words.reserved, color: "--chart-1", outcomes: ["reserved", "replayed"] },
  { label: () => words.soldOut, color: "--chart-2", outcomes: ["sold_out"] },
  { label: () => words.limitReached, color: "--chart-3", outcomes: ["limit_reached", "agent_share_taken"] },
  {
    label: () => words.held,
    color: "--chart-4",
    outcomes: ["not_open", "paused", "ended", "switched_off", "not_admitted"],
  },
  {
    label: () => words.refused,
    color: "--chart-5",
    outcomes: ["rate_limited", "blocked", "slowed", "agents_not_allowed"],
  },
  { label: () => words.failed, color: "--chart-6", outcomes: ["overloaded", "outcome_unknown"] },
  {
    label: () => words.wrong,
    color: "--chart-7",
    outcomes: ["unauthorized", "invalid", "not_found", "key_reused", "client_gone"],
  },
] as const satisfies readonly { label: () => string; color: `--${string}`; outcomes: readonly AttemptOutcome[] }[];

export function Charts() {
  const { points } = live.value;
  const times = points.map(({ atMs }) => atMs);
  const of = (pick: (point: Point) => number | null) => points.map(pick);
  const campaignId = chosenCampaignId.value;
  const units = (pick: "available" | "held" | "sold") =>
    of((point) => (point.units?.campaignId === campaignId ? (point.units?.[pick] ?? null) : null));
  return (
    <section class="charts" aria-label={words.charts}>
      <Chart
        title={words.orders}
        hint={words.ordersHint}
        times={times}
        format={rate}
        tickFormat={rateTick}
        lines={[{ label: words.orders, color: "--chart-1", values: of(({ ordersPerS }) => ordersPerS) }]}
      />
      <Chart
        title={words.outcomes}
        hint={words.outcomesHint}
        times={times}
        isStacked
        format={rate}
        tickFormat={rateTick}
        lines={outcomeLines(points)}
      />
      <Chart
        title={words.stock}
        hint={words.stockHint}
        times={times}
        isStacked
        format={whole}
        isWhole
        lines={[
          { label: words.sold, color: "--chart-1", values: units("sold") },
          { label: words.heldUnits, color: "--chart-4", values: units("held") },
          { label: words.available, color: "--chart-2", values: units("available") },
        ]}
      />
      <Chart
        title={words.latency}
        hint={words.latencyHint}
        times={times}
        format={milliseconds}
        tickFormat={millisecondsTick}
        lines={[
          { label: words.p99, color: "--chart-6", values: of(({ buyingP99S }) => buyingP99S) },
          { label: words.p50, color: "--chart-1", dash: [6, 3], values: of(({ buyingP50S }) => buyingP50S) },
        ]}
      />
      <Chart
        title={words.people}
        hint={words.peopleHint}
        times={times}
        format={whole}
        isWhole
        lines={[
          { label: words.waiting, color: "--chart-5", values: of(({ waiting }) => waiting) },
          { label: words.passes, color: "--chart-1", dash: [6, 3], values: of(({ passes }) => passes) },
          { label: words.inFlight, color: "--chart-6", dash: [2, 3], values: of(({ inFlight }) => inFlight) },
        ]}
      />
      <Chart
        title={words.engine}
        hint={words.engineHint}
        times={times}
        format={milliseconds}
        tickFormat={millisecondsTick}
        lines={[
          { label: words.commit, color: "--chart-6", values: of(({ commitP99S }) => commitP99S) },
          {
            label: words.batch,
            color: "--chart-5",
            dash: [6, 3],
            isOnRight: true,
            format: oneDigit,
            tickFormat: count,
            values: of(({ batchMean }) => batchMean),
          },
        ]}
      />
    </section>
  );
}

/** Groups in which nothing happens would only fill the legend: the first two always stand there. */
function outcomeLines(points: readonly Point[]): Line[] {
  return groups
    .map(({ label, color, outcomes }) => ({
      label: label(),
      color,
      values: points.map(({ outcomesPerS }) =>
        outcomesPerS === null ? null : outcomes.reduce((sum, outcome) => sum + outcomesPerS[outcome], 0),
      ),
    }))
    .filter(({ values }, at) => at < 2 || values.some((value) => value !== null && value > 0));
}
