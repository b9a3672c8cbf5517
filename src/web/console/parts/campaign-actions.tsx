/** What can be done with a campaign in the state that it is in: each step told with what it leads to, and asked once more. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { actionAllowedIn, type CampaignAction, campaignActions } from "../../../domain/campaign.ts";
import { Button } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import { api, may } from "../session.ts";
import { CampaignSummary } from "./campaign-summary.tsx";
import type { CampaignBody } from "./campaign-wire.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";

const names = wordsOf({
  publish: ["Publish", "发布"],
  pause: ["Pause", "暂停"],
  resume: ["Resume", "恢复"],
  end: ["End", "结束"],
} satisfies Record<CampaignAction, readonly [string, string]>);

const consequences = wordsOf({
  pause: [
    "Nobody can buy until you resume: buyers are told that the sale is paused. Who has reserved can pay, and their time runs on. Queues stand still. The closing time stays the same.",
    "恢复之前谁也不能购买，买家会看到“活动已暂停”。已抢到的可以继续付款，付款倒计时照常；排队暂停放行，结束时间不变。",
  ],
  resume: ["Buyers can buy again at once.", "买家立即可以继续购买。"],
  end: [
    "For good: nobody can buy any more, queues and waitlists are dissolved, a draw that was not made is void. Who has reserved can still pay in their time. This cannot be undone.",
    "不可恢复：任何人都不能再购买，排队和候补全部取消，尚未进行的抽签无效。已抢到的仍可在时限内付款。此操作无法撤销。",
  ],
} satisfies Record<Exclude<CampaignAction, "publish">, readonly [string, string]>);

const words = wordsOf({
  title: [
    (action: string, title: string) => `${action}: ${title}`,
    (action: string, title: string) => `${action}：${title}`,
  ],
  typedToEnd: ["END", "结束"],
});

const kinds = { publish: "primary", pause: "plain", resume: "primary", end: "danger" } as const;

interface CampaignActionsProps {
  readonly campaign: Campaign;
  readonly onChange: (campaign: Campaign) => void;
  /** The campaign may stand otherwise than it is shown. */
  readonly onRefused?: () => void;
}

/** Buttons for what the state and the operator's role allow; none when nothing is. */
export function CampaignActions({ campaign, onChange, onRefused }: CampaignActionsProps): JSX.Element {
  // With the campaign of the moment it was pressed: what is shown beneath may change meanwhile, what was asked may not.
  const asked = useSignal<{ readonly action: CampaignAction; readonly campaign: Campaign } | null>(null);
  const allowed = may("operator")
    ? campaignActions.filter((action) => actionAllowedIn[action].includes(campaign.state))
    : [];
  return (
    <>
      {allowed.map((one) => (
        <Button
          key={one}
          kind={kinds[one]}
          onPress={() => {
            asked.value = { action: one, campaign };
          }}
        >
          {names[one]}
        </Button>
      ))}
      {asked.value !== null && (
        <ActionDialog
          {...asked.value}
          onChange={onChange}
          onRefused={onRefused}
          onClose={() => {
            asked.value = null;
          }}
        />
      )}
    </>
  );
}

interface ActionDialogProps extends Pick<CampaignActionsProps, "campaign" | "onChange"> {
  readonly action: CampaignAction;
  readonly onRefused: (() => void) | undefined;
  readonly onClose: () => void;
}

function ActionDialog({ action, campaign, onChange, onRefused, onClose }: ActionDialogProps): JSX.Element {
  return (
    <ConfirmDialog
      title={words.title(names[action], campaign.title)}
      action={names[action]}
      kind={action === "end" ? "danger" : "primary"}
      typedWord={action === "end" ? words.typedToEnd : undefined}
      consequence={action === "publish" ? <CampaignSummary body={bodyOf(campaign)} /> : <p>{consequences[action]}</p>}
      onConfirm={async () => {
        const answer = await api<Campaign>(`/v1/campaigns/${campaign.id}/${action}`, { method: "POST" });
        if (answer.isOk) onChange(answer.value);
        else onRefused?.();
        return answer.isOk ? null : answer;
      }}
      onClose={onClose}
    />
  );
}

function bodyOf(campaign: Campaign): CampaignBody {
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
