/**
 * The bridge itself: the official transports back to back, with one request of HTTP for each message. What the client
 * cancels is broken off; what ends without an answer is answered here. Loads the protocol's libraries: only when asked.
 */
import { type ClientRequest, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import {
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCRequest,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type RequestId,
  SdkError,
  SdkHttpError,
  StreamableHTTPClientTransport,
} from "@modelcontextprotocol/client";
import { StdioServerTransport } from "@modelcontextprotocol/server/stdio";
import { printError } from "../host/log.ts";

/** A restart of the server takes seconds. */
const awayMsMax = 15_000;
const againMs = 250;
const internalError = -32_603;

export async function bridge({ address, token }: { address: URL; token: string | null }): Promise<void> {
  const remote = new StreamableHTTPClientTransport(address, {
    fetch: fetchDirectly,
    ...(token === null ? {} : { requestInit: { headers: { authorization: `Bearer ${token}` } } }),
  });
  const local = new StdioServerTransport();
  await new Bridge(local, remote, address).run();
}

class Bridge {
  readonly #local: StdioServerTransport;
  readonly #remote: StreamableHTTPClientTransport;
  readonly #address: URL;
  /** Requests that the client waits for, each with what breaks it off. */
  readonly #waiting = new Map<RequestId, AbortController>();
  #isAway = false;
  #isOver = false;

  constructor(local: StdioServerTransport, remote: StreamableHTTPClientTransport, address: URL) {
    this.#local = local;
    this.#remote = remote;
    this.#address = address;
  }

  /** Until the client closes standard input. */
  async run(): Promise<void> {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    this.#local.onclose = resolve;
    this.#local.onerror = (cause) =>
      printError(`rushbox mcp: a message of the client cannot be read: ${cause.message}`);
    this.#local.onmessage = (message) => void this.#passOn(message);
    this.#remote.onmessage = (message) => this.#passBack(message);
    await this.#remote.start();
    await this.#local.start();
    await closed;
    this.#isOver = true;
    for (const abort of this.#waiting.values()) abort.abort();
    await this.#remote.close();
  }

  async #passOn(message: JSONRPCMessage): Promise<void> {
    if (isJSONRPCNotification(message) && message.method === "notifications/cancelled") {
      const { requestId } = (message.params ?? {}) as { requestId?: RequestId };
      if (requestId !== undefined) this.#breakOff(requestId);
      return;
    }
    if (!isJSONRPCRequest(message)) {
      await this.#send(message, {}).catch((cause: unknown) => this.#tell(cause));
      return;
    }
    const abort = new AbortController();
    this.#waiting.set(message.id, abort);
    const onRequestStreamEnd = () =>
      this.#answerFor(message.id, "The server ended the answer before it was complete: ask again.");
    try {
      await this.#send(message, { requestSignal: abort.signal, onRequestStreamEnd });
    } catch (cause) {
      if (!abort.signal.aborted) this.#answerWith(message.id, cause);
    }
  }

  /** Sends; while nobody listens there, again and again for a while. */
  async #send(
    message: JSONRPCMessage,
    options: { readonly requestSignal?: AbortSignal; readonly onRequestStreamEnd?: () => void },
  ): Promise<void> {
    for (let waitedMs = 0; ; waitedMs += againMs) {
      try {
        await this.#remote.send(message, options);
        if (this.#isAway) printError(`rushbox mcp: ${this.#address.origin} is back`);
        this.#isAway = false;
        return;
      } catch (cause) {
        const isGivenUp = this.#isOver || options.requestSignal?.aborted === true || waitedMs >= awayMsMax;
        if (isGivenUp || !isNotReached(cause)) throw cause;
        if (!this.#isAway) printError(`rushbox mcp: ${this.#address.origin} does not answer: waiting for it`);
        this.#isAway = true;
        await Bun.sleep(againMs);
      }
    }
  }

  #passBack(message: JSONRPCMessage): void {
    if (isJSONRPCResultResponse(message)) {
      const { protocolVersion } = message.result as { protocolVersion?: unknown };
      // Of an older client's handshake: its later messages do not tell the version, so the header must.
      if (typeof protocolVersion === "string") this.#remote.setProtocolVersion(protocolVersion);
    }
    if (isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) {
      if (message.id !== undefined) this.#waiting.delete(message.id);
    }
    void this.#local.send(message);
  }

  #breakOff(id: RequestId): void {
    this.#waiting.get(id)?.abort();
    this.#waiting.delete(id);
  }

  #answerWith(id: RequestId, cause: unknown): void {
    const said = cause instanceof SdkHttpError ? parsed(cause.data?.["text"]) : null;
    if (said !== null && typeof said["error"] === "object" && said["error"] !== null) {
      if (!this.#waiting.delete(id)) return;
      void this.#local.send({ ...said, jsonrpc: "2.0", id } as JSONRPCMessage);
      return;
    }
    if (typeof said?.["code"] === "string") {
      const { title, detail } = said as { title?: string; detail?: string };
      this.#answerFor(id, `${title ?? said["code"]}. ${detail ?? ""}`, said);
      if (said["code"] === "unauthorized") printError(`rushbox mcp: ${detail ?? "a token is needed"}`);
      return;
    }
    this.#tell(cause);
    this.#answerFor(
      id,
      `${this.#address.origin} ${whyUnanswered(cause)}. What is repeated with the same quote is not bought twice.`,
    );
  }

  #answerFor(id: RequestId, message: string, data?: unknown): void {
    if (!this.#waiting.delete(id)) return;
    const error = { code: internalError, message, ...(data === undefined ? {} : { data }) };
    void this.#local.send({ jsonrpc: "2.0", id, error });
  }

  #tell(cause: unknown): void {
    if (!this.#isOver) printError(`rushbox mcp: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
}

