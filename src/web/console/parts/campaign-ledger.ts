/**
 * The ledger of one campaign, read page by page up to a bound: enough for the whole of most sales and for the rush of
 * the largest. Whoever shows it says how far it goes.
 */
import { limits } from "../../../domain/limits.ts";
import type { Refusal } from "../../shared/api.ts";
import { api } from "../session.ts";
import type { Ledger } from "./campaign-wire.ts";

export type LedgerRow = Ledger["rows"][number];

export interface LedgerRead {
  readonly rows: readonly LedgerRow[];
  /** After which it goes on; `null` when these are all. */
  readonly next: number | null;
  /** Why it broke off. */
  readonly refusal: Refusal | null;
}

/** Some 12 MB, read in a few seconds. */
export const ledgerRowsMax = 40_000;
/** Pages of one campaign may be empty where others have sold much: each looks through some thousand rows. */
const pagesMax = 400;

/** The rows of the campaign from `after` on, `rowsMax` at most; `onPage` hears how many there are so far. */
export async function readLedger(
  campaignId: string,
  { after = 0, rowsMax = ledgerRowsMax, signal, onPage }: ReadOptions = {},
): Promise<LedgerRead> {
  const rows: LedgerRow[] = [];
  let next: number | null = after;
  for (let page = 0; next !== null && rows.length < rowsMax && page < pagesMax; page += 1) {
    const answer: Awaited<ReturnType<typeof ask>> = await ask(campaignId, next, signal);
    if (!answer.isOk) return { rows, next, refusal: answer };
    rows.push(...answer.value.rows);
    next = answer.value.next_after;
    onPage?.(rows.length);
  }
  return { rows, next, refusal: null };
}

interface ReadOptions {
  readonly after?: number;
  readonly rowsMax?: number;
  readonly signal?: AbortSignal;
  readonly onPage?: (rows: number) => void;
}

function ask(campaignId: string, after: number, signal: AbortSignal | undefined) {
  const query = new URLSearchParams({
    campaign_id: campaignId,
    after: String(after),
    limit: String(limits.ledgerPageSizeMax),
  });
  return api<Ledger>(`/v1/ledger?${query}`, signal === undefined ? {} : { signal });
}
