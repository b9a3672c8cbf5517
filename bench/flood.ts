/**
 * More buyers than can be served: so many requests are due a second, answered or not, as `open-loop.ts` has them; but
 * nobody waits for a connection: whoever finds none free has given up, as a buyer does whose page does not load. Counts
 * what came of each, and how long whoever got through waited from the sending on.
 */
import type { Clock } from "../src/host/clock.ts";
import { percentileOf } from "./bench.ts";

export interface FloodRun {
  readonly port: number;
  /** Requests as bytes on the wire but for the empty line that ends them, sent in turns. */
  readonly heads: readonly string[];
  readonly perSecond: number;
  readonly seconds: number;
  readonly connections: number;
  readonly clock: Clock;
}

export interface FloodResult {
  readonly offered: number;
  /** Answered 201. */
  readonly accepted: number;
  /** Answered 503 or 429. */
  readonly refused: number;
  /** Found no connection. */
  readonly givenUp: number;
  /** Of those who were accepted. */
  readonly p99Ms: number;
  readonly maxMs: number;
}

interface Connection {
  readonly socket: Bun.Socket<Connection | undefined>;
  sentAtMs: number;
  rest: string;
}

const napMs = 1;
const answerMsMax = 10_000;
const statusAt = "HTTP/1.1 ".length;
const refusals = [429, 503];

export async function runFlood({
  port,
  heads,
  perSecond,
  seconds,
  connections,
  clock,
}: FloodRun): Promise<FloodResult> {
  const free: Connection[] = [];
  const waitsMs: number[] = [];
  let [offered, refused, givenUp, isOver] = [0, 0, 0, false];
  let failure: Error | null = null;
  const receive = (connection: Connection, chunk: Buffer) => {
    const text = connection.rest + chunk.toString("latin1");
    const bodyAt = text.indexOf("\r\n\r\n") + 4;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1] ?? 0);
    connection.rest = bodyAt < 4 || text.length < bodyAt + length ? text : "";
    if (connection.rest !== "") return;
    const status = Number(text.slice(statusAt, statusAt + 3));
    if (status === 201) waitsMs.push(clock.elapsedMs() - connection.sentAtMs);
    else if (refusals.includes(status)) refused += 1;
    else failure ??= new Error(`the server answered ${text}`);
    free.push(connection);
  };
  const lost = (why: string) => {
    if (!isOver) failure ??= new Error(why);
  };
  for (let n = 0; n < connections; n++) {
    const socket = await Bun.connect<Connection | undefined>({
      hostname: "127.0.0.1",
      port,
      socket: {
        data: ({ data: connection }, chunk) => connection && receive(connection, chunk),
        close: () => lost("the server closed a connection"),
        error: (_, error) => lost(error.message),
      },
    });
    free.push({ socket, sentAtMs: 0, rest: "" });
    socket.data = free.at(-1);
  }
  const all = [...free];
  const startedAtMs = clock.elapsedMs();
  for (let pastMs = 0; pastMs < seconds * 1_000; pastMs = clock.elapsedMs() - startedAtMs) {
    if (failure !== null) throw failure;
    const due = Math.floor((pastMs / 1_000) * perSecond);
    for (; offered < due && free.length > 0; offered++) {
      const connection = free.shift() as Connection;
      connection.sentAtMs = clock.elapsedMs();
      connection.socket.write(`${heads[offered % heads.length]}\r\n`);
    }
    givenUp += due - offered;
    offered = due;
    await Bun.sleep(napMs);
  }
  const untilMs = clock.elapsedMs() + answerMsMax;
  while (free.length < connections && clock.elapsedMs() < untilMs) await Bun.sleep(napMs);
  isOver = true;
  for (const { socket } of all) socket.terminate();
  if (failure !== null) throw failure;
  const sorted = Float64Array.from(waitsMs).sort();
  const [p99Ms, maxMs] = [percentileOf(sorted, 0.99), percentileOf(sorted, 1)];
  return { offered, accepted: sorted.length, refused, givenUp, p99Ms, maxMs };
}
