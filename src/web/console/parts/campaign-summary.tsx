/** A campaign in a few lines, before it is published: what buyers get, and what nobody can change afterwards. */

import { closingWhenPublished } from "../../../domain/campaign.ts";
import { now } from "../../shared/clock.ts";
import { count, duration, fullMoment, money } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { CampaignBody } from "./campaign-wire.ts";
import { admissionWords, agentsText, challengeWords, kindWords } from "./campaign-words.ts";

const words = wordsOf({
  title: ["Title", "标题"],
  kind: ["Kind", "类型"],
  opens: ["Opens", "开始"],
  closes: ["Closes", "结束"],
  atOnce: ["at once", "立即"],
  byHand: ["when you end it", "由你手动结束"],
  admission: ["Admission", "入场方式"],
  withPass: ["with a pass", "凭通行证"],
  waitlist: ["with a waitlist", "可候补"],
  challenge: ["To be solved", "验证"],
  agents: ["Agents", "智能体"],
  payment: ["Time for paying", "付款时限"],
  offers: ["Offers", "商品"],
  offer: [
    (units: string, limit: number) => `${units} units, ${limit} per buyer`,
    (units: string, limit: number) => `${units} 件，每人限购 ${limit} 件`,
  ],
  fixed: ["What cannot be changed afterwards", "发布后不能更改的内容"],
  fixedTerms: [
    "Texts, prices, times, limits and admission stay as they are: buyers and the ledger rely on them. A sale that has ended stays ended.",
    "文字、价格、时间、限购和入场方式都会固定：买家和账本以此为准。活动结束后不能恢复。",
  ],
  canStill: [
    "You can still add units or take back unsold ones, pause, resume, and end it early.",
    "之后仍可增加库存或撤回未售库存、暂停、继续、提前结束。",
  ],
});

/** `waitlist` and what else the body leaves out is told as the server fills it in. */
export function CampaignSummary({ body }: { body: CampaignBody }) {
  const opensAtMs = body.opens_at === undefined ? null : Date.parse(body.opens_at);
  const nowMs = now.peek();
  const given = body.closes_at === undefined ? null : Date.parse(body.closes_at);
  const closesAtMs = closingWhenPublished({ kind: body.kind ?? null, opensAtMs, closesAtMs: given }, nowMs);
  const admission = [
    admissionWords[body.admission ?? "open"],
    body.pass === true ? words.withPass : null,
    body.admission === "open" && body.waitlist === true ? words.waitlist : null,
  ];
  const facts: readonly (readonly [string, string])[] = [
    [words.title, body.title],
    [words.kind, kindWords[body.kind ?? "none"]],
    [words.opens, opensAtMs === null || opensAtMs <= nowMs ? words.atOnce : fullMoment(opensAtMs)],
    [words.closes, closesAtMs === null ? words.byHand : fullMoment(closesAtMs)],
    [words.admission, admission.filter((part) => part !== null).join(" · ")],
    [words.challenge, challengeWords[body.challenge ?? "none"]],
    [words.agents, agentsText(body.agents ?? { policy: "allowed" })],
    [words.payment, duration(body.payment_window_s ?? 900)],
  ];
  return (
    <>
      {/* Read from here, and not from the button at its end on. */}
      <dl class="summary" tabIndex={-1} autofocus>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
        <div>
          <dt>{words.offers}</dt>
          <dd>
            <ul class="stack tight">
              {body.offers.map((offer) => (
                <li key={offer.sku}>
                  <strong>{offer.title}</strong> · {money(offer.price_minor, offer.currency)}
                  <br />
                  <span class="muted small">{words.offer(count(offer.stock), offer.limit_per_buyer ?? 1)}</span>
                </li>
              ))}
            </ul>
          </dd>
        </div>
      </dl>
      <div class="notice warn">
        <h3>{words.fixed}</h3>
        <p>{words.fixedTerms}</p>
        <p>{words.canStill}</p>
      </div>
    </>
  );
}
