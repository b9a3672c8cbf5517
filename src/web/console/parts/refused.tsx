/** What an operator is told when the server refuses: by the problem's code, in their words, with what to do next. */
import type { Refusal } from "../../shared/api.ts";
import { Button, Notice } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";

const words = wordsOf({
  again: ["Try again", "重试"],
  offline: ["No connection to the server. Check the network, then try again.", "无法连接服务器。请检查网络后重试。"],
  unreadable: [
    "Something between here and the server answered in its place. Try again shortly.",
    "收到的答复不是来自服务器，请稍后重试。",
  ],
  forbidden: [
    "Your role may look at this, not do it. Ask an administrator.",
    "你的角色只能查看，不能操作。请联系管理员。",
  ],
  not_found: ["There is nothing of this name here.", "这里没有这个内容。"],
  transition_not_allowed: [
    "It is in another state by now, from which this step does not lead on. What you see is the new state.",
    "状态已经改变，现在不能这样操作。页面已显示最新状态。",
  ],
  overloaded: ["The server has too much to do at the moment. Try again shortly.", "服务器繁忙，请稍后重试。"],
  rate_limited: ["Too many requests from here. Wait a little.", "请求过于频繁，请稍等。"],
  switched_off: ["This is switched off at the moment: see Switches.", "此功能已被关闭，见“开关”。"],
  outcome_unknown: [
    "The server could not tell in time how it ended. Look at the state before trying again.",
    "服务器没能及时确认结果。重试前请先查看状态。",
  ],
  limit_exceeded: ["There are as many as there may be.", "数量已达上限。"],
  invalid: ["The server does not take this as it stands.", "服务器不接受这样的内容。"],
  other: ["The server refused this.", "服务器拒绝了此操作。"],
});

/** The refusal in a sentence; what the table does not know is told with the server's own words. */
export function refusalText({ code, detail }: Pick<Refusal, "code" | "detail">): string {
  const known = code in words && code !== "invalid" ? words[code as keyof typeof words] : null;
  if (typeof known === "string") return known;
  const lead = code === "invalid" ? words.invalid : words.other;
  return detail === "" ? lead : `${lead} (${detail})`;
}

/** A refusal on the page, read out at once, with a way on where trying again can help. */
export function Refused({ refusal, onRetry }: { refusal: Refusal; onRetry?: (() => void) | undefined }) {
  return (
    <Notice tone="bad" isLive>
      <p>{refusalText(refusal)}</p>
      {refusal.code === "invalid" &&
        refusal.errors.map(({ field, detail }) => (
          <p key={field} class="small">
            <span class="mono">{field}</span> {detail}
          </p>
        ))}
      {onRetry !== undefined && (
        <div>
          <Button size="small" onPress={onRetry}>
            {words.again}
          </Button>
        </div>
      )}
    </Notice>
  );
}
