/**
 * The one door to a sale that does not sell to whoever asks first: through it go those who ask for a pass, join a queue
 * or enter a draw. What it lets through is a buyer whose token is good, who is neither blocked nor asks too often, at a
 * campaign that is published, and no agent where agents may not. What operators switch off, and what is given up under
 * load, has been refused before; the challenge, where there is one, each route asks for when nothing else is missing.
 */
import { admitsAgents } from "../../domain/agents.ts";
import type { Buyer } from "../auth.ts";
import type { CampaignEntry } from "../catalogue.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";

export type EntryParts = Pick<HttpParts, "admission" | "auth">;

/** The buyer who may come in, or the refusal. */
export async function openEntry(
  { admission, auth }: EntryParts,
  request: Request,
  campaign: CampaignEntry | undefined,
  to: "queue" | "draw" | "buy",
): Promise<{ readonly buyer: Buyer; readonly campaign: CampaignEntry } | Response> {
  const buyer = await auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  if (campaign === undefined || campaign.view.state === "draft") return problem("not_found");
  const refused = admission.admit(request, buyer, campaign.view.id);
  if (refused !== null) {
    admission.noteRefusal(campaign.view.id, refused.outcome);
    return refused.response;
  }
  if (!buyer.isAgent || admitsAgents(campaign.view.admission.agents, to)) return { buyer, campaign };
  admission.noteRefusal(campaign.view.id, "agents_not_allowed");
  return problem("agents_not_allowed");
}
