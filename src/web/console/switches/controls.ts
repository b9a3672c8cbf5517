/** What operators have set: limits, switches, the risk mode. Asked for every two seconds while somebody looks at it. */
import { effect, signal } from "@preact/signals";
import type { RateLimitName, RiskMode, SwitchName } from "../../../domain/controls.ts";
import type { Answer, Refusal } from "../../shared/api.ts";
import type { Controls } from "../../shared/wire.ts";
import { api, isSignedIn, operatorKey } from "../session.ts";

const askEveryMs = 2_000;

export interface Limit {
  readonly quota: number;
  readonly window_s: number;
}

/** A change as the wire has it: what is not named stays. */
export interface Change {
  readonly rate_limits?: { readonly [Name in RateLimitName]?: Limit | null };
  readonly switches?: readonly { readonly name: SwitchName; readonly on: boolean; readonly campaign_id?: string }[];
  readonly risk_mode?: RiskMode;
}

/** `null` as long as nobody knows. */
export const controls = signal<Controls | null>(null);
/** Why they could not be had the last time, or `null`. */
export const controlsFailure = signal<Refusal | null>(null);
/** Of whatever was asked last: an older answer that comes later is not taken. */
let asked = 0;

// Whoever signs in next sees nothing that was told to another, nor an answer that is still under way.
effect(() => {
  if (isSignedIn.value) return;
  asked += 1;
  controls.value = null;
  controlsFailure.value = null;
});

/** Keeps them as they are until the answer is called. */
export function followControls(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  const ask = async () => {
    clearTimeout(timer);
    if (isStopped || document.visibilityState !== "visible") return;
    const mine = ++asked;
    const answer = await api<Controls>("/v1/controls");
    if (isStopped) return;
    if (mine === asked) take(answer);
    clearTimeout(timer);
    timer = setTimeout(() => void ask(), askEveryMs);
  };
  const seen = () => void ask();
  document.addEventListener("visibilitychange", seen);
  void ask();
  return () => {
    isStopped = true;
    clearTimeout(timer);
    document.removeEventListener("visibilitychange", seen);
  };
}

/** Changes them, and shows what holds then; tells why not, or `null`. */
export async function changeControls(change: Change): Promise<Refusal | null> {
  const changer = operatorKey();
  const answer = await api<Controls>("/v1/controls", { method: "POST", body: change });
  asked += 1;
  if (answer.isOk && operatorKey() === changer) take(answer);
  return answer.isOk ? null : answer;
}

function take(answer: Answer<Controls>): void {
  controlsFailure.value = answer.isOk ? null : answer;
  if (answer.isOk) controls.value = answer.value;
}

/** The limit of that name. */
export function limitOf({ rate_limits }: Controls, name: RateLimitName): Limit | null {
  return (rate_limits as Readonly<Record<string, Limit | null>>)[name] ?? null;
}
