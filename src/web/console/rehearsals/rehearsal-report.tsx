/** The report of a rehearsal: what was the limit first, then how long the stock lasted, for whom it ended how, and proof. */
import type { RehearsalReport as Report } from "../../../http/rehearsal-schemas.ts";
import { Button, Notice } from "../../shared/elements.tsx";
import { count, percent } from "../../shared/format.ts";
import { language, wordsOf } from "../../shared/language.ts";
import { shortMs, shortTime } from "../../shared/short-time.ts";
import { admissionWords, challengeWords } from "../parts/campaign-words.ts";
import { Figure } from "../parts/figure.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { sentenceText } from "./rehearsal-sentences.ts";
import { answerText, fateText, limitAdvice, limitWords } from "./rehearsal-words.ts";

const words = wordsOf({
  limit: [(name: string) => `The limit: ${name}`, (name: string) => `瓶颈：${name}`],
  print: ["Print or save as PDF", "打印或存为 PDF"],
  result: ["Result", "结果"],
  scalpers: ["Units that scalpers got", "黄牛所得"],
  scalpersNote: [(share: string) => `they were ${share} of the buyers`, (share: string) => `黄牛占买家 ${share}`],
  peak: ["Busiest second", "最忙的一秒"],
  peakValue: [(orders: string) => `${orders} orders`, (orders: string) => `${orders} 单`],
  peakNote: [(requests: string) => `${requests} requests`, (requests: string) => `${requests} 个请求`],
  call: ["Buy call, 99 of 100 within", "99% 的下单响应在"],
  callNote: [
    (half: string, slowest: string) => `half within ${half}, slowest ${slowest}`,
    (half: string, slowest: string) => `一半在 ${half} 内，最慢 ${slowest}`,
  ],
  line: ["Longest line", "最长队伍"],
  lineNote: [(time: string) => `up to ${time} in the queue`, (time: string) => `排队最久 ${time}`],
  offers: ["Offers", "商品"],
  offer: ["Offer", "商品"],
  units: ["Units", "件数"],
  soldOut: ["Sold out after", "售罄用时"],
  never: ["never", "未售罄"],
  paid: ["Paid", "已付款"],
  unpaid: ["Unpaid", "待付款"],
  left: ["Left", "剩余"],
  toScalpers: ["To scalpers", "黄牛所得"],
  fates: ["How it ended for buyers", "买家结局"],
  answers: ["Answers to their tries", "尝试得到的答复"],
  what: ["Ended with", "结果"],
  people: ["People", "真人"],
  bots: ["Scalpers", "黄牛"],
  payments: ["Payments", "付款"],
  paymentsPaid: ["Orders paid", "已付款订单"],
  paymentsFailed: ["Buyers who did not pay", "未付款的买家"],
  paymentsExpired: ["Orders whose time was over", "超时订单"],
  paymentsReturned: ["Units that went back", "退回件数"],
  exact: [
    (checks: string, rows: string) =>
      `Verified: everything exact. ${checks} checks over ${rows} rows of the copy's data.`,
    (checks: string, rows: string) => `已验证：完全一致。对副本数据的 ${rows} 行做了 ${checks} 项检查。`,
  ],
  inexact: ["Not everything held:", "有不一致之处："],
  copy: ["How the copy differs from the campaign", "副本与活动的差异"],
  copyTerms: [
    (admission: string, challenge: string, payment: string) =>
      `Admission: ${admission}. To be solved: ${challenge}. Time for paying in the copy: ${payment}.`,
    (admission: string, challenge: string, payment: string) =>
      `入场方式：${admission}。验证：${challenge}。副本付款时限：${payment}。`,
  ],
  details: ["Measurements", "测量值"],
});

