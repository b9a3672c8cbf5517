/**
 * Where a request comes from: the address of its socket, or behind proxies that are trusted by name the address that
 * they saw. Nobody else's word counts: of the header's list the last address that no trusted proxy has is taken, since
 * whatever stands before it is what the client wrote. Asked for only when somebody needs it: most requests never do.
 *
 * Which header tells is a setting of its own. A proxy writes one of the two and hands the other on as the client sent
 * it, so to look into both would be to believe the client.
 */
import ipaddr from "ipaddr.js";

export const proxyHeaders = ["x-forwarded-for", "forwarded"] as const;
export type ProxyHeader = (typeof proxyHeaders)[number];

export interface ProxySettings {
  /** Addresses and networks, as `10.0.0.0/8`. */
  readonly trusted: readonly string[];
  readonly header: ProxyHeader;
}

/** The server of a thread, which knows the sockets. */
export interface Sockets {
  requestIP(request: Request): { readonly address: string } | null;
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** More proxies one behind the other than anybody has: a header is not read further, however long it is. */
const hopsMax = 16;
const headerLengthMax = 4_096;
/** Of a client that has hung up: no address that anybody comes from. Where an address counts it must not get in. */
export const nobodysAddress = "::";

export class ClientAddresses {
  readonly #trusted: readonly [Address, number][];
  readonly #header: ProxyHeader;
  /** Requests that were made on this thread, by the one that each was made for. */
  readonly #outer = new WeakMap<Request, Request>();
  #sockets: Sockets | null = null;

  constructor({ trusted, header }: ProxySettings) {
    this.#trusted = trusted.map(networkIn);
    this.#header = header;
  }

  /** Once the thread listens. */
  attach(sockets: Sockets): void {
    this.#sockets = sockets;
  }

  /** The client's address in its usual form, IPv4 where it is one; `nobodysAddress` when it has hung up. */
  of(request: Request): string {
    const socket = this.#sockets?.requestIP(request)?.address;
    if (socket === undefined) return this.#addressOfOuter(request);
    if (this.#trusted.length === 0) return socket.includes(":") ? textOf(addressIn(socket)) : socket;
    const nearest = addressIn(socket);
    if (!this.#isTrusted(nearest)) return textOf(nearest);
    return textOf(this.#farthest(nearest, request.headers.get(this.#header) ?? ""));
  }

  /** A request that comes from inside comes from where the one comes from for which it is made. */
  lend(inner: Request, outer: Request): void {
    this.#outer.set(inner, outer);
  }

  #addressOfOuter(request: Request): string {
    const outer = this.#outer.get(request);
    return outer === undefined ? nobodysAddress : this.of(outer);
  }

  /** From the nearest on, the first that is no trusted proxy; what is no address ends the search, and the one before counts. */
  #farthest(nearest: Address, header: string): Address {
    let found = nearest;
    const hops = header.slice(-headerLengthMax).split(",").reverse();
    for (const hop of hops.slice(0, hopsMax)) {
      const text = this.#header === "forwarded" ? forIn(hop) : hop.trim();
      const address = text === null ? null : hopIn(text);
      if (address === null) return found;
      found = address;
      if (!this.#isTrusted(found)) return found;
    }
    return found;
  }

  #isTrusted(address: Address): boolean {
    return this.#trusted.some(([network, bits]) => network.kind() === address.kind() && address.match(network, bits));
  }
}

/** Whether a text names a proxy: an address or a network. */
export function isProxy(text: string): boolean {
  return ipaddr.isValidCIDR(text) || isAddress(text);
}

/**
 * What one client has for sure: its IPv4 address; of IPv6 the /64, within which everybody takes as many addresses as
 * they like (RFC 4291, 2.5.1; RFC 8981).
 */
export function networkOf(address: string): string {
  if (!address.includes(":")) return address;
  const parsed = addressIn(address);
  if (parsed instanceof ipaddr.IPv4) return parsed.toString();
  return `${textOf(new ipaddr.IPv6([...parsed.parts.slice(0, 4), 0, 0, 0, 0]))}/64`;
}

/** Four decimal numbers, or IPv6 without a zone: other spellings of IPv4 are one more way to look like somebody else. */
function isAddress(text: string): boolean {
  return ipaddr.IPv4.isValidFourPartDecimal(text) || (ipaddr.IPv6.isValid(text) && !text.includes("%"));
}

function networkIn(text: string): [Address, number] {
  if (ipaddr.isValidCIDR(text)) {
    const [network, bits] = ipaddr.parseCIDR(text);
    const isMapped = network instanceof ipaddr.IPv6 && network.isIPv4MappedAddress() && bits >= 96;
    return isMapped ? [network.toIPv4Address(), bits - 96] : [network, bits];
  }
  const address = addressIn(text);
  return [address, address instanceof ipaddr.IPv4 ? 32 : 128];
}

/** IPv4 where it is one, also where a socket of both kinds shows it as IPv6. */
function addressIn(text: string): Address {
  return ipaddr.process(text.split("%", 1)[0] ?? "");
}

function textOf(address: Address): string {
  return address instanceof ipaddr.IPv4 ? address.toString() : address.toRFC5952String();
}

/** An address as proxies write it, with its port or without; `null` for anything else (`unknown`, `_hidden`). */
function hopIn(text: string): Address | null {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1];
  const withPort = /^([\d.]+):\d{1,5}$/.exec(text)?.[1];
  const address = bracketed ?? withPort ?? text;
  if (bracketed !== undefined && !bracketed.includes(":")) return null;
  return isAddress(address) ? addressIn(address) : null;
}

/** The `for` of one element of a Forwarded header (RFC 7239, section 4). */
function forIn(element: string): string | null {
  for (const pair of element.split(";")) {
    const [, value] = /^\s*for\s*=\s*(.*?)\s*$/i.exec(pair) ?? [];
    if (value !== undefined) return /^".*"$/.test(value) ? value.slice(1, -1) : value;
  }
  return null;
}
