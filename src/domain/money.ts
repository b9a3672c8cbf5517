/** Money: an integer of minor units and an ISO 4217 code. No fraction exists anywhere in Rushbox. */

const currencies = new Set(Intl.supportedValuesOf("currency"));

/** Whether the text is an ISO 4217 code in capitals, as `CNY`. */
export function isCurrency(code: string): boolean {
  return currencies.has(code);
}

/** Minor units in one major unit: 100 for CNY, 1 for JPY. Throws `RangeError` for a code that is no currency. */
export function minorPerMajor(currency: string): number {
  const format = new Intl.NumberFormat("en", { style: "currency", currency });
  return 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2);
}