export function RehearsalReport({ report }: { report: Report }) {
  const { bottleneck, verification, copy, queue, peak, buy_call: call, payments } = report;
  const crowd = report.humans + report.scalpers;
  return (
    <>
      <section class="card stack verdict">
        <div class="row spread">
          <h2>{words.limit(limitWords[bottleneck.limit])}</h2>
          <div class="no-print">
            <Button size="small" onPress={() => print()}>
              {words.print}
            </Button>
          </div>
        </div>
        {language.value === "zh" ? (
          <>
            <p>{limitAdvice[bottleneck.limit]}</p>
            <details>
              <summary>{words.details}</summary>
              <p lang="en">
                {bottleneck.why} {bottleneck.advice}
              </p>
            </details>
          </>
        ) : (
          <>
            <p>{bottleneck.why}</p>
            <p>{bottleneck.advice}</p>
          </>
        )}
        <dl class="key-figures">
          <Figure
            name={words.scalpers}
            value={percent(report.scalpers_share, 1)}
            note={words.scalpersNote(percent(crowd === 0 ? 0 : report.scalpers / crowd, 1))}
          />
          <Figure
            name={words.peak}
            value={words.peakValue(count(peak.orders_per_s))}
            note={words.peakNote(count(peak.requests_per_s))}
          />
          <Figure
            name={words.call}
            value={shortMs(call.p99_ms)}
            note={words.callNote(shortMs(call.p50_ms), shortMs(call.max_ms))}
          />
          <Figure
            name={words.line}
            value={count(queue.longest)}
            note={queue.longest_wait_s === null ? "" : words.lineNote(shortTime(queue.longest_wait_s))}
          />
        </dl>
      </section>
      <section class="card stack">
        <h2>{words.offers}</h2>
        <WideTable label={words.offers}>
          <thead>
            <tr>
              <th scope="col">{words.offer}</th>
              {[words.units, words.soldOut, words.paid, words.unpaid, words.left, words.toScalpers].map((name) => (
                <th key={name} scope="col" class="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {report.offers.map((offer) => (
              <tr key={offer.sku}>
                <th scope="row">{offer.title}</th>
                <td class="number">{count(offer.units)}</td>
                <td class="number">
                  {offer.sold_out_after_s === null ? words.never : shortTime(offer.sold_out_after_s)}
                </td>
                <td class="number">{count(offer.paid)}</td>
                <td class="number">{count(offer.unpaid)}</td>
                <td class="number">{count(offer.left)}</td>
                <td class="number">{count(offer.units_of_scalpers)}</td>
              </tr>
            ))}
          </tbody>
        </WideTable>
        <dl class="small-figures">
          {(
            [
              [words.paymentsPaid, payments.paid],
              [words.paymentsFailed, payments.failed],
              [words.paymentsExpired, payments.expired],
              [words.paymentsReturned, payments.units_returned],
            ] as const
          ).map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{count(value)}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section class="card pair">
        <Counted caption={words.fates} rows={report.outcomes} nameOf={fateText} />
        <Counted caption={words.answers} rows={report.answers} nameOf={answerText} />
      </section>
      <section class="card stack">
        <Notice tone={verification.exact ? "good" : "bad"}>
          <p>
            {verification.exact ? words.exact(count(verification.checks), count(verification.rows)) : words.inexact}
          </p>
          {verification.failures.map((failure) => (
            <p key={failure} class="small" lang="en">
              {failure}
            </p>
          ))}
        </Notice>
        <h3>{words.copy}</h3>
        <p class="small">
          {words.copyTerms(
            admissionWords[copy.admission],
            challengeWords[copy.challenge],
            shortTime(copy.payment_window_s),
          )}
        </p>
        <ul class="small bullets">
          {copy.differences.map((difference) => {
            const { text, lang } = sentenceText(difference);
            return (
              <li key={difference} lang={lang}>
                {text}
              </li>
            );
          })}
        </ul>
      </section>
    </>
  );
}

interface CountedProps {
  readonly caption: string;
  readonly rows: Report["outcomes"];
  readonly nameOf: (code: string) => string;
}

function Counted({ caption, rows, nameOf }: CountedProps) {
  return (
    <table>
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{words.what}</th>
          <th scope="col" class="number">
            {words.people}
          </th>
          <th scope="col" class="number">
            {words.bots}
          </th>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ outcome, humans, scalpers }) => (
          <tr key={outcome}>
            <th scope="row">{nameOf(outcome)}</th>
            <td class="number">{count(humans)}</td>
            <td class="number">{count(scalpers)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
