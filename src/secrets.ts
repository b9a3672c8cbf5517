/**
 * Keys of the data folder: given by the configuration, else generated once and kept beside the database, readable by
 * their owner alone. Only called with the folder's lock held, or to read what a running server made.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config.ts";
import { OperationError } from "./host/operation-error.ts";
import { newSecret, newSigningKey } from "./host/random.ts";
import type { AuthSettings } from "./http/auth.ts";

/** What the HTTP threads check credentials with. Generates what is missing. */
export function ensureSecrets(config: Config): AuthSettings {
  const operatorKey = config.operatorKey ?? readOrCreate(join(config.data, "operator.key"));
  if (config.jwksUrl !== null) return { operatorKey, buyers: { jwksUrl: config.jwksUrl } };
  return { operatorKey, buyers: { secret: config.jwtSecret ?? readOrCreate(join(config.data, "jwt.secret")) } };
}

/** What the sandbox signs with: made once, so that its pages and webhooks outlive a restart. */
export function ensureSandboxSecret({ data }: Pick<Config, "data">): string {
  return readOrCreate(join(data, "sandbox.secret"));
}

/** What passes and quotes are signed with: made once, so that they outlive a restart. */
export function ensurePassKey({ data }: Pick<Config, "data">): string {
  return readOrCreate(join(data, "pass.key"));
}

/** What challenges are signed with. */
export function ensureChallengeKey({ data }: Pick<Config, "data">): string {
  return readOrCreate(join(data, "challenge.key"));
}

/** The key that signs receipts, PKCS #8 in PEM. Generated when it is missing, and then kept: receipts outlive it. */
export function ensureReceiptKey({ data }: Pick<Config, "data">): string {
  return readOrCreate(join(data, "receipt.key"), newSigningKey);
}

/** Whether a folder has a sale, perhaps with receipts that were given, and not the key that signed them. */
export function lacksReceiptKey({ data }: Pick<Config, "data">): boolean {
  return existsSync(join(data, "rushbox.db")) && !existsSync(join(data, "receipt.key"));
}

/** The same for checking receipts. Throws `OperationError` when the folder has none yet. */
export function readReceiptKey(folder: string): string {
  return readExisting(join(folder, "receipt.key"));
}

/** The HS256 secret of the buyers' tokens, for making one. Throws `OperationError` where the shop signs them. */
export function readJwtSecret(config: Config): string {
  if (config.jwksUrl !== null) {
    throw new OperationError({
      operation: "token",
      subject: "the shop signs its buyers' tokens (RUSHBOX_JWKS_URL)",
      hint: "Ask the shop for one.",
    });
  }
  if (config.jwtSecret !== null) return config.jwtSecret;
  return readExisting(join(config.data, "jwt.secret"));
}

/** The operator's key. Throws `OperationError` when the folder has none yet. */
export function readOperatorKey(config: Config): string {
  return config.operatorKey ?? readExisting(join(config.data, "operator.key"));
}

/** The operator's key, or `null` where it is not known: some commands can do without. */
export function findOperatorKey(config: Config): string | null {
  return config.operatorKey !== null || existsSync(join(config.data, "operator.key")) ? readOperatorKey(config) : null;
}

function readExisting(path: string): string {
  if (existsSync(path)) return readFileSync(path, "utf8").trim();
  throw new OperationError({
    operation: "read",
    subject: `${path} does not exist`,
    hint: "Start 'rushbox serve' once with this data folder, or name another one with --data.",
  });
}

function readOrCreate(path: string, make = newSecret): string {
  if (existsSync(path)) return readFileSync(path, "utf8").trim();
  const secret = make();
  writeFileSync(path, `${secret}\n`, { mode: 0o600, flag: "wx" });
  return secret;
}
