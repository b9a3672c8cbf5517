/**
 * The page on which a buyer plays a payment, and what its buttons do. It works without a script: a button is a form,
 * whose answer leads to a page that tells the result, so that reloading it pays nothing again. The browser never leaves
 * this server by itself: the way back to the shop is a link.
 */

import { formatId } from "../domain/ids.ts";
import { minorPerMajor } from "../domain/money.ts";
import type { Clock } from "../host/clock.ts";
import type { CheckoutOrder } from "../payment/provider.ts";
import { returnAddress } from "../payment/provider.ts";
import type { SandboxProvider } from "../payment/sandbox.ts";
import { escapeHtml, htmlPage } from "./html.ts";
import { formPageHeaders } from "./respond.ts";
import style from "./sandbox/sandbox.css" with { type: "file" };
import { type SandboxWords, sandboxWords } from "./sandbox/words.ts";

type Language = keyof typeof sandboxWords;
type ResultName = keyof SandboxWords["results"];

const buttons = ["pay", "fail", "pay-late"] as const;
const stylePath = "/sandbox/sandbox.css";
/** How long the answer to a button waits for the shop to take the notice. */
const takenMsMax = 5_000;

export class SandboxPages {
  readonly #sandbox: SandboxProvider;
  readonly #returnUrl: string;
  readonly #clock: Clock;

  constructor(parts: { sandbox: SandboxProvider; returnUrl: string; clock: Clock }) {
    this.#sandbox = parts.sandbox;
    this.#returnUrl = parts.returnUrl;
    this.#clock = parts.clock;
  }

  /** `GET /sandbox/checkout/:token`: what is to be paid, and the buttons; with `?result=` how it went. */
  async show(request: Request, token: string): Promise<Response> {
    const words = wordsOf(request);
    const order = await this.#sandbox.open(token);
    if (order === null) return unknownPage(words);
    const result = resultNamed(new URL(request.url).searchParams.get("result"), words);
    return page(
      words,
      result === null ? this.#checkout(words, order, token) : this.#result(words, order, token, result),
    );
  }

  /** `POST /sandbox/checkout/:token/:button`: does it, and leads to its result. */
  async press(request: Request, token: string, button: string): Promise<Response> {
    const words = wordsOf(request);
    const order = await this.#sandbox.open(token);
    const known = buttons.find((name) => name === button);
    if (order === null || known === undefined) return unknownPage(words);
    const result = await this.#play(known, order);
    const query = new URLSearchParams({
      result,
      ...(languageAsked(request) === null ? {} : { lang: languageOf(request) }),
    });
    return new Response(null, { status: 303, headers: { location: `/sandbox/checkout/${token}?${query}` } });
  }

  /** `GET /sandbox/sandbox.css`. */
  async style(): Promise<Response> {
    const headers = { ...formPageHeaders, "content-type": "text/css; charset=utf-8", "cache-control": "no-cache" };
    return new Response(await Bun.file(style).bytes(), { headers });
  }

  async #play(button: (typeof buttons)[number], order: CheckoutOrder): Promise<ResultName> {
    if (button === "fail") return (await this.#sandbox.fail(order)) === "too_many" ? "busy" : "failed";
    const isLate = button === "pay-late";
    const delivery = isLate ? this.#sandbox.payLate(order) : this.#sandbox.pay(order);
    // A payment to come is told as such at once; one whose time is over already is delivered like any other.
    const waitMs = isLate && !this.#isOver(order) ? 0 : takenMsMax;
    switch (await Promise.race([delivery, Bun.sleep(waitMs)])) {
      case "taken":
        return "paid";
      case "too_many":
        return "busy";
      default:
        return waitMs === 0 ? "late" : "unconfirmed";
    }
  }

