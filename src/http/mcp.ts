/**
 * `POST /mcp`: where agents come, by the Model Context Protocol over Streamable HTTP, without sessions. Before the
 * protocol's library sees a message it is known who sends it, from where, and whether they may hear what they want to
 * hear. Whoever has no token sees what everybody sees, and is asked for one (401, RFC 9728) where it is needed; a
 * token that is not valid is never taken for none. There is nothing to GET or DELETE: no session is ever kept.
 */
import { version } from "../../package.json";
import type { Mcp, McpMessage } from "../dialogue/mcp/server.ts";
import type { Caller, Desk } from "../dialogue/mcp/tool.ts";
import { type CallOutcome, callOutcomes, publicTools, type ToolName, toolNames } from "../dialogue/mcp/tool-names.ts";
import { formatId, parseId } from "../domain/ids.ts";
import { limits } from "../domain/limits.ts";
import { newQuoteNumber } from "../host/random.ts";
import type { Buyer } from "./auth.ts";
import { readBytes } from "./body.ts";
import type { Inward } from "./inward.ts";
import { boundedStream, type Change, type Hearing, type Wanted } from "./listeners.ts";
import type { HttpParts } from "./parts.ts";
import { problem } from "./problem.ts";
import { problemOfHost } from "./query.ts";
import { json } from "./respond.ts";
import type { Route } from "./route.ts";
import { CampaignBody } from "./schemas.ts";

const path = "/mcp";
/** RFC 9728, 3.1: of a resource with a path; and of the server as a whole, where some clients look first. */
const metadataPaths = [
  `/.well-known/oauth-protected-resource${path}`,
  "/.well-known/oauth-protected-resource",
] as const;

type Message = Readonly<Record<string, unknown>> & McpMessage;

interface Known {
  readonly caller: Caller;
  /** `null` for an operator, and for nobody: their header says who they are. */
  readonly buyer: Buyer | null;
}

export function mcpRoutes(parts: HttpParts, inward: Inward): Route[] {
  const door = new McpDoor(parts, inward);
  return [
    { name: "mcp", method: "POST", path, handle: (request) => door.answer(request) },
    ...metadataPaths.map(
      (where): Route => ({
        name: "mcp_metadata",
        method: "GET",
        path: where,
        handle: (request) => metadata(parts, request),
      }),
    ),
  ];
}

class McpDoor {
  readonly #parts: HttpParts;
  readonly #inward: Inward;
  readonly #series: ReadonlyMap<string, number>;
  /** The protocol's library takes 50 ms and some megabytes, which no start should wait for. */
  #mcp: Promise<typeof import("../dialogue/mcp/server.ts")> | null = null;
  #server: Mcp | null = null;

