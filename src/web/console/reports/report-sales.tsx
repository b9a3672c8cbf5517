/** Of a report: what was sold for how much, when it was sold out, how sales went, what became of the orders. */
import { count, duration, money, percent } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import { shortTime } from "../../shared/short-time.ts";
import type { Campaign } from "../../shared/wire.ts";
import type { LedgerRow } from "../parts/campaign-ledger.ts";
import { Figure } from "../parts/figure.tsx";
import { type CurvePoint, curveOf, offerSumsOf, orderSumsOf, rushMsOf, spanOf } from "../parts/ledger-sums.ts";
import { LineChart } from "../parts/line-chart.tsx";
import { WideTable } from "../parts/wide-table.tsx";

const words = wordsOf({
  result: ["Result", "结果"],
  sold: ["Units paid", "已付款件数"],
  ofTotal: [(total: string) => `of ${total}`, (total: string) => `共 ${total} 件`],
  revenue: ["Revenue", "收入"],
  refundedOf: [(amount: string) => `after ${amount} refunded`, (amount: string) => `已扣除退款 ${amount}`],
  soldOut: ["Sold out after", "售罄用时"],
  soldOutNever: ["not sold out", "未售罄"],
  soldOutHint: ["all offers, for the first time", "全部商品首次售罄"],
  orders: ["Orders", "订单"],
  ordersPaid: [(share: string) => `${share} paid`, (share: string) => `${share} 已付款`],
  offers: ["What was sold", "销售明细"],
  offer: ["Offer", "商品"],
  price: ["Price", "价格"],
  units: ["Units", "总数"],
  paid: ["Paid", "已付款"],
  held: ["Unpaid", "待付款"],
  left: ["Left", "剩余"],
  soldOutColumn: ["Sold out after", "售罄用时"],
  never: ["never", "未售罄"],
  curve: ["Units over time since the opening", "开售后件数走势"],
  rush: [(time: string) => `The rush: the first ${time}`, (time: string) => `抢购高峰：前 ${time}`],
  taken: ["reserved or paid", "已下单"],
  soldLine: ["paid", "已付款"],
  curveSummary: [
    (taken: string, sold: string, time: string) =>
      `After ${time}, ${taken} units were reserved or paid, ${sold} of them paid.`,
    (taken: string, sold: string, time: string) => `${time} 后，已下单 ${taken} 件，其中已付款 ${sold} 件。`,
  ],
  nothing: ["Nobody has bought anything.", "还没有人购买。"],
  outcomes: ["What became of the orders", "订单去向"],
  what: ["What happened", "事项"],
  how: ["How often", "次数"],
});

const outcomes = wordsOf({
  reserved: ["Orders reserved by buyers", "买家下单"],
  offered: ["Orders offered to the waitlist or the drawn", "分配给候补或中签者的订单"],
  paid: ["Paid", "已付款"],
  expired: ["Not paid in time: units went back", "超时未付，库存退回"],
  cancelled: ["Cancelled: units went back", "取消，库存退回"],
  refundsAsked: ["Refunds asked for", "申请退款"],
  refunded: ["Orders refunded", "已退款订单"],
  paymentsToReturn: ["Payments too late or of a wrong amount, to be returned", "过晚或金额不符、须退回的付款"],
  paymentsReturned: ["of these returned", "其中已退回"],
});

