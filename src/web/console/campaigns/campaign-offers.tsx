/** The offers of a campaign with their stock; units are added, or unsold ones taken back. */
import { useSignal } from "@preact/signals";
import { limits } from "../../../domain/limits.ts";
import type { Refusal } from "../../shared/api.ts";
import { Bar, Button, Dialog, Field, Tag } from "../../shared/elements.tsx";
import { count, money } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign, Offer } from "../../shared/wire.ts";
import { ruleText } from "../parts/field-words.ts";
import { Refused } from "../parts/refused.tsx";
import { api, may } from "../session.ts";
import { wholeOf } from "./campaign-draft.ts";
import { Picture } from "./picture.tsx";

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
  restock: ["Change stock…", "调整库存…"],
  restockOf: [(title: string) => `Change stock of ${title}`, (title: string) => `调整库存：${title}`],
  quantity: ["Units to add", "增加数量"],
  quantityHint: [
    (available: string) => `A negative number takes back unsold units: ${available} at most.`,
    (available: string) => `填负数可撤回未售库存，最多 ${available} 件。`,
  ],
  zero: ["Write how many: 0 changes nothing.", "请填写数量，0 不会有变化。"],
  change: ["Change stock", "调整"],
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
            <Picture address={offer.image_url ?? ""} title={offer.title} />
            <OfferFacts offer={offer} takesEntries={campaign.admission === "draw" && campaign.state !== "ended"} />
            {may("operator") && campaign.state !== "ended" && (
              <Button
                size="small"
                label={words.restockOf(offer.title)}
                onPress={() => {
                  changed.value = offer;
                }}
              >
                {words.restock}
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

interface RestockDialogProps {
  readonly offer: Offer;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function RestockDialog({ offer, onClose, onDone }: RestockDialogProps) {
  const quantity = useSignal("");
  const isTried = useSignal(false);
  const isBusy = useSignal(false);
  const refusal = useSignal<Refusal | null>(null);
  const value = wholeOf(quantity.value, -offer.available, limits.stockMax);
  const error = typeof value === "number" ? (value === 0 ? words.zero : undefined) : ruleText(value);
  const submit = async () => {
    isTried.value = true;
    if (typeof value !== "number" || value === 0) return;
    isBusy.value = true;
    const answer = await api<Offer>(`/v1/offers/${offer.id}/restock`, { method: "POST", body: { quantity: value } });
    isBusy.value = false;
    if (!answer.isOk) {
      refusal.value = answer;
      return;
    }
    onDone();
    onClose();
  };
  return (
    <Dialog
      title={words.restockOf(offer.title)}
      onClose={onClose}
      actions={
        <Button kind="primary" isBusy={isBusy.value} onPress={() => void submit()}>
          {words.change}
        </Button>
      }
    >
      {refusal.value !== null && <Refused refusal={refusal.value} />}
      <Field
        label={words.quantity}
        hint={words.quantityHint(count(offer.available))}
        error={isTried.value ? error : undefined}
      >
        {(ties) => (
          <input
            {...ties}
            type="text"
            inputMode="text"
            autocomplete="off"
            value={quantity.value}
            onInput={(event) => {
              quantity.value = event.currentTarget.value;
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter") void submit();
            }}
          />
        )}
      </Field>
    </Dialog>
  );
}
