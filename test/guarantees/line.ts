/**
 * A raw HTTP/1.1 client for tests of crashes and stops: one connection, one request at a time, nothing repeated behind
 * the caller's back (`fetch` may repeat a request on a connection that was closed). So it can tell what fetch cannot: a
 * request that was never sent from one that was sent and lost its answer.
 */
import type { Socket } from "bun";

export interface Answer {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** `unsent`: no byte of it left, it cannot have happened. `lost`: it was sent and the answer never came. */
export type Ending = Answer | "unsent" | "lost";

export interface Wanted {
  readonly method?: string;
  readonly path: string;
  readonly as?: string;
  readonly key?: string;
  readonly prefer?: string;
  readonly body?: unknown;
}

export class Line implements Disposable {
  readonly #port: number;
  #socket: Socket | null = null;
  #received = "";
  #settle: ((answer: Answer | null) => void) | null = null;

  constructor(port: number) {
    this.#port = port;
  }

  /** Sends a request, connecting first when there is no connection, and waits for its ending. */
  async ask(wanted: Wanted): Promise<Ending> {
    const socket = this.#socket ?? (await this.#connect());
    if (socket === null) return "unsent";
    const text = render(wanted);
    const { promise, resolve } = Promise.withResolvers<Answer | null>();
    this.#settle = resolve;
    // Requests are far smaller than a socket's buffer: they leave whole, or the connection is dead already.
    if (socket.write(text) < text.length) {
      this.#drop();
      return "unsent";
    }
    return (await promise) ?? "lost";
  }

  [Symbol.dispose](): void {
    this.#drop();
  }

  async #connect(): Promise<Socket | null> {
    try {
      this.#socket = await Bun.connect({
        hostname: "127.0.0.1",
        port: this.#port,
        socket: {
          data: (_, bytes) => this.#receive(bytes.toString("latin1")),
          close: () => this.#drop(),
          error: () => this.#drop(),
        },
      });
    } catch {
      this.#socket = null;
    }
    return this.#socket;
  }

  #drop(): void {
    const [socket, settle] = [this.#socket, this.#settle];
    this.#socket = null;
    this.#settle = null;
    this.#received = "";
    socket?.terminate();
    settle?.(null);
  }

  #receive(text: string): void {
    this.#received += text;
    const headEnd = this.#received.indexOf("\r\n\r\n");
    if (headEnd < 0) return;
    const [statusLine = "", ...lines] = this.#received.slice(0, headEnd).split("\r\n");
    const headers = new Map(
      lines.map((line) => {
        const colon = line.indexOf(":");
        return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
      }),
    );
    const end = headEnd + 4 + Number(headers.get("content-length") ?? 0);
    if (this.#received.length < end) return;
    const answer = { status: Number(statusLine.slice(9, 12)), headers, text: this.#received.slice(headEnd + 4, end) };
    const settle = this.#settle;
    this.#settle = null;
    this.#received = "";
    if (headers.get("connection")?.toLowerCase() === "close") this.#drop();
    settle?.(answer);
  }
}

function render({ method = "POST", path, as, key, prefer, body }: Wanted): string {
  const text = body === undefined ? "" : JSON.stringify(body);
  const lines = [`${method} ${path} HTTP/1.1`, "host: 127.0.0.1"];
  if (as !== undefined) lines.push(`authorization: Bearer ${as}`);
  if (key !== undefined) lines.push(`idempotency-key: ${key}`);
  if (prefer !== undefined) lines.push(`prefer: ${prefer}`);
  if (body !== undefined) lines.push("content-type: application/json");
  if (method !== "GET") lines.push(`content-length: ${text.length}`);
  return `${lines.join("\r\n")}\r\n\r\n${text}`;
}
