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
    using stack = new DisposableStack();
    // The name before the trial: of two processes that start together, the one without it must not disturb the other's.
    if (isShared && port !== 0) claimName(port, stack);
    // Tried alone: every other listener on it makes this fail.
    const probe = Bun.listen({ hostname, port, socket: nothing });
    const found = probe.port;
    if (isShared && port === 0) claimName(found, stack);
    probe.stop(true);
    // One thread listens alone, so that the kernel itself refuses a second process: it needs no name.
    const claim = stack.move();
    return { port: found, isShared, [Symbol.dispose]: () => claim.dispose() };
  } catch (cause) {
    throw portRefused(hostname, port, cause);
  }
}

export function portRefused(hostname: string, port: number, cause: unknown): OperationError {
  return new OperationError({
    operation: "listen",
    subject: `${hostname}:${port} cannot be had`,
    hint: "Another program has it, or the address is not this machine's: choose another with --port or --host.",
    cause,
  });
}

function claimName(port: number, stack: DisposableStack): void {
  const claim = Bun.listen({ unix: `\0rushbox-port-${port}`, socket: nothing });
  stack.defer(() => claim.stop(true));
}
