/** Fills in the form of a new campaign as people do: field by field, each named as on the wire. */
import type { Page } from "playwright-core";

export async function fill(page: Page, texts: Readonly<Record<string, string>>): Promise<void> {
  for (const [field, text] of Object.entries(texts)) await page.locator(`[data-field="${field}"]`).fill(text);
}

/** Everything that has to be filled in, but for the opening. */
export async function fillAll(page: Page): Promise<void> {
  await fill(page, {
    title: "Double Eleven, one yuan",
    description: "One yuan each, for half an hour.\nOne per buyer.",
    "offers[0].title": "Mate 80 Pro 512 GB",
    "offers[0].sku": "MATE-80-BLK-512",
    "offers[0].price_minor": "1",
    "offers[0].list_price_minor": "6,999",
    "offers[0].currency": "CNY",
    "offers[0].stock": "100",
  });
}
