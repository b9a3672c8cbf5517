/** Sentences that office pages say: what was done, and that a role does not suffice. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { Notice, type Tone } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import { may } from "../session.ts";

const words = wordsOf({
  admin: ["This page is for admins: your key has a lower role.", "此页面仅供管理员使用，你的密钥权限不足。"],
});

/** Shows its content to admins, and others why not: the server decides, this page only says so first. */
export function ForAdmins({ title, children }: { title: string; children: ComponentChildren }): JSX.Element {
  return (
    <div class="stack office">
      <h1>{title}</h1>
      {may("admin") ? children : <Notice>{words.admin}</Notice>}
    </div>
  );
}

export interface Outcome {
  say(text: string, tone?: Tone): void;
  forget(): void;
  readonly note: JSX.Element | null;
}

/** What was just done. It takes the focus: what was pressed for it may be gone. */
export function useOutcome(): Outcome {
  const said = useSignal<{ readonly text: string; readonly tone: Tone } | null>(null);
  return {
    say(text, tone = "good") {
      said.value = { text, tone };
    },
    forget() {
      said.value = null;
    },
    note: said.value === null ? null : <Said said={said.value} />,
  };
}

function Said({ said }: { said: { readonly text: string; readonly tone: Tone } }): JSX.Element {
  const element = useRef<HTMLDivElement>(null);
  // After a dialog has given the focus back, which it does when it is closed.
  useEffect(() => element.current?.focus(), [said]);
  return (
    <div ref={element} tabIndex={-1} class={`notice ${said.tone}`} role={said.tone === "bad" ? "alert" : "status"}>
      {said.text}
    </div>
  );
}
