/** Waits for a condition by asking again and again; throws with what was last seen when it does not come in time. */
export async function until<T>(
  ask: () => Promise<T>,
  fits: (value: T) => boolean,
  withinMs = 10_000,
  everyMs = 10,
): Promise<T> {
  const untilMs = performance.now() + withinMs;
  for (;;) {
    const value = await ask();
    if (fits(value)) return value;
    if (performance.now() > untilMs) throw new Error(`not in time: ${JSON.stringify(value)}`);
    await Bun.sleep(everyMs);
  }
}
