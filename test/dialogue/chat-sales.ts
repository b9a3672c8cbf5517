/** The sales that conversations in the tests are about, on a server of their own; and one who talks to it. */
import type { Answered } from "../../src/dialogue/chat/conversation.ts";
import { buy, type CampaignJson, call, createCampaign, type Reply, type Server, tokenOf } from "../harness.ts";

export interface Sales {
  readonly drone: CampaignJson;
  readonly headphones: CampaignJson;
  readonly phone: CampaignJson;
  readonly toyCar: CampaignJson;
  readonly ticket: CampaignJson;
  readonly sneaker: CampaignJson;
}

const hourMs = 3_600_000;
const inHours = (hours: number) => new Date(Date.now() + hours * hourMs).toISOString();

function goods(
  sku: string,
  title: string,
  { stock, limit = 1, price = 19_900 }: { stock: number; limit?: number; price?: number },
) {
  const terms = { price_minor: price, list_price_minor: price * 2, currency: "CNY", stock, limit_per_buyer: limit };
  return [{ sku, title, ...terms }];
}

/** The newest is the first in the list, so they are made from the last to the first. */
export async function makeSales(server: Pick<Server, "url">): Promise<Sales> {
  const sneaker = await createCampaign(server, {
    offers: goods("sneaker", "Limited Sneaker / 限量球鞋", { stock: 10 }),
    admission: "draw",
    closesAt: inHours(2),
  });
  const ticket = await createCampaign(server, {
    offers: goods("ticket", "Concert Ticket / 演唱会门票", { stock: 1 }),
    admission: "queue",
  });
  // Somebody holds the only pass: whoever joins now waits.
  const first = await tokenOf("first-in-line");
  await call(`${server.url}/v1/campaigns/${ticket.id}/queue`, { method: "POST", as: first });
  const toyCar = await createCampaign(server, { offers: goods("toy-car", "Vintage Toy Car", { stock: 1 }) });
  await buy(server, toyCar.offers[0]?.id ?? "", await tokenOf("early-bird"));
  const phone = await createCampaign(server, {
    offers: goods("phone", "旗舰手机 Pro", { stock: 100, price: 399_900 }),
    opensAt: inHours(24),
  });
  const headphones = await createCampaign(server, {
    offers: goods("headphones", "Aurora Headphones / 极光耳机", { stock: 10_000 }),
  });
  const drone = await createCampaign(server, {
    offers: goods("drone", "Falcon X2 Drone", { stock: 10_000, limit: 5, price: 99_900 }),
  });
  return { drone, headphones, phone, toyCar, ticket, sneaker };
}

export type Answer = Answered & { readonly code?: string };

/** One who talks, and sends back the context of the last answer. */
export class Talker {
  readonly #server: Pick<Server, "url">;
  readonly #as: string | undefined;
  readonly #language: "en" | "zh" | undefined;
  context: string | undefined;
  /** The sale on whose page they are. */
  page: string | undefined;
  /** What was answered last. */
  last: Answer | undefined;

  constructor(server: Pick<Server, "url">, as?: string, language?: "en" | "zh") {
    this.#server = server;
    this.#as = as;
    this.#language = language;
  }

  say(text: string): Promise<Answer> {
    return this.#send({ text });
  }

  choose(choice: string): Promise<Answer> {
    return this.#send({ choice });
  }

  async #send(what: object): Promise<Answer> {
    const { body } = await this.send(what);
    this.context = body.context;
    this.last = body;
    return body;
  }

  send(what: object): Promise<Reply<Answer>> {
    return call<Answer>(`${this.#server.url}/v1/chat`, {
      method: "POST",
      ...(this.#as === undefined ? {} : { as: this.#as }),
      body: {
        ...(this.context === undefined ? {} : { context: this.context }),
        ...(this.page === undefined ? {} : { campaign_id: this.page }),
        ...(this.#language === undefined ? {} : { language: this.#language }),
        ...what,
      },
    });
  }
}
