/**
 * How conversations are written down for the tests: what a buyer says, what it has to be understood as, and how it ends.
 * On the table, in this order: 1 "Falcon X2 Drone" (open, plenty, five per buyer), 2 "Aurora Headphones / 极光耳机" (open,
 * one per buyer), 3 "旗舰手机 Pro" (opens tomorrow), 4 "Vintage Toy Car" (sold out, with a waitlist), 5 "Concert Ticket /
 * 演唱会门票" (by queue), 6 "Limited Sneaker / 限量球鞋" (by draw). Each conversation has a buyer of its own.
 */
import type { Intent } from "../../src/dialogue/chat/intents.ts";

export interface Turn {
  readonly says: string;
  readonly understood: Intent | readonly Intent[];
  readonly outcome?: string | null;
  /** A part of the reply. */
  readonly reply?: string;
}

export interface Conversation {
  readonly name: string;
  readonly language: "en" | "zh";
  readonly turns: readonly Turn[];
}
