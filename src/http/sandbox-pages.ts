/**
 * The page on which a buyer plays a payment, and what its buttons do. It works without a script: a button is a form,
 * whose answer leads to a page that tells the result, so that reloading it pays nothing again. The browser never leaves
 * this server by itself: the way back to the shop is a link.
 */
import { formatId } from "../domain/ids.ts";
import { minorPerMajor } from "../domain/money.ts";
import type { Clock } from "../host/clock.ts";
import { type CheckoutOrder, returnAddress } from "../payment/provider.ts";
import type { SandboxProvider } from "../payment/sandbox.ts";
import { type Framed, framedPage, withLanguage, wordsOf } from "./checkout/frame.ts";
import type { CheckoutWords } from "./checkout/words.ts";
import { escapeHtml } from "./pages.ts";
import { problem } from "./problem.ts";

type Button = (typeof buttons)[number];
type ResultName = keyof CheckoutWords["results"];

interface Link {
  readonly address: string;
  readonly label: string;
}

const buttons = ["pay", "fail", "pay-late"] as const;
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

  /** What is to be paid, and the buttons; with `?result=` how it went. */
  async show(request: Request, token: string): Promise<Response> {
    const words = wordsOf(request);
    const order = await this.#sandbox.open(token);
    if (order === null) return problem("not_found");
    const result = resultNamed(new URL(request.url).searchParams.get("result"), words);
    const address = addressOf(token);
    return framedPage(
      words,
      result === null ? this.#checkout(words, order, address) : this.#result(words, order, address, result),
    );
  }

  /** Does what the button says, and leads to its result. */
  async press(request: Request, token: string, button: string): Promise<Response> {
    const words = wordsOf(request);
    const order = await this.#sandbox.open(token);
    const known = buttons.find((name) => name === button);
    if (order === null || known === undefined) return problem("not_found");
    const result = await this.#play(known, order);
    const location = withLanguage(`${addressOf(token)}?result=${result}`, words.code);
    return new Response(null, { status: 303, headers: { location } });
  }

  async #play(button: Button, order: CheckoutOrder): Promise<ResultName> {
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

  #checkout(words: CheckoutWords, order: CheckoutOrder, address: string): Framed {
    const amount = amountText(order, words);
    const isOver = this.#isOver(order);
    const button = (name: Button, label: string, hint: string) =>
      `<form method="post" action="${withLanguage(`${address}/${name}`, words.code)}">
<button class="${name}" aria-describedby="${name}-hint">${escapeHtml(label)}</button>
<p id="${name}-hint">${escapeHtml(hint)}</p>
</form>`;
    const late = button("pay-late", words.payLate, isOver ? words.payLateNowHint : words.payLateHint);
    const body = `<h1>${escapeHtml(words.title)}</h1>
${factsText(words, order)}
<section aria-labelledby="choose">
<h2 id="choose">${escapeHtml(isOver ? words.payUntilIsOver : words.choose)}</h2>
${isOver ? late : [button("pay", words.pay(amount), words.payHint), button("fail", words.fail, words.failHint), late].join("\n")}
</section>
<p class="links"><a href="${escapeHtml(returnAddress(this.#returnUrl, order.orderId, "unpaid"))}">${escapeHtml(words.back)}</a></p>`;
    return { title: words.title, body, banner: words.banner, address };
  }

  #result(words: CheckoutWords, order: CheckoutOrder, address: string, name: ResultName): Framed {
    const { title, detail } = words.results[name];
    const isPaid = name === "paid" || name === "unconfirmed";
    const back = returnAddress(this.#returnUrl, order.orderId, isPaid ? "paid" : "unpaid");
    const toShop: Link = { address: back, label: words.back };
    const toPayment: Link = { address: withLanguage(address, words.code), label: words.again };
    const links = isPaid ? [toShop] : name === "late" ? [toShop, toPayment] : [toPayment, toShop];
    const body = `<h1>${escapeHtml(title)}</h1>
<p class="detail">${escapeHtml(detail)}</p>
${factsText(words, order)}
<p class="links">${linksText(links)}</p>`;
    return { title, body, banner: words.banner, address: `${address}?result=${name}` };
  }
}

function addressOf(token: string): string {
  return `/sandbox/checkout/${token}`;
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
function factsText(words: CheckoutWords, order: CheckoutOrder): string {
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

function amountText({ amountMinor, currency }: CheckoutOrder, { locale }: CheckoutWords): string {
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(amountMinor / minorPerMajor(currency));
}

function resultNamed(name: string | null, { results }: CheckoutWords): ResultName | null {
  return (Object.keys(results) as ResultName[]).find((known) => known === name) ?? null;
}
