/** A check of proof/ on a page: under way with a count, then found to hold or named what does not. One at a time. */
import { type Signal, useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useMemo } from "preact/hooks";
import { type Finding, findingOf } from "../proof/finding.ts";
import { sayFinding } from "../proof/words.ts";
import { Button, Notice } from "./elements.tsx";
import { count } from "./format.ts";
import { language, wordsOf } from "./language.ts";

export type Checked<T> =
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly count: number }
  | { readonly kind: "good"; readonly value: T }
  | { readonly kind: "bad"; readonly finding: Finding };

export interface Checking {
  /** Tells how far it has come. */
  readonly onProgress: (count: number) => void;
  /** Whether it was stopped, or another one begun. */
  readonly isStopped: () => boolean;
}

export interface Check<T> {
  readonly state: Signal<Checked<T>>;
  run(check: (checking: Checking) => Promise<T>): Promise<void>;
  /** Asks the one that runs to end with what it has. */
  stop(): void;
}

const words = wordsOf({
  failsAt: [
    (seq: string) => `Row ${seq} is the first that does not hold.`,
    (seq: string) => `第 ${seq} 行是第一处不成立的地方。`,
  ],
  stop: ["Stop", "停止"],
});

export function useCheck<T>(): Check<T> {
  const state = useSignal<Checked<T>>({ kind: "none" });
  const check = useMemo(() => {
    let running: { isStopped: boolean } | null = null;
    return {
      state,
      async run(work: (checking: Checking) => Promise<T>) {
        const run = { isStopped: false };
        if (running !== null) running.isStopped = true;
        running = run;
        const show = (next: Checked<T>) => {
          if (running === run) state.value = next;
        };
        show({ kind: "running", count: 0 });
        const onProgress = (done: number) => show({ kind: "running", count: done });
        try {
          show({ kind: "good", value: await work({ onProgress, isStopped: () => run.isStopped }) });
        } catch (cause) {
          show({ kind: "bad", finding: findingOf(cause) });
        }
      },
      stop() {
        if (running !== null) running.isStopped = true;
      },
    };
  }, [state]);
  useEffect(() => check.stop, [check]);
  return check;
}

interface VerdictProps<T> {
  readonly check: Check<T>;
  readonly title: string;
  readonly failTitle: string;
  readonly progress: (count: string) => string;
  /** Whether what the ledger's row is about is named: of a whole ledger, not of a receipt. */
  readonly isOfRows?: boolean;
  readonly canStop?: boolean;
  readonly children: (value: T) => ComponentChildren;
}

/** What a check has come to: read out when it ends, not at every step. */
export function Verdict<T>(props: VerdictProps<T>): JSX.Element {
  const { check, title, failTitle, progress, isOfRows = false, canStop = false, children } = props;
  const state = check.state.value;
  return (
    <>
      {state.kind === "running" && (
        <div class="row">
          <p class="muted">{progress(count(state.count))}</p>
          {canStop && <Button onPress={check.stop}>{words.stop}</Button>}
        </div>
      )}
      <div role="status" class="verdict">
        {state.kind === "good" && (
          <Notice tone="good">
            <h3>{title}</h3>
            {children(state.value)}
          </Notice>
        )}
        {state.kind === "bad" && (
          <Notice tone="bad">
            <h3>{failTitle}</h3>
            {isOfRows && state.finding.seq !== null && <p>{words.failsAt(count(state.finding.seq))}</p>}
            <p>{findingText(state.finding)}</p>
          </Notice>
        )}
      </div>
    </>
  );
}

/** A finding as a sentence in the language that is on. */
export function findingText({ code, values }: Finding): string {
  return sayFinding(code, values, language.value === "zh" ? 1 : 0);
}
