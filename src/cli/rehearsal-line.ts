/**
 * The crowd's way to the sandbox: some hundred connections that thousands of buyers share. Each request carries the
 * address that its buyer comes from. Latency counts from the click, so whoever waits for a connection is charged for it,
 * as they would wait for the server to take theirs.
 */
import type { Clock } from "../host/clock.ts";
import { type Answer, Connection } from "./load-connection.ts";

/** Who asks, and from where. */
export interface Caller {
  readonly token: string;
  readonly address: string;
}

export interface Asked {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `status` 0: the connection was lost, and with it what came of the request. */
export interface Heard extends Answer {
  readonly tookMs: number;
}

interface Waiting {
  readonly request: string;
  readonly clickedMs: number;
  readonly resolve: (heard: Heard) => void;
}

const connectionsMax = 256;
/** Requests that are under way or answered stay in front of the queue, up to so many. */
const takenMax = 1_024;
const nothing: Answer = { status: 0, retryAfterS: null, location: null, body: "" };

export class Line {
  readonly #clock: Clock;
  readonly #host: string;
  readonly #connections: readonly Connection[];
  readonly #idle: Connection[] = [];
  readonly #underWay = new Map<Connection, Waiting>();
  #waiting: Waiting[] = [];
  /** How many of them are under way already: a queue whose head is not moved each time. */
  #takenCount = 0;
  #isClosed = false;
  answeredCount = 0;

  constructor(url: string, callers: number, clock: Clock) {
    this.#clock = clock;
    const target = new URL(url);
    this.#host = target.host;
    const events = {
      onReady: (connection: Connection) => this.#employ(connection),
      onAnswer: (connection: Connection, answer: Answer) => {
        this.answeredCount += 1;
        this.#end(connection, answer);
        this.#employ(connection);
      },
      onLost: (connection: Connection) => this.#end(connection, nothing),
    };
    const count = Math.min(callers, connectionsMax);
    this.#connections = Array.from({ length: count }, () => new Connection(target, events));
  }

  ask({ token, address }: Caller, { method, path, headers = {} }: Asked): Promise<Heard> {
    const { promise, resolve } = Promise.withResolvers<Heard>();
    if (this.#isClosed) return Promise.resolve({ ...nothing, tookMs: 0 });
    const extra = Object.entries(headers).map(([name, value]) => `\r\n${name}: ${value}`);
    const request = `${method} ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Length: 0\r\nAuthorization: Bearer ${token}\r\nX-Forwarded-For: ${address}${extra.join("")}\r\n\r\n`;
    this.#waiting.push({ request, clickedMs: this.#clock.elapsedMs(), resolve });
    for (let idle = this.#idle.pop(); idle !== undefined; idle = this.#idle.pop()) {
      if (!idle.isReady) continue; // lost meanwhile: it comes back by itself
      this.#employ(idle);
      break;
    }
    return promise;
  }

  /** Whoever waits hears nothing any more. */
  close(): void {
    this.#isClosed = true;
    for (const connection of this.#connections) connection.close();
    for (const connection of [...this.#underWay.keys()]) this.#end(connection, nothing);
    for (const { resolve } of this.#waiting.slice(this.#takenCount)) resolve({ ...nothing, tookMs: 0 });
    this.#waiting = [];
    this.#takenCount = 0;
  }

  #employ(connection: Connection): void {
    if (!connection.isReady || this.#isClosed) return;
    const next = this.#waiting[this.#takenCount];
    if (next === undefined) {
      this.#waiting = [];
      this.#takenCount = 0;
      this.#idle.push(connection);
      return;
    }
    this.#takenCount += 1;
    if (this.#takenCount === takenMax) {
      this.#waiting.splice(0, takenMax);
      this.#takenCount = 0;
    }
    this.#underWay.set(connection, next);
    connection.send(next.request);
  }

  #end(connection: Connection, answer: Answer): void {
    const waiting = this.#underWay.get(connection);
    if (waiting === undefined) return;
    this.#underWay.delete(connection);
    waiting.resolve({ ...answer, tookMs: this.#clock.elapsedMs() - waiting.clickedMs });
  }
}
