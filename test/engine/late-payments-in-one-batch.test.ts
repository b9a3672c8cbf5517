/**
 * Guards the seam between memory and storage for settled campaigns: the loop reads a buyer's orders back from storage,
 * where only committed batches are, while the engine may have decided about the same orders earlier in the same batch.
 * Whatever shares a batch must end as if each command had been committed before the next.
 */
import { describe, expect, test } from "bun:test";
import type { Batch } from "../../src/domain/batch.ts";
import type { Command } from "../../src/domain/command.ts";
import { Counters } from "../../src/engine/counters.ts";
import { Engine } from "../../src/engine/engine.ts";
import { KeyFilter } from "../../src/engine/key-filter.ts";
import { EngineLoop } from "../../src/engine/loop.ts";
import { type Answer, decodeAnswers, encodeLetters } from "../../src/engine/mailbox.ts";
import { Metrics } from "../../src/host/metrics.ts";
import { Projection, rowOf } from "./projection.ts";
import { campaignDraft, offerDraft, paymentWindowMs, startMs } from "./sale.ts";

const [campaignId, offerId] = [1, 2];
const payment = { provider: "shop", reference: null, amountMinor: 100, currency: "CNY" } as const;
const pay = { type: "pay", campaignId, buyerId: "ana", payment } as const;
const cancel = { type: "cancel", campaignId, buyerId: "ana" } as const;
const reserve = { type: "reserve", offerId, buyerId: "ana", quantity: 1, key: null } as const;
const end = { type: "end", campaignId } as const;

describe.each(["one batch", "a batch for each"] as const)("in %s", (how) => {
  test("two late payments of one buyer keep the limit: the second is due for refund", () => {
    const thread = new Thread();
    const first = thread.reserve();
    thread.pass(paymentWindowMs);
    const second = thread.reserve();
    thread.ask(end);
    thread.pass(paymentWindowMs);
    const answers = thread.askAll(how, [
      { ...pay, orderId: first },
      { ...pay, orderId: second },
    ]);
    expect(answers).toEqual([{ code: "moved", orderId: first }, { code: "refund_due" }]);
    expect(thread.stored()).toMatchObject({ available: 1, held: 0, sold: 1 });
  });

  test("a late payment that is told twice sells one unit", () => {
    const thread = new Thread();
    const orderId = thread.reserve();
    thread.ask(end);
    thread.pass(paymentWindowMs);
    const answers = thread.askAll(how, [
      { ...pay, orderId },
      { ...pay, orderId },
    ]);
    const moved = { code: "moved", orderId } as const;
    expect(answers).toEqual([moved, moved]);
    expect(thread.stored()).toMatchObject({ available: 1, held: 0, sold: 1 });
  });

  test("a payment right after the cancellation that settles the campaign is due for refund", () => {
    const thread = new Thread();
    const orderId = thread.reserve();
    thread.ask(end);
    const answers = thread.askAll(how, [
      { ...cancel, orderId },
      { ...pay, orderId },
    ]);
    expect(answers).toEqual([{ code: "moved", orderId }, { code: "refund_due" }]);
    expect(thread.stored()).toMatchObject({ available: 2, held: 0, sold: 0 });
  });

  test("a payment that arrives when the last order of an ended campaign expires is a late one", () => {
    const thread = new Thread();
    const orderId = thread.reserve();
    thread.ask(end);
    if (how === "one batch") thread.clockMs += paymentWindowMs;
    else thread.pass(paymentWindowMs);
    expect(thread.askAll(how, [{ ...pay, orderId }])).toEqual([{ code: "moved", orderId }]);
    expect(thread.stored()).toMatchObject({ available: 1, held: 0, sold: 1 });
  });

  test("a payment right after the one that settles the campaign is the same one again", () => {
    const thread = new Thread();
    const orderId = thread.reserve();
    const answers = thread.askAll(how, [end, { ...pay, orderId }, { ...pay, orderId }]);
    const moved = { code: "moved", orderId } as const;
    expect(answers).toEqual([{ code: "changed", campaignId }, moved, moved]);
    expect(thread.stored()).toMatchObject({ available: 1, held: 0, sold: 1 });
  });
});

