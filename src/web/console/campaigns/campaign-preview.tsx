/**
 * A campaign as buyers will see it, from whatever the form says so far. Nothing in it can be pressed: it is a picture of
 * a page, and where a field says nothing yet a grey word stands for it.
 */

import { limits } from "../../../domain/limits.ts";
import { isCurrency } from "../../../domain/money.ts";
import { now } from "../../shared/clock.ts";
import { Tag } from "../../shared/elements.tsx";
import { count, duration, moment, money } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import { Picture } from "../../shared/picture.tsx";
import { wholeOf } from "../parts/field-rules.ts";
import { type CampaignForm, minorOf, type OfferForm, pictureOf, windowOf } from "./campaign-draft.ts";

const words = wordsOf({
  title: ["Preview", "预览"],
  hint: ["About as buyers will see it.", "买家看到的大致样子。"],
  noTitle: ["Title", "标题"],
  noName: ["Name", "商品名称"],
  noPrice: ["Price", "价格"],
  opensAt: [(time: string) => `Opens ${time}`, (time: string) => `${time} 开抢`],
  opensSoon: ["Opens when published", "发布后开抢"],
  closesAt: [(time: string) => `until ${time}`, (time: string) => `${time} 结束`],
  units: [(units: string) => `${units} units`, (units: string) => `限量 ${units} 件`],
  limit: [(limit: number) => `${limit} per buyer`, (limit: number) => `每人限购 ${limit} 件`],
  off: [(percent: number) => `${percent}% off`, (percent: number) => `省 ${percent}%`],
  buy: ["Buy now", "立即抢购"],
  join: ["Join the queue", "排队购买"],
  enter: ["Enter the draw", "参加抽签"],
  payWithin: [(time: string) => `Pay within ${time}`, (time: string) => `下单后 ${time}内付款`],
});

export function CampaignPreview({ form }: { form: CampaignForm }) {
  const nowMs = Math.floor(now.value / 60_000) * 60_000;
  const { opensAtMs, closesAtMs } = windowOf(form, nowMs);
  const isWindowKnown = form.opens === "when_published" || opensAtMs !== null;
  const paymentS = Math.round(Number(form.paymentMinutes) * 60);
  return (
    <section class="preview stack" aria-labelledby="preview-title">
      <div>
        <h2 id="preview-title">{words.title}</h2>
        <p class="hint">{words.hint}</p>
      </div>
      <div class="preview-page stack">
        <div class="stack tight">
          <h3 class={form.title.trim() === "" ? "preview-heading blank" : "preview-heading"}>
            {form.title.trim() || words.noTitle}
          </h3>
          <p class="row">
            {isWindowKnown && (
              <Tag tone="warn">{opensAtMs === null ? words.opensSoon : words.opensAt(moment(opensAtMs, nowMs))}</Tag>
            )}
            {isWindowKnown && closesAtMs !== null && (
              <span class="muted small">{words.closesAt(moment(closesAtMs, nowMs))}</span>
            )}
          </p>
          {form.description.trim() !== "" && <p class="lines">{form.description.trim()}</p>}
        </div>
        {form.offers.map((offer) => (
          <OfferPreview key={offer.key} offer={offer} mode={form.mode} />
        ))}
        {paymentS > 0 && paymentS <= limits.paymentWindowSMax && (
          <p class="muted small">{words.payWithin(duration(paymentS))}</p>
        )}
      </div>
    </section>
  );
}

const calls = { open: () => words.buy, queue: () => words.join, draw: () => words.enter };

function OfferPreview({ offer, mode }: { offer: OfferForm; mode: CampaignForm["mode"] }) {
  const price = isCurrency(offer.currency) ? minorOf(offer.price, offer.currency) : null;
  const listPrice = isCurrency(offer.currency) ? minorOf(offer.listPrice, offer.currency) : null;
  const isCheaper = typeof price === "number" && typeof listPrice === "number" && listPrice > price;
  const stock = wholeOf(offer.stock, 0, limits.stockMax);
  const limit = wholeOf(offer.limitPerBuyer, 1, limits.quantityMax);
  return (
    <article class="preview-offer">
      <Picture address={pictureOf(offer.imageUrl)} title={offer.title} />
      <div class="stack tight">
        <p class={offer.title.trim() === "" ? "blank" : "name"}>{offer.title.trim() || words.noName}</p>
        {offer.description.trim() !== "" && <p class="lines muted small">{offer.description.trim()}</p>}
        <p class="row">
          {typeof price === "number" ? (
            <span class="price">{money(price, offer.currency)}</span>
          ) : (
            <span class="price blank">{words.noPrice}</span>
          )}
          {isCheaper && <s class="muted">{money(listPrice, offer.currency)}</s>}
          {isCheaper && <Tag tone="bad">{words.off(Math.floor((1 - price / listPrice) * 100))}</Tag>}
        </p>
        <p class="muted small">
          {[
            typeof stock === "number" ? words.units(count(stock)) : null,
            typeof limit === "number" ? words.limit(limit) : null,
          ]
            .filter((text) => text !== null)
            .join(" · ")}
        </p>
        <span class="button primary as-picture" aria-hidden="true">
          {calls[mode]()}
        </span>
      </div>
    </article>
  );
}
