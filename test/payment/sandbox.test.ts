/**
 * The sandbox as a buyer meets it: a page in two languages that needs no script, buttons whose webhooks arrive however
 * often the shop does not take them, and the same payment however often a button is pressed.
 */
import { afterEach, beforeEach, describe, expect, setDefaultTimeout, test } from "bun:test";
import { formatId } from "../../src/domain/ids.ts";
import { limits } from "../../src/domain/limits.ts";
import { startClock } from "../../src/host/clock.ts";
import { setLogLevel } from "../../src/host/log.ts";
import { checkoutWords } from "../../src/http/checkout/words.ts";
import { SandboxPages } from "../../src/http/sandbox-pages.ts";
import type { CheckoutOrder, WebhookNotice } from "../../src/payment/provider.ts";
import { SandboxProvider } from "../../src/payment/sandbox.ts";

setDefaultTimeout(20_000);
setLogLevel("error");

const clock = startClock();
const secret = "sandbox-secret-for-tests-0123456789";

/** A shop that takes webhooks, or does not, and shows the sandbox's pages. */
class Shop implements AsyncDisposable {
  readonly notices: WebhookNotice[] = [];
  /** The `webhook-id` of everything that came, taken or not. */
  readonly ids: string[] = [];
  /** What the next webhooks are answered with, first first; then 200. */
  readonly statuses: number[] = [];
  readonly sandbox: SandboxProvider;
  readonly #pages: SandboxPages;
  readonly #server = Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: (request) => this.#answer(request) });

  constructor(retryAfterMs: readonly number[] = [5, 5, 5]) {
    const url = this.url;
    this.sandbox = new SandboxProvider({ secret, publicUrl: url, selfUrl: url, clock, retryAfterMs });
    this.#pages = new SandboxPages({ sandbox: this.sandbox, returnUrl: "https://shop.example/thanks", clock });
  }

  get url(): string {
    return this.#server.url.origin;
  }

  get paid(): WebhookNotice[] {
    return this.notices.filter(({ kind }) => kind === "paid");
  }

  async #answer(request: Request): Promise<Response> {
    const [, root, ...rest] = new URL(request.url).pathname.split("/");
    if (root === "sandbox") {
      const [, token = "", button = ""] = rest;
      return request.method === "POST" ? this.#pages.press(request, token, button) : this.#pages.show(request, token);
    }
    expect(rest).toEqual(["payments", "sandbox", "webhook"]);
    this.ids.push(request.headers.get("webhook-id") ?? "");
    const status = this.statuses.shift() ?? 200;
    if (status === 200) this.notices.push(await this.sandbox.readWebhook(await request.bytes(), request.headers));
    return new Response("", { status });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }
}

let shop: Shop;
beforeEach(() => {
  shop = new Shop();
});
afterEach(() => shop[Symbol.asyncDispose]());

