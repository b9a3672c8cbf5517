/** The receipt of an order: to read, to keep, and to check in this browser down to the ledger it came from. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Walk } from "../proof/ledger.ts";
import { checkReceiptInLedger, type ReceiptCheck } from "../proof/receipt.ts";
import type { Refusal } from "../shared/api.ts";
import { useCheck, Verdict } from "../shared/check.tsx";
import { Button, Notice } from "../shared/elements.tsx";
import { count, fullMoment } from "../shared/format.ts";
import { wordsOf } from "../shared/language.ts";
import { explain } from "../shared/refusals.ts";
import type { Order, Receipt } from "../shared/wire.ts";
import { download } from "./download.ts";
import { api } from "./session.ts";

const words = wordsOf({
  title: ["Receipt", "购买凭证"],
  lead: [
    "Signed by the shop: it says that your order stands in the public ledger, and where. Keep it: with it you can show later that nothing was rewritten.",
    "由商家签名，写明您的订单已记入公开台账及其位置。请妥善保存：日后凭它可以证明台账没有被改写。",
  ],
  erased: [
    "There is no receipt any more: what it would show of its buyer was erased.",
    "凭证已不存在：其中的买家信息已被删除。",
  ],
  row: ["Row of the ledger", "台账行号"],
  at: ["Written", "记入时间"],
  hash: ["Its hash", "该行哈希"],
  download: ["Download", "下载凭证"],
  verify: ["Verify", "立即核验"],
  reading: [(rows: string) => `${rows} rows of the ledger read …`, (rows: string) => `已读取台账 ${rows} 行……`],
  holds: ["The receipt holds", "凭证有效"],
  fails: ["The receipt does not hold", "凭证无效"],
  holdsSigned: ["The signature is this shop's, and nothing was changed since.", "签名属于本店，签名后未被改动。"],
  holdsRow: [
    (row: string) => `Row ${row} of the ledger says exactly what the receipt says.`,
    (row: string) => `台账第 ${row} 行与凭证完全一致。`,
  ],
  holdsLedger: [
    (rows: string) =>
      `All ${rows} rows of this sale up to it were calculated anew, here in your browser: every hash is right.`,
    (rows: string) => `本场活动截至该行的 ${rows} 行已在您的浏览器里重新计算，每个哈希都正确。`,
  ],
  whole: ["Check the whole sale", "核验整场活动"],
});

export function ReceiptCard({ order }: { readonly order: Order }) {
  const receipt = useSignal<Receipt | null>(null);
  const refused = useSignal<Refusal | null>(null);
  const check = useCheck<ReceiptCheck & { readonly walk: Walk }>();
  const { id, campaign_id: campaign } = order;
  useEffect(() => {
    void api<Receipt>(`/v1/orders/${id}/receipt`).then((answer) => {
      if (answer.isOk) receipt.value = answer.value;
      else refused.value = answer;
    });
  }, [id]);
  const known = receipt.value;
  const text = JSON.stringify(known, null, 2);
  return (
    <section class="card stack" aria-labelledby="receipt">
      <h2 id="receipt">{words.title}</h2>
      {refused.value !== null && <NoReceipt refusal={refused.value} />}
      {known !== null && (
        <>
          <p class="muted">{words.lead}</p>
          <dl class="order-facts">
            <dt>{words.row}</dt>
            <dd>{count(known.seq)}</dd>
            <dt>{words.at}</dt>
            <dd>{fullMoment(known.at)}</dd>
            <dt>{words.hash}</dt>
            <dd>
              <code class="proof-hash">{known.hash}</code>
            </dd>
          </dl>
          <div class="row">
            <Button
              isBusy={check.state.value.kind === "running"}
              onPress={() => void check.run(({ onProgress }) => checkReceiptInLedger(text, id, onProgress))}
            >
              {words.verify}
            </Button>
            <Button kind="quiet" onPress={() => download("receipt.json", text)}>
              {words.download}
            </Button>
          </div>
          <Verdict check={check} title={words.holds} failTitle={words.fails} progress={words.reading} isOfRows>
            {({ facts, walk }) => (
              <>
                <p>{words.holdsSigned}</p>
                <p>{words.holdsRow(count(facts.seq))}</p>
                <p>{words.holdsLedger(count(walk.count))}</p>
                <p>
                  <a href={`/verify?campaign=${campaign}`}>{words.whole}</a>
                </p>
              </>
            )}
          </Verdict>
        </>
      )}
    </section>
  );
}

function NoReceipt({ refusal }: { readonly refusal: Refusal }) {
  if (refusal.code === "not_found") return <p class="muted">{words.erased}</p>;
  const { title, next } = explain(refusal);
  return (
    <Notice tone="bad">
      <strong>{title}</strong>
      <p>{next}</p>
    </Notice>
  );
}
