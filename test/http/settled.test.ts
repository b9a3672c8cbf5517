/**
 * Proves that an old sale cannot hold up a new one: what is asked about a settled campaign is answered without the
 * engine where nothing can change, and without a search of the database.
 */
import { expect, test } from "bun:test";
import {
  buy,
  call,
  createCampaign,
  type OfferJson,
  type OrderJson,
  operatorKey,
  startServer,
  tokenOf,
} from "../harness.ts";
import { scrape, seriesValue } from "./prometheus.ts";

const commandsOf = async (url: string): Promise<number> => seriesValue(await scrape(url), "rushbox_batch_commands_sum");

test("an order of a settled campaign is not cancelled, and the engine is not asked", async () => {
  await using server = await startServer();
  const { id, offers } = await createCampaign(server, { paymentWindowS: 4, limitPerBuyer: 2 });
  const [offer] = offers as [OfferJson];
  const eve = await tokenOf("eve");
  const orders = [await buy(server, offer.id, eve), await buy(server, offer.id, eve)].map(({ body }) => body.id);
  const [expires = "", cancelled = ""] = orders;
  const cancel = (order: string) =>
    call<OrderJson & { code: string }>(`${server.url}/v1/orders/${order}/cancel`, { method: "POST", as: eve });
  expect((await cancel(cancelled)).body.state).toBe("cancelled");
  await call(`${server.url}/v1/campaigns/${id}/end`, { method: "POST", as: operatorKey });
  const state = async () => (await call<OrderJson>(`${server.url}/v1/orders/${expires}`, { as: eve })).body.state;
  while ((await state()) !== "expired") await Bun.sleep(50);

  const before = await commandsOf(server.url);
  for (let n = 0; n < 20; n++) {
    const refused = await cancel(expires);
    expect([refused.status, refused.body.code, refused.body.state]).toEqual([409, "transition_not_allowed", "expired"]);
    const again = await cancel(cancelled);
    expect([again.status, again.body.state]).toEqual([200, "cancelled"]);
  }
  expect(await commandsOf(server.url)).toBe(before);
});
