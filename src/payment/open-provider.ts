/** Which provider the settings name. Its code is read only where it is used: Stripe's library takes as long as our start. */
import type { Clock } from "../host/clock.ts";
import type { SandboxOptions, SandboxProvider } from "./sandbox.ts";
import type { StripeOptions, StripeProvider } from "./stripe.ts";

/** Plain values, to be handed to other threads. */
export type ProviderSettings =
  | { readonly provider: "none" }
  | ({ readonly provider: "sandbox"; readonly returnUrl: string } & Omit<SandboxOptions, "clock">)
  | ({ readonly provider: "stripe" } & Omit<StripeOptions, "clock">);

/** The provider; `null` where payments are the shop's own. */
export async function openProvider(
  settings: ProviderSettings,
  clock: Clock,
): Promise<SandboxProvider | StripeProvider | null> {
  switch (settings.provider) {
    case "none":
      return null;
    case "sandbox": {
      const { SandboxProvider } = await import("./sandbox.ts");
      return new SandboxProvider({ ...settings, clock });
    }
    case "stripe": {
      const { StripeProvider } = await import("./stripe.ts");
      return new StripeProvider({ ...settings, clock });
    }
  }
}
