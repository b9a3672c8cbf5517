/** Campaigns: made and moved by operators, seen by everybody. */

import type { Static } from "@sinclair/typebox";
import { admissionModes, openAdmission } from "../../domain/admission.ts";
import {
  type CampaignAction,
  type CampaignDraft,
  campaignActions,
  campaignKinds,
  campaignStates,
  closingWhenPublished,
  type Violation,
} from "../../domain/campaign.ts";
import type { ChangeCampaign } from "../../domain/command.ts";
import { formatId, parseId } from "../../domain/ids.ts";
import { limits } from "../../domain/limits.ts";
import { roundOfDraw } from "../../draw/chain.ts";
import type { Answer, CampaignView } from "../../engine/mailbox.ts";
import { newDrawSecret } from "../../host/random.ts";
import { readJson } from "../body.ts";
import type { CampaignEntry } from "../catalogue.ts";
import { requireOperator } from "../guard.ts";
import { isKnown } from "../pages.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { readChoice, readCursor, readLimit, readQuery } from "../query.ts";
import { json, wireTime } from "../respond.ts";
import type { Route } from "../route.ts";
import { CampaignBody } from "../schemas.ts";

type Parts = Pick<HttpParts, "admission" | "auth" | "beacons" | "catalogue" | "client" | "clock">;

/** A second of caching takes the load of a rush off; the page's stream is quicker than that anyway. */
const publicCaching = "public, max-age=1, stale-while-revalidate=5";

export function campaignRoutes(parts: Parts): Route[] {
  return [
    { name: "create_campaign", method: "POST", path: "/v1/campaigns", handle: (request) => create(parts, request) },
    { name: "list_campaigns", method: "GET", path: "/v1/campaigns", handle: (request) => list(parts, request) },
    {
      name: "get_campaign",
      method: "GET",
      path: "/v1/campaigns/:id",
      handle: (request, { id }) => get(parts, request, id),
    },
    ...campaignActions.map(
      (action): Route => ({
        name: "change_campaign",
        method: "POST",
        path: `/v1/campaigns/:id/${action}`,
        handle: (request, { id }) => change(parts, request, id, action),
      }),
    ),
  ];
}

async function create({ admission, auth, catalogue, client }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "operator");
  if (operator instanceof Response) return operator;
  const body = await readJson(request, CampaignBody, limits.campaignBytesMax);
  if (body instanceof Response) return body;
  const errors: Violation[] = (["opens_at", "closes_at"] as const)
    .filter((field) => !hasFourDigitYear(body[field]))
    .map((field) => ({ field, detail: "must lie in the years 0 to 9999, counted in UTC" }));
  if (body.challenge === "captcha" && !admission.hasCaptcha) {
    errors.push({
      field: "challenge",
      detail: "there is no captcha here: start with RUSHBOX_CAPTCHA_URL, or take proof_of_work",
    });
  }
  if (errors.length > 0) return problem("invalid", { errors });
  const answer = await client.send({ type: "create_campaign", draft: draftOf(body) }, { operator: operator.name });
  return campaignAnswer(catalogue, answer, 201);
}

async function change(
  { auth, beacons, catalogue, client, clock }: Parts,
  request: Request,
  id = "",
  type: CampaignAction,
): Promise<Response> {
  const operator = await requireOperator(auth, request, "operator");
  if (operator instanceof Response) return operator;
  const campaignId = parseId("cmp", id);
  if (campaignId === null) return problem("not_found");
  const view = catalogue.campaign(campaignId)?.view;
  if (view === undefined) return problem("not_found");
  const command = { type, campaignId, ...(type === "publish" ? whatDecides(view, beacons, clock.nowMs()) : {}) };
  return campaignAnswer(catalogue, await client.send(command, { operator: operator.name }), 200);
}

/** What the order of a queue or a draw will be made of: settled now, before anybody can know who comes. */
function whatDecides(
  view: CampaignView,
  { current }: Parts["beacons"],
  nowMs: number,
): Pick<ChangeCampaign, "secret" | "beacon" | "askedAtMs"> {
  const { mode } = view.admission;
  if (mode === "open") return {};
  const closesAtMs = closingWhenPublished(view, nowMs);
  const hasBeacon = mode === "draw" && current !== null && closesAtMs !== null;
  const beacon = hasBeacon ? { chain: current.hash, round: roundOfDraw(current, closesAtMs) } : null;
  return { secret: newDrawSecret(), beacon, ...(beacon === null ? {} : { askedAtMs: nowMs }) };
}

function get({ auth, catalogue }: Parts, request: Request, id = ""): Response {
  const seq = parseId("cmp", id);
  const campaign = seq === null ? undefined : catalogue.campaign(seq);
  const isOperator = auth.isOperator(request);
  if (campaign === undefined || (campaign.view.state === "draft" && !isOperator)) return problem("not_found");
  const { text, etag } = catalogue.render(campaign);
  return cacheable(request, text, etag, isOperator);
}

