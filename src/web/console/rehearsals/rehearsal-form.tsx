/** A new rehearsal: of which campaign, with how many buyers of what kind. Each setting says what it stands for. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { limits } from "../../../domain/limits.ts";
import { rehearsalDefaults, soonMs } from "../../../domain/rehearsal.ts";
import type { Rehearsal } from "../../../http/rehearsal-schemas.ts";
import type { Refusal } from "../../shared/api.ts";
import { now } from "../../shared/clock.ts";
import { Button, Field, Notice } from "../../shared/elements.tsx";
import { count } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Campaign, CampaignList } from "../../shared/wire.ts";
import { stateWords } from "../parts/campaign-words.ts";
import { wholeOf } from "../parts/field-rules.ts";
import { ruleText } from "../parts/field-words.ts";
import { Refused } from "../parts/refused.tsx";
import { api } from "../session.ts";

const words = wordsOf({
  besideSale: [
    (titles: string) => `Open, or soon to open: ${titles}. A rehearsal makes buyers wait longer there.`,
    (titles: string) => `正在进行或即将开始：${titles}。此时演练会拖慢真实买家。`,
  ],
  besideSaleTick: ["I know, and rehearse all the same", "我已了解，仍要演练"],
  tickFirst: ["Tick this to start it.", "勾选后才能开始。"],
  comma: [", ", "、"],
  toRunning: ["To the one that runs", "查看进行中的演练"],
  title: ["New rehearsal", "新的演练"],
  what: [
    "Simulated buyers rush at a copy of the campaign in a server of its own, with the same rules, limits and switches. Nothing of it touches real stock, orders or money. It takes a share of this machine: do not rehearse while a sale runs.",
    "模拟买家会冲击活动的副本，运行在单独的服务中，规则、限额和开关与真实一致，不影响真实库存、订单和资金。演练会占用本机资源，请勿在活动进行时演练。",
  ],
  campaign: ["Campaign", "活动"],
  choose: ["Choose one", "请选择"],
  noCampaigns: ["There is no campaign to rehearse. Make one first.", "还没有可演练的活动，请先新建。"],
  buyers: ["Buyers", "买家人数"],
  buyersHint: [
    `As many as you expect, people and scalpers together: ${limits.rehearsalBuyersMax} at most.`,
    `按预期人数填写，包括真人和黄牛，最多 ${limits.rehearsalBuyersMax}。`,
  ],
  scalpers: ["Scalpers' accounts, percent", "黄牛账号占比（%）"],
  scalpersHint: ["They click at once, again and again, as programs do.", "像程序一样，开售瞬间反复点击。"],
  failures: ["Orders that are not paid, percent", "不付款的订单占比（%）"],
  failuresHint: ["Their units go back on sale, or to who waits.", "这些商品会重新出售或给候补的人。"],
  rush: ["Seconds over which people arrive", "进场时长（秒）"],
  rushHint: ["Around the opening. The shorter, the harder.", "集中在开售前后，越短压力越大。"],
  seed: ["Seed", "随机种子"],
  seedHint: [
    "May stay empty. The same number brings the same crowd: to compare two settings.",
    "可不填。相同的数字带来相同的人群，便于对比两种设置。",
  ],
  start: ["Start the rehearsal", "开始演练"],
  running: [
    "Another rehearsal is running: one at a time. Wait until it is done, or stop it.",
    "已有演练在进行，同时只能有一个。请等待结束或停止它。",
  ],
});

type Setting = "buyers" | "scalpers_percent" | "payment_failures_percent" | "rush_s" | "seed";

const bounds: Readonly<Record<Setting, readonly [minimum: number, maximum: number]>> = {
  buyers: [1, limits.rehearsalBuyersMax],
  scalpers_percent: [0, limits.rehearsalScalpersPercentMax],
  payment_failures_percent: [0, 100],
  rush_s: [1, limits.rehearsalRushSMax],
  seed: [0, limits.rehearsalSeedMax],
};

const isSelling = ({ state, opens_at }: Campaign, nowMs: number) =>
  state === "open" || (state === "scheduled" && opens_at !== null && Date.parse(opens_at) - nowMs < soonMs);

export function RehearsalForm() {
  const { query, route } = useLocation();
  const campaigns = useSignal<readonly Campaign[] | null>(null);
  const chosen = useSignal(query["campaign"] ?? "");
  const texts = useSignal<Readonly<Record<Setting, string>>>({
    buyers: String(rehearsalDefaults.buyers),
    scalpers_percent: String(rehearsalDefaults.scalpers_percent),
    payment_failures_percent: String(rehearsalDefaults.payment_failures_percent),
    rush_s: String(rehearsalDefaults.rush_s),
    seed: "",
  });
  const isTried = useSignal(false);
  const isBusy = useSignal(false);
  const refusal = useSignal<Refusal | null>(null);
  /** Campaigns whose buyers would notice. */
  const beside = useSignal<readonly Campaign[]>([]);
  const isTaken = useSignal(false);
  const load = async (): Promise<boolean> => {
    refusal.value = null;
    const lists: (readonly Campaign[])[] = [];
    for (const only of ["", "&state=open", "&state=scheduled"]) {
      const answer = await api<CampaignList>(`/v1/campaigns?limit=${limits.pageSizeMax}${only}`);
      if (!answer.isOk) {
        refusal.value = answer;
        return false;
      }
      lists.push(answer.value.campaigns);
    }
    const [newest = [], ...selling] = lists;
    campaigns.value = newest;
    beside.value = selling.flat().filter((campaign) => isSelling(campaign, now.peek()));
    return true;
  };
  useEffect(() => void load(), []);

  const settings: readonly (readonly [name: Setting, label: string, hint: string])[] = [
    ["buyers", words.buyers, words.buyersHint],
    ["scalpers_percent", words.scalpers, words.scalpersHint],
    ["payment_failures_percent", words.failures, words.failuresHint],
    ["rush_s", words.rush, words.rushHint],
    ["seed", words.seed, words.seedHint],
  ];
  const settingOf = (name: Setting) =>
    name === "seed" && texts.value.seed.trim() === "" ? null : wholeOf(texts.value[name], ...bounds[name]);
  const start = async () => {
    isTried.value = true;
    const values = settings.map(([name]) => [name, settingOf(name)] as const);
    const isWrong = values.some(([, value]) => value !== null && typeof value !== "number");
    if (isWrong || chosen.value === "") return;
    isBusy.value = true;
    // One may have opened since.
    if (!(await load()) || (beside.value.length > 0 && !isTaken.value)) {
      isBusy.value = false;
      return;
    }
    const answer = await api<Rehearsal>(`/v1/campaigns/${chosen.value}/rehearsals`, {
      method: "POST",
      body: { ...Object.fromEntries(values.filter(([, value]) => value !== null)), beside_sale: isTaken.value },
    });
    isBusy.value = false;
    refusal.value = answer.isOk ? null : answer;
    if (answer.isOk) route(`/console/rehearsals/${answer.value.id}`);
  };
  const isUntaken = isTried.value && !isTaken.value;

  return (
    <form
      class="card stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void start();
      }}
    >
      <h2>{words.title}</h2>
      <p class="hint">{words.what}</p>
      {refusal.value !== null &&
        (refusal.value.code === "rehearsal_running" ? (
          <Notice tone="warn" isLive>
            <p>{words.running}</p>
            {typeof refusal.value.members["rehearsal_id"] === "string" && (
              <a href={`/console/rehearsals/${refusal.value.members["rehearsal_id"]}`}>{words.toRunning}</a>
            )}
          </Notice>
        ) : (
          <Refused refusal={refusal.value} onAgain={campaigns.value === null ? () => void load() : undefined} />
        ))}
      {campaigns.value?.length === 0 ? (
        <Notice>{words.noCampaigns}</Notice>
      ) : (
        <>
          <Field
            label={words.campaign}
            error={isTried.value && chosen.value === "" ? ruleText({ rule: "required" }) : undefined}
          >
            {(ties) => (
              <select
                {...ties}
                value={chosen.value}
                onChange={(event) => {
                  chosen.value = event.currentTarget.value;
                }}
              >
                <option value="">{words.choose}</option>
                {campaigns.value?.map(({ id, title, state, offers }) => (
                  <option key={id} value={id}>
                    {title} · {stateWords[state]} · {count(offers.reduce((sum, offer) => sum + offer.total, 0))}
                  </option>
                ))}
              </select>
            )}
          </Field>
          <div class="pair">
            {settings.map(([name, label, hint]) => {
              const value = settingOf(name);
              const error = value === null || typeof value === "number" ? undefined : ruleText(value);
              return (
                <Field key={name} label={label} hint={hint} error={error}>
                  {(ties) => (
                    <input
                      {...ties}
                      type="text"
                      inputMode="numeric"
                      autocomplete="off"
                      value={texts.value[name]}
                      onInput={(event) => {
                        texts.value = { ...texts.value, [name]: event.currentTarget.value };
                      }}
                    />
                  )}
                </Field>
              );
            })}
          </div>
          {beside.value.length > 0 && (
            <Notice tone="warn" isLive>
              <p>{words.besideSale(beside.value.map(({ title }) => title).join(words.comma))}</p>
              <div class="field">
                <label class="row">
                  <input
                    type="checkbox"
                    checked={isTaken.value}
                    aria-invalid={isUntaken}
                    aria-describedby={isUntaken ? "beside-sale-error" : undefined}
                    onChange={(event) => {
                      isTaken.value = event.currentTarget.checked;
                    }}
                  />
                  {words.besideSaleTick}
                </label>
                {isUntaken && (
                  <span class="error" id="beside-sale-error">
                    {words.tickFirst}
                  </span>
                )}
              </div>
            </Notice>
          )}
          <div>
            <Button kind="primary" type="submit" isBusy={isBusy.value}>
              {words.start}
            </Button>
          </div>
        </>
      )}
    </form>
  );
}
