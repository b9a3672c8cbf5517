/**
 * A client with a fixed rate: every request has its time to be sent, whether or not earlier ones were answered, and its
 * latency counts from that time. So a server that stalls is charged for all who would have come meanwhile (no
 * coordinated omission), as a crowd of independent buyers would feel it. Plain sockets, one request at a time on each.
 */
import type { Clock } from "../src/host/clock.ts";
import { percentileOf } from "./bench.ts";

export interface OpenLoopRun {
  readonly port: number;
  /** Requests as bytes on the wire but for the empty line that ends them, sent in turns. */
  readonly heads: readonly string[];
  /** Whether each request carries an Idempotency-Key of its own. */
  readonly keyed: boolean;
  readonly perSecond: number;
  readonly seconds: number;
  /** Before what counts. */
  readonly warmSeconds: number;
  readonly connections: number;
  readonly expectedStatus: number;
  readonly clock: Clock;
}

export interface OpenLoopResult {
  readonly requests: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
  /** How late requests were sent, included in the latencies: the client's own delay, and waiting for a connection. */
  readonly lateMsP99: number;
}

interface Connection {
  readonly socket: Bun.Socket<Connection | undefined>;
  /** The number of the request that waits for its answer, or -1. */
  request: number;
  /** The beginning of an answer that came in pieces. */
  rest: string;
}

/** The client sleeps this long between looks at the clock: a timer of the event loop would be a whole millisecond off. */
const napMs = 0.05;
const answerMsMax = 10_000;
const statusAt = "HTTP/1.1 ".length;
let runsCount = 0;

export async function runOpenLoop(run: OpenLoopRun): Promise<OpenLoopResult> {
  const client = new OpenLoopClient(run);
  await client.connect();
  try {
    await client.send();
  } finally {
    client.close();
  }
  return client.result();
}

class OpenLoopClient {
  readonly #run: OpenLoopRun;
  readonly #number = runsCount++;
  readonly #count: number;
  readonly #latenciesMs: Float64Array;
  readonly #latenessMs: Float64Array;
  readonly #connections: Connection[] = [];
  /** Used last, free first: a server sees few busy connections rather than many that are nearly idle. */
  readonly #free: Connection[] = [];
  readonly #nap = new Int32Array(new SharedArrayBuffer(4));
  #startedAtMs = 0;
  #sentCount = 0;
  #answeredCount = 0;
  #failure: Error | null = null;

  constructor(run: OpenLoopRun) {
    this.#run = run;
    this.#count = Math.round((run.seconds + run.warmSeconds) * run.perSecond);
    this.#latenciesMs = new Float64Array(this.#count);
    this.#latenessMs = new Float64Array(this.#count);
  }

  async connect(): Promise<void> {
    for (let n = 0; n < this.#run.connections; n++) {
      const socket = await Bun.connect<Connection | undefined>({
        hostname: "127.0.0.1",
        port: this.#run.port,
        socket: {
          data: ({ data: connection }, chunk) => connection && this.#receive(connection, chunk),
          close: () => this.#fail("the server closed a connection"),
          error: (_, error) => this.#fail(error.message),
        },
      });
      const connection = { socket, request: -1, rest: "" };
      socket.data = connection;
      this.#connections.push(connection);
      this.#free.push(connection);
    }
  }

  /** Sends everything at its time and waits for the answers. */
  async send(): Promise<void> {
    const { clock } = this.#run;
    this.#startedAtMs = clock.elapsedMs();
    const lastMs = this.#dueAtMs(this.#count);
    while (this.#answeredCount < this.#count) {
      this.#sendDue();
      if (this.#failure !== null) throw this.#failure;
      if (clock.elapsedMs() > lastMs + answerMsMax) throw new Error(`${this.#count - this.#answeredCount} unanswered`);
      if (this.#dueAtMs(this.#sentCount) - clock.elapsedMs() > napMs) Atomics.wait(this.#nap, 0, 0, napMs);
      await new Promise(setImmediate); // what arrived meanwhile is read here
    }
  }

  close(): void {
    this.#failure = new Error("closed");
    for (const { socket } of this.#connections) socket.terminate();
  }

  result(): OpenLoopResult {
    const first = Math.round(this.#run.warmSeconds * this.#run.perSecond);
    const latencies = this.#latenciesMs.slice(first).sort();
    return {
      requests: latencies.length,
      p50Ms: percentileOf(latencies, 0.5),
      p99Ms: percentileOf(latencies, 0.99),
      p999Ms: percentileOf(latencies, 0.999),
      maxMs: percentileOf(latencies, 1),
      lateMsP99: percentileOf(this.#latenessMs.slice(first).sort(), 0.99),
    };
  }

  #dueAtMs(request: number): number {
    return this.#startedAtMs + (request * 1_000) / this.#run.perSecond;
  }

  #sendDue(): void {
    const { clock } = this.#run;
    while (this.#sentCount < this.#count && this.#free.length > 0) {
      const lateMs = clock.elapsedMs() - this.#dueAtMs(this.#sentCount);
      if (lateMs < 0) return;
      const connection = this.#free.pop() as Connection;
      const text = this.#text(this.#sentCount);
      this.#latenessMs[this.#sentCount] = lateMs;
      connection.request = this.#sentCount++;
      if (connection.socket.write(text) !== text.length) this.#fail("a request did not fit into the socket");
    }
  }

  #text(request: number): string {
    const { heads, keyed } = this.#run;
    const head = heads[request % heads.length] ?? "";
    return keyed ? `${head}Idempotency-Key: "open-${process.pid}-${this.#number}-${request}"\r\n\r\n` : `${head}\r\n`;
  }

  #receive(connection: Connection, chunk: Buffer): void {
    const text = connection.rest + chunk.toString("latin1");
    if (!isComplete(text)) {
      connection.rest = text;
      return;
    }
    const status = Number(text.slice(statusAt, statusAt + 3));
    if (status !== this.#run.expectedStatus) this.#fail(`the server answered ${text}`);
    this.#latenciesMs[connection.request] = this.#run.clock.elapsedMs() - this.#dueAtMs(connection.request);
    connection.request = -1;
    connection.rest = "";
    this.#answeredCount += 1;
    this.#free.push(connection);
  }

  #fail(message: string): void {
    this.#failure ??= new Error(message);
  }
}

function isComplete(text: string): boolean {
  const headEnd = text.indexOf("\r\n\r\n");
  if (headEnd < 0) return false;
  const length = /\r\ncontent-length: (\d+)/i.exec(text)?.[1];
  return text.length >= headEnd + 4 + Number(length ?? 0);
}
