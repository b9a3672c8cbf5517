/**
 * The only wiring: takes the data folder and the port for this process alone, starts the threads in order (engine
 * first, the port last), and stops them in the reverse order. A thread that dies or is poisoned ends the process: the
 * next start recovers.
 */
import type { Config } from "./config.ts";
import { limits } from "./domain/limits.ts";
import { Counters } from "./engine/counters.ts";
import { KeyFilter } from "./engine/key-filter.ts";
import { Metrics } from "./host/metrics.ts";
import { OperationError } from "./host/operation-error.ts";
import { claimPort } from "./host/port.ts";
import { metricDefinitions } from "./metrics.ts";
import { ensureSecrets } from "./secrets.ts";
import { lockFolder } from "./storage/sqlite/lock.ts";
import type { EngineBoot, FromWorker, HttpBoot, ToWorker } from "./threads.ts";

export interface App {
  readonly port: number;
  readonly url: string;
  /** Rejects when the process cannot go on: nothing is acknowledged any more. Never resolves. */
  readonly failure: Promise<never>;
  /** Readiness off, what is under way answered, everything committed and moved into the database file. */
  stop(): Promise<void>;
}

const startWithinMs = 120_000; // recovery of tens of millions of orders; a thread that never answers is a failure

/** Starts everything. Throws `OperationError` when it cannot, with nothing left behind. */
export async function startApp(config: Config): Promise<App> {
  using stack = new DisposableStack();
  stack.use(lockFolder(config.data));
  const auth = ensureSecrets(config);
  const claim = stack.use(claimPort(config.host, config.port, config.httpThreads > 1));
  const counters = Counters.forOffers(limits.offersMax);
  const keyFilter = new KeyFilter();
  const threads = config.httpThreads;
  const metrics = new Metrics(metricDefinitions(threads), { thread: threads, threads: threads + 1 });
  const shared = {
    data: config.data,
    counters: counters.buffer,
    keyFilter: keyFilter.buffer,
    metrics: metrics.buffer,
  };

  const engine = new Thread<EngineBoot>(new URL("./engine.worker.ts", import.meta.url), "engine");
  const channels = Array.from({ length: threads }, () => new MessageChannel());
  const https = channels.map(
    (_, thread) => new Thread<HttpBoot>(new URL("./http.worker.ts", import.meta.url), `http-${thread + 1}`),
  );
  stack.defer(() => {
    for (const thread of [...https, engine]) thread.end();
  });
  const failure = Promise.race([engine, ...https].map((thread) => thread.failure));
  failure.catch(() => {}); // whoever waits for it gets it; until then it is not unhandled
  const ports = channels.map(({ port1 }) => port1);
  engine.send({ type: "boot", boot: { ...shared, ports } }, ports);
  channels.forEach(({ port2 }, thread) => {
    const boot = { ...shared, host: config.host, auth, thread, threads, engine: port2 };
    https[thread]?.send({ type: "boot", boot }, [port2]);
  });

  const within = <T>(promise: Promise<T>) => Promise.race([promise, failure, timeOut(startWithinMs)]);
  await within(engine.reply("ready"));
  let port = claim.port;
  for (const http of https) {
    http.send({ type: "listen", port, isShared: claim.isShared });
    const reply = await within(http.reply("ready"));
    port = reply.port ?? port;
  }

  const held = stack.move();
  return {
    port,
    url: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`,
    failure,
    async stop() {
      counters.stop();
      await Promise.all(
        https.map((http) => {
          http.send({ type: "stop" });
          return http.reply("stopped");
        }),
      );
      engine.send({ type: "stop" });
      await engine.reply("stopped");
      held.dispose();
    },
  };
}

/** A worker with its replies as promises. */
class Thread<Boot> {
  readonly failure: Promise<never>;
  readonly #worker: Worker;
  readonly #replies = new Map<FromWorker["type"], (message: FromWorker) => void>();
  #isEnding = false;

  constructor(entry: URL, name: string) {
    this.#worker = new Worker(entry.href, { name });
    const { promise, reject } = Promise.withResolvers<never>();
    this.failure = promise;
    const fail = (subject: string) => {
      if (!this.#isEnding) reject(new OperationError({ operation: "run", subject, hint: "Start again: it recovers." }));
    };
    this.#worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
      if (data.type === "failed") reject(new StartFailure(data.line));
      else if (data.type === "poisoned") fail(`the sale cannot be stored (${data.line})`);
      else this.#replies.get(data.type)?.(data);
    };
    this.#worker.onerror = ({ message }) => fail(`the ${name} thread failed (${message})`);
    this.#worker.addEventListener("close", () => fail(`the ${name} thread ended`));
  }

  send(message: ToWorker<Boot>, transfer: MessagePort[] = []): void {
    this.#worker.postMessage(message, transfer);
  }

  reply<T extends FromWorker["type"]>(type: T): Promise<Extract<FromWorker, { type: T }>> {
    return new Promise((resolve) => {
      this.#replies.set(type, (message) => resolve(message as Extract<FromWorker, { type: T }>));
    });
  }

  end(): void {
    this.#isEnding = true;
    this.#worker.terminate();
  }
}

/** A thread could not start and has said why, in a line for the person in front of it. */
class StartFailure extends Error {}

function timeOut(ms: number): Promise<never> {
  return new Promise((_, reject) => {
    const subject = `a thread did not start within ${ms / 1_000} s`;
    setTimeout(
      () => reject(new OperationError({ operation: "start", subject, hint: "Look at the log, then start again." })),
      ms,
    ).unref();
  });
}
