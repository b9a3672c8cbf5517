/**
 * Checks a receipt: signed by this shop (JWS with Ed25519, by the browser's own cryptography), true to the hashes that it
 * names, and still what the ledger says. It is sent nowhere.
 */
import { anew, ask, Finding } from "./finding.ts";
import { hashText, textBytes } from "./hash.ts";
import { askCampaign, askLedger, type RowFacts, type ShownOffer, textOf, Walk } from "./ledger.ts";

/** What is signed. */
export interface ReceiptFacts extends RowFacts {
  readonly campaign_id: string;
  readonly offer_id: string;
  readonly order_id: string;
  readonly buyer_id: string;
  readonly quantity: number;
  readonly amount_minor: number;
  readonly expires_at: string;
  readonly idempotency_key: string | null;
  /** Only where an agent made the order. */
  readonly by_agent?: true;
  readonly salt: string;
  readonly previous_hash: string;
  readonly hash: string;
}

export interface ReceiptCheck {
  readonly facts: ReceiptFacts;
  readonly offer: ShownOffer | undefined;
}

interface Jwk {
  readonly kid?: string;
  readonly kty?: string;
  readonly crv?: string;
  readonly x?: string;
}

interface Parts {
  readonly outside: Readonly<Record<string, unknown>>;
  readonly header: { readonly kid?: string; readonly alg?: string };
  readonly facts: ReceiptFacts;
  readonly signature: Uint8Array<ArrayBuffer>;
  readonly signed: Uint8Array<ArrayBuffer>;
}

/** A receipt and its row. Throws what does not hold. */
export async function checkReceipt(text: string): Promise<ReceiptCheck> {
  const { outside, header, facts, signature, signed } = parseReceipt(text);
  const { keys } = await ask<{ readonly keys: readonly Jwk[] }>("/.well-known/jwks.json");
  const key = keys.find(({ kid }) => kid === header.kid);
  if (key === undefined || header.alg !== "EdDSA") throw new Finding("otherKey");
  if (!(await isSigned(key, signature, signed))) throw new Finding("badSignature");
  for (const [name, value] of Object.entries(outside)) {
    if (name !== "receipt" && value !== facts[name as keyof ReceiptFacts]) throw new Finding("otherOutside", { name });
  }
  const { buyer_id, quantity, amount_minor, expires_at, idempotency_key, by_agent } = facts;
  const ofAgent = by_agent === true ? ["agent"] : [];
  const told = JSON.stringify([buyer_id, quantity, amount_minor, Date.parse(expires_at), idempotency_key, ...ofAgent]);
  if (hashText(`${facts.salt}\n${told}`) !== facts.details) throw new Finding("badDetails");
  if (hashText(textOf(facts, facts.previous_hash)) !== facts.hash) throw new Finding("badRowHash");
  await holdAgainstLedger(facts);
  const { offers } = await askCampaign(facts.campaign_id);
  return { facts, offer: offers.find(({ id }) => id === facts.offer_id) };
}

/** The same, and that every row of the sale holds up to the receipt's. */
export async function checkReceiptInLedger(
  text: string,
  order: string,
  onProgress: (count: number) => void,
): Promise<ReceiptCheck & { readonly walk: Walk }> {
  const check = await checkReceipt(text);
  const { facts } = check;
  if (facts.order_id !== order) throw new Finding("otherOrder", { order: facts.order_id });
  const walk = new Walk(facts.campaign_id);
  while (walk.seq < facts.seq && (await walk.step(facts.seq))) onProgress(walk.count);
  if (walk.seq !== facts.seq || walk.hash !== facts.hash)
    throw new Finding("notInLedger", { seq: facts.seq }, facts.seq);
  return { ...check, walk };
}

async function holdAgainstLedger(facts: ReceiptFacts): Promise<void> {
  const { seq } = facts;
  const page = await askLedger(facts.campaign_id, seq - 1, 1, anew);
  const [row] = page.rows;
  if (row === undefined) throw new Finding("gone", { seq }, seq);
  const isSame = row.hash === facts.hash && page.previous_hash === facts.previous_hash && row.seq === seq;
  if (!isSame || ("type" in row && textOf(row, facts.previous_hash) !== textOf(facts, facts.previous_hash))) {
    throw new Finding("notInLedger", { seq }, seq);
  }
}

/** The parts of a receipt: what the API answered, or the signed text alone. */
function parseReceipt(text: string): Parts {
  try {
    const trimmed = text.trim();
    const outside = (trimmed.startsWith("{") ? JSON.parse(trimmed) : { receipt: trimmed }) as Parts["outside"];
    const [header = "", payload = "", signature = "", ...rest] = String(outside["receipt"]).split(".");
    if (rest.length > 0 || signature === "") throw new Error("not three parts");
    return {
      outside,
      header: jsonOf(header) as Parts["header"],
      facts: jsonOf(payload) as ReceiptFacts,
      signature: bytesOf(signature),
      signed: textBytes(`${header}.${payload}`),
    };
  } catch {
    throw new Finding("noReceipt");
  }
}

function bytesOf(base64url: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64url.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}

function jsonOf(base64url: string): unknown {
  const value: unknown = JSON.parse(new TextDecoder().decode(bytesOf(base64url)));
  if (typeof value !== "object" || value === null) throw new Error("no object");
  return value;
}

async function isSigned({ kty, crv, x }: Jwk, signature: BufferSource, signed: BufferSource): Promise<boolean> {
  // Browsers have it on encrypted connections alone.
  if ((crypto as Partial<Crypto>).subtle === undefined) throw new Finding("noCrypto");
  let key: CryptoKey;
  try {
    const jwk = { kty, crv, x } as JsonWebKey;
    key = await crypto.subtle.importKey("jwk", jwk, { name: "Ed25519" }, false, ["verify"]);
  } catch {
    throw new Finding("noEd25519");
  }
  return crypto.subtle.verify({ name: "Ed25519" }, key, signature, signed);
}
