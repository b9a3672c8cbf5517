/** Builds and stops what runs on an HTTP thread. It holds no business state: what it knows, the engine told it. */
import { existsSync } from "node:fs";
import { AccessList } from "./admission/access-list.ts";
import { Captcha } from "./admission/captcha.ts";
import { Challenges, challengeLifetimeMs } from "./admission/challenge.ts";
import { LoadBoard } from "./admission/load-board.ts";
import { Passes } from "./admission/pass.ts";
import { RateTable } from "./admission/rate-limit.ts";
import { RiskFeed } from "./admission/risk/feed.ts";
import type { DeskAnswer, DeskQuestion, FromDesk, ToDesk } from "./admission/risk/mailbox.ts";
import { Verdicts } from "./admission/risk/verdicts.ts";
import { SpentSet } from "./admission/spent-set.ts";
import { NoticeStreams } from "./delivery/notice-streams.ts";
import { OrderStreams } from "./delivery/order-streams.ts";
import { QueueStreams } from "./delivery/queue-streams.ts";
import { StockStreams } from "./delivery/stock-streams.ts";
import { Quotes } from "./dialogue/quote.ts";
import { limits } from "./domain/limits.ts";
import { CampaignBoard } from "./engine/campaign-board.ts";
import { Counters } from "./engine/counters.ts";
import { KeyFilter } from "./engine/key-filter.ts";
import type { ToEngine, ToHttp } from "./engine/mailbox.ts";
import { startClock } from "./host/clock.ts";
import { watchEventLoop } from "./host/event-loop.ts";
import { Metrics } from "./host/metrics.ts";
import { portRefused } from "./host/port.ts";
import { SignedText } from "./host/signed-text.ts";
import { ClientAddresses } from "./http/address.ts";
import { Admission } from "./http/admission.ts";
import { Auth } from "./http/auth.ts";
import { Catalogue } from "./http/catalogue.ts";
import { DrawIndex } from "./http/draw-index.ts";
import { EngineClient } from "./http/engine-client.ts";
import { Gate } from "./http/gate.ts";
import { Listeners } from "./http/listeners.ts";
import { MainClient } from "./http/main-client.ts";
import { type JournalRow, noticeOf } from "./http/notice-json.ts";
import { Office } from "./http/office.ts";
import { buyerJsonOf, orderJson } from "./http/order-json.ts";
import type { HttpParts, Payments } from "./http/parts.ts";
import { askForNews } from "./http/queue-json.ts";
import { Receipts } from "./http/receipts.ts";
import type { FromRehearsals, RehearsalClient, ToRehearsals } from "./http/rehearsal-mailbox.ts";
import { reminderJson } from "./http/reminder-json.ts";
import { SandboxPages } from "./http/sandbox-pages.ts";
import { type Listening, listen } from "./http/server.ts";
import { httpThreadLabel, metricDefinitions, metricPlaces } from "./metrics.ts";
import { openProvider } from "./payment/open-provider.ts";
import { SqliteDrawReader } from "./storage/sqlite/draw-reader.ts";
import { SqliteLedgerReader } from "./storage/sqlite/ledger-reader.ts";
import { openReader } from "./storage/sqlite/open.ts";
import { OrderSearch } from "./storage/sqlite/order-search.ts";
import { type OutboxDesk, openOutboxDesk, outboxPath } from "./storage/sqlite/outbox.ts";
import { SqliteReader } from "./storage/sqlite/reader.ts";
import type { FromWorker, HttpBoot, ToWorker } from "./threads.ts";

/** How long answers that are under way may take to be written when the process stops. */
const stopGraceMs = 5_000;
const lookAgainMs = 10;
const showWaitsEveryMs = 50;
/** How long written answers may take to leave: keep-alive connections stay open, so their end is not waited for. */
const flushMs = 100;
/** Four times a second: a verdict is made and known within a second of its reason. */
const tellDeskEveryMs = 250;
const deskWaitMsMax = 2_000;
/** A rehearsal that is to stop ends two processes and removes a folder. */
const rehearsalWaitMsMax = 9_000;

export function runHttpThread(tell: (message: FromWorker) => void): { receive(message: ToWorker<HttpBoot>): void } {
  let thread: HttpThread | null = null;
  const failed = (cause: unknown) =>
    tell({ type: "failed", line: cause instanceof Error ? cause.message : String(cause) });
  return {
    receive(message) {
      if (message.type === "boot") {
        thread = new HttpThread(message.boot);
        return;
      }
      if (thread === null) throw new Error("a thread is booted first");
      if (message.type === "listen") {
        thread.listen(message).then((port) => tell({ type: "ready", port }), failed);
      } else {
        thread.stop().then(() => tell({ type: "stopped" }), failed);
      }
    },
  };
}

