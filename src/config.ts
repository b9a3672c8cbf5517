/**
 * The only reader of the environment. Every setting stands in one table with its meaning, type and default; a flag of
 * `serve` has the same name. What is unknown or contradictory stops the start with one line that says what to do.
 */
import { availableParallelism } from "node:os";
import { limits } from "./domain/limits.ts";
import { OperationError } from "./host/operation-error.ts";
import { isProxy, type ProxyHeader, proxyHeaders } from "./http/address.ts";

export interface Config {
  /** 0 takes any free port. */
  readonly port: number;
  readonly host: string;
  readonly data: string;
  readonly httpThreads: number;
  /** `null`: a generated one in the data folder. */
  readonly operatorKey: string | null;
  readonly jwtSecret: string | null;
  readonly jwksUrl: string | null;
  /** Whose word about a client's address counts: addresses and networks. */
  readonly trustedProxies: readonly string[];
  readonly proxyHeader: ProxyHeader;
  readonly areRatesLimited: boolean;
  /** Whether work of least value is given up while buyers wait too long. */
  readonly isLoadShed: boolean;
  readonly areWebhooksPrivate: boolean;
  readonly ledgerHeadEveryS: number;
  readonly retentionDays: number;
  readonly payments: PaymentsSetting;
  /** `null`: where it listens. */
  readonly publicUrl: string | null;
  /** `null`: a page of its own. */
  readonly returnUrl: string | null;
  /** Whose pages may show a sale in a frame. */
  readonly embedOrigins: readonly string[];
  /** Who gives agents their tokens, by OAuth. */
  readonly mcpAuthServers: readonly string[];
  readonly stripeSecretKey: string | null;
  readonly stripeWebhookSecret: string | null;
  readonly stripeUrl: string;
  /** The drand chain that decides in draws; `null`: their secret alone does. */
  readonly beaconUrl: string | null;
  readonly beaconKey: string | null;
  /** `null`: no campaign can ask for a captcha. */
  readonly captchaUrl: string | null;
  readonly captchaSecret: string | null;
  readonly captchaSiteKey: string | null;
  /** `null`: solved on whatever page. */
  readonly captchaHostname: string | null;
  /** What the shop is called on its pages. */
  readonly shopName: string;
  /** Where its buyers sign in; `null`: nowhere. */
  readonly signInUrl: string | null;
  /** Whether whoever has no account may buy as a guest. */
  readonly hasGuests: boolean;
}

/** Who takes the money: the shop itself, a provider that this program plays, or Stripe. */
export const paymentsSettings = ["none", "sandbox", "stripe"] as const;
export type PaymentsSetting = (typeof paymentsSettings)[number];

export interface Setting {
  readonly env: string;
  readonly flag: string;
  readonly placeholder: string;
  readonly doc: string;
  readonly fallback: string;
}

const threadsDefault = Math.max(1, availableParallelism() - 1);

