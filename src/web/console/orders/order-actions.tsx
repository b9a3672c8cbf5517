/**
 * What an operator can do with an order as it stands, each with what it will do. Which are shown follows from the state
 * and the role; the server decides all the same.
 */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { limits } from "../../../domain/limits.ts";
import type { Refusal } from "../../shared/api.ts";
import { Button, Notice, type Tone } from "../../shared/elements.tsx";
import { fullMoment, money } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Checkout, Order, Payment } from "../../shared/wire.ts";
import { Choices } from "../parts/choices.tsx";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { CopyButton } from "../parts/copying.tsx";
import { useLoaded } from "../parts/loaded.ts";
import type { Outcome } from "../parts/notes.tsx";
import { wordsOfRefusal, wrongWith } from "../parts/refusal-words.ts";
import { SignalField } from "../parts/signal-field.tsx";
import { api, may } from "../session.ts";
import { type OrderStep, stepsFrom } from "./order-steps.ts";

const words = wordsOf({
  title: ["What you can do", "可执行的操作"],
  viewer: [
    "Your key may look at orders, not change them: that needs the role operator.",
    "你的密钥只能查看订单，更改订单需要运营权限。",
  ],
  nothing: ["Nothing more can be done with this order.", "此订单已无可执行的操作。"],
  pay: ["Record a payment", "登记付款"],
  late: ["Record a late payment", "登记迟到的付款"],
  payAsk: ["Record a payment?", "登记付款？"],
  payWill: [
    (amount: string) =>
      `Say that the shop has received ${amount}. The order is paid, its units are sold, the buyer and webhooks are told.`,
    (amount: string) => `确认商城已收到 ${amount}。订单变为已支付，库存计为已售，并通知买家和 Webhook。`,
  ],
  lateWill: [
    (amount: string) =>
      `Say that the shop has received ${amount} after the time was over. If units are left, the order comes alive again and is paid; else the money has to be returned.`,
    (amount: string) => `确认商城在超时后收到 ${amount}。若仍有库存，订单恢复并变为已支付；否则需把钱退给买家。`,
  ],
  deadWill: [
    (amount: string) =>
      `Say that the shop has received ${amount} for an order that was cancelled. It stays cancelled, and the money has to be returned.`,
    (amount: string) => `确认商城收到已取消订单的付款 ${amount}。订单不会恢复，款项需要退回。`,
  ],
  reference: ["Payment reference", "支付流水号"],
  referenceHint: [
    "The payment's number in the shop's books. With the same number it counts once.",
    "商城账上的付款编号；相同编号只计一次。",
  ],
  referenceWrong: ["200 characters at most, and not only spaces.", "最多 200 个字符，且不能只有空格。"],
  paidDone: ["Paid.", "已登记付款。"],
  link: ["Payment link", "支付链接"],
  linkAsk: ["Make a payment link?", "生成支付链接？"],
  linkWill: [
    "Opens a payment page at the provider, for the buyer to pay this order. Send it to the buyer alone. The audit log notes it.",
    "在支付渠道为此订单打开付款页面，请只发给该买家。此操作会记入审计日志。",
  ],
  linkMake: ["Make it", "生成"],
  linkMade: [(until: string) => `Good until ${until}.`, (until: string) => `有效至 ${until}。`],
  linkOpen: ["Open it", "打开"],
  cancel: ["Cancel the order", "取消订单"],
  cancelAsk: ["Cancel this order?", "取消此订单？"],
  cancelWill: [
    "Its units go back on sale at once, or to the first in line. The buyer can buy again. It cannot be brought back.",
    "占用的库存立即恢复可售，或分给候补的第一位；买家可以重新购买。取消后无法恢复。",
  ],
  cancelDone: ["Cancelled. The units are back.", "已取消，库存已恢复。"],
  refund: ["Refund", "退款"],
  refundAsk: ["Refund this order?", "为此订单退款？"],
  refundWill: [
    (amount: string) =>
      `${amount} goes back to the buyer: what a provider took is returned through it by itself; what the shop took counts as returned, so return it there.`,
    (amount: string) =>
      `${amount} 将退给买家：经支付渠道收取的自动原路退回；商城自行收取的视为已退，请在商城完成退款。`,
  ],
  units: ["The units", "库存"],
  unitsBack: ["go back on sale, or to the first in line", "恢复可售，或分给候补的第一位"],
  unitsOff: ["are written off: they are not sold again", "核销，不再出售"],
  refundDone: ["The refund is under way or done: see the payments.", "退款已发起或完成，详见付款记录。"],
  refundByShop: [
    (amount: string) =>
      `${amount} count as returned, but nobody has returned them: the shop took them, so pay them back there now.`,
    (amount: string) => `${amount} 已记为退款，但钱还没有退：这笔款由商城收取，请现在到商城退给买家。`,
  ],
});

interface OrderActionsProps {
  readonly order: Order;
  readonly payments: readonly Payment[];
  readonly outcome: Outcome;
  readonly onChanged: () => void;
}

