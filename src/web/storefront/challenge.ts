/**
 * The proof of work of a campaign, solved in the background before it is needed, by the worker that this server serves.
 * A solution counts once and for some minutes; one that is used up or too old is replaced when the next is asked for.
 */
import { type Signal, signal } from "@preact/signals";
import type { Answer, Api } from "../shared/api.ts";
import { serverNow } from "../shared/clock.ts";
import type { Challenge } from "../shared/wire.ts";

export interface Solver {
  /** Since when it is being solved; `null` while nothing is. */
  readonly solvingSinceMs: Signal<number | null>;
  readonly isReady: Signal<boolean>;
  /** The text of the header Rushbox-Challenge, solved now unless it is there. Taken: it is not given again. */
  take(): Promise<Answer<string>>;
  /** Solves ahead, quietly. */
  prepare(): void;
  stop(): void;
}

interface Solved {
  readonly header: string;
  readonly expiresAtMs: number;
}

/** A solution is not sent so late that it might be refused for its age. */
const marginMs = 15_000;
/** Cores that it may take, when there are more: it is done sooner, and the page stays quick. */
const workersMax = 3;

export function solverFor(api: Api, campaignId: string): Solver {
  const solvingSinceMs = signal<number | null>(null);
  const isReady = signal(false);
  const stopped = new AbortController();
  let ahead: Promise<Answer<Solved>> | null = null;
  let expiresAtMs = 0;

  const begin = () => {
    if (ahead !== null && (expiresAtMs === 0 || expiresAtMs - marginMs > serverNow())) return ahead;
    expiresAtMs = 0;
    isReady.value = false;
    solvingSinceMs.value = serverNow();
    ahead = solve(api, campaignId, stopped.signal).then((answer) => {
      solvingSinceMs.value = null;
      if (answer.isOk) {
        expiresAtMs = answer.value.expiresAtMs;
        isReady.value = true;
      } else ahead = null;
      return answer;
    });
    return ahead;
  };

  return {
    solvingSinceMs,
    isReady,
    async take() {
      const answer = await begin();
      ahead = null;
      isReady.value = false;
      return answer.isOk ? { ...answer, value: answer.value.header } : answer;
    },
    prepare: () => void begin(),
    stop: () => stopped.abort(),
  };
}

async function solve(api: Api, campaignId: string, stopped: AbortSignal): Promise<Answer<Solved>> {
  const answer = await api<Challenge>(`/v1/campaigns/${campaignId}/challenge`, { signal: stopped });
  if (!answer.isOk) return answer;
  const { parameters, signature, expires_at } = answer.value;
  if (parameters === undefined || expires_at === undefined) return { ...answer, value: { header: "", expiresAtMs: 0 } };
  const challenge = { parameters, signature };
  const solution = await race(challenge, stopped);
  if (solution === null) {
    return { isOk: false, code: "challenge_failed", status: 0, detail: "", reason: null, ...nothingElse };
  }
  const header = btoa(JSON.stringify({ challenge, solution }));
  return { ...answer, value: { header, expiresAtMs: Date.parse(expires_at) } };
}

const nothingElse = { retryAfterS: null, errors: [], members: {} } as const;

/** Several workers look through different numbers; the first that finds one ends the others. */
async function race(challenge: object, stopped: AbortSignal): Promise<unknown> {
  const size = Math.max(1, Math.min(workersMax, navigator.hardwareConcurrency - 1 || 1));
  const workers = Array.from({ length: size }, () => new Worker("/challenge/worker.js"));
  try {
    return await new Promise((resolve) => {
      stopped.addEventListener("abort", () => resolve(null));
      workers.forEach((worker, index) => {
        worker.onmessage = ({ data }: MessageEvent<unknown>) =>
          resolve(typeof data === "object" && data !== null && "derivedKey" in data ? data : null);
        worker.onerror = () => resolve(null);
        worker.postMessage({ type: "work", challenge, counterStart: index, counterStep: size });
      });
    });
  } finally {
    for (const worker of workers) worker.terminate();
  }
}
