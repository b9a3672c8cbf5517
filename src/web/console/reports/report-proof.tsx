/** Of a report: what proves it. A head of the ledger that somebody else keeps fixes everything before it. */
import { fullMoment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import type { LedgerRead } from "../parts/campaign-ledger.ts";

const words = wordsOf({
  title: ["Proof", "证明"],
  what: [
    "Every unit that was sold, returned or refunded is a row of a ledger in which each row's hash covers the one before. This report ends with the row below: keep it, and nobody can change anything before it unseen.",
    "每一件商品的售出、退回和退款都是账本中的一行，每行的哈希都包含上一行。本报告到下面这一行为止：留存它，之前的内容就无法被悄悄改动。",
  ],
  head: ["Head of the ledger", "账本头部"],
  row: ["Row", "行号"],
  at: ["Written", "写入时间"],
  hash: ["Hash", "哈希"],
  how: ["How anyone checks it", "任何人如何验证"],
  browser: ["In a browser, without signing in:", "在浏览器中，无需登录："],
  offline: ["With the data folder or a backup:", "使用数据目录或备份："],
  draw: ["The draw as well, by calculation:", "抽签结果也可自行计算："],
  none: ["Its ledger has no row yet.", "账本还没有记录。"],
});

export function ReportProof({ campaign, ledger }: { campaign: Campaign; ledger: LedgerRead }) {
  const head = ledger.rows.at(-1);
  if (head === undefined) return <p class="muted">{words.none}</p>;
  const address = `${location.origin}/verify?campaign=${campaign.id}`;
  return (
    <section class="stack">
      <h2>{words.title}</h2>
      <p>{words.what}</p>
      <dl class="proofs">
        <div>
          <dt>{words.row}</dt>
          <dd class="mono">{head.seq}</dd>
        </div>
        <div>
          <dt>{words.at}</dt>
          <dd>{fullMoment(head.at)}</dd>
        </div>
        <div>
          <dt>{words.hash}</dt>
          <dd class="mono">{head.hash}</dd>
        </div>
      </dl>
      <h3>{words.how}</h3>
      <ul class="stack tight">
        <li>
          {words.browser} <a href={address}>{address}</a>
        </li>
        <li>
          {words.offline}
          <br />
          <code class="mono">
            rushbox verify --data ./data --head {head.seq}:{head.hash}
          </code>
        </li>
        {campaign.admission === "draw" && (
          <li>
            {words.draw}
            <br />
            <code class="mono">
              rushbox verify-draw --url {location.origin} --campaign {campaign.id}
            </code>
          </li>
        )}
      </ul>
    </section>
  );
}
