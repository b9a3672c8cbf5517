/** Which campaign is looked at, how it stands, and what can be done with it now. */
import { useComputed } from "@preact/signals";
import { now } from "../../shared/clock.ts";
import { Notice, Tag } from "../../shared/elements.tsx";
import { countdown, moment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import { CampaignActions } from "../parts/campaign-actions.tsx";
import { stateTones, stateWord } from "../parts/campaign-words.ts";
import { campaigns, choose, takeCampaign } from "../parts/sale.ts";
import { SalePaused } from "../parts/sale-paused.tsx";
import { state } from "./vitals.ts";

const words = wordsOf({
  campaign: ["Campaign", "活动"],
  opensIn: ["Opens in", "距开始"],
  closesIn: ["Closes in", "距结束"],
  closedAt: [(time: string) => `Closed at ${time}`, (time: string) => `${time} 结束`],
  untilEnded: ["Until you end it", "由你手动结束"],
  details: ["Details", "活动详情"],
  pausedNow: [
    "This campaign is paused: whoever tries to buy is told so, and nobody gets anything.",
    "本活动已暂停：买家下单时会看到暂停提示，谁也抢不到。",
  ],
});

export function CampaignBar({ campaign }: { campaign: Campaign }) {
  const switchesOn = useComputed(() =>
    state.value.switchesOn.map(({ name, campaignId }) => ({ name, campaign_id: campaignId })),
  );
  return (
    <section class="campaign-bar card" aria-label={words.campaign}>
      <div class="row spread">
        <div class="row chosen">
          <Choice campaign={campaign} />
          <span role="status">
            <Tag tone={stateTones[campaign.state]}>{stateWord(campaign.state)}</Tag>{" "}
            <SalePaused campaign={campaign} switchesOn={switchesOn.value} />
          </span>
          <Window campaign={campaign} />
        </div>
        <div class="row">
          <CampaignActions campaign={campaign} onChange={takeCampaign} />
          <a class="button quiet" href={`/console/campaigns/${campaign.id}`}>
            {words.details}
          </a>
        </div>
      </div>
      {campaign.state === "paused" && <Notice tone="warn">{words.pausedNow}</Notice>}
    </section>
  );
}

function Choice({ campaign }: { campaign: Campaign }) {
  const known = campaigns.value ?? [];
  return (
    <select aria-label={words.campaign} value={campaign.id} onChange={(event) => choose(event.currentTarget.value)}>
      {known.map(({ id, title, state }) => (
        <option key={id} value={id}>
          {title} · {stateWord(state)}
        </option>
      ))}
    </select>
  );
}

/** The clock of the campaign: to its opening, then to its close. */
function Window({ campaign: { state, opens_at, closes_at } }: { campaign: Campaign }) {
  const nowMs = now.value;
  const until = (label: string, time: string) => (
    <span class="muted">
      {label} <b class="clock">{countdown(Date.parse(time) - nowMs)}</b>
    </span>
  );
  if (state === "scheduled" && opens_at !== null) return until(words.opensIn, opens_at);
  if (state === "draft") return null;
  if (closes_at === null) return <span class="muted">{state === "ended" ? "" : words.untilEnded}</span>;
  if (state === "ended") return <span class="muted">{words.closedAt(moment(closes_at, nowMs))}</span>;
  return until(words.closesIn, closes_at);
}