export const settings = {
  port: {
    env: "RUSHBOX_PORT",
    flag: "port",
    placeholder: "number",
    doc: "TCP port, 0 for any free one",
    fallback: "3000",
  },
  host: {
    env: "RUSHBOX_HOST",
    flag: "host",
    placeholder: "address",
    doc: "address to listen on",
    fallback: "127.0.0.1",
  },
  data: {
    env: "RUSHBOX_DATA",
    flag: "data",
    placeholder: "folder",
    doc: "data folder, on a local disk",
    fallback: "./data",
  },
  httpThreads: {
    env: "RUSHBOX_HTTP_THREADS",
    flag: "http-threads",
    placeholder: "number",
    doc: "threads that answer HTTP; more than one on Linux alone",
    fallback: String(process.platform === "linux" ? threadsDefault : 1),
  },
  operatorKey: {
    env: "RUSHBOX_OPERATOR_KEY",
    flag: "operator-key",
    placeholder: "key",
    doc: "the operator's bearer key, 16 characters or more; generated into the data folder when absent",
    fallback: "",
  },
  jwtSecret: {
    env: "RUSHBOX_JWT_SECRET",
    flag: "jwt-secret",
    placeholder: "secret",
    doc: "HS256 secret of the buyers' tokens, 32 characters or more; generated likewise",
    fallback: "",
  },
  jwksUrl: {
    env: "RUSHBOX_JWKS_URL",
    flag: "jwks-url",
    placeholder: "url",
    doc: "the shop's JWKS for the buyers' tokens, instead of a secret",
    fallback: "",
  },
  trustedProxies: {
    env: "RUSHBOX_TRUSTED_PROXIES",
    flag: "trusted-proxies",
    placeholder: "addresses",
    doc: "proxies in front, whose word about a client's address counts: addresses or networks, with commas between",
    fallback: "",
  },
  proxyHeader: {
    env: "RUSHBOX_PROXY_HEADER",
    flag: "proxy-header",
    placeholder: "name",
    doc: "the header that they write it into: x-forwarded-for or forwarded",
    fallback: "x-forwarded-for",
  },
  isLoadShed: {
    env: "RUSHBOX_LOAD_SHEDDING",
    flag: "load-shedding",
    placeholder: "on|off",
    doc: "off: nothing is refused because buyers wait too long; for tests on a busy machine",
    fallback: "on",
  },
  areRatesLimited: {
    env: "RUSHBOX_RATE_LIMITS",
    flag: "rate-limits",
    placeholder: "on|off",
    doc: "whether buyers are limited in how often they try; off for a load of a few buyers, as in a rehearsal",
    fallback: "on",
  },
  areWebhooksPrivate: {
    env: "RUSHBOX_WEBHOOKS_PRIVATE",
    flag: "webhooks-private",
    placeholder: "yes|no",
    doc: "whether webhooks may go to addresses that are not public, as in the shop's own network",
    fallback: "no",
  },
  ledgerHeadEveryS: {
    env: "RUSHBOX_LEDGER_HEAD_EVERY_S",
    flag: "ledger-head-every-s",
    placeholder: "seconds",
    doc: "how often the ledger's head goes out to webhooks when something has happened; 0 for never",
    fallback: "3600",
  },
  retentionDays: {
    env: "RUSHBOX_RETENTION_DAYS",
    flag: "retention-days",
    placeholder: "days",
    doc: "after so many days the buyers of an ended campaign are erased; 0 to keep them",
    fallback: "0",
  },
  payments: {
    env: "RUSHBOX_PAYMENTS",
    flag: "payments",
    placeholder: "provider",
    doc: "who takes the money: none (the shop itself, which tells), sandbox (played here, no money moves) or stripe",
    fallback: "none",
  },
  publicUrl: {
    env: "RUSHBOX_PUBLIC_URL",
    flag: "public-url",
    placeholder: "url",
    doc: "where buyers reach this server, without a path; where it listens when absent",
    fallback: "",
  },
  returnUrl: {
    env: "RUSHBOX_RETURN_URL",
    flag: "return-url",
    placeholder: "url",
    doc: "where buyers come back to from a payment page; a page of its own when absent",
    fallback: "",
  },
  embedOrigins: {
    env: "RUSHBOX_EMBED_ORIGINS",
    flag: "embed-origins",
    placeholder: "origins",
    doc: "the shop's origins whose pages may embed a sale, as https://www.shop.example, with commas between",
    fallback: "",
  },
  mcpAuthServers: {
    env: "RUSHBOX_MCP_AUTH_SERVERS",
    flag: "mcp-auth-servers",
    placeholder: "urls",
    doc: "OAuth servers where agents get a buyer's token, told at /.well-known/oauth-protected-resource, with commas between",
    fallback: "",
  },
  stripeSecretKey: {
    env: "RUSHBOX_STRIPE_SECRET_KEY",
    flag: "stripe-secret-key",
    placeholder: "key",
    doc: "Stripe's secret key",
    fallback: "",
  },
  stripeWebhookSecret: {
    env: "RUSHBOX_STRIPE_WEBHOOK_SECRET",
    flag: "stripe-webhook-secret",
    placeholder: "secret",
    doc: "the signing secret of Stripe's endpoint for /v1/payments/stripe/webhook",
    fallback: "",
  },
  stripeUrl: {
    env: "RUSHBOX_STRIPE_URL",
    flag: "stripe-url",
    placeholder: "url",
    doc: "Stripe's address, without a path",
    fallback: "https://api.stripe.com",
  },
  beaconUrl: {
    env: "RUSHBOX_BEACON_URL",
    flag: "beacon-url",
    placeholder: "url",
    doc: "a drand chain of quicknet's kind that decides in draws together with their secret: its address with the chain's hash at the end",
    fallback: "",
  },
  beaconKey: {
    env: "RUSHBOX_BEACON_KEY",
    flag: "beacon-key",
    placeholder: "key",
    doc: "the public key of that chain, 192 hexadecimal digits",
    fallback: "",
  },
  captchaUrl: {
    env: "RUSHBOX_CAPTCHA_URL",
    flag: "captcha-url",
    placeholder: "url",
    doc: "where solved captchas are checked (siteverify of Turnstile, hCaptcha and others)",
    fallback: "",
  },
  captchaSecret: {
    env: "RUSHBOX_CAPTCHA_SECRET",
    flag: "captcha-secret",
    placeholder: "secret",
    doc: "the captcha's secret key",
    fallback: "",
  },
  captchaSiteKey: {
    env: "RUSHBOX_CAPTCHA_SITE_KEY",
    flag: "captcha-site-key",
    placeholder: "key",
    doc: "the captcha's public key, for the widget in the browser",
    fallback: "",
  },
  captchaHostname: {
    env: "RUSHBOX_CAPTCHA_HOSTNAME",
    flag: "captcha-hostname",
    placeholder: "host",
    doc: "the host on whose pages captchas are solved; any when absent",
    fallback: "",
  },
  shopName: {
    env: "RUSHBOX_SHOP_NAME",
    flag: "shop-name",
    placeholder: "name",
    doc: "what the shop is called on its pages",
    fallback: "Rushbox",
  },
  signInUrl: {
    env: "RUSHBOX_SIGN_IN_URL",
    flag: "sign-in-url",
    placeholder: "url",
    doc: "where a buyer signs in to the shop, for the link on its pages",
    fallback: "",
  },
  hasGuests: {
    env: "RUSHBOX_GUESTS",
    flag: "guests",
    placeholder: "on|off",
    doc: "whether whoever has no account may buy as a guest: anybody can be as many guests as they like",
    fallback: "off",
  },
} as const satisfies Record<keyof Config, Setting>;

