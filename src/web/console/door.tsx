/**
 * The door of the console: an operator's key, tried before anything is shown. A key that this tab has is not asked for
 * again because the server is away: it is tried until there is an answer.
 */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Button, Mark, Notice, Preferences } from "../shared/elements.tsx";
import { wordsOf } from "../shared/language.ts";
import { Refused } from "./parts/refused.tsx";
import { SignalField } from "./parts/signal-field.tsx";
import { isKeyKept, signIn, signInRefusal, signOut } from "./session.ts";

const words = wordsOf({
  title: ["Rushbox console", "Rushbox 控制台"],
  key: ["Operator key", "运营密钥"],
  hint: [
    "The start of the server shows it, or the file operator.key in its data folder. It stays in this tab.",
    "服务启动时会显示，也在数据目录的 operator.key 文件中。密钥只保存在此标签页。",
  ],
  enter: ["Sign in", "登录"],
  wrong: ["This key is not known here.", "密钥无效。"],
  waiting: [
    "Your key is kept. It is tried again by itself until the server answers.",
    "密钥已保留，页面会自动重试，直到服务器响应。",
  ],
  other: ["Use another key", "换一个密钥"],
});

const tryEveryMs = 2_000;

export function Door(): JSX.Element {
  return <main class="door">{isKeyKept.value ? <WaitingForServer /> : <KeyForm />}</main>;
}

function WaitingForServer(): JSX.Element {
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tryLater = () => {
      const wishedS = signInRefusal.peek()?.retryAfterS ?? 0;
      timer = setTimeout(() => void tryAgain(), Math.max(tryEveryMs, wishedS * 1_000));
    };
    const tryAgain = async () => {
      if (document.visibilityState === "visible") await signIn();
      if (!isLeft) tryLater();
    };
    let isLeft = false;
    tryLater();
    return () => {
      isLeft = true;
      clearTimeout(timer);
    };
  }, []);
  return (
    <section class="card stack">
      <Title />
      <Refused refusal={signInRefusal.value} onAgain={() => void signIn()} />
      <p>{words.waiting}</p>
      <Button onPress={signOut}>{words.other}</Button>
      <Preferences />
    </section>
  );
}

function Title(): JSX.Element {
  return (
    <h1 class="row">
      <Mark /> {words.title}
    </h1>
  );
}

function KeyForm(): JSX.Element {
  const key = useSignal("");
  const isBusy = useSignal(false);
  const enter = async () => {
    isBusy.value = true;
    await signIn(key.value.trim());
    isBusy.value = false;
  };
  const refusal = signInRefusal.value;
  return (
    <form
      class="card stack"
      onSubmit={(event) => {
        event.preventDefault();
        void enter();
      }}
    >
      <Title />
      {refusal?.code === "unauthorized" ? (
        <Notice tone="bad" isLive>
          {words.wrong}
        </Notice>
      ) : (
        <Refused refusal={refusal} />
      )}
      <SignalField
        label={words.key}
        hint={words.hint}
        text={key}
        input={{ type: "password", required: true, autocomplete: "current-password", spellcheck: false }}
      />
      <Button kind="primary" type="submit" isBusy={isBusy.value}>
        {words.enter}
      </Button>
      <Preferences />
    </form>
  );
}
