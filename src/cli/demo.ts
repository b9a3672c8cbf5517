/**
 * `rushbox demo`: a server with a sale worth looking at, and lines to paste. What it sells is made once, through the
 * API like any operator's; a later start keeps everything and only adds a campaign when there is nothing to buy.
 */
import { Command } from "commander";
import { type App, startApp } from "../app.ts";
import { type Config, ownUrl, readConfig, type Settings, settings } from "../config.ts";
import { type Clock, startClock } from "../host/clock.ts";
import { print } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { wireTime } from "../http/respond.ts";
import { readJwtSecret, readOperatorKey } from "../secrets.ts";
import {
  type CampaignJson,
  type CampaignPage,
  callApi,
  type OfferJson,
  type OrderJson,
  type OrderPage,
  pagesOf,
} from "./api.ts";
import { addSettings, colors, countText, pathText, programText } from "./command.ts";
import { type DemoCampaign, openSale, otherSales, soonSale } from "./demo-goods.ts";
import { untilStopped } from "./serve.ts";
import { signToken } from "./token.ts";

const defaults: Settings = { data: "./data/demo", payments: "sandbox" };
const shopper = "alice";
const tokenMs = 7 * 86_400_000;
/** A sale that closes sooner is not worth showing. */
const openForMsMin = 5 * 60_000;
const currency = "CNY";

export function demoCommand(): Command {
  return addSettings(new Command("demo"), undefined, defaults)
    .summary("a sample sale that opens in seconds, and what to paste")
    .description("Start a server with a sample sale that opens in seconds, and print what to paste.")
    .addHelpText("after", "\nExample:\n  rushbox demo --port 3000 --data ./data/demo")
    .action(async (flags: Settings) => {
      const config = readConfig(flags, undefined, defaults);
      const isPortFree = flags.port === undefined && config.port === Number(settings.port.fallback);
      await demo(config, isPortFree);
    });
}

async function demo(config: Config, mayChoosePort: boolean): Promise<void> {
  const app = await startSomewhere(config, mayChoosePort);
  const shop = new DemoShop(config, app);
  await shop.open();
  await shop.welcome();
  await untilStopped(app);
  print("\nStopping ...");
  await app.stop();
  print(`Stopped. Everything is in ${config.data}: start again to go on.`);
  process.exit(0);
}

/** Starts on the default port, or on any free one when another program has it. */
async function startSomewhere(config: Config, mayChoosePort: boolean): Promise<App> {
  try {
    return await startApp(config);
  } catch (cause) {
    if (!(mayChoosePort && cause instanceof OperationError && cause.operation === "listen")) throw cause;
    print(colors.yellow(`Port ${config.port} is taken by another program, so this is on a free one.`));
    return startApp({ ...config, port: 0 });
  }
}

interface Shown {
  readonly campaign: CampaignJson;
  readonly offer: OfferJson;
}

/** The sample sale: its operator, its visitors, and the person who reads the transcript. */
class DemoShop {
  readonly #config: Config;
  readonly #url: string;
  readonly #operatorKey: string;
  readonly #secret: string;
  readonly #clock: Clock = startClock();

  constructor(config: Config, app: App) {
    this.#config = config;
    this.#url = ownUrl({ host: config.host, port: app.port });
    this.#operatorKey = readOperatorKey(config);
    this.#secret = readJwtSecret(config);
  }

