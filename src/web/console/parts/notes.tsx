/** Sentences that every office page says: that something failed, what was done, that a role does not suffice. */
import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { OperatorRole } from "../../../domain/operator.ts";
import type { Refusal } from "../../shared/api.ts";
import { Button, Notice, type Tone } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import { may } from "../session.ts";
import { wordsOfRefusal } from "./refusal-words.ts";

const words = wordsOf({
  again: ["Try again", "重试"],
  admin: ["This page is for admins: your key has a lower role.", "此页面仅供管理员使用，你的密钥权限不足。"],
});

/** Names of the roles. */
export const roleNames = wordsOf({
  viewer: ["Viewer", "观察员"],
  operator: ["Operator", "运营"],
  admin: ["Admin", "管理员"],
}) satisfies Readonly<Record<OperatorRole, string>>;

interface RefusedProps {
  readonly refusal: Refusal | null;
  readonly onAgain?: () => void;
}

/** Why something failed, and a button to try again. */
export function Refused({ refusal, onAgain }: RefusedProps): JSX.Element | null {
  if (refusal === null) return null;
  return (
    <Notice tone="bad" isLive>
      <p>{wordsOfRefusal(refusal)}</p>
      {onAgain && (
        <div>
          <Button size="small" onPress={onAgain}>
            {words.again}
          </Button>
        </div>
      )}
    </Notice>
  );
}

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
