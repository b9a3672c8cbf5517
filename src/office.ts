/**
 * What the main thread does beside the sale, from what is committed: it speaks to the engine as an HTTP thread does, and
 * whatever takes long or waits for others happens here, where nobody waits for it.
 */
import { formatId } from "./domain/ids.ts";
import type { PaymentRecord } from "./domain/payment.ts";
import type { Counters } from "./engine/counters.ts";
import type { ToEngine, ToHttp } from "./engine/mailbox.ts";
import { startClock } from "./host/clock.ts";
import { log } from "./host/log.ts";
import { EngineClient } from "./http/engine-client.ts";
import { openProvider, type ProviderSettings } from "./payment/open-provider.ts";
import { Refunds } from "./payment/refunds.ts";
import { openReader } from "./storage/sqlite/open.ts";
import { SqliteReader } from "./storage/sqlite/reader.ts";

export class Office {
  readonly client: EngineClient;
  readonly #port: MessagePort;
  readonly #counters: Counters;
  readonly #clock = startClock();
  #refunds: Refunds | null = null;

  constructor(parts: { engine: MessagePort; counters: Counters }) {
    this.#port = parts.engine;
    this.#counters = parts.counters;
    const post = (message: ToEngine) => this.#port.postMessage(message);
    this.client = new EngineClient({ post, counters: parts.counters, clock: this.#clock });
    this.#port.onmessage = ({ data }: { data: ToHttp }) => {
      if (data.type === "answers") this.client.receive(data.text);
      else post({ type: "news_known", told: data.told });
    };
  }

  /** Begins, once the engine has recovered. */
  async open(data: string, payments: ProviderSettings): Promise<void> {
    const reader = new SqliteReader(openReader(data));
    const provider = await openProvider(payments, this.#clock);
    for (const { provider: other, count } of reader.paymentsDueByProvider()) {
      if (other === "shop" || other === provider?.name) continue;
      const hint = `start with RUSHBOX_PAYMENTS=${other} to return them`;
      log("warn", "payments of another provider wait for their refund", { provider: other, payments: count, hint });
    }
    if (provider === null) return;
    this.#refunds = new Refunds({
      provider,
      due: (afterId, limit) => reader.paymentsDue(provider.name, afterId, limit),
      confirm: (payment) => this.#confirmRefund(reader, payment),
      committedSeq: () => this.#counters.committedSeq,
      clock: this.#clock,
    });
  }

  /** Begins nothing new. The engine is still answered, since it waits for all threads to have its news. */
  stop(): void {
    this.#refunds?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.stop();
    this.#port.close();
  }

  async #confirmRefund(reader: SqliteReader, { orderId, paymentId }: PaymentRecord): Promise<boolean> {
    const order = reader.order(orderId);
    if (order === null) throw new Error(`${formatId("ord", orderId)} of payment ${paymentId} is not stored`);
    const { campaignId, buyerId } = order;
    const answer = await this.client.send({ type: "confirm_refund", orderId, campaignId, buyerId, paymentId });
    if (answer === null || answer.code === "outcome_unknown") return false;
    if (answer.code !== "moved") throw new Error(`unexpected answer ${answer.code}`);
    return true;
  }
}
