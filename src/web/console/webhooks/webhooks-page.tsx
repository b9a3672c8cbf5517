/** /console/webhooks: where events go, how that stands, and what could not be delivered. For admins. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLocation } from "preact-iso";
import { Button, Notice } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import type { WebhookList, WebhookWithSecret } from "../../shared/wire.ts";
import { SecretOnce } from "../parts/copying.tsx";
import { useLoaded } from "../parts/loaded.ts";
import { ForAdmins, useOutcome } from "../parts/notes.tsx";
import { Refused } from "../parts/refused.tsx";
import { api } from "../session.ts";
import { WebhookCard } from "./webhook-card.tsx";
import { WebhookDeliveries } from "./webhook-deliveries.tsx";
import { WebhookDialog } from "./webhook-form.tsx";

const words = wordsOf({
  title: ["Webhooks", "回调"],
  what: [
    "Every change of the sale is posted to these addresses, signed, until they have taken it.",
    "活动中的每个变化都会签名后发送到这些地址，直到对方接收。",
  ],
  add: ["Add a webhook", "添加 Webhook"],
  addAsk: ["A new webhook", "新建 Webhook"],
  addDo: ["Add it", "添加"],
  none: ["Nobody is told of events yet.", "还没有配置 Webhook。"],
  secret: ["The webhook's secret", "Webhook 密钥"],
  secretHint: [
    "The receiver checks signatures with it: RUSHBOX_WEBHOOK_SECRET in the example of the documentation.",
    "接收方用它验证签名：对应文档示例中的 RUSHBOX_WEBHOOK_SECRET。",
  ],
  gone: ["There is no such webhook any more.", "该 Webhook 已不存在。"],
});

const askEveryMs = 4_000;

export function WebhooksPage(): JSX.Element {
  return (
    <ForAdmins title={words.title}>
      <Webhooks />
    </ForAdmins>
  );
}

function Webhooks(): JSX.Element {
  const { query } = useLocation();
  const list = useLoaded("webhooks", (signal) => api<WebhookList>("/v1/webhooks", { signal }), askEveryMs);
  const isAdding = useSignal(false);
  const secret = useSignal<string | null>(null);
  const outcome = useOutcome();
  const webhooks = list.value.value?.webhooks ?? null;
  const chosen = webhooks?.find(({ id }) => id === query["webhook"]);
  const showSecret = (made: string) => {
    secret.value = made;
  };
  return (
    <>
      {outcome.note}
      {secret.value !== null && (
        <SecretOnce
          title={words.secret}
          secret={secret.value}
          hint={words.secretHint}
          onDone={() => {
            secret.value = null;
          }}
        />
      )}
      <Refused refusal={list.refusal.value} onAgain={list.again} />
      {webhooks && query["webhook"] !== undefined && chosen === undefined && <Notice>{words.gone}</Notice>}
      {chosen ? (
        <WebhookDeliveries webhook={chosen} outcome={outcome} onChanged={list.again} />
      ) : (
        <>
          <p class="muted">{words.what}</p>
          <div>
            <Button
              kind="primary"
              onPress={() => {
                outcome.forget();
                isAdding.value = true;
              }}
            >
              {words.add}
            </Button>
          </div>
          {webhooks?.length === 0 && <p>{words.none}</p>}
          {webhooks?.map((webhook) => (
            <WebhookCard
              key={webhook.id}
              webhook={webhook}
              outcome={outcome}
              onSecret={showSecret}
              onChanged={list.again}
            />
          ))}
        </>
      )}
      {isAdding.value && (
        <WebhookDialog
          title={words.addAsk}
          action={words.addDo}
          isNew
          start={{ url: "https://", types: null }}
          onSend={async (body) => {
            const answer = await api<WebhookWithSecret>("/v1/webhooks", { method: "POST", body });
            if (answer.isOk) {
              showSecret(answer.value.secret);
              list.again();
            }
            return answer;
          }}
          onClose={() => {
            isAdding.value = false;
          }}
        />
      )}
    </>
  );
}
