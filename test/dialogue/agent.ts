/**
 * An agent: the protocol's official client, which comes over HTTP, or starts `rushbox mcp` and speaks over its pipes.
 * Both ends hold every answer against the tool's own schema.
 */
import { type CallToolResult, Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { StdioClientTransport } from "@modelcontextprotocol/client/stdio";
import { programOf, type Server } from "../harness.ts";

export const ways = ["http", "stdio"] as const;
export type Way = (typeof ways)[number];

export interface AgentOptions {
  readonly way?: Way;
  /** A buyer's token or an operator's key; nobody's when absent. */
  readonly as?: string;
  /** A client of the protocol as it was before 2026. */
  readonly isOld?: boolean;
}

export class Agent implements AsyncDisposable {
  readonly client: Client;
  /** Addresses that it was told have changed. */
  readonly changes: string[] = [];
  /** What the bridge wrote for a person. */
  log = "";

  private constructor(client: Client) {
    this.client = client;
  }

  static async connect(
    server: Pick<Server, "url">,
    { way = "http", as, isOld = false }: AgentOptions = {},
  ): Promise<Agent> {
    const agent = new Agent(
      new Client({ name: "agent", version: "1" }, { versionNegotiation: { mode: isOld ? "legacy" : "auto" } }),
    );
    agent.client.setNotificationHandler("notifications/resources/updated", ({ params }) => {
      agent.changes.push(params.uri);
    });
    if (way === "http") {
      const requestInit = as === undefined ? {} : { headers: { authorization: `Bearer ${as}` } };
      await agent.client.connect(new StreamableHTTPClientTransport(new URL("/mcp", server.url), { requestInit }));
      return agent;
    }
    const [command = "", ...program] = programOf();
    const env: Record<string, string> = { PATH: process.env["PATH"] ?? "" };
    if (as !== undefined) env["RUSHBOX_TOKEN"] = as;
    const transport = new StdioClientTransport({
      command,
      args: [...program, "mcp", "--url", server.url],
      env,
      stderr: "pipe",
    });
    transport.stderr?.on("data", (chunk: Buffer) => {
      agent.log += chunk.toString();
    });
    await agent.client.connect(transport);
    return agent;
  }

  /** Calls a tool and answers its data; throws when it is refused. */
  async use<T = Record<string, unknown>>(name: string, args: Record<string, unknown> = {}): Promise<T> {
    const result = await this.call(name, args);
    if (result.isError === true) throw new Error(`${name}: ${textOf(result)}`);
    return result.structuredContent as T;
  }

  /** Calls a tool that is to be refused, and answers the code. */
  async refusal(name: string, args: Record<string, unknown> = {}): Promise<string> {
    const result = await this.call(name, args);
    if (result.isError !== true) throw new Error(`${name} was not refused: ${textOf(result)}`);
    return /^Refused \((\w+)\)/.exec(textOf(result))?.[1] ?? textOf(result);
  }

  async call(name: string, args: Record<string, unknown> = {}): Promise<CallToolResult> {
    return this.client.callTool({ name, arguments: args });
  }

  async toolNames(): Promise<string[]> {
    return (await this.client.listTools()).tools.map(({ name }) => name);
  }

  async read(uri: string): Promise<Record<string, unknown>> {
    const { contents } = await this.client.readResource({ uri });
    const [content] = contents;
    if (content === undefined || !("text" in content)) throw new Error(`nothing to read at ${uri}`);
    return JSON.parse(content.text) as Record<string, unknown>;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.client.close();
  }
}

export function textOf({ content }: CallToolResult): string {
  return content.map((part) => (part.type === "text" ? part.text : "")).join("\n");
}

/** What came of asking for something that the protocol itself refuses. */
export async function errorOf(asked: Promise<unknown>): Promise<{ code: number | null; message: string }> {
  try {
    await asked;
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause && typeof cause.code === "number" ? cause.code : null;
    return { code, message: cause instanceof Error ? cause.message : String(cause) };
  }
  throw new Error("it was not refused");
}
