/**
 * A buyer's reminders: told before a sale opens, once. Setting one is a command; what there is is read from what is
 * committed, so that asking costs the engine nothing.
 */
import { parseId } from "../../domain/ids.ts";
import { limits } from "../../domain/limits.ts";
import type { ReminderRecord } from "../../domain/reminder.ts";
import type { Answer } from "../../engine/mailbox.ts";
import { hasBody, readJson } from "../body.ts";
import type { CampaignEntry, Catalogue } from "../catalogue.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { reminderJson } from "../reminder-json.ts";
import { json, wireTimeOrNull } from "../respond.ts";
import type { Route } from "../route.ts";
import { ReminderBody } from "../schemas.ts";

type Parts = Pick<HttpParts, "admission" | "auth" | "catalogue" | "client" | "clock" | "gate" | "orders">;

/** How long a reminder that came is told of: for a page that was closed, and a chat that was away. */
const shownForMs = 86_400_000;

export function reminderRoutes(parts: Parts): Route[] {
  return [
    {
      name: "set_reminder",
      method: "POST",
      path: "/v1/campaigns/:id/reminder",
      work: "joins",
      handle: (request, { id }) => set(parts, request, id),
    },
    {
      name: "get_reminder",
      method: "GET",
      path: "/v1/campaigns/:id/reminder",
      handle: (request, { id }) => get(parts, request, id),
    },
    {
      name: "remove_reminder",
      method: "POST",
      path: "/v1/campaigns/:id/reminder/remove",
      work: "changes",
      handle: (request, { id }) => remove(parts, request, id),
    },
    {
      name: "list_reminders",
      method: "GET",
      path: "/v1/reminders",
      handle: (request) => list(parts, request),
    },
  ];
}

async function set(parts: Parts, request: Request, id = ""): Promise<Response> {
  const buyer = await parts.auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  const campaign = announced(parts.catalogue, id);
  if (campaign === undefined) return problem("not_found");
  const campaignId = campaign.view.id;
  const refused = parts.admission.admit(request, buyer, campaignId);
  if (refused !== null) return refused.response;
  const body = hasBody(request) ? await readJson(request, ReminderBody) : {};
  if (body instanceof Response) return body;
  const off = parts.gate.refuseSwitchedOff("joins", campaignId); // token and body took their time
  if (off !== null) return off;
  const leadS = body.lead_s ?? limits.reminderLeadSDefault;
  const answer = await parts.client.send({ type: "set_reminder", campaignId, buyerId: buyer.id, leadS });
  return answer === null ? problem("overloaded") : respond(campaign, answer);
}

async function remove(parts: Parts, request: Request, id = ""): Promise<Response> {
  const buyer = await parts.auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  const campaign = announced(parts.catalogue, id);
  if (campaign === undefined) return problem("not_found");
  const limited = parts.gate.refuseQuestion(buyer.id);
  if (limited !== null) return limited;
  const answer = await parts.client.send({ type: "remove_reminder", campaignId: campaign.view.id, buyerId: buyer.id });
  return answer === null ? problem("overloaded") : respond(campaign, answer);
}

function respond(campaign: CampaignEntry, answer: Answer): Response {
  switch (answer.code) {
    case "reminder_set": {
      const text = reminderJson({ ...answer, state: "waiting", endedAtMs: null }, campaign);
      return json(text, { status: answer.isNew ? 201 : 200 });
    }
    case "reminder_removed":
      return json(`{"campaign_id":"${campaign.id}","state":"removed"}`);
    case "reminder_too_late": {
      const members = { opens_at: wireTimeOrNull(campaign.view.opensAtMs), lead_s_max: answer.leadSMax };
      return problem("reminder_too_late", { members });
    }
    case "already_open":
    case "not_reminded":
    case "reminders_full":
    case "ended":
    case "not_found":
    case "outcome_unknown":
      return problem(answer.code);
    default:
      throw new Error(`no answer about a reminder: ${answer.code}`);
  }
}

async function get(parts: Parts, request: Request, id = ""): Promise<Response> {
  const theirs = await remindersOf(parts, request);
  if (theirs instanceof Response) return theirs;
  const campaign = announced(parts.catalogue, id);
  if (campaign === undefined) return problem("not_found");
  const found = theirs.find(({ campaignId }) => campaignId === campaign.view.id);
  return found === undefined ? problem("not_reminded") : json(reminderJson(found, campaign));
}

async function list(parts: Parts, request: Request): Promise<Response> {
  const theirs = await remindersOf(parts, request);
  if (theirs instanceof Response) return theirs;
  const shown = theirs.flatMap((reminder) => {
    const campaign = parts.catalogue.campaign(reminder.campaignId);
    return campaign === undefined ? [] : [reminderJson(reminder, campaign)];
  });
  return json(`{"reminders":[${shown.join(",")}]}`);
}

/** Those that wait, the next first; then those that came of late, the newest first. */
async function remindersOf({ auth, catalogue, clock, gate, orders }: Parts, request: Request) {
  const buyer = await auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  const limited = gate.refuseQuestion(buyer.id);
  if (limited !== null) return limited;
  const { waiting, came } = orders.remindersOfBuyer(buyer.id);
  // Who waits when a sale ends waits for nothing.
  const isComing = ({ campaignId }: ReminderRecord) => catalogue.campaign(campaignId)?.view.state !== "ended";
  const sinceMs = clock.nowMs() - shownForMs;
  return [
    ...waiting.filter(isComing).sort((a, b) => a.dueAtMs - b.dueAtMs || a.reminderId - b.reminderId),
    ...came.filter(({ endedAtMs }) => (endedAtMs ?? 0) >= sinceMs),
  ];
}

/** A draft is nobody's affair yet. */
function announced(catalogue: Catalogue, id: string): CampaignEntry | undefined {
  const seq = parseId("cmp", id);
  const campaign = seq === null ? undefined : catalogue.campaign(seq);
  return campaign?.view.state === "draft" ? undefined : campaign;
}
