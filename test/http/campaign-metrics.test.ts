/** Guards the figures of a campaign in the metrics: every attempt and order of it once, nothing of another, and cheap to ask for. */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { buy, call, createCampaign, operatorKey, type Server, startServer, tokenOf } from "../harness.ts";
import { parsePrometheus, scrape, seriesValue } from "./prometheus.ts";
import { until } from "./until.ts";

setDefaultTimeout(30_000);
let server: Server;

beforeAll(async () => {
  server = await startServer({ args: ["--http-threads", "2"] });
});
afterAll(() => server[Symbol.asyncDispose]());

test("attempts and orders are counted for their campaign alone, over all threads, and stay when it has ended", async () => {
  const [sale, other] = [await createCampaign(server, { stock: 2 }), await createCampaign(server, { stock: 1 })];
  const offer = sale.offers[0]?.id ?? "";
  const buyers = await Promise.all(Array.from({ length: 8 }, (_, n) => tokenOf(`counted-${n}`)));
  const replies = await Promise.all(buyers.map((buyer) => buy(server, offer, buyer)));
  const orders = replies.filter(({ status }) => status === 201).map(({ body }) => body.id);
  expect(orders).toHaveLength(2);
  await call(`${server.url}/v1/orders/${orders[0]}/pay`, { method: "POST", as: operatorKey });
  await call(`${server.url}/v1/orders/${orders[1]}/cancel`, { method: "POST", as: operatorKey });
  await call(`${server.url}/v1/campaigns/${sale.id}/end`, { method: "POST", as: operatorKey });
  const metrics = await scrape(server.url);
  const attempts = (outcome: string) =>
    seriesValue(metrics, "rushbox_campaign_attempts_total", { campaign: sale.id, outcome });
  expect([attempts("reserved"), attempts("sold_out")]).toEqual([2, 6]);
  const events = (event: string) => seriesValue(metrics, "rushbox_campaign_events_total", { campaign: sale.id, event });
  expect([events("order_reserved"), events("order_paid"), events("order_cancelled")]).toEqual([2, 1, 1]);
  const families = ["rushbox_campaign_attempts_total", "rushbox_campaign_events_total"];
  const named = families.flatMap((name) => metrics.get(name)?.samples.map(({ labels }) => labels["campaign"]) ?? []);
  expect(named).not.toContain(other.id);
});

test("a queue shows who waits and who has a pass", async () => {
  const sale = await createCampaign(server, { stock: 1, admission: "queue" });
  for (const name of ["first", "second", "third"]) {
    await call(`${server.url}/v1/campaigns/${sale.id}/queue`, { method: "POST", as: await tokenOf(`queue-${name}`) });
  }
  const shown = await until(
    () => scrape(server.url),
    (metrics) => seriesValue(metrics, "rushbox_campaign_queue", { campaign: sale.id, place: "passes" }) === 1,
  );
  expect(seriesValue(shown, "rushbox_campaign_queue", { campaign: sale.id, place: "waiting" })).toBe(2);
  expect(seriesValue(shown, "rushbox_campaign_events_total", { campaign: sale.id, event: "queue_joined" })).toBe(3);
});

test("whoever names metrics gets these and no others", async () => {
  const names = ["rushbox_attempts_total", "rushbox_committed_seq"];
  const query = names.map((name) => `name[]=${name}`).join("&");
  const some = parsePrometheus(await (await fetch(`${server.url}/metrics?${query}`)).text());
  expect([...some.keys()]).toEqual(names);
  expect(await (await fetch(`${server.url}/metrics?name[]=nothing_of_that_name`)).text()).toBe("\n");
});

test("a route that nobody has asked for has no series, so that all of it stays small", async () => {
  const text = await (await fetch(`${server.url}/metrics`)).text();
  expect(text).toContain('route="reserve"');
  expect(text).not.toContain('route="erase_buyer"');
  expect(text.length).toBeLessThan(60_000);
});
