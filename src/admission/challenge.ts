/**
 * Proof of work, by ALTCHA: a challenge is signed, bound to a buyer and a campaign, good for some minutes, and its
 * solution counts once. What binds it stands in its signed `data`; nothing is remembered but the solutions that were
 * used. The expiry is judged by this process's own steady clock, not by the library's, which is the wall clock: setting
 * that neither ends nor prolongs a challenge. One that was made before the last start is expired, since the solutions
 * used before are not known any more.
 *
 * Order of checks: missing, malformed, expired (an earlier start), wrong_campaign, wrong_buyer, expired, replayed,
 * forged, not_solved. The signature comes late because it costs more than what precedes it, and nobody is told `solved`
 * without it.
 */
import { type Static, Type } from "@sinclair/typebox";
import { TypeCompiler } from "@sinclair/typebox/compiler";
import { createChallenge, verifySolution } from "altcha-lib";
import { deriveKey } from "altcha-lib/algorithms/pbkdf2";
import { formatId } from "../domain/ids.ts";
import { limits } from "../domain/limits.ts";
import type { Clock } from "../host/clock.ts";
import { sha256 } from "../host/hash.ts";
import type { SpentSet } from "./spent-set.ts";

export const challengeFailures = [
  "missing",
  "malformed",
  "forged",
  "wrong_buyer",
  "wrong_campaign",
  "expired",
  "replayed",
  "too_easy",
  "not_solved",
] as const;
export type ChallengeFailure = (typeof challengeFailures)[number];

/** How sending a solved challenge may end, a captcha's token included. */
export const challengeResults = ["solved", ...challengeFailures, "overloaded", "unavailable"] as const;

/** `overloaded`: no room to remember one more solution, so none is taken. */
export type ChallengeOutcome =
  | { readonly code: "solved"; readonly difficulty: Difficulty; readonly takenMs: number }
  | { readonly code: ChallengeFailure }
  | { readonly code: "overloaded" };

export const difficulties = ["normal", "harder"] as const;
export type Difficulty = (typeof difficulties)[number];

/** How long a challenge may be solved and its solution sent: to be solved before the opening, in the background. */
export const challengeLifetimeMs = 300_000;

const algorithm = "PBKDF2/SHA-256";
/** 4,096 derivations on average, whose count varies as chance will. */
const keyPrefix = "000";
/**
 * Iterations of one derivation, of 0.5 us each: `normal` takes half a second on one core of a desktop computer and some
 * seconds on an old phone, `harder` eight times as long. This server derives once to check: 0.1 ms, and 0.9 ms.
 */
const costs = { normal: 200, harder: 1_600 } as const satisfies Record<Difficulty, number>;

const buyerDigits = 32;
const hex = (digits: number) => Type.String({ pattern: `^[0-9a-f]{${digits}}$` });
const Data = Type.Object(
  {
    buyer: hex(buyerDigits),
    campaign: Type.String({ maxLength: 20 }),
    difficulty: Type.Union(difficulties.map((name) => Type.Literal(name))),
    expires_at_ms: Type.Integer({ minimum: 0 }),
    made_at_ms: Type.Integer({ minimum: 0 }),
    run: Type.String({ maxLength: 64 }),
  },
  { additionalProperties: false },
);
const Parameters = Type.Object(
  {
    algorithm: Type.Literal(algorithm),
    cost: Type.Integer({ minimum: 1 }),
    data: Data,
    keyLength: Type.Integer({ minimum: 1 }),
    keyPrefix: Type.String({ maxLength: 64 }),
    nonce: hex(32),
    salt: hex(32),
  },
  { additionalProperties: false },
);
const Solved = Type.Object(
  {
    challenge: Type.Object({ parameters: Parameters, signature: hex(64) }, { additionalProperties: false }),
    solution: Type.Object(
      {
        counter: Type.Integer({ minimum: 0 }),
        derivedKey: Type.String({ maxLength: 128 }),
        time: Type.Optional(Type.Number()),
      },
      { additionalProperties: false },
    ),
  },
  { additionalProperties: false },
);
const solvedCheck = TypeCompiler.Compile(Solved);

