/** A refusal on the page, read out at once: in operators' words, with a way on where trying again can help. */
import type { JSX } from "preact";
import type { Refusal } from "../../shared/api.ts";
import { Button, Notice } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import { wordsOfRefusal } from "./refusal-words.ts";

const words = wordsOf({
  again: ["Try again", "重试"],
  marked: ["Something in it is not right. See the marked fields.", "填写有误，请查看标出的字段。"],
});

interface RefusedProps {
  /** Nothing is shown of `null`. */
  readonly refusal: Refusal | null;
  /** The fields beside say themselves what is wrong with them. */
  readonly isMarked?: boolean;
  readonly onAgain?: (() => void) | undefined;
}

export function Refused({ refusal, isMarked = false, onAgain }: RefusedProps): JSX.Element | null {
  if (refusal === null) return null;
  const isInvalid = refusal.code === "invalid";
  return (
    <Notice tone="bad" isLive>
      <p>{isInvalid && isMarked ? words.marked : wordsOfRefusal(refusal)}</p>
      {isInvalid &&
        !isMarked &&
        refusal.errors.map(({ field, detail }) => (
          <p key={field} class="small">
            <span class="mono">{field}</span> {detail}
          </p>
        ))}
      {onAgain !== undefined && (
        <div>
          <Button size="small" onPress={onAgain}>
            {words.again}
          </Button>
        </div>
      )}
    </Notice>
  );
}
