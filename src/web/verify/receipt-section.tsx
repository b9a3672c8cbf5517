/** Checks a receipt that is pasted or opened. */
import { checkReceipt, type ReceiptCheck } from "../proof/receipt.ts";
import { useCheck, Verdict } from "../shared/check.tsx";
import { count, fullMoment, money } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import { PasteForm } from "./paste-form.tsx";

const words = wordsOf({
  title: ["Check a receipt", "核验凭证"],
  lead: [
    "A receipt shows what the ledger says of your order, signed by the shop. It is not sent anywhere.",
    "凭证写明台账对您订单的记录，并由商家签名。凭证内容不会被发送到任何地方。",
  ],
  label: ["Paste the receipt", "粘贴凭证"],
  check: ["Check the receipt", "核验凭证"],
  checking: ["Checking the receipt …", "正在核验凭证……"],
  holds: ["The receipt holds", "凭证有效"],
  fails: ["The receipt does not hold", "凭证无效"],
  holdsText: [
    (of: HoldsText) =>
      `Signed by this shop. Order ${of.order}: ${of.quantity} × ${of.offer} for ${of.amount}, reserved ${of.at}. Row ${of.seq} of the ledger says exactly that.`,
    (of: HoldsText) =>
      `由本店签名。订单 ${of.order}：${of.offer} ${of.quantity} 件，共 ${of.amount}，预占于 ${of.at}。台账第 ${of.seq} 行与此完全一致。`,
  ],
});

type HoldsText = Readonly<Record<"order" | "offer" | "amount" | "at" | "quantity" | "seq", string>>;

export function ReceiptSection() {
  const check = useCheck<ReceiptCheck>();
  return (
    <section class="card stack" aria-labelledby="receipt-title">
      <h2 id="receipt-title">{words.title}</h2>
      <p class="muted">{words.lead}</p>
      <PasteForm
        label={words.label}
        check={words.check}
        accept="application/json,.json,.txt"
        isShown
        onText={(text) => void check.run(() => checkReceipt(text))}
      />
      <Verdict check={check} title={words.holds} failTitle={words.fails} progress={() => words.checking}>
        {({ facts, offer }) => (
          <p>
            {words.holdsText({
              order: facts.order_id,
              offer: offer?.title ?? facts.offer_id,
              amount: offer === undefined ? String(facts.amount_minor) : money(facts.amount_minor, offer.currency),
              at: fullMoment(facts.at),
              quantity: count(facts.quantity),
              seq: count(facts.seq),
            })}
          </p>
        )}
      </Verdict>
    </section>
  );
}
