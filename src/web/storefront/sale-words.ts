/** What a sale is called and in which phase it is, on cards and on its page. */
import { wordsOf } from "../shared/language.ts";
import type { Campaign } from "../shared/wire.ts";

const kinds = wordsOf({
  one_yuan: ["One-yuan sale", "一元秒杀"],
  limited_time: ["Limited time", "限时抢购"],
  hot_item: ["Hot item", "爆款抢购"],
});

const ways = wordsOf({
  open: ["First come, first served", "先到先得"],
  queue: ["By queue", "排队购买"],
  draw: ["By draw", "抽签购买"],
});

export function kindName(kind: NonNullable<Campaign["kind"]>): string {
  return kinds[kind];
}

/** How one gets in. */
export function wayName({ admission }: Pick<Campaign, "admission">): string {
  return ways[admission];
}

/** `atMs` is the opening or the closing that is to come. */
export type Phase =
  | { readonly is: "soon"; readonly atMs: number }
  | { readonly is: "open"; readonly atMs: number | null }
  | { readonly is: "paused" }
  | { readonly is: "over" };

/** By the server's clock, which may be ahead of the state that was heard of last. */
export function phaseOf({ state, opens_at, closes_at }: Campaign, nowMs: number): Phase {
  const closesAtMs = closes_at === null ? null : Date.parse(closes_at);
  if (state === "ended" || (closesAtMs !== null && closesAtMs <= nowMs)) return { is: "over" };
  if (state === "paused") return { is: "paused" };
  const opensAtMs = opens_at === null ? 0 : Date.parse(opens_at);
  return state === "scheduled" && opensAtMs > nowMs
    ? { is: "soon", atMs: opensAtMs }
    : { is: "open", atMs: closesAtMs };
}
