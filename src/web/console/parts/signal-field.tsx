/** A line of text that is typed into a signal, with its label, hint and what is wrong with it. */
import type { Signal } from "@preact/signals";
import type { JSX } from "preact";
import { Field } from "../../shared/elements.tsx";

interface SignalFieldProps {
  readonly label: string;
  readonly hint?: string | undefined;
  readonly error?: string | undefined;
  readonly text: Signal<string>;
  /** What else the input is: its type, its keyboard, its bound. */
  readonly input?: JSX.IntrinsicElements["input"];
}

export function SignalField({ label, hint, error, text, input }: SignalFieldProps): JSX.Element {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ties) => (
        <input
          {...input}
          {...ties}
          value={text.value}
          onInput={(event) => {
            text.value = event.currentTarget.value;
          }}
        />
      )}
    </Field>
  );
}
