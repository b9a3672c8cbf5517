/** The door of the console: an operator's key, tried before anything is shown. */
import { useSignal } from "@preact/signals";
import { Button, Field, Mark, Notice, Preferences } from "../shared/elements.tsx";
import { wordsOf } from "../shared/language.ts";
import { signIn } from "./session.ts";

const words = wordsOf({
  title: ["Rushbox console", "Rushbox 控制台"],
  key: ["Operator key", "运营密钥"],
  hint: [
    "The start of the server shows it, or the file operator.key in its data folder. It stays in this tab.",
    "服务启动时会显示，也在数据目录的 operator.key 文件中。密钥只保存在此标签页。",
  ],
  enter: ["Sign in", "登录"],
  wrong: ["This key is not known here.", "密钥无效。"],
  offline: ["The server does not answer. Try again.", "服务器没有响应，请重试。"],
});

export function Door() {
  const key = useSignal("");
  const isBusy = useSignal(false);
  const failure = useSignal<string | null>(null);
  const enter = async () => {
    isBusy.value = true;
    const answer = await signIn(key.value.trim());
    isBusy.value = false;
    failure.value =
      answer === null || answer.isOk ? null : answer.code === "unauthorized" ? words.wrong : words.offline;
  };
  return (
    <main class="door">
      <form
        class="card stack"
        onSubmit={(event) => {
          event.preventDefault();
          void enter();
        }}
      >
        <h1 class="row">
          <Mark /> {words.title}
        </h1>
        {failure.value !== null && (
          <Notice tone="bad" isLive>
            {failure.value}
          </Notice>
        )}
        <Field label={words.key} hint={words.hint}>
          {(ties) => (
            <input
              {...ties}
              type="password"
              required
              autocomplete="current-password"
              spellcheck={false}
              value={key.value}
              onInput={(event) => {
                key.value = event.currentTarget.value;
              }}
            />
          )}
        </Field>
        <Button kind="primary" type="submit" isBusy={isBusy.value}>
          {words.enter}
        </Button>
        <Preferences />
      </form>
    </main>
  );
}
