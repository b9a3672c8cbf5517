/** One switch: what it does, where it is on, and throwing it for everything or for one campaign. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { isCampaignSwitch, type SwitchName } from "../../../domain/controls.ts";
import { Button, Field, Tag } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import type { Controls } from "../../shared/wire.ts";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { campaigns } from "../parts/sale.ts";
import { switchMeaning, switchTitle } from "../parts/switch-words.ts";
import { may } from "../session.ts";
import { changeControls } from "./controls.ts";

const words = wordsOf({
  off: ["Off", "关"],
  onForAll: ["On for everything", "全站开启"],
  onForSome: [(amount: number) => `On for ${amount}`, (amount: number) => `${amount} 个活动开启`],
  turnOn: ["Switch on", "打开"],
  turnOff: ["Switch off", "关闭"],
  forOne: ["For one campaign…", "仅对某个活动…"],
  offFor: [(title: string) => `Switch off for ${title}`, (title: string) => `对“${title}”关闭`],
  forAllTitle: [(name: string) => `${name}: everything`, (name: string) => `${name}：全站`],
  forOneTitle: [(name: string) => `${name}: one campaign`, (name: string) => `${name}：单个活动`],
  campaign: ["Campaign", "活动"],
  affectsAll: [
    (running: number) => `For everything: all campaigns, ${running} of them open or soon.`,
    (running: number) => `影响全站：所有活动，其中 ${running} 个进行中或即将开始。`,
  ],
  affectsOne: [(title: string) => `For ${title} alone.`, (title: string) => `仅影响“${title}”。`],
  back: ["Everything goes on as before, at once.", "立即恢复正常。"],
  stillOn: [
    (amount: number) => `It stays on for ${amount} single campaigns.`,
    (amount: number) => `仍对 ${amount} 个单独设置的活动保持开启。`,
  ],
  noCampaign: ["There is no campaign for it.", "没有可选的活动。"],
  list: [(name: string) => `Campaigns for which "${name}" is on`, (name: string) => `已开启“${name}”的活动`],
});

/** What is asked for: on or off, everywhere (`null`), for one that is known, or for one to be chosen. */
type Asked = { readonly on: boolean; readonly where: string | null | "choose" };

export function SwitchCard({ name, controls }: { name: SwitchName; controls: Controls }): JSX.Element {
  const asked = useSignal<Asked | null>(null);
  const on = controls.switches_on.filter((one) => one.name === name);
  const isOnForAll = on.some(({ campaign_id }) => campaign_id === null);
  const single = on.flatMap(({ campaign_id }) => (campaign_id === null ? [] : [campaign_id]));
  const mayThrow = may("operator");
  return (
    <article class={`card stack switch ${on.length > 0 ? "on" : ""}`} data-switch={name}>
      <div class="row spread">
        <h3>{switchTitle(name)}</h3>
        <span role="status">
          {isOnForAll ? (
            <Tag tone="warn">{words.onForAll}</Tag>
          ) : single.length > 0 ? (
            <Tag tone="warn">{words.onForSome(single.length)}</Tag>
          ) : (
            <Tag>{words.off}</Tag>
          )}
        </span>
      </div>
      <p class="small muted">{switchMeaning(name)}</p>
      {single.length > 0 && (
        <ul class="switch-campaigns" aria-label={words.list(switchTitle(name))}>
          {single.map((id) => (
            <li key={id} class="row spread">
              <span>{titleOf(id)}</span>
              {mayThrow && (
                <Button
                  kind="quiet"
                  size="small"
                  label={words.offFor(titleOf(id))}
                  onPress={() => (asked.value = { on: false, where: id })}
                >
                  {words.turnOff}
                </Button>
              )}
            </li>
          ))}
        </ul>
      )}
      {mayThrow && (
        <div class="row">
          <Button
            kind={isOnForAll ? "primary" : "plain"}
            label={`${isOnForAll ? words.turnOff : words.turnOn}: ${switchTitle(name)}`}
            onPress={() => (asked.value = { on: !isOnForAll, where: null })}
          >
            {isOnForAll ? words.turnOff : words.turnOn}
          </Button>
          {isCampaignSwitch(name) && (
            <Button kind="quiet" onPress={() => (asked.value = { on: true, where: "choose" })}>
              {words.forOne}
            </Button>
          )}
        </div>
      )}
      {asked.value !== null && (
        <Throw name={name} asked={asked.value} single={single} onClose={() => (asked.value = null)} />
      )}
    </article>
  );
}

interface ThrowProps {
  readonly name: SwitchName;
  readonly asked: Asked;
  readonly single: readonly string[];
  readonly onClose: () => void;
}

function Throw({ name, asked: { on, where }, single, onClose }: ThrowProps) {
  const running = (campaigns.value ?? []).filter(({ state }) => state !== "draft" && state !== "ended");
  const choices = running.filter(({ id }) => !single.includes(id));
  const chosenId = useSignal(choices[0]?.id ?? null);
  const isChoice = where === "choose";
  const campaignId = isChoice ? chosenId.value : where;
  const title = switchTitle(name);
  return (
    <ConfirmDialog
      title={where === null ? words.forAllTitle(title) : words.forOneTitle(title)}
      action={on ? words.turnOn : words.turnOff}
      kind={on ? "danger" : "primary"}
      isDisabled={isChoice && campaignId === null}
      onConfirm={() =>
        changeControls({ switches: [{ name, on, ...(campaignId === null ? {} : { campaign_id: campaignId }) }] })
      }
      onClose={onClose}
      consequence={
        <>
          {" "}
          {isChoice && choices.length === 0 && <p>{words.noCampaign}</p>}
          {isChoice && choices.length > 0 && (
            <Field label={words.campaign}>
              {(ties) => (
                <select
                  {...ties}
                  value={chosenId.value ?? ""}
                  onChange={(event) => {
                    chosenId.value = event.currentTarget.value;
                  }}
                >
                  {choices.map((campaign) => (
                    <option key={campaign.id} value={campaign.id}>
                      {campaign.title}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
          <p>{on ? switchMeaning(name) : words.back}</p>
          <p>
            <b>{campaignId === null ? words.affectsAll(running.length) : words.affectsOne(titleOf(campaignId))}</b>
            {!on && where === null && single.length > 0 && ` ${words.stillOn(single.length)}`}
          </p>
        </>
      }
    />
  );
}

function titleOf(id: string): string {
  return campaigns.value?.find((campaign) => campaign.id === id)?.title ?? id;
}
