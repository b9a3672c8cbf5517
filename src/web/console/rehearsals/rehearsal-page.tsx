/** /console/rehearsals/:id: one rehearsal, second by second while it runs, and its report when it is done. */
import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { useRoute } from "preact-iso";
import type { Rehearsal } from "../../../http/rehearsal-schemas.ts";
import type { Refusal } from "../../shared/api.ts";
import { Button, Notice, Tag } from "../../shared/elements.tsx";
import { count, fullMoment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import { Refused } from "../parts/refused.tsx";
import { api, may } from "../session.ts";
import { RehearsalLive } from "./rehearsal-live.tsx";
import { RehearsalReport } from "./rehearsal-report.tsx";
import { sentenceText } from "./rehearsal-sentences.ts";
import { rehearsalStateTones, rehearsalStateWords } from "./rehearsal-words.ts";

const words = wordsOf({
  back: ["All rehearsals", "全部演练"],
  title: ["Rehearsal", "演练"],
  loading: ["Loading…", "加载中…"],
  nothing: [
    "There is no rehearsal at this address. Only the last ones are kept.",
    "这个地址没有演练。只保留最近几次。",
  ],
  campaign: ["Campaign", "活动"],
  stop: ["Stop it", "停止演练"],
  stopped: ["It was stopped before its end: there is no report.", "演练被提前停止，没有报告。"],
  failed: ["It could not be done.", "演练未能完成。"],
  offline: ["No connection: what you see may be old.", "连接中断：显示的内容可能已过时。"],
  settings: [
    (buyers: string, scalpers: number, failures: number, rush: number, seed: string) =>
      `${buyers} buyers, ${scalpers}% scalpers, ${failures}% do not pay, arriving over ${rush} s, seed ${seed}`,
    (buyers: string, scalpers: number, failures: number, rush: number, seed: string) =>
      `${buyers} 名买家，黄牛 ${scalpers}%，不付款 ${failures}%，${rush} 秒内进场，种子 ${seed}`,
  ],
});

const askEveryMs = 1_000;

export function RehearsalPage() {
  const { params } = useRoute();
  const id = params["id"] ?? "";
  const rehearsal = useSignal<Rehearsal | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const isStopping = useSignal(false);
  const stopRefusal = useSignal<Refusal | null>(null);
  const title = useSignal<string | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);

  useEffect(() => {
    rehearsal.value = null;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let isLooking = false;
    let isOver = false;
    const look = async () => {
      clearTimeout(timer);
      if (isLooking || document.visibilityState !== "visible") return;
      isLooking = true;
      const answer = await api<Rehearsal>(`/v1/rehearsals/${encodeURIComponent(id)}`, { signal: leaving.signal });
      isLooking = false;
      if (leaving.signal.aborted) return;
      refusal.value = answer.isOk ? null : answer;
      if (answer.isOk) rehearsal.value = answer.value;
      isOver = answer.isOk ? answer.value.state !== "running" : answer.code === "not_found";
      if (!isOver) timer = setTimeout(() => void look(), askEveryMs);
    };
    // A tab in the back does not ask, and asks at once when it is seen again.
    const seen = () => {
      if (!isOver) void look();
    };
    document.addEventListener("visibilitychange", seen);
    void look();
    return () => {
      document.removeEventListener("visibilitychange", seen);
      leaving.abort();
      clearTimeout(timer);
    };
  }, [id]);

  const campaignId = rehearsal.value?.campaign_id;
  useEffect(() => {
    if (campaignId === undefined) return;
    void api<Campaign>(`/v1/campaigns/${campaignId}`).then((answer) => {
      if (answer.isOk) title.value = answer.value.title;
    });
  }, [campaignId]);

  const stop = async () => {
    isStopping.value = true;
    const answer = await api<Rehearsal>(`/v1/rehearsals/${encodeURIComponent(id)}/stop`, { method: "POST" });
    isStopping.value = false;
    stopRefusal.value = answer.isOk ? null : answer;
    if (answer.isOk) rehearsal.value = answer.value;
    heading.current?.focus();
  };

  const shown = rehearsal.value;
  if (shown === null) {
    return (
      <div class="stack">
        <Back />
        {refusal.value === null ? (
          <p role="status">{words.loading}</p>
        ) : refusal.value.code === "not_found" ? (
          <>
            <h1>{words.title}</h1>
            <p>{words.nothing}</p>
          </>
        ) : (
          <Refused refusal={refusal.value} />
        )}
      </div>
    );
  }
  const { buyers, scalpers_percent, payment_failures_percent, rush_s, seed } = shown.settings;
  return (
    <div class="stack campaigns report">
      <Back />
      <div class="row spread">
        <div class="stack tight">
          <p class="muted small">{words.title}</p>
          <h1 ref={heading} tabIndex={-1}>
            {title.value ?? words.title}
          </h1>
          <p class="row" role="status">
            <Tag tone={rehearsalStateTones[shown.state]}>{rehearsalStateWords[shown.state]}</Tag>
            <span class="muted small">{fullMoment(shown.started_at)}</span>
          </p>
          <p class="muted small">
            {words.settings(count(buyers), scalpers_percent, payment_failures_percent, rush_s, String(seed))}
          </p>
        </div>
        <div class="row no-print">
          {shown.state === "running" && may("operator") && (
            <Button kind="danger" isBusy={isStopping.value} onPress={() => void stop()}>
              {words.stop}
            </Button>
          )}
          <a class="button" href={`/console/campaigns/${shown.campaign_id}`}>
            {words.campaign}
          </a>
        </div>
      </div>
      <Refused refusal={stopRefusal.value} />
      {refusal.value !== null && (
        <Notice tone="warn" isLive>
          {words.offline}
        </Notice>
      )}
      {(shown.state === "stopped" || shown.state === "failed") && (
        <Notice tone={shown.state === "failed" ? "bad" : "warn"} isLive>
          <p>{words[shown.state]}</p>
          {shown.failure !== null && <Reason english={shown.failure} />}
        </Notice>
      )}
      {shown.report !== null && <RehearsalReport report={shown.report} />}
      {shown.progress.length > 0 && <RehearsalLive rehearsal={shown} />}
    </div>
  );
}

function Reason({ english }: { english: string }) {
  const { text, lang } = sentenceText(english);
  return (
    <p class="small" lang={lang}>
      {text}
    </p>
  );
}

function Back() {
  return (
    <a class="small no-print" href="/console/rehearsals">
      ← {words.back}
    </a>
  );
}
