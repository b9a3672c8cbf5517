/** What can be done with a campaign in the state that it is in: each step explained and asked once more. */
import { useSignal } from "@preact/signals";
import { actionAllowedIn, type CampaignAction, campaignActions } from "../../../domain/campaign.ts";
import type { Refusal } from "../../shared/api.ts";
import { Button, Dialog } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import { CampaignSummary } from "../parts/campaign-summary.tsx";
import { Refused } from "../parts/refused.tsx";
import { api, may } from "../session.ts";
import type { CampaignBody } from "./campaign-draft.ts";

const names = wordsOf({
  publish: ["Publish", "发布"],
  pause: ["Pause", "暂停"],
  resume: ["Resume", "继续"],
  end: ["End", "结束"],
} satisfies Record<CampaignAction, readonly [string, string]>);

const questions = wordsOf({
  publish: ["Publish this campaign?", "发布这个活动？"],
  pause: ["Pause the sale?", "暂停活动？"],
  resume: ["Go on with the sale?", "继续活动？"],
  end: ["End this campaign for good?", "彻底结束这个活动？"],
} satisfies Record<CampaignAction, readonly [string, string]>);

const meanings = wordsOf({
  publish: ["", ""],
  pause: [
    "Nobody can buy until you resume it. Orders that are there can be paid. The closing time stays the same.",
    "在你继续之前没有人能购买。已有订单仍可付款，结束时间不变。",
  ],
  resume: ["Buyers can buy again at once.", "买家可以立即继续购买。"],
  end: [
    "Nobody can buy any more, waitlists and queues are over, a draw that was not made is void. Orders that are there can still be paid. This cannot be undone.",
    "之后没有人能购买，候补和排队作废，尚未进行的抽签无效。已有订单仍可付款。此操作不能撤销。",
  ],
} satisfies Record<CampaignAction, readonly [string, string]>);

const words = wordsOf({
  actions: ["Actions", "操作"],
  duplicate: ["Duplicate", "复制"],
  rehearse: ["Rehearse", "演练"],
  report: ["Report", "报告"],
  orders: ["Orders", "订单"],
  buyersPage: ["Buyers' page", "买家页面"],
  verify: ["Proof", "验证"],
});

interface CampaignActionsProps {
  readonly campaign: Campaign;
  readonly onChange: (campaign: Campaign) => void;
  readonly onRefused: () => void;
}

export function CampaignActions({ campaign, onChange, onRefused }: CampaignActionsProps) {
  const asked = useSignal<CampaignAction | null>(null);
  const isBusy = useSignal(false);
  const refusal = useSignal<Refusal | null>(null);
  const allowed = campaignActions.filter(
    (action) => may("operator") && actionAllowedIn[action].includes(campaign.state),
  );
  const act = async (action: CampaignAction) => {
    isBusy.value = true;
    const answer = await api<Campaign>(`/v1/campaigns/${campaign.id}/${action}`, { method: "POST" });
    isBusy.value = false;
    asked.value = null;
    refusal.value = answer.isOk ? null : answer;
    if (answer.isOk) onChange(answer.value);
    else onRefused();
    focusHeading();
  };
  const isDraft = campaign.state === "draft";
  const links: readonly (readonly [name: string, href: string, isShown: boolean])[] = [
    [words.buyersPage, `/campaigns/${campaign.id}`, !isDraft],
    [words.orders, `/console/orders?campaign_id=${campaign.id}`, !isDraft],
    [words.report, `/console/reports/${campaign.id}`, !isDraft],
    [words.rehearse, `/console/rehearsals?campaign=${campaign.id}`, campaign.state !== "ended" && may("operator")],
    [words.duplicate, `/console/campaigns/new?from=${campaign.id}`, may("operator")],
    [words.verify, `/verify?campaign=${campaign.id}`, !isDraft],
  ];
  return (
    <section class="stack tight" aria-labelledby="actions-title">
      <h2 class="visually-hidden" id="actions-title" tabIndex={-1}>
        {words.actions}
      </h2>
      {refusal.value !== null && <Refused refusal={refusal.value} />}
      {allowed.length > 0 && (
        <div class="row">
          {allowed.map((action) => (
            <Button
              key={action}
              kind={action === "end" ? "danger" : action === "publish" || action === "resume" ? "primary" : "plain"}
              onPress={() => {
                asked.value = action;
              }}
            >
              {names[action]}…
            </Button>
          ))}
        </div>
      )}
      <div class="row links">
        {links
          .filter(([, , isShown]) => isShown)
          .map(([name, href]) => (
            <a key={href} class="button quiet" href={href}>
              {name}
            </a>
          ))}
      </div>
      {asked.value !== null && (
        <Dialog
          title={questions[asked.value]}
          onClose={() => {
            asked.value = null;
          }}
          actions={
            <Button
              kind={asked.value === "end" ? "danger" : "primary"}
              isBusy={isBusy.value}
              onPress={() => void (asked.value !== null && act(asked.value))}
            >
              {names[asked.value]}
            </Button>
          }
        >
          {asked.value === "publish" ? (
            <CampaignSummary body={bodyOfCampaign(campaign)} />
          ) : (
            <p>{meanings[asked.value]}</p>
          )}
        </Dialog>
      )}
    </section>
  );
}

/** The button that was pressed may be gone with the state: once the dialog is gone, the focus goes to the head of the actions. */
function focusHeading(): void {
  setTimeout(() => document.getElementById("actions-title")?.focus());
}

function bodyOfCampaign(campaign: Campaign): CampaignBody {
  return {
    title: campaign.title,
    ...(campaign.kind === null ? {} : { kind: campaign.kind }),
    ...(campaign.opens_at === null ? {} : { opens_at: campaign.opens_at }),
    ...(campaign.closes_at === null ? {} : { closes_at: campaign.closes_at }),
    payment_window_s: campaign.payment_window_s,
    waitlist: campaign.waitlist,
    admission: campaign.admission,
    pass: campaign.admission === "open" && campaign.pass,
    challenge: campaign.challenge,
    offers: campaign.offers.map(({ sku, title, price_minor, currency, total, limit_per_buyer }) => ({
      sku,
      title,
      price_minor,
      currency,
      stock: total,
      limit_per_buyer,
    })),
  };
}
