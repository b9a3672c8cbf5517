/** Where events go and which: for a new webhook and for one that is changed. */
import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { limits } from "../../../domain/limits.ts";
import { type NoticeType, noticeTypes } from "../../../domain/notice.ts";
import type { Answer, Refusal } from "../../shared/api.ts";
import { wordsOf } from "../../shared/language.ts";
import { Choices } from "../parts/choices.tsx";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { wrongWith } from "../parts/refusal-words.ts";
import { SignalField } from "../parts/signal-field.tsx";

const words = wordsOf({
  url: ["Address", "地址"],
  urlHint: ["https://… of the shop, which takes a POST.", "商城接收 POST 的 https:// 地址。"],
  urlWrong: ["An address that begins with https:// or http://.", "请填写以 https:// 或 http:// 开头的地址。"],
  which: ["Events", "事件"],
  all: ["All", "全部"],
  some: ["Only these", "仅以下"],
  noneChosen: ["Choose one at least.", "请至少选择一种。"],
  consequence: [
    "It is told of everything from now on, signed with its secret, until it answers 2xx.",
    "从现在起的事件会发送到该地址，用其密钥签名，直到收到 2xx 响应。",
  ],
  changeWill: [
    "Holds for what is sent from now on, those that wait included.",
    "对之后发送的事件生效，包括正在等待的。",
  ],
});

export interface WebhookTexts {
  readonly url: string;
  readonly types: readonly string[] | null;
}

interface WebhookDialogProps {
  readonly title: string;
  readonly action: string;
  readonly isNew: boolean;
  readonly start: WebhookTexts;
  readonly onSend: (texts: WebhookTexts) => Promise<Answer<unknown>>;
  readonly onClose: () => void;
}

export function WebhookDialog({ title, action, isNew, start, onSend, onClose }: WebhookDialogProps): JSX.Element {
  const url = useSignal(start.url);
  const isAll = useSignal(start.types === null);
  const types = useSignal<ReadonlySet<string>>(new Set(start.types ?? []));
  const isUrlWrong = useSignal(false);
  const isNoneChosen = useSignal(false);
  const send = async (): Promise<Refusal | null | false> => {
    isUrlWrong.value = !/^https?:\/\/./.test(url.value.trim()) || !URL.canParse(url.value.trim());
    isNoneChosen.value = !isAll.value && types.value.size === 0;
    if (isUrlWrong.value || isNoneChosen.value) return false;
    const answer = await onSend({ url: url.value.trim(), types: isAll.value ? null : [...types.value] });
    return answer.isOk ? null : answer;
  };
  return (
    <ConfirmDialog
      title={title}
      consequence={<p>{isNew ? words.consequence : words.changeWill}</p>}
      action={action}
      onConfirm={send}
      onClose={onClose}
    >
      {(refusal) => (
        <>
          <SignalField
            label={words.url}
            hint={words.urlHint}
            error={isUrlWrong.value ? words.urlWrong : wrongWith(refusal, "url", words.urlWrong)}
            text={url}
            input={{ type: "url", autocomplete: "off", spellcheck: false, maxLength: limits.urlLengthMax }}
          />
          <Choices
            legend={words.which}
            choices={[
              { value: "all", name: words.all },
              { value: "some", name: words.some },
            ]}
            chosen={isAll.value ? "all" : "some"}
            onChoose={(chosen) => {
              isAll.value = chosen === "all";
            }}
          />
          {isNoneChosen.value && (
            <p class="error" role="alert">
              {words.noneChosen}
            </p>
          )}
          {!isAll.value && <TypeChoices types={types} />}
        </>
      )}
    </ConfirmDialog>
  );
}

/** By the names that receivers meet. */
function TypeChoices({ types }: { types: Signal<ReadonlySet<string>> }): JSX.Element {
  const turn = (type: NoticeType) => {
    const next = new Set(types.value);
    if (!next.delete(type)) next.add(type);
    types.value = next;
  };
  return (
    <div class="type-choices">
      {noticeTypes.map((type) => (
        <label key={type}>
          <input type="checkbox" checked={types.value.has(type)} onChange={() => turn(type)} />
          <span class="mono small">{type}</span>
        </label>
      ))}
    </div>
  );
}
