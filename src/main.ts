#!/usr/bin/env bun
/** The process's entry: arguments to the command line, nothing else. */
import { runCli } from "./cli/cli.ts";

await runCli(process.argv.slice(2));
