/** Offers: an operator adds units or takes back what is still available. */
import { parseId } from "../../domain/ids.ts";
import { readJson } from "../body.ts";
import { requireOperator } from "../guard.ts";
import type { HttpParts } from "../parts.ts";
import { problem } from "../problem.ts";
import { json } from "../respond.ts";
import type { Route } from "../route.ts";
import { RestockBody } from "../schemas.ts";
import { refusalOf } from "./campaigns.ts";

type Parts = Pick<HttpParts, "auth" | "catalogue" | "client">;

export function offerRoutes(parts: Parts): Route[] {
  return [
    {
      name: "restock_offer",
      method: "POST",
      path: "/v1/offers/:id/restock",
      handle: (request, { id }) => restock(parts, request, id),
    },
  ];
}

async function restock({ auth, catalogue, client }: Parts, request: Request, id = ""): Promise<Response> {
  const operator = await requireOperator(auth, request, "operator");
  if (operator instanceof Response) return operator;
  const body = await readJson(request, RestockBody);
  if (body instanceof Response) return body;
  const offerId = parseId("off", id);
  if (offerId === null) return problem("not_found");
  const { quantity, expected_total: expectedTotal } = body;
  const command = {
    type: "restock",
    offerId,
    quantity,
    ...(expectedTotal !== undefined && { expectedTotal }),
  } as const;
  const failed = refusalOf(await client.send(command, { operator: operator.name }));
  return failed ?? json(catalogue.renderOffer(catalogue.offerBySeq(offerId)));
}