  /** Makes sure that there is something to buy. */
  async open(): Promise<void> {
    const campaigns = await this.#campaigns();
    if (campaigns.length === 0) for (const sale of otherSales) await this.#stage(sale);
    if ((await this.#openNow(campaigns)) !== null) return;
    await this.#stage(openSale);
    await this.#stage(soonSale);
  }

  async welcome(): Promise<void> {
    const token = await this.#token(shopper);
    const campaigns = await this.#campaigns();
    const now = await this.#openNow(campaigns);
    const soon = this.#opensSoon(campaigns);
    const order = await this.#unpaidOrder();
    const [asBuyer, asOperator] = [token, this.#operatorKey].map((as) => `-H 'Authorization: Bearer ${as}'`);
    const say = (what: string, chinese: string, line: string) =>
      print(`\n${colors.bold(what)} ${colors.dim(chinese)}\n${colors.cyan(line)}`);
    const label = (name: string) => colors.dim(name.padEnd(15));

    print(`${colors.green(colors.bold("Rushbox is selling."))} ${colors.dim("秒杀系统已启动")}\n`);
    print(`${label("API")}${colors.bold(this.#url)}`);
    print(`${label("docs")}${this.#url}/docs`);
    print(`${label("data")}${this.#config.data} ${colors.dim("(kill -9 and start again: nothing is lost 数据不丢)")}`);
    print(`${label("operator key")}${this.#operatorKey}`);
    print(`${label(`${shopper}'s token`)}${token}`);
    if (now !== null) {
      say(
        `Buy: ${offerText(now.offer)}.`,
        "立即抢购",
        `curl -i -X POST ${this.#url}/v1/offers/${now.offer.id}/orders ${asBuyer}`,
      );
    }
    if (soon !== null) {
      const inS = Math.max(1, Math.ceil((Date.parse(soon.campaign.opens_at ?? "") - this.#clock.nowMs()) / 1_000));
      say(
        `Opens in ${inS} s: ${offerText(soon.offer)}.`,
        "即将开抢",
        `curl -i -X POST ${this.#url}/v1/offers/${soon.offer.id}/orders ${asBuyer}`,
      );
    }
    say("See her orders.", "我的订单", `curl ${this.#url}/v1/orders ${asBuyer}`);
    if (order !== null) {
      if (this.#config.payments !== "none") {
        say(
          `Open the page where ${order.buyer_id}'s order is paid: the url of the answer, in a browser.`,
          "支付页面",
          `curl -X POST ${this.#url}/v1/orders/${order.id}/checkout ${asOperator}`,
        );
      }
      say(
        `Pay ${order.buyer_id}'s order, as the shop does.`,
        "支付",
        `curl -X POST ${this.#url}/v1/orders/${order.id}/pay ${asOperator}`,
      );
    }
    say("Look at the sale.", "活动", `curl '${this.#url}/v1/campaigns?state=open'`);
    const here = `--data ${pathText(this.#config.data)}`;
    say("Check that nothing was oversold.", "核验", `${programText()} verify ${here}`);
    const shown = now ?? soon;
    if (shown !== null) {
      say("Anybody can check the sale in a browser.", "公开核验", `${this.#url}/verify?campaign=${shown.campaign.id}`);
    }
    say("Bring a crowd.", "压测", `${programText()} load ${here} --url ${this.#url}`);
    print(`\n${colors.dim("Ctrl-C stops it. 按 Ctrl-C 停止")}`);
    if (soon !== null) this.#announce(soon);
  }

  /** Says it when the sale opens: the reader has the line to paste at hand. */
  #announce({ campaign, offer }: Shown): void {
    const inMs = Math.max(0, Date.parse(campaign.opens_at ?? "") - this.#clock.nowMs());
    setTimeout(() => print(`\n${colors.green(colors.bold("Open now:"))} ${offer.title} ${colors.dim("开抢了")}`), inMs);
  }

  /** Creates a campaign and publishes it; lets its visitors buy, then its operator act. */
  async #stage(sale: DemoCampaign): Promise<void> {
    const { title, kind, opensInMs, closesInMs, offers, lastly } = sale;
    const nowMs = this.#clock.nowMs();
    const { id, offers: made } = await this.#operate<CampaignJson>("/v1/campaigns", {
      title,
      kind,
      ...(opensInMs === null ? {} : { opens_at: wireTime(nowMs + opensInMs) }),
      closes_at: wireTime(nowMs + closesInMs),
      offers: offers.map((offer) => ({ ...offer, currency })),
    });
    await this.#operate(`/v1/campaigns/${id}/publish`);
    await Promise.all(Array.from({ length: sale.visitors }, (_, visitor) => this.#visit(made, visitor)));
    if (lastly !== undefined) await this.#operate(`/v1/campaigns/${id}/${lastly}`);
  }

  /** A visitor buys; two in three have paid, one in ten has thought better of it. */
  async #visit(offers: readonly OfferJson[], visitor: number): Promise<void> {
    const offer = offers[visitor % offers.length];
    if (offer === undefined) return;
    const as = await this.#token(`${firstNames[visitor % firstNames.length]}-${visitor + 1}`);
    const url = `${this.#url}/v1/offers/${offer.id}/orders`;
    const order = await callApi<OrderJson>(url, { method: "POST", as }).catch(() => null);
    if (order === null) return; // sold out: as it goes
    if (visitor % 3 !== 0) await this.#operate(`/v1/orders/${order.id}/pay`, { reference: `demo-${order.id}` });
    else if (visitor % 10 === 9) await this.#operate(`/v1/orders/${order.id}/cancel`);
  }

  async #campaigns(): Promise<CampaignJson[]> {
    const all: CampaignJson[] = [];
    const pages = pagesOf<CampaignPage>(`${this.#url}/v1/campaigns`, this.#operatorKey);
    for await (const { campaigns } of pages) all.push(...campaigns);
    return all;
  }

  /** An offer that can be had now, by the reader of the transcript too. */
  async #openNow(campaigns: readonly CampaignJson[]): Promise<Shown | null> {
    const closesAfterMs = this.#clock.nowMs() + openForMsMin;
    const open = campaigns.filter(
      ({ state, closes_at }) => state === "open" && (closes_at === null || Date.parse(closes_at) > closesAfterMs),
    );
    const has = await this.#unitsOf(shopper);
    for (const campaign of open) {
      const offer = campaign.offers.find(
        ({ id, available, limit_per_buyer }) => available > 0 && (has.get(id) ?? 0) < limit_per_buyer,
      );
      if (offer !== undefined) return { campaign, offer };
    }
    return null;
  }

  #opensSoon(campaigns: readonly CampaignJson[]): Shown | null {
    const byMs = this.#clock.nowMs() + openForMsMin;
    for (const campaign of campaigns) {
      const [offer] = campaign.offers;
      const { state, opens_at } = campaign;
      if (offer && state === "scheduled" && opens_at !== null && Date.parse(opens_at) < byMs)
        return { campaign, offer };
    }
    return null;
  }

  /** Units that a buyer has, by offer. */
  async #unitsOf(buyer: string): Promise<Map<string, number>> {
    const units = new Map<string, number>();
    const pages = pagesOf<OrderPage>(`${this.#url}/v1/orders`, await this.#token(buyer));
    for await (const { orders } of pages) {
      for (const { offer_id, quantity, state } of orders) {
        if (state === "reserved" || state === "paid") units.set(offer_id, (units.get(offer_id) ?? 0) + quantity);
      }
    }
    return units;
  }

  /** The newest order that waits for its payment. */
  async #unpaidOrder(): Promise<OrderJson | null> {
    const { orders } = await callApi<OrderPage>(`${this.#url}/v1/orders?limit=200`, { as: this.#operatorKey });
    return orders.find(({ state }) => state === "reserved") ?? null;
  }

  #token(buyer: string): Promise<string> {
    return signToken(this.#secret, buyer, this.#clock.nowMs() + tokenMs);
  }

  #operate<T>(path: string, body?: unknown): Promise<T> {
    return callApi<T>(this.#url + path, { method: "POST", as: this.#operatorKey, body });
  }
}

const firstNames = ["bob", "li-wei", "carol", "zhang-min", "dave", "wang-fang", "erin", "chen-jie"] as const;

function offerText({ title, price_minor, currency: code, available, total, limit_per_buyer }: OfferJson): string {
  const price = (price_minor / 100).toLocaleString("en", {
    style: "currency",
    currency: code,
    currencyDisplay: "narrowSymbol",
  });
  return `${title}, ${price}, ${countText(available)} of ${countText(total)} left, ${limit_per_buyer} per buyer`;
}
