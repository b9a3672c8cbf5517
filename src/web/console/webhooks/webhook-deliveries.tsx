/** What could not be delivered to a webhook: waiting, or given up; one or all tried again. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useLocation } from "preact-iso";
import type { Refusal } from "../../shared/api.ts";
import { now } from "../../shared/clock.ts";
import { Button } from "../../shared/elements.tsx";
import { count, moment, several } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { DeliveryList, Webhook } from "../../shared/wire.ts";
import { addressWith } from "../parts/address.ts";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { type Column, DataTable, Pager, usePageFocus } from "../parts/data-table.tsx";
import { useLoaded } from "../parts/loaded.ts";
import type { Outcome } from "../parts/notes.tsx";
import { Refused } from "../parts/refused.tsx";
import { api } from "../session.ts";

const words = wordsOf({
  title: [(url: string) => `Deliveries to ${url}`, (url: string) => `向 ${url} 的投递`],
  back: ["All webhooks", "全部 Webhook"],
  states: ["Which deliveries", "投递类型"],
  dead: ["Given up", "已放弃"],
  pending: ["Waiting", "等待重试"],
  captionDead: ["Given up, the newest first", "已放弃的投递（从新到旧）"],
  captionPending: ["Waiting to be tried again, the newest first", "等待重试的投递（从新到旧）"],
  noneDead: ["Nothing was given up.", "没有被放弃的投递。"],
  nonePending: ["Nothing waits.", "没有等待重试的投递。"],
  event: ["Event", "事件"],
  type: ["Type", "类型"],
  about: ["About", "对象"],
  attempts: ["Attempts", "次数"],
  last: ["Last attempt", "最近尝试"],
  next: ["Next attempt", "下次尝试"],
  answer: ["Answer", "响应"],
  step: ["To do", "操作"],
  again: ["Try again", "重新投递"],
  all: ["Try all again", "全部重新投递"],
  allAsk: ["Try everything again that was given up?", "重新投递所有已放弃的事件？"],
  allWill: [
    (number: number) =>
      `${several(number, "event is", "events are")} sent again, as if never tried. The receiver knows repetitions by their webhook-id.`,
    (number: number) => `${count(number)} 个事件会重新发送。接收方可凭 webhook-id 识别重复。`,
  ],
  replayed: [
    (number: number) => `${several(number, "event is on its", "events are on their")} way again.`,
    (number: number) => `${count(number)} 个事件已重新投递。`,
  ],
});

type Delivery = DeliveryList["deliveries"][number];

/** They are tried again by themselves. */
const askEveryMs = 3_000;

interface WebhookDeliveriesProps {
  readonly webhook: Webhook;
  readonly outcome: Outcome;
  readonly onChanged: () => void;
}

export function WebhookDeliveries({ webhook, outcome, onChanged }: WebhookDeliveriesProps): JSX.Element {
  const { query } = useLocation();
  const state = query["state"] === "pending" ? "pending" : "dead";
  const path = addressWith(`/v1/webhooks/${webhook.id}/deliveries`, { state, cursor: query["cursor"] });
  const loaded = useLoaded(path, (signal) => api<DeliveryList>(path, { signal }), askEveryMs);
  const isAskingAll = useSignal(false);
  const refusal = useSignal<Refusal | null>(null);
  const here = (more: { state?: string; cursor?: string }) =>
    addressWith("/console/webhooks", { webhook: webhook.id, ...more });
  const replay = async (id: string | null): Promise<Refusal | null> => {
    const body = id === null ? {} : { id };
    const answer = await api<{ replayed: number }>(`/v1/webhooks/${webhook.id}/replay`, { method: "POST", body });
    refusal.value = answer.isOk ? null : answer;
    if (!answer.isOk) return answer;
    outcome.say(words.replayed(answer.value.replayed));
    loaded.again();
    onChanged();
    return null;
  };
  const heading = usePageFocus<HTMLHeadingElement>(query["cursor"]);
  const page = loaded.value.value;
  return (
    <section class="stack">
      <p>
        <a href="/console/webhooks">← {words.back}</a>
      </p>
      <h2 ref={heading} tabIndex={-1}>
        {words.title(webhook.url)}
      </h2>
      <nav class="row" aria-label={words.states}>
        <a class="button small" href={here({})} aria-current={state === "dead" ? "page" : undefined}>
          {words.dead} ({count(webhook.dead)})
        </a>
        <a
          class="button small"
          href={here({ state: "pending" })}
          aria-current={state === "pending" ? "page" : undefined}
        >
          {words.pending} ({count(webhook.pending)})
        </a>
        {state === "dead" && webhook.dead > 0 && (
          <Button
            size="small"
            kind="primary"
            onPress={() => {
              outcome.forget();
              isAskingAll.value = true;
            }}
          >
            {words.all}
          </Button>
        )}
      </nav>
      <Refused refusal={refusal.value ?? loaded.refusal.value} onAgain={loaded.again} />
      {page && page.deliveries.length === 0 && <p>{state === "dead" ? words.noneDead : words.nonePending}</p>}
      {page && page.deliveries.length > 0 && (
        <DataTable
          caption={state === "dead" ? words.captionDead : words.captionPending}
          columns={columnsOf(state, (id) => void replay(id))}
          rows={page.deliveries}
          keyOf={({ id }) => id}
          isBusy={loaded.isLoading.value}
        />
      )}
      {page && (
        <Pager
          of={words.title(webhook.url)}
          first={query["cursor"] === undefined ? null : here({ state })}
          next={page.next_cursor === null ? null : here({ state, cursor: page.next_cursor })}
        />
      )}
      {isAskingAll.value && (
        <ConfirmDialog
          title={words.allAsk}
          consequence={<p>{words.allWill(webhook.dead)}</p>}
          action={words.all}
          onConfirm={() => replay(null)}
          onClose={() => {
            isAskingAll.value = false;
          }}
        />
      )}
    </section>
  );
}

function columnsOf(state: "dead" | "pending", onReplay: (id: string) => void): readonly Column<Delivery>[] {
  const shared: readonly Column<Delivery>[] = [
    { name: "event", label: words.event, cell: ({ id }) => <span class="mono id">{id}</span> },
    { name: "type", label: words.type, cell: ({ type }) => <span class="mono small">{type}</span> },
    {
      name: "about",
      label: words.about,
      cell: ({ subject }) =>
        subject?.startsWith("ord_") === true ? (
          <a class="mono id" href={`/console/orders/${subject}`}>
            {subject}
          </a>
        ) : (
          <span class="mono id">{subject ?? "—"}</span>
        ),
    },
    { name: "attempts", label: words.attempts, isNumber: true, cell: ({ attempts }) => count(attempts) },
    {
      name: "last",
      label: words.last,
      cell: ({ last_attempt_at: at }) => (at === null ? "—" : moment(at, now.peek())),
    },
    {
      name: "answer",
      label: words.answer,
      cell: ({ last_status: status, last_error: error }) =>
        [status, error].filter((part) => part !== null).join(" · ") || "—",
    },
  ];
  const own: Column<Delivery> =
    state === "pending"
      ? {
          name: "next",
          label: words.next,
          cell: ({ next_at: at }) => (at === undefined ? "—" : moment(at, now.peek())),
        }
      : {
          name: "again",
          label: words.step,
          cell: ({ id }) => (
            <Button size="small" label={`${words.again}: ${id}`} onPress={() => onReplay(id)}>
              {words.again}
            </Button>
          ),
        };
  return [...shared, own];
}
