/**
 * An HTTP thread before the engine's loop, with a storage that holds what was committed and nothing else: what comes in
 * one message shares a batch. The clock moves when the test says so.
 */
import type { AuditRecord } from "../../src/domain/audit.ts";
import type { Batch } from "../../src/domain/batch.ts";
import type { Event } from "../../src/domain/event.ts";
import { CampaignBoard } from "../../src/engine/campaign-board.ts";
import { Counters } from "../../src/engine/counters.ts";
import { Engine } from "../../src/engine/engine.ts";
import { KeyFilter } from "../../src/engine/key-filter.ts";
import { EngineLoop } from "../../src/engine/loop.ts";
import {
  type Answer,
  decodeAnswers,
  encodeLetters,
  type Letter,
  type LetterHead,
  type News,
  type Request,
} from "../../src/engine/mailbox.ts";
import { Metrics } from "../../src/host/metrics.ts";
import { Projection } from "./projection.ts";
import { startMs } from "./sale.ts";

/** What was stored in one transaction. */
export type Stored = Pick<Batch, "audit"> & { readonly types: readonly Event["type"][] };

export class Thread {
  clockMs = startMs;
  /** How far each look at the clock moves it. */
  tickMs = 0;
  readonly rows = new Projection();
  readonly commits: Stored[] = [];
  readonly news: News[] = [];
  readonly engine = new Engine();
  readonly #answers = new Map<number, Answer>();
  readonly #loop: EngineLoop;
  #ticketsCount = 0;

  constructor() {
    const clock = { nowMs: () => this.#nowMs(), elapsedMs: () => 0 };
    const definitions = [
      { name: "rushbox_batch_commands", help: "", type: "histogram", buckets: [1] } as const,
      { name: "rushbox_commit_duration_seconds", help: "", type: "histogram", buckets: [1] } as const,
      { name: "rushbox_events_total", help: "", type: "counter" } as const,
      { name: "rushbox_engine_busy_seconds_total", help: "", type: "counter" } as const,
      { name: "rushbox_reminders_waiting", help: "", type: "gauge" } as const,
      { name: "rushbox_reminders_due_total", help: "", type: "counter" } as const,
    ];
    this.#loop = new EngineLoop({
      engine: this.engine,
      journal: { commit: (batch) => this.#commit(batch) },
      source: this.rows,
      counters: Counters.forOffers(8),
      board: CampaignBoard.forLines(8),
      keyFilter: new KeyFilter(),
      clock,
      metrics: new Metrics(definitions, { thread: 0, threads: 1 }),
      threads: [
        (message) => {
          if (message.type === "news") this.news.push(message);
          else for (const [ticket, answer] of decodeAnswers(message.text)) this.#answers.set(ticket, answer);
        },
      ],
      onPoisoned: (cause) => {
        throw new Error("the loop is poisoned", { cause });
      },
    });
  }

  /** The loop takes up its work, as after a start of the process. */
  start(): void {
    this.#loop.start();
    this.#loop.stop();
  }

  ask(request: Request, head?: LetterHead): Answer {
    const [answer] = this.askTogether([request], head);
    if (answer === undefined) throw new Error("no answer");
    return answer;
  }

  askAll(how: "one batch" | "a batch for each", requests: readonly Request[], head?: LetterHead): Answer[] {
    if (how === "one batch") return this.askTogether(requests, head);
    return requests.map((request) => this.ask(request, head));
  }

  askTogether(requests: readonly Request[], head?: LetterHead): Answer[] {
    const letters = requests.map((request): Letter => {
      const ticket = this.#ticketsCount++;
      return head === undefined ? [ticket, request] : [ticket, request, head];
    });
    this.#loop.receive(0, encodeLetters(letters));
    this.#loop.stop();
    return letters.map(([ticket]) => this.#answers.get(ticket) ?? { code: "outcome_unknown" });
  }

  /** Time passes and the loop notices, in a batch of its own. */
  pass(ms: number): void {
    this.clockMs += ms;
    this.ask({ type: "restock", offerId: 999_999, quantity: 1 });
  }

  get audit(): readonly AuditRecord[] {
    return this.commits.flatMap(({ audit }) => audit);
  }

  #nowMs(): number {
    this.clockMs += this.tickMs;
    return this.clockMs;
  }

  #commit({ events, audit }: Batch): void {
    this.commits.push({ audit, types: events.map(({ type }) => type) });
    for (const event of events) this.rows.apply(event);
  }
}
