/** Which provider the settings name. Stripe's library is read only where it is used: it takes longer than our start. */
import type { Clock } from "../host/clock.ts";
import type { PaymentProvider } from "./provider.ts";
import { type SandboxOptions, SandboxProvider } from "./sandbox.ts";
import type { StripeOptions } from "./stripe.ts";

/** Plain values, to be handed to other threads. */
export type ProviderSettings =
  | { readonly provider: "none" }
  | ({ readonly provider: "sandbox"; readonly returnUrl: string } & Omit<SandboxOptions, "clock">)
  | ({ readonly provider: "stripe" } & Omit<StripeOptions, "clock">);

/** The provider; `null` where payments are the shop's own. */
export async function openProvider(settings: ProviderSettings, clock: Clock): Promise<PaymentProvider | null> {
  switch (settings.provider) {
    case "none":
      return null;
    case "sandbox":
      return new SandboxProvider({ ...settings, clock });
    case "stripe": {
      const { StripeProvider } = await import("./stripe.ts");
      return new StripeProvider({ ...settings, clock });
    }
  }
}
