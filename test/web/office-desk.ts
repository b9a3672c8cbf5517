/**
 * An operator at the console for the office pages' tests: in by a key without the door, calls of the API beside the
 * pages, and a connection that can be held, cut and mended.
 */
import { connect, createServer, type Server as NetServer, type Socket } from "node:net";
import type { Browser, BrowserContextOptions } from "playwright-core";
import {
  buy,
  type CampaignJson,
  call,
  createCampaign,
  type OrderJson,
  operatorKey,
  type Reply,
  type Server,
  tokenOf,
} from "../harness.ts";
import { type Visitor, visit } from "./browser.ts";

export interface Desk extends Visitor {
  /** Opens a page of the console. */
  open(path: string): Promise<void>;
}

/** Somebody who is signed in by this key. */
export async function sitDown(
  browser: Browser,
  url: string,
  { key = operatorKey, ...options }: BrowserContextOptions & { readonly key?: string } = {},
): Promise<Desk> {
  const visitor = await visit(browser, `${url}/console`, options);
  await visitor.page.evaluate((kept) => sessionStorage.setItem("rushbox.key", kept), key);
  return Object.assign(visitor, {
    async open(path: string) {
      await visitor.page.goto(url + path);
      await visitor.page.getByRole("heading", { level: 1 }).waitFor();
    },
  });
}

/** Something asked of the API as root; throws when it is refused. */
export async function ask<T = Record<string, unknown>>(
  server: Pick<Server, "url">,
  path: string,
  body?: object,
): Promise<T> {
  const reply: Reply<T> = await call<T>(server.url + path, {
    as: operatorKey,
    ...(body === undefined ? {} : { method: "POST", body }),
  });
  if (reply.status >= 300) throw new Error(`${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
  return reply.body;
}

/** A sale of tea (¥99) and cups (¥1.50), five to a buyer. */
export function sellTeaAndCups(server: Pick<Server, "url">): Promise<CampaignJson> {
  return createCampaign(server, {
    offers: [
      { sku: "TEA-1", title: "Tea", price_minor: 9_900, currency: "CNY", stock: 400, limit_per_buyer: 5 },
      { sku: "CUP-1", title: "Cup", price_minor: 150, currency: "CNY", stock: 50, limit_per_buyer: 5 },
    ],
  });
}

/** An order of it, as it was made. */
export async function orderFrom(
  server: Pick<Server, "url">,
  campaign: CampaignJson,
  {
    buyer,
    quantity = 1,
    goods = "Tea",
  }: { readonly buyer: string; readonly quantity?: number; readonly goods?: "Tea" | "Cup" },
): Promise<OrderJson> {
  const offer = campaign.offers[goods === "Tea" ? 0 : 1];
  const { status, body } = await buy(server, offer?.id ?? "", await tokenOf(buyer), { quantity });
  if (status !== 201) throw new Error(`no order: ${JSON.stringify(body)}`);
  return body;
}

/** The way to a server, as a proxy that may fail: answers beyond a number of bytes are held back, or cut off. */
export class Line implements AsyncDisposable {
  /** What happens to an answer that begins like this; others pass. */
  trouble: { readonly kind: "hold" | "cut"; readonly path: string; readonly afterBytes: number } | null = null;
  readonly #sockets = new Set<Socket>();
  readonly #server: NetServer;
  #port = 0;

  private constructor(target: number) {
    this.#server = createServer((here) => this.#join(here, connect(target, "127.0.0.1")));
  }

  static async to(server: Pick<Server, "port">): Promise<Line> {
    const line = new Line(server.port);
    await new Promise<void>((resolve) => line.#server.listen(0, "127.0.0.1", resolve));
    const address = line.#server.address();
    if (address === null || typeof address === "string") throw new Error("a proxy without a port");
    line.#port = address.port;
    return line;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  #join(here: Socket, there: Socket): void {
    let isTroubled = false;
    let passedBytes = 0;
    for (const socket of [here, there]) {
      this.#sockets.add(socket);
      socket.on("error", () => {}); // as good as an end
      socket.on("close", () => {
        this.#sockets.delete(socket);
        here.destroy();
        there.destroy();
      });
    }
    here.on("data", (bytes: Buffer) => {
      isTroubled = this.trouble !== null && bytes.toString("latin1").includes(` ${this.trouble.path}`);
      passedBytes = 0;
      there.write(bytes);
    });
    there.on("data", (bytes: Buffer) => {
      if (!isTroubled || this.trouble === null) {
        here.write(bytes);
        return;
      }
      const room = Math.max(0, this.trouble.afterBytes - passedBytes);
      passedBytes += bytes.length;
      if (room > 0) here.write(bytes.subarray(0, room));
      if (passedBytes < this.trouble.afterBytes) return;
      if (this.trouble.kind === "hold") there.pause();
      else here.end(() => here.destroy());
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
