/** What anybody calls to check a sale: ledger, receipts, draws. */
import { Type } from "@sinclair/typebox";
import {
  CampaignAnswer,
  DrawAnswer,
  DrawEntriesAnswer,
  DrawProofAnswer,
  LedgerAnswer,
  OrderHistoryAnswer,
  PublicLedgerAnswer,
  ReceiptAnswer,
  ReceiptKeysAnswer,
} from "../schemas.ts";
import {
  drawEntries,
  drawOpen,
  drawProof,
  drawTerms,
  hashWords,
  ledgerRow,
  offerDraw,
  one,
  previousHash,
  receipt,
} from "./examples.ts";
import type { Operation } from "./operation.ts";
import {
  afterParameter,
  buyerProblems,
  campaignIdParameter,
  etagHeader,
  ifNoneMatch,
  ledgerLimitParameter,
  ledgerLimitWrong,
  notModified,
  offerIdParameter,
  operatorProblems,
  orderIdParameter,
  switchedOff,
} from "./parts.ts";

export const proofOperations = {
  list_campaign_ledger: {
    id: "list_campaign_ledger",
    tag: "Proof",
    summary: "The public ledger, from a campaign's creation on",
    description: [
      "For anybody who wants to check a sale: all rows of the ledger from that of the campaign's creation on, since the",
      "chain of hashes goes through all of them. No row tells who bought: what a row says of persons and terms stands in",
      "it as a hash, `details`. The page at `/verify` does the whole check in a browser.",
      "",
      ...hashWords,
      "",
      "Full pages never change and may be kept for ever.",
    ].join("\n"),
    callers: "everybody",
    parameters: [campaignIdParameter, afterParameter, ledgerLimitParameter],
    answers: {
      200: {
        description: "A page of rows.",
        schema: PublicLedgerAnswer,
        examples: one("One row, and one of a sale that is not published yet", {
          previous_hash: previousHash,
          rows: [ledgerRow, { seq: 119, hash: previousHash }],
          next_after: null,
        }),
        headers: { "Cache-Control": "A full page for ever, the last one a second." },
      },
    },
    problems: [ledgerLimitWrong, "not_found", switchedOff("search_off"), "overloaded", "internal"],
  },
  get_draw: {
    id: "get_draw",
    tag: "Proof",
    summary: "The draws of a campaign",
    description: [
      "What was settled before anybody could enter, `commitment` and the beacon's round, and of each offer what is known by",
      "now: at the closing `root` and `count` fix who has entered; when the draw is made `secret` is revealed, and with what",
      "the beacon said it gives the `seed` from which the order of all entries follows. The page at `/verify` checks all of",
      "it in a browser, `rushbox verify-draw` offline.",
    ].join("\n"),
    callers: "everybody",
    parameters: [campaignIdParameter],
    answers: {
      200: {
        description: "The draws.",
        schema: DrawAnswer,
        examples: {
          made: ["Drawn", { ...drawTerms, offers: [offerDraw] }],
          open: ["Entries are still taken", { ...drawTerms, offers: [drawOpen] }],
        },
        headers: { "Cache-Control": "One second." },
      },
    },
    problems: ["not_found", "draw_off", "internal"],
  },
  list_draw_entries: {
    id: "list_draw_entries",
    tag: "Proof",
    summary: "The entries of a draw",
    description: [
      "All entries in the order of entering, from the closing on, without who they are: each `leaf` is `details` of the",
      "entry's row in the ledger. They give the draw's `root`; `rank` follows from its `seed`; orders went down the list,",
      "passing over those who left. A page may be shorter than asked for; `next_after` is null after the last.",
    ].join("\n"),
    callers: "everybody",
    parameters: [
      offerIdParameter,
      {
        name: "after",
        in: "query",
        description: "How many entries stand before the page: the `next_after` of the page before.",
        schema: Type.Integer({ minimum: 0, default: 0 }),
      },
      ledgerLimitParameter,
    ],
    answers: {
      200: {
        description: "A page of entries.",
        schema: DrawEntriesAnswer,
        examples: one("Three entries, the third drawn first", { entries: drawEntries, next_after: null }),
        headers: { "Cache-Control": "One second." },
      },
    },
    problems: [ledgerLimitWrong, "not_found", "draw_off", switchedOff("search_off"), "overloaded", "internal"],
  },
  get_draw_proof: {
    id: "get_draw_proof",
    tag: "Proof",
    summary: "The proof of the buyer's own entry",
    description: [
      "All that a buyer needs to check what concerns them, without believing anybody: that their entry is among those that",
      "were drawn (`leaf`, `index`, `path`, `root`), that the secret is the one of the `commitment`, and that their `rank` is",
      "the one that follows from it. `leaf` is the SHA-256 of `salt`, a line feed and the JSON array `[buyer_id]`, with",
      "`agent` after it where `by_agent` says so. Keep one",
      "from before the closing: both together show that nothing was changed between. When the buyer's identity was erased",
      "there is none any more.",
    ].join("\n"),
    callers: "buyers",
    parameters: [offerIdParameter],
    answers: {
      200: { description: "The proof.", schema: DrawProofAnswer, examples: one("Second of three", drawProof) },
    },
    problems: [
      ...buyerProblems,
      "not_found",
      "draw_off",
      ["not_waiting", { detail: "You have no entry in this draw." }],
    ],
  },
  get_order_history: {
    id: "get_order_history",
    tag: "Proof",
    summary: "What happened to an order",
    description: [
      "The rows of the ledger about this order: reserved, paid, cancelled, expired, refunded, and every payment that came",
      "and could not be kept. `previous_seq` links each to the one before.",
      "",
      ...hashWords,
    ].join("\n"),
    callers: "buyers and operators",
    parameters: [orderIdParameter],
    answers: {
      200: {
        description: "The rows, in their order.",
        schema: OrderHistoryAnswer,
        examples: one("Reserved, nothing else yet", { rows: [ledgerRow], is_complete: true }),
      },
    },
    problems: [...buyerProblems, "not_found"],
  },
  get_receipt: {
    id: "get_receipt",
    tag: "Proof",
    summary: "The receipt of an order",
    description: [
      "What the ledger says of the order's beginning, signed: with it a buyer can prove later that their row stood in the",
      "ledger, and where. `receipt` is all of it as a JWS; the keys are at `/.well-known/jwks.json`. `details` is the",
      "SHA-256 of the salt, a line feed and the JSON array `[buyer_id, quantity, amount_minor, expires_at in",
      "milliseconds since 1970, idempotency_key]`.",
      "",
      ...hashWords,
      "",
      "When the buyer's identity was erased there is none any more.",
    ].join("\n"),
    callers: "buyers and operators",
    parameters: [orderIdParameter],
    answers: { 200: { description: "The receipt.", schema: ReceiptAnswer, examples: one("A receipt", receipt) } },
    problems: [...buyerProblems, "not_found"],
  },
  receipt_keys: {
    id: "receipt_keys",
    tag: "Proof",
    summary: "The keys to check receipts with",
    description: "A JSON Web Key Set (RFC 7517): the public half of the key in the data folder.",
    callers: "everybody",
    answers: {
      200: {
        description: "The keys.",
        schema: ReceiptKeysAnswer,
        examples: one("One key", {
          keys: [
            {
              crv: "Ed25519",
              x: "EXyr3TUkIxbjFIOGLgHlOimowT8Zjv6WjPg8mntgQBE",
              kty: "OKP",
              alg: "EdDSA",
              use: "sig",
              kid: "IYavu2-Kvxraw_7gQ-FYUXYIl_wxWgOICu_PBPjQds0",
            },
          ],
        }),
        headers: { "Cache-Control": "An hour." },
      },
    },
    problems: ["method_not_allowed", "internal"],
  },
  list_ledger: {
    id: "list_ledger",
    tag: "Proof",
    summary: "The ledger with its buyers",
    description: [
      "Every row from the first on, or those of one campaign. A page of one campaign may be short, even empty, with a",
      "`next_after`, where its rows lie far apart.",
      "",
      ...hashWords,
    ].join("\n"),
    callers: "operators",
    parameters: [
      afterParameter,
      ledgerLimitParameter,
      {
        name: "campaign_id",
        in: "query",
        description: "Only rows of this campaign.",
        schema: CampaignAnswer.properties.id,
      },
    ],
    answers: {
      200: {
        description: "A page of rows.",
        schema: LedgerAnswer,
        examples: one("One row", { rows: [{ ...ledgerRow, buyer_id: "alice" }], next_after: null }),
      },
    },
    problems: [ledgerLimitWrong, ...operatorProblems, switchedOff("search_off")],
  },
  verify_page: {
    id: "verify_page",
    tag: "Proof",
    summary: "Check a sale in the browser",
    description:
      "A page in English and Chinese that reads the public ledger, makes every hash anew and adds up the counts; it checks receipts too. `?campaign=` begins with that one, `?lang=zh` or `en` chooses the language.",
    callers: "everybody",
    parameters: [ifNoneMatch],
    answers: {
      200: {
        description: "The page.",
        type: "text/html",
        schema: Type.String(),
        examples: one("The page", "<!doctype html>\n<title>Check a sale</title>"),
        headers: etagHeader,
      },
      304: notModified,
    },
    problems: ["method_not_allowed"],
  },
} satisfies Readonly<Record<string, Operation>>;
