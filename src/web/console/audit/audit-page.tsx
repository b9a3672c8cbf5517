/** /console/audit: who did what and when, and what was different afterwards; searched, page by page. For admins. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import { Button, Field, Tag } from "../../shared/elements.tsx";
import { count, fullMoment, several } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { AuditPage as AuditPageAnswer } from "../../shared/wire.ts";
import { addressWith, chosen } from "../parts/address.ts";
import { type Column, DataTable, Pager, usePageFocus } from "../parts/data-table.tsx";
import { gathered, useLoaded } from "../parts/loaded.ts";
import { ForAdmins } from "../parts/notes.tsx";
import { Refused } from "../parts/refused.tsx";
import { SignalField } from "../parts/signal-field.tsx";
import { api } from "../session.ts";
import { actionNames, actionWords, factWords, isSuccess, outcomeWords, valueWords } from "./audit-words.ts";
import { differencesBetween } from "./differences.ts";

const words = wordsOf({
  title: ["Audit log", "审计日志"],
  what: [
    "Everything that operators did, what was refused included. It is stored with the change itself and cannot be edited.",
    "运营人员的所有操作，包括被拒绝的。与变更同时写入，不可修改。",
  ],
  caption: ["Entries, the newest first", "记录（从新到旧）"],
  when: ["When", "时间"],
  who: ["Who", "操作人"],
  action: ["What", "操作"],
  subject: ["About", "对象"],
  outcome: ["Outcome", "结果"],
  difference: ["Before → after", "变更前 → 变更后"],
  subjectHint: ["A number, as cmp_… or ord_….", "编号，如 cmp_… 或 ord_…。"],
  any: ["all", "全部"],
  find: ["Filter", "筛选"],
  clear: ["Clear", "清空条件"],
  none: ["No entry fits.", "没有符合条件的记录。"],
  noneYet: [
    "Nothing fits among the entries looked through so far. Go on with the next page.",
    "已查找的部分没有符合条件的记录，可继续查看下一页。",
  ],
  shown: [
    (number: number) => `${several(number, "entry", "entries")} on this page`,
    (number: number) => `本页 ${count(number)} 条`,
  ],
  loading: ["Looking …", "加载中……"],
  nothing: ["nothing changed", "无变化"],
  was: ["before", "变更前"],
  is: ["after", "变更后"],
});

const filterNames = ["operator", "action", "subject"] as const;
type FilterTexts = Partial<Record<(typeof filterNames)[number], string>>;
type Entry = AuditPageAnswer["entries"][number];

const pageSize = 50;

export function AuditPage(): JSX.Element {
  return (
    <ForAdmins title={words.title}>
      <Audit />
    </ForAdmins>
  );
}

function Audit(): JSX.Element {
  const { query, url } = useLocation();
  const filter = chosen(query, filterNames);
  const found = useLoaded(url, (signal) =>
    gathered<AuditPageAnswer, Entry>(
      (cursor, limit) => api(addressWith("/v1/audit", { ...filter, cursor, limit: String(limit) }), { signal }),
      ({ entries, next_cursor: next }) => ({ rows: entries, next }),
      { cursor: query["cursor"], limit: pageSize },
    ),
  );
  const status = usePageFocus<HTMLParagraphElement>(query["cursor"]);
  const page = found.value.value;
  const { value: refusal } = found.refusal;
  return (
    <>
      <p class="muted">{words.what}</p>
      <AuditFilter filter={filter} />
      <Refused refusal={refusal} onAgain={found.again} />
      <p ref={status} tabIndex={-1} class="muted" role="status">
        {found.isLoading.value ? words.loading : page && refusal === null ? summary(page) : ""}
      </p>
      {page && refusal === null && page.rows.length > 0 && (
        <DataTable
          caption={words.caption}
          columns={columns()}
          rows={page.rows}
          keyOf={({ id }) => String(id)}
          isBusy={found.isLoading.value}
        />
      )}
      {page && refusal === null && (
        <Pager
          of={words.title}
          first={query["cursor"] === undefined ? null : addressWith("/console/audit", filter)}
          next={page.next === null ? null : addressWith("/console/audit", { ...filter, cursor: page.next })}
        />
      )}
    </>
  );
}

function summary({ rows, next }: { readonly rows: readonly Entry[]; readonly next: string | null }): string {
  if (rows.length > 0) return words.shown(rows.length);
  return next === null ? words.none : words.noneYet;
}

function columns(): readonly Column<Entry>[] {
  return [
    { name: "when", label: words.when, cell: ({ at }) => <time dateTime={at}>{fullMoment(at)}</time> },
    { name: "who", label: words.who, cell: ({ operator }) => operator },
    { name: "action", label: words.action, cell: ({ action }) => actionWords(action) },
    { name: "subject", label: words.subject, cell: ({ subject }) => <Subject id={subject} /> },
    {
      name: "outcome",
      label: words.outcome,
      cell: ({ outcome }) => <Tag tone={isSuccess(outcome) ? "good" : "warn"}>{outcomeWords(outcome)}</Tag>,
    },
    { name: "difference", label: words.difference, cell: (entry) => <Differences entry={entry} /> },
  ];
}

const pages: Readonly<Record<string, string>> = {
  cmp: "/console/campaigns/",
  ord: "/console/orders/",
  reh: "/console/rehearsals/",
};

/** What it was about, with a way there where there is a page. */
function Subject({ id }: { id: string }): JSX.Element {
  const page = pages[id.slice(0, id.indexOf("_"))];
  if (id === "") return <span class="muted">—</span>;
  if (page === undefined) return <span class="mono id">{id}</span>;
  return (
    <a class="mono id" href={page + id}>
      {id}
    </a>
  );
}

