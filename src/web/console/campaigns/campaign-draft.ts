/**
 * What stands in the fields of a new campaign: texts, as they are typed, and what the server is sent of them. The rules
 * are those of the domain and of the body's schema; each is a name here, which the page says in the reader's language.
 * Whatever passes here passes `violationsOf`, too. Pure: the page asks at every key.
 */
import { type AdmissionMode, type ChallengeKind, openAdmission } from "../../../domain/admission.ts";
import { type AgentPolicy, agentsAllowed } from "../../../domain/agents.ts";
import { type CampaignKind, closingWhenPublished, kindPresets } from "../../../domain/campaign.ts";
import { limits } from "../../../domain/limits.ts";
import { isCurrency, minorPerMajor } from "../../../domain/money.ts";
import type { Campaign, Offer } from "../../shared/wire.ts";
import type { CampaignBody } from "../parts/campaign-wire.ts";
import { type FieldRule, wholeOf } from "../parts/field-rules.ts";
import { daysLater, localMs, localText } from "../parts/local-time.ts";

export interface OfferForm {
  /** Tells offers apart while they are moved about. */
  readonly key: number;
  readonly sku: string;
  readonly title: string;
  readonly description: string;
  /** In major units, as people write them. */
  readonly price: string;
  readonly listPrice: string;
  readonly currency: string;
  readonly stock: string;
  readonly limitPerBuyer: string;
  readonly brand: string;
  readonly category: string;
  readonly imageUrl: string;
}

export interface CampaignForm {
  readonly title: string;
  readonly description: string;
  readonly kind: CampaignKind | "none";
  readonly opens: "when_published" | "at";
  readonly opensAt: string;
  /** By itself: as the kind says; without a kind when an operator ends it. */
  readonly closes: "by_itself" | "at";
  readonly closesAt: string;
  readonly paymentMinutes: string;
  readonly hasWaitlist: boolean;
  readonly mode: AdmissionMode;
  readonly needsPass: boolean;
  readonly passWindowS: string;
  readonly challenge: ChallengeKind;
  readonly agents: AgentPolicy;
  readonly agentSharePercent: string;
  readonly offers: readonly OfferForm[];
}

/** Where, as the wire names the field, and why. */
export type FieldProblem = { readonly field: string } & FieldRule;

export function emptyOffer(key: number, currency: string): OfferForm {
  const texts = {
    sku: "",
    title: "",
    description: "",
    price: "",
    listPrice: "",
    brand: "",
    category: "",
    imageUrl: "",
  };
  return { key, ...texts, currency, stock: "", limitPerBuyer: "1" };
}

