/** /console/switches: plan B. What can be switched off, limited or made stricter while the sale runs, and who will notice. */
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { switchNames } from "../../../domain/controls.ts";
import { Notice } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import { Refused } from "../parts/refused.tsx";
import { watchCampaigns } from "../parts/sale.ts";
import { may } from "../session.ts";
import { controls, controlsFailure, followControls } from "./controls.ts";
import { LimitTable } from "./limit-table.tsx";
import { RiskModeCard } from "./risk-mode-card.tsx";
import { SwitchCard } from "./switch-card.tsx";

const words = wordsOf({
  title: ["Switches", "开关"],
  lead: [
    "Plan B: each holds on the whole server within a second, stays on over a restart, and stands in the audit log.",
    "应急手段：一秒内全站生效，重启后仍保持，并记入审计日志。",
  ],
  viewer: ["You can look; switching needs the role operator.", "你可以查看；操作需要运营权限。"],
  switches: ["Functions", "功能开关"],
  limits: ["How often buyers may try", "限流"],
  loading: ["Looking…", "正在读取…"],
});

export function SwitchesPage(): JSX.Element {
  useEffect(watchCampaigns, []);
  useEffect(followControls, []);
  const known = controls.value;
  return (
    <div class="switches stack">
      <header class="stack">
        <h1>{words.title}</h1>
        <p class="muted">{words.lead}</p>
        {!may("operator") && <Notice>{words.viewer}</Notice>}
      </header>
      <Refused refusal={controlsFailure.value} />
      {known === null && controlsFailure.value === null && <p>{words.loading}</p>}
      {known !== null && (
        <>
          <section class="stack" aria-labelledby="switches-title">
            <h2 id="switches-title">{words.switches}</h2>
            <div class="switch-cards">
              {switchNames.map((name) => (
                <SwitchCard key={name} name={name} controls={known} />
              ))}
            </div>
          </section>
          <section class="stack" aria-labelledby="limits-title">
            <h2 id="limits-title">{words.limits}</h2>
            <LimitTable controls={known} />
          </section>
          <RiskModeCard controls={known} />
        </>
      )}
    </div>
  );
}
