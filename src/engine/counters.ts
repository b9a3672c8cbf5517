/**
 * The published face of the sale, in shared memory: one 64-byte line per offer, padded so that two offers never share
 * a cache line, and a header. The engine thread alone writes lines, after COMMIT; the HTTP threads read them and answer
 * sold out, not open, paused and ended without crossing a thread. Reversible: a returned unit clears "sold out".
 *
 * A line is guarded by its version (odd while it is written), so that whoever reads all of it sees the counts of one
 * moment: available + held + sold = total for every observer.
 */
import { type CampaignState, campaignStates } from "../domain/campaign.ts";
import { assertConserved, type Counts } from "../domain/offer.ts";

const lineBytes = 64;
const lineWords = lineBytes / 4;
const headerLines = 3;

const word = { version: 0, state: 1, total: 2, available: 3, held: 4, sold: 5, waiting: 6 } as const;
/** Words of the header; commands in flight are written by all HTTP threads, so they have a line of their own. */
const headerWord = { isStopping: 0, inFlight: lineWords } as const;
/** As 64-bit numbers: the last committed sequence number. */
const headerLong = { committedSeq: (2 * lineBytes) / 8 } as const;

export class Counters {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  readonly #longs: BigInt64Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
    this.#longs = new BigInt64Array(buffer);
  }

  /** Shared memory for this many offers; the system gives a page of it when it is first written. */
  static forOffers(offersMax: number): Counters {
    return new Counters(new SharedArrayBuffer((headerLines + offersMax) * lineBytes));
  }

  /** Engine thread only: shows an offer as it stands after a commit. */
  publish(
    offer: Counts & {
      line: number;
      id: number;
      campaign: { state: CampaignState };
      waiting: { count: number } | null;
    },
  ): void {
    assertConserved(offer.id, offer);
    const at = start(offer.line);
    const words = this.#words;
    Atomics.add(words, at + word.version, 1);
    Atomics.store(words, at + word.state, campaignStates.indexOf(offer.campaign.state));
    Atomics.store(words, at + word.total, offer.total);
    Atomics.store(words, at + word.available, offer.available);
    Atomics.store(words, at + word.held, offer.held);
    Atomics.store(words, at + word.sold, offer.sold);
    Atomics.store(words, at + word.waiting, offer.waiting?.count ?? 0);
    Atomics.add(words, at + word.version, 1);
  }

  /** The counts of one moment. */
  counts(line: number): Counts {
    const at = start(line);
    const words = this.#words;
    for (;;) {
      const version = Atomics.load(words, at + word.version);
      const total = Atomics.load(words, at + word.total);
      const available = Atomics.load(words, at + word.available);
      const held = Atomics.load(words, at + word.held);
      const sold = Atomics.load(words, at + word.sold);
      if (version % 2 === 0 && version === Atomics.load(words, at + word.version))
        return { total, available, held, sold };
    }
  }

  /** Changes whenever the line is written: for telling whether what was made of it is still true. */
  version(line: number): number {
    return Atomics.load(this.#words, start(line) + word.version);
  }

  state(line: number): CampaignState {
    return campaignStates[Atomics.load(this.#words, start(line) + word.state)] as CampaignState;
  }

  available(line: number): number {
    return Atomics.load(this.#words, start(line) + word.available);
  }

  /** How many wait for units that return. */
  waiting(line: number): number {
    return Atomics.load(this.#words, start(line) + word.waiting);
  }

  /** Counts a command in; `false`, and not counted, when `max` are in flight already. */
  enter(max: number): boolean {
    if (Atomics.add(this.#words, headerWord.inFlight, 1) < max) return true;
    Atomics.sub(this.#words, headerWord.inFlight, 1);
    return false;
  }

  /** Counts answered commands out. */
  leave(count: number): void {
    Atomics.sub(this.#words, headerWord.inFlight, count);
  }

  get inFlight(): number {
    return Atomics.load(this.#words, headerWord.inFlight);
  }

  get committedSeq(): number {
    return Number(Atomics.load(this.#longs, headerLong.committedSeq));
  }

  set committedSeq(seq: number) {
    Atomics.store(this.#longs, headerLong.committedSeq, BigInt(seq));
  }

  /** Whether the process is on its way out: told by /readyz. */
  get isStopping(): boolean {
    return Atomics.load(this.#words, headerWord.isStopping) === 1;
  }

  stop(): void {
    Atomics.store(this.#words, headerWord.isStopping, 1);
  }
}

function start(line: number): number {
  return (headerLines + line) * lineWords;
}
