/**
 * A tool: what an agent may ask for or do, by `/v1` alone and in the name of its caller. What it answers is data with a
 * sentence of ours; what a shop has written goes out under `untrusted_shop_text` and nowhere else, so that no title
 * can pass for an instruction. A refusal keeps the code that the API has for it.
 */
import type { Static, TObject } from "@sinclair/typebox";
import { mayActAs, type OperatorRole } from "../../domain/operator.ts";
import type { ReceiptFacts } from "../../domain/receipt.ts";
import type { Api, ApiReply, ApiRequest } from "../api.ts";
import type { Quotes } from "../quote.ts";
import type { ToolName } from "./tool-names.ts";

export type Caller =
  | { readonly kind: "nobody" }
  | { readonly kind: "buyer"; readonly id: string }
  | { readonly kind: "operator"; readonly role: OperatorRole };

/** Who may use something. Buyers' things are not for operators: those have no orders of their own. */
export type Audience = "everybody" | "buyers" | OperatorRole;

/** What a tool works with, for one request. */
export interface Desk {
  readonly api: Api;
  readonly caller: Caller;
  readonly quotes: Quotes;
  readonly nowMs: () => number;
  readonly newQuoteNumber: () => string;
  /** The campaign that an offer belongs to; `null` for no offer. */
  readonly campaignIdOf: (offerId: string) => string | null;
  /** The facts of a receipt that this shop has signed; `null` when it has not. */
  readonly factsOfReceipt: (receipt: string) => Promise<ReceiptFacts | null>;
}

export interface Done {
  readonly kind: "done";
  /** A sentence, without anything that a shop has written. */
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface Refused {
  readonly kind: "refused";
  readonly code: string;
  readonly text: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export type ToolAnswer = Done | Refused;

interface ToolWords {
  readonly name: ToolName;
  readonly title: string;
  readonly description: string;
  readonly audience: Audience;
  /** `reads`: changes nothing. `changes`: does, and twice is as once. `adds`: twice is twice. `ends`: cannot be taken back. */
  readonly effect: "reads" | "changes" | "adds" | "ends";
  readonly output: TObject;
}

export interface Tool extends ToolWords {
  readonly input: TObject;
  /** `args` are of the input's shape. */
  readonly run: (args: unknown, desk: Desk) => Promise<ToolAnswer>;
}

export function toolOf<I extends TObject>(
  what: ToolWords & { readonly input: I; readonly run: (args: Static<I>, desk: Desk) => Promise<ToolAnswer> },
): Tool {
  return { ...what, run: (args, desk) => what.run(args as Static<I>, desk) }; // held against `input` before
}

export function mayUse(caller: Caller, audience: Audience): boolean {
  if (audience === "everybody") return true;
  if (audience === "buyers") return caller.kind === "buyer";
  return caller.kind === "operator" && mayActAs(caller.role, audience);
}

export function done(text: string, data: object): Done {
  return { kind: "done", text, data: { ...data } };
}

/** A refusal of the tool's own. */
export function refuse(code: string, text: string, details: Readonly<Record<string, unknown>> = {}): Refused {
  return { kind: "refused", code, text, details };
}

/** Asks `/v1`: its answer where it is a success, else the refusal as the API has it. */
export async function ask(
  desk: Desk,
  request: ApiRequest,
): Promise<{ readonly kind: "told"; readonly body: unknown; readonly reply: ApiReply } | Refused> {
  const reply = await desk.api(request);
  if (reply.status < 400) return { kind: "told", body: reply.body, reply };
  return refusedBy(reply);
}

interface ProblemJson {
  readonly type?: string;
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly code?: string;
}

function refusedBy({ status, body, retryAfterS }: ApiReply): Refused {
  const { type: _, title = `status ${status}`, status: __, detail = "", code = "internal", ...more } = problemIn(body);
  const wait = retryAfterS === null ? "" : ` Do not try again within ${retryAfterS} s.`;
  const details = { ...more, ...(retryAfterS === null ? {} : { retry_after_s: retryAfterS }) };
  return { kind: "refused", code, text: `${title}. ${detail}${wait}`, details };
}

function problemIn(body: unknown): ProblemJson {
  return typeof body === "object" && body !== null ? body : {};
}
