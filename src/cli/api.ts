/**
 * The commands' way to a running Rushbox: one request, one JSON answer. By Node's client, since `fetch` would send
 * through HTTP_PROXY even what is meant for this machine.
 */

import { type ClientRequest, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { AdmissionMode } from "../domain/admission.ts";
import { limits } from "../domain/limits.ts";
import { OperationError } from "../host/operation-error.ts";

export interface ApiRequest {
  readonly method?: "GET" | "POST";
  /** A buyer's token or the operator's key. */
  readonly as?: string;
  readonly body?: unknown;
}

export interface CampaignJson {
  readonly id: string;
  readonly title: string;
  readonly state: string;
  readonly opens_at: string | null;
  readonly closes_at: string | null;
  readonly admission: AdmissionMode;
  readonly pass: boolean;
  readonly offers: readonly OfferJson[];
}

export interface OfferJson {
  readonly id: string;
  readonly sku: string;
  readonly title: string;
  readonly price_minor: number;
  readonly currency: string;
  readonly limit_per_buyer: number;
  readonly total: number;
  readonly available: number;
  readonly held: number;
  readonly sold: number;
  /** In its waitlist or draw. */
  readonly waiting: number;
}

export interface OrderJson {
  readonly id: string;
  readonly offer_id: string;
  readonly buyer_id: string;
  readonly quantity: number;
  readonly state: string;
  readonly reserved_at: string;
}

/** A page of a list. */
interface Page {
  readonly next_cursor: string | null;
}

export interface CampaignPage extends Page {
  readonly campaigns: readonly CampaignJson[];
}

export interface OrderPage extends Page {
  readonly orders: readonly OrderJson[];
}

const answerMsMax = 15_000; // longer than the server's own deadline for a decision
/** Lists are what a server gives up first: after a rush it has them again within seconds. */
const listTriesMax = 30;
const listAgainMs = 500;

/** Sends a request and answers the JSON of a success; throws `OperationError` for anything else. */
export async function callApi<T>(url: string, what: ApiRequest = {}): Promise<T> {
  return successOf<T>(url, what, await send(url, what));
}

function successOf<T>(url: string, what: ApiRequest, { status, text }: { status: number; text: string }): T {
  if (status >= 200 && status < 300) return JSON.parse(text) as T;
  const { title = "no JSON", detail = "", errors = [] } = problemOf(text);
  const fields = errors.map(({ field, detail: why }) => `${field} ${why}`).join("; ");
  throw new OperationError({
    operation: `${what.method ?? "GET"} ${url}`,
    subject: `${status} ${title}${fields === "" ? "" : ` (${fields})`}`,
    hint: detail,
  });
}

/** The pages of a list, each the answer to one request: asked for again for a while where it is given up under load. */
export async function* pagesOf<T extends Page>(url: string, as?: string): AsyncGenerator<T, void> {
  for (let cursor: string | null = ""; cursor !== null; ) {
    const query = `limit=${limits.pageSizeMax}${cursor === "" ? "" : `&cursor=${cursor}`}`;
    const page: T = await callPatiently<T>(`${url}?${query}`, as === undefined ? {} : { as });
    yield page;
    cursor = page.next_cursor;
  }
}

async function callPatiently<T>(url: string, what: ApiRequest): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    const answer = await send(url, what);
    if (answer.status !== 503 || tries === listTriesMax) return successOf<T>(url, what, answer);
    await Bun.sleep(listAgainMs);
  }
}

/** Sends a request and answers whatever comes back. Throws `OperationError` when nothing does. */
export function send(
  url: string,
  { method = "GET", as, body }: ApiRequest = {},
  withinMs = answerMsMax,
): Promise<{ status: number; text: string }> {
  const headers: Record<string, string> = {};
  if (as !== undefined) headers["authorization"] = `Bearer ${as}`;
  if (body !== undefined) headers["content-type"] = "application/json";
  const start = url.startsWith("https:") ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) =>
      reject(
        new OperationError({
          operation: `${method} ${url}`,
          subject: "no answer",
          hint: "Is it running there? Start it with 'rushbox serve', or name another address.",
          cause,
        }),
      );
    const sent: ClientRequest = start(url, { method, headers, timeout: withinMs }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("error", fail);
      answer.on("end", () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
    });
    sent.on("timeout", () => sent.destroy(new Error(`not within ${withinMs / 1_000} s`)));
    sent.on("error", fail);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

interface Problem {
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
}

function problemOf(text: string): Problem {
  try {
    return JSON.parse(text) as Problem;
  } catch {
    return {};
  }
}
