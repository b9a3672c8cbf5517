/**
 * HTTP as bytes: requests that no client library would send, on sockets of our own, and answers taken apart strictly.
 * What the server sends that is no HTTP is thrown back at the test.
 */
import type { Socket } from "bun";

export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  /** The body as text; bytes that are no UTF-8 are kept as U+FFFD. */
  readonly text: string;
}

export interface RawRequest {
  readonly method?: string;
  /** Goes out as it is: nothing is normalised or escaped. */
  readonly path: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string | Uint8Array;
  /** Sends the body in chunks instead of with its length. */
  readonly isChunked?: boolean;
}

const answerWithinMs = 10_000;
const loopback = "127.0.0.1";

/** A request on a connection of its own, and its answer. */
export async function rawRequest(port: number, request: RawRequest): Promise<RawAnswer> {
  await using connection = await RawConnection.open(port);
  connection.write(requestBytes(request));
  const answer = await connection.answer({ isHead: request.method === "HEAD" });
  if (answer === null) throw new Error(`no answer to ${request.method ?? "GET"} ${request.path}`);
  return answer;
}

export function requestBytes({ method = "GET", path, headers = [], body, isChunked }: RawRequest): Uint8Array {
  const named = new Set(headers.map(([name]) => name.toLowerCase()));
  const lines = [`${method} ${path} HTTP/1.1`];
  if (!named.has("host")) lines.push("Host: shop.example");
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  const bytes = typeof body === "string" ? Buffer.from(body) : (body ?? new Uint8Array());
  if (isChunked === true) lines.push("Transfer-Encoding: chunked");
  else if (body !== undefined) lines.push(`Content-Length: ${bytes.byteLength}`);
  const head = Buffer.from(`${lines.join("\r\n")}\r\n\r\n`, "latin1");
  return Buffer.concat(isChunked === true ? [head, chunkOf(bytes), chunkOf(new Uint8Array())] : [head, bytes]);
}

/** One chunk of a chunked body; an empty one ends it. */
export function chunkOf(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from(`${bytes.byteLength.toString(16)}\r\n`), bytes, Buffer.from("\r\n")]);
}

/** A socket that collects what arrives and answers when the server has closed it. */
export class RawConnection {
  readonly closed: Promise<void>;
  #received: Buffer = Buffer.alloc(0);
  #socket: Socket<undefined> | null = null;
  #unsent: Buffer = Buffer.alloc(0);
  #isClosed = false;
  readonly #waiting = new Set<() => void>();

  private constructor() {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.closed = promise;
    this.#waiting.add(() => this.#isClosed && resolve());
  }

