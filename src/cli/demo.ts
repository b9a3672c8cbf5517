/**
 * `rushbox demo`: a server with a sale worth looking at, for browsers and with lines to paste. What it sells is made
 * once, through the API like any operator's; a later start keeps everything, and adds what is missing of four: a sale
 * that is open, one that opens soon, one with a queue and one with a draw.
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
import { addSettings, colors, countText, durationText, pathText, programText } from "./command.ts";
import { type DemoCampaign, drawSale, openSale, otherSales, queueSale, soonSale } from "./demo-goods.ts";
import { untilStopped } from "./serve.ts";
import { signToken } from "./token.ts";

const defaults: Settings = { data: "./data/demo", payments: "sandbox", hasGuests: "on" };
const shopper = "alice";
const tokenMs = 7 * 86_400_000;
/** A sale that closes sooner is not worth showing; a draw takes no longer than that to enter. */
const openForMsMin = 5 * 60_000;
const drawForMsMin = 60_000;
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

  /** Makes sure that there is something to play with, of every kind; the last that is made stands first in a list. */
  async open(): Promise<void> {
    const campaigns = await this.#campaigns();
    if (campaigns.length === 0) for (const sale of otherSales) await this.#stage(sale);
    if (this.#withDraw(campaigns) === null) await this.#stage(drawSale);
    if (this.#withQueue(campaigns) === null) await this.#stage(queueSale);
    if (this.#opensSoon(campaigns) === null) await this.#stage(soonSale);
    if ((await this.#openNow(campaigns)) === null) await this.#stage(openSale);
  }

  async welcome(): Promise<void> {
    const campaigns = await this.#campaigns();
    const [now, soon] = [await this.#openNow(campaigns), this.#opensSoon(campaigns)];
    const [queue, draw] = [this.#withQueue(campaigns), this.#withDraw(campaigns)];
    const label = (name: string) => colors.dim(name.padEnd(10));
    const show = (name: string, chinese: string, shown: Shown | null, when: string) => {
      if (shown === null) return;
      print(`${label(name)}${offerText(shown.offer)} ${colors.dim(`${when} ${chinese}`.trim())}`);
    };

    print(`${colors.green(colors.bold("Rushbox is selling."))} ${colors.dim("秒杀系统已启动")}\n`);
    print(`${label("shop")}${colors.bold(`${this.#url}/`)} ${colors.dim("商城")}`);
    print(
      `${label("console")}${colors.bold(`${this.#url}/console`)} ${colors.dim("运营后台, operator key")} ${this.#operatorKey}`,
    );
    print(`${label("docs")}${this.#url}/docs`);
    print(
      `${label("data")}${this.#config.data} ${colors.dim("(kill -9 and start again: nothing is lost 数据不丢)")}\n`,
    );
    show("open", "正在抢购", now, "");
    show("soon", "即将开抢", soon, this.#untilText("opens", soon?.campaign.opens_at));
    const isQueueOpen = queue?.campaign.state === "open";
    show("queue", "排队", queue, isQueueOpen ? "open" : this.#untilText("opens", queue?.campaign.opens_at));
    show("draw", "抽签", draw, this.#untilText("closes", draw?.campaign.closes_at));
    await this.#sayLines(now);
    print(`\n${colors.dim("Ctrl-C stops it. 按 Ctrl-C 停止")}`);
    for (const shown of [soon, queue]) if (shown?.campaign.state === "scheduled") this.#announce(shown);
  }

  /** What can be pasted into a shell. */
  async #sayLines(now: Shown | null): Promise<void> {
    const say = (what: string, chinese: string, line: string) =>
      print(`\n${colors.bold(what)} ${colors.dim(chinese)}\n${colors.cyan(line)}`);
    if (now !== null) {
      const asBuyer = `-H 'Authorization: Bearer ${await this.#token(shopper)}'`;
      say(
        `Buy as ${shopper}, without a browser.`,
        "命令行抢购",
        `curl -i -X POST ${this.#url}/v1/offers/${now.offer.id}/orders ${asBuyer}`,
      );
    }
    const here = `--data ${pathText(this.#config.data)}`;
    say("Check that nothing was oversold.", "核验", `${programText()} verify ${here}`);
    say("Bring a crowd.", "压测", `${programText()} load ${here} --url ${this.#url}`);
  }

  #untilText(verb: string, at: string | null | undefined): string {
    if (at === null || at === undefined) return "";
    const inS = Math.max(1, Math.ceil((Date.parse(at) - this.#clock.nowMs()) / 1_000));
    return `${verb} in ${durationText(inS * 1_000)}`;
  }

  /** Says it when the sale opens: the reader has the line to paste at hand. */
  #announce({ campaign, offer }: Shown): void {
    const inMs = Math.max(0, Date.parse(campaign.opens_at ?? "") - this.#clock.nowMs());
    setTimeout(() => print(`\n${colors.green(colors.bold("Open now:"))} ${offer.title} ${colors.dim("开抢了")}`), inMs);
  }

  /** Creates a campaign and publishes it; lets its visitors buy, then its operator act. */
  async #stage(sale: DemoCampaign): Promise<void> {
    const { title, description, kind, admission, challenge, opensInMs, closesInMs, offers, lastly } = sale;
    const nowMs = this.#clock.nowMs();
    const made = await this.#operate<CampaignJson>("/v1/campaigns", {
      ...{ title, description, kind, admission, challenge },
      ...(opensInMs === null ? {} : { opens_at: wireTime(nowMs + opensInMs) }),
      closes_at: wireTime(nowMs + closesInMs),
      offers: offers.map((offer) => ({ ...offer, currency })),
    });
    await this.#operate(`/v1/campaigns/${made.id}/publish`);
    await Promise.all(Array.from({ length: sale.visitors }, (_, visitor) => this.#visit(made, visitor)));
    if (lastly !== undefined) await this.#operate(`/v1/campaigns/${made.id}/${lastly}`);
  }

  /** A visitor buys, or enters the draw; two in three have paid, one in ten has thought better of it. */
  async #visit({ admission, offers }: CampaignJson, visitor: number): Promise<void> {
    const offer = offers[visitor % offers.length];
    if (offer === undefined) return;
    const as = await this.#token(`${firstNames[visitor % firstNames.length]}-${visitor + 1}`);
    if (admission === "draw") {
      await callApi(`${this.#url}/v1/offers/${offer.id}/draw`, { method: "POST", as });
      return;
    }
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

  /** An offer that can be had now by whoever asks, by the reader of the transcript too. */
  async #openNow(campaigns: readonly CampaignJson[]): Promise<Shown | null> {
    const has = await this.#unitsOf(shopper);
    const isForShopper = ({ id, limit_per_buyer }: OfferJson) => (has.get(id) ?? 0) < limit_per_buyer;
    const open = campaigns.filter((one) => isFree(one) && one.state === "open" && this.#lasts(one, openForMsMin));
    return firstLeft(open, isForShopper);
  }

  #opensSoon(campaigns: readonly CampaignJson[]): Shown | null {
    const byMs = this.#clock.nowMs() + openForMsMin;
    const isSoon = ({ opens_at }: CampaignJson) => opens_at !== null && Date.parse(opens_at) < byMs;
    return firstLeft(campaigns.filter((one) => isFree(one) && one.state === "scheduled" && isSoon(one)));
  }

  #withQueue(campaigns: readonly CampaignJson[]): Shown | null {
    const isOn = (one: CampaignJson) => one.state === "scheduled" || one.state === "open";
    return firstLeft(
      campaigns.filter((one) => one.admission === "queue" && isOn(one) && this.#lasts(one, openForMsMin)),
    );
  }

  #withDraw(campaigns: readonly CampaignJson[]): Shown | null {
    return firstLeft(
      campaigns.filter((one) => one.admission === "draw" && one.state === "open" && this.#lasts(one, drawForMsMin)),
    );
  }

  #lasts({ closes_at }: CampaignJson, ms: number): boolean {
    return closes_at === null || Date.parse(closes_at) > this.#clock.nowMs() + ms;
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

  #token(buyer: string): Promise<string> {
    return signToken(this.#secret, buyer, this.#clock.nowMs() + tokenMs);
  }

  #operate<T>(path: string, body?: unknown): Promise<T> {
    return callApi<T>(this.#url + path, { method: "POST", as: this.#operatorKey, body });
  }
}

/** Whether it sells to whoever asks. */
function isFree({ admission, pass }: CampaignJson): boolean {
  return admission === "open" && !pass;
}

/** The first campaign with something left, and what that is. */
function firstLeft(campaigns: readonly CampaignJson[], fits = (_: OfferJson) => true): Shown | null {
  for (const campaign of campaigns) {
    const offer = campaign.offers.find((one) => one.available > 0 && fits(one));
    if (offer !== undefined) return { campaign, offer };
  }
  return null;
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
