/**
 * What this HTTP thread knows of the sale without asking anyone: campaigns and their offers as the engine last told,
 * with the counts read from shared memory at the moment of the answer. Ids and JSON are prepared once per change.
 */
import { formatId } from "../domain/ids.ts";
import type { Counters } from "../engine/counters.ts";
import type { CampaignView, OfferView } from "../engine/mailbox.ts";
import { wireTime, wireTimeOrNull } from "./respond.ts";

export interface CampaignEntry {
  readonly view: CampaignView;
  readonly id: string;
  /** Its line on the campaign board: that of its first offer. */
  readonly line: number;
  readonly offers: readonly OfferEntry[];
  /** The JSON up to and without the list of offers. */
  readonly head: string;
  /** How often this thread was told of the campaign. */
  readonly revision: number;
  rendered: { readonly versions: number; readonly text: string; readonly etag: string } | null;
}

export interface OfferEntry {
  readonly view: OfferView;
  readonly id: string;
  readonly campaign: CampaignEntry;
  /** The JSON up to and without the counts. */
  readonly head: string;
  /** The unchanging middle of every order's JSON: `"offer_id":...,"campaign_id":...,"sku":...,"currency":...`. */
  readonly orderJson: string;
}

export class Catalogue {
  readonly #counters: Counters;
  readonly #campaigns = new Map<number, CampaignEntry>();
  readonly #offers = new Map<string, OfferEntry>();
  readonly #offersBySeq = new Map<number, OfferEntry>();
  #newestFirst: CampaignEntry[] | null = null;
  #publicChanges = 0;

  constructor(counters: Counters) {
    this.#counters = counters;
  }

