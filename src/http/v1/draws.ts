/**
 * What proves a draw: its public document, its entries without who they are, and each entrant's own proof. Nobody is
 * asked to believe this server: docs/draw.md tells how all of it is checked.
 */
import { parseId } from "../../domain/ids.ts";
import { limits } from "../../domain/limits.ts";
import type { ChainInfo } from "../../draw/chain.ts";
import {
  type ClosedDraw,
  type DrawDocument,
  type DrawTermsTold,
  offerDrawOf,
  proofOf,
  termsToldOf,
} from "../../draw/document.ts";
import type { CampaignEntry, OfferEntry } from "../catalogue.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { readAfter, readLimit, readQuery } from "../query.ts";
import { json } from "../respond.ts";
import type { Route } from "../route.ts";

type Parts = Pick<HttpParts, "auth" | "beacons" | "catalogue" | "drawIndex" | "draws" | "gate">;

const forAMoment = { headers: { "cache-control": "public, max-age=1" } };

export function drawProofRoutes(parts: Parts): Route[] {
  return [
    {
      name: "get_draw",
      method: "GET",
      path: "/v1/campaigns/:id/draw",
      handle: (_, { id }) => getDraw(parts, id),
    },
    {
      name: "list_draw_entries",
      method: "GET",
      path: "/v1/offers/:id/draw/entries",
      work: "search",
      handle: (request, { id }) => listEntries(parts, request, id),
    },
    {
      name: "get_draw_proof",
      method: "GET",
      path: "/v1/offers/:id/draw/proof",
      handle: (request, { id }) => getProof(parts, request, id),
    },
  ];
}

function getDraw(parts: Parts, id = ""): Response {
  const seq = parseId("cmp", id);
  const campaign = drawn(seq === null ? undefined : parts.catalogue.campaign(seq));
  if (campaign instanceof Response) return campaign;
  const { view } = campaign;
  const closed = parts.draws.drawsOf(view.id);
  const document: DrawDocument = {
    ...termsOf(parts, campaign),
    offers: view.offers.map((offer) =>
      offerDrawOf(offer.id, view.state, closed.find(({ offerId }) => offerId === offer.id) ?? null),
    ),
  };
  return json(JSON.stringify(document), forAMoment);
}

async function listEntries(parts: Parts, request: Request, id = ""): Promise<Response> {
  const offer = drawnOffer(parts, id);
  if (offer instanceof Response) return offer;
  const query = readQuery(request, ["after", "limit"]);
  if (query instanceof Response) return query;
  const after = readAfter(query.after, "how many entries stand before the page");
  if (after instanceof Response) return after;
  const limit = readLimit(query.limit, limits.ledgerPageSizeMax);
  if (limit instanceof Response) return limit;
  const draw = closedDraw(parts, offer);
  if (draw === null) {
    return problem("not_found", { detail: "Nobody can be drawn yet: the entries are public once the draw is closed." });
  }
  const entries = await parts.drawIndex.page(draw, after, limit);
  const next = after + entries.length < draw.count ? after + entries.length : null;
  return json(JSON.stringify({ entries, next_after: next }), forAMoment);
}

async function getProof(parts: Parts, request: Request, id = ""): Promise<Response> {
  const buyer = await parts.auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  const offer = drawnOffer(parts, id);
  if (offer instanceof Response) return offer;
  const limited = parts.gate.refuseQuestion(buyer.id);
  if (limited !== null) return limited;
  const { view, campaign } = offer;
  const entry = parts.draws.entryOf(view.id, buyer.id);
  if (entry === null) return problem("not_waiting", { detail: "You have no entry in this draw." });
  const draw = closedDraw(parts, offer);
  const place = draw === null ? null : await parts.drawIndex.proofOf(draw, entry.entryId);
  const told = offerDrawOf(view.id, campaign.view.state, draw);
  return json(JSON.stringify(proofOf(termsOf(parts, campaign), told, entry, place)));
}

/** The campaign, unless nobody knows of it or it is not drawn. */
function drawn(campaign: CampaignEntry | undefined): CampaignEntry | Response {
  if (campaign === undefined || campaign.view.state === "draft") return problem("not_found");
  return campaign.view.admission.mode === "draw" ? campaign : problem("draw_off");
}

function drawnOffer({ catalogue }: Parts, id: string): OfferEntry | Response {
  const offer = catalogue.offer(id);
  if (offer === undefined) return problem("not_found");
  const campaign = drawn(offer.campaign);
  return campaign instanceof Response ? campaign : offer;
}

function termsOf({ beacons }: Parts, { view }: CampaignEntry): DrawTermsTold {
  const chainOf = (hash: string): ChainInfo | null => beacons.known.find((chain) => chain.hash === hash) ?? null;
  return termsToldOf(view, chainOf);
}

function closedDraw({ draws }: Parts, { view, campaign }: OfferEntry): ClosedDraw | null {
  return draws.drawsOf(campaign.view.id).find(({ offerId }) => offerId === view.id) ?? null;
}
