/** What something costs and how much of it is gone, on cards and on the page of a sale. */
import type { JSX } from "preact";
import { Bar } from "../shared/elements.tsx";
import { count, money, percent } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import type { Offer } from "../shared/wire.ts";

const words = wordsOf({
  listPrice: ["Usual price", "原价"],
  off: [(share: string) => `${share} off`, (share: string) => `省 ${share}`],
  gone: [(share: string) => `${share} taken`, (share: string) => `已抢 ${share}`],
  left: [(units: string) => `${units} left`, (units: string) => `剩余 ${units} 件`],
  held: [(units: string) => `${units} being paid, may come back`, (units: string) => `${units} 件待付款，可能放出`],
  none: ["None left", "已抢光"],
  entries: [(entries: string) => `${entries} in the draw`, (entries: string) => `${entries} 人参加抽签`],
  units: [(units: string) => `${units} to be drawn`, (units: string) => `共 ${units} 件`],
});

export function Price({ offer }: { readonly offer: Offer }): JSX.Element {
  const { price_minor: price, list_price_minor: listPrice, currency } = offer;
  const isLess = listPrice !== null && listPrice > price;
  return (
    <p class="price">
      <strong>{money(price, currency)}</strong>
      {isLess && (
        <>
          <s>
            <span class="visually-hidden">{words.listPrice} </span>
            {money(listPrice, currency)}
          </s>
          <span class="tag bad">{words.off(percent(discountOf(price, listPrice)))}</span>
        </>
      )}
    </p>
  );
}

/** Rounded down, so that nothing is called free that has a price. */
export function discountOf(price: number, listPrice: number): number {
  return Math.floor(((listPrice - price) / listPrice) * 100) / 100;
}

/** How much is gone, as a bar and in figures. A draw has entries instead. */
export function Stock({ offer, isDraw }: { readonly offer: Offer; readonly isDraw: boolean }): JSX.Element {
  const { total, available, held } = offer;
  if (isDraw && held === 0 && offer.sold === 0) {
    return (
      <p class="stock-figures">
        <span>{words.units(count(total))}</span>
        <span class="muted">{words.entries(count(offer.waiting))}</span>
      </p>
    );
  }
  const gone = shareGone(offer);
  const label = words.gone(percent(gone));
  return (
    <div class="stock">
      <Bar share={gone} label={label} />
      <p class="stock-figures">
        <span>{available === 0 ? words.none : words.left(count(available))}</span>
        <span class="muted">{held === 0 ? label : words.held(count(held))}</span>
      </p>
    </div>
  );
}

/** What is gone of it, rounded so that one unit left is not shown as none. */
export function shareGone({ total, available }: Pick<Offer, "total" | "available">): number {
  if (total === 0) return 1;
  const share = 1 - available / total;
  return available === 0 ? 1 : Math.min(share, 0.99);
}
