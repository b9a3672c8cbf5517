/**
 * One client of an event stream (Server-Sent Events, WHATWG HTML). What waits for a slow reader is bounded: beyond it
 * the stream ends, and the client comes back with Last-Event-ID. Encoded once, sent to many.
 */
import { limits } from "../domain/limits.ts";

const encoder = new TextEncoder();

/** Tells browsers how long to wait before they reconnect; the first thing on every stream. */
export const streamOpening = encoder.encode("retry: 2000\n\n");
/** A comment that keeps proxies and time-outs from ending a quiet stream. */
export const heartbeat = encoder.encode(": \n\n");

/** An event as bytes. `data` is JSON: it holds no line break. */
export function encodeEvent(event: string, id: number, data: string): Uint8Array {
  return encoder.encode(`id: ${id}\nevent: ${event}\ndata: ${data}\n\n`);
}

export class SseClient {
  readonly stream: ReadableStream<Uint8Array>;
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(onClose: (client: SseClient) => void) {
    this.stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller;
          controller.enqueue(streamOpening);
        },
        cancel: () => {
          this.#controller = null;
          onClose(this);
        },
      },
      // In bytes, not messages: what is told at once (a buyer's hundred orders that expire together) is no slowness.
      new ByteLengthQueuingStrategy({ highWaterMark: limits.streamBacklogBytesMax }),
    );
    this.#onClose = onClose;
  }

  readonly #onClose: (client: SseClient) => void;

  /** Sends, or ends the stream when its reader is too far behind. */
  send(bytes: Uint8Array): void {
    const controller = this.#controller;
    if (controller === null) return;
    if ((controller.desiredSize ?? 0) <= 0) {
      this.close();
      return;
    }
    controller.enqueue(bytes);
  }

  close(): void {
    const controller = this.#controller;
    if (controller === null) return;
    this.#controller = null;
    controller.close();
    this.#onClose(this);
  }
}