describe("the buttons", () => {
  test("paying tells the shop what was paid, and again the same payment", async () => {
    const order = newOrder();
    expect(await shop.sandbox.pay(order)).toBe("taken");
    expect(await shop.sandbox.pay(order)).toBe("taken");
    const { orderId, expiresAtMs: orderExpiresAtMs, amountMinor, currency } = order;
    const reference = `sandbox_${formatId("ord", orderId)}`;
    const notice: WebhookNotice = { kind: "paid", orderId, orderExpiresAtMs, reference, amountMinor, currency };
    expect(shop.notices).toEqual([notice, notice]);
    expect(new Set(shop.ids).size).toBe(1);
  });

  test("a failed payment tells the shop nothing that it acts upon", async () => {
    expect(await shop.sandbox.fail(newOrder())).toBe("taken");
    expect(shop.notices).toEqual([{ kind: "ignored" }]);
  });

  test("a late payment arrives after the order's time, once, and is the same payment as one in time", async () => {
    const order = newOrder({ expiresAtMs: clock.nowMs() + 300 });
    const [first, second] = [shop.sandbox.payLate(order), shop.sandbox.payLate(order)];
    expect(await shop.sandbox.pay(order)).toBe("taken");
    expect(shop.notices).toHaveLength(1);
    expect(await Promise.all([first, second])).toEqual(["taken", "taken"]);
    expect(clock.nowMs()).toBeGreaterThan(order.expiresAtMs);
    expect(shop.notices).toHaveLength(2);
    expect(shop.notices[1]).toEqual(shop.notices[0] as WebhookNotice);
  });

  test("a webhook that is not taken is sent again until it is", async () => {
    shop.statuses.push(503, 401, 500);
    expect(await shop.sandbox.pay(newOrder())).toBe("taken");
    expect(shop.ids).toHaveLength(4);
    expect(new Set(shop.ids).size).toBe(1);
    expect(shop.paid).toHaveLength(1);
  });

  test("a webhook reaches the shop past the proxy that the environment names", async () => {
    const nobody = "http://127.0.0.1:9";
    const settings = { HTTP_PROXY: nobody, http_proxy: nobody, NO_PROXY: "", no_proxy: "" };
    const before = Object.keys(settings).map((name) => [name, process.env[name]] as const);
    Object.assign(process.env, settings);
    try {
      await expect(fetch(`${shop.url}/v1/payments/sandbox/webhook`, { method: "POST" })).rejects.toThrow();
      expect(await shop.sandbox.pay(newOrder())).toBe("taken");
    } finally {
      for (const [name, value] of before) {
        if (value === undefined) delete process.env[name];
        else process.env[name] = value;
      }
    }
    expect(shop.paid).toHaveLength(1);
  });

  test("a webhook that nobody takes is given up, and can be asked for again", async () => {
    shop.statuses.push(503, 503, 503, 503);
    const order = newOrder();
    expect(await shop.sandbox.pay(order)).toBe("given_up");
    expect(await shop.sandbox.pay(order)).toBe("taken");
    const gone = new SandboxProvider({
      secret,
      publicUrl: shop.url,
      selfUrl: "http://127.0.0.1:9",
      clock,
      retryAfterMs: [5],
    });
    expect(await gone.pay(order)).toBe("given_up");
  });

  test("no more payments are under way than there may be", async () => {
    const expiresAtMs = clock.nowMs() + 200;
    const waiting = Array.from({ length: limits.sandboxDeliveriesMax }, () =>
      shop.sandbox.payLate(newOrder({ expiresAtMs })),
    );
    expect(await shop.sandbox.pay(newOrder())).toBe("too_many");
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(["taken"]));
    expect(shop.paid).toHaveLength(limits.sandboxDeliveriesMax);
    expect(await shop.sandbox.pay(newOrder())).toBe("taken");
  });
});

describe("the page's address", () => {
  test("holds the whole order, also the longest one", async () => {
    for (const title of ["Lamp", "钥".repeat(limits.titleLengthMax), "\u0001".repeat(limits.titleLengthMax)]) {
      const quantity = limits.quantityMax;
      const order = newOrder({ title, quantity, amountMinor: limits.priceMinorMax * quantity });
      expect(await shop.sandbox.open(await tokenOf(order))).toEqual(order);
    }
  });

  test("that we did not write opens nothing", async () => {
    const token = await tokenOf(newOrder());
    const [head = "", claims = "", signature = ""] = token.split(".");
    const other = new SandboxProvider({ secret: `${secret}!`, publicUrl: shop.url, selfUrl: shop.url, clock });
    const foreign = (await other.checkout(newOrder())).url.split("/").at(-1) ?? "";
    const cheaper = Buffer.from(claims, "base64url")
      .toString()
      .replace(/"amount_minor":\d+/, '"amount_minor":1');
    const unsigned = Buffer.from('{"alg":"none"}').toString("base64url");
    for (const wrong of [
      "",
      "nonsense",
      foreign,
      `${head}.${Buffer.from(cheaper).toString("base64url")}.${signature}`,
      `${unsigned}.${claims}.`,
      `${token}${"A".repeat(limits.checkoutTokenLengthMax)}`,
    ]) {
      expect([wrong, await shop.sandbox.open(wrong)]).toEqual([wrong, null]);
      if (wrong !== "") expect((await fetch(`${shop.url}/sandbox/checkout/${wrong}`)).status).toBe(404);
      const pressed = await fetch(`${shop.url}/sandbox/checkout/${wrong}/pay`, { method: "POST", redirect: "manual" });
      expect(pressed.status).toBe(404);
    }
    expect(shop.ids).toEqual([]);
  });
});

