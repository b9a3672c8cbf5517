/**
 * The MCP server: what one caller may use, put together for one request and gone after it, by the protocol's official
 * library. It decides nothing: whatever a tool does is the API's decision. Nothing internal goes out when something
 * breaks. Loaded when an agent first asks, since the library takes its time.
 */
import {
  completable,
  createMcpHandler,
  type McpRequestContext,
  McpServer,
  ResourceNotFoundError,
  ResourceTemplate,
  type ServerEventBus,
  type ToolAnnotations,
} from "@modelcontextprotocol/server";
import { type TObject, Type } from "@sinclair/typebox";
import { log } from "../../host/log.ts";
import { buyingTools } from "./buying-tools.ts";
import { entryTools } from "./entry-tools.ts";
import { operatorTools } from "./operator-tools.ts";
import { orderTools } from "./order-tools.ts";
import { prompts } from "./prompts.ts";
import { proofTools } from "./proof-tools.ts";
import {
  addressOf,
  campaignIdsLike,
  orderIdsLike,
  type ResourceKind,
  readResource,
  resourceKinds,
} from "./resources.ts";
import { saleTools } from "./sale-tools.ts";
import { standardOf } from "./schema.ts";
import { type Desk, mayUse, type Refused, type Tool } from "./tool.ts";
import type { CallOutcome, ToolName } from "./tool-names.ts";
import { instructionsFor } from "./words.ts";

export interface McpParts {
  readonly version: string;
  /** The API's shape of a campaign that is made. */
  readonly campaignBody: TObject;
  readonly countCall: (tool: ToolName, outcome: CallOutcome) => void;
}

export interface McpMessage {
  readonly method?: unknown;
  readonly params?: unknown;
}

export interface McpAnswer {
  readonly response: Response;
  /** Ends what of it is still going on, as the protocol has it: for an answer that is a stream of news. */
  end(): Promise<void>;
}

/** Comments on a stream that has nothing to tell: well within the server's patience with a silent connection. */
const keepAliveMs = 5_000;
const annotations: Readonly<Record<Tool["effect"], ToolAnnotations>> = {
  reads: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  changes: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  adds: { readOnlyHint: false, destructiveHint: false, idempotentHint: false, openWorldHint: false },
  ends: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: false },
};

export class Mcp {
  readonly #parts: McpParts;
  readonly #tools: readonly Tool[];

  constructor(parts: McpParts) {
    this.#parts = parts;
    this.#tools = [
      ...saleTools,
      ...proofTools,
      ...entryTools,
      ...buyingTools,
      ...orderTools,
      ...operatorTools(parts.campaignBody),
    ];
  }

  /** Answers one message of the protocol. `news` is what a subscription that it opens hears. */
  async answer(desk: Desk, request: Request, message: McpMessage, news?: ServerEventBus): Promise<McpAnswer> {
    const handler = createMcpHandler(({ era }) => this.#serverFor(desk, era, message), {
      legacy: "stateless",
      keepAliveMs,
      ...(news === undefined ? {} : { bus: news }),
    });
    const response = await handler.fetch(request, { parsedBody: message });
    return { response, end: () => handler.close() };
  }

  /** What the message asks for and no more: to put all tools together takes longer than to use one. */
  #serverFor(desk: Desk, era: McpRequestContext["era"], { method, params }: McpMessage): McpServer {
    const server = new McpServer(
      { name: "rushbox", title: "Rushbox flash sales", version: this.#parts.version },
      {
        instructions: instructionsFor(desk.caller),
        capabilities: {
          tools: { listChanged: false },
          prompts: { listChanged: false },
          // Clients of the older protocol subscribe within a session, and none is kept here.
          resources: { listChanged: false, subscribe: era === "modern" },
        },
      },
    );
    if (method === "tools/list" || method === "tools/call") {
      for (const tool of this.#tools) {
        const isAskedFor = method === "tools/list" || tool.name === nameIn(params);
        if (isAskedFor && mayUse(desk.caller, tool.audience)) this.#addTool(server, tool, desk);
      }
      return server;
    }
    for (const kind of resourceKinds) if (mayUse(desk.caller, kind.audience)) addResource(server, kind, desk);
    addPrompts(server, desk);
    return server;
  }

  #addTool(server: McpServer, tool: Tool, desk: Desk): void {
    const { name, title, description, input, output, effect } = tool;
    const words = { title, description, annotations: { title, ...annotations[effect] } };
    const shapes = { inputSchema: standardOf(input), outputSchema: standardOf(output) };
    server.registerTool(name, { ...words, ...shapes }, async (args: unknown) => {
      try {
        const answer = await tool.run(args, desk);
        this.#parts.countCall(name, answer.kind);
        if (answer.kind === "refused") return refusedResult(answer);
        // Clients that hand a model the text alone still hand it the data.
        const content = [answer.text, JSON.stringify(answer.data)].map((text) => ({ type: "text" as const, text }));
        return { content, structuredContent: answer.data };
      } catch (cause) {
        this.#parts.countCall(name, "failed");
        logFailure(`tool ${name}`, cause);
        return refusedResult({ kind: "refused", code: "internal", text: internalText, details: {} });
      }
    });
  }
}

