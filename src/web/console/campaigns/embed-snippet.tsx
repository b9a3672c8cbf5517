/** What a shop puts into its own pages so that they show this sale: a script tag, and the plain link. */
import { useSignal } from "@preact/signals";

import { wordsOf } from "../../shared/language.ts";

const words = wordsOf({
  title: ["In the shop's own pages", "嵌入店铺页面"],
  script: ["Script tag", "脚本标签"],
  scriptHint: ["Shows the sale with its countdown where it stands.", "放在哪里，活动和倒计时就显示在哪里。"],
  link: ["Link", "链接"],
  linkHint: ["Leads to the buyers' page.", "通往买家页面。"],
  copy: ["Copy", "复制"],
  copyOf: [(what: string) => `Copy: ${what}`, (what: string) => `复制：${what}`],
  copied: ["Copied.", "已复制。"],
  byHand: [
    "The browser does not allow copying: it is marked, copy it by hand.",
    "浏览器不允许复制：内容已选中，请手动复制。",
  ],
});

export function EmbedSnippet({ id }: { id: string }) {
  const tag = `<script async src="${location.origin}/embed.js" data-campaign="${id}"></script>`;
  return (
    <section class="card stack">
      <h2>{words.title}</h2>
      <Copied name={words.script} hint={words.scriptHint} text={tag} />
      <Copied name={words.link} hint={words.linkHint} text={`${location.origin}/campaigns/${id}`} />
    </section>
  );
}

function Copied({ name, hint, text }: { name: string; hint: string; text: string }) {
  const said = useSignal("");
  const copy = async (code: HTMLElement | null) => {
    const isDone = await navigator.clipboard
      .writeText(text)
      .then(() => true)
      .catch(() => false);
    if (!isDone && code !== null) getSelection()?.selectAllChildren(code);
    said.value = isDone ? words.copied : words.byHand;
  };
  return (
    <div class="stack tight">
      <h3>{name}</h3>
      <p class="hint">{hint}</p>
      <div class="snippet">
        <code>{text}</code>
        <button
          type="button"
          class="button small"
          aria-label={words.copyOf(name)}
          onClick={(event) => void copy(event.currentTarget.parentElement?.querySelector("code") ?? null)}
        >
          {words.copy}
        </button>
      </div>
      <p class="small" role="status">
        {said.value}
      </p>
    </div>
  );
}
