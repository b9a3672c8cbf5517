/**
 * What the main thread does beside the sale, from what is committed: tells webhooks, has refunds paid out, publishes the
 * ledger's head, asks for the beacon that draws wait for, erases what has been kept long enough, watches the load. It
 * speaks to the engine as an HTTP thread does; whatever takes long or waits for others happens here, where no buyer
 * waits for it.
 */

import type { LoadBoard } from "./admission/load-board.ts";
import { LoadDecider, loadLevels } from "./admission/load-level.ts";
import { createWebhookPost } from "./delivery/webhook-post.ts";
import { type EventSource, WebhookRelay } from "./delivery/webhook-relay.ts";
import type { EndpointRecord } from "./domain/endpoint.ts";
import { formatId } from "./domain/ids.ts";
import { retentionName } from "./domain/operator.ts";
import type { PaymentRecord } from "./domain/payment.ts";
import { BeaconDesk, type WaitingDraw } from "./draw/beacon-desk.ts";
import type { Counters } from "./engine/counters.ts";
import type { ToEngine, ToHttp } from "./engine/mailbox.ts";
import { type Clock, startClock } from "./host/clock.ts";
import { log } from "./host/log.ts";
import type { Metrics } from "./host/metrics.ts";
import { chance } from "./host/random.ts";
import { Catalogue } from "./http/catalogue.ts";
import { EngineClient } from "./http/engine-client.ts";
import { noticeOf } from "./http/notice-json.ts";
import type { Beacons } from "./http/parts.ts";
import { wireTime } from "./http/respond.ts";
import { webhookOutcomes } from "./metrics.ts";
import { openProvider, type ProviderSettings } from "./payment/open-provider.ts";
import { Refunds } from "./payment/refunds.ts";
import type { RiskOffice } from "./risk-office.ts";
import { SqliteDrawReader } from "./storage/sqlite/draw-reader.ts";
import { openReader } from "./storage/sqlite/open.ts";
import { openOutbox } from "./storage/sqlite/outbox.ts";
import { SqliteReader } from "./storage/sqlite/reader.ts";

export interface OfficeSettings {
  readonly data: string;
  /** Whether webhooks may go to addresses that are not public. */
  readonly areWebhooksPrivate: boolean;
  /** How often the ledger's head is published when something has happened; 0: never. */
  readonly ledgerHeadEveryS: number;
  /** How long buyers' identities are kept after their campaign has ended; 0: for ever. */
  readonly retentionDays: number;
  /** The chain that decides in draws with their secret. */
  readonly beaconUrl: string | null;
  /** Whether work of least value is given up while buyers wait too long. */
  readonly isLoadShed: boolean;
}

/** Of an event's hash, in its webhook-id: enough to tell it from one that had its number before a restore. */
const hashDigits = 8;
const retentionEveryMs = 3_600_000;
const msPerDay = 86_400_000;
const countEveryMs = 1_000;
/** Between two looks for buyers to erase, so that whoever else has work on the disk and the engine gets to it. */
const erasePauseMs = 20;
const decideEveryMs = 100;

export class Office {
  readonly #settings: OfficeSettings;
  readonly #counters: Counters;
  readonly #metrics: Metrics;
  readonly #load: LoadBoard;
  readonly #decider = new LoadDecider();
  readonly #port: MessagePort;
  readonly #clock: Clock = startClock();
  readonly #client: EngineClient;
  readonly #catalogue: Catalogue;
  readonly #timers: Timer[] = [];
  #endpoints: readonly EndpointRecord[] = [];
  #reader: SqliteReader | null = null;
  #relay: WebhookRelay | null = null;
  #refunds: Refunds | null = null;
  #beaconDesk: BeaconDesk | null = null;
  /** Campaigns whose draws wait for nothing any more. */
  readonly #drawn = new Set<number>();
  #headSeq = 0;
  #isErasing = false;
  #isStopped = false;
  /** Campaigns of which no buyer is known any more. */
  readonly #erased = new Set<number>();