class HttpThread {
  readonly #boot: HttpBoot;
  readonly #clock = startClock();
  readonly #counters: Counters;
  readonly #catalogue: Catalogue;
  readonly #client: EngineClient;
  readonly #auth: Auth;
  readonly #office = new Office();
  readonly #access = new AccessList();
  readonly #feed: RiskFeed;
  readonly #desk: MainClient<DeskQuestion, DeskAnswer>;
  readonly #rehearsals: RehearsalClient;
  readonly #verdicts = new Verdicts();
  readonly #knowsCampaigns: Promise<void>;
  /** Looked into when somebody asks, once the relay has made it. */
  #outbox: OutboxDesk | null = null;
  #running: { parts: HttpParts; listening: Listening } | null = null;

  constructor(boot: HttpBoot) {
    this.#boot = boot;
    this.#counters = new Counters(boot.counters);
    this.#catalogue = new Catalogue(this.#counters);
    this.#auth = new Auth(boot.auth, this.#clock);
    const post = (message: ToEngine) => boot.engine.postMessage(message);
    this.#client = new EngineClient({ post, counters: this.#counters, clock: this.#clock });
    const tellDesk = (message: ToDesk) => boot.desk.postMessage(message);
    this.#feed = new RiskFeed(tellDesk);
    this.#desk = new MainClient({
      post: (ticket, question) => tellDesk({ type: "question", ticket, question }),
      questionsMax: limits.deskQuestionsMax,
      waitMsMax: deskWaitMsMax,
    });
    const postRehearsals = (message: ToRehearsals) => boot.rehearsals.postMessage(message);
    this.#rehearsals = new MainClient({
      post: (ticket, question) => postRehearsals({ ticket, question }),
      questionsMax: limits.rehearsalQuestionsMax,
      waitMsMax: rehearsalWaitMsMax,
    });
    boot.rehearsals.onmessage = ({ data }: { data: FromRehearsals }) =>
      this.#rehearsals.receive(data.ticket, data.reply);
    boot.desk.onmessage = ({ data }: { data: FromDesk }) => {
      if (data.type === "verdicts") this.#verdicts.receive(data.verdicts);
      else this.#desk.receive(data.ticket, data.answer);
    };
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#knowsCampaigns = promise;
    boot.engine.onmessage = ({ data }: { data: ToHttp }) => {
      if (data.type === "answers") {
        this.#client.receive(data.text);
      } else {
        this.#catalogue.receive(data.campaigns);
        if (data.accessChanges !== undefined) this.#access.receive(data.accessChanges);
        if (data.office !== undefined) {
          this.#office.receive(data.office);
          this.#auth.receive(data.office.operators);
          this.#feed.isOn = data.office.controls.riskMode !== "off";
          this.#running?.parts.noticeStreams.closeForbidden();
          this.#closeSwitchedOff();
        }
        post({ type: "news_known", told: data.told });
        resolve();
      }
    };
  }

  /** Listens once the engine has told its campaigns; answers the port. */
  async listen(where: { port: number; isShared: boolean }): Promise<number> {
    const payments = await this.#openPayments();
    await this.#knowsCampaigns;
    const parts = this.#build(payments);
    const listening = this.#listen(parts, where);
    this.#running = { parts, listening };
    return listening.port;
  }

  /** Streams that are open when they are switched off end; their clients are refused when they come again. */
  #closeSwitchedOff(): void {
    const { controls } = this.#office;
    for (const { name, campaignId } of controls.switchesOn) {
      if (name !== "streams_off") continue;
      this.#running?.parts.stockStreams.closeAll(campaignId);
      this.#running?.parts.queueStreams.closeAll(campaignId);
      if (campaignId !== null) continue;
      this.#running?.parts.orderStreams.closeAll();
      this.#running?.parts.listeners.closeAll();
    }
  }

  #listen(parts: HttpParts, where: { port: number; isShared: boolean }): Listening {
    const { host } = this.#boot;
    try {
      return listen(parts, { ...where, host });
    } catch (cause) {
      throw portRefused(host, where.port, cause); // taken since it was tried
    }
  }

  /** Takes no new connection, ends streams, waits for what is under way, within reason. */
  async stop(): Promise<void> {
    if (this.#running === null) return;
    const { parts, listening } = this.#running;
    const untilMs = this.#clock.elapsedMs() + stopGraceMs;
    parts.listeners.closeAll();
    parts.orderStreams.closeAll();
    parts.stockStreams.closeAll();
    parts.noticeStreams.closeAll();
    parts.queueStreams.closeAll();
    const closed = listening.stop();
    while (this.#client.waitingCount > 0 && this.#clock.elapsedMs() < untilMs) await Bun.sleep(lookAgainMs);
    await Promise.race([closed, Bun.sleep(flushMs)]);
  }

  async #openPayments(): Promise<Payments> {
    const { payments: settings } = this.#boot;
    const clock = this.#clock;
    const provider = await openProvider(settings, clock);
    if (settings.provider !== "sandbox" || provider?.name !== "sandbox") return { provider, sandboxPages: null };
    return {
      provider,
      sandboxPages: new SandboxPages({ sandbox: provider, returnUrl: settings.returnUrl, clock }),
    };
  }

  #buildChallenges(): Pick<HttpParts, "captcha" | "challenges"> {
    const { secret, run, spent, captcha } = this.#boot.challenges;
    const clock = this.#clock;
    const { elapsedMs } = clock;
    return {
      captcha: captcha === null ? null : new Captcha({ settings: captcha, elapsedMs }),
      challenges: new Challenges({ secret, run, spent: new SpentSet(challengeLifetimeMs, spent), clock }),
    };
  }

  #tellDesk(metrics: Metrics): void {
    const [toldSeries, skippedSeries] = ["told", "skipped"].map((fate) =>
      metrics.series("rushbox_risk_samples_total", { fate }),
    ) as [number, number];
    setInterval(() => {
      const { told, skipped } = this.#feed.flush();
      metrics.add(toldSeries, told);
      metrics.add(skippedSeries, skipped);
    }, tellDeskEveryMs);
  }

  /** How long is waited here: for the engine, and for a turn of this thread. */
  #showWaits(load: LoadBoard): void {
    let dueMs = this.#clock.elapsedMs() + showWaitsEveryMs;
    setInterval(() => {
      const nowMs = this.#clock.elapsedMs();
      load.showWaits(this.#boot.thread, this.#client.takeLongestWaitMs(), Math.max(0, nowMs - dueMs));
      dueMs = nowMs + showWaitsEveryMs;
    }, showWaitsEveryMs);
  }

  #build(payments: Payments): HttpParts {
    const { data, keyFilter, thread, threads, metrics: buffer } = this.#boot;
    const [clock, counters, catalogue, client] = [this.#clock, this.#counters, this.#catalogue, this.#client];
    const metrics = new Metrics(metricDefinitions(threads), { thread, threads: metricPlaces(threads).threads, buffer });
    watchEventLoop(metrics, httpThreadLabel(thread), clock);
    const load = new LoadBoard(this.#boot.load);
    this.#showWaits(load);
    const addresses = new ClientAddresses(this.#boot.proxies);
    const rates = new RateTable(this.#boot.rates);
    const { areRatesLimited } = this.#boot;
    const gate = new Gate({ addresses, areRatesLimited, clock, load, metrics, office: this.#office, rates });
    this.#auth.guardBy(gate);
    const db = openReader(data);
    const reader = new SqliteReader(db);
    const seal = new SignedText(this.#boot.passKey);
    const passes = new Passes(seal);
    const draws = new SqliteDrawReader(db);
    const committedSeq = () => counters.committedSeq;
    const streamsOpen = metrics.series("rushbox_streams_open");
    const countOpen = (change: 1 | -1) => metrics.add(streamsOpen, change);
    const { captcha, challenges } = this.#buildChallenges();
    const [access, feed, verdicts, office] = [this.#access, this.#feed, this.#verdicts, this.#office];
    const who = { access, verdicts, feed, gate, rates, captcha, challenges };
    const admission = new Admission({ ...who, addresses, clock, metrics, office });
    this.#tellDesk(metrics);
    const orderStreams = new OrderStreams({
      reader,
      committedSeq,
      countOpen,
      render: (about) => {
        if ("reminderId" in about) {
          const campaign = catalogue.campaign(about.campaignId);
          return campaign === undefined ? null : reminderJson(about, campaign);
        }
        const offer = catalogue.knownOffer(about.offerId);
        return offer === undefined ? null : orderJson(about, buyerJsonOf(about.buyerId), offer);
      },
    });
    const stockStreams = new StockStreams({
      committedSeq,
      countOpen,
      versionOf: (campaignId) => catalogue.versionOf(campaignId),
      render: (campaignId) => catalogue.renderCounts(campaignId),
    });
    return {
      access,
      addresses,
      admission,
      captcha,
      challenges,
      desk: this.#desk,
      rehearsals: this.#rehearsals,
      auth: this.#auth,
      beacons: this.#boot.beacons,
      board: new CampaignBoard(this.#boot.board),
      catalogue,
      client,
      clock,
      counters,
      drawIndex: new DrawIndex(draws),
      draws,
      embedOrigins: this.#boot.embedOrigins,
      gate,
      keyFilter: new KeyFilter(keyFilter),
      ledger: new SqliteLedgerReader(db),
      listeners: new Listeners({ catalogue, countOpen, orderStreams, stockStreams }),
      load,
      mcp: this.#boot.mcp,
      metrics,
      office,
      orderFinder: new OrderSearch(db),
      orders: reader,
      audit: reader,
      outbox: () => {
        if (this.#outbox === null && existsSync(outboxPath(data))) this.#outbox = openOutboxDesk(data);
        return this.#outbox;
      },
      noticeStreams: new NoticeStreams<JournalRow>({
        reader,
        committedSeq,
        countOpen,
        noticeOf: (row) => noticeOf(row, catalogue),
      }),
      orderStreams,
      passes,
      payments,
      queueStreams: new QueueStreams({
        committedSeq,
        countOpen,
        ask: (whose) => askForNews({ catalogue, client, clock, passes }, whose),
      }),
      quotes: new Quotes(seal),
      receipts: new Receipts(this.#boot.receiptKey),
      shop: this.#boot.shop,
      stockStreams,
    };
  }
}
