/** Of a new campaign: what it is called and of what kind, when it opens and closes, how long buyers have for paying. */
import { campaignKinds, kindPresets } from "../../../domain/campaign.ts";
import { now } from "../../shared/clock.ts";
import { fullMoment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import { kindRules, kindWords } from "../parts/campaign-words.ts";
import { Choices } from "../parts/choices.tsx";
import { localMs, zoneName } from "../parts/local-time.ts";
import { windowOf } from "./campaign-draft.ts";
import type { FormState } from "./campaign-form.ts";
import { CampaignText, errorOf } from "./form-fields.tsx";

const words = wordsOf({
  what: ["What is it?", "活动内容"],
  title: ["Title", "标题"],
  titleHint: ["The headline that buyers read.", "买家看到的活动标题。"],
  description: ["Description", "活动说明"],
  descriptionHint: ["Plain text with line breaks. May stay empty.", "纯文本，可换行，可不填。"],
  kind: ["Kind", "类型"],
  when: ["When?", "时间"],
  opens: ["Opening", "开始"],
  opensWhenPublished: ["As soon as it is published", "发布后立即开始"],
  opensAt: ["At a set time", "定时开始"],
  closes: ["Closing", "结束"],
  closesAt: ["At a set time", "定时结束"],
  closesByKind: [
    (minutes: number) => `${minutes} minutes after the opening, as is usual for this kind`,
    (minutes: number) => `开始 ${minutes} 分钟后（此类型的默认时长）`,
  ],
  closesByHand: ["When I end it", "由我手动结束"],
  opensField: ["Opens at", "开始时间"],
  closesField: ["Closes at", "结束时间"],
  zone: [(zone: string) => `Your device's time: ${zone}`, (zone: string) => `本设备时间：${zone}`],
  soon: ["This is in the past: it will open as soon as it is published.", "该时间已过，发布后会立即开始。"],
  closesThen: [(time: string) => `Closes ${time}.`, (time: string) => `结束于 ${time}。`],
  payment: ["Minutes for paying", "付款时限（分钟）"],
  paymentHint: [
    "What is not paid by then goes back on sale, or to who waits. 15 is usual.",
    "超时未付的商品会重新出售，或给候补的人。通常为 15 分钟。",
  ],
});

export function CampaignFormBasics({ state }: { state: FormState }) {
  const { kind } = state.form.value;
  return (
    <section class="card stack">
      <h2>{words.what}</h2>
      <CampaignText state={state} member="title" field="title" label={words.title} hint={words.titleHint} />
      <CampaignText
        state={state}
        member="description"
        field="description"
        label={words.description}
        hint={words.descriptionHint}
        rows={3}
      />
      <Choices
        legend={words.kind}
        choices={[...campaignKinds, "none" as const].map((value) => ({
          value,
          name: kindWords[value],
          meaning: kindRules(value),
        }))}
        chosen={kind}
        onChoose={(chosen) => state.change({ kind: chosen })}
      />
    </section>
  );
}

export function CampaignFormWindow({ state }: { state: FormState }) {
  const form = state.form.value;
  const opensAtMs = localMs(form.opensAt);
  // To the minute: the page need not be made anew with every tick.
  const nowMs = Math.floor(now.value / 60_000) * 60_000;
  const { closesAtMs } = windowOf(form, nowMs);
  const isPast = form.opens === "at" && opensAtMs !== null && opensAtMs <= nowMs;
  const closesByKind =
    form.kind === "none" ? words.closesByHand : words.closesByKind(kindPresets[form.kind].windowMs / 60_000);
  const closingHint =
    form.closes === "by_itself" && closesAtMs !== null && !(form.opens === "at" && opensAtMs === null);
  return (
    <section class="card stack">
      <h2>{words.when}</h2>
      <div class="pair">
        <div class="stack tight">
          <Choices
            legend={words.opens}
            choices={[
              { value: "at", name: words.opensAt },
              { value: "when_published", name: words.opensWhenPublished },
            ]}
            chosen={form.opens}
            onChoose={(opens) => state.change({ opens })}
          />
          {form.opens === "at" && (
            <CampaignText
              state={state}
              member="opensAt"
              field="opens_at"
              label={words.opensField}
              hint={isPast ? words.soon : words.zone(zoneName(opensAtMs ?? nowMs))}
              input={{ type: "datetime-local" }}
            />
          )}
        </div>
        <div class="stack tight">
          <Choices
            legend={words.closes}
            choices={[
              { value: "by_itself", name: closesByKind },
              { value: "at", name: words.closesAt },
            ]}
            chosen={form.closes}
            onChoose={(closes) => state.change({ closes })}
            error={form.closes === "by_itself" ? errorOf(state, "closes_at") : undefined}
          />
          {form.closes === "at" && (
            <CampaignText
              state={state}
              member="closesAt"
              field="closes_at"
              label={words.closesField}
              hint={words.zone(zoneName(localMs(form.closesAt) ?? nowMs))}
              input={{ type: "datetime-local" }}
            />
          )}
          {closingHint && <p class="hint">{words.closesThen(fullMoment(closesAtMs))}</p>}
        </div>
      </div>
      <CampaignText
        state={state}
        member="paymentMinutes"
        field="payment_window_s"
        label={words.payment}
        hint={words.paymentHint}
        input={{ inputMode: "decimal" }}
      />
    </section>
  );
}
