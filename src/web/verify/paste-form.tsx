/** A text that is pasted, or a file that is opened: checked, and sent nowhere. */
import { useSignal } from "@preact/signals";
import { useId } from "preact/hooks";
import { Button } from "../shared/elements.tsx";
import { wordsOf } from "../shared/language.ts";

const words = wordsOf({ file: ["Open a file", "打开文件"] });

interface PasteFormProps {
  readonly label: string;
  readonly check: string;
  /** Kinds of files. */
  readonly accept: string;
  /** Whether a file is shown in the field: a whole draw is too long for that. */
  readonly isShown: boolean;
  readonly onText: (text: string) => void;
}

export function PasteForm({ label, check, accept, isShown, onText }: PasteFormProps) {
  const text = useSignal("");
  const id = useId();
  const open = async (file: File | undefined) => {
    if (file === undefined) return;
    const content = await file.text();
    if (isShown) text.value = content;
    onText(content);
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        onText(text.value);
      }}
    >
      <label for={id}>{label}</label>
      <textarea
        id={id}
        required
        autocomplete="off"
        spellcheck={false}
        value={text.value}
        onInput={({ currentTarget }) => {
          text.value = currentTarget.value;
        }}
      />
      <div class="row">
        <Button type="submit" kind="primary">
          {check}
        </Button>
        <label class="button file">
          {words.file}
          <input type="file" accept={accept} onChange={({ currentTarget }) => void open(currentTarget.files?.[0])} />
        </label>
      </div>
    </form>
  );
}
