/** What the pages around a payment share: their frame, and the language that a buyer reads. */
import { css, escapeHtml, htmlPage, page, read } from "../pages.ts";
import { formPageHeaders } from "../respond.ts";
import type { Route } from "../route.ts";
import style from "./page.css" with { type: "file" };
import { type CheckoutWords, checkoutWords, type Language } from "./words.ts";

export interface Framed {
  readonly title: string;
  readonly body: string;
  /** Said at the head of the page. */
  readonly banner?: string;
  /** The page's own, for its other language. */
  readonly address: string;
}

const stylePath = "/checkout/page.css";

export function frameStyleRoute(): Route {
  return page("docs", stylePath, css, () => read(style));
}

/** A page in the buyer's language, with a link to the other. Nobody keeps it: it is one buyer's, of this moment. */
export function framedPage(words: CheckoutWords, { title, body, banner, address }: Framed): Response {
  const { lang, name } = words.other;
  const other = escapeHtml(withLanguage(address, lang));
  const text = htmlPage({
    lang: words.lang,
    title,
    kind: "checkout",
    style: stylePath,
    head: '<meta name="robots" content="noindex">',
    body: `<header${banner === undefined ? "" : ' class="warning"'}>
<p>${escapeHtml(banner ?? "")}</p>
<a class="language" lang="${checkoutWords[lang].lang}" href="${other}">${name}</a>
</header>
<main>
${body}
</main>`,
  });
  const headers = { ...formPageHeaders, "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return new Response(text, { headers: { ...headers, vary: "accept-language" } });
}

export function wordsOf(request: Request): CheckoutWords {
  return checkoutWords[languageAsked(request) ?? languagePreferred(request.headers.get("accept-language") ?? "")];
}

/** An address of this server that shows the same language, chosen by hand or not. */
export function withLanguage(address: string, language: Language): string {
  return `${address}${address.includes("?") ? "&" : "?"}lang=${language}`;
}

/** The language that the buyer chose on the page. */
function languageAsked(request: Request): Language | null {
  const asked = new URL(request.url).searchParams.get("lang");
  return asked === "en" || asked === "zh" ? asked : null;
}

/** `zh-CN,zh;q=0.9,en;q=0.8` -> `zh`; English when neither is wanted. */
function languagePreferred(accepted: string): Language {
  let best: { language: Language; weight: number } = { language: "en", weight: 0 };
  for (const part of accepted.split(",")) {
    const [, name, weight = "1"] = /^\s*(en|zh)\b[^;]*(?:;\s*q=([\d.]+))?/i.exec(part) ?? [];
    const language = name?.toLowerCase();
    if ((language === "en" || language === "zh") && Number(weight) > best.weight)
      best = { language, weight: Number(weight) };
  }
  return best.language;
}
