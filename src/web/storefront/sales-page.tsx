/** The list of sales: what is open, what opens soon, and, folded away, what is over. */
import { useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useId, useMemo } from "preact/hooks";
import { useLocation } from "preact-iso";
import { now } from "../shared/clock.ts";
import { Button, Notice } from "../shared/elements.tsx";
import { wordsOf } from "../shared/language.ts";
import { explain } from "../shared/refusals.ts";
import type { Campaign } from "../shared/wire.ts";
import { SaleCard } from "./sale-card.tsx";
import { kindName } from "./sale-words.ts";
import type { SalesList } from "./sales-list.ts";
import {
  addressOf,
  choicesOf,
  type Filter,
  type FilterName,
  filterOf,
  fits,
  followSales,
  inOrder,
} from "./sales-list.ts";
import { api, shop } from "./session.ts";

const words = wordsOf({
  title: ["Sales", "秒杀活动"],
  open: ["Open now", "正在进行"],
  soon: ["Opening soon", "即将开始"],
  past: ["Over", "已结束"],
  showPast: ["Show sales that are over", "查看已结束的活动"],
  more: ["Show more", "查看更多"],
  noPast: ["None so far.", "暂无。"],
  loading: ["Loading…", "加载中…"],
  none: ["No sale is on at the moment.", "目前没有活动。"],
  noneHint: ["Stay here: a new one appears by itself.", "请留在本页，有新活动会自动出现。"],
  noneFit: ["Nothing fits these filters.", "没有符合条件的活动。"],
  showAll: ["Show all", "显示全部"],
  filters: ["Filters", "筛选"],
  kind: ["Kind", "类型"],
  brand: ["Brand", "品牌"],
  category: ["Category", "品类"],
  any: ["All", "全部"],
});

export function SalesPage(): JSX.Element {
  const list = useMemo(() => followSales(api), []);
  useEffect(() => () => list.stop(), [list]);
  const { query } = useLocation();
  const filter = filterOf(query);
  useEffect(() => {
    document.title = [words.title, shop.value?.name ?? "Rushbox"].join(" · ");
  }, [words.title, shop.value]);
  const sales = list.sales.value;
  return (
    <div class="sales stack">
      <h1>{words.title}</h1>
      <Failure list={list} />
      {sales === null && list.failure.value === null && (
        <p class="muted" role="status">
          {words.loading}
        </p>
      )}
      {sales !== null && <Live sales={sales} filter={filter} />}
      {sales !== null && <Past list={list} filter={filter} />}
    </div>
  );
}

function Failure({ list }: { readonly list: SalesList }): JSX.Element {
  const failure = list.failure.value;
  return (
    <div role="status">
      {failure !== null && (
        <Notice tone="warn">
          <p>
            <strong>{explain(failure).title}</strong> · {explain(failure).next}
          </p>
        </Notice>
      )}
    </div>
  );
}

function Live({ sales, filter }: { readonly sales: readonly Campaign[]; readonly filter: Filter }): JSX.Element {
  const second = useComputed(() => Math.floor(now.value / 1_000));
  const { open, soon } = inOrder(
    sales.filter((sale) => fits(sale, filter)),
    Math.max(now.peek(), second.value * 1_000),
  );
  const isFiltered = Object.keys(filter).length > 0;
  return (
    <>
      <Filters sales={sales} filter={filter} />
      {open.length > 0 && <Section title={words.open} sales={open} />}
      {soon.length > 0 && <Section title={words.soon} sales={soon} />}
      {open.length + soon.length === 0 && (
        <div class="empty" role="status">
          <p>{isFiltered ? words.noneFit : words.none}</p>
          {isFiltered ? <a href="/">{words.showAll}</a> : <p class="muted">{words.noneHint}</p>}
        </div>
      )}
    </>
  );
}

function Section({ title, sales }: { readonly title: string; readonly sales: readonly Campaign[] }): JSX.Element {
  const id = useId();
  return (
    <section class="stack" aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <ul class="sale-cards">
        {sales.map((sale) => (
          <SaleCard key={sale.id} sale={sale} />
        ))}
      </ul>
    </section>
  );
}

function Filters({
  sales,
  filter,
}: {
  readonly sales: readonly Campaign[];
  readonly filter: Filter;
}): JSX.Element | null {
  const { route } = useLocation();
  const choices = choicesOf(sales);
  if (choices.length === 0) return null;
  return (
    <fieldset class="filters">
      <legend class="visually-hidden">{words.filters}</legend>
      {choices.map(({ name, values }) => (
        <Choice
          key={name}
          name={name}
          values={values}
          chosen={filter[name]}
          onChoose={(value) => route(addressOf({ ...filter, [name]: value }), true)}
        />
      ))}
    </fieldset>
  );
}

interface ChoiceProps {
  readonly name: FilterName;
  readonly values: readonly string[];
  readonly chosen: string | undefined;
  readonly onChoose: (value: string) => void;
}

function Choice({ name, values, chosen, onChoose }: ChoiceProps): JSX.Element {
  const textOf = (value: string) => (name === "kind" ? kindName(value as NonNullable<Campaign["kind"]>) : value);
  return (
    <label class="choice">
      <span>{words[name]}</span>
      <select value={chosen ?? ""} onChange={(event) => onChoose(event.currentTarget.value)}>
        <option value="">{words.any}</option>
        {values.map((value) => (
          <option key={value} value={value}>
            {textOf(value)}
          </option>
        ))}
      </select>
    </label>
  );
}

function Past({ list, filter }: { readonly list: SalesList; readonly filter: Filter }): JSX.Element {
  const isBusy = useSignal(false);
  const ask = async () => {
    if (isBusy.peek()) return;
    isBusy.value = true;
    await list.askPast();
    isBusy.value = false;
  };
  const past = list.past.value;
  const shown = (past ?? []).filter((sale) => fits(sale, filter));
  return (
    <details
      class="past"
      onToggle={(event) => {
        if (event.currentTarget.open && past === null) void ask();
      }}
    >
      <summary>{words.showPast}</summary>
      {past !== null && shown.length === 0 && <p class="muted">{words.noPast}</p>}
      {shown.length > 0 && <Section title={words.past} sales={shown} />}
      {past !== null && list.hasMorePast.value && (
        <Button isBusy={isBusy.value} onPress={() => void ask()}>
          {words.more}
        </Button>
      )}
    </details>
  );
}
