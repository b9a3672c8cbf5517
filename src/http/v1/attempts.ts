/** What became of an attempt that was accepted with `Prefer: respond-async`: its order, or the reason why there is none. */
import { formatId } from "../../domain/ids.ts";
import { limits } from "../../domain/limits.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { apiHeaders } from "../respond.ts";
import type { Route } from "../route.ts";
import { refusalResponse } from "./reserve.ts";

type Parts = Pick<HttpParts, "auth" | "client" | "clock">;

export function attemptRoute(parts: Parts): Route {
  return {
    name: "get_attempt",
    method: "GET",
    path: "/v1/attempts/:key",
    handle: (request, { key }) => get(parts, request, key),
  };
}

const onItsWayMs = 50;

async function get({ auth, client, clock }: Parts, request: Request, key = ""): Promise<Response> {
  const buyer = await auth.buyerOf(request);
  if (buyer === null) return problem("unauthorized");
  if (!/^[\x21-\x7e]+$/.test(key) || key.length > limits.keyLengthMax) return problem("not_found");
  let answer = await client.send({ type: "ask_attempt", buyerId: buyer.id, key });
  if (answer?.code === "attempt_unknown") {
    // Another HTTP thread may have taken it this very moment, and it is still on its way to the engine.
    await Bun.sleep(onItsWayMs);
    answer = await client.send({ type: "ask_attempt", buyerId: buyer.id, key });
  }
  if (answer === null) return problem("overloaded");
  if (answer.code === "reserved" || answer.code === "replayed") {
    return new Response(null, {
      status: 303,
      headers: { ...apiHeaders, location: `/v1/orders/${formatId("ord", answer.orderId)}` },
    });
  }
  return refusalResponse(answer, clock.nowMs());
}
