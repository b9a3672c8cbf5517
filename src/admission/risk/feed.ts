/**
 * What an HTTP thread tells the risk desk: gathered in arrays of a fixed size and sent some times a second. When more
 * happens than that, each n-th is told, so that what is told stays a fair sample, and how many there were is told with
 * it; nobody waits for the desk, and a rush costs no more than a busy day.
 */
import { limits } from "../../domain/limits.ts";
import { type Sample, type SampleBatch, type SampleKind, sampleKinds, type ToDesk } from "./mailbox.ts";

const everyMax = 1_024;
const numberOf = Object.fromEntries(sampleKinds.map((kind, number) => [kind, number])) as Record<SampleKind, number>;

export class RiskFeed {
  /** Whether the desk wants to know anything. */
  isOn = false;
  readonly #post: (message: ToDesk) => void;
  readonly #max: number;
  readonly #kinds: Uint8Array;
  readonly #buyers: string[];
  readonly #addresses: string[];
  readonly #campaigns: Float64Array;
  readonly #times: Float64Array;
  readonly #amounts: Float64Array;
  readonly #seen = new Float64Array(sampleKinds.length);
  readonly #refusals = new Map<number, Map<string, number>>();
  #count = 0;
  #every = 1;

  constructor(post: (message: ToDesk) => void, max: number = limits.riskSamplesPerBatchMax) {
    this.#post = post;
    this.#max = max;
    this.#kinds = new Uint8Array(max);
    this.#buyers = new Array<string>(max).fill("");
    this.#addresses = new Array<string>(max).fill("");
    this.#campaigns = new Float64Array(max);
    this.#times = new Float64Array(max);
    this.#amounts = new Float64Array(max);
  }

  /** Counts what has happened; whether it is one of those to be told of, by `note`: of a rush most are not. */
  wants(kind: SampleKind): boolean {
    if (!this.isOn) return false;
    const number = numberOf[kind];
    const before = this.#seen[number] as number;
    this.#seen[number] = before + 1;
    return before % this.#every === 0 && this.#count < this.#max;
  }

  note(
    kind: SampleKind,
    what: { buyerId: string; address: string; campaignId: number; atMs: number; amount: number },
  ): void {
    const at = this.#count++;
    this.#kinds[at] = numberOf[kind];
    this.#buyers[at] = what.buyerId;
    this.#addresses[at] = what.address;
    this.#campaigns[at] = what.campaignId;
    this.#times[at] = what.atMs;
    this.#amounts[at] = what.amount;
  }

  /** Counts a refusal at a door. */
  count(campaignId: number, outcome: string): void {
    if (!this.isOn) return;
    let counts = this.#refusals.get(campaignId);
    if (counts === undefined) {
      counts = new Map();
      this.#refusals.set(campaignId, counts);
    }
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }

  /** Sends what was noted, and answers how much was told and how much was too much. */
  flush(): { readonly told: number; readonly skipped: number } {
    if (this.#count === this.#max && this.#every < everyMax) this.#every *= 2;
    else if (this.#count < this.#max / 4 && this.#every > 1) this.#every /= 2;
    const [attempt = 0, order = 0, solved = 0] = this.#seen;
    if (attempt + order + solved === 0 && this.#refusals.size === 0) return { told: 0, skipped: 0 };
    const batch: SampleBatch = {
      samples: Array.from({ length: this.#count }, (_, at) => this.#sample(at)),
      seen: { attempt, order, solved },
      refusals: [...this.#refusals].map(([campaignId, counts]) => [campaignId, Object.fromEntries(counts)]),
    };
    this.#count = 0;
    this.#seen.fill(0);
    this.#refusals.clear();
    const told = batch.samples.length;
    this.#post({ type: "samples", text: JSON.stringify(batch) });
    return { told, skipped: attempt + order + solved - told };
  }

  #sample(at: number): Sample {
    return [
      this.#kinds[at] as number,
      this.#buyers[at] as string,
      this.#addresses[at] as string,
      this.#campaigns[at] as number,
      this.#times[at] as number,
      this.#amounts[at] as number,
    ];
  }
}