function nameIn(params: unknown): unknown {
  return typeof params === "object" && params !== null && "name" in params ? params.name : null;
}

const internalText = "Something went wrong here, and it was not your request. A purchase is safe to confirm again.";

function refusedResult({ code, text, details }: Refused) {
  const told = JSON.stringify({ code, ...details });
  return {
    content: [`Refused (${code}): ${text}`, told].map((line) => ({ type: "text" as const, text: line })),
    isError: true,
  };
}

function addResource(server: McpServer, { kind, uri, title, description, mimeType }: ResourceKind, desk: Desk): void {
  const read = async (asked: URL) => {
    const address = addressOf(asked.href);
    if (address === null) throw new ResourceNotFoundError(asked.href);
    let text: string | Refused;
    try {
      text = await readResource(desk, address);
    } catch (cause) {
      logFailure(`resource ${kind}`, cause);
      throw new Error(internalText);
    }
    if (typeof text === "string") return { contents: [{ uri: asked.href, mimeType, text }] };
    if (text.code === "not_found") throw new ResourceNotFoundError(asked.href);
    throw new Error(`Refused (${text.code}): ${text.text}`);
  };
  const words = { title, description, mimeType };
  if (!uri.includes("{")) {
    server.registerResource(kind, uri, words, read);
    return;
  }
  const idsLike = kind === "order" ? orderIdsLike : campaignIdsLike;
  const complete = { id: (start: string) => idsLike(desk, start) };
  server.registerResource(kind, new ResourceTemplate(uri, { list: undefined, complete }), words, read);
}

function addPrompts(server: McpServer, desk: Desk): void {
  for (const { name, title, description, audience, input, textOf } of prompts) {
    if (!mayUse(desk.caller, audience)) continue;
    const words = { title, description };
    const messagesOf = (args: unknown) => ({
      messages: [{ role: "user" as const, content: { type: "text" as const, text: textOf(args) } }],
    });
    if (Object.keys(input.properties).length === 0) {
      server.registerPrompt(name, words, () => messagesOf({}));
      continue;
    }
    // The library looks for suggestions in the schemas of the single arguments.
    const campaignId = completable(standardOf(Type.String()), (start) => campaignIdsLike(desk, start));
    const argsSchema = { ...standardOf(input), shape: { campaign_id: campaignId } };
    server.registerPrompt(name, { ...words, argsSchema }, messagesOf);
  }
}

function logFailure(what: string, cause: unknown): void {
  const why = cause instanceof Error ? (cause.stack ?? cause.message) : String(cause);
  log("error", "an agent's request failed", { what, cause: why });
}
