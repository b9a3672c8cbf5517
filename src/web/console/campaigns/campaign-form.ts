/**
 * The form of a new campaign while it is filled in: its texts, which the tab keeps over a reload; which fields have been
 * left, since nobody is told of a mistake before they have made it; and what the server said about a field, until that
 * field is changed. A form is kept until its campaign is there.
 */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { FieldError } from "../../shared/api.ts";
import { recall, remember } from "../../shared/memory.ts";
import { type CampaignForm, emptyOffer, type FieldProblem, type OfferForm, problemsOf } from "./campaign-draft.ts";

export interface FormState {
  readonly form: Signal<CampaignForm>;
  readonly problems: ReadonlySignal<readonly FieldProblem[]>;
  readonly left: Signal<ReadonlySet<string>>;
  /** Everything is shown, whether it has been left or not: it was tried. */
  readonly isTried: Signal<boolean>;
  readonly serverErrors: Signal<readonly FieldError[]>;
  /** Whether anything was typed that is not there from the beginning. */
  readonly isChanged: ReadonlySignal<boolean>;
  change(part: Partial<CampaignForm>): void;
  changeOffer(key: number, part: Partial<OfferForm>): void;
  addOffer(): number;
  removeOffer(key: number): void;
  moveOffer(key: number, by: 1 | -1): void;
  leave(field: string): void;
  /** Back to what it was at the beginning. */
  reset(): void;
  /** Its campaign is there: the tab need not keep it. */
  forget(): void;
}

/** A form of that name in this tab, as it was left, or as it begins. `nowMs` is asked at every change. */
export function formState(name: string, beginning: CampaignForm, nowMs: () => number): FormState {
  const kept = read(recall(name, "tab"));
  const form = signal(kept ?? beginning);
  const left = signal<ReadonlySet<string>>(new Set());
  const isTried = signal(false);
  const serverErrors = signal<readonly FieldError[]>([]);

  const set = (next: CampaignForm) => {
    form.value = next;
    remember(name, JSON.stringify({ version, form: next }), "tab");
  };
  const setOffers = (offers: readonly OfferForm[]) => {
    // What the server said of offers[1] may be about another one now.
    serverErrors.value = serverErrors.peek().filter(({ field }) => !field.startsWith("offers"));
    set({ ...form.peek(), offers });
  };
  return {
    form,
    problems: computed(() => problemsOf(form.value, nowMs())),
    left,
    isTried,
    serverErrors,
    isChanged: computed(() => JSON.stringify(form.value) !== JSON.stringify(beginning)),
    change(part) {
      const changed = Object.keys(part).map((member) => fieldNames[member] ?? member);
      serverErrors.value = serverErrors.peek().filter(({ field }) => !changed.includes(field));
      set({ ...form.peek(), ...part });
    },
    changeOffer(key, part) {
      setOffers(form.peek().offers.map((offer) => (offer.key === key ? { ...offer, ...part } : offer)));
    },
    addOffer() {
      const { offers } = form.peek();
      const key = 1 + Math.max(0, ...offers.map((offer) => offer.key));
      setOffers([...offers, emptyOffer(key, offers.at(-1)?.currency ?? "")]);
      return key;
    },
    removeOffer(key) {
      setOffers(form.peek().offers.filter((offer) => offer.key !== key));
    },
    moveOffer(key, by) {
      const offers = [...form.peek().offers];
      const from = offers.findIndex((offer) => offer.key === key);
      const [moved] = offers.splice(from, 1);
      if (moved === undefined) return;
      offers.splice(from + by, 0, moved);
      setOffers(offers);
    },
    leave(field) {
      if (!left.peek().has(field)) left.value = new Set([...left.peek(), field]);
    },
    reset() {
      form.value = beginning;
      left.value = new Set();
      isTried.value = false;
      serverErrors.value = [];
      remember(name, null, "tab");
    },
    forget: () => remember(name, null, "tab"),
  };
}

/** Members of the form whose field on the wire has another name. */
const fieldNames: Readonly<Record<string, string>> = {
  opens: "opens_at",
  opensAt: "opens_at",
  closes: "closes_at",
  closesAt: "closes_at",
  paymentMinutes: "payment_window_s",
  hasWaitlist: "waitlist",
  mode: "admission",
  needsPass: "pass",
  passWindowS: "pass_window_s",
  agents: "agents.policy",
  agentSharePercent: "agents.share_percent",
};

/** Raised when the members of a form change: what an older page has kept would not fit. */
const version = 2;

function read(text: string | null): CampaignForm | null {
  if (text === null) return null;
  try {
    const kept = JSON.parse(text) as { readonly version: number; readonly form: CampaignForm };
    return kept.version === version ? kept.form : null;
  } catch {
    return null;
  }
}
