/**
 * The chat's panel: on a phone a sheet over the page, on a desk a window beside what is read, which stays usable. What the
 * shop answers is text; links lead to the web alone. Only the last answer's choices can be pressed, each once, and none in
 * the moment in which it appears: who presses twice has not said yes to what came between.
 */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import type { Refusal } from "../shared/api.ts";
import { Button, Notice } from "../shared/elements.tsx";
import { duration } from "../shared/format.ts";
import { type Language, wordsOf } from "../shared/language.ts";
import { explain } from "../shared/refusals.ts";
import sheet from "./chat.css" with { type: "file" };
import {
  type Choice,
  choose,
  conversation,
  draft,
  type Line,
  open,
  type Saying,
  sayDraft,
  startAgain,
  textLengthMax,
  unanswered,
  underWay,
} from "./chat.ts";
import { shop, signInAddress } from "./session.ts";

const words = wordsOf({
  title: ["Chat", "聊天"],
  who: ["Automatic assistant", "自动助手"],
  startAgain: ["Start again", "重新开始"],
  close: ["Close the chat", "关闭聊天"],
  log: ["Conversation", "对话"],
  you: ["You: ", "您："],
  shop: ["Answer: ", "回复："],
  field: ["Your message", "您的消息"],
  placeholder: ["Ask, or say what you want", "想问什么、想买什么"],
  send: ["Send", "发送"],
  offline: ["Check your network.", "请检查网络。"],
  off: ["The shop has switched the chat off. The pages work as before.", "商城暂时关闭了聊天，页面照常可用。"],
  wait: [(time: string) => `Again in ${time}.`, (time: string) => `请在${time}后再试。`],
  textKept: ["What you wrote is still here. Nothing is bought twice.", "您写的内容还在，再次发送不会重复购买。"],
  choiceKept: ["Press your choice again. Nothing is bought twice.", "请再点一次，不会重复购买。"],
  glue: [" ", ""],
  tryAgain: ["Try again", "重试"],
  signIn: ["Sign in at the shop", "去商城登录"],
});

/** Narrower than that the panel is a sheet; chat.css has the same width. */
const sheetWidths = "(max-width: 639.98px)";
/** As long as a double click takes at most on most devices. */
const settleMs = 500;

/** Fetches how the panel looks, once; whether it is there. */
export function dress(): Promise<boolean> {
  dressed ??= new Promise<boolean>((resolve) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = sheet;
    link.onload = () => resolve(true);
    link.onerror = () => {
      link.remove();
      dressed = null;
      resolve(false);
    };
    document.head.append(link);
  });
  return dressed;
}

let dressed: Promise<boolean> | null = null;

export function ChatPanel({ onClose }: { readonly onClose: () => void }): JSX.Element {
  const dialog = useRef<HTMLDialogElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const titleId = useId();
  useEffect(() => {
    const isSheet = matchMedia(sheetWidths).matches;
    if (isSheet) dialog.current?.showModal();
    else dialog.current?.show();
    // On a phone the field would bring the keyboard up over what is to be read first.
    (isSheet ? heading : field).current?.focus();
    void open();
  }, []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape" || event.isComposing) return;
      const modal = document.querySelector("dialog:modal");
      if (modal === null || modal === dialog.current) onClose();
    };
    document.addEventListener("keydown", onKey);
    return () => document.removeEventListener("keydown", onKey);
  }, [onClose]);
  const restart = () => {
    field.current?.focus();
    void startAgain();
  };
  return (
    <dialog ref={dialog} class="chat-panel" aria-labelledby={titleId} onClose={onClose}>
      <header class="chat-head">
        <div>
          <h2 ref={heading} id={titleId} tabIndex={-1}>
            {words.title}
          </h2>
          <p class="muted small">{words.who}</p>
        </div>
        <Button kind="quiet" isDisabled={underWay.value !== null} onPress={restart}>
          {words.startAgain}
        </Button>
        <Button kind="quiet" label={words.close} onPress={onClose}>
          ×
        </Button>
      </header>
      <Log onLink={() => dialog.current?.matches(":modal") && onClose()} />
      <div role="status" class="chat-refused">
        {unanswered.value !== null && <Unanswered {...unanswered.value} />}
      </div>
      <form
        class="chat-form"
        onSubmit={(event) => {
          event.preventDefault();
          void sayDraft();
        }}
      >
        <label class="visually-hidden" for={`${titleId}-field`}>
          {words.field}
        </label>
        <input
          ref={field}
          id={`${titleId}-field`}
          value={draft.value}
          maxLength={textLengthMax}
          placeholder={words.placeholder}
          autocomplete="off"
          enterkeyhint="send"
          onInput={({ currentTarget }) => {
            draft.value = currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key === "Enter" && isComposing(event)) event.preventDefault();
          }}
        />
        <Button type="submit" isDisabled={underWay.value !== null}>
          {words.send}
        </Button>
      </form>
    </dialog>
  );
}

/** Whether a key is meant for whatever composes Chinese: some browsers end that before they tell of the key, as 229. */
function isComposing({ isComposing: is, keyCode }: KeyboardEvent): boolean {
  return is || keyCode === 229;
}

