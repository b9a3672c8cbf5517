/** /console: a sale while it runs. What needs somebody stands first, then the campaign with its figures, charts, offers and events. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { deviceNow } from "../../shared/clock.ts";
import { Notice, Tag } from "../../shared/elements.tsx";
import { count, moment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import { campaigns, chosen, sumUnits } from "../parts/sale.ts";
import { may } from "../session.ts";
import { AlarmList } from "./alarm-list.tsx";
import { CampaignBar } from "./campaign-bar.tsx";
import { milliseconds, rate } from "./chart-figures.ts";
import { Charts } from "./dashboard-charts.tsx";
import { EventList } from "./event-list.tsx";
import { FunnelView } from "./funnel-view.tsx";
import { OfferTable } from "./offer-table.tsx";
import { awaySinceMs, live, watch } from "./vitals.ts";

const words = wordsOf({
  title: ["Dashboard", "实况"],
  live: ["Live, every second", "实时，每秒更新"],
  connecting: ["Connecting…", "连接中…"],
  away: ["Server away", "服务器无响应"],
  awayFor: [
    (time: string) =>
      `The server has not answered since ${time}. What is shown is from before; it goes on by itself when the server is back.`,
    (time: string) => `服务器自 ${time} 起没有响应。以下为此前的数据，恢复后会自动继续。`,
  ],
  loading: ["Looking for campaigns…", "正在读取活动…"],
  none: ["There is no campaign yet.", "还没有活动。"],
  make: ["Make one", "新建活动"],
  orders: ["Orders", "订单"],
  attempts: ["Attempts", "请求"],
  latency: ["99 % within", "P99 耗时"],
  left: ["Left", "剩余"],
  unpaid: ["Unpaid", "未付"],
  paid: ["Paid", "已售"],
  queue: ["In queues", "排队"],
  ofThis: ["This campaign", "本活动"],
  ofAll: ["All campaigns", "全部活动"],
  unknown: ["–", "–"],
});

export function DashboardPage(): JSX.Element {
  useEffect(watch, []);
  return (
    <div class="dashboard stack">
      <header class="row spread">
        <h1>{words.title}</h1>
        <span role="status">
          <Connection />
        </span>
      </header>
      {awaySinceMs.value !== null && (
        <Notice tone="bad" isLive>
          {words.awayFor(moment(awaySinceMs.value, deviceNow()))}
        </Notice>
      )}
      {/* First, also where the page is one column; a single line as long as there is none. */}
      <AlarmList />
      <Sale />
    </div>
  );
}

function Connection() {
  if (awaySinceMs.value !== null) return <Tag tone="bad">{words.away}</Tag>;
  return live.value.readings.length === 0 ? <Tag>{words.connecting}</Tag> : <Tag tone="good">{words.live}</Tag>;
}

function Sale() {
  const campaign = chosen.value;
  if (campaign === null) {
    return (
      <div class="card stack">
        <p>{campaigns.value === null ? words.loading : words.none}</p>
        {campaigns.value !== null && may("operator") && (
          <div>
            <a class="button primary" href="/console/campaigns/new">
              {words.make}
            </a>
          </div>
        )}
      </div>
    );
  }
  return (
    <>
      <CampaignBar campaign={campaign} />
      <Figures campaign={campaign} />
      <Charts />
      <div class="halves">
        <FunnelView campaign={campaign} />
        <EventList />
      </div>
      <OfferTable campaign={campaign} />
    </>
  );
}

/** What an operator looks at first, large. */
function Figures({ campaign }: { campaign: Campaign }) {
  const point = live.value.points.at(-1);
  const { available, held, sold } = sumUnits(campaign.offers);
  const told = (value: number | null | undefined, format: (known: number) => string) =>
    typeof value === "number" ? format(value) : words.unknown;
  const rates = point?.outcomesPerS;
  const attempts =
    rates === null || rates === undefined ? null : Object.values(rates).reduce((sum, one) => sum + one, 0);
  const figures = [
    [words.left, count(available), words.ofThis],
    [words.unpaid, count(held), words.ofThis],
    [words.paid, count(sold), words.ofThis],
    [words.queue, told(point?.waiting, count), words.ofAll],
    [words.orders, told(point?.ordersPerS, rate), words.ofAll],
    [words.attempts, told(attempts, rate), words.ofAll],
    [words.latency, told(point?.buyingP99S, milliseconds), words.ofAll],
  ] as const;
  return (
    <dl class="figures">
      {figures.map(([label, value, ofWhich]) => (
        <div key={label} class="card">
          <dt class="muted small">{label}</dt>
          <dd>{value}</dd>
          <dd class="of muted">{ofWhich}</dd>
        </div>
      ))}
    </dl>
  );
}
