/**
 * The whole journal as a stream of events, for operators. Each stream reads on from its own position whenever its
 * reader has taken what it had, so a slow reader holds up nobody and keeps nothing in memory; after Last-Event-ID
 * nothing is missing and nothing doubled, over reconnects and restarts.
 */
import { limits } from "../domain/limits.ts";
import { encodeEvent, heartbeat, streamOpening } from "./sse.ts";

interface Row {
  readonly seq: number;
}

export interface NoticeStreamParts<R extends Row> {
  readonly reader: { last(): { seq: number }; journalAfter(seq: number, limit: number): R[] };
  /** The last committed sequence number: whether there is anything to read. */
  readonly committedSeq: () => number;
  /** What goes out of a row: nothing (`null`), or not yet (`"unknown"`). */
  readonly noticeOf: (row: R) => { readonly type: string; readonly json: string } | null | "unknown";
  /** Told of every stream that opens (1) or ends (-1). */
  readonly countOpen: (change: 1 | -1) => void;
}

interface Stream {
  readonly isAllowed: () => boolean;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  seq: number;
  /** Set while it has read all there is: goes on with reading. */
  wake: (() => void) | null;
}

const lookEveryMs = 100;
const heartbeatEveryMs = 5_000; // well within the server's idle timeout
const rowsPerReadMax = 256;

export class NoticeStreams<R extends Row> {
  readonly #parts: NoticeStreamParts<R>;
  readonly #streams = new Set<Stream>();

  constructor(parts: NoticeStreamParts<R>) {
    this.#parts = parts;
    setInterval(() => this.#look(), lookEveryMs);
    setInterval(() => this.#beat(), heartbeatEveryMs);
  }

  /** Whether so much has happened: a sale that was restored from a backup may not be where a reader left it. */
  isReached(seq: number): boolean {
    return seq <= this.#parts.reader.last().seq;
  }

  /**
   * A stream of what happens after `afterSeq`, or from now on, for as long as its reader is allowed to have it; `null`
   * when too many are open.
   */
  open(afterSeq: number | null, isAllowed: () => boolean): ReadableStream<Uint8Array> | null {
    if (this.#streams.size >= limits.noticeStreamsPerThreadMax) return null;
    let stream: Stream | null = null;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        stream = { isAllowed, controller, seq: afterSeq ?? this.#parts.reader.last().seq, wake: null };
        this.#streams.add(stream);
        this.#parts.countOpen(1);
        controller.enqueue(streamOpening);
      },
      pull: () => (stream === null ? undefined : this.#read(stream)),
      cancel: () => {
        if (stream !== null) this.#remove(stream);
      },
    });
  }

  closeAll(): void {
    for (const stream of [...this.#streams]) this.#close(stream);
  }

  /** Closes those whose readers are not allowed any more: to be called when that may have changed. */
  closeForbidden(): void {
    for (const stream of [...this.#streams]) if (!stream.isAllowed()) this.#close(stream);
  }

  #close(stream: Stream): void {
    stream.controller.close();
    this.#remove(stream);
  }

  /** Sends what there is; else resolves when there is more. */
  #read(stream: Stream): Promise<void> | undefined {
    const bytes = this.#take(stream);
    if (bytes === null) return new Promise((resolve) => (stream.wake = () => resolve(undefined)));
    stream.controller.enqueue(bytes);
    return undefined;
  }

  #take(stream: Stream): Uint8Array | null {
    const { reader, noticeOf } = this.#parts;
    for (;;) {
      const rows = reader.journalAfter(stream.seq, rowsPerReadMax);
      const chunks: Uint8Array[] = [];
      let isUnknown = false;
      for (const row of rows) {
        const notice = noticeOf(row);
        isUnknown = notice === "unknown";
        if (notice === "unknown") break;
        if (notice !== null) chunks.push(encodeEvent(notice.type, row.seq, notice.json));
        stream.seq = row.seq;
      }
      if (chunks.length > 0) return Buffer.concat(chunks);
      if (isUnknown || rows.length < rowsPerReadMax) return null;
    }
  }

  #look(): void {
    const committedSeq = this.#parts.committedSeq();
    for (const stream of this.#streams) {
      if (stream.wake === null || stream.seq >= committedSeq) continue;
      const bytes = this.#take(stream);
      if (bytes !== null) this.#send(stream, bytes);
    }
  }

  #beat(): void {
    for (const stream of this.#streams) if (stream.wake !== null) this.#send(stream, heartbeat);
  }

  /** To a stream whose reader waits: it asks again by itself when it has taken this. */
  #send(stream: Stream, bytes: Uint8Array): void {
    const { wake } = stream;
    stream.wake = null;
    stream.controller.enqueue(bytes);
    wake?.();
  }

  #remove(stream: Stream): void {
    if (!this.#streams.delete(stream)) return;
    stream.wake?.();
    this.#parts.countOpen(-1);
  }
}
