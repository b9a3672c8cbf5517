/**
 * Rehearsals: an operator has a campaign rehearsed beside the sale, in a process that knows nothing of it; looks at how
 * it goes, and stops it. What comes of it is passed on as that process has told it.
 */
import type { Static } from "@sinclair/typebox";
import { parseId } from "../../domain/ids.ts";
import { rehearsalDefaults, soonMs } from "../../domain/rehearsal.ts";
import { newSeed } from "../../host/random.ts";
import { hasBody, readJson } from "../body.ts";
import type { CampaignEntry } from "../catalogue.ts";
import { requireOperator } from "../guard.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import type { RehearsalQuestion, RehearsalReply } from "../rehearsal-mailbox.ts";
import { RehearsalBody, type RehearsedCampaign, type RehearsedControls } from "../rehearsal-schemas.ts";
import { json } from "../respond.ts";
import type { Route } from "../route.ts";
import { refusalOf } from "./campaigns.ts";
import { controlsJson } from "./controls.ts";

type Parts = Pick<HttpParts, "auth" | "catalogue" | "client" | "clock" | "counters" | "office" | "rehearsals">;

export function rehearsalRoutes(parts: Parts): Route[] {
  return [
    {
      name: "start_rehearsal",
      method: "POST",
      path: "/v1/campaigns/:id/rehearsals",
      handle: (request, { id }) => start(parts, request, id),
    },
    {
      name: "list_rehearsals",
      method: "GET",
      path: "/v1/rehearsals",
      handle: (request) => look(parts, request, { about: "all" }),
    },
    {
      name: "get_rehearsal",
      method: "GET",
      path: "/v1/rehearsals/:id",
      handle: (request, { id = "" }) => look(parts, request, { about: "one", id }),
    },
    {
      name: "stop_rehearsal",
      method: "POST",
      path: "/v1/rehearsals/:id/stop",
      handle: (request, { id }) => stop(parts, request, id),
    },
  ];
}

async function start(parts: Parts, request: Request, id = ""): Promise<Response> {
  const { auth, catalogue, client, office } = parts;
  const operator = await requireOperator(auth, request, "operator");
  if (operator instanceof Response) return operator;
  const campaignId = parseId("cmp", id);
  const campaign = campaignId === null ? undefined : catalogue.campaign(campaignId);
  if (campaign === undefined) return problem("not_found");
  const body: Static<typeof RehearsalBody> | Response = hasBody(request) ? await readJson(request, RehearsalBody) : {};
  if (body instanceof Response) return body;
  const { beside_sale: isBesideSale = false, ...settings } = body;
  const selling = isBesideSale ? undefined : sellingOrSoon(parts);
  if (selling !== undefined) return problem("sale_running", { members: { campaign_id: selling.id } });
  // What is refused is not noted as done.
  const room = await parts.rehearsals.ask({ about: "room" });
  if (room?.code !== "room") return answerOf(room);
  const command = { type: "note_action", action: "start_rehearsal", subject: campaign.id } as const;
  const refused = refusalOf(await client.send(command, { operator: operator.name }));
  if (refused !== null) return refused;
  const order = {
    campaign: JSON.parse(catalogue.render(campaign).text) as RehearsedCampaign,
    controls: JSON.parse(controlsJson(office.controls)) as RehearsedControls,
    settings: { ...rehearsalDefaults, seed: newSeed()[0] >>> 0, ...settings },
  };
  const started = await parts.rehearsals.ask({ about: "start", order });
  if (started?.code !== "shown") return answerOf(started);
  const { id: rehearsalId } = JSON.parse(started.json) as { id: string };
  return json(started.json, { status: 202, headers: { location: `/v1/rehearsals/${rehearsalId}` } });
}

/** A campaign whose buyers would notice, or none. */
function sellingOrSoon({ catalogue, clock, counters }: Parts): CampaignEntry | undefined {
  return catalogue.newestFirst().find(({ view, line }) => {
    const state = counters.state(line);
    const isNear = view.opensAtMs !== null && view.opensAtMs - clock.nowMs() < soonMs;
    return state === "open" || (state === "scheduled" && isNear);
  });
}

async function look(parts: Parts, request: Request, question: RehearsalQuestion): Promise<Response> {
  const operator = await requireOperator(parts.auth, request, "viewer");
  return operator instanceof Response ? operator : ask(parts, question);
}

async function stop(parts: Parts, request: Request, id = ""): Promise<Response> {
  const operator = await requireOperator(parts.auth, request, "operator");
  if (operator instanceof Response) return operator;
  if (parseId("rhs", id) === null) return problem("not_found");
  const known = await ask(parts, { about: "one", id });
  if (!known.ok) return known;
  const { state } = (await known.json()) as { state: string };
  if (state !== "running") return problem("transition_not_allowed", { members: { state } });
  const command = { type: "note_action", action: "stop_rehearsal", subject: id } as const;
  const refused = refusalOf(await parts.client.send(command, { operator: operator.name }));
  return refused ?? ask(parts, { about: "stop", id });
}

async function ask({ rehearsals }: Parts, question: RehearsalQuestion): Promise<Response> {
  return answerOf(await rehearsals.ask(question));
}

function answerOf(reply: RehearsalReply | null): Response {
  if (reply === null) return problem("overloaded");
  switch (reply.code) {
    case "shown":
      return json(reply.json);
    case "room":
      throw new Error("whether there is room is asked of the rehearsals alone");
    case "rehearsal_running":
      return problem("rehearsal_running", { members: { rehearsal_id: reply.id } });
    case "overloaded":
      return problem("overloaded", {
        detail:
          "There is more to do than can be done: a rehearsal would take from those who buy. Rehearse when it is calm.",
      });
    case "not_found":
      return problem("not_found");
    case "transition_not_allowed":
      return problem("transition_not_allowed", { members: { state: reply.state } });
  }
}
