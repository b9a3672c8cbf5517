/** What is copied: any text by a button, and a secret that is shown this once. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Button } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";

const words = wordsOf({
  copy: ["Copy", "复制"],
  copied: ["Copied", "已复制"],
  byHand: ["Select it and copy it by hand", "请手动选中并复制"],
  once: [
    "It is shown this once and kept nowhere: copy it now. Whoever loses it needs a new one.",
    "只显示这一次，系统不会保存：请立即复制。丢失后只能重新生成。",
  ],
  done: ["I have kept it", "我已保存"],
});

const shownMs = 2_000;

/** Copies a text. Where the browser forbids that, as without HTTPS, it says so. */
export function CopyButton({ text, label }: { text: string; label: string }): JSX.Element {
  const state = useSignal<"idle" | "copied" | "refused">("idle");
  const said = { idle: words.copy, copied: words.copied, refused: words.byHand };
  useEffect(() => {
    if (state.value !== "copied") return undefined;
    const timer = setTimeout(() => {
      state.value = "idle";
    }, shownMs);
    return () => clearTimeout(timer);
  }, [state.value]);
  const copy = async () => {
    // Not there at all on a page that came without HTTPS.
    const clipboard = (navigator as Partial<Navigator>).clipboard;
    state.value =
      (await clipboard?.writeText(text).then(
        () => "copied" as const,
        () => "refused" as const,
      )) ?? "refused";
  };
  return (
    <>
      <Button size="small" label={`${said[state.value]}: ${label}`} onPress={() => void copy()}>
        {said[state.value]}
      </Button>
      <span class="visually-hidden" role="status">
        {state.value === "idle" ? "" : said[state.value]}
      </span>
    </>
  );
}

interface SecretOnceProps {
  readonly title: string;
  readonly secret: string;
  readonly hint: string;
  readonly onDone: () => void;
}

/** A secret that nobody can show again. It takes the focus, and goes when somebody says that they have it. */
export function SecretOnce({ title, secret, hint, onDone }: SecretOnceProps): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  useEffect(() => element.current?.focus(), [secret]);
  return (
    <section ref={element} tabIndex={-1} class="notice warn secret-once" aria-label={title}>
      <h2>{title}</h2>
      <p>{words.once}</p>
      <div class="row">
        <code class="mono">{secret}</code>
        <CopyButton text={secret} label={title} />
      </div>
      <p class="small">{hint}</p>
      <div>
        <Button size="small" onPress={onDone}>
          {words.done}
        </Button>
      </div>
    </section>
  );
}