  constructor(parts: HttpParts, inward: Inward) {
    this.#parts = parts;
    this.#inward = inward;
    this.#series = new Map(
      toolNames.flatMap((tool) =>
        callOutcomes.map((outcome) => [
          `${tool} ${outcome}`,
          parts.metrics.series("rushbox_mcp_calls_total", { tool, outcome }),
        ]),
      ),
    );
  }

  async answer(request: Request): Promise<Response> {
    if (!URL.canParse(request.url)) return problemOfHost();
    if (isForeign(request, this.#parts)) {
      return problem("forbidden", {
        detail: "Pages of this origin may not speak for an agent: name it in RUSHBOX_EMBED_ORIGINS.",
      });
    }
    const known = await this.#whoAsks(request);
    if (known instanceof Response) return known;
    const limited = this.#refuseOften(request, known.caller);
    if (limited !== null) return withWaitInWords(limited);
    const message = await readMessage(request, known.caller);
    if (message instanceof Response) return message;
    if (known.caller.kind === "nobody" && needsToken(message)) return this.#askForToken(request, "");
    const desk = this.#deskFor(request, known);
    const mcp = await this.#load();
    if (message["method"] === "subscriptions/listen") return this.#listen(mcp, { desk, request, message });
    const { response } = await mcp.answer(desk, request, message);
    return sent(response);
  }

  async #whoAsks(request: Request): Promise<Known | Response> {
    const { auth } = this.#parts;
    if (!request.headers.has("authorization")) return { caller: { kind: "nobody" }, buyer: null };
    const operator = auth.operatorOf(request);
    if (operator !== null) return { caller: { kind: "operator", role: operator.role }, buyer: null };
    const buyer = await auth.buyerOf(request);
    if (buyer === null) return this.#askForToken(request, ', error="invalid_token"');
    return { caller: { kind: "buyer", id: buyer.id }, buyer };
  }

  /**
   * A message takes the thread that sells a millisecond or two, many times what a call of `/v1` does: it is counted as a
   * question of its buyer, or as the talk of nobody, like what is said in the chat.
   */
  #refuseOften(request: Request, caller: Caller): Response | null {
    const { gate } = this.#parts;
    switch (caller.kind) {
      case "nobody":
        return gate.refuseTalk(request);
      case "buyer":
        return gate.refuseQuestion(caller.id);
      case "operator":
        return null;
    }
  }

  #askForToken(request: Request, error: string): Response {
    const where = new URL(metadataPaths[0], baseOf(this.#parts, request)).href;
    const challenge = `Bearer realm="rushbox", resource_metadata="${where}"${error}`;
    return problem("unauthorized", { headers: { "www-authenticate": challenge } });
  }

  #deskFor(request: Request, { caller, buyer }: Known): Desk {
    const { catalogue, clock, quotes, receipts } = this.#parts;
    return {
      // Whoever comes this way is software that asks in its buyer's name.
      api: this.#inward.apiFor({ outer: request, buyer: buyer === null ? null : { ...buyer, isAgent: true } }),
      caller,
      quotes,
      nowMs: () => clock.nowMs(),
      newQuoteNumber,
      campaignIdOf: (offerId) => catalogue.offer(offerId)?.campaign.id ?? null,
      factsOfReceipt: (receipt) => receipts.verify(receipt),
    };
  }

  async #load(): Promise<Mcp> {
    this.#mcp ??= import("../dialogue/mcp/server.ts");
    const loaded = await this.#mcp;
    this.#server ??= new loaded.Mcp({
      version,
      campaignBody: CampaignBody,
      countCall: (tool, outcome) => this.#countCall(tool, outcome),
    });
    return this.#server;
  }

  #countCall(tool: ToolName, outcome: CallOutcome): void {
    const series = this.#series.get(`${tool} ${outcome}`);
    if (series === undefined) throw new Error(`no such call: ${tool} ${outcome}`);
    this.#parts.metrics.add(series, 1);
  }

  async #listen(
    mcp: Mcp,
    asked: { readonly desk: Desk; readonly request: Request; readonly message: Message },
  ): Promise<Response> {
    const { desk, request, message } = asked;
    const wanted = await this.#wantedBy(desk, message);
    if (wanted instanceof Response) return wanted;
    const off = this.#refuseStreams(wanted);
    if (off !== null) return off;
    const hearing = this.#parts.listeners.hear(wanted);
    if (hearing === null)
      return problem("overloaded", { detail: "Too many streams are open: close one, or ask again later." });
    const answer = await mcp.answer(desk, request, message, newsOf(hearing)).catch((cause: unknown) => {
      hearing.close();
      throw cause;
    });
    const { response, end } = answer;
    if (response.body === null || response.headers.get("content-type") !== "text/event-stream") {
      hearing.close(); // refused by the protocol
      return sent(response);
    }
    hearing.onEnd(() => void end());
    return sent(
      new Response(
        boundedStream(response.body, () => hearing.close()),
        response,
      ),
    );
  }

  /** Every address is one that this caller may read: of others nobody hears whether anything stands there. */
  async #wantedBy(desk: Desk, message: Message): Promise<Wanted | Response> {
    const { addressOf, mayHear } = await import("../dialogue/mcp/resources.ts");
    const filter = objectIn(objectIn(message["params"])["notifications"]);
    const uris = filter["resourceSubscriptions"] ?? [];
    if (!Array.isArray(uris))
      return protocolError(message, -32_602, "resourceSubscriptions must be a list of addresses");
    if (uris.length > limits.listenedAddressesMax) {
      return protocolError(message, -32_602, `subscribe to ${limits.listenedAddressesMax} addresses at most`);
    }
    let hasList = false;
    let buyerId: string | null = null;
    const campaignIds = new Set<number>();
    for (const uri of uris as readonly unknown[]) {
      const address = typeof uri === "string" ? addressOf(uri) : null;
      if (address === null || !(await mayHear(desk, address))) {
        return protocolError(message, -32_602, "there is no such resource, or it is not yours", { uri });
      }
      if (address.kind === "campaigns") hasList = true;
      if (address.kind === "campaign") campaignIds.add(parseId("cmp", address.id) ?? 0);
      if (address.kind === "orders" || address.kind === "order") {
        buyerId = desk.caller.kind === "buyer" ? desk.caller.id : null;
      }
    }
    return { hasList, campaignIds: [...campaignIds], buyerId };
  }

  #refuseStreams({ campaignIds }: Wanted): Response | null {
    const { gate } = this.#parts;
    const refused = gate.refuse("streams");
    if (refused !== null) return refused;
    for (const campaignId of campaignIds) {
      const off = gate.refuseSwitchedOff("streams", campaignId);
      if (off !== null) return off;
    }
    return null;
  }
}

/** A bus of the protocol's library that tells one subscription what its own caller hears, and nothing else. */
function newsOf(hearing: Hearing) {
  return {
    publish: () => {},
    subscribe(tell: (event: { kind: "resource_updated"; uri: string }) => void) {
      hearing.onChange((change) => {
        for (const uri of urisOf(change)) tell({ kind: "resource_updated", uri });
      });
      return () => hearing.onChange(() => {});
    },
  };
}

