/**
 * Returns what is to be returned: asks the provider for the refund of every payment that is `refund_due`, until it has
 * taken it, and then tells the engine. The payments table is its only memory: what was under way when the process died
 * is asked for again by the next one, under the same key, so that the provider returns the money once.
 *
 * | a payment is | entered when                                    | left when                         |
 * |--------------|-------------------------------------------------|-----------------------------------|
 * | found        | it stands in the table as `refund_due`          | there is room to ask for it       |
 * | asked for    | its request is under way, then the engine's     | both have taken it, or one failed |
 * | put off      | one failed; longer every time                   | its time has come                 |
 */
import { formatId } from "../domain/ids.ts";
import { limits } from "../domain/limits.ts";
import type { PaymentRecord } from "../domain/payment.ts";
import type { Clock } from "../host/clock.ts";
import { log } from "../host/log.ts";
import { type PaymentProvider, ProviderFailure } from "./provider.ts";

export interface RefundParts {
  readonly provider: PaymentProvider;
  /** The provider's payments that are to be returned, with larger ids than `afterId`, in the order of ids. */
  readonly due: (afterId: number, limit: number) => readonly PaymentRecord[];
  /** Tells the engine that the money was returned; whether that is stored. */
  readonly confirm: (payment: PaymentRecord) => Promise<boolean>;
  /** Moves whenever something was stored. */
  readonly committedSeq: () => number;
  readonly clock: Clock;
  /** How long a refund that failed is put off at first. */
  readonly againAfterMs?: { readonly temporary: number; readonly refused: number };
}

interface Known {
  readonly payment: PaymentRecord;
  failures: number;
  /** `Infinity` while it is asked for. */
  againAtMs: number;
}

const lookEveryMs = 200;
/** A provider that is down is asked again soon; one that refuses waits for somebody to look at it. */
const againAfterMsDefault = { temporary: 1_000, refused: 60_000 } as const;
const againAfterMsMax = 600_000;

export class Refunds implements Disposable {
  readonly #parts: RefundParts;
  readonly #againAfterMs: { readonly temporary: number; readonly refused: number };
  /** By the payment's id: those that are asked for or put off. */
  readonly #known = new Map<number, Known>();
  readonly #timer: ReturnType<typeof setInterval>;
  #underWay = 0;
  /** The last thing stored when the table was last read to its end. */
  #readUpToSeq = -1;

  constructor(parts: RefundParts) {
    this.#parts = parts;
    this.#againAfterMs = parts.againAfterMs ?? againAfterMsDefault;
    this.#timer = setInterval(() => this.#look(), lookEveryMs);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const nowMs = this.#parts.clock.elapsedMs();
    for (const known of this.#known.values()) {
      if (known.againAtMs <= nowMs && this.#hasRoom) this.#ask(known);
    }
    const committedSeq = this.#parts.committedSeq();
    if (committedSeq !== this.#readUpToSeq && this.#find()) this.#readUpToSeq = committedSeq;
  }

  get #hasRoom(): boolean {
    return this.#underWay < limits.refundsInFlightMax;
  }

  /** Asks for those that are new; whether it came to the end of them. */
  #find(): boolean {
    for (let afterId = 0; ; ) {
      const page = this.#parts.due(afterId, limits.refundsInFlightMax);
      for (const payment of page) {
        if (this.#known.has(payment.paymentId)) continue;
        if (!this.#hasRoom || this.#known.size >= limits.refundsKnownMax) return false;
        const known: Known = { payment, failures: 0, againAtMs: 0 };
        this.#known.set(payment.paymentId, known);
        this.#ask(known);
      }
      if (page.length < limits.refundsInFlightMax) return true;
      afterId = page.at(-1)?.paymentId ?? afterId;
    }
  }

  #ask(known: Known): void {
    known.againAtMs = Number.POSITIVE_INFINITY;
    this.#underWay += 1;
    this.#refund(known.payment)
      .then(
        (isStored) => (isStored ? this.#known.delete(known.payment.paymentId) : this.#putOff(known, true)),
        (cause: unknown) => {
          const isTemporary = cause instanceof ProviderFailure && cause.isTemporary;
          this.#putOff(known, isTemporary);
          this.#tell(known, isTemporary, cause);
        },
      )
      .finally(() => {
        this.#underWay -= 1;
      });
  }

  async #refund(payment: PaymentRecord): Promise<boolean> {
    const { paymentId, orderId, reference, amountMinor, currency } = payment;
    if (reference === null) throw new Error(`payment ${paymentId} has no reference`);
    // The reference too: two data folders may share one account at the provider, and begin to count at the same number.
    const refundKey = `rushbox-refund-${formatId("ord", orderId)}-${paymentId}-${reference}`;
    await this.#parts.provider.refund({ reference, amountMinor, currency, refundKey });
    return this.#parts.confirm(payment);
  }

  #putOff(known: Known, isTemporary: boolean): void {
    const first = isTemporary ? this.#againAfterMs.temporary : this.#againAfterMs.refused;
    const waitMs = Math.min(first * 2 ** known.failures, againAfterMsMax);
    known.failures += 1;
    known.againAtMs = this.#parts.clock.elapsedMs() + waitMs;
  }

  /** Less and less often while it goes on. */
  #tell({ payment, failures }: Known, isTemporary: boolean, cause: unknown): void {
    if ((failures & (failures - 1)) !== 0) return;
    log(isTemporary ? "warn" : "error", "a refund was not taken, and will be asked for again", {
      order: formatId("ord", payment.orderId),
      reference: payment.reference,
      amount_minor: payment.amountMinor,
      currency: payment.currency,
      failures,
      why: cause instanceof Error ? cause.message : String(cause),
    });
  }
}