test("a late payment waits for one commit, not until a crowd that expires meanwhile has passed", () => {
  const thread = new Thread();
  const orderId = thread.reserve();
  thread.ask(end);
  thread.pass(paymentWindowMs);
  const offers = [offerDraft({ stock: 300 })];
  const created = thread.ask({ type: "create_campaign", draft: campaignDraft({ offers }) });
  if (created.code !== "created") throw new Error("not created");
  thread.ask({ type: "publish", campaignId: created.campaignId });
  for (let n = 0; n < 300; n++) {
    thread.clockMs += 1;
    const crowded = { ...reserve, offerId: created.campaignId + 1, buyerId: `buyer ${n}` };
    expect(thread.ask(crowded).code).toBe("reserved");
  }
  // From here on, time passes with every look at the clock, and in each millisecond another order expires.
  thread.clockMs += paymentWindowMs - 300;
  thread.tickMs = 1;
  const commitsBefore = thread.commitsCount;
  expect(thread.ask({ ...pay, orderId })).toEqual({ code: "moved", orderId });
  expect(thread.commitsCount - commitsBefore).toBeLessThan(5);
});

/** An HTTP thread before the engine's loop, with a storage that holds what was committed and nothing else. */
class Thread {
  clockMs = startMs;
  /** How far each look at the clock moves it. */
  tickMs = 0;
  commitsCount = 0;
  readonly #rows = new Projection();
  readonly #answers = new Map<number, Answer>();
  readonly #loop: EngineLoop;
  #ticketsCount = 0;

  constructor() {
    const clock = { nowMs: () => this.#nowMs(), elapsedMs: () => 0 };
    const definitions = [
      { name: "rushbox_batch_commands", help: "", type: "histogram", buckets: [1] } as const,
      { name: "rushbox_commit_duration_seconds", help: "", type: "histogram", buckets: [1] } as const,
      { name: "rushbox_events_total", help: "", type: "counter" } as const,
    ];
    this.#loop = new EngineLoop({
      engine: new Engine(),
      journal: { commit: (batch) => this.#commit(batch) },
      source: this.#rows,
      counters: Counters.forOffers(8),
      keyFilter: new KeyFilter(),
      clock,
      metrics: new Metrics(definitions, { thread: 0, threads: 1 }),
      threads: [
        (message) => {
          if (message.type !== "answers") return;
          for (const [ticket, answer] of decodeAnswers(message.text)) this.#answers.set(ticket, answer);
        },
      ],
      onPoisoned: (cause) => {
        throw new Error("the loop is poisoned", { cause });
      },
    });
    const offers = [offerDraft({ stock: 2, limitPerBuyer: 1 })];
    this.ask({ type: "create_campaign", draft: campaignDraft({ offers }) });
    this.ask({ type: "publish", campaignId });
  }

  ask(command: Command): Answer {
    const [answer] = this.#askTogether([command]);
    if (answer === undefined) throw new Error("no answer");
    return answer;
  }

  askAll(how: "one batch" | "a batch for each", commands: readonly Command[]): Answer[] {
    return how === "one batch" ? this.#askTogether(commands) : commands.map((command) => this.ask(command));
  }

  reserve(): number {
    const answer = this.ask(reserve);
    if (answer.code !== "reserved") throw new Error(`not reserved: ${answer.code}`);
    return answer.orderId;
  }

  /** Time passes and the loop notices, in a batch of its own. */
  pass(ms: number): void {
    this.clockMs += ms;
    this.ask({ type: "restock", offerId: 999_999, quantity: 1 });
  }

  stored(): { available: number; held: number; sold: number } {
    return rowOf(this.#rows.offerRows, offerId);
  }

  #nowMs(): number {
    this.clockMs += this.tickMs;
    return this.clockMs;
  }

  #commit({ events }: Batch): void {
    this.commitsCount += 1;
    for (const event of events) this.#rows.apply(event);
  }

  #askTogether(commands: readonly Command[]): Answer[] {
    const letters = commands.map((command) => [this.#ticketsCount++, command] as const);
    this.#loop.receive(0, encodeLetters(letters));
    this.#loop.stop();
    return letters.map(([ticket]) => this.#answers.get(ticket) ?? { code: "outcome_unknown" });
  }
}