/** As ALTCHA's solvers take it. */
export interface Challenge {
  readonly parameters: Static<typeof Parameters>;
  readonly signature: string;
}

export class Challenges {
  readonly #secret: string;
  readonly #run: string;
  readonly #spent: SpentSet;
  readonly #clock: Clock;

  /** `run` names this start of the process, the same on all threads. */
  constructor(parts: { secret: string; run: string; spent: SpentSet; clock: Clock }) {
    this.#secret = parts.secret;
    this.#run = parts.run;
    this.#spent = parts.spent;
    this.#clock = parts.clock;
  }

  async make(buyerId: string, campaignId: number, difficulty: Difficulty): Promise<Challenge> {
    const madeAtMs = this.#clock.nowMs();
    const data: Static<typeof Data> = {
      buyer: buyerMark(buyerId),
      campaign: formatId("cmp", campaignId),
      difficulty,
      expires_at_ms: madeAtMs + challengeLifetimeMs,
      made_at_ms: madeAtMs,
      run: this.#run,
    };
    const cost = costs[difficulty];
    const made = await createChallenge({
      algorithm,
      cost,
      keyPrefix,
      deriveKey,
      data,
      hmacSignatureSecret: this.#secret,
    });
    const { nonce, salt, keyLength } = made.parameters;
    if (made.signature === undefined) throw new Error("a challenge is signed");
    return { parameters: { algorithm, cost, data, keyLength, keyPrefix, nonce, salt }, signature: made.signature };
  }

  /**
   * Takes the solution that a request came with: base64 of JSON, as ALTCHA's widget sends it. Solved is told once. `least`
   * is what the buyer has to solve now: what they solved before they were suspected is not enough.
   */
  async check(
    sent: string | null,
    buyerId: string,
    campaignId: number,
    least: Difficulty = "normal",
  ): Promise<ChallengeOutcome> {
    if (sent === null || sent === "") return { code: "missing" };
    const solved = solvedIn(sent);
    if (solved === null) return { code: "malformed" };
    const { challenge, solution } = solved;
    const { nonce, data } = challenge.parameters;
    if (data.run !== this.#run) return { code: "expired" };
    if (data.campaign !== formatId("cmp", campaignId)) return { code: "wrong_campaign" };
    if (data.buyer !== buyerMark(buyerId)) return { code: "wrong_buyer" };
    if (data.expires_at_ms <= this.#clock.nowMs()) return { code: "expired" };
    if (least === "harder" && data.difficulty !== "harder") return { code: "too_easy" };
    if (this.#spent.isSpent(nonce, data.expires_at_ms)) return { code: "replayed" };
    const { counter, derivedKey } = solution;
    const result = await verifySolution({
      challenge,
      solution: { counter, derivedKey },
      deriveKey,
      hmacSignatureSecret: this.#secret,
    });
    if (result.invalidSignature === true) return { code: "forged" };
    if (!result.verified) return { code: "not_solved" };
    const nowMs = this.#clock.nowMs(); // the derivation took its time
    if (data.expires_at_ms <= nowMs) return { code: "expired" };
    switch (this.#spent.spend(nonce, data.expires_at_ms, nowMs)) {
      case "fresh":
        return { code: "solved", difficulty: data.difficulty, takenMs: nowMs - data.made_at_ms };
      case "spent":
        return { code: "replayed" };
      case "full":
        return { code: "overloaded" };
    }
  }
}

/** The buyer in a challenge: always of one length, whatever their id is. */
function buyerMark(buyerId: string): string {
  return sha256(buyerId).slice(0, buyerDigits);
}

function solvedIn(sent: string): Static<typeof Solved> | null {
  if (sent.length > limits.solutionLengthMax || !/^[A-Za-z0-9+/]+={0,2}$/.test(sent)) return null;
  try {
    const value: unknown = JSON.parse(Buffer.from(sent, "base64").toString("utf8"));
    return solvedCheck.Check(value) ? value : null;
  } catch {
    return null; // no JSON
  }
}
