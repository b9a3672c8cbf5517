/**
 * The ledger: every event is a row whose hash covers the row and the hash before it, so no row can be changed, taken
 * out, swapped or put in without changing every hash after it. What a row says of persons and terms stands in it as one
 * more hash, `details`: anyone can check the chain without learning who bought, and a buyer who is told the salt can
 * check what the row says of them. When a buyer's identity is erased the details stay, and the chain with them.
 *
 *   hash    = SHA-256 of the UTF-8 text: previous hash, seq, at_ms, type, campaign, offer, order, previous_seq,
 *             available, held, sold, details - joined by line feeds; numbers in decimal digits, nothing for null,
 *             hashes in hexadecimal digits; before the first row stands a hash of 64 zeros
 *   details = SHA-256 of the UTF-8 text: salt, line feed, JSON array of what is named in `detailsOf`
 */
import type { AdmissionTerms, BeaconRound } from "./admission.ts";
import type { Actor, AgentTerms } from "./agents.ts";
import type { Controls } from "./controls.ts";
import type { Event } from "./event.ts";

/**
 * A row of the ledger as it is hashed. Ids are sequence numbers; `previousSeq` is the event before about the same order,
 * or the joining of the waitlist's entry that this is about.
 */
export interface LedgerRow {
  readonly seq: number;
  readonly atMs: number;
  readonly type: string;
  readonly campaignId: number | null;
  readonly offerId: number | null;
  readonly orderId: number | null;
  readonly previousSeq: number | null;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
  /** In hexadecimal digits, or `null` when the row says all there is. */
  readonly details: string | null;
}

/** What stands before the first row. */
export const firstPreviousHash = "0".repeat(64);

/** The text whose SHA-256 is the row's hash. */
export function ledgerText(row: LedgerRow, previousHash: string): string {
  const { seq, atMs, type, campaignId, offerId, orderId, previousSeq, available, held, sold, details } = row;
  return `${previousHash}\n${seq}\n${atMs}\n${type}\n${campaignId ?? ""}\n${offerId ?? ""}\n${orderId ?? ""}\n${previousSeq ?? ""}\n${available}\n${held}\n${sold}\n${details ?? ""}`;
}

/** The text whose SHA-256 is `details`. The salt is empty where nothing is private. */
export function detailsText(salt: string, details: readonly unknown[]): string {
  return `${salt}\n${JSON.stringify(details)}`;
}

/** What an event says beyond its row, and whether it is private: then it is hashed with a salt of its own. */
export function detailsOf(event: Event): { readonly isPrivate: boolean; readonly details: readonly unknown[] } | null {
  switch (event.type) {
    case "order_reserved":
    case "order_offered":
      return { isPrivate: true, details: orderDetails(event) };
    case "waitlist_joined":
    case "draw_entered":
    case "queue_joined":
      return { isPrivate: true, details: entryDetails(event) };
    case "reminder_set":
      return { isPrivate: true, details: [event.buyerId, event.leadS] };
    case "draw_closed":
      return { isPrivate: false, details: [event.root, event.count] };
    case "draw_made": {
      const { secret, beacon } = event;
      return { isPrivate: false, details: [secret, ...(beacon === null ? [] : [beacon.round, beacon.signature])] };
    }
    case "queue_drawn":
      return { isPrivate: false, details: [event.secret, event.count] };
    case "queue_admitted":
      return { isPrivate: false, details: [event.expiresAtMs] };
    case "order_paid":
    case "order_refund_due":
    case "payment_refund_due":
      return { isPrivate: true, details: paymentDetails(event.payment) };
    case "campaign_created":
      return { isPrivate: false, details: campaignDetails(event) };
    case "offer_created":
      return { isPrivate: false, details: offerDetails(event.offer) };
    case "campaign_published":
      return { isPrivate: false, details: publishingDetails(event.closesAtMs, event.draw) };
    case "controls_changed":
      return { isPrivate: false, details: controlsDetails(event.controls) };
    default:
      return null;
  }
}

export function orderDetails(order: {
  readonly buyerId: string;
  readonly quantity: number;
  readonly amountMinor: number;
  readonly expiresAtMs: number;
  readonly key: string | null;
  readonly actor: Actor | null;
}): readonly unknown[] {
  return [order.buyerId, order.quantity, order.amountMinor, order.expiresAtMs, order.key, ...madeBy(order)];
}

/** Of an entry in a waitlist, draw or queue. */
export function entryDetails(entry: { readonly buyerId: string; readonly actor: Actor | null }): readonly unknown[] {
  return [entry.buyerId, ...madeBy(entry)];
}

export function paymentDetails(payment: {
  readonly provider: string;
  readonly reference: string | null;
  readonly amountMinor: number;
  readonly currency: string;
}): readonly unknown[] {
  return [payment.provider, payment.reference, payment.amountMinor, payment.currency];
}

/**
 * `closes_at` is left out: publishing settles it, and says so. A description follows where there is one, then what is
 * said of agents, as a list, where they are not simply allowed.
 */
export function campaignDetails(campaign: {
  readonly title: string;
  readonly kind: string | null;
  readonly opensAtMs: number | null;
  readonly paymentWindowS: number;
  readonly admission: AdmissionTerms;
  readonly description: string | null;
}): readonly unknown[] {
  const { mode, needsPass, passWindowS, challenge, agents } = campaign.admission;
  const terms = [campaign.title, campaign.kind, campaign.opensAtMs, campaign.paymentWindowS];
  return [...terms, mode, needsPass, passWindowS, challenge, ...describedBy(campaign), ...agentDetails(agents)];
}

export function publishingDetails(
  closesAtMs: number | null,
  draw: { readonly commitment: string; readonly beacon: BeaconRound | null } | null,
): readonly unknown[] {
  if (draw === null) return [closesAtMs];
  const { commitment, beacon } = draw;
  return [closesAtMs, commitment, ...(beacon === null ? [] : [beacon.chain, beacon.round])];
}

export function controlsDetails(controls: Controls): readonly unknown[] {
  return [controls];
}

export function offerDetails(offer: {
  readonly sku: string;
  readonly title: string;
  readonly priceMinor: number;
  readonly listPriceMinor: number | null;
  readonly currency: string;
  readonly limitPerBuyer: number;
  readonly brand: string | null;
  readonly category: string | null;
  readonly imageUrl: string | null;
  readonly description: string | null;
}): readonly unknown[] {
  const { sku, title, priceMinor, listPriceMinor, currency, limitPerBuyer, brand, category, imageUrl } = offer;
  const terms = [sku, title, priceMinor, listPriceMinor, currency, limitPerBuyer, brand, category, imageUrl];
  return [...terms, ...describedBy(offer)];
}

/** Nothing is hashed of nothing: so hold the rows of before there were descriptions. */
function describedBy({ description }: { readonly description: string | null }): readonly string[] {
  return description === null ? [] : [description];
}

/** Nothing where the buyer acted: so hold the rows of before agents were told apart. */
function madeBy({ actor }: { readonly actor: Actor | null }): readonly string[] {
  return actor === null ? [] : [actor];
}

function agentDetails({ policy, sharePercent }: AgentTerms): readonly unknown[] {
  if (policy === "allowed") return [];
  return [["agents", policy, ...(sharePercent === null ? [] : [sharePercent])]];
}
