/** What the risk desk may do: nothing, judge, or refuse. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { type RiskMode, riskModes } from "../../../domain/controls.ts";
import { Button, Tag } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import type { Controls } from "../../shared/wire.ts";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { modeMeaning, modeTitle } from "../parts/switch-words.ts";
import { may } from "../session.ts";
import { changeControls } from "./controls.ts";

const words = wordsOf({
  title: ["Risk desk", "风控模式"],
  now: ["Now", "当前"],
  choose: ["Choose", "切换"],
  chooseOf: [(mode: string) => `Choose ${mode}`, (mode: string) => `切换为${mode}`],
  chooseMode: [(mode: string) => `Risk desk: ${mode}`, (mode: string) => `风控模式：${mode}`],
  everybody: ["It holds in all campaigns within a second.", "一秒内对所有活动生效。"],
});

export function RiskModeCard({ controls }: { controls: Controls }): JSX.Element {
  const asked = useSignal<RiskMode | null>(null);
  return (
    <section class="stack" aria-labelledby="risk-mode-title">
      <h2 id="risk-mode-title">{words.title}</h2>
      <ul class="card limits">
        {riskModes.map((mode) => (
          <li key={mode} data-mode={mode}>
            <div>
              <h3>{modeTitle(mode)}</h3>
              <p class="small muted">{modeMeaning(mode)}</p>
            </div>
            <span role="status">{controls.risk_mode === mode && <Tag tone="good">{words.now}</Tag>}</span>
            {may("operator") && controls.risk_mode !== mode && (
              <Button size="small" label={words.chooseOf(modeTitle(mode))} onPress={() => (asked.value = mode)}>
                {words.choose}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {asked.value !== null && (
        <ConfirmDialog
          title={words.chooseMode(modeTitle(asked.value))}
          action={words.choose}
          kind={asked.value === "enforce" ? "danger" : "primary"}
          onConfirm={() => changeControls({ risk_mode: asked.value ?? "record" })}
          onClose={() => (asked.value = null)}
          consequence={
            <>
              {" "}
              <p>{modeMeaning(asked.value)}</p>
              <p>{words.everybody}</p>
            </>
          }
        />
      )}
    </section>
  );
}
