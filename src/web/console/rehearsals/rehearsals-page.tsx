/** /console/rehearsals: a new rehearsal, and those that this server remembers. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { limits } from "../../../domain/limits.ts";
import type { Refusal } from "../../shared/api.ts";
import { now } from "../../shared/clock.ts";
import { Button, Notice, Tag } from "../../shared/elements.tsx";
import { count, moment, percent } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import type { RehearsalList } from "../parts/campaign-wire.ts";
import { Refused } from "../parts/refused.tsx";
import { WideTable } from "../parts/wide-table.tsx";
import { api, may } from "../session.ts";
import { RehearsalForm } from "./rehearsal-form.tsx";
import { limitWords, rehearsalStateTones, rehearsalStateWords } from "./rehearsal-words.ts";

const words = wordsOf({
  title: ["Rehearsal", "演练"],
  earlier: ["Earlier rehearsals", "历次演练"],
  kept: [(most: number) => `The last ${most} are kept.`, (most: number) => `保留最近 ${most} 次。`],
  none: ["None yet.", "还没有演练。"],
  viewer: ["Your role may look at rehearsals, not start them.", "你的角色只能查看演练，不能开始。"],
  again: ["Look again", "刷新"],
  started: ["Started", "开始时间"],
  campaign: ["Campaign", "活动"],
  state: ["State", "状态"],
  buyers: ["Buyers", "买家"],
  peak: ["Peak", "峰值"],
  perSecond: [(orders: string) => `${orders}/s`, (orders: string) => `${orders}/秒`],
  scalpers: ["To scalpers", "黄牛所得"],
  limit: ["Limit", "瓶颈"],
});

/** While one runs: it ends by itself, and its row says so. */
const lookEveryMs = 3_000;

export function RehearsalsPage() {
  const rehearsals = useSignal<RehearsalList["rehearsals"] | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const load = async () => {
    const answer = await api<RehearsalList>("/v1/rehearsals");
    refusal.value = answer.isOk ? null : answer;
    if (answer.isOk) rehearsals.value = answer.value.rehearsals;
  };
  useEffect(() => void load(), []);
  const isRunning = rehearsals.value?.some(({ state }) => state === "running") ?? false;
  useEffect(() => {
    if (!isRunning) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const lookOn = () => {
      timer = setTimeout(async () => {
        if (document.visibilityState === "visible") await load();
        if (timer !== undefined) lookOn();
      }, lookEveryMs);
    };
    lookOn();
    return () => {
      clearTimeout(timer);
      timer = undefined;
    };
  }, [isRunning]);
  const titles = useSignal<Readonly<Record<string, string>>>({});
  // A report has the title of its campaign; without one it is asked for.
  const untitled = [
    ...new Set(rehearsals.value?.filter(({ report }) => report === null).map((one) => one.campaign_id)),
  ];
  useEffect(() => {
    for (const id of untitled) {
      if (id in titles.peek()) continue;
      void api<Campaign>(`/v1/campaigns/${id}`).then((answer) => {
        if (answer.isOk) titles.value = { ...titles.peek(), [id]: answer.value.title };
      });
    }
  }, [untitled.join()]);
  return (
    <div class="stack campaigns">
      <h1>{words.title}</h1>
      {may("operator") ? <RehearsalForm /> : <Notice>{words.viewer}</Notice>}
      <section class="card stack">
        <div class="row spread">
          <h2>{words.earlier}</h2>
          <Button size="small" onPress={() => void load()}>
            {words.again}
          </Button>
        </div>
        <p class="hint">{words.kept(limits.rehearsalsKeptMax)}</p>
        <Refused refusal={refusal.value} onAgain={() => void load()} />
        {rehearsals.value?.length === 0 && <p class="muted">{words.none}</p>}
        {rehearsals.value !== null && rehearsals.value.length > 0 && (
          <WideTable label={words.earlier}>
            <thead>
              <tr>
                <th scope="col">{words.started}</th>
                <th scope="col">{words.campaign}</th>
                <th scope="col">{words.state}</th>
                <th scope="col" class="number">
                  {words.buyers}
                </th>
                <th scope="col" class="number">
                  {words.peak}
                </th>
                <th scope="col" class="number">
                  {words.scalpers}
                </th>
                <th scope="col">{words.limit}</th>
              </tr>
            </thead>
            <tbody>
              {rehearsals.value.map(({ id, started_at, campaign_id, state, settings, report }) => (
                <tr key={id}>
                  <th scope="row">
                    <a href={`/console/rehearsals/${id}`}>{moment(started_at, now.peek())}</a>
                  </th>
                  <td>
                    <a href={`/console/campaigns/${campaign_id}`}>
                      {report?.copy.title ?? titles.value[campaign_id] ?? campaign_id}
                    </a>
                  </td>
                  <td>
                    <Tag tone={rehearsalStateTones[state]}>{rehearsalStateWords[state]}</Tag>
                  </td>
                  <td class="number">{count(settings.buyers)}</td>
                  <td class="number">{report === null ? "–" : words.perSecond(count(report.peak.orders_per_s))}</td>
                  <td class="number">{report === null ? "–" : percent(report.scalpers_share, 1)}</td>
                  <td>{report === null ? "–" : limitWords[report.bottleneck.limit]}</td>
                </tr>
              ))}
            </tbody>
          </WideTable>
        )}
      </section>
    </div>
  );
}