  constructor(parts: {
    settings: OfficeSettings;
    engine: MessagePort;
    counters: Counters;
    load: LoadBoard;
    metrics: Metrics;
    risk: Pick<RiskOffice, "setMode">;
  }) {
    this.#metrics = parts.metrics;
    this.#load = parts.load;
    this.#settings = parts.settings;
    this.#counters = parts.counters;
    this.#port = parts.engine;
    this.#catalogue = new Catalogue(parts.counters);
    const post = (message: ToEngine) => this.#port.postMessage(message);
    this.#client = new EngineClient({ post, counters: parts.counters, clock: this.#clock });
    this.#port.onmessage = ({ data }: { data: ToHttp }) => {
      if (data.type === "answers") {
        this.#client.receive(data.text);
        return;
      }
      this.#catalogue.receive(data.campaigns);
      if (data.office !== undefined) {
        this.#setEndpoints(data.office.endpoints);
        parts.risk.setMode(data.office.controls.riskMode);
      }
      post({ type: "news_known", told: data.told });
    };
  }

  /** Begins, once the engine has recovered. */
  async open(payments: ProviderSettings, beacons: Beacons): Promise<void> {
    const db = openReader(this.#settings.data);
    const reader = new SqliteReader(db);
    this.#reader = reader;
    this.#setEndpoints(this.#endpoints);
    this.#refunds = await this.#openRefunds(reader, payments);
    this.#beaconDesk = this.#openBeaconDesk(new SqliteDrawReader(db), beacons);
    this.#timers.push(
      setInterval(() => this.#count(reader), countEveryMs),
      setInterval(() => this.#decideLoad(), decideEveryMs),
    );
    const { ledgerHeadEveryS, retentionDays } = this.#settings;
    if (ledgerHeadEveryS > 0) this.#timers.push(setInterval(() => this.#publishHead(), ledgerHeadEveryS * 1_000));
    if (retentionDays === 0) return;
    void this.#eraseOld();
    this.#timers.push(setInterval(() => void this.#eraseOld(), retentionEveryMs));
  }

  /** Begins nothing new. The engine is still answered, since it waits for all threads to have its news. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    for (const timer of this.#timers) clearInterval(timer);
    this.#refunds?.[Symbol.dispose]();
    this.#beaconDesk?.[Symbol.dispose]();
    await this.#relay?.stop();
  }

  [Symbol.dispose](): void {
    void this.stop();
    this.#port.close();
  }

  /** `null` when nobody but the shop takes payments. */
  async #openRefunds(reader: SqliteReader, payments: ProviderSettings): Promise<Refunds | null> {
    const provider = await openProvider(payments, this.#clock);
    for (const { provider: other, count } of reader.paymentsDueByProvider()) {
      if (other === "shop" || other === provider?.name) continue;
      const hint = `start with RUSHBOX_PAYMENTS=${other} to return them`;
      log("warn", "payments of another provider wait for their refund", { provider: other, payments: count, hint });
    }
    if (provider === null) return null;
    return new Refunds({
      provider,
      due: (afterId, limit) => reader.paymentsDue(provider.name, afterId, limit),
      confirm: (payment) => this.#confirmRefund(reader, payment),
      committedSeq: () => this.#counters.committedSeq,
      clock: this.#clock,
    });
  }

  #openBeaconDesk(draws: SqliteDrawReader, { current }: Beacons): BeaconDesk {
    const { beaconUrl: url } = this.#settings;
    return new BeaconDesk({
      source: url === null || current === null ? null : { url, chain: current },
      waiting: () => this.#drawsWaiting(draws),
      make: async (campaignId, beacon) => {
        const answer = await this.#client.send({ type: "make_draws", campaignId, beacon });
        return answer?.code === "changed";
      },
      clock: this.#clock,
    });
  }

  #drawsWaiting(draws: SqliteDrawReader): WaitingDraw[] {
    const waiting: WaitingDraw[] = [];
    for (const { view } of this.#catalogue.newestFirst()) {
      const { id: campaignId, beacon } = view;
      if (beacon === null || view.state !== "ended" || this.#drawn.has(campaignId)) continue;
      if (draws.drawsOf(campaignId).some(({ secret }) => secret === null)) waiting.push({ campaignId, beacon });
      else this.#drawn.add(campaignId);
    }
    return waiting;
  }

  async #confirmRefund(reader: SqliteReader, { orderId, paymentId }: PaymentRecord): Promise<boolean> {
    const order = reader.order(orderId);
    if (order === null) throw new Error(`${formatId("ord", orderId)} of payment ${paymentId} is not stored`);
    const { campaignId, buyerId } = order;
    const answer = await this.#client.send({ type: "confirm_refund", orderId, campaignId, buyerId, paymentId });
    if (answer === null || answer.code === "outcome_unknown") return false;
    if (answer.code !== "moved") throw new Error(`unexpected answer ${answer.code}`);
    return true;
  }

  /** There is no relay before the first webhook is made: who has none pays nothing for it. */
  #setEndpoints(endpoints: readonly EndpointRecord[]): void {
    this.#endpoints = endpoints;
    const reader = this.#reader;
    if (reader === null || (this.#relay === null && endpoints.length === 0)) return;
    this.#relay ??= new WebhookRelay({
      source: this.#sourceOf(reader),
      store: openOutbox(this.#settings.data),
      clock: this.#clock,
      random: chance,
      post: createWebhookPost({ isPrivateAllowed: this.#settings.areWebhooksPrivate }),
    });
    this.#relay.setEndpoints(endpoints);
  }

  #sourceOf(reader: SqliteReader): EventSource {
    return {
      lastSeq: () => this.#counters.committedSeq,
      eventsAfter: (seq, limit) => {
        let lastSeq = seq;
        const events = [];
        for (const row of reader.journalAfter(seq, limit)) {
          const notice = noticeOf(row, this.#catalogue);
          if (notice === "unknown") break; // told in a moment
          lastSeq = row.seq;
          if (notice === null) continue;
          const { type, lane, json } = notice;
          const body = `{"type":"${type}","timestamp":"${wireTime(row.atMs)}","data":${json}}`;
          const id = `${formatId("evt", row.seq)}_${row.hash.slice(0, hashDigits)}`;
          events.push({ seq: row.seq, id, atMs: row.atMs, type, lane, body });
        }
        return { events, lastSeq };
      },
    };
  }

  #count(reader: SqliteReader): void {
    const metrics = this.#metrics;
    const due = reader.paymentsDueByProvider().reduce((sum, { count }) => sum + count, 0);
    metrics.set(metrics.series("rushbox_payments_refund_due"), due);
    const stats = this.#relay?.stats();
    if (stats === undefined) return;
    metrics.set(metrics.series("rushbox_webhook_pending"), stats.pending);
    metrics.set(metrics.series("rushbox_webhook_endpoints_failing"), stats.endpointsFailing);
    metrics.set(metrics.series("rushbox_webhook_events_behind"), stats.eventsBehindMax);
    const { delivered, refused, unreachable, forbiddenAddress: forbidden_address, deadLettered: dead } = stats;
    const counts = { delivered, refused, unreachable, forbidden_address, dead };
    for (const outcome of webhookOutcomes) {
      metrics.set(metrics.series("rushbox_webhook_deliveries_total", { outcome }), counts[outcome]);
    }
  }

  /** Gives up what is of least value while buyers wait too long, and takes it up again. */
  #decideLoad(): void {
    const { queueMs, eventLoopMs } = this.#load.waits();
    const waitMs = Math.max(queueMs, eventLoopMs);
    const before = this.#decider.level;
    if (this.#settings.isLoadShed) this.#decider.observe(waitMs, this.#clock.elapsedMs());
    const { level, refusedShare } = this.#decider;
    this.#load.decide(level, refusedShare);
    const metrics = this.#metrics;
    metrics.set(metrics.series("rushbox_load_level"), loadLevels.indexOf(level));
    metrics.set(metrics.series("rushbox_load_refused_share"), refusedShare);
    metrics.set(metrics.series("rushbox_queue_delay_seconds"), waitMs / 1_000);
    if (before === "normal" && level !== "normal") {
      log("warn", "there is more to do than can be done: work of least value is refused", { waitMs });
    }
    if (before !== "normal" && level === "normal") log("info", "all work is done again");
  }

  #publishHead(): void {
    if (this.#counters.committedSeq === this.#headSeq) return;
    void this.#client.send({ type: "publish_ledger_head" })?.then((answer) => {
      if (answer.code === "done") this.#headSeq = answer.id;
    });
  }

  /** Erases the buyers of campaigns that ended long enough ago, a slice at a time beside the sale. */
  async #eraseOld(): Promise<void> {
    const reader = this.#reader;
    if (reader === null || this.#isErasing) return;
    this.#isErasing = true;
    const endedBeforeMs = this.#clock.nowMs() - this.#settings.retentionDays * msPerDay;
    for (const campaignId of reader.campaignsEndedBefore(endedBeforeMs)) {
      if (this.#erased.has(campaignId) || !this.#catalogue.isSettled(campaignId)) continue;
      if (await this.#eraseCampaign(reader, campaignId)) this.#erased.add(campaignId);
    }
    this.#isErasing = false;
  }

  /** Whether nobody in it is known any more; else the next time goes on. */
  async #eraseCampaign(reader: SqliteReader, campaignId: number): Promise<boolean> {
    for (let page: number | null = 0; page !== null; ) {
      if (this.#isStopped) return false;
      const { traces, next }: ReturnType<typeof reader.tracesOfCampaign> = reader.tracesOfCampaign(campaignId, page);
      if (traces.orderIds.length + traces.entryIds.length > 0) {
        const answer = await this.#client.send({ type: "erase_buyers", ...traces }, { operator: retentionName });
        if (answer?.code !== "erased") return false;
      }
      page = next;
      await Bun.sleep(erasePauseMs);
    }
    return true;
  }
}
