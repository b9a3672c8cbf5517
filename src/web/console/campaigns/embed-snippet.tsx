/** What a shop puts into its own pages so that they show this sale: a script tag, and the plain link. */
import { wordsOf } from "../../shared/language.ts";
import { CopyButton } from "../parts/copying.tsx";

const words = wordsOf({
  title: ["In the shop's own pages", "嵌入店铺页面"],
  script: ["Script tag", "脚本标签"],
  scriptHint: ["Shows the sale with its countdown where it stands.", "放在哪里，活动和倒计时就显示在哪里。"],
  link: ["Link", "链接"],
  linkHint: ["Leads to the buyers' page.", "通往买家页面。"],
});

export function EmbedSnippet({ id }: { id: string }) {
  const tag = `<script async src="${location.origin}/embed.js" data-campaign="${id}"></script>`;
  return (
    <section class="card stack">
      <h2>{words.title}</h2>
      <Snippet name={words.script} hint={words.scriptHint} text={tag} />
      <Snippet name={words.link} hint={words.linkHint} text={`${location.origin}/campaigns/${id}`} />
    </section>
  );
}

function Snippet({ name, hint, text }: { name: string; hint: string; text: string }) {
  return (
    <div class="stack tight">
      <h3>{name}</h3>
      <p class="hint">{hint}</p>
      <div class="snippet">
        <code>{text}</code>
        <CopyButton text={text} label={name} />
      </div>
    </div>
  );
}
