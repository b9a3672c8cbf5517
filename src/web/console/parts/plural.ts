/** So many of something in English; Chinese needs no such thing. */
import { count } from "../../shared/format.ts";

/** `1 order`, `2 orders`. */
export function several(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}
