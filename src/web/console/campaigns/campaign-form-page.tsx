/**
 * /console/campaigns/new: makes a campaign, from nothing or with ?from= from another one. It explains and checks while
 * one types, shows what buyers will see, and asks once more before anything is public. What was typed is never lost: not
 * by a refusal, a reload or a connection that fails.
 */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Refusal } from "../../shared/api.ts";
import { serverNow } from "../../shared/clock.ts";
import { Button, Dialog, Notice } from "../../shared/elements.tsx";
import { fullMoment } from "../../shared/format.ts";
import { language, wordsOf } from "../../shared/language.ts";
import type { Campaign } from "../../shared/wire.ts";
import { CampaignSummary } from "../parts/campaign-summary.tsx";
import type { CampaignBody } from "../parts/campaign-wire.ts";
import { Refused } from "../parts/refused.tsx";
import { api, may } from "../session.ts";
import { announce } from "./campaign-arrival.ts";
import { bodyOf, type CampaignForm, emptyForm, formOf } from "./campaign-draft.ts";
import { type FormState, formState } from "./campaign-form.ts";
import { CampaignFormAdmission } from "./campaign-form-admission.tsx";
import { CampaignFormBasics, CampaignFormWindow } from "./campaign-form-basics.tsx";
import { CampaignFormOffers } from "./campaign-form-offers.tsx";
import { CampaignPreview } from "./campaign-preview.tsx";
import { findSaved, publishSaved, type Saved, saveCampaign } from "./campaign-saving.ts";

const words = wordsOf({
  title: ["New campaign", "新建活动"],
  duplicateOf: [(title: string) => `Duplicate of “${title}”`, (title: string) => `复制自“${title}”`],
  back: ["All campaigns", "全部活动"],
  notAllowed: [
    "Your role may look at campaigns, not make them. Ask an administrator.",
    "你的角色只能查看活动，不能新建。请联系管理员。",
  ],
  loading: ["Loading…", "加载中…"],
  kept: ["What you typed before is still here.", "之前填写的内容还在。"],
  reset: ["Start over", "重新填写"],
  wrong: [
    (count: number) => (count === 1 ? "One field needs a look." : `${count} fields need a look.`),
    (count: number) => `有 ${count} 处需要检查。`,
  ],
  toFirst: ["Go to the first", "查看第一处"],
  publishNow: ["Publish and open now…", "发布并立即开始…"],
  schedule: ["Schedule…", "定时发布…"],
  draft: ["Save as draft", "存为草稿"],
  draftHint: [
    "Drafts are seen by operators alone. A draft cannot be edited: duplicate it and change the copy.",
    "草稿只有运营人员可见。草稿不能修改，可复制后再改。",
  ],
  confirmNow: ["Publish and open now?", "发布并立即开始？"],
  confirmSchedule: [(time: string) => `Publish, to open ${time}?`, (time: string) => `发布，${time} 开始？`],
  publish: ["Publish", "发布"],
  unknown: [
    "The connection failed before the answer came: it may have been saved, or not.",
    "在收到答复前连接中断：可能已保存，也可能没有。",
  ],
  look: ["Find out", "查一下"],
  notSaved: ["It was not saved. Nothing is lost: save it again.", "没有保存成功。内容都还在，请重新保存。"],
});