  /** Takes campaigns as they stand after a commit. */
  receive(campaigns: readonly CampaignView[]): void {
    for (const view of campaigns) {
      const entry = entryOf(view, (this.#campaigns.get(view.id)?.revision ?? 0) + 1);
      this.#campaigns.set(view.id, entry);
      if (view.state !== "draft") this.#publicChanges += 1;
      for (const offer of entry.offers) {
        this.#offers.set(offer.id, offer);
        this.#offersBySeq.set(offer.view.id, offer);
      }
    }
    this.#newestFirst = null;
  }

  /** Whether the campaign has ended and nothing in it is unpaid, as the engine has last stored. */
  isSettled(seq: number): boolean {
    const offers = this.campaign(seq)?.view.offers;
    if (offers === undefined) return false;
    return offers.every(({ line }) => this.#counters.state(line) === "ended" && this.#counters.counts(line).held === 0);
  }

  campaign(seq: number): CampaignEntry | undefined {
    return this.#campaigns.get(seq);
  }

  /** An offer by its public id. */
  offer(id: string): OfferEntry | undefined {
    return this.#offers.get(id);
  }

  /** An offer by its sequence number, when this thread was told of it: that takes a moment after its commit. */
  knownOffer(seq: number): OfferEntry | undefined {
    return this.#offersBySeq.get(seq);
  }

  offerBySeq(seq: number): OfferEntry {
    const offer = this.#offersBySeq.get(seq);
    if (offer === undefined) throw new Error(`offer ${seq} is not in the catalogue`);
    return offer;
  }

  newestFirst(): readonly CampaignEntry[] {
    this.#newestFirst ??= [...this.#campaigns.values()].sort((a, b) => b.view.id - a.view.id);
    return this.#newestFirst;
  }

  /** The campaign's JSON with the counts of now, and its ETag: made anew only when a count or the campaign changed. */
  render(campaign: CampaignEntry): { readonly text: string; readonly etag: string } {
    const versions = this.#versions(campaign);
    if (campaign.rendered?.versions === versions) return campaign.rendered;
    const text = `${campaign.head},"offers":[${campaign.offers.map((offer) => this.renderOffer(offer)).join(",")}]}`;
    campaign.rendered = { versions, text, etag: `"${Bun.hash(text).toString(36)}"` };
    return campaign.rendered;
  }

  /** Changes whenever a campaign that everybody sees is new or in another state, whatever its counts. */
  get publicVersion(): number {
    return this.#publicChanges;
  }

  /** Changes whenever the campaign or one of its counts does. */
  versionOf(seq: number): number {
    const campaign = this.#campaigns.get(seq);
    return campaign === undefined ? -1 : this.#versions(campaign);
  }

  /** What changes while a campaign runs, and nothing else: for its stream. */
  renderCounts(seq: number): string {
    const campaign = this.#campaigns.get(seq);
    if (campaign === undefined) throw new Error(`campaign ${seq} is not in the catalogue`);
    const offers = campaign.offers.map(({ id, view }) => {
      const waiting = this.#counters.waiting(view.line);
      return { id, ...this.#counters.counts(view.line), waiting };
    });
    const { state, opensAtMs, closesAtMs } = campaign.view;
    const window = { opens_at: wireTimeOrNull(opensAtMs), closes_at: wireTimeOrNull(closesAtMs) };
    return JSON.stringify({ id: campaign.id, state, ...window, offers });
  }

  /** One offer's JSON with the counts of now. */
  renderOffer(offer: OfferEntry): string {
    const { total, available, held, sold } = this.#counters.counts(offer.view.line);
    return `${offer.head},"total":${total},"available":${available},"held":${held},"sold":${sold},"waiting":${this.#counters.waiting(offer.view.line)}}`;
  }

  /** The campaign's own number moves with its state, each line's with its counts. */
  #versions(campaign: CampaignEntry): number {
    let versions = campaign.revision * revisionStep;
    for (const { view } of campaign.offers) versions += this.#counters.version(view.line);
    return versions;
  }
}

/** Keeps a new revision from ever equalling an old one with more counts. */
const revisionStep = 2 ** 40;

function entryOf(view: CampaignView, revision: number): CampaignEntry {
  const id = formatId("cmp", view.id);
  const head = JSON.stringify({
    id,
    title: view.title,
    description: view.description,
    kind: view.kind,
    state: view.state,
    opens_at: wireTimeOrNull(view.opensAtMs),
    closes_at: wireTimeOrNull(view.closesAtMs),
    payment_window_s: view.paymentWindowS,
    waitlist: view.hasWaitlist,
    admission: view.admission.mode,
    pass: view.admission.needsPass || view.admission.mode === "queue",
    pass_window_s: view.admission.passWindowS,
    challenge: view.admission.challenge,
    ...(view.commitment === null ? {} : { commitment: view.commitment, ...drawnOf(view) }),
    ...(view.beacon === null ? {} : { beacon: view.beacon }),
    created_at: wireTime(view.createdAtMs),
  }).slice(0, -1);
  const offers: OfferEntry[] = [];
  const line = view.offers[0]?.line;
  if (line === undefined) throw new Error(`campaign ${id} has no offer`);
  const entry: CampaignEntry = { view, id, line, offers, head, revision, rendered: null };
  for (const offer of view.offers) offers.push(offerEntryOf(offer, entry));
  return entry;
}

/** Of a draw this is told with its offers, one by one. */
function drawnOf({ admission, secret, drawnCount }: CampaignView) {
  return admission.mode === "queue" ? { secret, drawn_count: drawnCount } : {};
}

function offerEntryOf(view: OfferView, campaign: CampaignEntry): OfferEntry {
  const id = formatId("off", view.id);
  const head = JSON.stringify({
    id,
    campaign_id: campaign.id,
    sku: view.sku,
    title: view.title,
    description: view.description,
    price_minor: view.priceMinor,
    list_price_minor: view.listPriceMinor,
    currency: view.currency,
    limit_per_buyer: view.limitPerBuyer,
    brand: view.brand,
    category: view.category,
    image_url: view.imageUrl,
  }).slice(0, -1);
  const orderJson = JSON.stringify({
    offer_id: id,
    campaign_id: campaign.id,
    sku: view.sku,
    currency: view.currency,
  }).slice(1, -1);
  return { view, id, campaign, head, orderJson };
}