export function emptyForm(currency: string): CampaignForm {
  return {
    title: "",
    description: "",
    kind: "limited_time",
    opens: "at",
    opensAt: "",
    closes: "by_itself",
    closesAt: "",
    paymentMinutes: "15",
    hasWaitlist: true,
    mode: openAdmission.mode,
    needsPass: openAdmission.needsPass,
    passWindowS: String(openAdmission.passWindowS),
    challenge: openAdmission.challenge,
    agents: agentsAllowed.policy,
    agentSharePercent: "20",
    offers: [emptyOffer(1, currency)],
  };
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/**
 * A form that makes the same campaign once more. Its time of day stays; a day that is over becomes the next one that
 * leaves an hour to prepare, and the sale lasts as long as it did.
 */
export function formOf(campaign: Campaign, nowMs: number): CampaignForm {
  const opensAtMs = campaign.opens_at === null ? null : Date.parse(campaign.opens_at);
  const closesAtMs = campaign.closes_at === null ? null : Date.parse(campaign.closes_at);
  const days = daysToShift(opensAtMs ?? closesAtMs, nowMs);
  const byKind = closingWhenPublished({ kind: campaign.kind, opensAtMs, closesAtMs: null }, opensAtMs ?? nowMs);
  const closesByItself = closesAtMs === null || (opensAtMs !== null && closesAtMs === byKind);
  return {
    title: campaign.title,
    description: campaign.description ?? "",
    kind: campaign.kind ?? "none",
    opens: opensAtMs === null ? "when_published" : "at",
    opensAt: opensAtMs === null ? "" : localText(daysLater(opensAtMs, days)),
    closes: closesByItself ? "by_itself" : "at",
    closesAt: closesByItself || closesAtMs === null ? "" : localText(daysLater(closesAtMs, days)),
    paymentMinutes: String(campaign.payment_window_s / 60),
    hasWaitlist: campaign.admission === "open" ? campaign.waitlist : true,
    mode: campaign.admission,
    needsPass: campaign.admission === "open" && campaign.pass,
    passWindowS: String(campaign.pass_window_s),
    challenge: campaign.challenge,
    agents: campaign.agents.policy,
    agentSharePercent: String(campaign.agents.share_percent ?? 20),
    offers: campaign.offers.map((offer, at) => offerFormOf(offer, at + 1)),
  };
}

function daysToShift(firstMs: number | null, nowMs: number): number {
  if (firstMs === null || firstMs >= nowMs) return 0;
  const days = Math.floor((nowMs - firstMs) / dayMs);
  return [days, days + 1, days + 2].find((count) => daysLater(firstMs, count) >= nowMs + hourMs) ?? days + 2;
}

function offerFormOf(offer: Offer, key: number): OfferForm {
  return {
    key,
    sku: offer.sku,
    title: offer.title,
    description: offer.description ?? "",
    price: majorText(offer.price_minor, offer.currency),
    listPrice: offer.list_price_minor === null ? "" : majorText(offer.list_price_minor, offer.currency),
    currency: offer.currency,
    stock: String(offer.total),
    limitPerBuyer: String(offer.limit_per_buyer),
    brand: offer.brand ?? "",
    category: offer.category ?? "",
    imageUrl: offer.image_url ?? "",
  };
}

/** Digits after the point of a currency: 2 for CNY, 0 for JPY. */
export function digitsOf(currency: string): number {
  return isCurrency(currency) ? Math.round(Math.log10(minorPerMajor(currency))) : 2;
}

/** `3799.00` for 379900 of CNY: as a field holds it, without what a reader's language would add. */
export function majorText(minor: number, currency: string): string {
  const digits = digitsOf(currency);
  if (digits === 0) return String(minor);
  const text = String(minor).padStart(digits + 1, "0");
  return `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}

/** The minor units that a price means, to the last of them; or the rule that it breaks. Commas and spaces are taken. */
export function minorOf(text: string, currency: string): number | FieldRule {
  const match = /^(\d*)(?:\.(\d*))?$/.exec(text.replaceAll(/[\s,，]/g, ""));
  const [, whole = "", fraction = ""] = match ?? [];
  if (match === null || whole + fraction === "") return { rule: "no_number" };
  const digits = digitsOf(currency);
  if (fraction.slice(digits).replaceAll("0", "") !== "") return { rule: "decimals", bound: digits };
  const minor = Number(whole + fraction.slice(0, digits).padEnd(digits, "0"));
  return minor > limits.priceMinorMax ? { rule: "too_large", bound: limits.priceMinorMax / 10 ** digits } : minor;
}

/** When the sale opens and closes as the form stands; `null` where it does not say. */
export function windowOf(form: CampaignForm, nowMs: number): { opensAtMs: number | null; closesAtMs: number | null } {
  const opensAtMs = form.opens === "at" ? localMs(form.opensAt) : null;
  const closesAtMs = form.closes === "at" ? localMs(form.closesAt) : null;
  const kind = form.kind === "none" ? null : form.kind;
  return { opensAtMs, closesAtMs: closingWhenPublished({ kind, opensAtMs, closesAtMs }, nowMs) };
}

/** Everything that is wrong with the form, in the order of its fields; empty when it can be sent. */
export function problemsOf(form: CampaignForm, nowMs: number): FieldProblem[] {
  const found: FieldProblem[] = [];
  const add = (field: string, rule: FieldRule | number | null) => {
    if (rule !== null && typeof rule !== "number") found.push({ field, ...rule });
  };
  add("title", lineRule(form.title, limits.titleLengthMax));
  add("description", textRule(form.description, limits.campaignDescriptionLengthMax));
  addWindowProblems(form, nowMs, add);
  add("payment_window_s", paymentWindowOf(form.paymentMinutes));
  if (usesPassWindow(form)) {
    add("pass_window_s", wholeOf(form.passWindowS, limits.passWindowSMin, limits.passWindowSMax));
  }
  if (form.agents === "share") {
    if (form.mode === "draw") add("agents.policy", { rule: "draw_share" });
    const { agentSharePercentMin: min, agentSharePercentMax: max } = limits;
    add("agents.share_percent", wholeOf(form.agentSharePercent, min, max));
  }
  const skus = new Set<string>();
  form.offers.forEach((offer, index) => {
    addOfferProblems(form, offer, (field, rule) => add(`offers[${index}].${field}`, rule));
    if (skus.has(offer.sku) && offer.sku !== "") add(`offers[${index}].sku`, { rule: "twice" });
    skus.add(offer.sku);
  });
  return found;
}

type Add = (field: string, rule: FieldRule | number | null) => void;

function addWindowProblems(form: CampaignForm, nowMs: number, add: Add): void {
  const opensAtMs = form.opens === "at" ? localMs(form.opensAt) : null;
  if (form.opens === "at" && opensAtMs === null) add("opens_at", { rule: "no_time" });
  if (form.closes === "by_itself") {
    if (form.mode === "draw" && form.kind === "none") add("closes_at", { rule: "draw_closing" });
    return;
  }
  const closesAtMs = localMs(form.closesAt);
  if (closesAtMs === null) add("closes_at", { rule: "no_time" });
  else if (closesAtMs <= nowMs) add("closes_at", { rule: "past" });
  else if (opensAtMs !== null && closesAtMs <= opensAtMs) add("closes_at", { rule: "before_opening" });
}

function addOfferProblems({ kind }: CampaignForm, offer: OfferForm, add: Add): void {
  const preset = kind === "none" ? null : kindPresets[kind];
  add("title", lineRule(offer.title, limits.titleLengthMax));
  add("sku", offer.sku.trim() === "" ? { rule: "required" } : textRule(offer.sku, limits.labelLengthMax));
  add("description", textRule(offer.description, limits.offerDescriptionLengthMax));
  const hasCurrency = isCurrency(offer.currency);
  if (!hasCurrency) add("currency", { rule: "no_currency" });
  const price = offer.price.trim() === "" ? ({ rule: "required" } as const) : minorOf(offer.price, offer.currency);
  add("price_minor", price);
  if (hasCurrency && typeof price === "number" && preset?.floorPrice === true) {
    const minor = minorPerMajor(offer.currency);
    if (price > minor) add("price_minor", { rule: "kind_price", minor, currency: offer.currency });
  }
  if (offer.listPrice.trim() !== "") {
    const listPrice = minorOf(offer.listPrice, offer.currency);
    const isBelow = typeof listPrice === "number" && typeof price === "number" && listPrice < price;
    add("list_price_minor", isBelow ? { rule: "below_price" } : listPrice);
  }
  const stock = wholeOf(offer.stock, 0, limits.stockMax);
  const isTooMuch = typeof stock === "number" && preset !== null && stock > preset.stockMax;
  add("stock", isTooMuch ? { rule: "kind_stock", bound: preset.stockMax } : stock);
  const limit = wholeOf(offer.limitPerBuyer, 1, limits.quantityMax);
  const isTooMany = typeof limit === "number" && preset !== null && limit > preset.limitPerBuyerMax;
  add("limit_per_buyer", isTooMany ? { rule: "kind_limit", bound: preset.limitPerBuyerMax } : limit);
  add("brand", textRule(offer.brand, limits.labelLengthMax));
  add("category", textRule(offer.category, limits.labelLengthMax));
  add("image_url", pictureRule(offer.imageUrl));
}

function lineRule(text: string, lengthMax: number): FieldRule | null {
  if (text.trim() === "") return { rule: "required" };
  return hasControls(text) ? { rule: "no_line" } : textRule(text, lengthMax);
}

/** Control characters: pasted along, seen by nobody. */
function hasControls(text: string): boolean {
  return [...text].some((character) => {
    const code = character.codePointAt(0) ?? 0;
    return code < 32 || (code > 126 && code < 160);
  });
}

function textRule(text: string, lengthMax: number): FieldRule | null {
  return text.length > lengthMax ? { rule: "too_long", bound: lengthMax } : null;
}

/** An address, or a path of this server: one slash, since two begin a host. */
/** What the text is as a picture's address; `null` when there is none, or it is none. */
export function pictureOf(text: string): string | null {
  return text.trim() === "" || pictureRule(text) !== null ? null : text.trim();
}

function pictureRule(text: string): FieldRule | null {
  const address = text.trim();
  if (address === "") return null;
  if (address.length > limits.urlLengthMax) return { rule: "too_long", bound: limits.urlLengthMax };
  const isPath = /^\/(?![/\\])[^\s\\]*$/.test(address);
  return isPath || (/^https?:/.test(address) && URL.canParse(address)) ? null : { rule: "no_picture" };
}

function paymentWindowOf(minutes: string): number | FieldRule {
  const plain = minutes.trim();
  if (plain === "") return { rule: "required" };
  if (!/^\d+(\.\d+)?$/.test(plain)) return { rule: "no_number" };
  const seconds = Math.round(Number(plain) * 60);
  if (seconds < 1) return { rule: "too_small", bound: 1 };
  return seconds > limits.paymentWindowSMax ? { rule: "too_large", bound: limits.paymentWindowSMax / 60 } : seconds;
}

/** Whether buyers of this campaign get passes that run out. */
export function usesPassWindow({ mode, needsPass }: Pick<CampaignForm, "mode" | "needsPass">): boolean {
  return mode === "queue" || (mode === "open" && needsPass);
}

/** Whether there is a door at which something can be asked of buyers. */
export function usesChallenge({ mode, needsPass }: Pick<CampaignForm, "mode" | "needsPass">): boolean {
  return mode !== "open" || needsPass;
}

/** The body of `POST /v1/campaigns`, of a form without problems. Throws for one that has some. */
export function bodyOf(form: CampaignForm): CampaignBody {
  const number = (value: number | FieldRule): number => {
    if (typeof value !== "number") throw new Error(`a form with a problem was to be sent: ${value.rule}`);
    return value;
  };
  const time = (text: string) => new Date(number(localMs(text) ?? { rule: "no_time" })).toISOString();
  return {
    title: form.title.trim(),
    ...optional("description", form.description),
    ...(form.kind === "none" ? {} : { kind: form.kind }),
    ...(form.opens === "at" ? { opens_at: time(form.opensAt) } : {}),
    ...(form.closes === "at" ? { closes_at: time(form.closesAt) } : {}),
    payment_window_s: number(paymentWindowOf(form.paymentMinutes)),
    admission: form.mode,
    ...(form.mode === "open" ? { waitlist: form.hasWaitlist, pass: form.needsPass } : {}),
    ...(usesPassWindow(form) ? { pass_window_s: Number(form.passWindowS) } : {}),
    ...(usesChallenge(form) ? { challenge: form.challenge } : {}),
    ...(form.agents === "allowed" ? {} : { agents: agentsOf(form) }),
    offers: form.offers.map((offer) => ({
      sku: offer.sku.trim(),
      title: offer.title.trim(),
      ...optional("description", offer.description),
      price_minor: number(minorOf(offer.price, offer.currency)),
      ...(offer.listPrice.trim() === "" ? {} : { list_price_minor: number(minorOf(offer.listPrice, offer.currency)) }),
      currency: offer.currency,
      stock: number(wholeOf(offer.stock, 0, limits.stockMax)),
      limit_per_buyer: number(wholeOf(offer.limitPerBuyer, 1, limits.quantityMax)),
      ...optional("brand", offer.brand),
      ...optional("category", offer.category),
      ...optional("image_url", offer.imageUrl),
    })),
  };
}

function agentsOf({ agents: policy, agentSharePercent }: CampaignForm): NonNullable<CampaignBody["agents"]> {
  return policy === "share" ? { policy, share_percent: Number(agentSharePercent) } : { policy };
}

/** What says nothing is left out. Line ends are line feeds, as the server takes them. */
function optional<Name extends string>(name: Name, text: string): { readonly [Key in Name]?: string } {
  const trimmed = text.replaceAll(/\r\n?/g, "\n").replaceAll("\t", " ").trim();
  return (trimmed === "" ? {} : { [name]: trimmed }) as { readonly [Key in Name]?: string };
}
