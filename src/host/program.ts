/**
 * This program as a process of its own: how it is started again, at a low priority, and how a child notices that its
 * parent is gone. Whatever ends the parent closes the pipe that is the child's standard input, `kill -9` included.
 */
import { constants, setPriority } from "node:os";

/** The command that starts this program: the binary, or the runtime with the sources. */
export function ownCommand(): string[] {
  const isBinary = !Bun.main.endsWith("src/main.ts");
  return isBinary ? [process.execPath] : [process.execPath, Bun.main];
}

/** Lets all others go first, for this process and those that it starts from now on. */
export function goLast(): void {
  try {
    setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // A machine that does not allow it: it is a courtesy, not a promise.
  }
}

/** The lines of standard input as they come; ends when whoever holds the other end is gone. */
export function linesOfInput(): AsyncGenerator<string, void> {
  return linesOf(Bun.stdin.stream());
}

/** The whole lines of a stream as they come. */
export async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  let text = "";
  for await (const chunk of stream) {
    text += decoder.decode(chunk, { stream: true });
    const lines = text.split("\n");
    text = lines.pop() ?? "";
    yield* lines;
  }
}
