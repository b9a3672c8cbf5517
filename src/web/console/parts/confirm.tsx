/**
 * Asks before something is done to a sale that runs: says what will happen, does it once, shows a refusal in place, and
 * gives the focus back to where it was.
 */
import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Answer, Refusal } from "../../shared/api.ts";
import { Button, Dialog, Field, Notice } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";

const words = wordsOf({
  type: [(word: string) => `Type ${word} to go on`, (word: string) => `请输入“${word}”以继续`],
  notTyped: [(word: string) => `This must be ${word}.`, (word: string) => `此处须为“${word}”。`],
  offline: [
    "The server did not answer. Look whether it was done before you press again.",
    "服务器没有响应。再次点击之前，请先确认操作是否已经生效。",
  ],
  forbidden: ["Your key does not allow this: ask an operator.", "您的密钥没有此权限，请联系运营人员。"],
  transition_not_allowed: ["The campaign is in another state by now: look again.", "活动状态已经改变，请刷新后再看。"],
  overloaded: ["The server has too much to do: press again in a moment.", "系统繁忙，请稍后再试。"],
  outcome_unknown: [
    "The server restarts: look whether it was done before you press again.",
    "服务器正在重启，再次点击之前请先确认操作是否已经生效。",
  ],
  not_found: ["This is not there any more.", "对象已不存在。"],
  limit_exceeded: ["Too many of these are set already: take some off first.", "数量已达上限，请先取消一部分。"],
  other: [(code: string) => `The server refused this (${code}).`, (code: string) => `服务器拒绝了此操作（${code}）。`],
});

/** What a refusal means for an operator. */
export function refusalWords({ code, errors }: Refusal): string {
  switch (code) {
    case "invalid":
      return errors.map(({ field, detail }) => `${field}: ${detail}`).join(" ") || words.other(code);
    case "offline":
    case "unreadable":
      return words.offline;
    case "forbidden":
    case "transition_not_allowed":
    case "overloaded":
    case "outcome_unknown":
    case "not_found":
    case "limit_exceeded":
      return words[code];
    default:
      return words.other(code);
  }
}

interface ConfirmProps {
  readonly title: string;
  /** What its button says: the deed. */
  readonly deed: string;
  readonly isDangerous?: boolean;
  /** Must be typed first. */
  readonly word?: string;
  readonly isDisabled?: boolean;
  readonly act: () => Promise<Answer<unknown>>;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

export function Confirm(props: ConfirmProps): JSX.Element {
  const { title, deed, isDangerous = false, word, isDisabled = false, act, onClose, children } = props;
  const typed = useSignal("");
  const isWrong = useSignal(false);
  const isBusy = useSignal(false);
  const failure = useSignal<Refusal | null>(null);
  useFocusBack();
  const go = async () => {
    if (isBusy.value || isDisabled) return;
    isWrong.value = word !== undefined && typed.value.trim().toLowerCase() !== word.toLowerCase();
    if (isWrong.value) return;
    isBusy.value = true;
    const answer = await act();
    isBusy.value = false;
    if (answer.isOk) onClose();
    else failure.value = answer;
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <Button
          kind={isDangerous ? "danger" : "primary"}
          isBusy={isBusy.value}
          isDisabled={isDisabled}
          onPress={() => void go()}
        >
          {deed}
        </Button>
      }
    >
      {children}
      {word !== undefined && (
        <Field label={words.type(word)} error={isWrong.value ? words.notTyped(word) : undefined}>
          {(ties) => (
            <input
              {...ties}
              autocomplete="off"
              spellcheck={false}
              value={typed.value}
              onInput={(event) => {
                typed.value = event.currentTarget.value;
              }}
            />
          )}
        </Field>
      )}
      {failure.value !== null && (
        <Notice tone="bad" isLive>
          {refusalWords(failure.value)}
        </Notice>
      )}
    </Dialog>
  );
}

/** When it is gone, the focus is where it was before; or on the page's content, when that is gone, too. */
function useFocusBack(): void {
  const before = useRef(document.activeElement);
  useEffect(
    () => () => {
      const opener = before.current;
      requestAnimationFrame(() => {
        const target = opener?.isConnected === true ? opener : document.getElementById("content");
        if (target instanceof HTMLElement) target.focus();
      });
    },
    [],
  );
}
