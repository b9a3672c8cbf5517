/**
 * /console/campaigns/:id: one campaign as it stands, live, and what can be done with it. Counts and state come by its
 * stream; whatever an action answers is shown at once.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import { useLocation, useRoute } from "preact-iso";
import type { Refusal } from "../../shared/api.ts";
import { Notice, Tag } from "../../shared/elements.tsx";
import { duration, fullMoment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import { follow } from "../../shared/live.ts";
import type { Campaign } from "../../shared/wire.ts";
import type { Counts } from "../parts/campaign-wire.ts";
import {
  admissionWords,
  agentsText,
  challengeWords,
  closesText,
  kindWords,
  opensText,
  stateTones,
  stateWords,
} from "../parts/campaign-words.ts";
import { wordsOfRefusal } from "../parts/refusal-words.ts";
import { Refused } from "../parts/refused.tsx";
import { SalePaused, useSwitchesOn } from "../parts/sale-paused.tsx";
import { api, operatorKey } from "../session.ts";
import { arrival } from "./campaign-arrival.ts";
import { CampaignDesk } from "./campaign-desk.tsx";
import { CampaignDraw } from "./campaign-draw.tsx";
import { CampaignLines } from "./campaign-lines.tsx";
import { CampaignOffers } from "./campaign-offers.tsx";
import { EmbedSnippet } from "./embed-snippet.tsx";

const words = wordsOf({
  back: ["All campaigns", "全部活动"],
  loading: ["Loading…", "加载中…"],
  nothing: ["There is no campaign at this address.", "这个地址没有活动。"],
  saved: ["Saved as a draft. Only operators see it.", "已存为草稿，只有运营人员可见。"],
  scheduled: ["Published. It opens by itself.", "已发布，将按时自动开始。"],
  opened: ["Published, and open.", "已发布并开始。"],
  notPublished: [
    (why: string) => `It was saved as a draft, but publishing was not confirmed. ${why}`,
    (why: string) => `已存为草稿，但未能确认发布。${why}`,
  ],
  facts: ["Terms", "规则"],
  kind: ["Kind", "类型"],
  opens: ["Opens", "开始"],
  closes: ["Closes", "结束"],
  admission: ["Admission", "入场方式"],
  pass: ["Pass", "通行证"],
  passFor: [(time: string) => `good for ${time}`, (time: string) => `有效 ${time}`],
  noPass: ["not needed", "不需要"],
  challenge: ["To be solved before", "入场验证"],
  payment: ["Time for paying", "付款时限"],
  waitlist: ["Waitlist", "候补"],
  yes: ["yes", "有"],
  no: ["no", "无"],
  created: ["Made", "创建"],
  agents: ["Agents", "智能体"],
  id: ["Id", "编号"],
  connection: ["No connection: what you see may be old.", "连接中断：显示的内容可能已过时。"],
});

export function CampaignPage() {
  const { id = "" } = useRoute().params;
  return <OneCampaign key={id} id={id} />;
}

function OneCampaign({ id }: { id: string }) {
  const campaign = useSignal<Campaign | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const isOffline = useSignal(false);
  const switchesOn = useSwitchesOn();

  const leaving = useMemo(() => new AbortController(), []);

  const load = async (): Promise<boolean> => {
    const answer = await api<Campaign>(`/v1/campaigns/${encodeURIComponent(id)}`, { signal: leaving.signal });
    if (answer.isOk) {
      campaign.value = answer.value;
      refusal.value = null;
    } else if (campaign.peek() === null) refusal.value = answer;
    return answer.isOk;
  };
  useEffect(() => {
    void load();
    const followed = follow({
      stream: `/v1/campaigns/${encodeURIComponent(id)}/stream`,
      token: operatorKey,
      onEvent: (type, data) => {
        if (type !== "campaign" || campaign.peek() === null) return;
        const counts = JSON.parse(data) as Counts;
        // What the stream does not tell (a secret that was revealed, say) comes with a change of the state.
        if (counts.state !== campaign.peek()?.state) void load();
        campaign.value = withCounts(campaign.peek(), counts);
      },
      poll: load,
      pollEveryMs: 3_000,
    });
    const unsubscribe = followed.connection.subscribe((connection) => {
      isOffline.value = connection === "offline";
    });
    return () => {
      unsubscribe();
      followed.stop();
      leaving.abort();
    };
  }, []);

  if (campaign.value === null) {
    return (
      <div class="stack campaigns">
        <Back />
        {refusal.value === null ? (
          <p role="status">{words.loading}</p>
        ) : refusal.value.code === "not_found" ? (
          <h1>{words.nothing}</h1>
        ) : (
          <Refused refusal={refusal.value} onAgain={() => void load()} />
        )}
      </div>
    );
  }
  const shown = campaign.value;
  return (
    <div class="stack campaigns campaign-page">
      <Back />
      <div class="stack tight">
        <h1>{shown.title}</h1>
        <p class="row" role="status">
          <Tag tone={stateTones[shown.state]}>{stateWords[shown.state]}</Tag>
          <SalePaused campaign={shown} switchesOn={switchesOn} />
          <span class="muted mono small">{shown.id}</span>
        </p>
      </div>
      <Arrival campaign={shown} />
      {isOffline.value && (
        <Notice tone="warn" isLive>
          {words.connection}
        </Notice>
      )}
      <CampaignDesk
        campaign={shown}
        onChange={(changed) => {
          campaign.value = changed;
        }}
        onRefused={() => void load()}
      />
      <CampaignOffers campaign={shown} onChange={() => void load()} />
      <Terms campaign={shown} />
      {shown.admission === "draw" && shown.state !== "draft" && <CampaignDraw campaign={shown} />}
      {shown.state !== "draft" && shown.admission !== "draw" && <CampaignLines campaign={shown} />}
      {shown.state !== "draft" && <EmbedSnippet id={shown.id} />}
    </div>
  );
}

function Back() {
  return (
    <a class="small" href="/console/campaigns">
      ← {words.back}
    </a>
  );
}

function withCounts(campaign: Campaign | null, counts: Counts): Campaign | null {
  if (campaign === null) return null;
  const { state, opens_at, closes_at } = counts;
  const offers = campaign.offers.map((offer) => ({ ...offer, ...counts.offers.find(({ id }) => id === offer.id) }));
  return { ...campaign, state, opens_at, closes_at, offers };
}

/** Said once, after the campaign was made: until the address changes, or it is not true any more. */
function Arrival({ campaign }: { campaign: Campaign }) {
  const { path } = useLocation();
  useEffect(
    () => () => {
      arrival.value = null;
    },
    [path],
  );
  if (arrival.value?.id !== campaign.id) return null;
  const { refusal } = arrival.value;
  if (refusal !== null && campaign.state === "draft") {
    return (
      <Notice tone="bad" isLive>
        {words.notPublished(wordsOfRefusal(refusal))}
      </Notice>
    );
  }
  const said = {
    draft: words.saved,
    scheduled: words.scheduled,
    open: words.opened,
    paused: null,
    ended: null,
  } as const;
  const text = said[campaign.state];
  return text === null ? null : (
    <Notice tone="good" isLive>
      {text}
    </Notice>
  );
}

function Terms({ campaign }: { campaign: Campaign }) {
  const isPassed = campaign.admission === "queue" || campaign.pass;
  const facts: readonly (readonly [string, string])[] = [
    [words.kind, kindWords[campaign.kind ?? "none"]],
    [words.opens, opensText(campaign, fullMoment)],
    [words.closes, closesText(campaign, fullMoment)],
    [words.admission, admissionWords[campaign.admission]],
    [words.pass, isPassed ? words.passFor(duration(campaign.pass_window_s)) : words.noPass],
    [words.challenge, challengeWords[campaign.challenge]],
    [words.agents, agentsText(campaign.agents)],
    [words.payment, duration(campaign.payment_window_s)],
    [words.waitlist, campaign.waitlist ? words.yes : words.no],
    [words.created, fullMoment(campaign.created_at)],
  ];
  return (
    <section class="card stack">
      <h2>{words.facts}</h2>
      {campaign.description ? <p class="lines">{campaign.description}</p> : null}
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
