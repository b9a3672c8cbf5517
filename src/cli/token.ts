/** `rushbox token`: a buyer's JWT, for trying out. What the shop does for its buyers, signed with the folder's secret. */
import { Command } from "commander";
import { readConfig, type Settings } from "../config.ts";
import { limits } from "../domain/limits.ts";
import { startClock } from "../host/clock.ts";
import { print } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";
import { signBuyerToken } from "../http/auth.ts";
import { readJwtSecret } from "../secrets.ts";
import { addSettings, durationOption } from "./command.ts";

const expiresMsDefault = 3_600_000;

export function tokenCommand(): Command {
  const command = new Command("token")
    .summary("a buyer's token, for trying out")
    .description("Print a token with which a buyer can buy. Only the token, nothing else.")
    .requiredOption("--buyer <id>", "the buyer's id, as it will stand in the orders")
    .addOption(durationOption("--expires <duration>", "how long it is valid", 1_000).default(expiresMsDefault, "1h"));
  return addSettings(command, ["data", "jwtSecret", "jwksUrl"])
    .addHelpText(
      "after",
      '\nExample:\n  TOKEN=$(rushbox token --buyer alice --expires 8h)\n  curl localhost:3000/v1/orders -H "Authorization: Bearer $TOKEN"',
    )
    .action(async (flags: Settings & { buyer: string; expires: number }) => {
      const { buyer, expires, ...given } = flags;
      const secret = readJwtSecret(readConfig(given));
      print(await signToken(secret, buyer, startClock().nowMs() + expires));
    });
}

const signedAtOnceMax = 64; // side by side jose signs three times as many as one after the other

/** Tokens of many buyers, in their order; `onSigned` hears how many there are. */
export async function signTokens(
  secret: string,
  buyerIds: readonly string[],
  { expiresAtMs, onSigned }: { expiresAtMs: number; onSigned: (count: number) => void },
): Promise<readonly string[]> {
  const tokens: string[] = [];
  while (tokens.length < buyerIds.length) {
    onSigned(tokens.length);
    const some = buyerIds.slice(tokens.length, tokens.length + signedAtOnceMax);
    tokens.push(...(await Promise.all(some.map((buyerId) => signToken(secret, buyerId, expiresAtMs)))));
  }
  return tokens;
}

/** A buyer's HS256 token. Throws `OperationError` for an id that no token can carry. */
export function signToken(secret: string, buyerId: string, expiresAtMs: number): Promise<string> {
  if (buyerId === "" || buyerId.length > limits.buyerIdLengthMax || !buyerId.isWellFormed()) {
    throw new OperationError({
      operation: "token",
      subject: "no buyer has such an id",
      hint: `Give 1 to ${limits.buyerIdLengthMax} characters.`,
    });
  }
  return signBuyerToken(secret, buyerId, expiresAtMs);
}
