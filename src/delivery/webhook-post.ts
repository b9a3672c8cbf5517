/**
 * Sends one webhook as Standard Webhooks says. The address comes from an operator, so it is treated as hostile: the name
 * is resolved here, refused when any of its addresses is not a public one, and the connection goes to the addresses that
 * were checked - a second answer of the name server cannot move it (DNS rebinding). Redirects are not followed, the
 * answer's body is read a little and dropped, and all of it has one time-out. Never throws for what the other side does.
 */
import { lookup } from "node:dns/promises";
import { type ClientRequest, Agent as HttpAgent, request as httpRequest } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import ipaddr from "ipaddr.js";
import { Webhook } from "standardwebhooks";
import { limits } from "../domain/limits.ts";

export interface WebhookRequest {
  readonly url: string;
  /** One signature for each. */
  readonly secrets: readonly string[];
  /** The same for every attempt at one event: how a receiver knows a repetition. */
  readonly id: string;
  readonly sentAtMs: number;
  readonly body: string;
}

export type WebhookResult =
  | { readonly outcome: "delivered"; readonly status: number }
  | { readonly outcome: "refused"; readonly status: number; readonly retryAfterS: number | null }
  | { readonly outcome: "unreachable"; readonly reason: string }
  | { readonly outcome: "forbidden_address"; readonly address: string };

export type PostWebhook = (webhook: WebhookRequest) => Promise<WebhookResult>;

export interface WebhookPostOptions {
  /** Whether addresses that are not public may be called: for a shop in the same network. */
  readonly isPrivateAllowed?: boolean;
  readonly requestMsMax?: number;
  /** All addresses of a name. */
  readonly resolve?: (hostname: string) => Promise<readonly string[]>;
  /** Certificate authorities to trust instead of the usual ones. */
  readonly certificateAuthority?: string;
}

/** Idle connections are closed before most servers close them: a request on a closing one is lost and repeated. */
const idleMsMax = 4_000;
/** Reasons are kept with the delivery. */
const reasonLengthMax = 200;

/** Makes the sender; its connections are kept and used again. */
export function createWebhookPost(options: WebhookPostOptions = {}): PostWebhook {
  const { isPrivateAllowed = false, requestMsMax = limits.webhookRequestMsMax, resolve = resolveName } = options;
  const pool = { keepAlive: true, timeout: idleMsMax, maxFreeSockets: limits.webhooksInFlightPerEndpointMax };
  const agents = {
    "http:": new HttpAgent(pool),
    "https:": new HttpsAgent({ ...pool, ...(options.certificateAuthority && { ca: options.certificateAuthority }) }),
  };

  return async (webhook) => {
    const url = URL.canParse(webhook.url) ? new URL(webhook.url) : null;
    if (url === null || (url.protocol !== "http:" && url.protocol !== "https:")) {
      return { outcome: "unreachable", reason: "not an http or https address" };
    }
    const deadline = AbortSignal.timeout(requestMsMax);
    try {
      const addresses = await addressesOf(url.hostname, resolve, deadline);
      const forbidden = isPrivateAllowed ? undefined : addresses.find((address) => !isPublicAddress(address));
      if (forbidden !== undefined) return { outcome: "forbidden_address", address: forbidden };
      return await send(webhook, url, { addresses, deadline, agent: agents[url.protocol] });
    } catch (cause) {
      return { outcome: "unreachable", reason: deadline.aborted ? "timeout" : reasonOf(cause) };
    }
  };
}

/** Whether an address belongs to the public internet: to nobody's own network and no special purpose. */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.parse(address);
  // What is outside 2000::/3 is not given to anyone, old notations of IPv4 addresses (::127.0.0.1) among them.
  if (parsed.kind() === "ipv6" && ((parsed.toByteArray()[0] ?? 0) & 0xe0) !== 0x20) return false;
  return parsed.range() === "unicast";
}

async function resolveName(hostname: string): Promise<string[]> {
  return (await lookup(hostname, { all: true })).map(({ address }) => address);
}

async function addressesOf(
  hostname: string,
  resolve: (hostname: string) => Promise<readonly string[]>,
  deadline: AbortSignal,
): Promise<readonly string[]> {
  const literal = hostname.replace(/^\[(.*)\]$/, "$1"); // other spellings of an address are made this one by URL
  if (ipaddr.isValid(literal)) return [literal];
  const addresses = await Promise.race([resolve(hostname), failAt(deadline)]);
  if (addresses.length === 0) throw new Error("the name has no address");
  return addresses;
}

function failAt(deadline: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    deadline.addEventListener("abort", () => reject(new Error("timeout")), { once: true });
  });
}

interface Route {
  readonly addresses: readonly string[];
  readonly deadline: AbortSignal;
  readonly agent: HttpAgent | HttpsAgent;
}

function send(webhook: WebhookRequest, url: URL, { addresses, deadline, agent }: Route): Promise<WebhookResult> {
  const { promise, resolve, reject } = Promise.withResolvers<WebhookResult>();
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  const sending: ClientRequest = request(
    {
      agent,
      method: "POST",
      host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: url.port === "" ? undefined : Number(url.port),
      path: url.pathname + url.search,
      headers: headersOf(webhook),
      lookup: answerWith(addresses),
    },
    (response) => {
      const result = resultOf(response.statusCode ?? 0, response.headers["retry-after"], webhook.sentAtMs);
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes <= limits.webhookAnswerBytesMax) return;
        resolve(result);
        response.destroy();
      });
      response.on("end", () => resolve(result));
      response.on("error", reject);
    },
  );
  const giveUp = () => {
    reject(new Error("timeout"));
    sending.destroy();
  };
  deadline.addEventListener("abort", giveUp, { once: true });
  sending.on("error", reject);
  sending.on("close", () => {
    deadline.removeEventListener("abort", giveUp);
    reject(new Error("connection closed")); // without effect when there was an answer
  });
  sending.end(webhook.body);
  return promise;
}

function headersOf({ id, sentAtMs, body, secrets }: WebhookRequest): Record<string, string> {
  const sentAt = new Date(sentAtMs);
  return {
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "user-agent": "rushbox",
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(sentAtMs / 1_000)),
    "webhook-signature": secrets.map((secret) => new Webhook(secret).sign(id, sentAt, body)).join(" "),
  };
}

/** A name server that knows these addresses alone. */
function answerWith(addresses: readonly string[]): LookupFunction {
  const entries = addresses.map((address) => ({ address, family: ipaddr.parse(address).kind() === "ipv6" ? 6 : 4 }));
  return (_hostname, options, callback) => {
    const [first] = entries;
    if (options.all === true || first === undefined) callback(null, entries);
    else callback(null, first.address, first.family);
  };
}

function resultOf(status: number, retryAfter: string | undefined, nowMs: number): WebhookResult {
  if (status >= 200 && status < 300) return { outcome: "delivered", status };
  return { outcome: "refused", status, retryAfterS: secondsOf(retryAfter, nowMs) };
}

/** Retry-After is a number of seconds or a date. */
function secondsOf(retryAfter: string | undefined, nowMs: number): number | null {
  if (retryAfter === undefined) return null;
  if (/^\d{1,9}$/.test(retryAfter)) return Number(retryAfter);
  const atMs = Date.parse(retryAfter);
  return Number.isNaN(atMs) ? null : Math.max(0, Math.ceil((atMs - nowMs) / 1_000));
}

function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return "unknown";
  return ("code" in cause && typeof cause.code === "string" ? cause.code : cause.message).slice(0, reasonLengthMax);
}