  #isOver({ expiresAtMs }: CheckoutOrder): boolean {
    return this.#clock.nowMs() >= expiresAtMs;
  }

  #checkout(words: SandboxWords, order: CheckoutOrder, token: string): Parts {
    const amount = amountText(order, words);
    const isOver = this.#isOver(order);
    const button = (name: (typeof buttons)[number], label: string, hint: string) =>
      `<form method="post" action="/sandbox/checkout/${token}/${name}?lang=${codeOf(words)}">
<button class="${name}" aria-describedby="${name}-hint">${escapeHtml(label)}</button>
<p id="${name}-hint">${escapeHtml(hint)}</p>
</form>`;
    const late = button("pay-late", words.payLate, isOver ? words.payLateNowHint : words.payLateHint);
    const body = `<h1>${escapeHtml(words.title)}</h1>
${facts(words, order)}
<section aria-labelledby="choose">
<h2 id="choose">${escapeHtml(isOver ? words.payUntilIsOver : words.choose)}</h2>
${isOver ? late : [button("pay", words.pay(amount), words.payHint), button("fail", words.fail, words.failHint), late].join("\n")}
</section>
<p class="links"><a href="${escapeHtml(returnAddress(this.#returnUrl, order.orderId, "unpaid"))}">${escapeHtml(words.back)}</a></p>`;
    return { title: words.title, body, address: `/sandbox/checkout/${token}` };
  }

  #result(words: SandboxWords, order: CheckoutOrder, token: string, name: ResultName): Parts {
    const { title, detail } = words.results[name];
    const isPaid = name === "paid" || name === "unconfirmed";
    const back = returnAddress(this.#returnUrl, order.orderId, isPaid ? "paid" : "unpaid");
    const here = `/sandbox/checkout/${token}`;
    const toShop: Link = { address: back, label: words.back };
    const toPayment: Link = { address: `${here}?lang=${codeOf(words)}`, label: words.again };
    const links = isPaid ? [toShop] : name === "late" ? [toShop, toPayment] : [toPayment, toShop];
    const body = `<h1>${escapeHtml(title)}</h1>
<p class="detail">${escapeHtml(detail)}</p>
${facts(words, order)}
<p class="links">${linksText(links)}</p>`;
    return { title, body, address: `${here}?result=${name}` };
  }
}

interface Link {
  readonly address: string;
  readonly label: string;
}

interface Parts {
  readonly title: string;
  readonly body: string;
  /** The page's own, for its other language; `null` where there is none. */
  readonly address: string | null;
}

function unknownPage(words: SandboxWords): Response {
  const { title, detail } = words.unknown;
  return page(
    words,
    { title, body: `<h1>${escapeHtml(title)}</h1>\n<p class="detail">${escapeHtml(detail)}</p>`, address: null },
    404,
  );
}

function page(words: SandboxWords, { title, body, address }: Parts, status = 200): Response {
  const { lang, name } = words.other;
  const other =
    address === null
      ? ""
      : `\n<a class="language" lang="${sandboxWords[lang].lang}" href="${address}${address.includes("?") ? "&amp;" : "?"}lang=${lang}">${name}</a>`;
  const text = htmlPage({
    lang: words.lang,
    title,
    kind: "sandbox",
    style: stylePath,
    head: '<meta name="robots" content="noindex">',
    body: `<header>
<p>${escapeHtml(words.banner)}</p>${other}
</header>
<main>
${body}
</main>`,
  });
  const headers = { ...formPageHeaders, "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return new Response(text, { status, headers: { ...headers, vary: "accept-language" } });
}

/** The first one is what most people do next. */
function linksText(links: readonly Link[]): string {
  const texts = links.map(
    ({ address, label }, at) =>
      `<a${at === 0 ? ' class="next"' : ""} href="${escapeHtml(address)}">${escapeHtml(label)}</a>`,
  );
  return texts.join("\n");
}

/** What is to be paid, for what and until when: on every page of an order. */
function facts(words: SandboxWords, order: CheckoutOrder): string {
  const until = new Date(order.expiresAtMs);
  const untilText = new Intl.DateTimeFormat(words.locale, { dateStyle: "medium", timeStyle: "long" }).format(until);
  const rows = [
    [words.goods, escapeHtml(order.title)],
    [words.quantity, new Intl.NumberFormat(words.locale).format(order.quantity)],
    [words.payUntil, `<time datetime="${until.toISOString()}">${escapeHtml(untilText)}</time>`],
    [words.order, `<code>${formatId("ord", order.orderId)}</code>`],
  ];
  return `<p class="amount"><span>${escapeHtml(words.amount)}</span> <strong>${escapeHtml(amountText(order, words))}</strong></p>
<dl>\n${rows.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join("\n")}\n</dl>`;
}

function amountText({ amountMinor, currency }: CheckoutOrder, { locale }: SandboxWords): string {
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(amountMinor / minorPerMajor(currency));
}

function resultNamed(name: string | null, { results }: SandboxWords): ResultName | null {
  return (Object.keys(results) as ResultName[]).find((known) => known === name) ?? null;
}

function wordsOf(request: Request): SandboxWords {
  return sandboxWords[languageOf(request)];
}

function codeOf(words: SandboxWords): Language {
  return words.lang === "en" ? "en" : "zh";
}

/** The language that the buyer chose on the page, else what the browser prefers, else English. */
function languageOf(request: Request): Language {
  return languageAsked(request) ?? languagePreferred(request.headers.get("accept-language") ?? "");
}

function languageAsked(request: Request): Language | null {
  const asked = new URL(request.url).searchParams.get("lang");
  return asked === "en" || asked === "zh" ? asked : null;
}

/** `zh-CN,zh;q=0.9,en;q=0.8` -> `zh` */
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
