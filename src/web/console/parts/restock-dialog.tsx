/**
 * Adds units to an offer, or takes unsold ones back: says before what there will be then. It is asked for by the total that
 * was looked at, so that it happens once, however often it is sent; after an answer that did not come, and where somebody
 * else was first, it shows what became of the total before it may be pressed again.
 */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { limits } from "../../../domain/limits.ts";
import type { Refusal } from "../../shared/api.ts";
import { Notice } from "../../shared/elements.tsx";
import { count } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign, Offer } from "../../shared/wire.ts";
import { api } from "../session.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";
import { SignalField } from "./signal-field.tsx";

/** What the button that opens it says, and what it does. */
export const restockWords = wordsOf({
  restock: ["Restock", "补货"],
  restockOf: [(title: string) => `Restock ${title}`, (title: string) => `补货：${title}`],
});

const words = wordsOf({
  quantity: ["Units to add", "增加数量"],
  hint: [
    (left: string) => `A negative number takes back what is still left, ${left} at most.`,
    (left: string) => `填负数则收回尚未售出的库存，最多 ${left} 件。`,
  ],
  wrong: ["Give a whole number other than 0.", "请输入非 0 的整数。"],
  tooMany: [(left: string) => `Only ${left} are left to be taken back.`, (left: string) => `最多只能收回 ${left} 件。`],
  before: [
    (title: string, total: string, left: string) => `${title} has ${total} units in all, ${left} of them left.`,
    (title: string, total: string, left: string) => `${title} 总量 ${total} 件，剩余 ${left} 件。`,
  ],
  added: [
    (total: string, waiting: number) =>
      waiting > 0
        ? `It will have ${total} in all. ${waiting} wait: they come first.`
        : `It will have ${total} in all, on sale at once.`,
    (total: string, waiting: number) =>
      waiting > 0 ? `补货后总量 ${total} 件。有 ${waiting} 人候补，优先给他们。` : `补货后总量 ${total} 件，立即开售。`,
  ],
  asking: [
    "No answer came, and it may have been done all the same. Asking how many there are now…",
    "没有收到结果，操作可能已生效。正在查询当前总量…",
  ],
  nowIs: [
    (before: string, total: string) =>
      `No answer came. There were ${before} in all before, and there are ${total} now: give the quantity again only if it is still missing.`,
    (before: string, total: string) =>
      `没有收到结果。操作前总量 ${before} 件，现在 ${total} 件。仅在确实未生效时，才重新填写数量。`,
  ],
  taken: [(total: string) => `It will have ${total} in all.`, (total: string) => `收回后总量 ${total} 件。`],
});

interface RestockDialogProps {
  readonly offer: Offer;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** What may have happened without an answer, or has: the total before, and the offer since, `null` until that is known. */
interface Doubt {
  readonly isLost: boolean;
  readonly totalBefore: number;
  readonly offerNow: Offer | null;
}

const leavesOpen: readonly Refusal["code"][] = [
  "offline",
  "unreadable",
  "outcome_unknown",
  "internal",
  "total_changed",
];
const askEveryMs = 1_000;

export function RestockDialog({ offer: opened, onDone, onClose }: RestockDialogProps): JSX.Element {
  const typed = useSignal("");
  const doubt = useSignal<Doubt | null>(null);
  const isAsking = doubt.value !== null && doubt.value.offerNow === null;
  const offer = doubt.value?.offerNow ?? opened;
  const { id, title, total, available, waiting } = offer;
  const quantity = quantityOf(typed.value);
  const error = typed.value === "" ? undefined : errorOf(quantity, available);
  const isGood = quantity !== null && error === undefined;
  useEffect(() => {
    if (!isAsking) return undefined;
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async () => {
      const answer = await api<Campaign>(`/v1/campaigns/${opened.campaign_id}`, {
        signal: leaving.signal,
        cache: "no-cache",
      });
      if (leaving.signal.aborted || doubt.value === null) return;
      const offerNow = answer.isOk ? answer.value.offers.find((one) => one.id === id) : undefined;
      if (offerNow === undefined) timer = setTimeout(() => void ask(), askEveryMs);
      else doubt.value = { ...doubt.value, offerNow };
    };
    void ask();
    return () => {
      clearTimeout(timer);
      leaving.abort();
    };
  }, [isAsking]);
  return (
    <ConfirmDialog
      title={restockWords.restockOf(title)}
      consequence={
        <>
          {doubt.value?.isLost === true && (
            <Notice tone="warn" isLive>
              {isAsking ? words.asking : words.nowIs(count(doubt.value.totalBefore), count(total))}
            </Notice>
          )}
          <p>{words.before(title, count(total), count(available))}</p>
          <SignalField
            label={words.quantity}
            hint={words.hint(count(available))}
            error={error}
            text={typed}
            input={{ inputMode: "numeric", autocomplete: "off" }}
          />
          <p role="status">
            {isGood &&
              (quantity > 0 ? words.added(count(total + quantity), waiting) : words.taken(count(total + quantity)))}
          </p>
        </>
      }
      action={restockWords.restock}
      isDisabled={!isGood || isAsking}
      onConfirm={async () => {
        const answer = await api<Offer>(`/v1/offers/${id}/restock`, {
          method: "POST",
          body: { quantity, expected_total: total },
        });
        if (answer.isOk) onDone();
        else if (leavesOpen.includes(answer.code)) {
          typed.value = "";
          doubt.value = { isLost: answer.code !== "total_changed", totalBefore: total, offerNow: null };
        }
        return answer.isOk ? null : answer;
      }}
      onClose={onClose}
    />
  );
}

/** A whole number as a person writes it: a sign, digits, perhaps commas between thousands. */
function quantityOf(text: string): number | null {
  const plain = text.trim().replaceAll(",", "").replace("−", "-");
  return /^[+-]?\d{1,10}$/.test(plain) ? Number(plain) : null;
}

function errorOf(quantity: number | null, available: number): string | undefined {
  if (quantity === null || quantity === 0 || Math.abs(quantity) > limits.stockMax) return words.wrong;
  return quantity < -available ? words.tooMany(count(available)) : undefined;
}
