/**
 * `rushbox mcp`: a bridge between a desktop client, which speaks over standard input and output, and a server's /mcp.
 * It passes messages on and decides nothing, so there is one server of tools, however an agent comes to it. Nothing
 * but messages goes to standard output; what a person must know goes to standard error.
 *
 * A server that is away is waited for: whatever did not reach it is sent again for a while, and what may have reached
 * it is answered with an error, since only the client knows whether to repeat it.
 */
import { Command } from "commander";
import { tokenOfEnvironment } from "../config.ts";
import { printError } from "../host/log.ts";
import { OperationError } from "../host/operation-error.ts";

interface Flags {
  readonly url: string;
  readonly token?: string;
}

export function mcpCommand(): Command {
  return new Command("mcp")
    .summary("connect a desktop client's agent to a running sale")
    .description(
      "Serve the Model Context Protocol on standard input and output, for clients that start a program: every message is passed on to /mcp of a running Rushbox. With a buyer's token the agent buys for that buyer, with an operator's key it runs sales, with neither it looks at sales and checks proofs.",
    )
    .option("--url <url>", "where the sale runs", "http://127.0.0.1:3000")
    .option(
      "--token <token>",
      "the buyer's token or the operator's key; better in RUSHBOX_TOKEN, where no other user sees it",
    )
    .addHelpText(
      "after",
      [
        "",
        "In the configuration of a desktop client:",
        '  {"mcpServers": {"rushbox": {"command": "rushbox", "args": ["mcp", "--url", "https://sale.example"],',
        '    "env": {"RUSHBOX_TOKEN": "<token>"}}}}',
        "",
        "Buying takes two steps, quote_purchase and confirm_purchase: nothing is bought without the second.",
        "Clients that speak HTTP connect to /mcp themselves. docs/agents.md has the tools, the roles and the limits.",
      ].join("\n"),
    )
    .action(async ({ url, token = tokenOfEnvironment() ?? undefined }: Flags) => {
      const address = addressOf(url);
      printError(
        `rushbox mcp: passing messages on to ${address.href}${token === undefined ? ", without a token" : ""}`,
      );
      const { bridge } = await import("./mcp-bridge.ts"); // it takes the protocol's libraries along
      await bridge({ address, token: token ?? null });
    });
}

function addressOf(url: string): URL {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) {
    const address = new URL(url);
    if (address.pathname === "/") address.pathname = "/mcp";
    return address;
  }
  throw new OperationError({
    operation: "configure",
    subject: `--url is ${JSON.stringify(url)}`,
    hint: "Give an http or https address.",
  });
}
