/** What pages are built of: buttons, fields, notices, dialogs; each says to a screen reader what it shows to an eye. */
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { chooseLanguage, language, wordsOf } from "./language.ts";
import { chooseTheme, theme, themes } from "./theme.ts";

export type Tone = "plain" | "good" | "warn" | "bad";

const words = wordsOf({
  cancel: ["Cancel", "取消"],
  language: ["中文", "English"],
  theme: [(name: string) => `Colours: ${name}`, (name: string) => `配色：${name}`],
  system: ["system", "跟随系统"],
  light: ["light", "浅色"],
  dark: ["dark", "深色"],
});

interface ButtonProps {
  readonly kind?: "plain" | "primary" | "quiet" | "danger";
  readonly size?: "normal" | "small";
  /** It works: it cannot be pressed again, and says so. */
  readonly isBusy?: boolean;
  readonly isDisabled?: boolean;
  readonly type?: "button" | "submit";
  readonly onPress?: (() => void) | undefined;
  readonly label?: string;
  readonly children: ComponentChildren;
}

/** A button. Disabled, it keeps the focus and can still be read, but does nothing. */
export function Button(props: ButtonProps): JSX.Element {
  const { kind = "plain", size = "normal", isBusy = false, isDisabled = false, type = "button" } = props;
  const isOff = isBusy || isDisabled;
  return (
    <button
      type={type}
      class={`button ${kind} ${size}`}
      aria-disabled={isOff}
      aria-busy={isBusy}
      aria-label={props.label}
      onClick={(event) => {
        if (isOff) event.preventDefault();
        else props.onPress?.();
      }}
    >
      {props.children}
    </button>
  );
}

interface FieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  /** The control, given what ties it to its label, hint and error. */
  readonly children: (ties: FieldTies) => JSX.Element;
}

export interface FieldTies {
  readonly id: string;
  readonly "aria-describedby": string | undefined;
  readonly "aria-invalid": boolean;
}

/** A control with its label, a hint, and what is wrong with what stands in it. */
export function Field({ label, hint, error, children }: FieldProps): JSX.Element {
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": error !== undefined })}
      {hint && (
        <span class="hint" id={`${id}-hint`}>
          {hint}
        </span>
      )}
      {error && (
        <span class="error" id={`${id}-error`}>
          {error}
        </span>
      )}
    </div>
  );
}

interface NoticeProps {
  readonly tone?: Tone;
  /** Read out as soon as it appears: politely, or at once when it is an error. */
  readonly isLive?: boolean;
  readonly children: ComponentChildren;
}

export function Notice({ tone = "plain", isLive = false, children }: NoticeProps): JSX.Element {
  const role = isLive ? (tone === "bad" ? "alert" : "status") : undefined;
  return (
    <div class={`notice ${tone}`} role={role}>
      {children}
    </div>
  );
}

export function Tag({ tone = "plain", children }: { tone?: Tone; children: ComponentChildren }): JSX.Element {
  return <span class={`tag ${tone}`}>{children}</span>;
}

/** How much of something is gone, 0 to 1. */
export function Bar({ share, label }: { share: number; label: string }): JSX.Element {
  const bounded = Math.max(0, Math.min(1, share));
  return (
    <div
      class="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={Math.round(bounded * 100)}
    >
      <i style={{ transform: `scaleX(${bounded})` }} />
    </div>
  );
}

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** In place of "Cancel", where that would be taken for what the dialog is about. */
  readonly closeLabel?: string;
  readonly children: ComponentChildren;
  readonly actions: ComponentChildren;
}

/** A dialog that is open as long as it is there; Escape and Cancel close it. */
export function Dialog({ title, onClose, closeLabel, children, actions }: DialogProps): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const titleId = useId();
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} aria-labelledby={titleId} onClose={onClose}>
      <div class="stack">
        <h2 id={titleId}>{title}</h2>
        {children}
        <div class="row">
          {actions}
          <Button kind="quiet" onPress={() => dialog.current?.close()}>
            {closeLabel ?? words.cancel}
          </Button>
        </div>
      </div>
    </dialog>
  );
}

/** Language and colours, for the foot of a page. */
export function Preferences(): JSX.Element {
  const at = themes.indexOf(theme.value);
  const next = themes[(at + 1) % themes.length] ?? "system";
  return (
    <div class="row">
      <button
        type="button"
        class="button quiet small"
        lang={language.value === "zh" ? "en" : "zh-Hans"}
        onClick={() => chooseLanguage(language.value === "zh" ? "en" : "zh")}
      >
        {words.language}
      </button>
      <Button kind="quiet" size="small" onPress={() => chooseTheme(next)}>
        {words.theme(words[theme.value])}
      </Button>
    </div>
  );
}

/** The mark: a box with something rushing into it. */
export function Mark(): JSX.Element {
  return (
    <svg viewBox="0 0 32 32" width="28" height="28" aria-hidden="true" focusable="false">
      <path
        d="M12 5h13a3 3 0 0 1 3 3v16a3 3 0 0 1-3 3H12"
        fill="none"
        stroke="currentColor"
        stroke-width="3"
        stroke-linecap="round"
      />
      <path
        d="M3 16h15m-5-5 5 5-5 5"
        fill="none"
        stroke="var(--accent)"
        stroke-width="3"
        stroke-linecap="round"
        stroke-linejoin="round"
      />
    </svg>
  );
}
