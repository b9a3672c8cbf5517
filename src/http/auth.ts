/**
 * Who is asking. Buyers carry a JWT whose `sub` is their id, verified once by jose and then remembered until it
 * expires; operators carry a key, known by its hash. A buyer's token is never an operator's.
 */
import { timingSafeEqual } from "node:crypto";
import { createRemoteJWKSet, errors, type JWTVerifyGetKey, jwtVerify, SignJWT } from "jose";
import { LRUCache } from "lru-cache";
import type { Actor } from "../domain/agents.ts";
import { limits } from "../domain/limits.ts";
import { type OperatorRecord, type OperatorRole, rootOperatorName } from "../domain/operator.ts";
import type { Clock } from "../host/clock.ts";
import { sha256 } from "../host/hash.ts";
import { log } from "../host/log.ts";

export interface AuthSettings {
  readonly operatorKey: string;
  /** The HS256 secret, or the address of a JWKS. */
  readonly buyers: { readonly secret: string } | { readonly jwksUrl: string };
}

export interface Buyer {
  readonly id: string;
  /** The id as a JSON text, quotes included. */
  readonly json: string;
  readonly expiresAtMs: number;
  /** Software asks in the buyer's name: by a dialogue for agents, or by a token that names who acts (RFC 8693, `act`). */
  readonly isAgent: boolean;
}

/** Whoever operates: by the key of the settings, or by one that was made at run time. */
export interface Operator {
  readonly name: string;
  readonly role: OperatorRole;
}

/** Asked before a token is checked that is not known, and told when it was wrong: checking costs more than refusing. */
export interface TokenGuard {
  refuseToken(request: Request): Response | null;
  countFailure(request: Request): void;
}

/** A token is not even looked at: where it comes from, too many were wrong. */
export class TokenRefused extends Error {
  readonly response: Response;

  constructor(response: Response) {
    super("too many tokens from there were wrong");
    this.response = response;
  }
}

/** A token's keys could not be fetched: an operating failure, not the buyer's fault. */
export class KeysUnavailable extends Error {}

/** Who acts, for the engine: nothing where it is the buyer. */
export function actorOf({ isAgent }: Buyer): { readonly actor?: Actor } {
  return isAgent ? byAgent : byBuyer;
}

const byAgent = { actor: "agent" } as const;
const byBuyer = {};
const tokensRememberedMax = 200_000; // a token and its buyer take some 500 bytes
const tokenLengthMax = 4_096;
/** Nothing but base64url and dots: a decoder skips white space, and one token would have endless spellings. */
const tokenForm = /^[\w.-]+$/;
/** The key server's failures as jose tells them: its status or text, its keys' form, its silence. Others are the token's. */
const keyServerFailures = new Set([errors.JOSEError.code, errors.JWKSInvalid.code, errors.JWKSTimeout.code]);
const bearer = "Bearer ";
const root: Operator = { name: rootOperatorName, role: "admin" };
/** Every buyer meets a key server that is down: the log says so once in this time. */
const warnEveryMs = 10_000;

/** A buyer's HS256 token, as a shop signs them for its buyers. */
export function signBuyerToken(secret: string, buyerId: string, expiresAtMs: number): Promise<string> {
  return new SignJWT({ sub: buyerId, exp: Math.floor(expiresAtMs / 1_000) })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
}

export class Auth {
  readonly #clock: Clock;
  readonly #rootKeyHash: string;
  #operators: ReadonlyMap<string, Operator> = new Map();
  readonly #keys: Uint8Array | JWTVerifyGetKey;
  readonly #algorithms: string[];
  /** Requests that were made on this thread, by a dialogue whose caller is known. */
  readonly #vouched = new WeakMap<Request, Buyer>();
  readonly #remembered = new LRUCache<string, Buyer>({ max: tokensRememberedMax });
  #guard: TokenGuard | null = null;
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(settings: AuthSettings, clock: Clock) {
    this.#clock = clock;
    this.#rootKeyHash = sha256(settings.operatorKey);
    if ("secret" in settings.buyers) {
      this.#keys = new TextEncoder().encode(settings.buyers.secret);
      this.#algorithms = ["HS256"];
    } else {
      this.#keys = createRemoteJWKSet(new URL(settings.buyers.jwksUrl), { timeoutDuration: 3_000 });
      this.#algorithms = ["RS256", "PS256", "ES256", "ES384", "EdDSA"];
    }
  }

