/**
 * The list of sales: asked for page by page, again and again while the page is seen, put in order and filtered. Sales
 * that are over are asked for only by whoever wants to see them, since they only ever grow.
 */
import { type Signal, signal } from "@preact/signals";
import type { Api, Refusal } from "../shared/api.ts";
import { spread } from "../shared/chance.ts";
import type { Campaign, CampaignList } from "../shared/wire.ts";
import { phaseOf } from "./sale-words.ts";

export interface SalesList {
  /** `null` until the first answer. */
  readonly sales: Signal<readonly Campaign[] | null>;
  /** Why the last question had no answer; what was known before stays. */
  readonly failure: Signal<Refusal | null>;
  /** Those that are over, the newest first; `null` until they are asked for. */
  readonly past: Signal<readonly Campaign[] | null>;
  readonly hasMorePast: Signal<boolean>;
  askPast(): Promise<void>;
  refresh(): void;
  stop(): void;
}

export const filterNames = ["kind", "brand", "category"] as const;
export type FilterName = (typeof filterNames)[number];
export type Filter = Readonly<Partial<Record<FilterName, string>>>;

const liveStates = ["open", "paused", "scheduled"] as const;
const pageSize = 100;
/** More than any shop runs at once: a list without an end is no list. */
const pagesMax = 5;
const pastPageSize = 12;
const askEveryMs = 3_000;

export function followSales(api: Api): SalesList {
  const sales = signal<readonly Campaign[] | null>(null);
  const failure = signal<Refusal | null>(null);
  const past = signal<readonly Campaign[] | null>(null);
  const hasMorePast = signal(true);
  let pastCursor: string | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isStopped = false;
  let isAsking = false;

  const askState = async (state: string): Promise<readonly Campaign[] | Refusal> => {
    const found: Campaign[] = [];
    let cursor: string | null = null;
    for (let page = 0; page < pagesMax; page += 1) {
      const from: string = cursor === null ? "" : `&cursor=${cursor}`;
      const answer = await api<CampaignList>(`/v1/campaigns?state=${state}&limit=${pageSize}${from}`, {
        cache: "no-cache", // a change is seen at the next question; what is the same is not sent again
      });
      if (!answer.isOk) return answer;
      found.push(...answer.value.campaigns);
      cursor = answer.value.next_cursor;
      if (cursor === null) break;
    }
    return found;
  };

  const ask = async () => {
    clearTimeout(timer);
    if (isStopped || isAsking || document.visibilityState !== "visible") return;
    isAsking = true;
    const answers = await Promise.all(liveStates.map(askState));
    isAsking = false;
    if (isStopped) return;
    failure.value = answers.find((answer) => "isOk" in answer) ?? null;
    if (failure.value === null) {
      // One that changes its state between two answers may stand in both: by id it is there once.
      const found = answers.flatMap((answer) => ("isOk" in answer ? [] : answer));
      sales.value = [...new Map(found.map((sale) => [sale.id, sale])).values()];
    }
    timer = setTimeout(() => void ask(), spread(askEveryMs));
  };
  const refresh = () => void ask();
  document.addEventListener("visibilitychange", refresh);
  addEventListener("online", refresh);
  refresh();

  return {
    sales,
    failure,
    past,
    hasMorePast,
    async askPast() {
      const from = pastCursor === null ? "" : `&cursor=${pastCursor}`;
      const answer = await api<CampaignList>(`/v1/campaigns?state=ended&limit=${pastPageSize}${from}`);
      if (!answer.isOk) {
        failure.value = answer;
        return;
      }
      past.value = [...(past.value ?? []), ...answer.value.campaigns];
      pastCursor = answer.value.next_cursor;
      hasMorePast.value = pastCursor !== null;
    },
    refresh,
    stop() {
      isStopped = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", refresh);
      removeEventListener("online", refresh);
    },
  };
}

/** Those that can be bought from now, the next to close first; and those that open soon, the next first. */
export function inOrder(
  sales: readonly Campaign[],
  nowMs: number,
): { readonly open: readonly Campaign[]; readonly soon: readonly Campaign[] } {
  const at = (sale: Campaign) => {
    const phase = phaseOf(sale, nowMs);
    return "atMs" in phase && phase.atMs !== null ? phase.atMs : Number.MAX_SAFE_INTEGER;
  };
  const inTime = (a: Campaign, b: Campaign) => at(a) - at(b) || (a.id < b.id ? 1 : -1);
  const of = (...phases: readonly string[]) =>
    sales.filter((sale) => phases.includes(phaseOf(sale, nowMs).is)).toSorted(inTime);
  return { open: [...of("open"), ...of("paused")], soon: of("soon") };
}

/** The values that there are to choose from, by filter; a filter with one value chooses nothing and is left out. */
export function choicesOf(sales: readonly Campaign[]): { readonly name: FilterName; readonly values: string[] }[] {
  return filterNames
    .map((name) => ({
      name,
      values: [...new Set(sales.flatMap((sale) => valuesOf(sale, name)))].toSorted((a, b) => a.localeCompare(b)),
    }))
    .filter(({ values }) => values.length > 1);
}

export function fits(sale: Campaign, filter: Filter): boolean {
  return filterNames.every((name) => filter[name] === undefined || valuesOf(sale, name).includes(filter[name]));
}

/** The filter that an address asks for; what it does not know is not a filter. */
export function filterOf(query: Readonly<Record<string, string | undefined>>): Filter {
  return Object.fromEntries(filterNames.flatMap((name) => (query[name] ? [[name, query[name]]] : [])));
}

/** The address of a list that is filtered like that. */
export function addressOf(filter: Filter): string {
  const query = new URLSearchParams(filterNames.flatMap((name) => (filter[name] ? [[name, filter[name]]] : [])));
  return query.size === 0 ? "/" : `/?${query}`;
}

function valuesOf({ kind, offers }: Campaign, name: FilterName): string[] {
  if (name === "kind") return kind === null ? [] : [kind];
  return offers.map((offer) => offer[name]).filter((value) => value !== null);
}