export function CampaignFormPage() {
  const { query } = useLocation();
  const from = query["from"] ?? null;
  const beginning = useSignal<{ readonly form: CampaignForm; readonly of: Campaign | null } | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const load = async () => {
    refusal.value = null;
    if (from === null) {
      beginning.value = { form: emptyForm(language.peek() === "zh" ? "CNY" : "USD"), of: null };
      return;
    }
    const answer = await api<Campaign>(`/v1/campaigns/${encodeURIComponent(from)}`);
    if (answer.isOk) beginning.value = { form: formOf(answer.value, serverNow()), of: answer.value };
    else refusal.value = answer;
  };
  useEffect(() => {
    beginning.value = null;
    void load();
  }, [from]);

  return (
    <div class="stack campaigns">
      <a class="small" href="/console/campaigns">
        ← {words.back}
      </a>
      <h1>{beginning.value?.of ? words.duplicateOf(beginning.value.of.title) : words.title}</h1>
      {!may("operator") ? (
        <Notice tone="warn">{words.notAllowed}</Notice>
      ) : refusal.value !== null ? (
        <Refused refusal={refusal.value} onAgain={() => void load()} />
      ) : beginning.value === null ? (
        <p role="status">{words.loading}</p>
      ) : (
        <FilledForm key={from ?? "new"} name={`campaign-form.${from ?? "new"}`} beginning={beginning.value.form} />
      )}
    </div>
  );
}

function FilledForm({ name, beginning }: { name: string; beginning: CampaignForm }) {
  const state = useMemo(() => formState(name, beginning, serverNow), []);
  const wasKept = useMemo(() => state.isChanged.peek(), []);
  const form = useRef<HTMLFormElement>(null);
  const isKeptShown = useSignal(wasKept);
  return (
    <form class="campaign-form" ref={form} noValidate onSubmit={(event) => event.preventDefault()}>
      <datalist id="currencies">
        {["CNY", "HKD", "TWD", "JPY", "KRW", "SGD", "USD", "EUR", "GBP"].map((code) => (
          <option key={code} value={code} />
        ))}
      </datalist>
      <div class="stack fields">
        {isKeptShown.value && (
          <Notice>
            <div class="row spread">
              <span>{words.kept}</span>
              <Button
                size="small"
                onPress={() => {
                  state.reset();
                  isKeptShown.value = false;
                  form.current?.querySelector<HTMLElement>("[data-field=title]")?.focus();
                }}
              >
                {words.reset}
              </Button>
            </div>
          </Notice>
        )}
        <CampaignFormBasics state={state} />
        <CampaignFormWindow state={state} />
        <CampaignFormOffers state={state} />
        <CampaignFormAdmission state={state} />
      </div>
      <aside class="beside">
        <CampaignPreview form={state.form.value} />
      </aside>
      <FormActions state={state} focus={(field) => focusField(form.current, field)} />
    </form>
  );
}

/** Brings somebody to a field: its section is opened where it is folded away. */
function focusField(form: HTMLFormElement | null, field: string): void {
  const found = form?.querySelector<HTMLElement>(`[data-field="${CSS.escape(field)}"]`);
  const folded = found?.closest("details");
  if (folded) folded.open = true;
  found?.focus();
}

/** Fields that say themselves what is wrong with them. */
function hasField(field: string): boolean {
  return /^(title|description|opens_at|closes_at|payment_window_s|pass_window_s|challenge|offers\[\d+\]\.\w+)$/.test(
    field,
  );
}

/** Whether a refusal has something to say that no field says. */
function isToldHere({ code, errors }: Refusal): boolean {
  return code !== "invalid" || errors.length === 0 || errors.some(({ field }) => !hasField(field));
}

interface FormActionsProps {
  readonly state: FormState;
  readonly focus: (field: string) => void;
}

