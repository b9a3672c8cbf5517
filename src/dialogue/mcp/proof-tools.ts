/**
 * Tools that check: a receipt against the shop's key and the public ledger, a draw against what was promised before it.
 * They ask what anybody may ask. Whoever wants to believe nobody here runs `rushbox verify-draw` or the page /verify on
 * a machine of their own.
 */
import { Type } from "@sinclair/typebox";
import { limits } from "../../domain/limits.ts";
import { textsOfReceipt } from "../../domain/receipt.ts";
import {
  EntriesCheck,
  problemOfBeaconTold,
  problemOfEntryIn,
  problemOfInclusion,
  problemOfLeaf,
  problemOfRank,
  problemOfSecret,
  problemOfSeed,
  problemOfState,
} from "../../draw/check.ts";
import type { DrawDocument, DrawEntryTold, DrawProof } from "../../draw/document.ts";
import { sha256 } from "../../host/hash.ts";
import { pathOf } from "../api.ts";
import { countOf, idOf, inputOf, orNull } from "./schema.ts";
import { ask, type Desk, done, type Refused, refuse, type Tool, toolOf } from "./tool.ts";

const receiptLengthMax = 8_000;
/** Entries that a draw is checked with here: some 50 ms of work, in slices of a page. */
const entriesCheckedMax = 10_000;

const ChecksShape = Type.Array(
  Type.Object({
    check: Type.String({ description: "what must hold" }),
    holds: Type.Boolean(),
    problem: orNull(Type.String({ description: "what does not hold" })),
  }),
  { description: "what was checked" },
);

interface Check {
  readonly check: string;
  readonly holds: boolean;
  readonly problem: string | null;
}

function checkOf(check: string, problem: string | null): Check {
  return { check, holds: problem === null, problem };
}

function verdictOf(what: string, checks: readonly Check[]): string {
  const failed = checks.filter(({ holds }) => !holds);
  if (failed.length === 0) return `Everything holds: ${what}.`;
  return `It does not hold: ${failed.map(({ problem }) => problem).join("; ")}.`;
}

const verifyReceipt = toolOf({
  name: "verify_receipt",
  title: "Check a receipt",
  description:
    "Checks a receipt that get_receipt or the shop has given: whether this shop has signed it, whether it says what was hashed, and whether its row is in the ledger, unchanged.",
  audience: "everybody",
  effect: "reads",
  input: inputOf({
    receipt: Type.String({ minLength: 1, maxLength: receiptLengthMax, description: "the receipt: a compact JWS" }),
  }),
  output: Type.Object({
    is_valid: Type.Boolean({ description: "whether everything holds" }),
    checks: ChecksShape,
    order_id: orNull(Type.String({ description: "the order that it is about" })),
    at: orNull(Type.String({ description: "when it was reserved" })),
    quantity: orNull(countOf("units")),
    amount_minor: orNull(countOf("to pay, in minor units")),
  }),
  async run({ receipt }, desk) {
    const facts = await desk.factsOfReceipt(receipt);
    if (facts === null) {
      const checks = [checkOf("signed by this shop", "it was not signed with this shop's key, or was changed")];
      const nothing = { order_id: null, at: null, quantity: null, amount_minor: null };
      return done(verdictOf("", checks), { is_valid: false, checks, ...nothing });
    }
    const texts = textsOfReceipt(facts);
    const isHashed = sha256(texts.details) === facts.details && sha256(texts.hash) === facts.hash;
    const row = await rowInLedger(desk, facts);
    if (row.kind === "refused") return row;
    const checks = [
      checkOf("signed by this shop", null),
      checkOf("it says what was hashed", isHashed ? null : "it says something else than its row was hashed with"),
      checkOf(
        "its row is in the ledger",
        row.isThere ? null : `row ${facts.seq} of the ledger is another one: the ledger was rewritten`,
      ),
    ];
    const { order_id, at, quantity, amount_minor } = facts;
    const text = verdictOf(`the receipt of order ${order_id} is row ${facts.seq} of the ledger`, checks);
    const isValid = checks.every(({ holds }) => holds);
    return done(text, { is_valid: isValid, checks, order_id, at, quantity, amount_minor });
  },
});

async function rowInLedger(
  desk: Desk,
  facts: { readonly campaign_id: string; readonly seq: number; readonly hash: string; readonly previous_hash: string },
): Promise<{ readonly kind: "looked"; readonly isThere: boolean } | Refused> {
  const path = `${pathOf("/v1/campaigns/{}/ledger", facts.campaign_id)}?after=${facts.seq - 1}&limit=1`;
  const told = await ask(desk, { method: "GET", path });
  if (told.kind === "refused") return told.code === "not_found" ? { kind: "looked", isThere: false } : told;
  const { previous_hash, rows } = told.body as { previous_hash: string | null; rows: { seq: number; hash: string }[] };
  const [row] = rows;
  const isThere = row?.seq === facts.seq && row.hash === facts.hash && previous_hash === facts.previous_hash;
  return { kind: "looked", isThere };
}

