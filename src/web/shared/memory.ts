/** What this device remembers for the pages: a few texts. Where a browser forbids that, it forgets with the page. */

const fallback = new Map<string, string>();
const prefix = "rushbox.";

export type Place = "device" | "tab";

/** The text of that name, or `null`. */
export function recall(name: string, place: Place = "device"): string | null {
  try {
    return storageOf(place).getItem(prefix + name);
  } catch {
    return fallback.get(place + name) ?? null;
  }
}

/** Keeps a text; `null` forgets it. */
export function remember(name: string, text: string | null, place: Place = "device"): void {
  try {
    if (text === null) storageOf(place).removeItem(prefix + name);
    else storageOf(place).setItem(prefix + name, text);
  } catch {
    if (text === null) fallback.delete(place + name);
    else fallback.set(place + name, text);
  }
}

function storageOf(place: Place): Storage {
  return place === "device" ? localStorage : sessionStorage;
}