describe("the page", () => {
  test("shows what is to be paid in the buyer's language, and says that no money moves", async () => {
    const order = newOrder({ title: "Lamp <b>&amp;</b>", quantity: 2, amountMinor: 1_234_500, currency: "CNY" });
    const english = await show(order, { "accept-language": "fr-FR,fr;q=0.9,en;q=0.5,zh;q=0.4" });
    for (const text of [
      "CN¥12,345.00",
      "Lamp &lt;b&gt;&amp;amp;&lt;/b&gt;",
      "no money moves",
      formatId("ord", order.orderId),
    ]) {
      expect(english).toContain(text);
    }
    expect(english).toContain(`<time datetime="${new Date(order.expiresAtMs).toISOString()}">`);
    const chinese = await show(order, { "accept-language": "zh-CN,zh;q=0.9,en;q=0.8" });
    for (const text of ["¥12,345.00", "不会产生真实扣款", 'lang="zh-Hans"']) expect(chinese).toContain(text);
    expect(await show(order, { "accept-language": "zh" }, "?lang=en")).toContain('<html lang="en"');
    expect(await show(order, {}, "?lang=zh")).toContain('<html lang="zh-Hans"');
    expect(await show(order, { "accept-language": "*;q=x,,;=" })).toContain('<html lang="en"');
  });

  test("writes amounts of currencies without minor units, and with three", async () => {
    expect(await show(newOrder({ amountMinor: 4_200, currency: "JPY" }))).toContain("¥4,200<");
    expect(await show(newOrder({ amountMinor: 5_120, currency: "KWD" }))).toContain("5.120<");
  });

  test("loads and runs nothing from elsewhere nor inline, sends its forms here alone, and is not kept", async () => {
    const response = await fetch(await addressOf(newOrder()));
    const policy = response.headers.get("content-security-policy") ?? "";
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("form-action 'self'");
    expect(policy).not.toMatch(/unsafe|http|\*/);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("referrer-policy")).toBe("no-referrer");
    expect(await response.text()).not.toMatch(/<script|<style|\sstyle=|\son\w+=/);
  });

  for (const [button, result, paid] of [
    ["pay", "paid", 1],
    ["fail", "failed", 0],
    ["pay-late", "late", 0],
  ] as const) {
    test(`'${button}' leads to a page that tells the result, in the same language, and reloading it pays nothing`, async () => {
      const order = newOrder({ expiresAtMs: clock.nowMs() + 60_000 });
      for (const lang of ["en", "zh"] as const) {
        const form = new RegExp(`action="([^"]+/${button}[^"]*)"`).exec(await show(order, {}, `?lang=${lang}`))?.[1];
        const pressed = await fetch(`${shop.url}${form}`, { method: "POST", redirect: "manual" });
        expect(pressed.status).toBe(303);
        const address = new URL(pressed.headers.get("location") ?? "", shop.url);
        const told = shop.notices.length;
        for (let reload = 0; reload < 2; reload++) {
          expect(await (await fetch(address)).text()).toContain(`>${checkoutWords[lang].results[result].title}</h1>`);
        }
        expect(shop.notices).toHaveLength(told);
      }
      expect(shop.paid).toHaveLength(2 * paid);
    });
  }

  test("offers nothing but a late payment when the time is over, which arrives at once", async () => {
    const order = newOrder({ expiresAtMs: clock.nowMs() - 3_000 });
    const text = await show(order);
    expect(text).toContain(checkoutWords.en.payUntilIsOver);
    expect([...text.matchAll(/action="[^"]+\/([\w-]+)\?/g)].map(([, button]) => button)).toEqual(["pay-late"]);
    const pressed = await fetch(`${await addressOf(order)}/pay-late`, { method: "POST" });
    expect(await pressed.text()).toContain(checkoutWords.en.results.paid.title);
    expect(shop.paid).toHaveLength(1);
  });

  test("says so when too many payments are under way, and nothing was paid", async () => {
    const expiresAtMs = clock.nowMs() + 1_000;
    const waiting = Array.from({ length: limits.sandboxDeliveriesMax }, () =>
      shop.sandbox.payLate(newOrder({ expiresAtMs })),
    );
    for (const button of ["pay", "fail", "pay-late"]) {
      const pressed = await fetch(`${await addressOf(newOrder())}/${button}`, { method: "POST" });
      expect(await pressed.text()).toContain(checkoutWords.en.results.busy.title);
    }
    expect(shop.ids).toEqual([]);
    await Promise.all(waiting);
  });

  test("a button that there is not leads nowhere", async () => {
    const pressed = await fetch(`${await addressOf(newOrder())}/constructor`, { method: "POST", redirect: "manual" });
    expect(pressed.status).toBe(404);
  });
});

let lastOrderId = 0;

function newOrder(changes: Partial<CheckoutOrder> = {}): CheckoutOrder {
  lastOrderId += 1;
  const expiresAtMs = clock.nowMs() + 900_000;
  return {
    orderId: lastOrderId,
    title: "Lamp",
    quantity: 2,
    amountMinor: 59_998,
    currency: "CNY",
    expiresAtMs,
    ...changes,
  };
}

async function addressOf(order: CheckoutOrder): Promise<string> {
  return (await shop.sandbox.checkout(order)).url;
}

async function tokenOf(order: CheckoutOrder): Promise<string> {
  return (await addressOf(order)).split("/").at(-1) ?? "";
}

async function show(order: CheckoutOrder, headers: Record<string, string> = {}, query = ""): Promise<string> {
  const response = await fetch(`${await addressOf(order)}${query}`, { headers });
  expect(response.status).toBe(200);
  return response.text();
}
