/**
 * Times as a form's fields have them: this device's calendar and clock, whose zone is told beside them. On the wire they
 * are RFC 3339 in UTC, so that nobody has to guess where a sale opens at noon.
 */

/** `2026-11-11T20:00` in this device's zone: what an input of the type `datetime-local` holds. */
export function localText(ms: number): string {
  const date = new Date(ms);
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  const seconds = date.getSeconds() === 0 ? "" : `:${pad(date.getSeconds())}`;
  return `${day}T${pad(date.getHours())}:${pad(date.getMinutes())}${seconds}`;
}

/** The moment that such a text means on this device; `null` for one that is none. */
export function localMs(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?$/.test(text)) return null;
  const ms = new Date(text).getTime();
  return Number.isNaN(ms) ? null : ms;
}

/** A time of the wire as such a text; empty for none. */
export function fieldTime(time: string | undefined): string {
  const ms = Date.parse(time ?? "");
  return Number.isNaN(ms) ? "" : localText(ms);
}

/** Such a text as a time of the wire; empty for none. */
export function wireTimeOf(field: string): string {
  const ms = localMs(field);
  return ms === null ? "" : new Date(ms).toISOString();
}

/** The zone at that moment, as `Asia/Shanghai, UTC+8`. */
export function zoneName(ms: number): string {
  const name = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const minutesEast = -new Date(ms).getTimezoneOffset();
  const [hours, minutes] = [Math.floor(Math.abs(minutesEast) / 60), Math.abs(minutesEast) % 60];
  const offset = `UTC${minutesEast < 0 ? "−" : "+"}${hours}${minutes === 0 ? "" : `:${pad(minutes)}`}`;
  return name === "UTC" ? "UTC" : `${name}, ${offset}`;
}

/** The same time of day, so many days later, whatever summer time does in between. */
export function daysLater(ms: number, days: number): number {
  const date = new Date(ms);
  date.setDate(date.getDate() + days);
  return date.getTime();
}

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, "0");
}
