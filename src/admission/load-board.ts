/**
 * Where the HTTP threads show how long is waited, and the main thread shows what follows from it: some words of shared
 * memory, so that neither waits for the other. Each word has one writer; who reads a value of a moment ago decides as
 * well.
 */
import { type LoadLevel, loadLevels } from "./load-level.ts";

/** A line of the cache each: the level, which all read, and a thread's waits, which it alone writes. */
const lineWords = 16;
const word = { level: 0, sharePermille: 1 } as const;
const threadWord = { queueMs: 0, eventLoopMs: 1 } as const;

export class LoadBoard {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;
  #purchases = 0;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  static forThreads(threads: number): LoadBoard {
    return new LoadBoard(new SharedArrayBuffer((1 + threads) * lineWords * 4));
  }

  /** HTTP thread: the longest wait for an answer of the engine, and for a turn of its own event loop. */
  showWaits(thread: number, queueMs: number, eventLoopMs: number): void {
    const at = (1 + thread) * lineWords;
    Atomics.store(this.#words, at + threadWord.queueMs, Math.ceil(queueMs));
    Atomics.store(this.#words, at + threadWord.eventLoopMs, Math.ceil(eventLoopMs));
  }

  /** The longest waits of all threads. */
  waits(): { queueMs: number; eventLoopMs: number } {
    const longest = { queueMs: 0, eventLoopMs: 0 };
    for (let at = lineWords; at < this.#words.length; at += lineWords) {
      longest.queueMs = Math.max(longest.queueMs, Atomics.load(this.#words, at + threadWord.queueMs));
      longest.eventLoopMs = Math.max(longest.eventLoopMs, Atomics.load(this.#words, at + threadWord.eventLoopMs));
    }
    return longest;
  }

  /** Main thread only. */
  decide(level: LoadLevel, refusedShare: number): void {
    Atomics.store(this.#words, word.level, loadLevels.indexOf(level));
    Atomics.store(this.#words, word.sharePermille, Math.round(refusedShare * 1_000));
  }

  get level(): LoadLevel {
    return loadLevels[Atomics.load(this.#words, word.level)] ?? "normal";
  }

  /** Whether work that is given up at a level is given up now. */
  refuses(level: LoadLevel): boolean {
    return Atomics.load(this.#words, word.level) >= loadLevels.indexOf(level);
  }

  /** Whether this purchase is one of the share that is refused: evenly, so that a share of a half is every second. */
  refusesPurchase(): boolean {
    const share = Atomics.load(this.#words, word.sharePermille);
    if (share === 0) return false;
    this.#purchases += share;
    if (this.#purchases < 1_000) return false;
    this.#purchases -= 1_000;
    return true;
  }
}
