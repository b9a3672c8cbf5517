/**
 * What is on sale, as a conversation sees it: every offer of the campaigns that run or will, the newest first, and some of
 * those that are over, to say so. It is what everybody may see, so one reading serves all conversations of a thread for a
 * second, as `/v1` itself lets its answers be kept.
 */
import { type Api, pathOf } from "../api.ts";
import { Titles } from "./titles.ts";
import { type CampaignWire, type OfferWire, type Refused, read } from "./wire.ts";

/** An offer with its sale. */
export interface Offering {
  readonly offer: OfferWire;
  readonly sale: CampaignWire;
}

export interface Shelved {
  /** Open, paused or to come, the newest first. */
  readonly live: readonly Offering[];
  readonly byId: ReadonlyMap<string, Offering>;
  readonly titles: Titles;
}

const keptMs = 1_000;
const salesMax = 50;
const endedMax = 20;
/** More than anybody names in a chat; campaigns may have a hundred offers each. */
const offersMax = 400;

export class Shelf {
  readonly #elapsedMs: () => number;
  #kept: { readonly atMs: number; readonly shelved: Promise<Shelved | Refused> } | null = null;

  #named: { readonly key: string; readonly titles: Titles } | null = null;

  constructor(elapsedMs: () => number) {
    this.#elapsedMs = elapsedMs;
  }

  /** With the sale whose page is open, also where it is older than what is read, or was published just now. */
  async read(api: Api, page: string | null): Promise<Shelved | Refused> {
    const shelved = await this.#readKept(api);
    if (page === null || "code" in shelved || [...shelved.byId.values()].some(({ sale }) => sale.id === page)) {
      return shelved;
    }
    const answer = read<CampaignWire>(await api({ method: "GET", path: pathOf("/v1/campaigns/{}", page) }));
    if ("refused" in answer) return shelved;
    const sale = answer.value;
    const here = sale.offers.map((offer) => ({ offer, sale }));
    return {
      ...shelved,
      live: sale.state === "ended" ? shelved.live : [...here, ...shelved.live],
      byId: new Map([...shelved.byId, ...here.map((offering) => [offering.offer.id, offering] as const)]),
    };
  }

  #readKept(api: Api): Promise<Shelved | Refused> {
    const nowMs = this.#elapsedMs();
    if (this.#kept === null || nowMs >= this.#kept.atMs + keptMs) {
      const kept = { atMs: nowMs, shelved: this.#readAll(api) };
      this.#kept = kept;
      kept.shelved.catch(() => {
        if (this.#kept === kept) this.#kept = null;
      });
    }
    return this.#kept.shelved;
  }

  async #readAll(api: Api): Promise<Shelved | Refused> {
    const asked = [
      `open&limit=${salesMax}`,
      `paused&limit=${salesMax}`,
      `scheduled&limit=${salesMax}`,
      `ended&limit=${endedMax}`,
    ];
    const campaigns: CampaignWire[] = [];
    for (const state of asked) {
      const answer = read<{ campaigns: readonly CampaignWire[] }>(
        await api({ method: "GET", path: `/v1/campaigns?state=${state}` }),
      );
      if ("refused" in answer) return answer.refused;
      campaigns.push(...answer.value.campaigns);
    }
    const newestFirst = campaigns.toSorted((a, b) => (a.id < b.id ? 1 : -1));
    const all = newestFirst.flatMap((sale) => sale.offers.map((offer) => ({ offer, sale }))).slice(0, offersMax);
    return {
      live: all.filter(({ sale }) => sale.state !== "ended"),
      byId: new Map(all.map((offering) => [offering.offer.id, offering])),
      titles: this.#titlesOf(all),
    };
  }

  /** Names are made anew when there are others: counts change all the time, titles seldom. */
  #titlesOf(offerings: readonly Offering[]): Titles {
    const things = offerings.map(({ offer, sale }) => ({
      id: offer.id,
      names: [offer.title, sale.title, offer.brand ?? "", offer.category ?? ""],
    }));
    const key = things.map(({ id }) => id).join(); // what an offer is called never changes
    if (this.#named?.key !== key) this.#named = { key, titles: new Titles(things) };
    return this.#named.titles;
  }
}

/** An offer as it is now, not as it was a second ago. */
export async function freshOffering(api: Api, { offer, sale }: Offering): Promise<Offering | Refused> {
  const answer = read<CampaignWire>(await api({ method: "GET", path: pathOf("/v1/campaigns/{}", sale.id) }));
  if ("refused" in answer) return answer.refused;
  const fresh = answer.value.offers.find(({ id }) => id === offer.id);
  if (fresh === undefined) throw new Error(`${sale.id} has lost ${offer.id}`);
  return { offer: fresh, sale: answer.value };
}
