/**
 * The way to the chat, on every page of the storefront: a round button in the corner, and its panel, which is fetched when
 * it is asked for the first time. A first visit pays for the button alone.
 */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { wordsOf } from "../shared/language.ts";

const words = wordsOf({
  chat: ["Chat", "聊天"],
  notLoaded: [
    "The chat could not be loaded. Check your network, then load the page again.",
    "聊天加载失败，请检查网络后刷新页面。",
  ],
});

type Room = typeof import("./chat-panel.tsx");

export function Chat(): JSX.Element {
  const room = useSignal<Room | null>(null);
  const is = useSignal<"closed" | "loading" | "failed" | "open">("closed");
  const button = useRef<HTMLButtonElement>(null);
  const open = async () => {
    if (is.value === "loading") return;
    is.value = "loading";
    room.value ??= await import("./chat-panel.tsx").catch(() => null);
    const isDressed = (await room.value?.dress()) ?? false;
    is.value = isDressed ? "open" : "failed";
  };
  const close = () => {
    is.value = "closed";
  };
  const isOpen = is.value === "open" && room.value !== null;
  const wasOpen = useRef(false);
  useEffect(() => {
    // Whoever was elsewhere on the page, or has gone to another one, stays there.
    if (wasOpen.current && !isOpen && document.activeElement === document.body) button.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  return (
    <aside class="chat no-print" aria-label={words.chat}>
      {isOpen && room.value !== null ? (
        <room.value.ChatPanel onClose={close} />
      ) : (
        <button
          ref={button}
          type="button"
          class="chat-button"
          aria-haspopup="dialog"
          aria-busy={is.value === "loading"}
          onClick={() => void open()}
        >
          <Bubble />
          {words.chat}
        </button>
      )}
      <p role="status" class={is.value === "failed" ? "chat-failed" : "visually-hidden"}>
        {is.value === "failed" && words.notLoaded}
      </p>
    </aside>
  );
}

function Bubble(): JSX.Element {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" focusable="false">
      <path
        d="M5 4h14a2 2 0 0 1 2 2v9a2 2 0 0 1-2 2h-7l-5 4v-4H5a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2Z"
        fill="none"
        stroke="currentColor"
        stroke-width="1.8"
        stroke-linejoin="round"
      />
    </svg>
  );
}
