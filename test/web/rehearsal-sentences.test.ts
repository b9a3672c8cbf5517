/** What a server says about a rehearsal in sentences that are always the same is told to a Chinese reader in Chinese. */
import { afterAll, expect, test } from "bun:test";
import { withoutPage } from "./no-page.ts";

afterAll(withoutPage("zh-CN"));
const { chooseLanguage } = await import("../../src/web/shared/language.ts");
const { sentenceText } = await import("../../src/web/console/rehearsals/rehearsal-sentences.ts");

const source = async (name: string) => Bun.file(`${import.meta.dir}/../../src/${name}`).text();

test("every difference of a copy and every reason for a stop has Chinese words", async () => {
  chooseLanguage("zh");
  const run = await source("cli/rehearsal-run.ts");
  const differences = /function differencesOf[\s\S]*?\n}\n/.exec(run)?.[0] ?? "";
  const office = await source("rehearsal-office.ts");
  const sentences = [
    ...[...differences.matchAll(/["`]([A-Z][^"`]*\.)["`]/g)].map(([, text = ""]) => text.replace(/\$\{[^}]*\}/g, "30")),
    ...[...office.matchAll(/"((?:The server was|An operator)[^"]*\.)"/g)].map(([, text = ""]) => text),
  ];
  expect(sentences.length).toBeGreaterThanOrEqual(9);
  for (const sentence of sentences) expect([sentence, sentenceText(sentence).lang]).toEqual([sentence, "zh-Hans"]);
  expect(sentenceText("Buyers had 20 s to pay, not 900 s.").text).toBe("买家有 20 秒付款，而不是 900 秒。");
});

test("what nobody foresaw stays as it was said", () => {
  chooseLanguage("zh");
  expect(sentenceText("ENOSPC: no space left")).toEqual({ text: "ENOSPC: no space left", lang: "en" });
  chooseLanguage("en");
  expect(sentenceText("An operator stopped it.")).toEqual({ text: "An operator stopped it.", lang: "en" });
});