function FormActions({ state, focus }: FormActionsProps) {
  const { route } = useLocation();
  const confirmed = useSignal<CampaignBody | null>(null);
  const busy = useSignal<"draft" | "publish" | null>(null);
  const refusal = useSignal<Refusal | null>(null);
  const lost = useSignal<{ readonly body: CampaignBody; readonly atMs: number; readonly isPublished: boolean } | null>(
    null,
  );
  const isNotSaved = useSignal(false);
  const actions = useRef<HTMLElement>(null);
  const { opens, opensAt } = state.form.value;
  const isScheduled = opens === "at" && Date.parse(opensAt) > serverNow();
  const shownErrors = [...state.problems.value, ...state.serverErrors.value];

  /** The body, unless something is wrong: then the reader is brought to the first of it. */
  const checked = (): CampaignBody | null => {
    state.isTried.value = true;
    const [first] = state.problems.peek();
    if (first === undefined) return bodyOf(state.form.peek());
    focus(first.field);
    return null;
  };

  const settle = (saved: Saved, body: CampaignBody, atMs: number, isPublished: boolean) => {
    busy.value = null;
    confirmed.value = null;
    lost.value = null;
    switch (saved.outcome) {
      case "saved":
      case "not_published":
        state.forget();
        announce(saved.campaign.id, saved.outcome === "saved" ? null : saved.refusal);
        route(`/console/campaigns/${saved.campaign.id}`);
        return;
      case "unknown":
        lost.value = { body, atMs, isPublished };
        setTimeout(() => actions.current?.focus()); // once the dialog is gone
        return;
      case "refused": {
        refusal.value = saved.refusal;
        state.serverErrors.value = saved.refusal.errors;
        const [first] = saved.refusal.errors;
        if (first !== undefined) setTimeout(() => focus(first.field));
      }
    }
  };

  const save = async (body: CampaignBody, isPublished: boolean) => {
    refusal.value = null;
    isNotSaved.value = false;
    busy.value = isPublished ? "publish" : "draft";
    const atMs = serverNow();
    settle(await saveCampaign(body, isPublished), body, atMs, isPublished);
  };

  const look = async () => {
    const sent = lost.peek();
    if (sent === null) return;
    busy.value = "draft";
    const found = await findSaved(sent.body, sent.atMs);
    busy.value = null;
    if (!found.isOk) return;
    if (found.value === null) {
      lost.value = null;
      isNotSaved.value = true;
      return;
    }
    const saved: Saved = sent.isPublished
      ? await publishSaved(found.value)
      : { outcome: "saved", campaign: found.value };
    settle(saved, sent.body, sent.atMs, sent.isPublished);
  };

  return (
    <section class="card stack actions" ref={actions} tabIndex={-1}>
      {state.isTried.value && shownErrors.length > 0 && (
        <Notice tone="bad" isLive>
          <div class="row spread">
            <span>{words.wrong(shownErrors.length)}</span>
            <Button size="small" onPress={() => focus(shownErrors[0]?.field ?? "title")}>
              {words.toFirst}
            </Button>
          </div>
        </Notice>
      )}
      {refusal.value !== null && isToldHere(refusal.value) && (
        <Refused refusal={{ ...refusal.value, errors: refusal.value.errors.filter(({ field }) => !hasField(field)) }} />
      )}
      {isNotSaved.value && (
        <Notice tone="warn" isLive>
          {words.notSaved}
        </Notice>
      )}
      {lost.value !== null ? (
        <Notice tone="warn" isLive>
          <p>{words.unknown}</p>
          <div>
            <Button isBusy={busy.value !== null} onPress={() => void look()}>
              {words.look}
            </Button>
          </div>
        </Notice>
      ) : (
        <div class="row">
          <Button
            kind="primary"
            onPress={() => {
              confirmed.value = checked();
            }}
          >
            {isScheduled ? words.schedule : words.publishNow}
          </Button>
          <Button
            isBusy={busy.value === "draft"}
            onPress={() => {
              const body = checked();
              if (body !== null) void save(body, false);
            }}
          >
            {words.draft}
          </Button>
        </div>
      )}
      <p class="hint">{words.draftHint}</p>
      {confirmed.value !== null && (
        <Dialog
          title={isScheduled ? words.confirmSchedule(fullMoment(opensAt)) : words.confirmNow}
          onClose={() => {
            confirmed.value = null;
          }}
          actions={
            <Button
              kind="primary"
              isBusy={busy.value === "publish"}
              onPress={() => {
                if (confirmed.value !== null) void save(confirmed.value, true);
              }}
            >
              {words.publish}
            </Button>
          }
        >
          <CampaignSummary body={confirmed.value} />
        </Dialog>
      )}
    </section>
  );
}