  /**
   * The buyer of a request: at once when the token is known; `null` when there is no valid one. Throws `TokenRefused`
   * where too many that are not known were wrong.
   */
  buyerOf(request: Request): Buyer | null | Promise<Buyer | null> {
    const header = request.headers.get("authorization");
    if (header === null) return null;
    const known = this.#remembered.get(header);
    if (known !== undefined && known.expiresAtMs > this.#clock.nowMs()) return known;
    const vouched = this.#vouched.get(request);
    if (vouched !== undefined) return vouched;
    const refused = this.#guard?.refuseToken(request) ?? null;
    if (refused !== null) throw new TokenRefused(refused);
    return this.#verify(header).then((buyer) => {
      if (buyer === null) this.#guard?.countFailure(request);
      return buyer;
    });
  }

  /** A request that comes from inside and is this buyer's, whose token was checked already. */
  vouch(request: Request, buyer: Buyer): void {
    this.#vouched.set(request, buyer);
  }

  guardBy(guard: TokenGuard): void {
    this.#guard = guard;
  }

  /** Takes the operators as they stand; those who are revoked are nobody from now on. */
  receive(operators: readonly OperatorRecord[]): void {
    const active = operators.filter(({ revokedAtMs }) => revokedAtMs === null);
    this.#operators = new Map(active.map(({ keyHash, name, role }) => [keyHash, { name, role }]));
  }

  /** The operator of a request, or `null`. Only hashes are compared: how long that takes tells nothing of a key. */
  operatorOf(request: Request): Operator | null {
    const token = tokenOf(request.headers.get("authorization"));
    if (token === null) return null;
    const keyHash = sha256(token);
    return timingSafeEqual(Buffer.from(keyHash), Buffer.from(this.#rootKeyHash))
      ? root
      : (this.#operators.get(keyHash) ?? null);
  }

  isOperator(request: Request): boolean {
    return this.operatorOf(request) !== null;
  }

  async #verify(header: string): Promise<Buyer | null> {
    const token = tokenOf(header);
    if (token === null || token.length > tokenLengthMax || !tokenForm.test(token)) return null;
    try {
      const options = { algorithms: this.#algorithms, currentDate: new Date(this.#clock.nowMs()) };
      const { payload } =
        typeof this.#keys === "function"
          ? await jwtVerify(token, this.#keys, options)
          : await jwtVerify(token, this.#keys, options);
      const { sub, exp, act } = payload;
      if (typeof sub !== "string" || sub === "" || sub.length > limits.buyerIdLengthMax || !sub.isWellFormed())
        return null;
      const expiresAtMs = exp === undefined ? Number.POSITIVE_INFINITY : exp * 1_000;
      const buyer = { id: sub, json: JSON.stringify(sub), expiresAtMs, isAgent: act !== undefined };
      if (header === bearer + token) this.#remembered.set(header, buyer); // one entry a token, however it is spaced
      return buyer;
    } catch (cause) {
      if (!(cause instanceof errors.JOSEError) || keyServerFailures.has(cause.code)) {
        this.#warn(cause);
        throw new KeysUnavailable("the keys of the buyers' tokens cannot be fetched", { cause });
      }
      return null;
    }
  }

  #warn(cause: unknown): void {
    const nowMs = this.#clock.elapsedMs();
    if (nowMs < this.#warnedAtMs + warnEveryMs) return;
    this.#warnedAtMs = nowMs;
    const why = cause instanceof Error ? cause.message : String(cause);
    log("warn", "the keys of the buyers' tokens cannot be fetched: requests with a new token are refused", { why });
  }
}

function tokenOf(header: string | null): string | null {
  if (header === null || header.slice(0, bearer.length).toLowerCase() !== bearer.toLowerCase()) return null;
  return header.slice(bearer.length).trim();
}
