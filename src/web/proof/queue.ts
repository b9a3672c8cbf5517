/**
 * What anybody can check of a queue: the secret that its order was drawn by is the one that was committed to, and the
 * ledger says so. The places themselves need to know who was there, which is the shop's: `rushbox verify` holds them.
 */
import { Finding } from "./finding.ts";
import { hashHex, hashText } from "./hash.ts";
import { Walk } from "./ledger.ts";

export interface QueueTold {
  readonly campaign: string;
  readonly commitment: string | undefined;
  readonly secret: string;
  /** How many were drawn among. */
  readonly count: number;
}

/** Throws what does not hold; answers the row of the drawing. */
export async function checkQueue(queue: QueueTold, onProgress: (count: number) => void): Promise<number> {
  const { campaign, commitment, secret, count } = queue;
  if (hashHex(secret) !== commitment) throw new Finding("otherQueueSecret");
  const details = hashText(`\n${JSON.stringify([secret, count])}`);
  let drawn: number | null = null;
  const walk = new Walk(campaign, (row) => {
    const isIt = row.type === "queue_drawn" && row.campaign_id === campaign && row.details === details;
    if (isIt) drawn = row.seq;
  });
  while (drawn === null && (await walk.step())) onProgress(walk.count);
  if (drawn === null) throw new Finding("noQueueRow");
  return drawn;
}