export function ReportSales({ campaign, rows }: { campaign: Campaign; rows: readonly LedgerRow[] }) {
  const offerSums = offerSumsOf(rows);
  const orders = orderSumsOf(rows);
  const { openedAtMs } = spanOf(rows);
  const sold = campaign.offers.reduce((sum, offer) => sum + offer.sold, 0);
  const total = campaign.offers.reduce((sum, offer) => sum + offer.total, 0);
  const allOrders = orders.reserved + orders.offered;
  const afterOpening = (atMs: number | null) =>
    atMs === null || openedAtMs === null ? null : Math.max(0, atMs - openedAtMs) / 1_000;
  const soldOutTimes = campaign.offers.map(({ id }) => afterOpening(offerSums.get(id)?.soldOutAtMs ?? null));
  const soldOutAfter = soldOutTimes.every((time) => time !== null) ? Math.max(0, ...soldOutTimes) : null;
  const points = openedAtMs === null ? [] : curveOf(rows, { fromMs: openedAtMs, pointsMax: 240 });
  const rushMs = rushMsOf(points);
  return (
    <>
      <section class="stack">
        <h2>{words.result}</h2>
        <dl class="key-figures">
          <Figure
            name={words.sold}
            value={count(sold)}
            note={`${words.ofTotal(count(total))} · ${percent(total === 0 ? 0 : sold / total, 1)}`}
          />
          <Figure
            name={words.revenue}
            value={amountsText(campaign, (offer) => offer.sold)}
            note={refundNote(campaign, offerSums)}
          />
          <Figure
            name={words.soldOut}
            value={soldOutAfter === null ? words.soldOutNever : shortTime(soldOutAfter)}
            note={soldOutAfter === null ? "" : words.soldOutHint}
          />
          <Figure
            name={words.orders}
            value={count(allOrders)}
            note={allOrders === 0 ? "" : words.ordersPaid(percent(orders.paid / allOrders, 1))}
          />
        </dl>
      </section>
      <section class="stack">
        <h2>{words.offers}</h2>
        <WideTable label={words.offers}>
          <thead>
            <tr>
              <th scope="col">{words.offer}</th>
              {[words.price, words.units, words.paid, words.held, words.left, words.soldOutColumn, words.revenue].map(
                (name) => (
                  <th key={name} scope="col" class="number">
                    {name}
                  </th>
                ),
              )}
            </tr>
          </thead>
          <tbody>
            {campaign.offers.map((offer, at) => (
              <tr key={offer.id}>
                <th scope="row">
                  {offer.title}
                  <br />
                  <span class="mono muted">{offer.sku}</span>
                </th>
                <td class="number">{money(offer.price_minor, offer.currency)}</td>
                <td class="number">{count(offer.total)}</td>
                <td class="number">{count(offer.sold)}</td>
                <td class="number">{count(offer.held)}</td>
                <td class="number">{count(offer.available)}</td>
                <td class="number">{timeText(soldOutTimes[at])}</td>
                <td class="number">{money(offer.sold * offer.price_minor, offer.currency)}</td>
              </tr>
            ))}
          </tbody>
        </WideTable>
        {allOrders === 0 ? (
          <p class="muted">{words.nothing}</p>
        ) : (
          <>
            <Curve title={words.curve} points={points} />
            {rushMs !== null && openedAtMs !== null && (
              <Curve
                title={words.rush(shortTime(rushMs / 1_000))}
                points={curveOf(rows, { fromMs: openedAtMs, untilMs: openedAtMs + rushMs, pointsMax: 240 })}
              />
            )}
          </>
        )}
      </section>
      {allOrders > 0 && (
        <section class="stack">
          <table>
            <caption>{words.outcomes}</caption>
            <thead>
              <tr>
                <th scope="col">{words.what}</th>
                <th scope="col" class="number">
                  {words.how}
                </th>
              </tr>
            </thead>
            <tbody>
              {(Object.keys(outcomes) as (keyof typeof outcomes)[])
                .filter((name) => orders[name] > 0 || name === "reserved" || name === "paid")
                .map((name) => (
                  <tr key={name}>
                    <th scope="row">{outcomes[name]}</th>
                    <td class="number">{count(orders[name])}</td>
                  </tr>
                ))}
            </tbody>
          </table>
        </section>
      )}
    </>
  );
}

function Curve({ title, points }: { title: string; points: readonly CurvePoint[] }) {
  const last = points.at(-1);
  if (last === undefined) return null;
  return (
    <LineChart
      title={title}
      summary={words.curveSummary(count(last.taken), count(last.sold), duration(last.afterMs / 1_000))}
      lines={[
        { name: words.taken, tone: "accent", points: points.map(({ afterMs, taken }) => [afterMs / 1_000, taken]) },
        { name: words.soldLine, tone: "good", points: points.map(({ afterMs, sold }) => [afterMs / 1_000, sold]) },
      ]}
      xText={shortTime}
      yText={count}
      isStepped
      isWhole
    />
  );
}

function timeText(seconds: number | null | undefined): string {
  return seconds === null || seconds === undefined ? words.never : shortTime(seconds);
}

type Offer = Campaign["offers"][number];

/** What units of the offers cost together: one amount for each currency. */
function amountsText(campaign: Campaign, unitsOf: (offer: Offer) => number): string {
  const amounts = new Map<string, number>();
  for (const offer of campaign.offers) {
    amounts.set(offer.currency, (amounts.get(offer.currency) ?? 0) + unitsOf(offer) * offer.price_minor);
  }
  return [...amounts].map(([currency, minor]) => money(minor, currency)).join(" + ");
}

function refundNote(campaign: Campaign, sums: ReturnType<typeof offerSumsOf>): string {
  const unitsOf = ({ id }: Offer) => sums.get(id)?.unitsRefunded ?? 0;
  return campaign.offers.some((offer) => unitsOf(offer) > 0) ? words.refundedOf(amountsText(campaign, unitsOf)) : "";
}
