/** What can be done with a campaign, and where the rest of it is: its buyers' page, orders, report, rehearsals. */
import { wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import { CampaignActions } from "../parts/campaign-actions.tsx";
import { may } from "../session.ts";

const words = wordsOf({
  actions: ["Actions", "操作"],
  duplicate: ["Duplicate", "复制"],
  rehearse: ["Rehearse", "演练"],
  report: ["Report", "报告"],
  orders: ["Orders", "订单"],
  buyersPage: ["Buyers' page", "买家页面"],
  verify: ["Proof", "验证"],
});

interface CampaignDeskProps {
  readonly campaign: Campaign;
  readonly onChange: (campaign: Campaign) => void;
  readonly onRefused: () => void;
}

export function CampaignDesk({ campaign, onChange, onRefused }: CampaignDeskProps) {
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
      <div class="row actions">
        <CampaignActions campaign={campaign} onChange={onChange} onRefused={onRefused} />
      </div>
      <div class="row links">
        {links
          .filter(([, , isShown]) => isShown)
          .map(([name, href]) => (
            <a key={href} class="button quiet" href={href}>
              {name}
            </a>
          ))}
      </div>
    </section>
  );
}
