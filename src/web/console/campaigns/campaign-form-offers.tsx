/** Of a new campaign: its offers, added, taken out and put in order. The focus follows what was added or moved. */

import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { limits } from "../../../domain/limits.ts";
import { Button } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import { digitsOf, type OfferForm } from "./campaign-draft.ts";
import type { FormState } from "./campaign-form.ts";
import { TextField } from "./form-fields.tsx";

const words = wordsOf({
  title: ["What is sold?", "商品"],
  offer: [(number: number) => `Offer ${number}`, (number: number) => `商品 ${number}`],
  add: ["Add an offer", "添加商品"],
  full: [(most: number) => `A campaign has ${most} offers at most.`, (most: number) => `一个活动最多 ${most} 款商品。`],
  remove: [(what: string) => `Remove ${what}`, (what: string) => `移除${what}`],
  up: [(what: string) => `Move ${what} up`, (what: string) => `上移${what}`],
  down: [(what: string) => `Move ${what} down`, (what: string) => `下移${what}`],
  removed: [(what: string) => `${what} removed.`, (what: string) => `已移除${what}。`],
  moved: [
    (what: string, place: number) => `${what} is at place ${place} now.`,
    (what: string, place: number) => `${what}现在排在第 ${place}。`,
  ],
  name: ["Name", "商品名称"],
  sku: ["SKU", "SKU（商品编号）"],
  skuHint: ["Your shop's own number.", "店铺自己的编号。"],
  price: ["Sale price", "秒杀价"],
  listPrice: ["Usual price", "原价"],
  listPriceHint: ["Shown crossed out. May stay empty.", "显示为划线价，可不填。"],
  currency: ["Currency", "货币"],
  decimals: [
    (digits: number) => (digits === 0 ? "Whole numbers." : `Up to ${digits} decimals.`),
    (digits: number) => (digits === 0 ? "整数。" : `最多 ${digits} 位小数。`),
  ],
  stock: ["Units", "库存"],
  limit: ["Per buyer", "每人限购"],
  more: ["Description, picture, brand, category", "说明、图片、品牌、分类"],
  description: ["Description", "商品说明"],
  picture: ["Picture's address", "图片地址"],
  pictureHint: [
    "https://…, or a path of this server such as /pictures/phone.svg.",
    "https://…，或本站路径，如 /pictures/phone.svg。",
  ],
  brand: ["Brand", "品牌"],
  category: ["Category", "分类"],
});

export function CampaignFormOffers({ state }: { state: FormState }) {
  const { offers } = state.form.value;
  const said = useSignal("");
  const list = useRef<HTMLOListElement>(null);
  const focusNext = useRef<string | null>(null);
  useEffect(() => {
    if (focusNext.current === null) return;
    list.current?.querySelector<HTMLElement>(focusNext.current)?.focus();
    focusNext.current = null;
  });
  const nameOf = (offer: OfferForm, index: number) => offer.title.trim() || words.offer(index + 1);
  return (
    <section class="card stack">
      <h2>{words.title}</h2>
      <p class="visually-hidden" role="status">
        {said.value}
      </p>
      <ol class="stack" ref={list}>
        {offers.map((offer, index) => {
          const name = nameOf(offer, index);
          return (
            <li key={offer.key} class="offer-form" data-offer={offer.key}>
              <div class="row spread">
                <h3 tabIndex={-1}>{words.offer(index + 1)}</h3>
                <div class="row tools">
                  {index > 0 && (
                    <Tool
                      sign="↑"
                      label={words.up(name)}
                      onPress={() => {
                        state.moveOffer(offer.key, -1);
                        said.value = words.moved(name, index);
                        focusNext.current = `[data-offer="${offer.key}"] h3`;
                      }}
                    />
                  )}
                  {index < offers.length - 1 && (
                    <Tool
                      sign="↓"
                      label={words.down(name)}
                      onPress={() => {
                        state.moveOffer(offer.key, 1);
                        said.value = words.moved(name, index + 2);
                        focusNext.current = `[data-offer="${offer.key}"] h3`;
                      }}
                    />
                  )}
                  {offers.length > 1 && (
                    <Tool
                      sign="×"
                      label={words.remove(name)}
                      onPress={() => {
                        const neighbour = offers[index + 1] ?? offers[index - 1];
                        state.removeOffer(offer.key);
                        said.value = words.removed(name);
                        focusNext.current = `[data-offer="${neighbour?.key}"] h3`;
                      }}
                    />
                  )}
                </div>
              </div>
              <OfferFields state={state} offer={offer} at={`offers[${index}]`} />
            </li>
          );
        })}
      </ol>
      {offers.length < limits.offersPerCampaignMax ? (
        <div>
          <Button
            onPress={() => {
              focusNext.current = `[data-offer="${state.addOffer()}"] input`;
            }}
          >
            {words.add}
          </Button>
        </div>
      ) : (
        <p class="hint">{words.full(limits.offersPerCampaignMax)}</p>
      )}
    </section>
  );
}

