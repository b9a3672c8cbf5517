/** What is kept of an order: its payments, its rows of the ledger, its receipt. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Refusal } from "../../shared/api.ts";
import { Button, Notice } from "../../shared/elements.tsx";
import { fullMoment, money } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Order, OrderHistory, Payment, Receipt } from "../../shared/wire.ts";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { CopyButton } from "../parts/copying.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import type { Outcome } from "../parts/notes.tsx";
import { Refused } from "../parts/refused.tsx";
import { api, may } from "../session.ts";
import { PaymentStateTag, rowTypeWords, stockMoveWords } from "./order-words.tsx";

const words = wordsOf({
  payments: ["Payments", "付款记录"],
  noPayments: ["No payment was told of yet.", "还没有收到付款。"],
  payment: ["Payment", "付款"],
  provider: ["Taken by", "收款方"],
  reference: ["Reference", "流水号"],
  amount: ["Amount", "金额"],
  state: ["State", "状态"],
  received: ["Received", "收到时间"],
  returned: ["Returned", "退回时间"],
  step: ["To do", "操作"],
  shop: ["the shop", "商城"],
  sandbox: ["sandbox", "沙箱"],
  stripe: ["Stripe", "Stripe"],
  byProvider: ["is being returned by the provider", "由支付渠道自动退回"],
  mark: ["Mark as returned", "标记为已退回"],
  markAsk: ["Was this money returned?", "这笔钱已退回了吗？"],
  markWill: [
    (amount: string) =>
      `Say that the shop has sent ${amount} back to the buyer. Rushbox moves no money here: do it first. This cannot be taken back.`,
    (amount: string) => `确认商城已把 ${amount} 退给买家。系统不会转账，请先完成退款。此操作不可撤销。`,
  ],
  marked: ["Marked as returned.", "已标记为退回。"],
  history: ["What happened", "经过"],
  historyPart: ["What happened, the last rows", "经过（仅最近的记录）"],
  when: ["When", "时间"],
  what: ["What", "事件"],
  stock: ["Stock", "库存变化"],
  row: ["Row of the ledger", "账本行"],
  hash: [(seq: string) => `Hash of row ${seq}`, (seq: string) => `第 ${seq} 行的哈希`],
  receipt: ["Receipt", "凭证"],
  receiptWhat: [
    "What the buyer can prove with: their row of the ledger, signed by this server. Anybody can check it.",
    "买家可用来证明的凭证：账本中属于该订单的一行，由本服务签名，任何人都能核验。",
  ],
  show: ["Show the receipt", "显示凭证"],
  erased: ["There is none any more: the buyer's identity was erased.", "买家身份已抹去，凭证不再存在。"],
  check: ["Check it", "核验"],
});

interface OrderPaymentsTableProps {
  readonly order: Order;
  readonly payments: readonly Payment[];
  readonly outcome: Outcome;
  readonly onChanged: () => void;
}

export function OrderPaymentsTable(props: OrderPaymentsTableProps): JSX.Element {
  const { order, payments, outcome, onChanged } = props;
  const marking = useSignal<Payment | null>(null);
  const mark = async ({ id }: Payment): Promise<Refusal | null> => {
    const answer = await api<Order>(`/v1/orders/${order.id}/payments/${id}/returned`, { method: "POST" });
    if (!answer.isOk) return answer;
    outcome.say(words.marked);
    onChanged();
    return null;
  };
  const columns: readonly Column<Payment>[] = [
    { name: "payment", label: words.payment, cell: ({ id }) => <span class="mono id">{id}</span> },
    { name: "state", label: words.state, cell: ({ state }) => <PaymentStateTag state={state} /> },
    {
      name: "amount",
      label: words.amount,
      isNumber: true,
      cell: ({ amount_minor: minor, currency }) => money(minor, currency),
    },
    { name: "provider", label: words.provider, cell: ({ provider }) => words[provider] },
    {
      name: "reference",
      label: words.reference,
      cell: ({ reference }) => <span class="mono">{reference ?? "—"}</span>,
    },
    { name: "received", label: words.received, cell: ({ received_at: at }) => fullMoment(at) },
    {
      name: "returned",
      label: words.returned,
      cell: (payment) => {
        if (payment.refunded_at !== undefined) return fullMoment(payment.refunded_at);
        if (payment.state !== "refund_due") return "—";
        if (payment.provider !== "shop") return words.byProvider;
        if (!may("operator")) return "—";
        return (
          <Button
            size="small"
            onPress={() => {
              marking.value = payment;
            }}
          >
            {words.mark}
          </Button>
        );
      },
    },
  ];
  return (
    <section class="stack">
      {payments.length === 0 ? (
        <>
          <h2>{words.payments}</h2>
          <p class="muted">{words.noPayments}</p>
        </>
      ) : (
        <DataTable caption={words.payments} columns={columns} rows={payments} keyOf={({ id }) => id} />
      )}
      {marking.value !== null && (
        <ConfirmDialog
          title={words.markAsk}
          consequence={<p>{words.markWill(money(marking.value.amount_minor, marking.value.currency))}</p>}
          action={words.mark}
          onConfirm={() => (marking.value === null ? Promise.resolve(null) : mark(marking.value))}
          onClose={() => {
            marking.value = null;
          }}
        />
      )}
    </section>
  );
}

type HistoryRow = OrderHistory["rows"][number];

export function OrderHistoryTable({ history }: { history: OrderHistory }): JSX.Element {
  const columns: readonly Column<HistoryRow>[] = [
    { name: "what", label: words.what, cell: ({ type }) => rowTypeWords(type) },
    { name: "when", label: words.when, cell: ({ at }) => <time dateTime={at}>{fullMoment(at)}</time> },
    { name: "stock", label: words.stock, cell: (row) => stockMoveWords(row) },
    {
      name: "row",
      label: words.row,
      cell: ({ seq, hash }) => (
        <span class="row">
          <span class="mono" title={hash}>
            {seq} · {hash.slice(0, 12)}…
          </span>
          <CopyButton text={hash} label={words.hash(String(seq))} />
        </span>
      ),
    },
  ];
  return (
    <DataTable
      caption={history.is_complete ? words.history : words.historyPart}
      columns={columns}
      rows={history.rows}
      keyOf={({ seq }) => String(seq)}
    />
  );
}

/** Asked for when somebody wants to see it: it names the buyer, and is signed anew each time. */
export function OrderReceipt({ order }: { order: Order }): JSX.Element {
  const receipt = useSignal<Receipt | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const isBusy = useSignal(false);
  const show = async () => {
    isBusy.value = true;
    const answer = await api<Receipt>(`/v1/orders/${order.id}/receipt`);
    isBusy.value = false;
    receipt.value = answer.isOk ? answer.value : null;
    refusal.value = answer.isOk ? null : answer;
  };
  return (
    <section class="card stack">
      <h2>{words.receipt}</h2>
      <p class="muted small">{order.buyer_id === null ? words.erased : words.receiptWhat}</p>
      <Refused refusal={refusal.value} />
      {order.buyer_id !== null && receipt.value === null && (
        <div>
          <Button isBusy={isBusy.value} onPress={() => void show()}>
            {words.show}
          </Button>
        </div>
      )}
      {receipt.value !== null && (
        <Notice isLive>
          <code class="mono small long">{receipt.value.receipt}</code>
          <div class="row">
            <CopyButton text={receipt.value.receipt} label={words.receipt} />
            <a class="button small" href="/verify">
              {words.check}
            </a>
          </div>
        </Notice>
      )}
    </section>
  );
}
