/**
 * What became of a quote that has run out: it buys nothing any more, but whoever confirmed it in time and has lost the answer
 * has an order by its key. One way for agents and the chat, so that neither denies an order that is there.
 */
import { formatId } from "../domain/ids.ts";
import { type Api, type ApiReply, pathOf } from "./api.ts";
import type { QuoteTerms } from "./quote.ts";

/** `unknown`: it cannot be told now, and asking again may tell. */
export type QuotedOrder = { readonly code: "found"; readonly order: unknown } | { readonly code: "none" | "unknown" };

/** `isOver`: the sale has ended for good, so that nothing new can come of asking by the key. */
export async function orderOfQuote(
  api: Api,
  { terms, key, isOver }: { readonly terms: QuoteTerms; readonly key: string; readonly isOver: boolean },
): Promise<QuotedOrder> {
  const attempt = await api({ method: "GET", path: pathOf("/v1/attempts/{}", key) });
  if (attempt.status === 303 && attempt.location !== null) {
    const order = orderIn(await api({ method: "GET", path: attempt.location }));
    return order.code === "none" ? { code: "unknown" } : order;
  }
  if (cannotTell(attempt)) return { code: "unknown" };
  // Attempts of a sale that is settled are forgotten, but not its orders: to buy by the same key finds the order, and can
  // make no other where the sale is over.
  if (!isOver) return { code: "none" };
  const { offerId, quantity } = terms;
  const path = pathOf("/v1/offers/{}/orders", formatId("off", offerId));
  return orderIn(await api({ method: "POST", path, body: { quantity }, headers: { "idempotency-key": key } }));
}

function orderIn(reply: ApiReply): QuotedOrder {
  if (reply.status < 300) return { code: "found", order: reply.body };
  return { code: cannotTell(reply) ? "unknown" : "none" };
}

function cannotTell({ status }: ApiReply): boolean {
  return status === 429 || status >= 500;
}
