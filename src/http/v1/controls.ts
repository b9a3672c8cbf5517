/**
 * The controls: operators see and change them while it runs. A change names what is to be different; it is answered when
 * every thread knows it.
 */
import type { Static } from "@sinclair/typebox";
import {
  type Controls,
  type ControlsChange,
  isCampaignSwitch,
  type RateLimit,
  rateLimitNames,
} from "../../domain/controls.ts";
import { formatId, parseId } from "../../domain/ids.ts";
import { readJson } from "../body.ts";
import { requireOperator } from "../guard.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { json } from "../respond.ts";
import type { Route } from "../route.ts";
import { ControlsBody } from "../schemas.ts";
import { refusalOf } from "./campaigns.ts";

type Parts = Pick<HttpParts, "auth" | "catalogue" | "client" | "office">;

export function controlsRoutes(parts: Parts): Route[] {
  return [
    { name: "get_controls", method: "GET", path: "/v1/controls", handle: (request) => get(parts, request) },
    { name: "set_controls", method: "POST", path: "/v1/controls", handle: (request) => set(parts, request) },
  ];
}

async function get({ auth, office }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "viewer");
  return operator instanceof Response ? operator : json(controlsJson(office.controls));
}

async function set({ auth, catalogue, client, office }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "operator");
  if (operator instanceof Response) return operator;
  const body = await readJson(request, ControlsBody);
  if (body instanceof Response) return body;
  const change = changeOf(body, catalogue);
  if (change instanceof Response) return change;
  const refused = refusalOf(await client.send({ type: "set_controls", change }, { operator: operator.name }));
  return refused ?? json(controlsJson(office.controls));
}

/** The controls on the wire. */
export function controlsJson({ rateLimits, switchesOn, riskMode }: Controls): string {
  const shown = (limit: RateLimit | null) => limit && { quota: limit.quota, window_s: limit.windowS };
  return JSON.stringify({
    rate_limits: Object.fromEntries(rateLimitNames.map((name) => [name, shown(rateLimits[name])])),
    switches_on: switchesShown({ switchesOn }),
    risk_mode: riskMode,
  });
}

/** The switches that are on, as the wire has them. */
export function switchesShown({ switchesOn }: Pick<Controls, "switchesOn">): readonly object[] {
  return switchesOn.map(({ name, campaignId }) => ({
    name,
    campaign_id: campaignId === null ? null : formatId("cmp", campaignId),
  }));
}

function changeOf(
  { rate_limits, switches = [], risk_mode }: Static<typeof ControlsBody>,
  catalogue: Parts["catalogue"],
): ControlsChange | Response {
  const rateLimits = Object.entries(rate_limits ?? {}).map(([name, limit]) => [
    name,
    limit && { quota: limit.quota, windowS: limit.window_s },
  ]);
  const thrown = [];
  for (const [at, { name, on, campaign_id }] of switches.entries()) {
    const isOverall = campaign_id === undefined || campaign_id === null;
    const campaignId = isOverall ? null : parseId("cmp", campaign_id);
    const wrong = (detail: string) =>
      problem("invalid", { errors: [{ field: `switches[${at}].campaign_id`, detail }] });
    if (!isOverall && !isCampaignSwitch(name)) return wrong(`${name} is for everything: leave campaign_id away`);
    if (!isOverall && (campaignId === null || catalogue.campaign(campaignId) === undefined))
      return wrong("there is no campaign of this id");
    thrown.push({ name, campaignId, isOn: on });
  }
  return {
    ...(rate_limits === undefined ? {} : { rateLimits: Object.fromEntries(rateLimits) }),
    switches: thrown,
    ...(risk_mode === undefined ? {} : { riskMode: risk_mode }),
  };
}
