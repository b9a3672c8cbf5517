/**
 * A shop's webhook receiver that is not to be relied upon: it answers 500, breaks the connection, takes its time, asks for
 * a pause, sometimes after it has taken the event all the same; and it can be gone for a while. Checks every signature
 * with the official library and writes down what came, in the order in which it came. `undelivered` holds that against
 * the stored events. Proves nothing by itself.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { Webhook } from "standardwebhooks";
import type { Random } from "../engine/random.ts";
import type { Ledger } from "./ledger.ts";

interface Notice {
  readonly type: string;
  readonly data: {
    readonly seq: number;
    readonly hash: string;
    readonly order?: { readonly id: string };
    readonly entry_id?: string;
  };
}

interface Arrival {
  readonly body: string;
  readonly notice: Notice;
  /** Whether it was ever acted upon; the answer to that may have been lost. */
  isTaken: boolean;
}

/** In a hundred requests. */
const mishaps = { fails: 6, breaks: 6, isSlow: 3, asksForPause: 1 } as const;
const slowMs = 400;

export class Receiver implements AsyncDisposable {
  /** What came, by `seq`, in the order of first arrivals. */
  readonly arrivals = new Map<number, Arrival>();
  /** What should never have come, in words. */
  readonly complaints: string[] = [];
  /** How often what came was answered in a way that makes it come again. */
  mishapCount = 0;
  repetitionCount = 0;
  isReliable = false;
  #webhook: Webhook | null = null;
  readonly #random: Random;
  #server: Server | null = null;
  #port = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  set secret(secret: string) {
    this.#webhook = new Webhook(secret);
  }

  /** Listens, after the first time where it listened before; answers its address. */
  async start(): Promise<string> {
    const server = createServer((request, response) => void this.#receive(request, response));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    server.once("error", reject);
    server.listen(this.#port, "127.0.0.1", resolve);
    await promise;
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("no port");
    this.#port = address.port;
    this.#server = server;
    return `http://127.0.0.1:${this.#port}/hook`;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === null) return;
    this.#server = null;
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    server.closeAllConnections();
    await promise;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request);
    if (body === null) return; // the sender was killed in the middle of it
    const arrival = this.#note(request, body);
    if (arrival === null) return void response.writeHead(400).end();
    const dice = this.isReliable ? 100 : this.#random.below(100);
    const { fails, breaks, isSlow, asksForPause } = mishaps;
    if (dice < fails + breaks + asksForPause) {
      this.mishapCount += 1;
      arrival.isTaken ||= this.#random.percent(50);
    } else arrival.isTaken = true;
    if (dice < fails) response.writeHead(500).end("not now");
    else if (dice < fails + breaks) request.socket.destroy();
    else if (dice < fails + breaks + asksForPause) response.writeHead(429, { "retry-after": "1" }).end();
    else {
      if (dice < fails + breaks + asksForPause + isSlow) await Bun.sleep(slowMs);
      response.writeHead(204).end();
    }
  }

  /** `null` for what is not signed as it should be. */
  #note(request: IncomingMessage, body: string): Arrival | null {
    try {
      if (this.#webhook === null) throw new Error("nobody has the secret yet");
      this.#webhook.verify(body, request.headers as Record<string, string>);
    } catch (cause) {
      this.complaints.push(`not verified: ${String(cause)} ${body}`);
      return null;
    }
    const notice = JSON.parse(body) as Notice;
    const { seq, hash } = notice.data;
    const id = `evt_${seq.toString(36).padStart(10, "0")}_${hash.slice(0, 8)}`;
    if (request.headers["webhook-id"] !== id) this.complaints.push(`event ${seq} has another id`);
    const before = this.arrivals.get(seq);
    if (before !== undefined) {
      this.repetitionCount += 1;
      if (before.body !== body) this.complaints.push(`event ${seq} came as ${before.body} and then as ${body}`);
      return before;
    }
    const arrival = { body, notice, isTaken: false };
    this.arrivals.set(seq, arrival);
    return arrival;
  }
}

/** Everything that the receiver was to be told after `afterSeq` and was not, or was told and should not, in words. */
export function undelivered({ events }: Ledger, { arrivals, complaints }: Receiver, afterSeq: number): string[] {
  const found = [...complaints];
  const stored = new Map(events.map((event) => [event.seq, event]));
  for (const { seq, type } of events) {
    const isOffice = /^(operator|endpoint)_/.test(type);
    if (seq > afterSeq && !isOffice && arrivals.get(seq)?.isTaken !== true) found.push(`${type} ${seq} never arrived`);
    if (isOffice && arrivals.has(seq)) found.push(`${type} ${seq} is nobody's business`);
  }
  const lastSeqs = new Map<string, number>();
  for (const [seq, { notice, body }] of arrivals) {
    const event = stored.get(seq);
    const { type, data } = notice;
    if (event?.type !== type || event.hash !== data.hash) found.push(`arrived, and is not stored so: ${body}`);
    const lane = data.order?.id ?? data.entry_id;
    if (lane === undefined) continue;
    if (seq < (lastSeqs.get(lane) ?? 0)) found.push(`${type} ${seq} of ${lane} arrived after ${lastSeqs.get(lane)}`);
    lastSeqs.set(lane, seq);
  }
  return found;
}

async function textOf(request: IncomingMessage): Promise<string | null> {
  try {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8");
  } catch {
    return null;
  }
}
