/**
 * A form becomes a campaign: made, and published where that is wanted. A request whose answer is lost may have been
 * carried out, and a second one would make a second campaign: so the newest ones are looked through for it first.
 */
import type { Answer, Refusal } from "../../shared/api.ts";
import type { Campaign, CampaignList } from "../../shared/wire.ts";
import type { CampaignBody } from "../parts/campaign-wire.ts";
import { api } from "../session.ts";

export type Saved =
  | { readonly outcome: "saved"; readonly campaign: Campaign }
  /** It is there, as a draft; publishing it was refused. */
  | { readonly outcome: "not_published"; readonly campaign: Campaign; readonly refusal: Refusal }
  | { readonly outcome: "refused"; readonly refusal: Refusal }
  /** Nobody knows whether it is there: `findSaved` asks. */
  | { readonly outcome: "unknown"; readonly refusal: Refusal };

export async function saveCampaign(body: CampaignBody, isPublished: boolean): Promise<Saved> {
  const made = await api<Campaign>("/v1/campaigns", { method: "POST", body });
  if (!made.isOk) return { outcome: isLost(made) ? "unknown" : "refused", refusal: made };
  return isPublished ? publishSaved(made.value) : { outcome: "saved", campaign: made.value };
}

/** Publishes what was made. An answer that is lost is told as a refusal: the campaign's own page shows its state. */
export async function publishSaved(campaign: Campaign): Promise<Saved> {
  const published = await api<Campaign>(`/v1/campaigns/${campaign.id}/publish`, { method: "POST" });
  if (published.isOk) return { outcome: "saved", campaign: published.value };
  return { outcome: "not_published", campaign, refusal: published };
}

/** The draft that a lost request has made: of the same title and offers, made after it was sent; `null` when there is none. */
export async function findSaved(body: CampaignBody, sentAtMs: number): Promise<Answer<Campaign | null>> {
  const answer = await api<CampaignList>("/v1/campaigns?state=draft&limit=50");
  if (!answer.isOk) return answer;
  return { ...answer, value: answer.value.campaigns.find((campaign) => isMadeOf(campaign, body, sentAtMs)) ?? null };
}

/** Clocks are told apart by less than this. */
const clockErrorMs = 5_000;

function isMadeOf(campaign: Campaign, body: CampaignBody, sentAtMs: number): boolean {
  const skus = (offers: readonly { readonly sku: string; readonly price_minor: number }[]) =>
    JSON.stringify(offers.map(({ sku, price_minor }) => [sku, price_minor]));
  return (
    campaign.title === body.title &&
    Date.parse(campaign.created_at) >= sentAtMs - clockErrorMs &&
    skus(campaign.offers) === skus(body.offers)
  );
}

function isLost({ code, status }: Refusal): boolean {
  return code === "offline" || code === "unreadable" || code === "outcome_unknown" || status === 504;
}
