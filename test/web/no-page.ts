/** Lets modules of the pages be loaded where there is no page: what they touch at once is there, and says nothing. */

/** As a browser that speaks a language; what it answers takes everything away again. */
export function withoutPage(language: string): () => void {
  const page = { document: { documentElement: { dataset: {} } }, navigator: { language } };
  const before = Object.keys(page).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)] as const);
  for (const [name, value] of Object.entries(page)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return () => {
    for (const [name, descriptor] of before) {
      if (descriptor === undefined) Reflect.deleteProperty(globalThis, name);
      else Object.defineProperty(globalThis, name, descriptor);
    }
  };
}
