/**
 * The one request that every server of a comparison gets, and the answers they all give: `POST /v1/offers/{id}/orders`
 * without a body, with a buyer's token. The clients (wrk and the fixed-rate one) send these very bytes.
 */
import { SignJWT } from "jose";
import { formatId } from "../src/domain/ids.ts";

/** An answer as a server gave it, without what every server adds itself. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What the rivals copy, so that all servers of a comparison write the same bytes. */
export interface Answers {
  readonly order: Answer;
  readonly soldOut: Answer;
}

const signedAtOnceMax = 64; // jose signs 64 side by side in a third of the time
/** Written by each HTTP server itself. */
const ownHeaders = ["date", "content-length", "connection", "keep-alive"];

export function buyerName(number: number): string {
  return `buyer-${String(number).padStart(7, "0")}`;
}

export function ordersPath(offerId: string): string {
  return `/v1/offers/${offerId}/orders`;
}

/** One HS256 token each for buyers 0, 1, 2 ..., valid for a day. */
export async function makeTokens(secret: string, count: number): Promise<readonly string[]> {
  const tokens: string[] = [];
  while (tokens.length < count) {
    const size = Math.min(signedAtOnceMax, count - tokens.length);
    tokens.push(...(await Promise.all(Array.from({ length: size }, (_, n) => makeToken(secret, tokens.length + n)))));
  }
  return tokens;
}

export function makeToken(secret: string, buyer: number): Promise<string> {
  const token = new SignJWT({}).setProtectedHeader({ alg: "HS256" }).setSubject(buyerName(buyer));
  return token.setIssuedAt().setExpirationTime("1d").sign(new TextEncoder().encode(secret));
}

/** The request but for the empty line at its end, where a key may still stand. */
export function requestHead({ port, path, token }: { port: number; path: string; token: string }): string {
  return `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 0\r\nAuthorization: Bearer ${token}\r\n`;
}

/** Sends the request once and keeps the answer. */
export async function ask(port: number, path: string, token: string): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  const headers = [...response.headers].filter(([name]) => !ownHeaders.includes(name));
  return { status: response.status, headers: Object.fromEntries(headers), body: await response.text() };
}

/** How an answer differs from the expected one in what costs time to send; `null` when it does not. */
export function differenceOf(answer: Answer, expected: Answer): string | null {
  if (answer.status !== expected.status) return `status ${answer.status}, not ${expected.status}: ${answer.body}`;
  const names = (of: Answer): string =>
    Object.keys(of.headers)
      .sort((a, b) => a.localeCompare(b))
      .join(", ");
  if (names(answer) !== names(expected)) return `headers ${names(answer)}, not ${names(expected)}`;
  const bytes = Math.abs(answer.body.length - expected.body.length);
  return bytes > 8 ? `${answer.body.length} bytes of body, not ${expected.body.length}` : null;
}

/** The answers of the wire contract, for a run without our own server. */
export function contractAnswers(): Answers {
  const order = {
    id: formatId("ord", 100_000),
    offer_id: formatId("off", 2),
    campaign_id: formatId("cmp", 1),
    buyer_id: buyerName(0),
    by_agent: false,
    sku: "hot",
    quantity: 1,
    amount_minor: 100,
    currency: "CNY",
    state: "reserved",
    seq: 100_000,
    reserved_at: "2026-11-11T00:00:00.000Z",
    expires_at: "2026-11-11T00:15:00.000Z",
  };
  const problem = {
    type: "/problems/sold_out",
    title: "Sold out",
    status: 409,
    detail: "Nothing of this offer is left.",
    code: "sold_out",
  };
  const headers = { "cache-control": "no-store", "x-content-type-options": "nosniff" };
  return {
    order: { status: 201, headers: { "content-type": "application/json", ...headers }, body: JSON.stringify(order) },
    soldOut: {
      status: 409,
      headers: { "content-type": "application/problem+json", ...headers },
      body: JSON.stringify(problem),
    },
  };
}
