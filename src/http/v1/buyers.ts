/**
 * Erasing a buyer: their identity goes from every order and waitlist entry of settled campaigns; what was sold, and the
 * ledger's proof of it, stays. A campaign that still runs needs to know its buyers: it is told how many of theirs are left.
 */
import { limits } from "../../domain/limits.ts";
import type { Answer } from "../../engine/mailbox.ts";
import { readJson } from "../body.ts";
import { requireOperator } from "../guard.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { json } from "../respond.ts";
import type { Route } from "../route.ts";
import { EraseBody } from "../schemas.ts";
import { refusalOf } from "./campaigns.ts";

type Parts = Pick<HttpParts, "auth" | "catalogue" | "client" | "orders">;

export function buyerRoutes(parts: Parts): Route[] {
  return [
    { name: "erase_buyer", method: "POST", path: "/v1/buyers/erase", handle: (request) => erase(parts, request) },
  ];
}

async function erase({ auth, catalogue, client, orders }: Parts, request: Request): Promise<Response> {
  const operator = await requireOperator(auth, request, "admin");
  if (operator instanceof Response) return operator;
  const body = await readJson(request, EraseBody);
  if (body instanceof Response) return body;
  const found = { orders: 0, entries: 0, remaining: 0 };
  for (let after: number | null = 0; after !== null; ) {
    const { traces, next }: ReturnType<typeof orders.tracesOfBuyer> = orders.tracesOfBuyer(body.buyer_id, after);
    for (const { campaignId, orderIds, entryIds } of traces) {
      const count = orderIds.length + entryIds.length;
      if (!catalogue.isSettled(campaignId)) {
        found.remaining += count; // the engine would say so too, and the audit log would have it each time
        continue;
      }
      const command = { type: "erase_buyers", campaignId, orderIds, entryIds } as const;
      const answer: Answer | null = await client.send(command, { operator: operator.name });
      const refused = refusalOf(answer);
      if (refused !== null) return refused;
      if (answer?.code === "erased") {
        found.orders += answer.orders;
        found.entries += answer.entries;
      } else if (answer?.code === "not_settled") found.remaining += count;
      else throw new Error(`unexpected answer ${answer?.code}: no more than ${limits.erasuresPerCommandMax} at once`);
    }
    await new Promise((resolve) => setImmediate(resolve)); // those who buy on this thread have their turn
    after = next;
  }
  return found.orders + found.entries + found.remaining === 0 ? problem("not_found") : json(JSON.stringify(found));
}
