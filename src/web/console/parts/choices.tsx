/** One of a few ways, each with what it means in a sentence: radio buttons as cards. */
import { useId } from "preact/hooks";

export interface Choosable<Value extends string> {
  readonly value: Value;
  readonly name: string;
  readonly meaning?: string;
}

interface ChoicesProps<Value extends string> {
  readonly legend: string;
  readonly hint?: string;
  readonly choices: readonly Choosable<Value>[];
  readonly chosen: Value;
  readonly onChoose: (value: Value) => void;
  readonly error?: string | undefined;
}

export function Choices<Value extends string>(props: ChoicesProps<Value>) {
  const id = useId();
  const { legend, hint, choices, chosen, onChoose, error } = props;
  return (
    <fieldset class="choices" aria-describedby={error === undefined ? undefined : `${id}-error`}>
      <legend>{legend}</legend>
      {hint !== undefined && <p class="hint">{hint}</p>}
      {choices.map(({ value, name, meaning }) => (
        <label key={value} class="choice">
          <input
            type="radio"
            name={id}
            value={value}
            checked={chosen === value}
            aria-labelledby={`${id}-${value}`}
            aria-describedby={meaning === undefined ? undefined : `${id}-${value}-meaning`}
            onChange={() => onChoose(value)}
          />
          <span>
            <span class="name" id={`${id}-${value}`}>
              {name}
            </span>
            {meaning !== undefined && (
              <span class="hint" id={`${id}-${value}-meaning`}>
                {meaning}
              </span>
            )}
          </span>
        </label>
      ))}
      {error !== undefined && (
        <span class="error" id={`${id}-error`}>
          {error}
        </span>
      )}
    </fieldset>
  );
}

interface CheckProps {
  readonly name: string;
  readonly meaning: string;
  readonly isOn: boolean;
  readonly onChange: (isOn: boolean) => void;
}

/** Yes or no, with what yes means. */
export function Check({ name, meaning, isOn, onChange }: CheckProps) {
  const id = useId();
  return (
    <label class="choice">
      <input
        type="checkbox"
        checked={isOn}
        aria-labelledby={id}
        aria-describedby={`${id}-meaning`}
        onChange={(event) => onChange(event.currentTarget.checked)}
      />
      <span>
        <span class="name" id={id}>
          {name}
        </span>
        <span class="hint" id={`${id}-meaning`}>
          {meaning}
        </span>
      </span>
    </label>
  );
}
