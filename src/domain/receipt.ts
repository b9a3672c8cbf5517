/**
 * A receipt: what the ledger says of an order's beginning, for its buyer to keep. It holds all that the row's hash is
 * made of, so whoever has it can show the row in the ledger, and nobody can take it out unseen. Signed by the shop: a
 * receipt whose row is not in the ledger proves that the ledger was rewritten.
 */
import type { Actor } from "./agents.ts";
import { formatId, parseId } from "./ids.ts";
import { detailsText, type LedgerRow, ledgerText, orderDetails } from "./ledger.ts";

/** The facts as they are signed, in the form of the wire. */
export interface ReceiptFacts {
  readonly order_id: string;
  readonly seq: number;
  readonly at: string;
  readonly type: string;
  readonly campaign_id: string;
  readonly offer_id: string;
  /** The entry of a queue, waitlist or draw that the order came from; else `null`. */
  readonly previous_seq: number | null;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
  readonly buyer_id: string;
  readonly quantity: number;
  readonly amount_minor: number;
  readonly expires_at: string;
  readonly idempotency_key: string | null;
  /** Only where an agent made the order: the row's hash covers it then. */
  readonly by_agent?: true;
  readonly salt: string;
  readonly details: string;
  readonly previous_hash: string;
  readonly hash: string;
}

/** The row of the ledger that a receipt tells of; its ids are NaN where they are none. */
export function rowOfReceipt(facts: ReceiptFacts): LedgerRow {
  return {
    seq: facts.seq,
    atMs: Date.parse(facts.at),
    type: facts.type,
    campaignId: parseId("cmp", facts.campaign_id) ?? Number.NaN,
    offerId: parseId("off", facts.offer_id) ?? Number.NaN,
    orderId: parseId("ord", facts.order_id) ?? Number.NaN,
    previousSeq: facts.previous_seq,
    available: facts.available,
    held: facts.held,
    sold: facts.sold,
    details: facts.details,
  };
}

/** The facts of an order for its receipt. */
export function receiptOf(told: {
  readonly row: LedgerRow & { readonly hash: string };
  readonly previousHash: string;
  readonly order: {
    readonly orderId: number;
    readonly buyerId: string;
    readonly quantity: number;
    readonly amountMinor: number;
    readonly expiresAtMs: number;
    readonly idempotencyKey: string | null;
    readonly actor: Actor | null;
    readonly salt: string;
  };
}): ReceiptFacts {
  const { row, previousHash, order } = told;
  const { seq, atMs, type, campaignId, offerId, previousSeq, available, held, sold, details, hash } = row;
  if (campaignId === null || offerId === null || details === null) throw new Error(`event ${seq} reserves no order`);
  return {
    order_id: formatId("ord", order.orderId),
    seq,
    at: new Date(atMs).toISOString(),
    type,
    campaign_id: formatId("cmp", campaignId),
    offer_id: formatId("off", offerId),
    previous_seq: previousSeq,
    available,
    held,
    sold,
    buyer_id: order.buyerId,
    quantity: order.quantity,
    amount_minor: order.amountMinor,
    expires_at: new Date(order.expiresAtMs).toISOString(),
    idempotency_key: order.idempotencyKey,
    ...(order.actor === null ? {} : { by_agent: true as const }),
    salt: order.salt,
    details,
    previous_hash: previousHash,
    hash,
  };
}

/** The texts whose SHA-256 must be the receipt's `details` and `hash`. */
export function textsOfReceipt(facts: ReceiptFacts): { readonly details: string; readonly hash: string } {
  const { buyer_id: buyerId, quantity, amount_minor: amountMinor, expires_at, idempotency_key: key } = facts;
  const actor = facts.by_agent === true ? "agent" : null;
  const order = { buyerId, quantity, amountMinor, expiresAtMs: Date.parse(expires_at), key, actor } as const;
  return {
    details: detailsText(facts.salt, orderDetails(order)),
    hash: ledgerText(rowOfReceipt(facts), facts.previous_hash),
  };
}