function whyUnanswered(cause: unknown): string {
  if (isNotReached(cause)) return "does not answer";
  // A page, a proxy's error, a redirect: what was asked may have gone on to the sale behind it.
  if (cause instanceof SdkHttpError)
    return `answers with status ${cause.status}, and not as a sale does: look at --url`;
  if (cause instanceof SdkError) return "does not answer as a sale does: look at --url";
  return "broke off the answer, and may have done what was asked";
}

function parsed(text: unknown): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(String(text));
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

/** Whether nothing of the message can have come to the server: nobody took the connection. */
function isNotReached(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  return code === "ECONNREFUSED" || code === "ConnectionRefused";
}

/** As `fetch`, by Node's client: the runtime's would send through HTTP_PROXY even what is meant for this machine. */
function fetchDirectly(input: string | URL, init: RequestInit = {}): Promise<Response> {
  const url = new URL(input);
  const start = url.protocol === "https:" ? requestHttps : requestHttp;
  const { method = "GET", headers, body, signal } = init;
  return new Promise((resolve, reject) => {
    const fields = Object.fromEntries(new Headers(headers));
    const sent: ClientRequest = start(url, { method, headers: fields }, (answer) => {
      const stream = new ReadableStream<Uint8Array>({
        start: (controller) => {
          answer.on("data", (chunk: Buffer) => controller.enqueue(new Uint8Array(chunk)));
          answer.on("end", () => controller.close());
          answer.on("error", (cause) => controller.error(cause));
        },
        cancel: () => void sent.destroy(),
      });
      const status = answer.statusCode ?? 0;
      const told = new Headers();
      for (const [name, value] of Object.entries(answer.headers))
        if (value !== undefined) told.set(name, String(value));
      resolve(new Response(status === 204 || status === 304 ? null : stream, { status, headers: told }));
    });
    sent.on("error", reject);
    signal?.addEventListener("abort", () => sent.destroy(new Error("aborted")), { once: true });
    sent.end(typeof body === "string" ? body : undefined);
  });
}
