/**
 * The shop as its pages need to know it before they know anybody, and sessions for those who have no account with it. A
 * guest is a buyer like any other, whose token this program signs itself: nothing is stored of one before they buy.
 */
import { newGuestId } from "../../host/random.ts";
import { signBuyerToken } from "../auth.ts";
import { isKnown } from "../pages.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { apiHeaders, json, wireTime } from "../respond.ts";
import type { Route } from "../route.ts";

type Parts = Pick<HttpParts, "clock" | "gate" | "payments" | "shop">;

/** As long as somebody may want to come back to what they have bought, and pay. */
const guestMs = 7 * 86_400_000;

export function shopRoutes(parts: Parts): Route[] {
  return [
    { name: "get_shop", method: "GET", path: "/v1/shop", handle: (request) => get(parts, request) },
    { name: "create_guest", method: "POST", path: "/v1/guests", handle: (request) => createGuest(parts, request) },
  ];
}

/** The tag is a weak one: what changes with every answer is its time alone. */
function get({ clock, payments, shop }: Parts, request: Request): Response {
  const what = {
    name: shop.name,
    guests: shop.guestSecret !== null,
    payments: payments.provider?.name ?? "none",
    sign_in_url: shop.signInUrl,
  };
  const etag = `W/"${Bun.hash(JSON.stringify(what)).toString(36)}"`;
  const headers = { ...apiHeaders, etag, "cache-control": "public, max-age=60" };
  if (isKnown(request, etag)) return new Response(null, { status: 304, headers });
  return json(JSON.stringify({ ...what, now: wireTime(clock.nowMs()) }), { headers });
}

async function createGuest({ clock, gate, shop }: Parts, request: Request): Promise<Response> {
  if (shop.guestSecret === null) return problem("guests_off", { members: { sign_in_url: shop.signInUrl } });
  const refused = gate.refuseGuest(request);
  if (refused !== null) return refused;
  const buyerId = newGuestId();
  const expiresAtMs = Math.floor((clock.nowMs() + guestMs) / 1_000) * 1_000; // a token tells whole seconds
  const token = await signBuyerToken(shop.guestSecret, buyerId, expiresAtMs);
  return json(JSON.stringify({ buyer_id: buyerId, token, expires_at: wireTime(expiresAtMs) }), { status: 201 });
}
