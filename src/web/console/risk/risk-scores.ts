/** From which score on the risk desk does what, for a legend; a test holds it against the rules. Pure. */
export const actionFromScore = { harder: 30, slow: 60, block: 90 } as const;

/** Whether a text is an address or a buyer's id: a buyer may be called anything, but hardly this. */
export function looksLikeAddress(text: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(text) || (/^[0-9a-f:]+(\/64)?$/i.test(text) && text.split(":").length > 2);
}
