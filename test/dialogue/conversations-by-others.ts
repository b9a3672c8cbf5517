/** Conversations by somebody who has not seen the rules. */
import type { Conversation } from "./conversation-format.ts";

export const conversations: readonly Conversation[] = [];
