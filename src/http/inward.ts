/**
 * `/v1` called from inside, by a dialogue that runs on this thread: the same routes with the same gate, counted like any
 * request, without a socket in between. A call comes from where the request comes from that it is made for, and asks as the
 * one who made that: a buyer who is vouched for, or whoever the Authorization header names.
 */
import type { Api, ApiReply, ApiRequest } from "../dialogue/api.ts";
import type { Buyer } from "./auth.ts";
import type { HttpParts } from "./parts.ts";
import { type Route, routeOf } from "./route.ts";

/** For whom a call is made. */
export interface Behalf {
  readonly outer: Request;
  /** Known by more than the outer request's header; `null` to ask with that header. */
  readonly buyer: Buyer | null;
}

/** Nothing that a client sends: of a buyer who is vouched for no token is known here. */
const vouchedAuthorization = "Inward";

export class Inward {
  readonly #parts: Pick<HttpParts, "addresses" | "auth">;
  readonly #serve: () => readonly Route[];
  #routes: readonly Route[] | null = null;

  /** `serve`: the routes, observed and behind the gate as they are served; asked for at the first call. */
  constructor(parts: Pick<HttpParts, "addresses" | "auth">, serve: () => readonly Route[]) {
    this.#parts = parts;
    this.#serve = serve;
  }

  /** The API for one request's sake. Throws for an address that `/v1` does not have: a mistake of ours. */
  apiFor(behalf: Behalf): Api {
    return (request) => this.#call(behalf, request);
  }

  async #call(behalf: Behalf, asked: ApiRequest): Promise<ApiReply> {
    const request = this.#requestOf(behalf, asked);
    this.#routes ??= this.#serve();
    const found = routeOf(this.#routes, asked.method, new URL(request.url).pathname);
    if (found === null) throw new Error(`${asked.method} ${asked.path} is no address of /v1`);
    const response = await found.route.handle(request, found.params);
    const retryAfter = response.headers.get("retry-after");
    const isJson = response.body !== null && (response.headers.get("content-type")?.includes("json") ?? false);
    return {
      status: response.status,
      body: isJson ? await response.json() : null,
      retryAfterS: retryAfter === null ? null : Number(retryAfter),
      location: response.headers.get("location"),
    };
  }

  #requestOf({ outer, buyer }: Behalf, { method, path, body, headers }: ApiRequest): Request {
    const text = body === undefined ? null : JSON.stringify(body);
    const sent = new Headers(headers);
    const authorization = buyer === null ? outer.headers.get("authorization") : vouchedAuthorization;
    if (authorization !== null) sent.set("authorization", authorization);
    if (text !== null) {
      sent.set("content-type", "application/json");
      sent.set("content-length", String(Buffer.byteLength(text)));
    }
    const request = new Request(new URL(path, outer.url).href, { method, headers: sent, body: text });
    this.#parts.addresses.lend(request, outer);
    if (buyer !== null) this.#parts.auth.vouch(request, buyer);
    return request;
  }
}
