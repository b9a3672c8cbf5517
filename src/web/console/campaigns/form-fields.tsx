/** Fields of a new campaign, tied to its form: what stands in them, what is wrong with it, and when that is said. */
import { Field } from "../../shared/elements.tsx";
import { wordsOf } from "../../shared/language.ts";
import { ruleText } from "../parts/field-words.ts";
import type { CampaignForm } from "./campaign-draft.ts";
import type { FormState } from "./campaign-form.ts";

const words = wordsOf({
  noCaptcha: [
    "This server has no captcha. Set one up (RUSHBOX_CAPTCHA_URL), or choose the calculation.",
    "本服务器未配置验证码（RUSHBOX_CAPTCHA_URL），可改用设备计算。",
  ],
});

/** What is to be said of a field now: the server's word first, then the rule that it breaks, once it has been left. */
export function errorOf(state: FormState, field: string): string | undefined {
  const told = state.serverErrors.value.find((error) => error.field === field);
  if (told !== undefined) return field === "challenge" && /captcha/.test(told.detail) ? words.noCaptcha : told.detail;
  if (!state.isTried.value && !state.left.value.has(field)) return undefined;
  const problem = state.problems.value.find((found) => found.field === field);
  return problem === undefined ? undefined : ruleText(problem);
}

type TextMember = {
  [Member in keyof CampaignForm]: CampaignForm[Member] extends string ? Member : never;
}[keyof CampaignForm];

interface TextFieldProps {
  readonly state: FormState;
  /** As the wire names it. */
  readonly field: string;
  readonly label: string;
  readonly hint?: string | undefined;
  readonly value: string;
  readonly onInput: (text: string) => void;
  readonly rows?: number;
  readonly input?: {
    readonly type?: "text" | "datetime-local";
    readonly inputMode?: "numeric" | "decimal" | "url";
    readonly maxLength?: number;
    readonly list?: string;
  };
}

/** A text, in one line or in `rows`. Its field is named in `data-field`, by which the first wrong one is found. */
export function TextField({ state, field, label, hint, value, onInput, rows, input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={errorOf(state, field)}>
      {(ties) => {
        const common = {
          ...ties,
          "data-field": field,
          value,
          autocomplete: "off" as const,
          onInput: (event: { readonly currentTarget: { readonly value: string } }) =>
            onInput(event.currentTarget.value),
          onBlur: () => state.leave(field),
        };
        return rows === undefined ? <input type="text" {...input} {...common} /> : <textarea rows={rows} {...common} />;
      }}
    </Field>
  );
}

/** A text member of the campaign itself. */
export function CampaignText({
  member,
  ...props
}: Omit<TextFieldProps, "value" | "onInput"> & { readonly member: TextMember }) {
  const { state } = props;
  return (
    <TextField
      {...props}
      value={state.form.value[member]}
      onInput={(text) => state.change({ [member]: text } as Partial<CampaignForm>)}
    />
  );
}
