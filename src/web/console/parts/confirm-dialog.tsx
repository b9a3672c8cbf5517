/**
 * The question before something is done: what it will do, and where it cannot be taken back a word to type. It stays
 * open until the server has answered, and closes only when that went well. The focus goes back to where it was; where
 * that is gone, to the head of its section.
 */
import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Refusal } from "../../shared/api.ts";
import { Button, Dialog } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import { Refused } from "./refused.tsx";
import { SignalField } from "./signal-field.tsx";

const words = wordsOf({
  type: [(word: string) => `Type “${word}” to confirm`, (word: string) => `请输入“${word}”以确认`],
  differs: ["This is not the same.", "输入的内容不一致。"],
});

interface ConfirmDialogProps {
  readonly title: string;
  /** What it will do, in sentences; with the fields that it follows from. */
  readonly consequence: ComponentChildren;
  readonly action: string;
  readonly kind?: "primary" | "danger";
  readonly isDisabled?: boolean;
  readonly typedWord?: string | undefined;
  /** Fields that mark what the server found wrong with them. */
  readonly children?: (refusal: Refusal | null) => ComponentChildren;
  /** Does it; `null` when it went well, and `false` to stay open without a word of its own. */
  readonly onConfirm: () => Promise<Refusal | null | false>;
  readonly onClose: () => void;
}

export function ConfirmDialog(props: ConfirmDialogProps): JSX.Element {
  const { title, consequence, action, kind = "primary", isDisabled = false } = props;
  const { typedWord, children, onConfirm, onClose } = props;
  const form = useRef<HTMLFormElement>(null);
  const isBusy = useSignal(false);
  const refusal = useSignal<Refusal | null>(null);
  const typed = useSignal("");
  const isWrong = useSignal(false);
  useFocusKept();
  const confirm = async () => {
    if (isBusy.value || isDisabled) return;
    isWrong.value = typedWord !== undefined && typed.value.trim().toLowerCase() !== typedWord.toLowerCase();
    if (isWrong.value) {
      form.current?.querySelector<HTMLInputElement>(".typed input")?.focus();
      return;
    }
    isBusy.value = true;
    const answer = await onConfirm();
    isBusy.value = false;
    refusal.value = answer === false ? null : answer;
    // Closed, and not only taken away, it gives the focus back.
    if (answer === null) form.current?.closest("dialog")?.close();
    else requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      actions={
        <Button kind={kind} isBusy={isBusy.value} isDisabled={isDisabled} onPress={() => void confirm()}>
          {action}
        </Button>
      }
    >
      <form
        ref={form}
        class="stack"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <div class="stack">{consequence}</div>
        {children?.(refusal.value)}
        {typedWord !== undefined && (
          <div class="typed">
            <SignalField
              label={words.type(typedWord)}
              error={isWrong.value ? words.differs : undefined}
              text={typed}
              input={{ autocomplete: "off", spellcheck: false }}
            />
          </div>
        )}
        <Refused refusal={refusal.value} isMarked={children !== undefined} />
      </form>
    </Dialog>
  );
}

/** What was pressed may be gone with what was done: then its section has the focus, where it can, or the page. */
function useFocusKept(): void {
  const section = useRef(document.activeElement?.closest("section"));
  useEffect(
    () => () => {
      requestAnimationFrame(() => {
        if (document.activeElement !== document.body) return;
        const head = section.current?.isConnected
          ? section.current.querySelector<HTMLElement>('[tabindex="-1"]')
          : null;
        (head ?? document.getElementById("content"))?.focus();
      });
    },
    [],
  );
}
