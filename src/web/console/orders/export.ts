/**
 * A download of orders while it comes in: streamed, with the key in a header where no address shows it, counted, and
 * kept only when it is whole. Into a file that somebody chose, where the browser has that, else into memory and from
 * there to the downloads. What breaks off or is stopped leaves nothing behind.
 */
import { authorization, type Refusal, refusalOf } from "../../shared/api.ts";

export type ExportFormat = "csv" | "jsonl";

export interface Progress {
  readonly rows: number;
  readonly bytes: number;
}

export type ExportEnd =
  | { readonly kind: "saved"; readonly rows: number; readonly name: string }
  | { readonly kind: "stopped" }
  /** The connection ended before the file did. */
  | { readonly kind: "broken" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** Where the bytes go: kept at the end, or not at all. */
interface Sink {
  write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
  keep(): Promise<void>;
  discard(): Promise<void>;
}

/** The browser's dialog for a new file, where there is one. */
interface FilePicker {
  showSaveFilePicker?: (options: { suggestedName: string }) => Promise<{
    createWritable(): Promise<{
      write(bytes: Uint8Array<ArrayBuffer>): Promise<void>;
      close(): Promise<void>;
      abort(): Promise<void>;
    }>;
  }>;
}

interface ExportOrder {
  readonly address: string;
  readonly format: ExportFormat;
  /** Without its ending. */
  readonly name: string;
  readonly key: string | null;
  readonly signal: AbortSignal;
  readonly onProgress: (progress: Progress) => void;
}

const contentTypes: Readonly<Record<ExportFormat, string>> = { csv: "text/csv", jsonl: "application/x-ndjson" };

/** Downloads; whatever ends it is told as a value. */
export async function exportOrders(order: ExportOrder): Promise<ExportEnd> {
  const { address, format, key, signal, onProgress } = order;
  const name = `${order.name}.${format}`;
  // Asked for first: a browser opens that dialog only right after somebody pressed something.
  const sink = await openSink(name, contentTypes[format]);
  if (sink === null) return { kind: "stopped" };
  try {
    const response = await fetch(address, {
      headers: authorization(key),
      signal,
      credentials: "omit",
      cache: "no-store",
    });
    if (!response.ok || response.body === null) {
      await sink.discard();
      const problem: unknown = await response.json().catch(() => ({}));
      return { kind: "refused", refusal: refusalOf(response, problem) };
    }
    const rows = new RowCounter(format);
    let bytes = 0;
    for await (const chunk of response.body) {
      rows.take(chunk);
      bytes += chunk.byteLength;
      await sink.write(chunk);
      onProgress({ rows: rows.count, bytes });
    }
    await sink.keep();
    return { kind: "saved", rows: rows.count, name };
  } catch {
    await sink.discard().catch(() => undefined); // it may be gone with what has failed
    return signal.aborted ? { kind: "stopped" } : { kind: "broken" };
  }
}

const [quote, lineFeed] = [0x22, 0x0a];

/** Counts orders as they come in, a line each: in CSV an end of line within quotes is part of a text. */
export class RowCounter {
  readonly #format: ExportFormat;
  #lines = 0;
  #isQuoted = false;

  constructor(format: ExportFormat) {
    this.#format = format;
  }

  take(bytes: Uint8Array): void {
    for (const byte of bytes) {
      if (byte === quote && this.#format === "csv") this.#isQuoted = !this.#isQuoted;
      else if (byte === lineFeed && !this.#isQuoted) this.#lines += 1;
    }
  }

  /** So far; the first line of CSV names the columns. */
  get count(): number {
    return this.#format === "csv" ? Math.max(0, this.#lines - 1) : this.#lines;
  }
}

/** `null` when whoever was asked for a file wants none. */
async function openSink(name: string, type: string): Promise<Sink | null> {
  const { showSaveFilePicker } = globalThis as FilePicker;
  if (showSaveFilePicker === undefined) return memorySink(name, type);
  try {
    const file = await showSaveFilePicker({ suggestedName: name });
    // Written beside the file, and put in its place when it is closed.
    const stream = await file.createWritable();
    return { write: (bytes) => stream.write(bytes), keep: () => stream.close(), discard: () => stream.abort() };
  } catch (cause) {
    return cause instanceof DOMException && cause.name === "AbortError" ? null : memorySink(name, type);
  }
}

function memorySink(name: string, type: string): Sink {
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  return {
    write(bytes) {
      chunks.push(bytes);
      return Promise.resolve();
    },
    keep() {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob(chunks, { type }));
      link.download = name;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), revokeAfterMs);
      return Promise.resolve();
    },
    discard() {
      chunks = [];
      return Promise.resolve();
    },
  };
}

/** A browser takes the content when the download begins, which may be after somebody was asked where to. */
const revokeAfterMs = 60_000;
