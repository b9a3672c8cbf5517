/** One webhook: how it stands, in words, and what can be done with it. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { Refusal } from "../../shared/api.ts";
import { now } from "../../shared/clock.ts";
import { Button, Tag } from "../../shared/elements.tsx";
import { count, moment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { DeliveryList, Webhook, WebhookWithSecret } from "../../shared/wire.ts";
import { addressWith } from "../parts/address.ts";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { useLoaded } from "../parts/loaded.ts";
import type { Outcome } from "../parts/notes.tsx";
import { api } from "../session.ts";
import { WebhookDialog } from "./webhook-form.tsx";

const words = wordsOf({
  all: ["all events", "全部事件"],
  on: ["On", "启用"],
  off: ["Off", "停用"],
  failing: ["Failing", "投递失败"],
  types: ["Events", "事件"],
  upTo: ["Delivered up to", "已投递至"],
  upToIs: [(at: string, seq: string) => `${at} (event ${seq})`, (at: string, seq: string) => `${at}（事件 ${seq}）`],
  pending: ["Waiting to be tried again", "等待重试"],
  dead: ["Given up", "已放弃"],
  last: ["Last failure", "最近一次失败"],
  rotated: ["Secret changed", "密钥更换于"],
  change: ["Change", "修改"],
  turnOn: ["Turn on", "启用"],
  turnOff: ["Turn off", "停用"],
  rotate: ["New secret", "更换密钥"],
  remove: ["Delete", "删除"],
  deliveries: ["Deliveries", "投递记录"],
  changeAsk: ["Change this webhook", "修改此 Webhook"],
  offAsk: ["Turn this webhook off?", "停用此 Webhook？"],
  offWill: [
    "Nothing is sent to it; events wait, and go out when it is turned on again.",
    "不再发送；事件会等待，重新启用后继续投递。",
  ],
  onAsk: ["Turn this webhook on?", "启用此 Webhook？"],
  onWill: ["Everything that has waited is sent now, in its order.", "等待中的事件会立即按顺序发送。"],
  rotateAsk: ["Make a new secret?", "更换密钥？"],
  rotateWill: [
    "You see the new secret once. For a day both sign, so that the receiver can change over without losing an event; then the old one is worth nothing.",
    "新密钥只显示一次。一天内新旧密钥同时签名，便于接收方切换；之后旧密钥失效。",
  ],
  removeAsk: ["Delete this webhook?", "删除此 Webhook？"],
  removeWill: [
    "Nothing is sent there any more, and what waits or was given up is forgotten. A new one begins with what happens then.",
    "不再向其发送任何事件，等待中和已放弃的投递也会被清除。新建的只会收到之后的事件。",
  ],
  changed: ["Changed.", "已修改。"],
  turnedOn: ["Turned on.", "已启用。"],
  turnedOff: ["Turned off. Events wait.", "已停用，事件等待中。"],
  removed: ["Deleted.", "已删除。"],
});

type Question = "change" | "switch" | "rotate" | "remove";

interface WebhookCardProps {
  readonly webhook: Webhook;
  readonly outcome: Outcome;
  readonly onSecret: (secret: string) => void;
  readonly onChanged: () => void;
}

export function WebhookCard({ webhook, outcome, onSecret, onChanged }: WebhookCardProps): JSX.Element {
  const asking = useSignal<Question | null>(null);
  const { id, url, enabled } = webhook;
  const path = `/v1/webhooks/${id}`;
  const close = () => {
    asking.value = null;
  };
  const open = (question: Question) => () => {
    outcome.forget();
    asking.value = question;
  };
  const act = async (step: string, body: object | undefined, done: string): Promise<Refusal | null> => {
    const answer = await api<Webhook>(path + step, { method: "POST", body });
    if (!answer.isOk) return answer;
    outcome.say(done);
    onChanged();
    return null;
  };
  const rotate = async (): Promise<Refusal | null> => {
    const answer = await api<WebhookWithSecret>(`${path}/rotate`, { method: "POST" });
    if (!answer.isOk) return answer;
    onSecret(answer.value.secret);
    onChanged();
    return null;
  };
  return (
    <article class="card stack" aria-label={url}>
      <div class="row spread">
        <h2>{url}</h2>
        <StatusTag webhook={webhook} />
      </div>
      <WebhookFacts webhook={webhook} />
      <div class="row">
        <a class="button small" href={addressWith("/console/webhooks", { webhook: id })}>
          {words.deliveries}
        </a>
        <Button size="small" onPress={open("change")}>
          {words.change}
        </Button>
        <Button size="small" onPress={open("switch")}>
          {enabled ? words.turnOff : words.turnOn}
        </Button>
        <Button size="small" onPress={open("rotate")}>
          {words.rotate}
        </Button>
        <Button size="small" kind="danger" onPress={open("remove")}>
          {words.remove}
        </Button>
      </div>
      {asking.value === "change" && (
        <WebhookDialog
          title={words.changeAsk}
          action={words.change}
          isNew={false}
          start={webhook}
          onSend={async (body) => {
            const answer = await api<Webhook>(path, { method: "POST", body });
            if (answer.isOk) {
              outcome.say(words.changed);
              onChanged();
            }
            return answer;
          }}
          onClose={close}
        />
      )}
      {asking.value === "switch" && (
        <ConfirmDialog
          title={enabled ? words.offAsk : words.onAsk}
          consequence={<p>{enabled ? words.offWill : words.onWill}</p>}
          action={enabled ? words.turnOff : words.turnOn}
          onConfirm={() => act("", { enabled: !enabled }, enabled ? words.turnedOff : words.turnedOn)}
          onClose={close}
        />
      )}
      {asking.value === "rotate" && (
        <ConfirmDialog
          title={words.rotateAsk}
          consequence={<p>{words.rotateWill}</p>}
          action={words.rotate}
          onConfirm={rotate}
          onClose={close}
        />
      )}
      {asking.value === "remove" && (
        <ConfirmDialog
          title={words.removeAsk}
          consequence={
            <>
              <p class="mono small">{url}</p>
              <p>{words.removeWill}</p>
            </>
          }
          action={words.remove}
          kind="danger"
          onConfirm={() => act("/delete", undefined, words.removed)}
          onClose={close}
        />
      )}
    </article>
  );
}

function StatusTag({ webhook: { enabled, pending, dead } }: { webhook: Webhook }): JSX.Element {
  if (!enabled) return <Tag>{words.off}</Tag>;
  return pending + dead > 0 ? <Tag tone="warn">{words.failing}</Tag> : <Tag tone="good">{words.on}</Tag>;
}

function WebhookFacts({ webhook }: { webhook: Webhook }): JSX.Element {
  const { types, delivered_up_to_seq: seq, delivered_up_to_at: at, pending, dead, rotated_at: rotatedAt } = webhook;
  return (
    <dl class="facts">
      <div>
        <dt>{words.types}</dt>
        <dd>{types === null ? words.all : <span class="mono small">{types.join(", ")}</span>}</dd>
      </div>
      <div>
        <dt>{words.upTo}</dt>
        <dd>{words.upToIs(at === null ? "—" : moment(at, now.peek()), count(seq))}</dd>
      </div>
      <div>
        <dt>{words.pending}</dt>
        <dd>{count(pending)}</dd>
      </div>
      <div>
        <dt>{words.dead}</dt>
        <dd>{count(dead)}</dd>
      </div>
      {pending + dead > 0 && <LastFailure webhook={webhook} />}
      {rotatedAt !== null && (
        <div>
          <dt>{words.rotated}</dt>
          <dd>{moment(rotatedAt, now.peek())}</dd>
        </div>
      )}
    </dl>
  );
}

/** Of the newest event that has failed: what waits comes before what was given up. */
function LastFailure({ webhook: { id, pending } }: { webhook: Webhook }): JSX.Element | null {
  const state = pending > 0 ? "pending" : "dead";
  const path = `/v1/webhooks/${id}/deliveries?state=${state}&limit=1`;
  const loaded = useLoaded(path, (signal) => api<DeliveryList>(path, { signal }));
  const last = loaded.value.value?.deliveries[0];
  if (last === undefined) return null;
  const { last_status: status, last_error: error, last_attempt_at: at } = last;
  const what = [status, error].filter((part) => part !== null).join(" · ");
  if (what === "") return null;
  return (
    <div>
      <dt>{words.last}</dt>
      <dd>
        {what} {at !== null && <span class="muted small">{moment(at, now.peek())}</span>}
      </dd>
    </div>
  );
}
