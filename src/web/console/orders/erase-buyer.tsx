/** Erases a buyer's identity: for admins, told what stays, and confirmed by typing whom. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { limits } from "../../../domain/limits.ts";
import { Button } from "../../shared/elements.tsx";
import { count, several } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Erasure } from "../../shared/wire.ts";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { useOutcome } from "../parts/notes.tsx";
import { SignalField } from "../parts/signal-field.tsx";
import { api } from "../session.ts";

const words = wordsOf({
  title: ["Erase a buyer", "删除买家身份"],
  what: [
    "When a buyer asks for it: their identity goes from all orders and waitlist entries of sales that are over. What was sold, and the proof of it, stays.",
    "应买家要求删除：其身份会从已结束活动的所有订单和候补记录中抹去；销售数量及其证明保留。",
  ],
  buyer: ["Buyer", "买家"],
  missing: ["Say whom: the buyer's id.", "请填写买家 ID。"],
  open: ["Erase …", "删除……"],
  ask: [(buyer: string) => `Erase ${buyer}?`, (buyer: string) => `确定删除 ${buyer} 的身份？`],
  consequence: [
    "Nobody can find this buyer's orders by name any more, and their receipts cannot be shown again. This cannot be taken back.",
    "之后无法再按此买家查到订单，也无法再出示其凭证。此操作不可撤销。",
  ],
  erase: ["Erase for good", "永久删除"],
  nobody: ["No order and no entry is this buyer's.", "没有属于该买家的订单或候补记录。"],
  done: [
    (orders: number, entries: number) =>
      `Erased from ${several(orders, "order")} and ${several(entries, "waitlist entry", "waitlist entries")}.`,
    (orders: number, entries: number) => `已从 ${count(orders)} 个订单和 ${count(entries)} 条候补记录中抹去。`,
  ],
  remaining: [
    (left: number) =>
      ` ${several(left, "trace")} in sales that are not settled yet: erase again when they are over and nothing is unpaid.`,
    (left: number) => `另有 ${count(left)} 条属于未结束的活动：请在活动结束后再次删除。`,
  ],
});

export function EraseBuyer(): JSX.Element {
  const buyer = useSignal("");
  const isMissing = useSignal(false);
  const isAsking = useSignal(false);
  const outcome = useOutcome();
  const erase = async () => {
    const body = { buyer_id: buyer.value };
    const answer = await api<Erasure>("/v1/buyers/erase", { method: "POST", body });
    if (!answer.isOk && answer.code !== "not_found") return answer;
    if (answer.isOk) {
      const { orders, entries, remaining } = answer.value;
      const done = words.done(orders, entries);
      outcome.say(remaining === 0 ? done : done + words.remaining(remaining), remaining === 0 ? "good" : "warn");
      buyer.value = "";
    } else outcome.say(words.nobody, "warn");
    return null;
  };
  return (
    <section class="card stack">
      <h2>{words.title}</h2>
      <p class="muted small">{words.what}</p>
      {outcome.note}
      <form
        class="fields"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          outcome.forget();
          isMissing.value = buyer.value.trim() === "";
          isAsking.value = !isMissing.value;
        }}
      >
        <SignalField
          label={words.buyer}
          error={isMissing.value ? words.missing : undefined}
          text={buyer}
          input={{ autocomplete: "off", spellcheck: false, maxLength: limits.buyerIdLengthMax }}
        />
        <Button kind="danger" type="submit">
          {words.open}
        </Button>
      </form>
      {isAsking.value && (
        <ConfirmDialog
          title={words.ask(buyer.value)}
          consequence={<p>{words.consequence}</p>}
          action={words.erase}
          kind="danger"
          typedWord={buyer.value.trim()}
          onConfirm={erase}
          onClose={() => {
            isAsking.value = false;
          }}
        />
      )}
    </section>
  );
}
