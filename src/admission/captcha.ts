/**
 * An outside captcha in place of the proof of work: asks its verifier (`siteverify`, as Turnstile, hCaptcha and others
 * have it) whether what a request came with is good. Those see to it themselves that a token counts once. Whatever goes
 * wrong on the way is `unavailable`, and then nobody is admitted: never the other way round.
 */
import { formatId } from "../domain/ids.ts";
import { limits } from "../domain/limits.ts";
import { sha256 } from "../host/hash.ts";
import { log } from "../host/log.ts";
import type { ChallengeFailure } from "./challenge.ts";

export interface CaptchaSettings {
  readonly url: string;
  readonly secret: string;
  /** Public: the browser's widget is made with it. */
  readonly siteKey: string;
  /** The host on whose pages it must have been solved; `null`: any. */
  readonly hostname: string | null;
}

export type CaptchaOutcome =
  | { readonly code: "solved" }
  | { readonly code: ChallengeFailure }
  | { readonly code: "unavailable" };

const tokenLengthMax = 2_048; // Turnstile's bound; the others' are shorter
const answerBytesMax = 16_384;
const timeoutMsDefault = 5_000;
const buyerDigits = 32;
/** Errors that are ours or the verifier's, not the buyer's. */
const notOfBuyer = new Set([
  "missing-input-secret",
  "invalid-input-secret",
  "bad-request",
  "internal-error",
  "sitekey-secret-mismatch",
]);
/** All buyers meet a verifier that is down: the log says so once in this time. */
const warnEveryMs = 10_000;

/** What the widget is to be given, so that its token is bound: told back by verifiers that know these fields. */
export function captchaBinding(buyerId: string, campaignId: number): { action: string; cdata: string } {
  return { action: formatId("cmp", campaignId), cdata: sha256(buyerId).slice(0, buyerDigits) };
}

export class Captcha {
  readonly settings: CaptchaSettings;
  readonly #elapsedMs: () => number;
  readonly #timeoutMs: number;
  #inFlight = 0;
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(parts: { settings: CaptchaSettings; elapsedMs: () => number; timeoutMs?: number }) {
    this.settings = parts.settings;
    this.#elapsedMs = parts.elapsedMs;
    this.#timeoutMs = parts.timeoutMs ?? timeoutMsDefault;
  }

  async check(token: string | null, buyerId: string, campaignId: number): Promise<CaptchaOutcome> {
    if (token === null || token === "") return { code: "missing" };
    if (token.length > tokenLengthMax || !/^[\x21-\x7e]+$/.test(token)) return { code: "malformed" };
    if (this.#inFlight >= limits.captchasInFlightMax) return { code: "unavailable" };
    this.#inFlight += 1;
    try {
      return this.#judge(await this.#ask(token), captchaBinding(buyerId, campaignId));
    } catch (cause) {
      this.#warn(cause instanceof Error ? cause.message : String(cause));
      return { code: "unavailable" };
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #ask(token: string): Promise<Readonly<Record<string, unknown>>> {
    const response = await fetch(this.settings.url, {
      method: "POST",
      body: new URLSearchParams({ secret: this.settings.secret, response: token }),
      redirect: "error",
      signal: AbortSignal.timeout(this.#timeoutMs),
    });
    const text = await readBounded(response);
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && "success" in value && typeof value.success === "boolean") {
      return value as Readonly<Record<string, unknown>>;
    }
    throw new Error(`it answers ${response.status} without saying whether it is a success`);
  }

  #judge(answer: Readonly<Record<string, unknown>>, bound: { action: string; cdata: string }): CaptchaOutcome {
    if (answer["success"] !== true) {
      const errors: unknown[] = Array.isArray(answer["error-codes"]) ? answer["error-codes"] : [];
      const ours = errors.find((error) => typeof error === "string" && notOfBuyer.has(error));
      if (ours !== undefined) throw new Error(`it answers ${ours}`);
      return { code: errors.includes("timeout-or-duplicate") ? "replayed" : "not_solved" };
    }
    const { hostname } = this.settings;
    if (hostname !== null && answer["hostname"] !== hostname) return { code: "forged" };
    if (isOther(answer["action"], bound.action)) return { code: "wrong_campaign" };
    if (isOther(answer["cdata"], bound.cdata)) return { code: "wrong_buyer" };
    return { code: "solved" };
  }

  #warn(why: string): void {
    const nowMs = this.#elapsedMs();
    if (nowMs < this.#warnedAtMs + warnEveryMs) return;
    this.#warnedAtMs = nowMs;
    log("warn", "the captcha's verifier cannot be asked: nobody is admitted who has to solve one", { why });
  }
}

/** Whether a verifier that knows this field tells another value than ours. */
function isOther(told: unknown, ours: string): boolean {
  return told !== undefined && told !== ours;
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > answerBytesMax) throw new Error("its answer has no end");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
