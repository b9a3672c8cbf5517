/**
 * Something on the server as it changes: by its event stream, or by asking again and again where a proxy or a switch
 * keeps streams away. Only while the page is seen: a browser has six connections to one server for all of its tabs, and
 * a tab in the back must not keep them from the one in front.
 */
import { type Signal, signal } from "@preact/signals";
import { createParser } from "eventsource-parser";
import { authorization } from "./api.ts";
import { spread } from "./chance.ts";

export type Connection = "connecting" | "live" | "polling" | "offline";

export interface Followed {
  readonly connection: Signal<Connection>;
  /** Asks at once, whatever the stream does. */
  refresh(): void;
  stop(): void;
}

export interface Source {
  /** The stream's address. */
  readonly stream: string;
  readonly token?: () => string | null;
  /** Whether ids of events are sent back after a break, for streams that go on where they ended. */
  readonly isResumed?: boolean;
  readonly onEvent: (type: string, data: string) => void;
  /** Asks for the same without a stream; whether that went well. */
  readonly poll: () => Promise<boolean>;
  readonly pollEveryMs?: number;
}

/** A stream is silent for this long only when it is dead: there is a heartbeat every five seconds. */
const silenceMsMax = 12_000;
const pollEveryMs = 1_000;
const retryMsMin = 500;
const retryMsMax = 10_000;

/** Follows until `stop`. */
export function follow(source: Source): Followed {
  const connection = signal<Connection>("connecting");
  let lastEventId = "";
  let stream: AbortController | null = null;
  let retryMs = retryMsMin;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let pollTimer: ReturnType<typeof setTimeout> | undefined;
  let silenceTimer: ReturnType<typeof setTimeout> | undefined;
  /** The polling under way: a poll that comes back to another one, or to none, goes no further. */
  let polling: object | null = null;
  let isStopped = false;

  const isSeen = () => document.visibilityState === "visible";

  const open = async () => {
    clearTimeout(retryTimer);
    if (isStopped || !isSeen() || stream !== null) return;
    const here = new AbortController();
    stream = here;
    await read(here);
    if (stream !== here) return; // closed by us
    stream = null;
    startPolling();
    retryTimer = setTimeout(() => void open(), spread(retryMs));
    retryMs = Math.min(retryMsMax, retryMs * 2);
  };

  /** Reads a stream to its end, whatever that is. */
  const read = async (here: AbortController): Promise<void> => {
    let silence = setTimeout(() => here.abort(), silenceMsMax);
    let hasSpoken = false;
    try {
      const headers = {
        accept: "text/event-stream",
        ...authorization(source.token?.() ?? null),
        ...(source.isResumed === true && lastEventId !== "" ? { "last-event-id": lastEventId } : {}),
      };
      const response = await fetch(source.stream, { headers, signal: here.signal, cache: "no-store" });
      if (!response.ok || response.body === null) return;
      const parser = createParser({
        onEvent: ({ id, event, data }) => {
          if (id !== undefined) lastEventId = id;
          source.onEvent(event ?? "message", data);
        },
      });
      for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
        clearTimeout(silence);
        silence = setTimeout(() => here.abort(), silenceMsMax);
        if (!hasSpoken) {
          hasSpoken = true;
          retryMs = retryMsMin;
          stopPolling();
        }
        connection.value = "live"; // also after a moment without a network that it has outlived
        parser.feed(text);
      }
    } catch {
      // Broken off: as good as an end.
    } finally {
      clearTimeout(silence);
    }
  };

  const startPolling = () => {
    if (polling !== null || isStopped || !isSeen()) return;
    polling = {};
    void pollAgain(polling);
  };
  const stopPolling = () => {
    polling = null;
    clearTimeout(pollTimer);
  };
  const pollAgain = async (mine: object) => {
    const isWell = await source.poll();
    if (polling !== mine) return;
    connection.value = isWell ? "polling" : "offline";
    pollTimer = setTimeout(() => void pollAgain(mine), source.pollEveryMs ?? pollEveryMs);
  };

  const close = () => {
    clearTimeout(retryTimer);
    clearTimeout(silenceTimer);
    stopPolling();
    stream?.abort();
    stream = null;
  };
  // A proxy may hold a stream back without a word: until it speaks, ask.
  const mindSilence = () => {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(() => connection.value === "connecting" && startPolling(), 2 * pollEveryMs);
  };
  const seen = () => {
    if (!isSeen()) {
      close();
      connection.value = "connecting"; // what happens meanwhile is not heard of
      return;
    }
    retryMs = retryMsMin;
    void open();
    mindSilence();
  };
  const online = () => {
    retryMs = retryMsMin;
    void open();
  };
  const offline = () => {
    connection.value = "offline";
  };
  document.addEventListener("visibilitychange", seen);
  addEventListener("online", online);
  addEventListener("offline", offline);
  void open();
  mindSilence();

  return {
    connection,
    refresh: () => void source.poll(),
    stop() {
      isStopped = true;
      close();
      document.removeEventListener("visibilitychange", seen);
      removeEventListener("online", online);
      removeEventListener("offline", offline);
    },
  };
}
