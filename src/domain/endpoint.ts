/** Endpoints: addresses of the shop that are told of what happens, by the Standard Webhooks specification. */

/** An endpoint as it stands in storage; `id` is the `seq` of its creation, and it is told of what comes after that. */
export interface EndpointRecord {
  readonly id: number;
  readonly url: string;
  /** The types of the events that it wants; `null` for all. */
  readonly types: readonly string[] | null;
  /** `whsec_` and base64: signs what is sent. */
  readonly secret: string;
  /** The secret before, which signs too for a day after `rotatedAtMs`. */
  readonly previousSecret: string | null;
  readonly rotatedAtMs: number | null;
  readonly isEnabled: boolean;
}
