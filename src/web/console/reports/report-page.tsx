/**
 * /console/reports/:id: a sale afterwards, worth printing. Stock, prices and revenue are those of the campaign itself;
 * what happened when is added up from its ledger, as far as that was read, which the report says.
 */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useRoute } from "preact-iso";
import type { Refusal } from "../../shared/api.ts";
import { serverNow } from "../../shared/clock.ts";
import { Button, Notice, Tag } from "../../shared/elements.tsx";
import { count, fullMoment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import { type LedgerRead, readLedger } from "../parts/campaign-ledger.ts";
import type { Fairness } from "../parts/campaign-wire.ts";
import { admissionWords, closesText, kindWords, opensText, stateTones, stateWords } from "../parts/campaign-words.ts";
import { spanOf } from "../parts/ledger-sums.ts";
import { Refused } from "../parts/refused.tsx";
import { api } from "../session.ts";
import { ReportFairness } from "./report-fairness.tsx";
import { ReportProof } from "./report-proof.tsx";
import { ReportSales } from "./report-sales.tsx";

const words = wordsOf({
  back: ["Campaign", "活动页面"],
  report: ["Sale report", "活动报告"],
  nothing: ["There is no campaign at this address.", "这个地址没有活动。"],
  draft: ["A draft has nothing to report: publish it first.", "草稿还没有报告，请先发布。"],
  print: ["Print or save as PDF", "打印或存为 PDF"],
  again: ["Make it anew", "重新生成"],
  made: [(time: string) => `As of ${time}`, (time: string) => `截至 ${time}`],
  reading: [(rows: string) => `Reading the ledger: ${rows} rows…`, (rows: string) => `正在读取账本：${rows} 行…`],
  still: ["The sale is not over: this is how it stands now.", "活动尚未结束：这是目前的情况。"],
  unpaid: [
    (held: string) => `${held} units are reserved and not paid yet: revenue can still grow.`,
    (held: string) => `还有 ${held} 件待付款，收入可能继续增加。`,
  ],
  bound: [
    (rows: string) =>
      `Times and orders below are those of the first ${rows} rows of the ledger; stock, units and revenue are complete.`,
    (rows: string) => `下文的时间与订单统计基于账本前 ${rows} 行；库存、件数和收入是完整的。`,
  ],
  more: ["Read on", "继续读取"],
  window: [
    (from: string, to: string) => `Opening: ${from} · Closing: ${to}`,
    (from: string, to: string) => `开始：${from} · 结束：${to}`,
  ],
});

export function ReportPage() {
  const { id = "" } = useRoute().params;
  return <OneReport key={id} id={id} />;
}

function OneReport({ id }: { id: string }) {
  const campaign = useSignal<Campaign | null>(null);
  const ledger = useSignal<LedgerRead | null>(null);
  const fairness = useSignal<Fairness | Refusal | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const rowsSoFar = useSignal(0);
  const madeAtMs = useSignal(0);

  const underWay = useRef<AbortController | null>(null);

  /** Whatever is read is read for the report as it is asked for now: what was asked for before is not heard any more. */
  const begin = () => {
    underWay.current?.abort();
    underWay.current = new AbortController();
    return underWay.current.signal;
  };
  const load = async () => {
    const signal = begin();
    refusal.value = null;
    ledger.value = null;
    fairness.value = null;
    rowsSoFar.value = 0;
    const answer = await api<Campaign>(`/v1/campaigns/${encodeURIComponent(id)}`, { signal });
    if (signal.aborted) return;
    if (!answer.isOk) {
      refusal.value = answer;
      return;
    }
    campaign.value = answer.value;
    madeAtMs.value = serverNow();
    if (answer.value.state === "draft") return;
    void readFairness(id, signal).then((read) => {
      if (!signal.aborted) fairness.value = read;
    });
    const read = await readLedger(id, {
      signal,
      onPage: (rows) => {
        rowsSoFar.value = rows;
      },
    });
    if (!signal.aborted) ledger.value = read;
  };
  const readOn = async () => {
    const { rows, next } = ledger.peek() ?? { rows: [], next: null };
    if (next === null) return;
    const signal = begin();
    ledger.value = null;
    const onPage = (more: number) => {
      rowsSoFar.value = rows.length + more;
    };
    const read = await readLedger(id, { after: next, signal, onPage });
    if (signal.aborted) return;
    ledger.value = { ...read, rows: [...rows, ...read.rows] };
  };
  useEffect(() => {
    void load();
    return () => underWay.current?.abort();
  }, []);
  const held = useComputed(() => campaign.value?.offers.reduce((sum, offer) => sum + offer.held, 0) ?? 0);

  const shown = campaign.value;
  if (shown === null) {
    if (refusal.value === null) return <p role="status">{words.reading(count(0))}</p>;
    if (refusal.value.code === "not_found") return <h1>{words.nothing}</h1>;
    return <Refused refusal={refusal.value} onAgain={() => void load()} />;
  }
  return (
    <article class="stack campaigns report">
      <div class="row spread no-print">
        <a class="small" href={`/console/campaigns/${shown.id}`}>
          ← {words.back}
        </a>
        <div class="row">
          <Button onPress={() => void load()}>{words.again}</Button>
          {ledger.value !== null && (
            <Button kind="primary" onPress={() => print()}>
              {words.print}
            </Button>
          )}
        </div>
      </div>
      <header class="stack tight">
        <p class="muted small">{words.report}</p>
        <h1>{shown.title}</h1>
        <p class="row small">
          <Tag tone={stateTones[shown.state]}>{stateWords[shown.state]}</Tag>
          <span class="mono">{shown.id}</span>
          <span>{kindWords[shown.kind ?? "none"]}</span>
          <span>{admissionWords[shown.admission]}</span>
        </p>
        <p class="muted small">
          {windowText(shown, ledger.value)}
          {" · "}
          {words.made(fullMoment(madeAtMs.value))}
        </p>
      </header>
      {shown.state === "draft" ? (
        <Notice>{words.draft}</Notice>
      ) : (
        <>
          {shown.state !== "ended" && <Notice tone="warn">{words.still}</Notice>}
          {shown.state === "ended" && held.value > 0 && <Notice tone="warn">{words.unpaid(count(held.value))}</Notice>}
          {ledger.value === null ? (
            <p role="status">{words.reading(count(rowsSoFar.value))}</p>
          ) : (
            <>
              {ledger.value.refusal !== null && (
                <Refused refusal={ledger.value.refusal} onAgain={() => void readOn()} />
              )}
              {ledger.value.next !== null && (
                <Notice tone="warn">
                  <p>{words.bound(count(ledger.value.rows.length))}</p>
                  <div class="no-print">
                    <Button size="small" onPress={() => void readOn()}>
                      {words.more}
                    </Button>
                  </div>
                </Notice>
              )}
              <ReportSales campaign={shown} rows={ledger.value.rows} />
              <ReportFairness
                isDraw={shown.admission === "draw"}
                fairness={fairness.value}
                onAgain={() => void load()}
              />
              <ReportProof campaign={shown} ledger={ledger.value} />
            </>
          )}
        </>
      )}
    </article>
  );
}

/** When it was open: by its ledger where that says so, else by its terms. */
function windowText(campaign: Campaign, ledger: LedgerRead | null): string {
  const { openedAtMs, endedAtMs } = spanOf(ledger?.rows ?? []);
  return words.window(
    openedAtMs === null ? opensText(campaign, fullMoment) : fullMoment(openedAtMs),
    endedAtMs === null ? closesText(campaign, fullMoment) : fullMoment(endedAtMs),
  );
}

async function readFairness(id: string, signal: AbortSignal): Promise<Fairness | Refusal> {
  const answer = await api<Fairness>(`/v1/campaigns/${encodeURIComponent(id)}/fairness`, { signal });
  return answer.isOk ? answer.value : answer;
}
