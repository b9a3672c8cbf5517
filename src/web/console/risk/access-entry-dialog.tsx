/** Puts somebody on the access list: blocked or let by, with a reason that the refused read, and an end. */
import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { AccessEffect } from "../../../domain/access.ts";
import { limits } from "../../../domain/limits.ts";
import type { Refusal } from "../../shared/api.ts";
import { serverNow } from "../../shared/clock.ts";
import { Field } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import type { AccessEntry } from "../../shared/wire.ts";
import { Choices } from "../parts/choices.tsx";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { wrongWith } from "../parts/refusal-words.ts";
import { SignalField } from "../parts/signal-field.tsx";
import { api } from "../session.ts";

const words = wordsOf({
  blockAsk: [(whom: string) => `Block ${whom}?`, (whom: string) => `拦截 ${whom}？`],
  allowAsk: [(whom: string) => `Let ${whom} by?`, (whom: string) => `放行 ${whom}？`],
  newAsk: ["Add to the access list", "添加到名单"],
  blockWill: [
    "They cannot buy, queue or enter a draw from now on. Orders that they have stay. They read the reason.",
    "从现在起不能购买、排队或参加抽签；已有订单不受影响。对方会看到原因。",
  ],
  allowWill: [
    "Risk rules, rate limits and challenges let them by from now on. Stock and limits per buyer hold for them as for everybody.",
    "从现在起不受风控、限流和验证约束；库存和限购照常。",
  ],
  replaces: ["An entry that is there for the same target is replaced.", "同一对象已有的记录会被替换。"],
  block: ["Block", "拦截"],
  allow: ["Let by", "放行"],
  effect: ["What to do", "处理方式"],
  kind: ["Whom", "对象类型"],
  buyer: ["A buyer", "买家"],
  network: ["An address or a network", "地址或网段"],
  who: ["Buyer's id", "买家 ID"],
  where: ["Address or network", "地址或网段"],
  whereHint: ["For example 192.0.2.7 or 192.0.2.0/24.", "例如 192.0.2.7 或 192.0.2.0/24。"],
  whoWrong: ["1 to 200 characters.", "1 到 200 个字符。"],
  whereWrong: [
    "This is no address and no network. For example 192.0.2.0/24.",
    "不是有效的地址或网段，例如 192.0.2.0/24。",
  ],
  reason: ["Reason", "原因"],
  reasonHint: ["Whoever is refused reads it.", "被拒绝的人会看到。"],
  reasonWrong: ["Say why, in 200 characters at most.", "请填写原因，最多 200 个字符。"],
  ends: ["It ends", "有效期"],
  hour: ["in an hour", "1 小时"],
  day: ["in a day", "1 天"],
  week: ["in a week", "7 天"],
  month: ["in 30 days", "30 天"],
  never: ["never by itself", "长期有效"],
  endWrong: ["The end must lie ahead.", "结束时间必须在将来。"],
});

const hourMs = 3_600_000;
const terms = { hour: hourMs, day: 24 * hourMs, week: 168 * hourMs, month: 720 * hourMs, never: null } as const;
type Term = keyof typeof terms;
const termNames = Object.keys(terms) as Term[];

export interface AccessTargetText {
  readonly kind: "buyer" | "network";
  readonly value: string;
}

interface AccessEntryDialogProps {
  readonly effect: AccessEffect;
  /** Whom it is about; `null` when that is still to be said. */
  readonly target: AccessTargetText | null;
  readonly reason: string;
  readonly onDone: (entry: AccessEntry) => void;
  readonly onClose: () => void;
}

export function AccessEntryDialog(props: AccessEntryDialogProps): JSX.Element {
  const { target, onDone, onClose } = props;
  const effect = useSignal<AccessEffect>(props.effect);
  const kind = useSignal<AccessTargetText["kind"]>(target?.kind ?? "buyer");
  const value = useSignal(target?.value ?? "");
  const reason = useSignal(props.reason);
  const term = useSignal<Term>("day");
  const missing = useSignal<readonly string[]>([]);
  const add = async (): Promise<Refusal | null | false> => {
    const texts = { value: value.value, reason: reason.value };
    missing.value = Object.entries(texts).flatMap(([name, text]) => (text.trim() === "" ? [name] : []));
    if (missing.value.length > 0) return false;
    const termMs = terms[term.value];
    const body = {
      effect: effect.value,
      ...(kind.value === "buyer" ? { buyer_id: value.value } : { network: value.value.trim() }),
      reason: reason.value,
      ...(termMs === null ? {} : { expires_at: new Date(serverNow() + termMs).toISOString() }),
    };
    const answer = await api<AccessEntry>("/v1/access", { method: "POST", body });
    if (!answer.isOk) return answer;
    onDone(answer.value);
    return null;
  };
  const title =
    target === null ? words.newAsk : words[effect.value === "block" ? "blockAsk" : "allowAsk"](target.value);
  return (
    <ConfirmDialog
      title={title}
      consequence={
        <p>
          {effect.value === "block" ? words.blockWill : words.allowWill} {words.replaces}
        </p>
      }
      action={words[effect.value]}
      kind={effect.value === "block" ? "danger" : "primary"}
      onConfirm={add}
      onClose={onClose}
    >
      {(refusal) => (
        <>
          {target === null && (
            <>
              <Choices
                legend={words.effect}
                choices={[
                  { value: "block", name: words.block },
                  { value: "allow", name: words.allow },
                ]}
                chosen={effect.value}
                onChoose={(chosen) => {
                  effect.value = chosen;
                }}
              />
              <Choices
                legend={words.kind}
                choices={[
                  { value: "buyer", name: words.buyer },
                  { value: "network", name: words.network },
                ]}
                chosen={kind.value}
                onChoose={(chosen) => {
                  kind.value = chosen;
                }}
              />
              <TargetField {...{ kind: kind.value, value, refusal }} isMissing={missing.value.includes("value")} />
            </>
          )}
          <SignalField
            label={words.reason}
            hint={words.reasonHint}
            error={
              missing.value.includes("reason") ? words.reasonWrong : wrongWith(refusal, "reason", words.reasonWrong)
            }
            text={reason}
            input={{ autocomplete: "off", maxLength: limits.reasonLengthMax }}
          />
          <Field label={words.ends} error={wrongWith(refusal, "expires_at", words.endWrong)}>
            {(ties) => (
              <select
                {...ties}
                value={term.value}
                onChange={(event) => {
                  term.value = termNames.find((name) => name === event.currentTarget.value) ?? "day";
                }}
              >
                {termNames.map((name) => (
                  <option key={name} value={name}>
                    {words[name]}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </>
      )}
    </ConfirmDialog>
  );
}

interface TargetFieldProps {
  readonly kind: AccessTargetText["kind"];
  readonly value: Signal<string>;
  readonly refusal: Refusal | null;
  readonly isMissing: boolean;
}

function TargetField({ kind, value, refusal, isMissing }: TargetFieldProps): JSX.Element {
  const isBuyer = kind === "buyer";
  const own = isBuyer ? words.whoWrong : words.whereWrong;
  return (
    <SignalField
      label={isBuyer ? words.who : words.where}
      hint={isBuyer ? undefined : words.whereHint}
      error={isMissing ? own : wrongWith(refusal, isBuyer ? "buyer_id" : "network", own)}
      text={value}
      input={{ autocomplete: "off", spellcheck: false, maxLength: limits.buyerIdLengthMax }}
    />
  );
}
