/** Of a new campaign: who may buy, with the consequences of each way in plain words, and what is asked at the door. */
import { admissionModes, challengeKinds } from "../../../domain/admission.ts";
import { agentPolicies } from "../../../domain/agents.ts";
import { limits } from "../../../domain/limits.ts";
import { wordsOf } from "../../shared/language.ts";
import {
  admissionRules,
  admissionWords,
  agentPolicyWords,
  agentRules,
  challengeRules,
  challengeWords,
} from "../parts/campaign-words.ts";
import { Check, Choices } from "../parts/choices.tsx";
import { usesChallenge, usesPassWindow } from "./campaign-draft.ts";
import type { FormState } from "./campaign-form.ts";
import { CampaignText, errorOf } from "./form-fields.tsx";

const words = wordsOf({
  title: ["Who may buy?", "谁能买？"],
  admission: ["Admission", "入场方式"],
  hint: [
    "A sale to whoever asks first sells to programs. This cannot be changed once it is published.",
    "先到先得的活动往往卖给了程序。发布后不能更改。",
  ],
  pass: ["Only with a pass", "凭通行证购买"],
  passMeaning: [
    "Buyers get a signed pass after the opening, nobody has one before. Links and scripts that were prepared in advance do not work.",
    "开售后才发放签名通行证，事先没有人拿得到。提前准备的链接和脚本都没有用。",
  ],
  passWindow: ["Seconds for which a pass is good", "通行证有效期（秒）"],
  passWindowHint: [
    `From ${limits.passWindowSMin} to ${limits.passWindowSMax}. Long enough to choose and click, short enough that the next does not wait in vain.`,
    `${limits.passWindowSMin} 到 ${limits.passWindowSMax}。够挑选和点击即可，太长会让后面的人白等。`,
  ],
  challenge: ["To be solved before", "入场前的验证"],
  challengeOpen: [
    "For a challenge, let buyers in with a pass, by a queue or by a draw: it is solved at that door.",
    "要求验证需选用通行证、排队或抽签：验证在入场时进行。",
  ],
  agents: ["Agents", "智能体"],
  agentsHint: [
    "Software that buys in a buyer's name. Who hands their own sign-in to a program cannot be told from a person.",
    "代替买家下单的软件。买家若把自己的登录凭据交给程序，则无法与真人区分。",
  ],
  agentShare: ["Percent of each item for agents", "每款商品留给智能体的比例（%）"],
  agentShareHint: ["Rounded down to whole units; people may buy everything.", "向下取整到整件；真人买家不受此限制。"],
  waitlist: ["Waitlist", "候补"],
  waitlistMeaning: [
    "When it is sold out, buyers may wait. Units that come back go to the first in line, not to the quickest.",
    "售罄后买家可以候补。退回的商品按顺序给候补的人，而不是手快的人。",
  ],
  waitlistQueue: ["No separate waitlist: the queue is the line.", "无需另设候补：排队本身就是队伍。"],
  waitlistDraw: [
    "Who is not drawn stays on the list: what is not paid goes to the next.",
    "未中签的人自动候补：未付款的名额顺延给下一位。",
  ],
});

export function CampaignFormAdmission({ state }: { state: FormState }) {
  const form = state.form.value;
  return (
    <section class="card stack">
      <h2>{words.title}</h2>
      <Choices
        legend={words.admission}
        hint={words.hint}
        choices={admissionModes.map((value) => ({
          value,
          name: admissionWords[value],
          meaning: admissionRules[value],
        }))}
        chosen={form.mode}
        onChoose={(mode) => state.change({ mode })}
      />
      {form.mode === "open" && (
        <Check
          name={words.pass}
          meaning={words.passMeaning}
          isOn={form.needsPass}
          onChange={(needsPass) => state.change({ needsPass })}
        />
      )}
      {usesPassWindow(form) && (
        <CampaignText
          state={state}
          member="passWindowS"
          field="pass_window_s"
          label={words.passWindow}
          hint={words.passWindowHint}
          input={{ inputMode: "numeric" }}
        />
      )}
      {usesChallenge(form) ? (
        <Choices
          legend={words.challenge}
          choices={challengeKinds.map((value) => ({
            value,
            name: challengeWords[value],
            meaning: challengeRules[value],
          }))}
          chosen={form.challenge}
          onChoose={(challenge) => state.change({ challenge })}
          error={errorOf(state, "challenge")}
        />
      ) : (
        <p class="hint">{words.challengeOpen}</p>
      )}
      {form.mode === "open" ? (
        <Check
          name={words.waitlist}
          meaning={words.waitlistMeaning}
          isOn={form.hasWaitlist}
          onChange={(hasWaitlist) => state.change({ hasWaitlist })}
        />
      ) : (
        <p class="hint">{form.mode === "queue" ? words.waitlistQueue : words.waitlistDraw}</p>
      )}
      <Choices
        legend={words.agents}
        hint={words.agentsHint}
        choices={agentPolicies.map((value) => ({ value, name: agentPolicyWords[value], meaning: agentRules[value] }))}
        chosen={form.agents}
        onChoose={(agents) => state.change({ agents })}
        error={errorOf(state, "agents.policy")}
      />
      {form.agents === "share" && (
        <CampaignText
          state={state}
          member="agentSharePercent"
          field="agents.share_percent"
          label={words.agentShare}
          hint={words.agentShareHint}
          input={{ inputMode: "numeric" }}
        />
      )}
    </section>
  );
}
