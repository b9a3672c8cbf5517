/** The offers of the chosen campaign: where their units are, who waits, and a restock. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { limits } from "../../../domain/limits.ts";
import { Button, Field } from "../../shared/elements.tsx";
import { count, money, percent } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign, Offer } from "../../shared/wire.ts";
import { Confirm } from "../parts/confirm.tsx";
import { refreshCampaigns } from "../parts/sale.ts";
import { api, may } from "../session.ts";

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
  restock: ["Restock", "补货"],
  restockOf: [(title: string) => `Restock ${title}`, (title: string) => `补货：${title}`],
  quantity: ["Units to add", "增加数量"],
  hint: [
    (left: string) => `A negative number takes back what is still left, ${left} at most.`,
    (left: string) => `填负数则收回尚未售出的库存，最多 ${left} 件。`,
  ],
  wrong: ["Give a whole number other than 0.", "请输入非 0 的整数。"],
  tooMany: [(left: string) => `Only ${left} are left to be taken back.`, (left: string) => `最多只能收回 ${left} 件。`],
  before: [
    (title: string, total: string, left: string) => `${title} has ${total} units in all, ${left} of them left.`,
    (title: string, total: string, left: string) => `${title} 总量 ${total} 件，剩余 ${left} 件。`,
  ],
  added: [
    (total: string, waiting: number) =>
      waiting > 0
        ? `It will have ${total} in all. ${waiting} wait: they come first.`
        : `It will have ${total} in all, on sale at once.`,
    (total: string, waiting: number) =>
      waiting > 0 ? `补货后总量 ${total} 件。有 ${waiting} 人候补，优先给他们。` : `补货后总量 ${total} 件，立即开售。`,
  ],
  taken: [(total: string) => `It will have ${total} in all.`, (total: string) => `收回后总量 ${total} 件。`],
  bar: [
    (sold: string, held: string, left: string) => `${sold} paid, ${held} reserved, ${left} left`,
    (sold: string, held: string, left: string) => `已售 ${sold}，预占 ${held}，剩余 ${left}`,
  ],
  soldShare: [(share: string) => `${share} gone`, (share: string) => `已出 ${share}`],
});

export function OfferTable({ campaign }: { campaign: Campaign }): JSX.Element {
  const asked = useSignal<string | null>(null);
  const restocked = campaign.offers.find(({ id }) => id === asked.value);
  const mayRestock = may("operator") && campaign.state !== "ended";
  return (
    <section class="card stack offers">
      <h2>{words.title}</h2>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard */}
      <section class="scroll-x" tabIndex={0} aria-label={words.caption(campaign.title)}>
        <table>
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
                  <span class="visually-hidden">{words.restock}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {campaign.offers.map((offer) => (
              <Row key={offer.id} offer={offer} onRestock={mayRestock ? () => (asked.value = offer.id) : null} />
            ))}
          </tbody>
        </table>
      </section>
      {restocked !== undefined && <Restock offer={restocked} onClose={() => (asked.value = null)} />}
    </section>
  );
}

function Row({ offer, onRestock }: { offer: Offer; onRestock: (() => void) | null }) {
  const { title, sku, price_minor, currency, total, available, held, sold, waiting } = offer;
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
      <td class="number">{count(sold)}</td>
      <td class="number">{count(held)}</td>
      <td class="number">
        <b>{count(available)}</b>
      </td>
      <td class="number">{count(waiting)}</td>
      <td class="number">{count(total)}</td>
      {onRestock !== null && (
        <td>
          <Button size="small" label={words.restockOf(title)} onPress={onRestock}>
            {words.restock}
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

function Restock({ offer, onClose }: { offer: Offer; onClose: () => void }) {
  const typed = useSignal("");
  const { id, title, total, available, waiting } = offer;
  const quantity = quantityOf(typed.value);
  const error = typed.value === "" ? undefined : errorOf(quantity, available);
  const isGood = quantity !== null && error === undefined;
  return (
    <Confirm
      title={words.restockOf(title)}
      deed={words.restock}
      isDisabled={!isGood}
      act={async () => {
        const answer = await api<Offer>(`/v1/offers/${id}/restock`, { method: "POST", body: { quantity } });
        if (answer.isOk) void refreshCampaigns();
        return answer;
      }}
      onClose={onClose}
    >
      <p>{words.before(title, count(total), count(available))}</p>
      <Field label={words.quantity} hint={words.hint(count(available))} error={error}>
        {(ties) => (
          <input
            {...ties}
            inputMode="numeric"
            autocomplete="off"
            value={typed.value}
            onInput={(event) => {
              typed.value = event.currentTarget.value;
            }}
          />
        )}
      </Field>
      <p role="status">
        {isGood &&
          (quantity > 0 ? words.added(count(total + quantity), waiting) : words.taken(count(total + quantity)))}
      </p>
    </Confirm>
  );
}

/** A whole number as a person writes it: a sign, digits, perhaps commas between thousands. */
function quantityOf(text: string): number | null {
  const plain = text.trim().replaceAll(",", "").replace("−", "-");
  return /^[+-]?\d{1,10}$/.test(plain) ? Number(plain) : null;
}

function errorOf(quantity: number | null, available: number): string | undefined {
  if (quantity === null || quantity === 0 || Math.abs(quantity) > limits.stockMax) return words.wrong;
  return quantity < -available ? words.tooMany(count(available)) : undefined;
}