/** Where `rushbox mcp` finds the token of its caller: no setting of a server. */
const tokenVariable = "RUSHBOX_TOKEN";

const operatorKeyLengthMin = 16;
const jwtSecretLengthMin = 32; // RFC 7518, section 3.2: an HS256 key has at least the hash's 256 bits
const httpThreadsMax = 64;
const secondsMax = 604_800; // a week: timers beyond 24 days would fire at once
const daysMax = 36_500;

/** Settings as texts, by the names of `Config`. */
export type Settings = Partial<Record<keyof Config, string>>;

/**
 * The configuration of flags over environment over defaults; a command may have defaults of its own. Throws
 * `OperationError` that names the setting.
 */
export function readConfig(
  flags: Settings = {},
  env: Readonly<Record<string, string | undefined>> = process.env,
  defaults: Settings = {},
): Config {
  const known = new Set<string>([...Object.values(settings).map((setting) => setting.env), tokenVariable]);
  for (const name of Object.keys(env)) {
    if (name.startsWith("RUSHBOX_") && !known.has(name)) {
      throw refuse(name, "is not a setting", `Known are ${[...known].join(", ")}.`);
    }
  }
  const text = (name: keyof Config) =>
    flags[name] ?? env[settings[name].env] ?? defaults[name] ?? settings[name].fallback;
  const named = (name: keyof Config) => (flags[name] === undefined ? settings[name].env : `--${settings[name].flag}`);
  const secret = (name: "operatorKey" | "jwtSecret", lengthMin: number) => {
    const value = text(name);
    if (value !== "" && value.length < lengthMin) {
      throw refuse(named(name), "is too short", `Give ${lengthMin} characters or more, or none to have one made.`);
    }
    return value === "" ? null : value;
  };
  const config: Config = {
    port: integer(named("port"), text("port"), 0, 65_535),
    host: text("host"),
    data: text("data"),
    httpThreads: integer(named("httpThreads"), text("httpThreads"), 1, httpThreadsMax),
    operatorKey: secret("operatorKey", operatorKeyLengthMin),
    jwtSecret: secret("jwtSecret", jwtSecretLengthMin),
    jwksUrl: text("jwksUrl") === "" ? null : httpUrl(named("jwksUrl"), text("jwksUrl")),
    trustedProxies: proxies(named("trustedProxies"), text("trustedProxies")),
    proxyHeader: choice(named("proxyHeader"), text("proxyHeader"), proxyHeaders),
    isLoadShed: choice(named("isLoadShed"), text("isLoadShed"), ["on", "off"]) === "on",
    areRatesLimited: choice(named("areRatesLimited"), text("areRatesLimited"), ["on", "off"]) === "on",
    areWebhooksPrivate: choice(named("areWebhooksPrivate"), text("areWebhooksPrivate"), ["yes", "no"]) === "yes",
    ledgerHeadEveryS: integer(named("ledgerHeadEveryS"), text("ledgerHeadEveryS"), 0, secondsMax),
    retentionDays: integer(named("retentionDays"), text("retentionDays"), 0, daysMax),
    payments: choice(named("payments"), text("payments"), paymentsSettings),
    publicUrl: text("publicUrl") === "" ? null : origin(named("publicUrl"), text("publicUrl")),
    returnUrl: text("returnUrl") === "" ? null : httpUrl(named("returnUrl"), text("returnUrl")),
    embedOrigins: origins(named("embedOrigins"), text("embedOrigins")),
    mcpAuthServers: issuers(named("mcpAuthServers"), text("mcpAuthServers")),
    stripeSecretKey: text("stripeSecretKey") || null,
    stripeWebhookSecret: text("stripeWebhookSecret") || null,
    stripeUrl: origin(named("stripeUrl"), text("stripeUrl")),
    beaconUrl: text("beaconUrl") === "" ? null : chainUrl(named("beaconUrl"), text("beaconUrl")),
    beaconKey: text("beaconKey") === "" ? null : chainKey(named("beaconKey"), text("beaconKey")),
    captchaUrl: text("captchaUrl") === "" ? null : httpUrl(named("captchaUrl"), text("captchaUrl")),
    captchaSecret: text("captchaSecret") || null,
    captchaSiteKey: text("captchaSiteKey") || null,
    captchaHostname: text("captchaHostname") || null,
    shopName: heading(named("shopName"), text("shopName")),
    signInUrl: text("signInUrl") === "" ? null : httpUrl(named("signInUrl"), text("signInUrl")),
    hasGuests: choice(named("hasGuests"), text("hasGuests"), ["on", "off"]) === "on",
  };
  for (const name of ["stripeSecretKey", "stripeWebhookSecret"] as const) {
    if (config.payments === "stripe" && config[name] === null) {
      throw refuse(named(name), "is missing", `${named("payments")}=stripe needs it: Stripe's dashboard shows it.`);
    }
    if (config.payments !== "stripe" && config[name] !== null) {
      const hint = `Set ${named("payments")} to stripe, or leave it away.`;
      throw refuse(`${named(name)}`, `contradicts ${named("payments")}=${config.payments}`, hint);
    }
  }
  const captchaSettings = ["captchaUrl", "captchaSecret", "captchaSiteKey"] as const;
  const isCaptchaNamed = [...captchaSettings, "captchaHostname" as const].some((name) => config[name] !== null);
  for (const name of captchaSettings) {
    if (isCaptchaNamed && config[name] === null) {
      const all = captchaSettings.map(named).join(", ");
      throw refuse(named(name), "is missing", `A captcha needs ${all}: give all of them, or none.`);
    }
  }
  if (config.jwtSecret !== null && config.jwksUrl !== null) {
    throw refuse(`${named("jwtSecret")} and ${named("jwksUrl")}`, "contradict each other", "Give one of them.");
  }
  if (config.hasGuests && config.jwksUrl !== null) {
    const hint = "Guests' tokens are signed here, those of a JWKS by the shop alone: give one of them.";
    throw refuse(`${named("hasGuests")}=on and ${named("jwksUrl")}`, "contradict each other", hint);
  }
  if ((config.beaconUrl === null) !== (config.beaconKey === null)) {
    const missing = named(config.beaconUrl === null ? "beaconUrl" : "beaconKey");
    throw refuse(missing, "is missing", "A beacon is a chain's address and its public key: give both, or neither.");
  }
  if (config.host === "" || config.data === "") {
    throw refuse(named(config.host === "" ? "host" : "data"), "is empty", "Leave it away for the default.");
  }
  if (config.httpThreads > 1 && process.platform !== "linux") {
    throw refuse(named("httpThreads"), "can be above 1 on Linux alone", "Set it to 1.");
  }
  return Object.freeze(config);
}

