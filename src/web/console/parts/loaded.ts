/**
 * What a page shows of the server: asked for when it is opened, when its key changes, and again when somebody wants it
 * to. What was there stays until something newer comes, also when that fails: then the page says both.
 */
import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Answer, Refusal } from "../../shared/api.ts";

export interface Loaded<T> {
  readonly value: Signal<T | null>;
  /** Why the last asking failed. */
  readonly refusal: Signal<Refusal | null>;
  readonly isLoading: Signal<boolean>;
  again(): void;
}

/**
 * `key` says what is asked for; `everyMs` asks again and again as long as the page is seen, but never while an answer is
 * awaited: a server that needs longer is heard, and not asked the more the slower it is.
 */
export function useLoaded<T>(
  key: string,
  load: (signal: AbortSignal) => Promise<Answer<T>>,
  everyMs: number | null = null,
): Loaded<T> {
  const value = useSignal<T | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const isLoading = useSignal(true);
  const round = useSignal(0);
  const shownKey = useRef("");
  const isUnderWay = useRef(false);
  useEffect(() => {
    const here = new AbortController();
    // Asked again for the same, it does not tell of loading: what is shown is still what was asked for.
    isLoading.value = shownKey.current !== key;
    isUnderWay.current = true;
    void load(here.signal).then((answer) => {
      if (here.signal.aborted) return;
      isUnderWay.current = false;
      isLoading.value = false;
      refusal.value = answer.isOk ? null : answer;
      if (!answer.isOk) return;
      value.value = answer.value;
      shownKey.current = key;
    });
    return () => here.abort();
  }, [key, round.value]);
  useEffect(() => {
    if (everyMs === null) return undefined;
    const timer = setInterval(() => {
      if (document.visibilityState === "visible" && !isUnderWay.current) round.value += 1;
    }, everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return {
    value,
    refusal,
    isLoading,
    again() {
      round.value += 1;
    },
  };
}

/**
 * A page of a list whose search looks through so much at a time, and may answer short, even empty, before the end: goes
 * on until the page is full, the list over, or the patience.
 */
export async function gathered<Page, Row>(
  ask: (cursor: string | undefined, limit: number) => Promise<Answer<Page>>,
  parts: (page: Page) => { readonly rows: readonly Row[]; readonly next: string | null },
  {
    cursor,
    limit,
    asksMax = 12,
  }: { readonly cursor: string | undefined; readonly limit: number; readonly asksMax?: number },
): Promise<Answer<{ readonly rows: readonly Row[]; readonly next: string | null }>> {
  const rows: Row[] = [];
  let next = cursor;
  for (let asks = 1; ; asks += 1) {
    const answer = await ask(next, limit - rows.length);
    if (!answer.isOk) return answer;
    const page = parts(answer.value);
    rows.push(...page.rows);
    if (page.next === null || rows.length >= limit || asks >= asksMax)
      return { ...answer, value: { rows, next: page.next } };
    next = page.next;
  }
}