const verifyDraw = toolOf({
  name: "verify_draw",
  title: "Check a draw",
  description: `Checks the draw of an offer from what is public of it: the secret that was committed to before anybody entered, the beacon, the entries as they were fixed at the closing, every rank, every order. With a buyer's token also their own entry. Draws of more than ${entriesCheckedMax} entries are checked without the list of entries; 'rushbox verify-draw' does all of it.`,
  audience: "everybody",
  effect: "reads",
  input: inputOf({ offer_id: idOf("off", "the offer that is drawn") }),
  output: Type.Object({
    holds: Type.Boolean({ description: "whether everything holds that can be known by now" }),
    state: Type.String({ description: "open, waiting_for_beacon, made or void" }),
    entries: orNull(countOf("how many entries the draw was over; null before the closing")),
    entries_checked: countOf("how many of them were looked at"),
    own_entry: orNull(Type.String({ description: "the buyer's own entry, where it was checked too" })),
    checks: ChecksShape,
  }),
  async run({ offer_id }, desk) {
    const campaignId = desk.campaignIdOf(offer_id);
    if (campaignId === null) return noDraw;
    const told = await ask(desk, { method: "GET", path: pathOf("/v1/campaigns/{}/draw", campaignId) });
    if (told.kind === "refused") return told.code === "not_found" ? noDraw : told; // a draft's is none, to the letter
    const document = told.body as DrawDocument;
    const draw = document.offers.find((one) => one.offer_id === offer_id);
    if (draw === undefined) return noDraw;
    const checks = [
      checkOf("its state is what everything else says", problemOfState(document, draw)),
      checkOf("its secret is the one that was committed to", problemOfSecret(document, draw)),
      checkOf("its beacon was named before, and said so", await problemOfBeaconTold(document, draw)),
      checkOf("its seed follows from what was drawn by", problemOfSeed(draw)),
    ];
    const entries: DrawEntryTold[] = [];
    if (draw.count !== null && draw.count <= entriesCheckedMax) {
      const listed = await entriesOf(desk, offer_id, entries);
      if (listed !== null) return listed;
      const check = new EntriesCheck(draw);
      for (const entry of entries) check.take(entry);
      checks.push(
        checkOf("the entries are those that were fixed at the closing", check.problemOfRoot()),
        checkOf("every rank follows from the seed", check.problemOfRanks()),
        checkOf("orders went down the list", check.problemOfOrders()),
      );
    }
    const proof = await ownProof(desk, offer_id);
    if (proof !== null) {
      checks.push(
        checkOf("the own entry is the hash of who entered it", problemOfLeaf(proof)),
        checkOf("the own entry is among those that were drawn", problemOfInclusion(proof)),
        checkOf("the own rank follows from the seed", problemOfRank(proof)),
      );
      if (entries.length > 0) checks.push(checkOf("the own entry is in the list", problemOfEntryIn(proof, entries)));
    }
    const holds = checks.every((one) => one.holds);
    const { state, count } = draw;
    return done(verdictOf(`the draw of offer ${offer_id} is ${state}`, checks), {
      ...{ holds, state, entries: count, entries_checked: entries.length },
      own_entry: proof?.entry_id ?? null,
      checks,
    });
  },
});

const noDraw = refuse("not_found", "There is no such draw: get_sale tells how a sale lets in, and its offers' ids.");

/** Fills in the entries of a closed draw; the refusal where they cannot be had. */
async function entriesOf(desk: Desk, offerId: string, entries: DrawEntryTold[]): Promise<Refused | null> {
  for (let after: number | null = 0; after !== null; ) {
    const path = `${pathOf("/v1/offers/{}/draw/entries", offerId)}?limit=${limits.ledgerPageSizeMax}&after=${after}`;
    const told = await ask(desk, { method: "GET", path });
    if (told.kind === "refused") return told;
    const page = told.body as { entries: DrawEntryTold[]; next_after: number | null };
    entries.push(...page.entries);
    after = page.next_after;
    await new Promise((resolve) => setImmediate(resolve)); // those who buy have their turn
  }
  return null;
}

/** The buyer's own proof, where they have an entry. */
async function ownProof(desk: Desk, offerId: string): Promise<DrawProof | null> {
  if (desk.caller.kind !== "buyer") return null;
  const told = await ask(desk, { method: "GET", path: pathOf("/v1/offers/{}/draw/proof", offerId) });
  return told.kind === "refused" ? null : (told.body as DrawProof);
}

export const proofTools: readonly Tool[] = [verifyReceipt, verifyDraw];