/** The token with which a command comes to a server, where the environment has one. */
export function tokenOfEnvironment(): string | null {
  return process.env[tokenVariable] || null;
}

/** The flags that say these settings. */
export function flagsOf(given: Settings): string[] {
  return (Object.keys(given) as (keyof Config)[]).flatMap((name) => {
    const value = given[name];
    return value === undefined ? [] : [`--${settings[name].flag}`, value];
  });
}

/** What of a server's settings decides how its buyers fare: its copy in a rehearsal has the same. */
export function settingsOfCopy(config: Config): Settings {
  return {
    httpThreads: String(config.httpThreads),
    areRatesLimited: config.areRatesLimited ? "on" : "off",
    isLoadShed: config.isLoadShed ? "on" : "off",
  };
}

/** The environment without any setting: for a process that must not become a second one of this server. */
export function environmentWithoutSettings(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => {
      const [name, value] = entry;
      return value !== undefined && !name.startsWith("RUSHBOX_");
    }),
  );
}

/** Where this machine reaches a server of this configuration: one that listens on all addresses, on the local one. */
export function ownUrl({ host, port }: Pick<Config, "host" | "port">): string {
  const reachable = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}`;
}

function integer(name: string, text: string, min: number, max: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw refuse(name, `is ${JSON.stringify(text)}`, `Give a whole number from ${min} to ${max}.`);
  }
  return value;
}

function choice<T extends string>(name: string, text: string, known: readonly T[]): T {
  const found = known.find((value) => value === text);
  if (found !== undefined) return found;
  throw refuse(name, `is ${JSON.stringify(text)}`, `Give one of ${known.join(", ")}.`);
}

/** One line that a page can have as its name. */
function heading(name: string, text: string): string {
  if (/\S/.test(text) && !/\p{Cc}/u.test(text) && text.length <= limits.titleLengthMax) return text.trim();
  throw refuse(name, `is ${JSON.stringify(text)}`, `Give one line of 1 to ${limits.titleLengthMax} characters.`);
}

function proxies(name: string, text: string): string[] {
  const named = text.split(",").map((part) => part.trim());
  if (text.trim() === "") return [];
  for (const proxy of named) {
    if (isProxy(proxy)) continue;
    throw refuse(
      name,
      `names ${JSON.stringify(proxy)}`,
      "Give addresses or networks as 10.0.0.0/8, with commas between.",
    );
  }
  return named;
}

/** An address of a server alone: what is below it is this program's to say. */
function origin(name: string, text: string): string {
  const url = new URL(httpUrl(name, text));
  if (url.href === `${url.origin}/`) return url.origin;
  throw refuse(name, `is ${JSON.stringify(text)}`, `Give ${url.origin} alone, without a path.`);
}

/** Several of them, each once. They stand in a policy, where stars and semicolons would mean more than an address. */
function origins(name: string, text: string): string[] {
  if (text.trim() === "") return [];
  const named = text.split(",").map((part) => origin(name, part.trim()));
  const wrong = named.find((one) => !/^https?:\/\/(\[[\da-f:]+\]|[\w.-]+)(:\d+)?$/.test(one));
  if (wrong === undefined) return [...new Set(named)];
  throw refuse(name, `names ${JSON.stringify(wrong)}`, "Give each origin as https://www.shop.example, without stars.");
}

function issuers(name: string, text: string): string[] {
  if (text.trim() === "") return [];
  return text.split(",").map((part) => httpUrl(name, part.trim()));
}

/** The address of a drand chain, without a slash at the end. */
function chainUrl(name: string, text: string): string {
  const url = httpUrl(name, text).replace(/\/$/, "");
  if (/\/[0-9a-f]{64}$/.test(url)) return url;
  throw refuse(name, `is ${JSON.stringify(text)}`, "Give the address of a chain, with its hash at the end.");
}

function chainKey(name: string, text: string): string {
  if (/^[0-9a-f]{192}$/.test(text)) return text;
  throw refuse(name, "is no public key of a chain", "Give 192 hexadecimal digits, as the chain's info has them.");
}

function httpUrl(name: string, text: string): string {
  if (URL.canParse(text) && /^https?:$/.test(new URL(text).protocol)) return text;
  throw refuse(name, `is ${JSON.stringify(text)}`, "Give an http or https address.");
}

function refuse(subject: string, what: string, hint: string): OperationError {
  return new OperationError({ operation: "configure", subject: `${subject} ${what}`, hint });
}
