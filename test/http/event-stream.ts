/**
 * A client of Server-Sent Events that takes nothing for granted: every byte must be a field, a comment or an empty line
 * as the standard has them, every event must have its id, name and data.
 */
export interface StreamEvent {
  readonly id: number;
  readonly event: string;
  readonly data: unknown;
}

const eventWithinMs = 5_000;

export class EventStream {
  readonly response: Response;
  readonly events: StreamEvent[] = [];
  /** When comments arrived, by `performance.now()`. */
  readonly heartbeatsAtMs: number[] = [];
  retryMs: number | null = null;
  /** Resolves when the stream is over; rejects when it was cut off or is no event stream. */
  readonly ended: Promise<void>;
  readonly #abort: AbortController;
  readonly #waiting = new Set<() => void>();
  #taken = 0;
  #isOver = false;

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    this.ended = this.#read();
    this.ended.catch(() => {}); // told to whoever waits for it
  }

  static async open(url: string, how: { as?: string; lastEventId?: number } = {}): Promise<EventStream> {
    const abort = new AbortController();
    const headers: Record<string, string> = {};
    if (how.as !== undefined) headers["authorization"] = `Bearer ${how.as}`;
    if (how.lastEventId !== undefined) headers["last-event-id"] = String(how.lastEventId);
    return new EventStream(await fetch(url, { headers, signal: abort.signal }), abort);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The next event that was not taken yet; skips those that do not fit. Rejects when there is none in time. */
  async next(fits: (event: StreamEvent) => boolean = () => true, withinMs = eventWithinMs): Promise<StreamEvent> {
    const untilMs = performance.now() + withinMs;
    for (;;) {
      const event = this.events[this.#taken];
      if (event !== undefined) {
        this.#taken += 1;
        if (fits(event)) return event;
      } else if (this.#isOver || performance.now() > untilMs) {
        throw new Error(`no such event ${this.#isOver ? "before the end" : "in time"}`);
      } else {
        await this.#change(untilMs);
      }
    }
  }

  async heartbeat(withinMs: number): Promise<void> {
    const untilMs = performance.now() + withinMs;
    const before = this.heartbeatsAtMs.length;
    while (this.heartbeatsAtMs.length === before) {
      if (this.#isOver || performance.now() > untilMs) throw new Error("no heartbeat");
      await this.#change(untilMs);
    }
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.ended.catch(() => {});
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #read(): Promise<void> {
    let text = "";
    const decoder = new TextDecoder("utf-8", { fatal: true });
    try {
      for await (const bytes of this.response.body ?? []) {
        text += decoder.decode(bytes, { stream: true });
        for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
          this.#take(text.slice(0, end));
          text = text.slice(end + 2);
        }
        this.#wake();
      }
      if (text !== "") throw new Error(`an event without its end: ${text}`);
    } finally {
      this.#isOver = true;
      this.#wake();
    }
  }

  #take(block: string): void {
    const [, retry] = /^retry: (\d+)$/.exec(block) ?? [];
    const [, id, event, data] = /^id: (\d{1,16})\nevent: ([a-z_]+)\ndata: ([^\r\n]+)$/.exec(block) ?? [];
    if (retry !== undefined) this.retryMs = Number(retry);
    else if (/^:[^\r\n]*$/.test(block)) this.heartbeatsAtMs.push(performance.now());
    else if (event !== undefined) this.events.push({ id: Number(id), event, data: JSON.parse(data ?? "") });
    else throw new Error(`no event: ${JSON.stringify(block)}`);
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  async #change(untilMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.max(1, untilMs - performance.now()));
    this.#waiting.add(resolve);
    await promise;
    clearTimeout(timer);
    this.#waiting.delete(resolve);
  }
}
