/**
 * One process per port. Several threads share a port by SO_REUSEPORT, with which two processes would share it too,
 * silently, each with its own half of the buyers. So the port's number is claimed first as the name of an abstract
 * socket, which the kernel gives to one process in the same network namespace and frees when it dies, and the port is
 * then tried alone, which fails while any other program has it.
 */
import { OperationError } from "./operation-error.ts";

export interface PortClaim extends Disposable {
  readonly port: number;
  /** Whether the listeners are to share the port. */
  readonly isShared: boolean;
}

const nothing = { data() {} };

/** Claims a port, or any free one for 0. Throws `OperationError` when another program has it. */
export function claimPort(hostname: string, port: number, isShared: boolean): PortClaim {
  try {
    // Tried alone: every other listener on it makes this fail.
    const probe = Bun.listen({ hostname, port, socket: nothing });
    const found = probe.port;
    // One thread listens alone, so that the kernel itself refuses a second process.
    if (!isShared) {
      probe.stop(true);
      return { port: found, isShared, [Symbol.dispose]() {} };
    }
    const claim = Bun.listen({ unix: `\0rushbox-port-${found}`, socket: nothing });
    probe.stop(true);
    return { port: found, isShared, [Symbol.dispose]: () => claim.stop(true) };
  } catch (cause) {
    throw new OperationError({
      operation: "listen",
      subject: `${hostname}:${port} cannot be had`,
      hint: "Another program has it, or the address is not this machine's: choose another with --port or --host.",
      cause,
    });
  }
}
