/**
 * Following something on the server, without a page: however streams and polls come and go, there is one poll at a time,
 * and after the stop there is none.
 */
import { afterEach, beforeEach, expect, jest, test } from "bun:test";
import { type Followed, follow } from "../../src/web/shared/live.ts";
import { withoutPage } from "./no-page.ts";

interface Stream {
  speak(): void;
  end(): void;
}

let giveBack: () => void;
let followed: Followed | undefined;
let streams: Stream[];
/** Answers the polls that are out, oldest first. */
let polls: (() => void)[];
let pollsCount: number;
/** Tells that the page is seen, or not any more. */
let seen: () => void;
const network = globalThis.fetch;

/** Streams that speak when they are told to. */
function openStream(): Promise<Response> {
  const { readable, writable } = new TransformStream<string, string>();
  const writer = writable.getWriter();
  streams.push({ speak: () => void writer.write(": here\n\n"), end: () => void writer.close() });
  return Promise.resolve({ ok: true, body: { pipeThrough: () => readable } } as unknown as Response);
}

beforeEach(() => {
  giveBack = withoutPage("en");
  const ears = { addEventListener() {}, removeEventListener() {} };
  const addEventListener = (_: string, heard: () => void) => {
    seen = heard;
  };
  Object.assign(document, { visibilityState: "visible", ...ears, addEventListener });
  Object.assign(globalThis, ears, { fetch: openStream });
  [streams, polls, pollsCount] = [[], [], 0];
  jest.useFakeTimers();
});
afterEach(() => {
  followed?.stop();
  jest.useRealTimers();
  globalThis.fetch = network;
  for (const name of ["addEventListener", "removeEventListener"]) Reflect.deleteProperty(globalThis, name);
  giveBack();
});

const begin = () => {
  followed = follow({
    stream: "/stream",
    onEvent() {},
    poll: () => {
      pollsCount += 1;
      return new Promise((resolve) => polls.push(() => resolve(true)));
    },
  });
  return followed;
};
/** Until what was begun has had its turns: streams pass their bytes on in some. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 100; turn += 1) await Promise.resolve();
}
const pass = async (ms: number) => {
  jest.advanceTimersByTime(ms);
  await settle();
};
const look = async (visibilityState: "visible" | "hidden") => {
  Object.assign(document, { visibilityState });
  seen();
  await settle();
};

test("a stream that speaks and drops while a poll is out leaves one poll at a time", async () => {
  const { connection } = begin();
  await settle();
  await pass(2_000);
  expect([pollsCount, connection.value]).toEqual([1, "connecting"]);
  streams[0]?.speak();
  await settle();
  expect(connection.value).toBe("live");
  streams[0]?.end();
  await settle();
  expect(pollsCount).toBe(2);
  for (const answer of polls.splice(0)) answer();
  await settle();
  expect(connection.value).toBe("polling");
  await pass(1_000);
  expect(pollsCount).toBe(3);
  for (const answer of polls.splice(0)) answer();
  await settle();
  await pass(1_000);
  expect(pollsCount).toBe(4);
});

test("after the stop nothing is asked any more, whatever was waited for", async () => {
  const { stop } = begin();
  await settle();
  streams[0]?.end();
  await settle();
  for (const answer of polls.splice(0)) answer();
  await settle();
  await look("hidden");
  await look("visible");
  expect([pollsCount, streams.length]).toEqual([1, 2]);
  stop();
  await pass(60_000);
  expect([pollsCount, streams.length]).toEqual([1, 2]);
});
