/** Money: an integer of minor units and an ISO 4217 code. No fraction exists anywhere in Rushbox. */

/** Asked for when first needed: it takes 80 ms, which no start should wait for. */
let currencies: ReadonlySet<string> | null = null;

/** Whether the text is an ISO 4217 code in capitals, as `CNY`. */
export function isCurrency(code: string): boolean {
  currencies ??= new Set(Intl.supportedValuesOf("currency"));
  return currencies.has(code);
}

/** Minor units in one major unit: 100 for CNY, 1 for JPY. Throws `RangeError` for a code that is no currency. */
export function minorPerMajor(currency: string): number {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2);
}
