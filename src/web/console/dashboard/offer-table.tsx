/** The offers of the chosen campaign: where their units are, who waits, and a restock. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Button } from "../../shared/elements.tsx";
import { count, money, percent } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign, Offer } from "../../shared/wire.ts";
import { RestockDialog, restockWords } from "../parts/restock-dialog.tsx";
import { refreshCampaigns } from "../parts/sale.ts";
import { WideTable } from "../parts/wide-table.tsx";
import { may } from "../session.ts";

const words = wordsOf({
  title: ["Offers", "商品"],
  caption: [(title: string) => `Units of the offers of ${title}`, (title: string) => `“${title}”各商品的库存`],
  offer: ["Offer", "商品"],
  price: ["Price", "价格"],
  sold: ["Paid", "已售"],
  held: ["Unpaid", "未付"],
  available: ["Left", "剩余"],
  waiting: ["Waiting", "候补"],
  total: ["Total", "总量"],
  bar: [
    (sold: string, held: string, left: string) => `${sold} paid, ${held} reserved, ${left} left`,
    (sold: string, held: string, left: string) => `已售 ${sold}，预占 ${held}，剩余 ${left}`,
  ],
  soldShare: [(share: string) => `${share} gone`, (share: string) => `已售出 ${share}`],
});

export function OfferTable({ campaign }: { campaign: Campaign }): JSX.Element {
  const asked = useSignal<string | null>(null);
  const restocked = campaign.offers.find(({ id }) => id === asked.value);
  const mayRestock = may("operator") && campaign.state !== "ended";
  return (
    <section class="card stack offers">
      <h2>{words.title}</h2>
      <WideTable label={words.caption(campaign.title)}>
        <caption class="visually-hidden">{words.caption(campaign.title)}</caption>
        <thead>
          <tr>
            <th scope="col">{words.offer}</th>
            <th scope="col" class="number">
              {words.sold}
            </th>
            <th scope="col" class="number">
              {words.held}
            </th>
            <th scope="col" class="number">
              {words.available}
            </th>
            <th scope="col" class="number">
              {words.waiting}
            </th>
            <th scope="col" class="number">
              {words.total}
            </th>
            {mayRestock && (
              <th scope="col">
                <span class="visually-hidden">{restockWords.restock}</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody>
          {campaign.offers.map((offer) => (
            <Row key={offer.id} offer={offer} onRestock={mayRestock ? () => (asked.value = offer.id) : null} />
          ))}
        </tbody>
      </WideTable>
      {restocked !== undefined && (
        <RestockDialog offer={restocked} onDone={() => void refreshCampaigns()} onClose={() => (asked.value = null)} />
      )}
    </section>
  );
}

function Row({ offer, onRestock }: { offer: Offer; onRestock: (() => void) | null }) {
  const { title, sku, price_minor, currency, total, available, held, sold, waiting } = offer;
  const figures = [
    [words.sold, sold],
    [words.held, held],
    [words.available, available],
    [words.waiting, waiting],
    [words.total, total],
  ] as const;
  const share = total === 0 ? 0 : (sold + held) / total;
  return (
    <tr>
      <th scope="row">
        <span class="offer-title">{title}</span>
        <span class="muted small">
          {sku} · {money(price_minor, currency)}
        </span>
        <UnitBar offer={offer} />
        <span class="muted small">{words.soldShare(percent(share, share > 0 && share < 1 ? 1 : 0))}</span>
      </th>
      {figures.map(([label, units]) => (
        <td key={label} class="number">
          <span class="label">{label}</span>
          {label === words.available ? <b>{count(units)}</b> : count(units)}
        </td>
      ))}
      {onRestock !== null && (
        <td>
          <Button size="small" label={restockWords.restockOf(title)} onPress={onRestock}>
            {restockWords.restock}
          </Button>
        </td>
      )}
    </tr>
  );
}

/** Paid, reserved and left side by side: the same colours as in the stock's chart. */
function UnitBar({ offer: { total, available, held, sold } }: { offer: Offer }) {
  const width = (units: number) => ({ width: `${total === 0 ? 0 : (units / total) * 100}%` });
  return (
    <div class="units" role="img" aria-label={words.bar(count(sold), count(held), count(available))}>
      <i class="sold" style={width(sold)} />
      <i class="held" style={width(held)} />
      <i class="left" style={width(available)} />
    </div>
  );
}
