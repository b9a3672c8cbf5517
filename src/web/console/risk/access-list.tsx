/** The access list: searched, page by page, those that have expired marked; entries added and taken off. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { Refusal } from "../../shared/api.ts";
import { now } from "../../shared/clock.ts";
import { Button, Field, Tag } from "../../shared/elements.tsx";
import { count, fullMoment, moment, several } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { AccessEntry, AccessList } from "../../shared/wire.ts";
import { addressWith, chosen, type Query } from "../parts/address.ts";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { type Column, DataTable, Pager, usePageFocus } from "../parts/data-table.tsx";
import type { Loaded } from "../parts/loaded.ts";
import type { Outcome } from "../parts/notes.tsx";
import { Refused } from "../parts/refused.tsx";
import { SignalField } from "../parts/signal-field.tsx";
import { api, may } from "../session.ts";
import { AccessEntryDialog } from "./access-entry-dialog.tsx";

const words = wordsOf({
  title: ["Access list", "名单"],
  what: [
    "Who is not let in, and who is let by whatever they do. What stands about a buyer counts before their address.",
    "拦截谁、放行谁。针对买家的记录优先于针对地址的记录。",
  ],
  search: ["Search the list", "搜索名单"],
  find: ["Find", "搜索"],
  effect: ["Kind", "类型"],
  all: ["all", "全部"],
  block: ["Blocked", "拦截"],
  allow: ["Let by", "放行"],
  caption: ["Entries, the newest first", "记录（从新到旧）"],
  whom: ["Whom", "对象"],
  reason: ["Reason", "原因"],
  made: ["Since", "添加时间"],
  ends: ["Until", "有效期至"],
  never: ["never ends by itself", "长期有效"],
  expired: ["Expired", "已过期"],
  add: ["Add an entry", "添加记录"],
  remove: ["Take off", "移除"],
  step: ["To do", "操作"],
  removeAsk: [(whom: string) => `Take ${whom} off the list?`, (whom: string) => `将 ${whom} 移出名单？`],
  unblockWill: ["They are let in again at once, like everybody.", "立即恢复，与其他人一样对待。"],
  unallowWill: [
    "Risk rules, rate limits and challenges hold for them again at once.",
    "风控、限流和验证立即对其恢复生效。",
  ],
  removed: [(whom: string) => `${whom} is off the list.`, (whom: string) => `${whom} 已移出名单。`],
  none: ["Nobody is on the list.", "名单为空。"],
  noneFound: ["No entry fits this search.", "没有符合条件的记录。"],
  shown: [
    (number: number) => `${several(number, "entry", "entries")} on this page`,
    (number: number) => `本页 ${count(number)} 条`,
  ],
});

const filterNames = ["search", "effect"] as const;

/** Where the list is asked for, by what stands in the page's address. */
export function accessPath(query: Query): string {
  return addressWith("/v1/access", { ...chosen(query, [...filterNames, "cursor"]), limit: "50" });
}

export function targetOf(entry: AccessEntry): string {
  return entry.buyer_id ?? entry.network ?? "";
}

interface AccessListSectionProps {
  readonly list: Loaded<AccessList>;
  readonly outcome: Outcome;
  readonly onAdded: (entry: AccessEntry) => void;
  readonly onChanged: () => void;
}

