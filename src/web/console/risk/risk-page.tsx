/** /console/risk: whom the risk desk suspects and why, one of them looked up, and the access list. */
import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { useLocation } from "preact-iso";
import type { AccessEffect } from "../../../domain/access.ts";
import type { Answer } from "../../shared/api.ts";
import { Button, Notice } from "../../shared/elements.tsx";
import { count } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { AccessEntry, AccessList, Risk } from "../../shared/wire.ts";
import { addressWith, chosen } from "../parts/address.ts";
import { useLoaded } from "../parts/loaded.ts";
import { useOutcome } from "../parts/notes.tsx";
import { wrongWith } from "../parts/refusal-words.ts";
import { Refused } from "../parts/refused.tsx";
import { SignalField } from "../parts/signal-field.tsx";
import { api } from "../session.ts";
import { AccessEntryDialog } from "./access-entry-dialog.tsx";
import { AccessListSection, accessPath, EffectTag, targetOf } from "./access-list.tsx";
import { looksLikeAddress } from "./risk-scores.ts";
import { RiskLegend, type RiskSubject, RiskSubjectCard, ruleSentence } from "./risk-subjects.tsx";

const words = wordsOf({
  title: ["Risk", "风控"],
  mode: ["Mode", "模式"],
  off: ["Off: nothing is watched, nobody is judged.", "关闭：不观察，也不判定任何人。"],
  record: [
    "Recording: it judges, and nobody feels it. What is shown here would happen if it were enforced.",
    "仅记录：只判定，不影响任何人。下面显示的是“若启用会怎样”。",
  ],
  enforce: ["Enforcing: its verdicts hold.", "已启用：判定会生效。"],
  change: ["Change the mode", "更改模式"],
  lookUp: ["Look somebody up", "查询"],
  who: ["Buyer or address", "买家或地址"],
  whoHint: ["A buyer's id, or an IP address.", "买家 ID 或 IP 地址。"],
  whoWrong: ["This is neither a buyer's id nor an IP address.", "不是有效的买家 ID 或 IP 地址。"],
  look: ["Look", "查看"],
  back: ["All who are suspected", "全部可疑对象"],
  suspects: ["Who is suspected now", "当前可疑对象"],
  suspectsOf: [
    (number: string) => `${number} with a verdict, the highest score first`,
    (number: string) => `${number} 个有判定的对象，分数从高到低`,
  ],
  nobody: ["Nobody is suspected at the moment.", "目前没有可疑对象。"],
  known: [(name: string) => `What is known of ${name}`, (name: string) => `关于 ${name}`],
  unknown: [
    "Nothing is remembered: they have not tried in the last minutes, or this server was started since.",
    "没有记录：最近几分钟没有动作，或服务已重启。",
  ],
  onList: ["On the access list:", "已在名单中："],
  blockNow: ["Block …", "拦截……"],
  allowNow: ["Let by …", "放行……"],
  blocked: [(whom: string) => `${whom} is blocked.`, (whom: string) => `已拦截 ${whom}。`],
  allowed: [(whom: string) => `${whom} is let by.`, (whom: string) => `已放行 ${whom}。`],
  reasonByHand: ["Decided by an operator", "由运营人员判定"],
});

interface Looked {
  readonly risk: Risk;
  /** What the access list says of whoever was looked up. */
  readonly entry: AccessEntry | null;
}

/** Whom is decided about, and the rules that speak against them. */
interface Suspect {
  readonly kind: RiskSubject["kind"];
  readonly id: string;
  readonly rules: readonly RiskSubject["rules"][number][];
}

/** A verdict is prolonged or ends within minutes. */
const askEveryMs = 5_000;

