/**
 * The only wiring: takes the data folder and the port for this process alone, starts the threads in order (engine
 * first, the port last), and stops them in the reverse order. A thread that dies or is poisoned ends the process: the
 * next start recovers.
 */
import type { CaptchaSettings } from "./admission/captcha.ts";
import { challengeLifetimeMs } from "./admission/challenge.ts";
import { LoadBoard } from "./admission/load-board.ts";
import { RateTable } from "./admission/rate-limit.ts";
import { SpentSet } from "./admission/spent-set.ts";
import { openBeacons } from "./beacons.ts";
import { type Config, flagsOf, ownUrl, settingsOfCopy } from "./config.ts";
import { limits } from "./domain/limits.ts";
import { CampaignBoard } from "./engine/campaign-board.ts";
import { Counters } from "./engine/counters.ts";
import { KeyFilter } from "./engine/key-filter.ts";
import { startClock } from "./host/clock.ts";
import { log } from "./host/log.ts";
import { Metrics } from "./host/metrics.ts";
import { OperationError } from "./host/operation-error.ts";
import { claimPort } from "./host/port.ts";
import { ownCommand } from "./host/program.ts";
import { newSalt, newSeed } from "./host/random.ts";
import type { AuthSettings } from "./http/auth.ts";
import type { Shop } from "./http/parts.ts";
import { metricDefinitions, metricPlaces } from "./metrics.ts";
import { Office } from "./office.ts";
import type { ProviderSettings } from "./payment/open-provider.ts";
import { returnedPath } from "./payment/provider.ts";
import { RehearsalOffice } from "./rehearsal-office.ts";
import { RiskOffice } from "./risk-office.ts";
import {
  ensureChallengeKey,
  ensurePassKey,
  ensureReceiptKey,
  ensureSandboxSecret,
  ensureSecrets,
  lacksReceiptKey,
} from "./secrets.ts";
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
const stopWithinMs = 9_000; // a disk that hangs must not hold the process: Docker, for one, kills after ten seconds
const lastWordsWithinMs = 1_000; // for the HTTP threads to tell those who wait that their outcome is unknown

