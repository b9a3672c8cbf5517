/** The risk desk on the main thread, with its ports to the HTTP threads: judges some times a second. */
import { RiskDesk } from "./admission/risk/desk.ts";
import type { FromDesk, SampleBatch, ToDesk } from "./admission/risk/mailbox.ts";
import type { RiskMode } from "./domain/controls.ts";
import { startClock } from "./host/clock.ts";
import type { Metrics } from "./host/metrics.ts";
import { newSeed } from "./host/random.ts";

const judgeEveryMs = 250;

export class RiskOffice {
  readonly #ports: readonly MessagePort[];
  readonly #desk: RiskDesk;
  readonly #timer: Timer;

  constructor({ ports, metrics }: { ports: readonly MessagePort[]; metrics: Metrics }) {
    const clock = startClock();
    this.#ports = ports;
    this.#desk = new RiskDesk({
      nowMs: () => clock.nowMs(),
      seed: newSeed()[0],
      tell: (verdicts) => {
        for (const port of ports) port.postMessage({ type: "verdicts", verdicts } satisfies FromDesk);
      },
    });
    for (const port of ports) {
      port.onmessage = ({ data }: { data: ToDesk }) => {
        if (data.type === "samples") {
          this.#desk.receive(JSON.parse(data.text) as SampleBatch);
          return;
        }
        const answer = this.#desk.answer(data.question);
        port.postMessage({ type: "answer", ticket: data.ticket, answer } satisfies FromDesk);
      };
    }
    const [buyers, verdicts] = [metrics.series("rushbox_risk_buyers"), metrics.series("rushbox_risk_verdicts")];
    const recorded = (action: string) => metrics.series("rushbox_risk_refusals_total", { action, mode: "record" });
    const [blocked, slowed] = [recorded("block"), recorded("slow")];
    this.#timer = setInterval(() => {
      this.#desk.judgeDue();
      const { block, slow } = this.#desk.takeSpared();
      metrics.add(blocked, block);
      metrics.add(slowed, slow);
      const counts = this.#desk.counts();
      metrics.set(buyers, counts.buyers);
      metrics.set(verdicts, counts.verdicts);
    }, judgeEveryMs);
  }

  setMode(mode: RiskMode): void {
    this.#desk.setMode(mode);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
    for (const port of this.#ports) port.close();
  }
}