  static async open(port: number): Promise<RawConnection> {
    const connection = new RawConnection();
    connection.#socket = await Bun.connect<undefined>({
      hostname: loopback,
      port,
      socket: {
        data: (_, bytes) => {
          connection.#received = Buffer.concat([connection.#received, bytes]);
          connection.#wake();
        },
        drain: () => {
          connection.#send();
          connection.#wake();
        },
        close: () => connection.#end(),
        error: () => connection.#end(),
      },
    });
    return connection;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  get receivedBytes(): number {
    return this.#received.byteLength;
  }

  /** What has arrived and was not taken as an answer. */
  get text(): string {
    return this.#received.toString("utf8");
  }

  /** Bytes that the server has not taken yet. */
  get unsentBytes(): number {
    return this.#unsent.byteLength;
  }

  write(bytes: string | Uint8Array): void {
    this.#unsent = Buffer.concat([this.#unsent, typeof bytes === "string" ? Buffer.from(bytes) : bytes]);
    this.#send();
  }

  /** Waits until the server's side of the system has taken all that was written, or the connection is closed. */
  async drained(withinMs = answerWithinMs): Promise<void> {
    const untilMs = performance.now() + withinMs;
    while (this.#unsent.byteLength > 0 && !this.#isClosed) await this.#change(untilMs);
  }

  /** Stops reading: what the server sends stays in the system's buffers, then in its own. */
  pause(): void {
    this.#socket?.pause();
  }

  /** Reads again: only then is it noticed that the server has closed. */
  resume(): void {
    this.#socket?.resume();
  }

  /** The next answer, or `null` when the server closes without one. */
  async answer(how: { isHead?: boolean; withinMs?: number } = {}): Promise<RawAnswer | null> {
    const untilMs = performance.now() + (how.withinMs ?? answerWithinMs);
    for (;;) {
      const taken = takeAnswer(this.#received, how.isHead ?? false);
      if (taken !== null) {
        this.#received = taken.rest;
        return taken.answer;
      }
      if (this.#isClosed) {
        if (this.#received.byteLength === 0) return null;
        throw new Error(`closed amid an answer: ${JSON.stringify(this.text.slice(0, 200))}`);
      }
      await this.#change(untilMs);
    }
  }

  /** Waits until what has arrived and was not taken matches. */
  async received(pattern: RegExp, withinMs = answerWithinMs): Promise<void> {
    const untilMs = performance.now() + withinMs;
    while (!pattern.test(this.text)) {
      if (this.#isClosed) throw new Error(`closed after ${JSON.stringify(this.text.slice(0, 200))}`);
      await this.#change(untilMs);
    }
  }

  close(): void {
    this.#socket?.terminate();
    this.#end();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
    await this.closed;
  }

  #send(): void {
    if (this.#isClosed || this.#unsent.byteLength === 0) return;
    const sent = this.#socket?.write(this.#unsent) ?? 0;
    this.#unsent = this.#unsent.subarray(Math.max(0, sent));
  }

  #end(): void {
    this.#isClosed = true;
    this.#wake();
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  async #change(untilMs: number): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(() => reject(new Error("no answer in time")), untilMs - performance.now());
    this.#waiting.add(resolve);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(resolve);
    }
  }
}

/** The first whole answer in the bytes and what follows it; `null` when there is none yet. Throws on what is no HTTP. */
export function takeAnswer(bytes: Buffer, isHead: boolean): { answer: RawAnswer; rest: Buffer } | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const [statusLine = "", ...lines] = bytes.toString("latin1", 0, headEnd).split("\r\n");
  const status = /^HTTP\/1\.1 (\d{3}) [\x20-\x7e]+$/.exec(statusLine)?.[1];
  if (status === undefined) throw new Error(`no status line: ${JSON.stringify(statusLine)}`);
  const headers = new Headers();
  for (const line of lines) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):[ \t]*([\x20-\x7e]*)$/.exec(line) ?? [];
    if (name === undefined || value === undefined) throw new Error(`no header: ${JSON.stringify(line)}`);
    headers.append(name, value);
  }
  const from = headEnd + 4;
  if (Number(status) < 200) return takeAnswer(bytes.subarray(from), isHead); // 100 Continue
  const hasBody = !isHead && status !== "204" && status !== "304";
  const body = hasBody ? takeBody(bytes.subarray(from), headers) : { text: "", length: 0 };
  if (body === null) return null;
  return { answer: { status: Number(status), headers, text: body.text }, rest: bytes.subarray(from + body.length) };
}

function takeBody(bytes: Buffer, headers: Headers): { text: string; length: number } | null {
  if (headers.get("transfer-encoding") === "chunked") return takeChunks(bytes);
  const length = Number(headers.get("content-length") ?? 0);
  return bytes.byteLength < length ? null : { text: bytes.toString("utf8", 0, length), length };
}

function takeChunks(bytes: Buffer): { text: string; length: number } | null {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = bytes.indexOf("\r\n", at);
    if (lineEnd < 0) return null;
    const size = Number.parseInt(bytes.toString("latin1", at, lineEnd), 16);
    const from = lineEnd + 2;
    if (bytes.byteLength < from + size + 2) return null;
    chunks.push(bytes.subarray(from, from + size));
    at = from + size + 2;
    if (size === 0) return { text: Buffer.concat(chunks).toString("utf8"), length: at };
  }
}
