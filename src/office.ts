/**
 * What the main thread does beside the sale, from what is committed: it speaks to the engine as an HTTP thread does, and
 * whatever takes long or waits for others happens here, where nobody waits for it.
 */
import type { Counters } from "./engine/counters.ts";
import type { ToEngine, ToHttp } from "./engine/mailbox.ts";
import { startClock } from "./host/clock.ts";
import { EngineClient } from "./http/engine-client.ts";

export class Office {
  readonly client: EngineClient;
  readonly #port: MessagePort;

  constructor(parts: { engine: MessagePort; counters: Counters }) {
    this.#port = parts.engine;
    const post = (message: ToEngine) => this.#port.postMessage(message);
    this.client = new EngineClient({ post, counters: parts.counters, clock: startClock() });
    this.#port.onmessage = ({ data }: { data: ToHttp }) => {
      if (data.type === "answers") this.client.receive(data.text);
      else post({ type: "news_known", told: data.told });
    };
  }

  [Symbol.dispose](): void {
    this.#port.close();
  }
}
