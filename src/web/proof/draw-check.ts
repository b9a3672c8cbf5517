/**
 * Checks draws with what the server tells of them now, and proofs and whole draws that were kept in files: those are sent
 * nowhere, only held against what is told today. Throws what does not hold.
 */
import {
  type DrawDocument,
  Entries,
  type EntryTold,
  isDraw,
  isProof,
  type OfferDraw,
  type Problem,
  type Proof,
  problemBetween,
  problemOfKept,
  problemOfProof,
  problemOfTerms,
  type Terms,
} from "./draw.ts";
import { anew, ask, Finding } from "./finding.ts";
import { askLedger, numberOf } from "./ledger.ts";

export interface DrawCheck {
  readonly document: DrawDocument;
  /** `check` is `null` where there are no entries to hold it by. */
  readonly offers: readonly { readonly draw: OfferDraw; readonly check: Entries | null }[];
}

/** A whole draw from a file; `entries` is `null` when it holds none. */
export interface KeptDraw {
  readonly document: DrawDocument;
  readonly entries: readonly EntryTold[] | null;
}

type Progress = (count: number) => void;
type Pages = AsyncIterable<readonly EntryTold[]> | Iterable<readonly EntryTold[]>;

const entriesPerPage = 1000;

/** A whole draw, with all its entries, as this server tells of it. */
export async function checkDrawHere(campaign: string, onProgress: Progress): Promise<DrawCheck> {
  return checkDraw(await askDraw(campaign), entriesHere, onProgress);
}

/** One that was kept: without asking anybody, but for whether this shop still tells the same. */
export async function checkKeptDraw({ document, entries }: KeptDraw, onProgress: Progress): Promise<DrawCheck> {
  const pagesOf = ({ offer_id: offer }: OfferDraw) =>
    entries === null ? null : [entries.filter((entry) => entry.offer_id === offer)];
  const result = await checkDraw(document, pagesOf, onProgress);
  await holdAgainstShop(document, document.offers);
  return result;
}

/** An entrant's proof: by itself, against what the shop tells of the draw, and against the ledger's row of the entry. */
export async function checkProof(proof: Proof): Promise<void> {
  hold(await problemOfProof(proof));
  const now = await holdAgainstShop(proof, [proof.draw]);
  const { entry_id: entry, leaf } = proof;
  const today = now.offers.find(({ offer_id: offer }) => offer === proof.draw.offer_id);
  if (proof.draw.root === null && today !== undefined && today.root !== null) {
    const entries: EntryTold[] = [];
    for await (const page of entriesHere(today)) entries.push(...page);
    hold(problemOfKept(proof, entries));
  }
  const seq = numberOf(entry);
  const { rows } = await askLedger(proof.campaign_id, seq - 1, 1, anew);
  const [row] = rows;
  const isSame =
    row !== undefined &&
    "type" in row &&
    row.seq === seq &&
    row.type === "draw_entered" &&
    row.details === leaf &&
    row.at === proof.entered_at &&
    row.offer_id === proof.draw.offer_id;
  if (!isSame) throw new Finding("otherRow", { entry });
}

/** A proof or a whole draw, from what was pasted or opened. */
export function parseDraw(text: string): { readonly proof: Proof } | KeptDraw {
  const whole = parse(text);
  if (isProof(whole)) return { proof: whole };
  if (isDraw(whole)) return { document: whole, entries: null };
  const [document, ...entries] = text.split("\n").flatMap((line) => (line.trim() === "" ? [] : [parse(line)]));
  if (!isDraw(document) || entries.some((entry) => typeof entry !== "object" || entry === null)) {
    throw new Finding("noProof");
  }
  return { document, entries: entries as EntryTold[] };
}

/** What the shop tells of a campaign's draws now. */
export function askDraw(campaign: string): Promise<DrawDocument> {
  return ask<DrawDocument>(`/v1/campaigns/${campaign}/draw`, "noDraw", anew);
}

async function checkDraw(
  document: DrawDocument,
  pagesOf: (draw: OfferDraw) => Pages | null,
  onProgress: Progress,
): Promise<DrawCheck> {
  const offers = [];
  let read = 0;
  for (const draw of document.offers) {
    hold(problemOfTerms(document, draw));
    const pages = draw.count === null ? null : pagesOf(draw);
    const check = pages === null ? null : new Entries(draw);
    for await (const page of pages ?? []) {
      for (const entry of page) check?.add(entry);
      read += page.length;
      onProgress(read);
    }
    if (check !== null) hold(await check.finish());
    offers.push({ draw, check });
  }
  return { document, offers };
}

async function* entriesHere({ offer_id: offer }: OfferDraw): AsyncGenerator<readonly EntryTold[]> {
  for (let after: number | null = 0; after !== null; ) {
    const path: string = `/v1/offers/${offer}/draw/entries?after=${after}&limit=${entriesPerPage}`;
    const page: { readonly entries: readonly EntryTold[]; readonly next_after: number | null } = await ask(path);
    yield page.entries;
    after = page.next_after;
  }
}

/** What the shop tells now of these draws is the same; answers what that is. */
async function holdAgainstShop(terms: Terms, draws: readonly OfferDraw[]): Promise<DrawDocument> {
  const now = await askDraw(terms.campaign_id);
  for (const draw of draws) {
    const today = now.offers.find(({ offer_id: offer }) => offer === draw.offer_id);
    if (today === undefined) throw new Finding("changedSince", { offer: draw.offer_id });
    hold(problemBetween({ terms, draw }, { terms: now, draw: today }));
  }
  return now;
}

function hold(problem: Problem | null): void {
  if (problem !== null) throw new Finding(...problem);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