function Log({ onLink }: { readonly onLink: () => void }): JSX.Element {
  const log = useRef<HTMLDivElement>(null);
  const { lines, choices } = conversation.value;
  const saying = underWay.value;
  const newest = lines.at(-1)?.id ?? 0;
  useEffect(() => {
    // What was said last stands at the top, or its end where it is long; below it as much of the answer as there is room for.
    const said = [...(log.current?.querySelectorAll<HTMLElement>(".chat-line.buyer") ?? [])].at(-1);
    if (log.current === null) return;
    const hidden = said === undefined ? 0 : Math.max(0, said.offsetHeight - log.current.clientHeight / 3);
    log.current.scrollTop = said === undefined ? 0 : said.offsetTop - 12 + hidden;
  }, [newest, saying]);
  const press = (choice: Choice) => {
    // The button goes away: from here the next step of the keyboard leads to what comes in its place.
    log.current?.focus();
    void choose(choice);
  };
  return (
    <div
      ref={log}
      class="chat-log"
      role="log"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard
      tabIndex={0}
      aria-live="polite"
      aria-label={words.log}
      aria-busy={saying !== null}
    >
      {lines.map((line) => (
        <LineSaid key={line.id} line={line} onLink={onLink} />
      ))}
      {saying === null ? (
        <Choices key={newest} choices={choices} onPress={press} />
      ) : (
        <>
          {saying.words !== "" && <p class="chat-line buyer">{saying.words}</p>}
          <p class="chat-waiting" aria-hidden="true">
            …
          </p>
        </>
      )}
    </div>
  );
}

const langs: Readonly<Record<Language, string>> = { en: "en", zh: "zh-Hans" };

function LineSaid({ line, onLink }: { readonly line: Line; readonly onLink: () => void }): JSX.Element {
  const { by, text, language, isGood } = line;
  const links = line.links.flatMap(({ label, url }) => {
    const address = addressOf(url);
    return address === null ? [] : [{ label, address }];
  });
  return (
    <div class={`chat-line ${by} ${isGood ? "good" : ""}`}>
      <p>
        <span class="visually-hidden">{by === "buyer" ? words.you : words.shop}</span>
        <span lang={language === null ? undefined : langs[language]}>{text}</span>
      </p>
      {links.length > 0 && (
        <p class="row">
          {links.map(({ label, address }) => (
            <a key={address} class="button" href={address} onClick={onLink}>
              {label}
            </a>
          ))}
        </p>
      )}
    </div>
  );
}

/** Where a link leads; the way to sign in leads back to this page. `null` for what is no address of the web. */
function addressOf(url: string): string | null {
  if (url === shop.value?.sign_in_url) return signInAddress();
  const address = URL.parse(url, location.href);
  if (address === null || !/^https?:$/.test(address.protocol)) return null;
  // Within this server a path: the pages go there without loading everything again.
  return address.origin === location.origin ? address.pathname + address.search : address.href;
}

interface ChoicesProps {
  readonly choices: readonly Choice[];
  readonly onPress: (choice: Choice) => void;
}

function Choices({ choices, onPress }: ChoicesProps): JSX.Element | null {
  const isSettled = useSignal(false);
  useEffect(() => {
    const timer = setTimeout(() => {
      isSettled.value = true;
    }, settleMs);
    return () => clearTimeout(timer);
  }, []);
  if (choices.length === 0) return null;
  return (
    <div class="chat-choices">
      {choices.map((choice) => (
        <Button key={choice.value} isDisabled={!isSettled.value} onPress={() => onPress(choice)}>
          {choice.label}
        </Button>
      ))}
    </div>
  );
}

/** Why there is no answer, and what to do about it. */
function Unanswered({ saying, refusal }: { readonly saying: Saying; readonly refusal: Refusal }): JSX.Element {
  const { title, reason, next } = explain(refusal);
  const address = refusal.code === "unauthorized" ? signInAddress() : null;
  const kept = { opening: "", text: words.textKept, choice: words.choiceKept }[saying.is];
  const sentences = [
    reason,
    adviceFor(refusal, next),
    refusal.retryAfterS !== null && refusal.code !== "switched_off" && words.wait(duration(refusal.retryAfterS)),
    refusal.code !== "switched_off" && kept,
  ];
  return (
    <Notice tone="warn">
      <strong>{title}</strong>
      <p>{sentences.filter(Boolean).join(words.glue)}</p>
      {(address !== null || saying.is === "opening") && (
        <p class="row">
          {address !== null && (
            <a class="button" href={address}>
              {words.signIn}
            </a>
          )}
          {saying.is === "opening" && <Button onPress={() => void open()}>{words.tryAgain}</Button>}
        </p>
      )}
    </Notice>
  );
}

/** What to do next; where a page's general advice would be wrong here, the chat's own. */
function adviceFor({ code }: Refusal, general: string): string {
  if (code === "offline") return words.offline;
  return code === "switched_off" ? words.off : general;
}