function list({ auth, catalogue }: Parts, request: Request): Response {
  const query = readQuery(request, ["state", "kind", "admission", "brand", "category", "limit", "cursor"]);
  if (query instanceof Response) return query;
  const state = readChoice("state", query.state, campaignStates);
  if (state instanceof Response) return state;
  const kind = readChoice("kind", query.kind, campaignKinds);
  if (kind instanceof Response) return kind;
  const admission = readChoice("admission", query.admission, admissionModes);
  if (admission instanceof Response) return admission;
  const limit = readLimit(query.limit);
  if (limit instanceof Response) return limit;
  const before = readCursor("cmp", query.cursor, Number.POSITIVE_INFINITY);
  if (before instanceof Response) return before;
  const isOperator = auth.isOperator(request);
  const fits = ({ view }: CampaignEntry) =>
    view.id < before &&
    (isOperator || view.state !== "draft") &&
    (state === undefined || view.state === state) &&
    (kind === undefined || view.kind === kind) &&
    (admission === undefined || view.admission.mode === admission) &&
    (query.brand === undefined || view.offers.some(({ brand }) => brand === query.brand)) &&
    (query.category === undefined || view.offers.some(({ category }) => category === query.category));
  const page: CampaignEntry[] = [];
  for (const campaign of catalogue.newestFirst()) {
    if (page.length > limit) break;
    if (fits(campaign)) page.push(campaign);
  }
  const shown = page.slice(0, limit);
  const last = shown.at(-1);
  const next = page.length > limit && last !== undefined ? formatId("cmp", last.view.id) : null;
  const text = `{"campaigns":[${shown.map((campaign) => catalogue.render(campaign).text).join(",")}],"next_cursor":${JSON.stringify(next)}}`;
  return cacheable(request, text, `"${Bun.hash(text).toString(36)}"`, isOperator);
}

function cacheable(request: Request, text: string, etag: string, isOperator: boolean): Response {
  const caching = isOperator ? "private, no-cache" : publicCaching;
  const headers = { etag, "cache-control": caching, vary: "authorization" };
  if (isKnown(request, etag)) {
    return new Response(null, { status: 304, headers: { ...headers, "x-content-type-options": "nosniff" } });
  }
  return json(text, { headers });
}

/** The campaign after an operator's command, or the refusal; also for a restock, whose answer differs. */
export function refusalOf(answer: Answer | null): Response | null {
  if (answer === null) return problem("overloaded");
  switch (answer.code) {
    case "invalid":
      return problem("invalid", { errors: answer.violations });
    case "transition_not_allowed":
      return problem("transition_not_allowed", { members: { state: answer.state } });
    case "total_changed":
      return problem("total_changed", { members: { total: answer.total } });
    case "not_found":
    case "outcome_unknown":
    case "refund_due":
    case "name_taken":
    case "limit_exceeded":
      return problem(answer.code);
    default:
      return null;
  }
}

function campaignAnswer(catalogue: Parts["catalogue"], answer: Answer | null, status: number): Response {
  const refused = refusalOf(answer);
  if (refused !== null) return refused;
  if (answer?.code !== "created" && answer?.code !== "changed") throw new Error(`unexpected answer ${answer?.code}`);
  const campaign = catalogue.campaign(answer.campaignId);
  if (campaign === undefined) throw new Error("the engine tells of a campaign before it answers");
  const headers = status === 201 ? { location: `/v1/campaigns/${campaign.id}` } : {};
  return json(catalogue.render(campaign).text, { status, headers });
}

/** With its zone taken off, a time of the year 9999 can be one of the year 10000, which RFC 3339 cannot write. */
function hasFourDigitYear(time: string | undefined): boolean {
  return time === undefined || /^\d{4}-/.test(wireTime(Date.parse(time)));
}

function draftOf(body: Static<typeof CampaignBody>): CampaignDraft {
  return {
    title: body.title,
    description: body.description ?? null,
    kind: body.kind ?? null,
    opensAtMs: body.opens_at === undefined ? null : Date.parse(body.opens_at),
    closesAtMs: body.closes_at === undefined ? null : Date.parse(body.closes_at),
    paymentWindowS: body.payment_window_s ?? 900,
    hasWaitlist: body.waitlist ?? body.admission !== "queue",
    admission: {
      mode: body.admission ?? openAdmission.mode,
      needsPass: body.pass ?? openAdmission.needsPass,
      passWindowS: body.pass_window_s ?? openAdmission.passWindowS,
      challenge: body.challenge ?? openAdmission.challenge,
    },
    offers: body.offers.map((offer) => ({
      sku: offer.sku,
      title: offer.title,
      description: offer.description ?? null,
      priceMinor: offer.price_minor,
      listPriceMinor: offer.list_price_minor ?? null,
      currency: offer.currency,
      stock: offer.stock,
      limitPerBuyer: offer.limit_per_buyer ?? 1,
      brand: offer.brand ?? null,
      category: offer.category ?? null,
      imageUrl: offer.image_url ?? null,
    })),
  };
}
