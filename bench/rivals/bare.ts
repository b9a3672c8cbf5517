/**
 * The limit: a bare `Bun.serve` route that does nothing and answers the same bytes with the same headers. It checks no
 * token and stores nothing; whatever does something is measured against it.
 */
import { parseArgs } from "node:util";
import { print } from "../../src/host/log.ts";
import type { ShopSettings } from "./shop.ts";

const { positionals } = parseArgs({ allowPositionals: true });
const { answers, soldOutOfferId } = JSON.parse(positionals[0] ?? "{}") as ShopSettings;
const [order, soldOut] = [answers.order, answers.soldOut].map(({ body, status, headers }) => ({
  body,
  how: { status, headers: { ...headers } },
})) as [{ body: string; how: ResponseInit }, { body: string; how: ResponseInit }];

const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  routes: {
    [`/v1/offers/${soldOutOfferId}/orders`]: { POST: () => new Response(soldOut.body, soldOut.how) },
    "/v1/offers/:id/orders": { POST: () => new Response(order.body, order.how) },
  },
});
process.once("SIGTERM", () => process.exit(0));
print(JSON.stringify({ port: server.port }));