function Tool({ sign, label, onPress }: { sign: string; label: string; onPress: () => void }) {
  return (
    <button type="button" class="button quiet tool" aria-label={label} title={label} onClick={onPress}>
      <span aria-hidden="true">{sign}</span>
    </button>
  );
}

function OfferFields({ state, offer, at }: { state: FormState; offer: OfferForm; at: string }) {
  const set = (member: keyof OfferForm) => (text: string) => state.changeOffer(offer.key, { [member]: text });
  const isMoreWrong = ["description", "image_url", "brand", "category"].some((field) =>
    state.problems.value.some((problem) => problem.field === `${at}.${field}`),
  );
  const hasMore = [offer.description, offer.imageUrl, offer.brand, offer.category].some((text) => text !== "");
  const isOpen = useRef(hasMore);
  return (
    <>
      <div class="pair wide-first">
        <TextField state={state} field={`${at}.title`} label={words.name} value={offer.title} onInput={set("title")} />
        <TextField
          state={state}
          field={`${at}.sku`}
          label={words.sku}
          hint={words.skuHint}
          value={offer.sku}
          onInput={set("sku")}
        />
      </div>
      <div class="triple">
        <TextField
          state={state}
          field={`${at}.price_minor`}
          label={words.price}
          hint={words.decimals(digitsOf(offer.currency))}
          value={offer.price}
          onInput={set("price")}
          input={{ inputMode: "decimal" }}
        />
        <TextField
          state={state}
          field={`${at}.list_price_minor`}
          label={words.listPrice}
          hint={words.listPriceHint}
          value={offer.listPrice}
          onInput={set("listPrice")}
          input={{ inputMode: "decimal" }}
        />
        <TextField
          state={state}
          field={`${at}.currency`}
          label={words.currency}
          value={offer.currency}
          onInput={(text) => state.changeOffer(offer.key, { currency: text.trim().toUpperCase() })}
          input={{ maxLength: 3, list: "currencies" }}
        />
      </div>
      <div class="pair">
        <TextField
          state={state}
          field={`${at}.stock`}
          label={words.stock}
          value={offer.stock}
          onInput={set("stock")}
          input={{ inputMode: "numeric" }}
        />
        <TextField
          state={state}
          field={`${at}.limit_per_buyer`}
          label={words.limit}
          value={offer.limitPerBuyer}
          onInput={set("limitPerBuyer")}
          input={{ inputMode: "numeric" }}
        />
      </div>
      <details
        open={isOpen.current || (isMoreWrong && state.isTried.value)}
        onToggle={(event) => {
          isOpen.current = event.currentTarget.open;
        }}
      >
        <summary>{words.more}</summary>
        <div class="stack">
          <TextField
            state={state}
            field={`${at}.description`}
            label={words.description}
            value={offer.description}
            onInput={set("description")}
            rows={2}
          />
          <TextField
            state={state}
            field={`${at}.image_url`}
            label={words.picture}
            hint={words.pictureHint}
            value={offer.imageUrl}
            onInput={set("imageUrl")}
            input={{ inputMode: "url" }}
          />
          <div class="pair">
            <TextField
              state={state}
              field={`${at}.brand`}
              label={words.brand}
              value={offer.brand}
              onInput={set("brand")}
            />
            <TextField
              state={state}
              field={`${at}.category`}
              label={words.category}
              value={offer.category}
              onInput={set("category")}
            />
          </div>
        </div>
      </details>
    </>
  );
}
