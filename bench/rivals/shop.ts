/**
 * What the rivals have in common, so that they differ from each other and from Rushbox in the selling alone: the route,
 * the buyer's token verified by jose and kept in an lru-cache, the answers, and the life of the process. Without a
 * framework, which is in their favour.
 */
import { parseArgs } from "node:util";
import { jwtVerify } from "jose";
import { LRUCache } from "lru-cache";
import { formatId } from "../../src/domain/ids.ts";
import { startClock } from "../../src/host/clock.ts";
import { print } from "../../src/host/log.ts";
import { MissingError, stopPrograms } from "../programs.ts";
import type { Answers } from "../requests.ts";

/** What a rival is told when it is started, as one JSON argument. */
export interface ShopSettings {
  /** Where it may write; empty, removed by whoever started it. */
  readonly folder: string;
  readonly secret: string;
  readonly offerId: string;
  /** An offer of which nothing is left. */
  readonly soldOutOfferId: string;
  readonly stock: number;
  readonly limitPerBuyer: number;
  readonly answers: Answers;
}

export interface Purchase {
  readonly offerId: string;
  readonly buyerId: string;
  readonly key: string | null;
  readonly atMs: number;
  readonly expiresAtMs: number;
}

/** The order's number; or why there is none. */
export type Sold = number | "sold_out" | "limit_reached" | "not_found";

export interface Shop extends AsyncDisposable {
  sell(purchase: Purchase): Sold | Promise<Sold>;
  /** Orders stored, to be held against the answers that were given. */
  ordersCount(): number | Promise<number>;
}

const tokensCachedMax = 200_000;
const paymentWindowMs = 900_000;
const amountMinor = 100;

/** Runs a rival until SIGTERM: prints `{"port": N}` when it is ready, or `{"missing": "..."}` and ends. */
export async function runShop(open: (settings: ShopSettings) => Shop | Promise<Shop>): Promise<void> {
  const { positionals } = parseArgs({ allowPositionals: true });
  const settings = JSON.parse(positionals[0] ?? "{}") as ShopSettings;
  try {
    const shop = await open(settings);
    const server = serveShop(shop, settings);
    const stop = async (): Promise<void> => {
      await server.stop(true);
      await shop[Symbol.asyncDispose]();
      process.exit(0);
    };
    process.once("SIGTERM", () => void stop());
    print(JSON.stringify({ port: server.port }));
  } catch (error) {
    await stopPrograms(); // what the shop had started before it failed
    if (!(error instanceof MissingError)) throw error;
    print(JSON.stringify({ missing: error.message }));
  }
}

function serveShop(shop: Shop, settings: ShopSettings): Bun.Server<undefined> {
  const clock = startClock();
  const { answers } = settings;
  const authenticate = makeAuthentication(settings.secret, () => clock.nowMs());
  const sample = JSON.parse(answers.order.body) as { campaign_id: string; sku: string };
  const campaign = `"campaign_id":"${sample.campaign_id}","sku":"${sample.sku}"`;

  const answerSold = (sold: Sold, { offerId, buyerId, atMs, expiresAtMs }: Purchase): Response => {
    if (typeof sold === "string") return sold === "sold_out" ? soldOut() : problem(sold);
    const [reservedAt, expiresAt] = [new Date(atMs).toISOString(), new Date(expiresAtMs).toISOString()];
    const order =
      `{"id":"${formatId("ord", sold)}","offer_id":"${offerId}",${campaign},"buyer_id":"${buyerId}","by_agent":false` +
      `,"quantity":1,"amount_minor":${amountMinor},"currency":"CNY","state":"reserved","seq":${sold}` +
      `,"reserved_at":"${reservedAt}","expires_at":"${expiresAt}"}`;
    return new Response(order, { status: answers.order.status, headers: answers.order.headers });
  };
  const soldOut = (): Response =>
    new Response(answers.soldOut.body, { status: answers.soldOut.status, headers: answers.soldOut.headers });
  const problem = (code: string): Response =>
    Response.json({ code }, { status: code === "not_found" ? 404 : 409, headers: answers.soldOut.headers });

  const sellTo = (buyerId: string, request: Bun.BunRequest<"/v1/offers/:id/orders">): Response | Promise<Response> => {
    const atMs = clock.nowMs();
    const key = request.headers.get("idempotency-key");
    const purchase = { offerId: request.params.id, buyerId, key, atMs, expiresAtMs: atMs + paymentWindowMs };
    const sold = shop.sell(purchase);
    return sold instanceof Promise ? sold.then((it) => answerSold(it, purchase)) : answerSold(sold, purchase);
  };

  return Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    routes: {
      "/v1/offers/:id/orders": {
        POST: (request) => {
          const buyer = authenticate(request.headers.get("authorization"));
          if (buyer === null) return new Response(null, { status: 401 });
          return typeof buyer === "string" ? sellTo(buyer, request) : buyer.then((id) => sellTo(id, request));
        },
      },
      "/orders-count": { GET: async () => Response.json(await shop.ordersCount()) },
    },
  });
}

/** The buyer of a header: at once when the token was seen before, `null` when it is no token at all. */
function makeAuthentication(
  secret: string,
  nowMs: () => number,
): (header: string | null) => string | Promise<string> | null {
  const key = new TextEncoder().encode(secret);
  const seen = new LRUCache<string, { buyerId: string; expiresAtMs: number }>({ max: tokensCachedMax });
  const verify = async (header: string): Promise<string> => {
    const { payload } = await jwtVerify(header.slice("Bearer ".length), key, { algorithms: ["HS256"] });
    const buyerId = payload.sub ?? "";
    seen.set(header, { buyerId, expiresAtMs: (payload.exp ?? 0) * 1_000 });
    return buyerId;
  };
  return (header) => {
    if (header === null || !header.startsWith("Bearer ")) return null;
    const known = seen.get(header);
    return known !== undefined && known.expiresAtMs > nowMs() ? known.buyerId : verify(header);
  };
}
