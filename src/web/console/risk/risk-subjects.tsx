/** Whom the risk desk looks at: the score, the rules that gave points, the signals, in words; and what to do about it. */
import type { JSX } from "preact";
import { now } from "../../shared/clock.ts";
import { Bar, Button, Tag, type Tone } from "../../shared/elements.tsx";
import { count, duration, moment, percent } from "../../shared/format.ts";
import { wordsOf } from "../../shared/language.ts";
import type { Risk } from "../../shared/wire.ts";
import { addressWith } from "../parts/address.ts";
import { may } from "../session.ts";
import { actionFromScore } from "./risk-scores.ts";

export type RiskSubject = Risk["subjects"][number];
type Rule = RiskSubject["rules"][number];
type Action = NonNullable<RiskSubject["verdict"]>["action"];

const kindNames = wordsOf({
  buyer: ["Buyer", "买家"],
  address: ["Address", "地址"],
  subnet: ["Network", "网段"],
}) satisfies Readonly<Record<RiskSubject["kind"], string>>;

const actionNames = wordsOf({
  allow: ["Let by", "放行"],
  harder: ["Harder challenge", "加大验证难度"],
  slow: ["Slowed down", "减速"],
  block: ["Blocked", "拦截"],
}) satisfies Readonly<Record<Action, string>>;

const actionTones: Readonly<Record<Action, Tone>> = { allow: "plain", harder: "warn", slow: "warn", block: "bad" };

const ruleWords = wordsOf({
  many_attempts: [
    (value: string) => `${value} attempts within ten seconds: far more often than a person clicks.`,
    (value: string) => `10 秒内尝试 ${value} 次，远超手动点击的频率。`,
  ],
  regular_clicks: [
    (value: string) => `Clicks ${value}% as regular as a clock's tick.`,
    (value: string) => `点击间隔的规律程度达到 ${value}%，像时钟一样准。`,
  ],
  quick_solutions: [
    (value: string) => `${value}% of challenges solved quicker than any browser does it.`,
    (value: string) => `${value}% 的验证比浏览器能做到的更快解出。`,
  ],
  many_addresses: [
    (value: string) => `Came from ${value} addresses within ten minutes.`,
    (value: string) => `10 分钟内来自 ${value} 个地址。`,
  ],
  crowded_address: [
    (value: string) => `${value} accounts come from the same address.`,
    (value: string) => `同一地址上有 ${value} 个账号。`,
  ],
  crowded_subnet: [
    (value: string) => `${value} accounts come from the same network.`,
    (value: string) => `同一网段上有 ${value} 个账号。`,
  ],
}) satisfies Readonly<Record<Rule["rule"], (value: string) => string>>;

const words = wordsOf({
  score: [(score: string) => `${score} points now`, (score: string) => `当前 ${score} 分`],
  scoreLabel: ["Score on the way to being blocked", "距离拦截的风险分"],
  legend: [
    `From ${actionFromScore.harder} points challenges get harder, from ${actionFromScore.slow} attempts are slowed down, from ${actionFromScore.block} a buyer is blocked. Addresses and networks alone are never blocked: behind one may be a campus.`,
    `${actionFromScore.harder} 分起加大验证难度，${actionFromScore.slow} 分起减速，${actionFromScore.block} 分起拦截买家。地址和网段本身不会被自动拦截，背后可能是一所学校。`,
  ],
  until: [
    (since: string, until: string) => `since ${since}, until ${until}`,
    (since: string, until: string) => `${since} 起，至 ${until}`,
  ],
  because: [(score: string) => `With ${score} points, because of:`, (score: string) => `当时 ${score} 分，原因：`],
  nothing: ["No rule has given points.", "没有规则给分。"],
  points: [(points: string) => `+${points}`, (points: string) => `+${points} 分`],
  signals: ["What was seen", "观察到的信号"],
  attempts: ["Attempts in ten seconds", "10 秒内尝试"],
  rhythm: ["Rhythm", "点击节奏"],
  rhythmIs: [
    (mean: string, variation: string) => `every ${mean}, give or take ${variation}`,
    (mean: string, variation: string) => `平均每 ${mean} 一次，波动 ${variation}`,
  ],
  rhythmNone: ["too few clicks to say", "点击太少，无法判断"],
  solved: ["Challenges solved", "已解验证"],
  solvedIs: [
    (all: string, quick: string) => `${all}, ${quick} of them too quickly`,
    (all: string, quick: string) => `${all} 个，其中 ${quick} 个过快`,
  ],
  addresses: ["Addresses in ten minutes", "10 分钟内地址数"],
  accountsHere: ["Accounts at the address", "该地址的账号数"],
  accountsAround: ["Accounts in the network", "该网段的账号数"],
  block: ["Block …", "拦截……"],
  allow: ["Let by …", "放行……"],
  more: ["Look closer", "查看详情"],
  orders: ["Their orders", "其订单"],
});

