/**
 * A pass: the right to try to buy, for one buyer, in one campaign, until a moment. A signed text that the HTTP thread
 * checks by itself, so that whoever has none never gets as far as the engine. It cannot be made without the key of the
 * data folder; what it promises in a queue the engine keeps, and only once, whatever a pass says.
 *
 * `p1.<campaign>.<entry>.<expiry>.<buyer>.<signature>`: numbers in base 36 (entry 0: asked for, not from a queue), the
 * first half of the SHA-256 of the buyer's id, HMAC-SHA-256 over all before it in base64url.
 */
import { halfSha256 } from "../host/hash.ts";
import type { SignedText } from "../host/signed-text.ts";

/** Why a pass does not let in, in the order in which it is looked at. */
export const passFailures = [
  "missing",
  "malformed",
  "forged",
  "wrong_campaign",
  "wrong_buyer",
  "expired",
  "not_from_queue",
] as const;
export type PassFailure = (typeof passFailures)[number];
/** Why a purchase is not let in. `used`: signed here, and the engine knows it no more; `drawn`: no pass would help. */
export const refusalReasons = [...passFailures, "used", "drawn"] as const;
export type RefusalReason = (typeof refusalReasons)[number];
export type PassOutcome = { readonly code: "good" } | { readonly code: PassFailure };

export interface PassTerms {
  readonly campaignId: number;
  readonly buyerId: string;
  /** The entry in the queue that it belongs to; `null` where it was asked for. */
  readonly entryId: number | null;
  readonly expiresAtMs: number;
}

/** What a pass must be good for. */
export interface PassNeed {
  readonly campaignId: number;
  readonly buyerId: string;
  readonly isFromQueue: boolean;
  readonly nowMs: number;
}

const form = /^p1\.([0-9a-z]{1,11})\.([0-9a-z]{1,11})\.([0-9a-z]{1,10})\.([0-9a-f]{32})\.[\w-]{43}$/;
/** Nothing longer can be of that form: a long header costs no more than this. */
const lengthMax = 120;

export class Passes {
  readonly #seal: SignedText;

  constructor(seal: SignedText) {
    this.#seal = seal;
  }

  /** The same text for the same terms. */
  sign({ campaignId, buyerId, entryId, expiresAtMs }: PassTerms): string {
    const numbers = [campaignId, entryId ?? 0, expiresAtMs].map((number) => number.toString(36));
    return this.#seal.sign(`p1.${numbers.join(".")}.${halfSha256(buyerId)}`);
  }

  /** What a pass is worth to whoever shows it: some 3 us, whatever the answer. */
  check(text: string | null, { campaignId, buyerId, isFromQueue, nowMs }: PassNeed): PassOutcome {
    if (text === null || text === "") return { code: "missing" };
    const [, campaign, entry, expiry, buyer] = (text.length <= lengthMax ? form.exec(text) : null) ?? [];
    if (buyer === undefined) return { code: "malformed" };
    if (!this.#seal.isGenuine(text)) return { code: "forged" };
    if (Number.parseInt(campaign ?? "", 36) !== campaignId) return { code: "wrong_campaign" };
    if (buyer !== halfSha256(buyerId)) return { code: "wrong_buyer" };
    if (Number.parseInt(expiry ?? "", 36) <= nowMs) return { code: "expired" };
    if (isFromQueue && entry === "0") return { code: "not_from_queue" };
    return { code: "good" };
  }
}