export function AccessListSection({ list, outcome, onAdded, onChanged }: AccessListSectionProps): JSX.Element {
  const { query } = useLocation();
  const filter = chosen(query, filterNames);
  const lookup = chosen(query, ["buyer", "address"]);
  const isAdding = useSignal(false);
  const removing = useSignal<AccessEntry | null>(null);
  const status = usePageFocus<HTMLParagraphElement>(query["cursor"]);
  const page = list.refusal.value === null ? list.value.value : null;
  const remove = async ({ id, ...entry }: AccessEntry): Promise<Refusal | null> => {
    const answer = await api<AccessEntry>(`/v1/access/${id}/remove`, { method: "POST" });
    // Somebody else took it off: so it is off.
    if (!answer.isOk && answer.code !== "not_found") return answer;
    outcome.say(words.removed(targetOf({ id, ...entry })));
    onChanged();
    return null;
  };
  return (
    <section class="stack">
      <div class="row spread">
        <h2>{words.title}</h2>
        {may("operator") && (
          <Button
            onPress={() => {
              outcome.forget();
              isAdding.value = true;
            }}
          >
            {words.add}
          </Button>
        )}
      </div>
      <p class="muted small">{words.what}</p>
      <AccessSearch filter={filter} />
      <Refused refusal={list.refusal.value} onAgain={list.again} />
      <p ref={status} tabIndex={-1} class="muted" role="status">
        {page && summary(page.entries.length, Object.keys(filter).length > 0)}
      </p>
      {page && page.entries.length > 0 && (
        <DataTable
          caption={words.caption}
          columns={columnsWith((entry) => {
            outcome.forget();
            removing.value = entry;
          })}
          rows={page.entries}
          keyOf={({ id }) => id}
          isBusy={list.isLoading.value}
        />
      )}
      {page && (
        <Pager
          of={words.title}
          first={query["cursor"] === undefined ? null : addressWith("/console/risk", { ...lookup, ...filter })}
          next={
            page.next_cursor === null
              ? null
              : addressWith("/console/risk", { ...lookup, ...filter, cursor: page.next_cursor })
          }
        />
      )}
      {isAdding.value && (
        <AccessEntryDialog
          effect="block"
          target={null}
          reason=""
          onDone={onAdded}
          onClose={() => {
            isAdding.value = false;
          }}
        />
      )}
      {removing.value !== null && (
        <ConfirmDialog
          title={words.removeAsk(targetOf(removing.value))}
          consequence={<p>{removing.value.effect === "block" ? words.unblockWill : words.unallowWill}</p>}
          action={words.remove}
          onConfirm={() => (removing.value === null ? Promise.resolve(null) : remove(removing.value))}
          onClose={() => {
            removing.value = null;
          }}
        />
      )}
    </section>
  );
}

function summary(number: number, isSearched: boolean): string {
  if (number > 0) return words.shown(number);
  return isSearched ? words.noneFound : words.none;
}

function AccessSearch({ filter }: { filter: Partial<Record<(typeof filterNames)[number], string>> }): JSX.Element {
  const { route, query } = useLocation();
  const search = useSignal(filter.search ?? "");
  const effect = useSignal(filter.effect ?? "");
  useEffect(() => {
    search.value = filter.search ?? "";
    effect.value = filter.effect ?? "";
  }, [filter.search, filter.effect]);
  return (
    <form
      class="fields"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const lookup = chosen(query, ["buyer", "address"]);
        route(addressWith("/console/risk", { ...lookup, search: search.value.trim(), effect: effect.value }));
      }}
    >
      <SignalField
        label={words.search}
        text={search}
        input={{ type: "search", autocomplete: "off", spellcheck: false }}
      />
      <Field label={words.effect}>
        {(ties) => (
          <select
            {...ties}
            value={effect.value}
            onChange={(event) => {
              effect.value = event.currentTarget.value;
            }}
          >
            <option value="">{words.all}</option>
            <option value="block">{words.block}</option>
            <option value="allow">{words.allow}</option>
          </select>
        )}
      </Field>
      <Button type="submit">{words.find}</Button>
    </form>
  );
}

/** Whether an entry has ended by itself: it counts as none, and stands here until somebody takes it off. */
function isOver({ expires_at: at }: AccessEntry): boolean {
  return at !== null && Date.parse(at) <= now.peek();
}

export function EffectTag({ entry }: { entry: AccessEntry }): JSX.Element {
  if (isOver(entry)) return <Tag>{words.expired}</Tag>;
  return <Tag tone={entry.effect === "block" ? "bad" : "good"}>{words[entry.effect]}</Tag>;
}

function columnsWith(onRemove: (entry: AccessEntry) => void): readonly Column<AccessEntry>[] {
  const columns: readonly Column<AccessEntry>[] = [
    { name: "whom", label: words.whom, cell: targetOf },
    { name: "effect", label: words.effect, cell: (entry) => <EffectTag entry={entry} /> },
    { name: "reason", label: words.reason, cell: ({ reason }) => reason },
    {
      name: "made",
      label: words.made,
      cell: ({ created_at: at }) => <time dateTime={at}>{moment(at, now.peek())}</time>,
    },
    {
      name: "ends",
      label: words.ends,
      cell: ({ expires_at: at }) => (at === null ? words.never : <time dateTime={at}>{fullMoment(at)}</time>),
    },
  ];
  if (!may("operator")) return columns;
  const remove: Column<AccessEntry> = {
    name: "remove",
    label: words.step,
    cell: (entry) => (
      <Button size="small" label={`${words.remove}: ${targetOf(entry)}`} onPress={() => onRemove(entry)}>
        {words.remove}
      </Button>
    ),
  };
  return [...columns, remove];
}
