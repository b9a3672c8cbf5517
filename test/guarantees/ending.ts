/** How a start or a run of the program ended, as a person or a supervisor sees it. Proves nothing by itself. */
import type { spawnServer } from "../harness.ts";

/** The port of a start that succeeds, `null` for one that does not. */
export async function portOf(
  server: Pick<ReturnType<typeof spawnServer>, "ready" | "process">,
): Promise<number | null> {
  const port = await server.ready.catch(() => null);
  if (port === null) await server.process.exited;
  return port;
}

/** Standard error without the log's JSON: what a person is told. */
export function linesForPeople(text: string): string[] {
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
}
