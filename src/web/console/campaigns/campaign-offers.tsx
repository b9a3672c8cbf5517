/** The offers of a campaign with their stock; units are added, or unsold ones taken back. */
import { useSignal } from "@preact/signals";
import { Bar, Button, Tag } from "../../shared/elements.tsx";
import { count, money } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import { Picture } from "../../shared/picture.tsx";
import type { Campaign, Offer } from "../../shared/wire.ts";
import { RestockDialog, restockWords } from "../parts/restock-dialog.tsx";
import { may } from "../session.ts";

const words = wordsOf({
  title: ["Offers", "商品"],
  available: ["Available", "可售"],
  held: ["Reserved", "待付款"],
  sold: ["Paid", "已付款"],
  total: ["Total", "总数"],
  waiting: ["Waiting", "候补"],
  entered: ["Entered", "报名"],
  soldOut: ["Sold out", "已售罄"],
  limit: [(limit: number) => `${limit} per buyer`, (limit: number) => `每人限购 ${limit} 件`],
  taken: [
    (taken: string, of: string) => `${taken} of ${of} taken`,
    (taken: string, of: string) => `已订 ${taken} / ${of}`,
  ],
  done: [(title: string) => `The stock of ${title} was changed.`, (title: string) => `已调整${title}的库存。`],
});

export function CampaignOffers({ campaign, onChange }: { campaign: Campaign; onChange: () => void }) {
  const changed = useSignal<Offer | null>(null);
  const said = useSignal("");
  return (
    <section class="card stack">
      <h2>{words.title}</h2>
      <p class="visually-hidden" role="status">
        {said.value}
      </p>
      <ul class="stack">
        {campaign.offers.map((offer) => (
          <li key={offer.id} class="offer-line">
            <Picture address={offer.image_url} title={offer.title} />
            <OfferFacts offer={offer} takesEntries={campaign.admission === "draw" && campaign.state !== "ended"} />
            {may("operator") && campaign.state !== "ended" && (
              <Button
                size="small"
                label={restockWords.restockOf(offer.title)}
                onPress={() => {
                  changed.value = offer;
                }}
              >
                {restockWords.restock}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {changed.value !== null && (
        <RestockDialog
          offer={changed.value}
          onClose={() => {
            changed.value = null;
          }}
          onDone={() => {
            said.value = words.done(changed.value?.title ?? "");
            onChange();
          }}
        />
      )}
    </section>
  );
}

function OfferFacts({ offer, takesEntries }: { offer: Offer; takesEntries: boolean }) {
  const { title, sku, brand, category, price_minor, list_price_minor, currency, limit_per_buyer } = offer;
  const { total, available, held, sold, waiting } = offer;
  const figures: readonly (readonly [string, number])[] = [
    [words.available, available],
    [words.held, held],
    [words.sold, sold],
    [words.total, total],
    [takesEntries ? words.entered : words.waiting, waiting],
  ];
  const share = total === 0 ? 0 : (held + sold) / total;
  return (
    <div class="stack tight">
      <div class="row">
        <h3>{title}</h3>
        {available === 0 && total > 0 && <Tag tone="bad">{words.soldOut}</Tag>}
      </div>
      <p class="muted small">
        {money(price_minor, currency)}{" "}
        {list_price_minor !== null && list_price_minor > price_minor && <s>{money(list_price_minor, currency)}</s>}
        {[words.limit(limit_per_buyer), sku, brand, category]
          .filter((text) => text !== null)
          .map((text) => ` · ${text}`)
          .join("")}
      </p>
      {offer.description ? <p class="lines small">{offer.description}</p> : null}
      <Bar share={share} label={`${title}: ${words.taken(count(held + sold), count(total))}`} />
      <dl class="small-figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{count(value)}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
