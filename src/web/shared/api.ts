/**
 * The pages' way to `/v1`, as any client goes. Nothing is thrown: a refusal is a value with the problem's code, and so
 * is a connection that fails (`offline`), since whoever calls has to say something in either case.
 */
import type { ProblemCode } from "../../http/problem.ts";

export interface Refusal {
  readonly isOk: false;
  /** The problem's code; `offline` when nothing came back, `unreadable` when what came back is not ours. */
  readonly code: ProblemCode | "offline" | "unreadable";
  /** 0 when nothing came back. */
  readonly status: number;
  /** In English, for developers: what people read is looked up by the code. */
  readonly detail: string;
  /** Why, more closely, where the problem says so. */
  readonly reason: string | null;
  readonly retryAfterS: number | null;
  readonly errors: readonly FieldError[];
  /** The whole problem, for the members that its code alone has. */
  readonly members: Readonly<Record<string, unknown>>;
}

export interface FieldError {
  readonly field: string;
  readonly detail: string;
}

export interface Success<T> {
  readonly isOk: true;
  readonly status: number;
  readonly value: T;
  readonly headers: Headers;
}

export type Answer<T> = Success<T> | Refusal;

export interface Call {
  readonly method?: "GET" | "POST";
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** `no-cache` where an answer a second old is too old: it is asked for anew, and not sent again when it is the same. */
  readonly cache?: RequestCache;
}

export type Api = <T>(path: string, call?: Call) => Promise<Answer<T>>;

/** A request that is not answered in this time counts as lost: the server answers everything within a few seconds. */
const answerMsMax = 15_000;

/** Calls in the name of whoever the token belongs to, asked for at every call: `null` is nobody. */
export function apiFor(token: () => string | null): Api {
  return async <T>(path: string, { method = "GET", body, headers, signal, cache }: Call = {}): Promise<Answer<T>> => {
    const request: RequestInit = {
      method,
      headers: { ...authorization(token()), ...(body === undefined ? {} : jsonType), ...headers },
      signal: AbortSignal.any([AbortSignal.timeout(answerMsMax), ...(signal ? [signal] : [])]),
      credentials: "omit",
      ...(cache === undefined ? {} : { cache }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const response = await fetch(path, request).catch(() => null);
    if (response === null) return refusal({ code: "offline", status: 0, detail: "No connection." });
    const value: unknown = await response.json().catch(() => undefined);
    if (value === undefined)
      return refusal({ code: "unreadable", status: response.status, detail: "No JSON came back." });
    if (response.ok) return { isOk: true, status: response.status, value: value as T, headers: response.headers };
    return refusalOf(response, value);
  };
}

export function authorization(token: string | null): Record<string, string> {
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

const jsonType = { "content-type": "application/json" };

/** A problem+json as a value. */
export function refusalOf(response: Response, value: unknown): Refusal {
  const { code, detail, reason, errors } = value as Partial<Refusal>;
  const retryAfter = Number(response.headers.get("retry-after") ?? Number.NaN);
  return refusal({
    code: typeof code === "string" ? code : "unreadable",
    status: response.status,
    detail: typeof detail === "string" ? detail : "",
    reason: typeof reason === "string" ? reason : null,
    retryAfterS: Number.isFinite(retryAfter) ? retryAfter : null,
    errors: Array.isArray(errors) ? errors : [],
    members: value as Readonly<Record<string, unknown>>,
  });
}

function refusal(known: Pick<Refusal, "code" | "status" | "detail"> & Partial<Refusal>): Refusal {
  return { isOk: false, reason: null, retryAfterS: null, errors: [], members: {}, ...known };
}
