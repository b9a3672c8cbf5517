/** /console/operators: who has a key and what it may do; a new one, shown once; and taking one back. For admins. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { limits } from "../../../domain/limits.ts";
import { type OperatorRole, operatorRoles } from "../../../domain/operator.ts";
import type { Refusal } from "../../shared/api.ts";
import { Button, Tag } from "../../shared/elements.tsx";
import { fullMoment } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { NewOperatorKey, OperatorKey, OperatorKeyList } from "../../shared/wire.ts";
import { addressWith } from "../parts/address.ts";
import { Choices } from "../parts/choices.tsx";
import { ConfirmDialog } from "../parts/confirm-dialog.tsx";
import { SecretOnce } from "../parts/copying.tsx";
import { type Column, DataTable } from "../parts/data-table.tsx";
import { useLoaded } from "../parts/loaded.ts";
import { ForAdmins, useOutcome } from "../parts/notes.tsx";
import { wordsOfRefusal, wrongWith } from "../parts/refusal-words.ts";
import { Refused } from "../parts/refused.tsx";
import { SignalField } from "../parts/signal-field.tsx";
import { api, operator, roleNames } from "../session.ts";

const words = wordsOf({
  title: ["Operators", "人员"],
  what: [
    "One key for each person and each program: so the audit log can tell who did what, and one can be taken back alone.",
    "每个人、每个程序一把密钥：审计日志才能分清是谁做的，也能单独收回。",
  ],
  make: ["Make a key", "新建密钥"],
  name: ["Who is it for", "给谁用"],
  nameHint: ["A name that nobody has or had: it stands in the audit log.", "不可与任何人重名，会出现在审计日志中。"],
  nameWrong: ["1 to 100 characters.", "请填写 1 到 100 个字符。"],
  role: ["What may they do", "权限"],
  viewer: [
    "Sees everything but keys, webhooks and the audit log; changes nothing.",
    "查看活动、订单和风控，不能更改任何内容。",
  ],
  operator: [
    "Runs sales: campaigns, stock, orders, payments, switches, the access list.",
    "运营活动：活动、库存、订单、付款、开关和名单。",
  ],
  admin: [
    "All of that, and keys, webhooks, the audit log, erasing buyers.",
    "以上全部，以及密钥、Webhook、审计日志和删除买家身份。",
  ],
  key: [(name: string) => `The key of ${name}`, (name: string) => `${name} 的密钥`],
  keyHint: [
    "It goes into the console's door, or into the header Authorization: Bearer.",
    "用于登录控制台，或放在请求头 Authorization: Bearer 中。",
  ],
  caption: ["Keys", "密钥"],
  who: ["Name", "名字"],
  roleName: ["Role", "角色"],
  made: ["Made", "创建时间"],
  state: ["State", "状态"],
  active: ["Good", "有效"],
  revokedTag: ["Revoked", "已吊销"],
  step: ["To do", "操作"],
  revoke: ["Revoke", "吊销"],
  did: ["What they did", "操作记录"],
  revokeAsk: [(name: string) => `Revoke the key of ${name}?`, (name: string) => `吊销 ${name} 的密钥？`],
  revokeWill: [
    "Whatever uses this key is refused from this moment on: their console, scripts, dashboards, the shop's back end if it calls with it. It cannot be taken back; the name stays taken.",
    "使用此密钥的一切立即被拒绝：其控制台、脚本、看板，以及用它调用接口的商城后台。此操作不可撤销，名字也不能再用。",
  ],
  revokeOwn: ["This is your own key: you are signed out at once.", "这是你自己的密钥：你会立即退出登录。"],
  done: [(name: string) => `The key of ${name} is worth nothing any more.`, (name: string) => `${name} 的密钥已失效。`],
  root: [
    "The key in the settings (root) is an admin's as well. It is not in this list and cannot be revoked here: change the setting.",
    "配置文件中的密钥（root）同样是管理员，不在此列表中，也不能在此吊销：请修改配置。",
  ],
  none: ["There is no key beside the one in the settings.", "除配置中的密钥外，还没有其他密钥。"],
});

export function OperatorsPage(): JSX.Element {
  return (
    <ForAdmins title={words.title}>
      <Operators />
    </ForAdmins>
  );
}

function Operators(): JSX.Element {
  const list = useLoaded("operators", (signal) => api<OperatorKeyList>("/v1/operators", { signal }));
  const made = useSignal<NewOperatorKey | null>(null);
  const revoking = useSignal<OperatorKey | null>(null);
  const outcome = useOutcome();
  const operators = list.value.value?.operators ?? null;
  const revoke = async ({ id, name }: OperatorKey): Promise<Refusal | null> => {
    const answer = await api<OperatorKey>(`/v1/operators/${id}/revoke`, { method: "POST" });
    if (!answer.isOk) return answer;
    if (made.value?.id === id) made.value = null;
    outcome.say(words.done(name));
    list.again();
    return null;
  };
  return (
    <>
      <p class="muted">{words.what}</p>
      {outcome.note}
      {made.value !== null && (
        <SecretOnce
          title={words.key(made.value.name)}
          secret={made.value.key}
          hint={words.keyHint}
          onDone={() => {
            made.value = null;
          }}
        />
      )}
      <NewKeyForm
        onMade={(key) => {
          outcome.forget();
          made.value = key;
          list.again();
        }}
      />
      <Refused refusal={list.refusal.value} onAgain={list.again} />
      {operators?.length === 0 && <p>{words.none}</p>}
      {operators && operators.length > 0 && (
        <DataTable
          caption={words.caption}
          columns={columnsWith((key) => {
            outcome.forget();
            revoking.value = key;
          })}
          rows={operators}
          keyOf={({ id }) => id}
        />
      )}
      <p class="muted small">{words.root}</p>
      {revoking.value !== null && (
        <ConfirmDialog
          title={words.revokeAsk(revoking.value.name)}
          consequence={
            <>
              <p>{words.revokeWill}</p>
              {revoking.value.name === operator.value?.name && (
                <p>
                  <strong>{words.revokeOwn}</strong>
                </p>
              )}
            </>
          }
          action={words.revoke}
          kind="danger"
          onConfirm={() => (revoking.value === null ? Promise.resolve(null) : revoke(revoking.value))}
          onClose={() => {
            revoking.value = null;
          }}
        />
      )}
    </>
  );
}

function columnsWith(onRevoke: (key: OperatorKey) => void): readonly Column<OperatorKey>[] {
  return [
    { name: "name", label: words.who, cell: ({ name }) => name },
    { name: "role", label: words.roleName, cell: ({ role }) => roleNames[role] },
    { name: "made", label: words.made, cell: ({ created_at: at }) => fullMoment(at) },
    {
      name: "state",
      label: words.state,
      cell: ({ revoked_at: at }) =>
        at === undefined ? (
          <Tag tone="good">{words.active}</Tag>
        ) : (
          <>
            <Tag>{words.revokedTag}</Tag> <span class="muted small">{fullMoment(at)}</span>
          </>
        ),
    },
    {
      name: "step",
      label: words.step,
      cell: (key) => (
        <span class="row">
          <a
            class="button small quiet"
            href={addressWith("/console/audit", { operator: key.name })}
            aria-label={`${words.did}: ${key.name}`}
          >
            {words.did}
          </a>
          {key.revoked_at === undefined && (
            <Button size="small" kind="danger" label={`${words.revoke}: ${key.name}`} onPress={() => onRevoke(key)}>
              {words.revoke}
            </Button>
          )}
        </span>
      ),
    },
  ];
}

function NewKeyForm({ onMade }: { onMade: (key: NewOperatorKey) => void }): JSX.Element {
  const name = useSignal("");
  const role = useSignal<OperatorRole>("viewer");
  const isMissing = useSignal(false);
  const isBusy = useSignal(false);
  const refusal = useSignal<Refusal | null>(null);
  const make = async () => {
    if (isBusy.value) return;
    isMissing.value = name.value.trim() === "";
    refusal.value = null;
    if (isMissing.value) return;
    isBusy.value = true;
    const body = { name: name.value.trim(), role: role.value };
    const answer = await api<NewOperatorKey>("/v1/operators", { method: "POST", body });
    isBusy.value = false;
    if (!answer.isOk) {
      refusal.value = answer;
      return;
    }
    name.value = "";
    onMade(answer.value);
  };
  const isTaken = refusal.value?.code === "name_taken";
  const nameError = isMissing.value
    ? words.nameWrong
    : isTaken && refusal.value
      ? wordsOfRefusal(refusal.value)
      : wrongWith(refusal.value, "name", words.nameWrong);
  return (
    <form
      class="card stack"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void make();
      }}
    >
      <h2>{words.make}</h2>
      <SignalField
        label={words.name}
        hint={words.nameHint}
        error={nameError}
        text={name}
        input={{ autocomplete: "off", maxLength: limits.operatorNameLengthMax }}
      />
      <Choices
        legend={words.role}
        choices={operatorRoles.map((one) => ({ value: one, name: roleNames[one], meaning: words[one] }))}
        chosen={role.value}
        onChoose={(chosen) => {
          role.value = chosen;
        }}
      />
      <Refused refusal={isTaken ? null : refusal.value} isMarked />
      <div>
        <Button kind="primary" type="submit" isBusy={isBusy.value}>
          {words.make}
        </Button>
      </div>
    </form>
  );
}
