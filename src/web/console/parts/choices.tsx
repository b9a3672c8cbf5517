/** One of a few, all of them in sight. */
import type { JSX } from "preact";

interface ChoicesProps<T extends string> {
  readonly legend: string;
  readonly name: string;
  readonly options: readonly (readonly [value: T, name: string])[];
  readonly chosen: T;
  readonly onChoose: (value: T) => void;
}

/** Radio buttons under their question. */
export function Choices<T extends string>({ legend, name, options, chosen, onChoose }: ChoicesProps<T>): JSX.Element {
  return (
    <fieldset class="choices">
      <legend>{legend}</legend>
      <div class="row">
        {options.map(([value, text]) => (
          <label key={value}>
            <input type="radio" name={name} checked={chosen === value} onChange={() => onChoose(value)} />
            {text}
          </label>
        ))}
      </div>
    </fieldset>
  );
}
