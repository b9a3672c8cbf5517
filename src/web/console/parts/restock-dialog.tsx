/** Adds units to an offer, or takes unsold ones back: says before what there will be then. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { limits } from "../../../domain/limits.ts";
import { Field } from "../../shared/elements.tsx";
import { count } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Offer } from "../../shared/wire.ts";
import { api } from "../session.ts";
import { ConfirmDialog } from "./confirm-dialog.tsx";

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
  taken: [(total: string) => `It will have ${total} in all.`, (total: string) => `收回后总量 ${total} 件。`],
});

interface RestockDialogProps {
  readonly offer: Offer;
  readonly onDone: () => void;
  readonly onClose: () => void;
}

export function RestockDialog({ offer, onDone, onClose }: RestockDialogProps): JSX.Element {
  const typed = useSignal("");
  const { id, title, total, available, waiting } = offer;
  const quantity = quantityOf(typed.value);
  const error = typed.value === "" ? undefined : errorOf(quantity, available);
  const isGood = quantity !== null && error === undefined;
  return (
    <ConfirmDialog
      title={restockWords.restockOf(title)}
      consequence={
        <>
          <p>{words.before(title, count(total), count(available))}</p>
          <Field label={words.quantity} hint={words.hint(count(available))} error={error}>
            {(ties) => (
              <input
                {...ties}
                inputMode="numeric"
                autocomplete="off"
                value={typed.value}
                onInput={(event) => {
                  typed.value = event.currentTarget.value;
                }}
              />
            )}
          </Field>
          <p role="status">
            {isGood &&
              (quantity > 0 ? words.added(count(total + quantity), waiting) : words.taken(count(total + quantity)))}
          </p>
        </>
      }
      action={restockWords.restock}
      isDisabled={!isGood}
      onConfirm={async () => {
        const answer = await api<Offer>(`/v1/offers/${id}/restock`, { method: "POST", body: { quantity } });
        if (answer.isOk) onDone();
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
