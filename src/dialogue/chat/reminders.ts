/** A reminder before a sale opens, or none any more: the one place that knows how it is asked for, by the sale's page. */
import type { Offering } from "./shelf.ts";
import { linkToSale, type Said, type Talk } from "./talk.ts";

export async function setReminder(talk: Talk, { offer, sale }: Offering): Promise<Said> {
  return { reply: talk.words.pageReminds(offer.title), links: [linkToSale(talk, sale.id)], state: { focus: offer.id } };
}

export async function forgetReminder(talk: Talk, offering: Offering): Promise<Said> {
  return setReminder(talk, offering);
}
