/** Dark or light: the system's, until something is chosen, which this device keeps. base.css does the rest. */
import { effect, signal } from "@preact/signals";
import { recall, remember } from "./memory.ts";

export const themes = ["system", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const kept = recall("theme");

export const theme = signal<Theme>(themes.find((known) => known === kept) ?? "system");

/** Changes the theme, for good. */
export function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  remember("theme", chosen === "system" ? null : chosen);
}

effect(() => {
  const { dataset } = document.documentElement;
  if (theme.value === "system") delete dataset["theme"];
  else dataset["theme"] = theme.value;
});
