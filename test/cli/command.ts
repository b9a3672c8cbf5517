/** Runs a command of Rushbox to its end as a person would, and answers what it wrote and how it ended. */
import { programOf } from "../harness.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Only what is given: no setting of the machine that runs the tests. */
export const plainEnv = { PATH: process.env["PATH"] ?? "" } as const;

export async function runCommand(
  args: readonly string[],
  { env = {}, cwd = "/" }: { env?: Readonly<Record<string, string>>; cwd?: string } = {},
): Promise<Ran> {
  const child = Bun.spawn([...programOf(), ...args], {
    cwd,
    env: { ...plainEnv, ...env },
    stdin: "ignore",
    stdout: "pipe",
    stderr: "pipe",
  });
  const [stdout, stderr, code] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { code, stdout, stderr };
}
