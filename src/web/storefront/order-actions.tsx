/**
 * How an order stands, in words that change as it does, and what its buyer can do about it: pay, cancel. What cannot be
 * done is not shown; who takes no money here is said to.
 */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Answer, Refusal } from "../shared/api.ts";
import { now } from "../shared/clock.ts";
import { Button, Dialog, Notice, type Tone } from "../shared/elements.tsx";
import { wordsOf } from "../shared/language.ts";
import { explain } from "../shared/refusals.ts";
import type { Checkout, Order } from "../shared/wire.ts";
import type { OrderState } from "./order-words.ts";
import { askForOrders, shelf } from "./orders.ts";
import { api, shop } from "./session.ts";
import { TimeLeft } from "./time-left.tsx";

const words = wordsOf({
  pay: ["Pay now", "立即付款"],
  cancel: ["Cancel the order", "取消订单"],
  payAtShop: [
    "This page takes no money: pay in the shop, before the time is over. The order shows here as paid as soon as the shop says so.",
    "本页不收款，请在时限内到商城付款。商城确认后，这里会显示为已付款。",
  ],
  cancelTitle: ["Cancel this order?", "确定取消订单吗？"],
  cancelText: [
    "It goes back on sale at once and may be somebody else's a second later: you cannot get it back. Nothing has to be paid.",
    "商品会立即重新放出，可能马上被别人抢走，无法找回。取消后无需付款。",
  ],
  cancelYes: ["Yes, cancel it", "确定取消"],
  keep: ["Keep it", "保留订单"],
});

/** What a state means for the buyer, and what happens next. */
const meanings = wordsOf({
  reserved: [
    "It is yours for now. Pay before the time is over, else it goes back on sale.",
    "已为您保留。请在时限内付款，否则将重新放出。",
  ],
  paid: ["Paid. The shop has been told and takes it from here.", "已付款。商城已收到通知，将为您处理。"],
  cancelled: [
    "This order was cancelled. Nothing has to be paid; a payment that still arrives is returned to you.",
    "订单已取消，无需付款。若仍有款项到达，将退还给您。",
  ],
  expired: [
    "It was not paid in time and went back on sale. If a payment of yours is still on its way: when one is left, it is yours after all; if not, your money goes back to you by itself.",
    "未在时限内付款，商品已重新放出。如果您的款项仍在途中：到达时若有货，订单仍归您；若无货，款项会自动退还。",
  ],
  refund_due: [
    "Your money is going back to you. You need not do anything; how soon it arrives is up to your bank or wallet.",
    "正在为您退款，无需任何操作。到账时间取决于银行或支付平台。",
  ],
  refunded: [
    "Your money was returned. How soon it shows is up to your bank or wallet.",
    "已退款，到账时间取决于银行或支付平台。",
  ],
});

const tones: Readonly<Record<OrderState, Tone>> = {
  reserved: "warn",
  paid: "good",
  cancelled: "plain",
  expired: "plain",
  refund_due: "warn",
  refunded: "plain",
};

export function OrderActions({ order }: { readonly order: Order }) {
  const refused = useSignal<Refusal | null>(null);
  const status = useRef<HTMLDivElement>(null);
  const shown = useRef(order.state);
  // The buttons of a state go with it: whoever stood on one finds themselves at what has become of the order.
  useEffect(() => {
    if (shown.current !== order.state && document.activeElement === document.body) status.current?.focus();
    shown.current = order.state;
  }, [order.state]);
  return (
    <>
      <div class="order-status" role="status" ref={status} tabIndex={-1}>
        <Notice tone={tones[order.state]}>
          <p>{meanings[order.state]}</p>
          {order.state === "reserved" && <TimeLeft until={order.expires_at} />}
        </Notice>
      </div>
      {refused.value !== null && <Refused refusal={refused.value} />}
      {order.state === "reserved" && (
        <ToPay
          order={order}
          onRefused={(refusal) => {
            refused.value = refusal;
          }}
        />
      )}
    </>
  );
}

interface ToPayProps {
  readonly order: Order;
  readonly onRefused: (refusal: Refusal | null) => void;
}

function ToPay({ order, onRefused }: ToPayProps) {
  const isOff = useSignal(false);
  const isAtShop = isOff.value || shop.value?.payments === "none";
  const doing = useSignal<"paying" | "asking" | "cancelling" | null>(null);
  const isOver = useComputed(() => now.value >= Date.parse(order.expires_at)).value;

  /** What went wrong is told; when the order is another one meanwhile, that shows by itself. */
  const judge = (answer: Answer<unknown>) => {
    const isNowOff = !answer.isOk && answer.code === "payments_off";
    isOff.value ||= isNowOff;
    onRefused(answer.isOk || isNowOff ? null : answer);
    if (answer.isOk || isNowOff || answer.code === "offline") return;
    void askForOrders<Order>(`/v1/orders/${order.id}`, (known) => [known]);
  };
  const pay = async () => {
    doing.value = "paying";
    const answer = await api<Checkout>(`/v1/orders/${order.id}/checkout`, { method: "POST" });
    judge(answer);
    if (answer.isOk) location.assign(answer.value.url);
    else doing.value = null;
  };
  const cancel = async () => {
    doing.value = "cancelling";
    const answer = await api<Order>(`/v1/orders/${order.id}/cancel`, { method: "POST" });
    judge(answer);
    if (answer.isOk) shelf().told(answer.value);
    doing.value = null;
  };
  return (
    <>
      {isAtShop ? (
        <p>{words.payAtShop}</p>
      ) : (
        !isOver && (
          <Button kind="primary" isBusy={doing.value === "paying"} onPress={() => void pay()}>
            {words.pay}
          </Button>
        )
      )}
      {!isOver && (
        <Button
          kind="quiet"
          isDisabled={doing.value === "paying"}
          onPress={() => {
            doing.value = "asking";
          }}
        >
          {words.cancel}
        </Button>
      )}
      {(doing.value === "asking" || doing.value === "cancelling") && (
        <Dialog
          title={words.cancelTitle}
          closeLabel={words.keep}
          onClose={() => {
            if (doing.value === "asking") doing.value = null;
          }}
          actions={
            <Button kind="danger" isBusy={doing.value === "cancelling"} onPress={() => void cancel()}>
              {words.cancelYes}
            </Button>
          }
        >
          <p>{words.cancelText}</p>
        </Dialog>
      )}
    </>
  );
}

function Refused({ refusal }: { readonly refusal: Refusal }) {
  const { title, next } = explain(refusal);
  return (
    <Notice tone="bad" isLive>
      <strong>{title}</strong>
      <p>{next}</p>
    </Notice>
  );
}
