/**
 * One connection of the load generator: HTTP/1.1 on a plain socket, one request at a time, opened again when it is
 * lost. Not `fetch`: it opens 256 connections at most, goes through HTTP_PROXY even on this machine, and takes half as
 * much processor again (29 us an attempt against 20), which beside the server is taken from the server.
 */
import type { Socket } from "bun";

export interface Answer {
  readonly status: number;
  readonly retryAfterS: number | null;
  readonly location: string | null;
  readonly body: string;
}

export interface ConnectionEvents {
  /** It can take a request: when it is first open, and open again. */
  readonly onReady: (connection: Connection) => void;
  readonly onAnswer: (connection: Connection, answer: Answer) => void;
  /** It was lost, with the outcome of what was under way. It opens again by itself. */
  readonly onLost: (connection: Connection) => void;
}

const reopenMs = 200; // a server that restarts is back within some of these

export class Connection {
  readonly #url: URL;
  readonly #events: ConnectionEvents;
  #socket: Socket<undefined> | null = null;
  #isWaiting = false;
  #isClosed = false;
  #isReopening = false;
  /** What of the request the system has not taken yet. */
  #unsent = "";
  /** The beginning of an answer that came in pieces. */
  #received = "";

  constructor(url: URL, events: ConnectionEvents) {
    this.#url = url;
    this.#events = events;
    this.#open();
  }

  /** Whether it can take a request. */
  get isReady(): boolean {
    return this.#socket !== null && !this.#isWaiting;
  }

  /** Sends a request, its text as it goes over the wire. Only when ready. */
  send(request: string): void {
    this.#isWaiting = true;
    this.#unsent = request;
    this.#flush();
  }

  close(): void {
    this.#isClosed = true;
    this.#socket?.terminate();
  }

  #open(): void {
    this.#isReopening = false;
    this.#isReopening = false;
    const { hostname, port, protocol } = this.#url;
    const isSecure = protocol === "https:";
    const ready = (socket: Socket<undefined>) => {
      this.#socket = socket;
      this.#events.onReady(this);
    };
    const connecting = Bun.connect<undefined>({
      hostname: hostname.replace(/^\[|\]$/g, ""),
      port: Number(port) || (isSecure ? 443 : 80),
      ...(isSecure ? { tls: { serverName: hostname } } : {}),
      socket: {
        open: (socket) => {
          if (!isSecure) ready(socket);
        },
        handshake: (socket, success) => {
          if (success) ready(socket);
          else socket.terminate();
        },
        data: (_, chunk) => this.#receive(chunk.toString("latin1")),
        drain: () => this.#flush(),
        close: () => this.#lose(),
        error: () => this.#socket?.terminate(),
      },
    });
    connecting.catch(() => this.#lose()); // refused: nobody listens just now
  }

  #flush(): void {
    if (this.#socket === null || this.#unsent === "") return;
    const written = this.#socket.write(this.#unsent);
    this.#unsent = this.#unsent.slice(Math.max(0, written));
  }

  #receive(text: string): void {
    this.#received += text;
    const answer = parseAnswer(this.#received);
    if (answer === null || !this.#isWaiting) return;
    this.#received = "";
    this.#isWaiting = false;
    this.#events.onAnswer(this, answer);
  }

  #lose(): void {
    if (this.#isClosed || this.#isReopening) return; // a refused connection is told twice
    this.#isReopening = true;
    this.#socket = null;
    this.#isWaiting = false;
    this.#unsent = "";
    this.#received = "";
    setTimeout(() => {
      if (!this.#isClosed) this.#open();
    }, reopenMs);
    this.#events.onLost(this);
  }
}

/** A whole answer, or `null` while some of it is missing. */
function parseAnswer(text: string): Answer | null {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const head = text.slice(0, headEnd).toLowerCase();
  const body = parseBody(head, text.slice(headEnd + 4));
  if (body === null) return null;
  const location = /\r\nlocation: *([^\r]+)/i.exec(text.slice(0, headEnd))?.[1] ?? null;
  const retryAfter = /\r\nretry-after: *(\d+)/.exec(head)?.[1];
  return {
    status: Number(head.slice("http/1.1 ".length, "http/1.1 ".length + 3)),
    retryAfterS: retryAfter === undefined ? null : Number(retryAfter),
    location,
    body,
  };
}

/** With a `Content-Length`, as Rushbox answers; or in chunks, as a proxy before it may. JSON on one line either way. */
function parseBody(head: string, rest: string): string | null {
  if (/\r\ntransfer-encoding: *chunked/.test(head)) {
    return /(^|\r\n)0\r\n\r\n$/.test(rest) ? rest.replace(/(^|\r\n)[0-9a-fA-F]+\r\n/g, "") : null;
  }
  const length = Number(/\r\ncontent-length: *(\d+)/.exec(head)?.[1] ?? 0);
  return rest.length < length ? null : rest.slice(0, length);
}