export function OrderActions({ order, payments, outcome, onChanged }: OrderActionsProps): JSX.Element {
  const asking = useSignal<OrderStep | null>(null);
  const link = useSignal<Checkout | null>(null);
  // As long as it is not known whether payments are taken, the server says so itself when they are not.
  const shop = useLoaded("shop", (signal) => api<{ payments: string }>("/v1/shop", { signal }));
  if (!may("operator")) return <Notice>{words.viewer}</Notice>;
  const actions = stepsFrom(order.state, shop.value.value?.payments !== "none");
  const close = () => {
    asking.value = null;
  };
  const open = (action: OrderStep) => () => {
    outcome.forget();
    asking.value = action;
  };
  const props = { order, payments, onClose: close, outcome, onChanged };
  const names: Readonly<Record<OrderStep, string>> = {
    pay: order.state === "reserved" ? words.pay : words.late,
    link: words.link,
    cancel: words.cancel,
    refund: words.refund,
  };
  return (
    <section class="card stack">
      <h2>{words.title}</h2>
      {actions.length === 0 && <p class="muted">{words.nothing}</p>}
      {actions.length > 0 && (
        <div class="row">
          {actions.map((action) => (
            <Button
              key={action}
              kind={action === "cancel" || action === "refund" ? "danger" : "plain"}
              onPress={open(action)}
            >
              {names[action]}
            </Button>
          ))}
        </div>
      )}
      {link.value !== null && order.state === "reserved" && <PaymentLink link={link.value} />}
      {asking.value === "pay" && <PayDialog {...props} />}
      {asking.value === "cancel" && <CancelDialog {...props} />}
      {asking.value === "refund" && <RefundDialog {...props} />}
      {asking.value === "link" && (
        <ConfirmDialog
          title={words.linkAsk}
          consequence={<p>{words.linkWill}</p>}
          action={words.linkMake}
          onClose={close}
          onConfirm={async () => {
            const answer = await api<Checkout>(`/v1/orders/${order.id}/checkout`, { method: "POST" });
            if (!answer.isOk) return answer;
            link.value = answer.value;
            return null;
          }}
        />
      )}
    </section>
  );
}

function PaymentLink({ link }: { link: Checkout }): JSX.Element {
  return (
    <Notice tone="good" isLive>
      <strong>{words.link}</strong>
      <span class="mono small">{link.url}</span>
      <span class="small">{words.linkMade(fullMoment(link.expires_at))}</span>
      <div class="row">
        <CopyButton text={link.url} label={words.link} />
        <a class="button small" href={link.url} target="_blank" rel="noreferrer">
          {words.linkOpen}
        </a>
      </div>
    </Notice>
  );
}

interface ActionDialogProps extends OrderActionsProps {
  readonly onClose: () => void;
}

/** Changes the order; `null` when that went well, and what was done is told. */
async function change(
  { order, outcome, onChanged }: OrderActionsProps,
  step: string,
  body: object,
  done: string,
  tone: Tone = "good",
): Promise<Refusal | null> {
  const answer = await api<Order>(`/v1/orders/${order.id}/${step}`, { method: "POST", body });
  // Recorded, too; only that the money has to go back.
  const isRecorded = !answer.isOk && answer.code === "refund_due";
  if (!answer.isOk && !isRecorded) return answer;
  if (isRecorded) outcome.say(wordsOfRefusal(answer), "warn");
  else outcome.say(done, tone);
  onChanged();
  return null;
}

function PayDialog(props: ActionDialogProps): JSX.Element {
  const { order, onClose } = props;
  const reference = useSignal("");
  const amount = money(order.amount_minor, order.currency);
  const will = order.state === "reserved" ? words.payWill : order.state === "expired" ? words.lateWill : words.deadWill;
  const body = () => (reference.value.trim() === "" ? {} : { reference: reference.value.trim() });
  return (
    <ConfirmDialog
      title={words.payAsk}
      consequence={<p>{will(amount)}</p>}
      action={words.pay}
      onClose={onClose}
      onConfirm={() => change(props, "pay", body(), words.paidDone)}
    >
      {(refusal) => (
        <SignalField
          label={words.reference}
          hint={words.referenceHint}
          error={wrongWith(refusal, "reference", words.referenceWrong)}
          text={reference}
          input={{ autocomplete: "off", maxLength: limits.referenceLengthMax }}
        />
      )}
    </ConfirmDialog>
  );
}

function CancelDialog(props: ActionDialogProps): JSX.Element {
  return (
    <ConfirmDialog
      title={words.cancelAsk}
      consequence={<p>{words.cancelWill}</p>}
      action={words.cancel}
      kind="danger"
      onClose={props.onClose}
      onConfirm={() => change(props, "cancel", {}, words.cancelDone)}
    />
  );
}

function RefundDialog(props: ActionDialogProps): JSX.Element {
  const { order, payments, onClose } = props;
  const returnsUnits = useSignal(true);
  // What the shop took counts as returned from then on: unless somebody is told, nobody pays it back.
  const byShop = payments.filter(({ state, provider }) => state === "accepted" && provider === "shop");
  const byShopMinor = byShop.reduce((sum, payment) => sum + payment.amount_minor, 0);
  const refund = () => {
    const body = { return_units: returnsUnits.value };
    return byShop.length === 0
      ? change(props, "refund", body, words.refundDone)
      : change(props, "refund", body, words.refundByShop(money(byShopMinor, order.currency)), "warn");
  };
  return (
    <ConfirmDialog
      title={words.refundAsk}
      consequence={<p>{words.refundWill(money(order.amount_minor, order.currency))}</p>}
      action={words.refund}
      kind="danger"
      onClose={onClose}
      onConfirm={refund}
    >
      {() => (
        <Choices
          legend={words.units}
          choices={[
            { value: "back", name: words.unitsBack },
            { value: "off", name: words.unitsOff },
          ]}
          chosen={returnsUnits.value ? "back" : "off"}
          onChoose={(way) => {
            returnsUnits.value = way === "back";
          }}
        />
      )}
    </ConfirmDialog>
  );
}
