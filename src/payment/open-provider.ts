/** Which provider the settings name. Stripe's library is read only where it is used: it takes longer than our start. */
import type { PaymentProvider } from "./provider.ts";
import { type SandboxOptions, SandboxProvider } from "./sandbox.ts";
import type { StripeOptions } from "./stripe.ts";

export type ProviderSettings =
  | { readonly provider: "none" }
  | ({ readonly provider: "sandbox" } & SandboxOptions)
  | ({ readonly provider: "stripe" } & StripeOptions);

/** The provider; `null` where payments are the shop's own. */
export async function openProvider(settings: ProviderSettings): Promise<PaymentProvider | null> {
  switch (settings.provider) {
    case "none":
      return null;
    case "sandbox":
      return new SandboxProvider(settings);
    case "stripe": {
      const { StripeProvider } = await import("./stripe.ts");
      return new StripeProvider(settings);
    }
  }
}