/** Starts everything. Throws `OperationError` when it cannot, with nothing left behind but the folder and its lock file. */
export async function startApp(config: Config): Promise<App> {
  using stack = new DisposableStack();
  stack.use(lockFolder(config.data));
  const claim = stack.use(claimPort(config.host, config.port, config.httpThreads > 1));
  const auth = ensureSecrets(config); // the first thing that is left behind: only once the port is ours
  const beacons = await openBeacons(config);
  const payments = providerSettings(config, claim.port);
  const isReceiptKeyNew = lacksReceiptKey(config);
  const receiptKey = ensureReceiptKey(config);
  const passKey = ensurePassKey(config);
  const challenges = {
    secret: ensureChallengeKey(config),
    run: newSalt(),
    spent: new SpentSet(challengeLifetimeMs).buffer,
    captcha: captchaSettings(config),
  };
  const counters = Counters.forOffers(limits.offersMax);
  const keyFilter = new KeyFilter();
  const threads = config.httpThreads;
  const rates = RateTable.make(newSeed(), startClock().nowMs()).buffer;
  const load = LoadBoard.forThreads(threads);
  const metrics = new Metrics(metricDefinitions(threads), {
    thread: metricPlaces(threads).main,
    threads: metricPlaces(threads).threads,
  });
  const shared = {
    data: config.data,
    counters: counters.buffer,
    board: CampaignBoard.forLines(limits.offersMax).buffer,
    keyFilter: keyFilter.buffer,
    metrics: metrics.buffer,
  };

  const engine = new Thread<EngineBoot>(new URL("./engine.worker.ts", import.meta.url), "engine");
  const channels = Array.from({ length: threads }, () => new MessageChannel());
  const { port1: officePort, port2: ownPort } = new MessageChannel();
  const https = channels.map(
    (_, thread) => new Thread<HttpBoot>(new URL("./http.worker.ts", import.meta.url), `http-${thread + 1}`),
  );
  stack.defer(() => {
    for (const thread of [...https, engine]) thread.end();
  });
  let isServing = false;
  const stopHttp = () =>
    Promise.all(
      https.map((http) => {
        http.send({ type: "stop" });
        return http.reply("stopped");
      }),
    );
  const failure = Promise.race([engine, ...https].map((thread) => thread.failure)).catch(async (cause) => {
    counters.stop();
    // Those who wait were told `outcome_unknown`: the process ends when that has left.
    if (isServing) await Promise.race([stopHttp(), Bun.sleep(lastWordsWithinMs)]);
    throw cause;
  });
  failure.catch(() => {}); // whoever waits for it gets it; until then it is not unhandled
  const ports = [...channels.map(({ port1 }) => port1), officePort];
  engine.send({ type: "boot", boot: { ...shared, ports, threads } }, ports);
  const deskChannels = channels.map(() => new MessageChannel());
  const risk = stack.use(new RiskOffice({ ports: deskChannels.map(({ port1 }) => port1), metrics }));
  const rehearsalChannels = channels.map(() => new MessageChannel());
  const rehearsals = stack.use(
    new RehearsalOffice({
      ports: rehearsalChannels.map(({ port1 }) => port1),
      data: config.data,
      load,
      command: [...ownCommand(), "rehearse", "--from-server", ...flagsOf(settingsOfCopy(config))],
    }),
  );
  const office = stack.use(new Office({ settings: config, engine: ownPort, counters, load, metrics, risk }));
  channels.forEach(({ port2 }, thread) => {
    const proxies = { trusted: config.trustedProxies, header: config.proxyHeader };
    const { areRatesLimited, embedOrigins } = config;
    const desk = deskChannels[thread]?.port2 as MessagePort;
    const rehearsalPort = rehearsalChannels[thread]?.port2 as MessagePort;
    const talks = { desk, rehearsals: rehearsalPort };
    const mcp = { publicUrl: config.publicUrl, authorizationServers: config.mcpAuthServers };
    const edge = { proxies, areRatesLimited, embedOrigins, mcp, rates, load: load.buffer, challenges, ...talks };
    const boot = {
      ...shared,
      ...edge,
      host: config.host,
      auth,
      beacons,
      payments,
      shop: shopSettings(config, auth),
      receiptKey,
      passKey,
      thread,
      threads,
      engine: port2,
    };
    https[thread]?.send({ type: "boot", boot }, [port2, desk, rehearsalPort]);
  });

  const within = <T>(promise: Promise<T>) =>
    Promise.race([promise, failure, timeOut(startWithinMs, "start", "a thread did not start")]);
  await within(engine.reply("ready"));
  let port = claim.port;
  for (const http of https) {
    http.send({ type: "listen", port, isShared: claim.isShared });
    const reply = await within(http.reply("ready"));
    port = reply.port ?? port;
  }
  const opened = office.open(payments, beacons); // beside the HTTP threads
  opened.catch(() => {}); // waited for below
  await within(opened);
  isServing = true;
  if (isReceiptKeyNew) {
    log("warn", "receipt.key was missing beside a sale: a new one was made, which receipts given before do not fit", {
      hint: "If receipts were given, stop and copy the old receipt.key here.",
    });
  }
  // Only `stop` ends it from now on, and in bounded time: a second signal must not break off what the first one began.
  // (One Ctrl-C under npm is two signals: the terminal's, and npm's own.)
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => {});

  const held = stack.move();
  return {
    port,
    url: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`,
    failure,
    async stop() {
      counters.stop();
      const stopped = Promise.all([stopHttp(), office.stop(), rehearsals.stop()]).then(() => {
        engine.send({ type: "stop" });
        return engine.reply("stopped");
      });
      await Promise.race([stopped, failure, timeOut(stopWithinMs, "stop", "what was under way could not be stored")]);
      held.dispose();
    },
  };
}

/** `null` where none is configured. */
function captchaSettings(config: Config): CaptchaSettings | null {
  const { captchaUrl: url, captchaSecret: secret, captchaSiteKey: siteKey, captchaHostname: hostname } = config;
  if (url === null) return null;
  if (secret === null || siteKey === null) throw new Error("the settings of the captcha are complete");
  return { url, secret, siteKey, hostname };
}

/** Guests are signed for with the secret of all buyers. */
function shopSettings({ shopName, signInUrl, hasGuests }: Config, { buyers }: AuthSettings): Shop {
  if (hasGuests && !("secret" in buyers)) throw new Error("guests contradict a shop that signs its buyers' tokens");
  return { name: shopName, signInUrl, guestSecret: hasGuests && "secret" in buyers ? buyers.secret : null };
}

/** How payments are taken, for the threads that take part. */
function providerSettings(config: Config, port: number): ProviderSettings {
  const selfUrl = ownUrl({ host: config.host, port });
  const publicUrl = config.publicUrl ?? selfUrl;
  const returnUrl = config.returnUrl ?? new URL(returnedPath, publicUrl).href;
  switch (config.payments) {
    case "none":
      return { provider: "none" };
    case "sandbox":
      return { provider: "sandbox", secret: ensureSandboxSecret(config), publicUrl, selfUrl, returnUrl };
    case "stripe": {
      const { stripeSecretKey: secretKey, stripeWebhookSecret: webhookSecret, stripeUrl: url } = config;
      if (secretKey === null || webhookSecret === null) throw new Error("the settings of Stripe are complete");
      return { provider: "stripe", secretKey, webhookSecret, url, returnUrl };
    }
  }
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
      if (data.type === "failed" || data.type === "poisoned") reject(new ThreadFailure(data.line));
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

/** A thread could not start or go on and has said why, in a line for the person in front of it. */
class ThreadFailure extends Error {}

function timeOut(ms: number, operation: string, what: string): Promise<never> {
  return new Promise((_, reject) => {
    const subject = `${what} within ${ms / 1_000} s`;
    setTimeout(
      () => reject(new OperationError({ operation, subject, hint: "Look at the log, then start again: it recovers." })),
      ms,
    ).unref();
  });
}