export function RiskPage(): JSX.Element {
  const { query } = useLocation();
  const subject = chosen(query, ["buyer", "address"]);
  const name = subject.buyer ?? subject.address ?? null;
  const looked = useLoaded(addressWith("", subject), (signal) => look(subject, signal), askEveryMs);
  const list = useLoaded(accessPath(query), (signal) => api<AccessList>(accessPath(query), { signal }));
  const deciding = useSignal<{ subject: Suspect; effect: AccessEffect } | null>(null);
  const outcome = useOutcome();
  const found = looked.value.value;
  const again = () => {
    looked.again();
    list.again();
  };
  const added = (entry: AccessEntry) => {
    outcome.say(words[entry.effect === "block" ? "blocked" : "allowed"](targetOf(entry)));
    again();
  };
  const decide = (about: Suspect, effect: AccessEffect) => () => {
    outcome.forget();
    deciding.value = { subject: about, effect };
  };
  const byHand = { kind: subject.buyer === undefined ? "address" : "buyer", id: name ?? "", rules: [] } as const;
  return (
    <div class="stack office">
      <h1>{words.title}</h1>
      {found && (
        <Notice tone={found.risk.mode === "enforce" ? "good" : "plain"}>
          <span>
            <strong>{words.mode}:</strong> {words[found.risk.mode]}
          </span>
          <a href="/console/switches">{words.change}</a>
        </Notice>
      )}
      {outcome.note}
      <LookUp name={name} refusal={looked.refusal.value} />
      <Refused refusal={looked.refusal.value} isMarked onAgain={looked.again} />
      {found && (
        <section class="stack">
          <h2>{name === null ? words.suspects : words.known(name)}</h2>
          <RiskLegend />
          {name === null && found.risk.subjects.length > 0 && (
            <p class="muted small">{words.suspectsOf(count(found.risk.subjects.length))}</p>
          )}
          {name !== null && (
            <p>
              <a href={addressWith("/console/risk", {})}>← {words.back}</a>
            </p>
          )}
          {found.entry !== null && <OnList entry={found.entry} />}
          {found.risk.subjects.length === 0 && (
            <div class="stack">
              <p>{name === null ? words.nobody : words.unknown}</p>
              {name !== null && (
                <div class="row">
                  <Button kind="danger" onPress={decide(byHand, "block")}>
                    {words.blockNow}
                  </Button>
                  <Button onPress={decide(byHand, "allow")}>{words.allowNow}</Button>
                </div>
              )}
            </div>
          )}
          <div class="cards">
            {found.risk.subjects.map((one) => (
              <RiskSubjectCard
                key={`${one.kind} ${one.id}`}
                subject={one}
                isListed={name === null}
                onBlock={decide(suspectOf(one), "block")}
                onAllow={decide(suspectOf(one), "allow")}
              />
            ))}
          </div>
        </section>
      )}
      <AccessListSection list={list} outcome={outcome} onAdded={added} onChanged={again} />
      {deciding.value !== null && (
        <AccessEntryDialog
          effect={deciding.value.effect}
          target={{
            kind: deciding.value.subject.kind === "buyer" ? "buyer" : "network",
            value: deciding.value.subject.id,
          }}
          reason={reasonFor(deciding.value.subject, deciding.value.effect)}
          onDone={added}
          onClose={() => {
            deciding.value = null;
          }}
        />
      )}
    </div>
  );
}

/** With the rules of this moment, or those that the verdict came from: it outlives them. */
function suspectOf({ kind, id, rules, verdict }: RiskSubject): Suspect {
  return { kind, id, rules: rules.length > 0 ? rules : (verdict?.rules ?? []) };
}

/** The first rule's words, since the refused read it; something to begin with in any case. */
function reasonFor({ rules }: Pick<Suspect, "rules">, effect: AccessEffect): string {
  const [first] = rules;
  return effect === "allow" || first === undefined ? words.reasonByHand : ruleSentence(first.rule, first.value);
}

async function look(
  subject: Partial<Record<"buyer" | "address", string>>,
  signal: AbortSignal,
): Promise<Answer<Looked>> {
  const name = subject.buyer ?? subject.address;
  const [risk, list] = await Promise.all([
    api<Risk>(addressWith("/v1/risk", subject), { signal }),
    name === undefined ? null : api<AccessList>(addressWith("/v1/access", { search: name, limit: "200" }), { signal }),
  ]);
  if (!risk.isOk) return risk;
  const entries = list?.isOk === true ? list.value.entries : [];
  const isAbout = (entry: AccessEntry) =>
    subject.buyer === undefined
      ? entry.network?.replace(/\/(32|128)$/, "") === subject.address
      : entry.buyer_id === subject.buyer;
  return { ...risk, value: { risk: risk.value, entry: entries.find(isAbout) ?? null } };
}

function OnList({ entry }: { entry: AccessEntry }): JSX.Element {
  return (
    <Notice tone={entry.effect === "block" ? "bad" : "good"}>
      <span class="row">
        {words.onList} <EffectTag entry={entry} /> {entry.reason}
      </span>
    </Notice>
  );
}

interface LookUpProps {
  readonly name: string | null;
  readonly refusal: Parameters<typeof wrongWith>[0];
}

function LookUp({ name, refusal }: LookUpProps): JSX.Element {
  const { route } = useLocation();
  const text = useSignal(name ?? "");
  useEffect(() => {
    text.value = name ?? "";
  }, [name]);
  const wrong = wrongWith(refusal, "address", words.whoWrong) ?? wrongWith(refusal, "buyer", words.whoWrong);
  return (
    <form
      class="fields"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const sought = text.value.trim();
        const kind = looksLikeAddress(sought) ? "address" : "buyer";
        route(addressWith("/console/risk", { [kind]: sought }));
      }}
    >
      <SignalField
        label={words.who}
        hint={words.whoHint}
        error={wrong}
        text={text}
        input={{ type: "search", autocomplete: "off", spellcheck: false }}
      />
      <Button kind="primary" type="submit">
        {words.look}
      </Button>
    </form>
  );
}
