/** The rate limits: what each counts, what holds, and changing it: so many attempts in so many seconds, or off. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { type RateLimitName, rateLimitNames } from "../../../domain/controls.ts";
import { limits } from "../../../domain/limits.ts";
import { Button, Tag } from "../../shared/elements.tsx";
import { count } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Controls } from "../../shared/wire.ts";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { SignalField } from "../parts/signal-field.tsx";
import { limitMeaning, limitTitle } from "../parts/switch-words.ts";
import { may } from "../session.ts";
import { changeControls, type Limit, limitOf } from "./controls.ts";

const words = wordsOf({
  holds: [
    (quota: string, window: string) => `${quota} in ${window} s`,
    (quota: string, window: string) => `${window} 秒 ${quota} 次`,
  ],
  off: ["Off", "不限"],
  change: ["Change", "修改"],
  changeOf: [(name: string) => `Change the limit: ${name}`, (name: string) => `修改限流：${name}`],
  isOn: ["Limited", "启用限流"],
  quota: ["Attempts", "次数"],
  window: ["in so many seconds", "时间窗（秒）"],
  wrong: [(most: string) => `Give a whole number from 1 to ${most}.`, (most: string) => `请输入 1 至 ${most} 的整数。`],
  save: ["Set", "保存"],
  burst: [
    "All of it may be used at once; then one attempt is free again whenever its share of the time has passed. It holds for everybody within a second.",
    "可以一次用完，之后按比例逐次恢复。一秒内对所有人生效。",
  ],
});

export function LimitTable({ controls }: { controls: Controls }): JSX.Element {
  const asked = useSignal<RateLimitName | null>(null);
  return (
    <>
      <ul class="card limits">
        {rateLimitNames.map((name) => {
          const limit = limitOf(controls, name);
          return (
            <li key={name} data-limit={name}>
              <div>
                <h3>{limitTitle(name)}</h3>
                <p class="small muted">{limitMeaning(name)}</p>
              </div>
              <span role="status">
                <Tag tone={limit === null ? "plain" : "good"}>
                  {limit === null ? words.off : words.holds(count(limit.quota), count(limit.window_s))}
                </Tag>
              </span>
              {may("operator") && (
                <Button size="small" label={words.changeOf(limitTitle(name))} onPress={() => (asked.value = name)}>
                  {words.change}
                </Button>
              )}
            </li>
          );
        })}
      </ul>
      {asked.value !== null && (
        <ChangeLimit name={asked.value} limit={limitOf(controls, asked.value)} onClose={() => (asked.value = null)} />
      )}
    </>
  );
}

interface ChangeLimitProps {
  readonly name: RateLimitName;
  readonly limit: Limit | null;
  readonly onClose: () => void;
}

function ChangeLimit({ name, limit, onClose }: ChangeLimitProps) {
  const isOn = useSignal(limit !== null);
  const quota = useSignal(String(limit?.quota ?? 50));
  const windowS = useSignal(String(limit?.window_s ?? 10));
  const [quotaMax, windowMax] = [limits.rateLimitQuotaMax, limits.rateLimitWindowSMax];
  const wanted = { quota: wholeOf(quota.value, quotaMax), window_s: wholeOf(windowS.value, windowMax) };
  const isGood = !isOn.value || (wanted.quota !== null && wanted.window_s !== null);
  const next = isOn.value ? (wanted as Limit) : null;
  const fields = [
    [words.quota, quota, wanted.quota, quotaMax],
    [words.window, windowS, wanted.window_s, windowMax],
  ] as const;
  return (
    <ConfirmDialog
      title={words.changeOf(limitTitle(name))}
      action={words.save}
      isDisabled={!isGood}
      onConfirm={() => changeControls({ rate_limits: { [name]: next } })}
      onClose={onClose}
      consequence={
        <>
          {" "}
          <p>{limitMeaning(name)}</p>
          <label class="row">
            <input
              type="checkbox"
              checked={isOn.value}
              onChange={(event) => {
                isOn.value = event.currentTarget.checked;
              }}
            />
            {words.isOn}
          </label>
          {isOn.value && (
            <div class="limit-fields">
              {fields.map(([label, text, value, most]) => (
                <SignalField
                  key={label}
                  label={label}
                  error={value === null ? words.wrong(count(most)) : undefined}
                  text={text}
                  input={{ inputMode: "numeric", autocomplete: "off" }}
                />
              ))}
            </div>
          )}
          {isOn.value && <p class="small muted">{words.burst}</p>}
        </>
      }
    />
  );
}

function wholeOf(text: string, most: number): number | null {
  const plain = text.trim().replaceAll(",", "");
  const value = Number(plain);
  return /^\d{1,9}$/.test(plain) && value >= 1 && value <= most ? value : null;
}
