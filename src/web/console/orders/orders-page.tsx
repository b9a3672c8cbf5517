/** /console/orders: orders searched, page by page; the search taken away as a file; a buyer erased. */

import type { JSX } from "preact";
import { useLocation } from "preact-iso";
import { now } from "../../shared/clock.ts";
import { count, fullMoment, moment, money, several } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { CampaignList, Order, OrderList } from "../../shared/wire.ts";
import { addressWith, chosen } from "../parts/address.ts";
import { type Column, DataTable, Pager, usePageFocus } from "../parts/data-table.tsx";
import { gathered, useLoaded } from "../parts/loaded.ts";
import { Refused } from "../parts/refused.tsx";
import { api, may } from "../session.ts";
import { EraseBuyer } from "./erase-buyer.tsx";
import { ExportPanel } from "./export-panel.tsx";
import { filterNames, OrderSearchForm } from "./order-search-form.tsx";
import { AgentTag, OrderStateTag } from "./order-words.tsx";

const words = wordsOf({
  title: ["Orders", "订单"],
  caption: ["Orders, the newest first", "订单（从新到旧）"],
  order: ["Order", "订单号"],
  state: ["State", "状态"],
  buyer: ["Buyer", "买家"],
  erased: ["erased", "已抹去"],
  goods: ["Goods", "商品"],
  amount: ["Amount", "金额"],
  campaign: ["Campaign", "活动"],
  reserved: ["Reserved", "下单时间"],
  none: ["No order fits this search.", "没有符合条件的订单。"],
  noneYet: [
    "Nothing fits among the orders looked through so far. Go on with the next page.",
    "已查找的部分没有符合条件的订单，可继续查看下一页。",
  ],
  shown: [
    (number: number) => `${several(number, "order")} on this page`,
    (number: number) => `本页 ${count(number)} 单`,
  ],
  loading: ["Searching …", "查询中……"],
});

const pageSize = 50;

export function OrdersPage(): JSX.Element {
  const { url, query } = useLocation();
  const filter = chosen(query, filterNames);
  const campaigns = useLoaded("campaigns", (signal) => api<CampaignList>("/v1/campaigns?limit=200", { signal }));
  const found = useLoaded(url, (signal) =>
    gathered<OrderList, Order>(
      (cursor, limit) => api(addressWith("/v1/orders", { ...filter, cursor, limit: String(limit) }), { signal }),
      ({ orders, next_cursor: next }) => ({ rows: orders, next }),
      { cursor: query["cursor"], limit: pageSize },
    ),
  );
  const status = usePageFocus<HTMLParagraphElement>(query["cursor"]);
  const titles = new Map((campaigns.value.value?.campaigns ?? []).map(({ id, title }) => [id, title]));
  const refusal = found.refusal.value;
  const page = found.value.value;
  return (
    <div class="stack office">
      <h1>{words.title}</h1>
      <OrderSearchForm filter={filter} campaigns={campaigns.value.value?.campaigns ?? []} refusal={refusal} />
      <Refused refusal={refusal} isMarked onAgain={found.again} />
      <p ref={status} tabIndex={-1} class="muted" role="status">
        {found.isLoading.value ? words.loading : page && refusal === null ? summary(page) : ""}
      </p>
      {page && refusal === null && page.rows.length > 0 && (
        <DataTable
          caption={words.caption}
          columns={columnsWith(titles)}
          rows={page.rows}
          keyOf={({ id }) => id}
          isBusy={found.isLoading.value}
        />
      )}
      {page && refusal === null && (
        <Pager
          of={words.title}
          first={query["cursor"] === undefined ? null : addressWith("/console/orders", filter)}
          next={page.next === null ? null : addressWith("/console/orders", { ...filter, cursor: page.next })}
        />
      )}
      <ExportPanel filter={filter} />
      {may("admin") && <EraseBuyer />}
    </div>
  );
}

function summary({ rows, next }: { readonly rows: readonly Order[]; readonly next: string | null }): string {
  if (rows.length > 0) return words.shown(rows.length);
  return next === null ? words.none : words.noneYet;
}

function columnsWith(titles: ReadonlyMap<string, string>): readonly Column<Order>[] {
  return [
    {
      name: "order",
      label: words.order,
      cell: ({ id }) => (
        <a class="mono id" href={`/console/orders/${id}`}>
          {id}
        </a>
      ),
    },
    { name: "state", label: words.state, cell: ({ state }) => <OrderStateTag state={state} /> },
    {
      name: "buyer",
      label: words.buyer,
      cell: (order) => (
        <>
          {order.buyer_id ?? <span class="muted">{words.erased}</span>} <AgentTag order={order} />
        </>
      ),
    },
    { name: "goods", label: words.goods, cell: ({ sku, quantity }) => `${sku} × ${count(quantity)}` },
    {
      name: "amount",
      label: words.amount,
      isNumber: true,
      cell: ({ amount_minor: minor, currency }) => money(minor, currency),
    },
    { name: "campaign", label: words.campaign, cell: ({ campaign_id: id }) => titles.get(id) ?? id },
    {
      name: "reserved",
      label: words.reserved,
      cell: ({ reserved_at: at }) => (
        <time dateTime={at} title={fullMoment(at)}>
          {moment(at, now.peek())}
        </time>
      ),
    },
  ];
}
