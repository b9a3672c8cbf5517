#!/usr/bin/env bun
/** The process's entry: arguments to the command line. */
import { runCli } from "./cli/cli.ts";

process.umask(0o077); // what it writes has buyers and secrets in it: for its owner alone
await runCli(process.argv.slice(2));