function urisOf(change: Change): string[] {
  switch (change.of) {
    case "list":
      return ["rushbox://campaigns"];
    case "campaign":
      return [`rushbox://campaigns/${formatId("cmp", change.campaignId)}`];
    case "order":
      return ["rushbox://orders", `rushbox://orders/${change.orderId}`];
  }
}

/** Whoever asks too often, in words: clients of the protocol hand on what an answer says, and not its headers. */
function withWaitInWords({ headers }: Response): Response {
  const retryAfterS = Number(headers.get("retry-after"));
  const detail = `Too many messages. Do not try again within ${retryAfterS} s.`;
  return problem("rate_limited", { retryAfterS, detail, members: { retry_after_s: retryAfterS } });
}

/** One message: an object. Lists of messages are of an older protocol, and would let one request ask a hundred things. */
async function readMessage(request: Request, caller: Caller): Promise<Message | Response> {
  const type = request.headers.get("content-type");
  if (type === null || !/^application\/json\s*(;\s*charset=utf-8\s*)?$/i.test(type))
    return problem("unsupported_media_type");
  const isOperator = caller.kind === "operator";
  const bytes = await readBytes(request, isOperator ? limits.operatorMessageBytesMax : limits.agentMessageBytesMax);
  if (bytes instanceof Response) return bytes;
  let message: unknown;
  try {
    message = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    return protocolError({}, -32_700, "the message is not well-formed JSON in UTF-8", undefined, 400);
  }
  if (typeof message === "object" && message !== null && !Array.isArray(message)) return message as Message;
  return protocolError({}, -32_600, "send one message at a time, as a JSON object", undefined, 400);
}

/** Whether a message asks for what only buyers or operators have. What does not exist the protocol says by itself. */
function needsToken(message: Message): boolean {
  const { name, uri, notifications } = objectIn(message["params"]);
  const known = toolNames.find((tool) => tool === name);
  switch (message["method"]) {
    case "tools/call":
      return known !== undefined && !publicTools.includes(known);
    case "resources/read":
      return isOrders(uri);
    case "prompts/get":
      return name === "my_orders" || name === "prepare_a_sale" || name === "report_a_sale";
    case "subscriptions/listen": {
      const uris = objectIn(notifications)["resourceSubscriptions"];
      return Array.isArray(uris) && uris.some(isOrders);
    }
    default:
      return false;
  }
}

function isOrders(uri: unknown): boolean {
  return typeof uri === "string" && /^rushbox:\/\/orders(\/|$)/.test(uri);
}

function objectIn(value: unknown): Message {
  return typeof value === "object" && value !== null ? (value as Message) : {};
}

/** An error of the protocol, for what is refused before its library sees it. */
function protocolError(message: Message, code: number, text: string, data?: object, status = 200): Response {
  const id = typeof message["id"] === "string" || typeof message["id"] === "number" ? message["id"] : null;
  const error = { code, message: text, ...(data === undefined ? {} : { data }) };
  return json(JSON.stringify({ jsonrpc: "2.0", id, error }), { status });
}

/** The library's answer as this server sends it: kept by nobody. 499 is its word for a client that has gone. */
function sent(response: Response): Response {
  if (response.status === 499) return problem("overloaded");
  const headers = new Headers(response.headers);
  headers.set("cache-control", "no-store");
  headers.set("x-content-type-options", "nosniff");
  return new Response(response.body, { status: response.status, headers });
}

const localHosts = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Whether a page of somebody else's asks. A page whose name was bound to this machine's address tells its own name, and
 * the same one as Host: so names are known beforehand, and never taken from the request.
 */
function isForeign(request: Request, { embedOrigins, mcp }: Pick<HttpParts, "embedOrigins" | "mcp">): boolean {
  const origin = request.headers.get("origin");
  if (origin === null) return false;
  if (embedOrigins.includes(origin) || origin === mcp.publicUrl) return false;
  return !URL.canParse(origin) || !localHosts.includes(new URL(origin).hostname);
}

function baseOf({ mcp }: Pick<HttpParts, "mcp">, request: Request): string {
  return mcp.publicUrl ?? new URL(request.url).origin;
}

function metadata(parts: Pick<HttpParts, "mcp" | "shop">, request: Request): Response {
  if (!URL.canParse(request.url)) return problemOfHost();
  const base = baseOf(parts, request);
  const { authorizationServers } = parts.mcp;
  const document = {
    resource: new URL(path, base).href,
    resource_name: parts.shop.name,
    ...(authorizationServers.length === 0 ? {} : { authorization_servers: authorizationServers }),
    bearer_methods_supported: ["header"],
  };
  const headers = { "cache-control": "public, max-age=60", "access-control-allow-origin": "*" };
  return json(JSON.stringify(document), { headers });
}