function Differences({ entry: { before, after, outcome } }: { entry: Entry }): JSX.Element {
  const differences = differencesBetween(before, after);
  // What went well without one, as an export, is about nothing that the log shows.
  if (differences.length === 0) return <span class="muted">{isSuccess(outcome) ? "—" : words.nothing}</span>;
  return (
    <ul class="differences">
      {differences.map(({ name, before: was, after: is }) => (
        <li key={name}>
          <span class="muted">{factWords(name)}:</span>{" "}
          {before !== null && (
            <>
              <span class="visually-hidden">{words.was} </span>
              <del>{valueWords(name, was)}</del>{" "}
            </>
          )}
          {after !== null && (
            <>
              {before !== null && <span aria-hidden="true">→ </span>}
              <span class="visually-hidden">{words.is} </span>
              <ins>{valueWords(name, is)}</ins>
            </>
          )}
        </li>
      ))}
    </ul>
  );
}

function AuditFilter({ filter }: { filter: FilterTexts }): JSX.Element {
  const { route } = useLocation();
  const operator = useSignal("");
  const action = useSignal("");
  const subject = useSignal("");
  useEffect(() => {
    operator.value = filter.operator ?? "";
    action.value = filter.action ?? "";
    subject.value = filter.subject ?? "";
  }, [filter.operator, filter.action, filter.subject]);
  const isForeign = action.value !== "" && !(action.value in actionNames);
  return (
    <search class="card">
      <form
        class="fields"
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          const texts = { operator: operator.value.trim(), action: action.value, subject: subject.value.trim() };
          route(addressWith("/console/audit", texts));
        }}
      >
        <SignalField label={words.who} text={operator} input={{ autocomplete: "off" }} />
        <Field label={words.action}>
          {(ties) => (
            <select
              {...ties}
              value={action.value}
              onChange={(event) => {
                action.value = event.currentTarget.value;
              }}
            >
              <option value="">{words.any}</option>
              {isForeign && <option value={action.value}>{action.value}</option>}
              {Object.entries(actionNames).map(([name, text]) => (
                <option key={name} value={name}>
                  {text}
                </option>
              ))}
            </select>
          )}
        </Field>
        <SignalField
          label={words.subject}
          hint={words.subjectHint}
          text={subject}
          input={{ class: "mono", autocomplete: "off", spellcheck: false }}
        />
        <div class="row">
          <Button kind="primary" type="submit">
            {words.find}
          </Button>
          {Object.keys(filter).length > 0 && (
            <a class="button quiet" href="/console/audit">
              {words.clear}
            </a>
          )}
        </div>
      </form>
    </search>
  );
}