export function RiskLegend(): JSX.Element {
  return <p class="muted small">{words.legend}</p>;
}

interface RiskSubjectCardProps {
  readonly subject: RiskSubject;
  readonly onBlock: () => void;
  readonly onAllow: () => void;
  /** In a list: with a link to what is known of them alone. */
  readonly isListed: boolean;
}

export function RiskSubjectCard({ subject, onBlock, onAllow, isListed }: RiskSubjectCardProps): JSX.Element {
  const { kind, id, score, rules, verdict } = subject;
  const look = kind === "subnet" ? null : addressWith("/console/risk", { [kind]: id });
  return (
    <article class="card stack">
      <div class="row spread">
        <h3>
          <span class="muted">{kindNames[kind]}</span> {id}
        </h3>
        {verdict !== null && <Tag tone={actionTones[verdict.action]}>{actionNames[verdict.action]}</Tag>}
      </div>
      <Bar share={score / actionFromScore.block} label={words.scoreLabel} />
      <p class="small">
        <strong>{words.score(count(score))}</strong>{" "}
        {verdict !== null && (
          <span class="muted">
            {words.until(moment(verdict.since, now.peek()), moment(verdict.expires_at, now.peek()))}
          </span>
        )}
      </p>
      <RuleList rules={rules} />
      {verdict !== null && rules.length === 0 && (
        <div class="stack">
          <p class="small">{words.because(count(verdict.score))}</p>
          <RuleList rules={verdict.rules} />
        </div>
      )}
      {!isListed && <SignalFacts signals={subject.signals} kind={kind} />}
      <div class="row">
        {may("operator") && (
          <>
            <Button size="small" kind="danger" label={`${words.block} ${id}`} onPress={onBlock}>
              {words.block}
            </Button>
            <Button size="small" label={`${words.allow} ${id}`} onPress={onAllow}>
              {words.allow}
            </Button>
          </>
        )}
        {isListed && look !== null && (
          <a class="button small quiet" href={look} aria-label={`${words.more}: ${id}`}>
            {words.more}
          </a>
        )}
        {kind === "buyer" && (
          <a
            class="button small quiet"
            href={addressWith("/console/orders", { buyer_id: id })}
            aria-label={`${words.orders}: ${id}`}
          >
            {words.orders}
          </a>
        )}
      </div>
    </article>
  );
}

/** The heaviest first, as they come. */
function RuleList({ rules }: { rules: readonly Rule[] }): JSX.Element {
  if (rules.length === 0) return <p class="muted small">{words.nothing}</p>;
  return (
    <ul class="rules">
      {rules.map(({ rule, points, value }) => (
        <li key={rule}>
          <Tag tone="warn">{words.points(count(points))}</Tag>
          <span>{ruleSentence(rule, value)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Why a rule has given points, in a sentence. */
export function ruleSentence(rule: Rule["rule"], value: number): string {
  return ruleWords[rule](count(value));
}

function SignalFacts({ signals, kind }: Pick<RiskSubject, "signals" | "kind">): JSX.Element {
  const { intervals, interval_mean_ms: meanMs, interval_variation_percent: variation } = signals;
  const rhythm =
    intervals < 2 ? words.rhythmNone : words.rhythmIs(duration(Math.max(1, meanMs / 1_000)), percent(variation / 100));
  const facts: readonly (readonly [name: string, value: string])[] = [
    [words.attempts, count(signals.attempts)],
    [words.solved, words.solvedIs(count(signals.solved), count(signals.solved_quickly))],
    ...(kind === "buyer"
      ? ([
          [words.rhythm, rhythm],
          [words.addresses, count(signals.addresses)],
        ] as const)
      : []),
    ...(kind === "subnet" ? [] : ([[words.accountsHere, count(signals.accounts_of_address)]] as const)),
    ...(kind === "address" ? [] : ([[words.accountsAround, count(signals.accounts_of_subnet)]] as const)),
  ];
  return (
    <div class="stack">
      <h4>{words.signals}</h4>
      <dl class="facts">
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
