/**
 * Proves that 10,000 offers in 100 campaigns can be live at once: each is sold through HTTP, each one's counts are right,
 * on the page and in the ledger, and a restart after a kill has all of them again, in a time that is printed.
 * Does not prove a rate: bench/ measures.
 */
import { expect, test } from "bun:test";
import { type CampaignJson, call, createCampaign, type OfferJson, type Server, startServer } from "../harness.ts";
import { Line } from "./line.ts";
import { makeBuyers } from "./load.ts";
import { scratchFolders, wrongIn } from "./soundness.ts";

const campaignsCount = 100;
const offersPerCampaign = 100;
const linesCount = 48;
const folder = scratchFolders();

test("10,000 live offers all sell, count right, and are all there after a kill", async () => {
  const data = folder();
  const first = await startServer({ data, compiled: true });
  const offers = Array.from({ length: offersPerCampaign }, (_, number) => ({
    sku: `sku-${number}`,
    title: "Goods",
    price_minor: 100,
    currency: "CNY",
    stock: 1 + (number % 3),
  }));
  const campaigns = await Promise.all(Array.from({ length: campaignsCount }, () => createCampaign(first, { offers })));
  const all = campaigns.flatMap((campaign) => campaign.offers);
  expect(all.length).toBe(10_000);
  expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);

  const buyers = await makeBuyers(3);
  const sell = async (server: Server, buyer: number, wanted: readonly OfferJson[]) => {
    const queue = [...wanted];
    const told = new Map<string, number>();
    const work = async () => {
      using line = new Line(server.port);
      for (let offer = queue.pop(); offer !== undefined; offer = queue.pop()) {
        const ending = await line.ask({ path: `/v1/offers/${offer.id}/orders`, as: buyers[buyer]?.token ?? "" });
        if (typeof ending === "string") throw new Error(`no answer: ${ending}`);
        told.set(offer.id, ending.status);
      }
    };
    await Promise.all(Array.from({ length: linesCount }, work));
    return wanted.filter(({ id }) => told.get(id) !== 201).map(({ id }) => id);
  };
  expect(await sell(first, 0, all)).toEqual([]);
  expect(wrongCounts(await look(first), 1)).toEqual([]);
  await first.stop("SIGKILL");

  const startedMs = performance.now();
  await using second = await startServer({ data, compiled: true });
  const startMs = performance.now() - startedMs;
  process.stderr.write(
    `many-offers.test.ts: a start with 10,000 offers and 10,000 orders took ${Math.round(startMs)} ms\n`,
  );
  expect(startMs).toBeLessThan(10_000);
  expect(wrongCounts(await look(second), 1)).toEqual([]);
  // What is left of every tenth offer: those with a single unit are sold out.
  const someOffers = all.filter((_, index) => index % 10 === 0);
  expect(await sell(second, 1, someOffers)).toEqual(someOffers.filter(({ total }) => total === 1).map(({ id }) => id));
  await second.stop();
  const { found, ledger } = wrongIn(data);
  expect(found).toEqual([]);
  expect(ledger.orders.length).toBe(all.length + someOffers.filter(({ total }) => total > 1).length);
}, 60_000);

async function look(server: Server): Promise<readonly OfferJson[]> {
  const { body } = await call<{ campaigns: CampaignJson[] }>(`${server.url}/v1/campaigns?limit=100`);
  return body.campaigns.flatMap(({ offers }) => offers);
}

function wrongCounts(offers: readonly OfferJson[], heldOfEach: number): string[] {
  const wrong = offers.filter(
    ({ total, available, held, sold }) => held !== heldOfEach || sold !== 0 || available !== total - heldOfEach,
  );
  return [...(offers.length === 10_000 ? [] : [`${offers.length} offers`]), ...wrong.map(({ id }) => id)];
}
