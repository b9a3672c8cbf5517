/**
 * An endpoint: an address of the shop that is told of events, and what of telling it has not succeeded yet. After a
 * rotation of its secret the old one signs along for a day, so that a receiver can change over without losing one.
 */
export interface EndpointRecord {
  /** The sequence number of the event that created it: it is told of the events after that one. */
  readonly id: number;
  readonly url: string;
  /** The types of events that it wants; `null` for all. */
  readonly types: readonly string[] | null;
  /** `whsec_` and base64, as Standard Webhooks says. */
  readonly secret: string;
  readonly previousSecret: string | null;
  readonly rotatedAtMs: number | null;
  /** What happens while it is disabled waits in the journal. */
  readonly isEnabled: boolean;
}

export const deliveryStates = ["pending", "dead"] as const;
export type DeliveryState = (typeof deliveryStates)[number];

/** A delivery that has failed, or waits behind one of the same lane: tried again (`pending`), or given up (`dead`). */
export interface DeliveryRecord {
  readonly endpointId: number;
  /** The event. */
  readonly seq: number;
  readonly type: string;
  readonly lane: string | null;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly nextAtMs: number;
  readonly firstAttemptAtMs: number | null;
  readonly lastAttemptAtMs: number | null;
  /** The HTTP status of the last answer, or `null` when there was none. */
  readonly lastStatus: number | null;
  readonly lastError: string | null;
}

/** How long the secret before the last rotation signs along. */
export const rotationMs = 86_400_000;

/** The secrets that sign now, the newest first. */
export function signingSecrets(endpoint: EndpointRecord, nowMs: number): string[] {
  const { secret, previousSecret, rotatedAtMs } = endpoint;
  if (previousSecret === null || rotatedAtMs === null || nowMs >= rotatedAtMs + rotationMs) return [secret];
  return [secret, previousSecret];
}
