/**
 * The access list as a thread asks it: which entry counts for a buyer and an address (the rule stands in
 * domain/access.ts). A buyer costs one look into a map; an address one for each length of network that the list has,
 * and nothing when it has none.
 */
import ipaddr from "ipaddr.js";
import { type AccessChange, type AccessEntry, isExpired } from "../domain/access.ts";

/** An address as a number, with the bits that its kind has. */
type Bits = { readonly value: bigint; readonly length: 32 | 128 };

export class AccessList {
  readonly #entries = new Map<number, AccessEntry>();
  readonly #buyers = new Map<string, AccessEntry>();
  /** By kind of address and length of network, the longest first; in each the networks by their number. */
  readonly #networks: Record<32 | 128, Map<number, Map<bigint, AccessEntry>>> = { 32: new Map(), 128: new Map() };
  #networksCount = 0;

  receive(changes: readonly AccessChange[]): void {
    for (const { added, removedId } of changes) {
      if (added !== undefined) this.#add(added);
      else this.#remove(removedId);
    }
  }

  /** In the order of their making. */
  get entries(): readonly AccessEntry[] {
    return [...this.#entries.values()];
  }

  entry(entryId: number): AccessEntry | undefined {
    return this.#entries.get(entryId);
  }

  /** Whether nobody is on it: for whoever is in a hurry. */
  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  /** Whether it names networks: else no address is needed to ask it. */
  get needsAddress(): boolean {
    return this.#networksCount > 0;
  }

  /** The entry that counts for a request. The address is asked for only when it is needed. */
  find(buyerId: string, addressOf: () => string, nowMs: number): AccessEntry | null {
    const ofBuyer = this.#buyers.get(buyerId);
    if (ofBuyer !== undefined && !isExpired(ofBuyer, nowMs)) return ofBuyer;
    return this.#networksCount === 0 ? null : this.#ofNetwork(addressOf(), nowMs);
  }

  #ofNetwork(address: string, nowMs: number): AccessEntry | null {
    if (!ipaddr.isValid(address)) return null;
    const { value, length } = bitsOf(ipaddr.process(address));
    for (const [prefix, networks] of this.#networks[length]) {
      const entry = networks.get(value >> BigInt(length - prefix));
      if (entry !== undefined && !isExpired(entry, nowMs)) return entry;
    }
    return null;
  }

  #add(entry: AccessEntry): void {
    this.#entries.set(entry.entryId, entry);
    if (entry.kind === "buyer") {
      this.#buyers.set(entry.value, entry);
      return;
    }
    const { value, length, prefix } = networkBits(entry.value);
    const byPrefix = this.#networks[length];
    const networks = byPrefix.get(prefix) ?? new Map<bigint, AccessEntry>();
    networks.set(value >> BigInt(length - prefix), entry);
    if (!byPrefix.has(prefix)) {
      this.#networks[length] = new Map([...byPrefix, [prefix, networks] as const].sort(([a], [b]) => b - a));
    }
    this.#networksCount += 1;
  }

  #remove(entryId: number): void {
    const entry = this.#entries.get(entryId);
    if (entry === undefined) throw new Error(`access entry ${entryId} is removed and was never told`);
    this.#entries.delete(entryId);
    if (entry.kind === "buyer") {
      this.#buyers.delete(entry.value);
      return;
    }
    const { value, length, prefix } = networkBits(entry.value);
    const networks = this.#networks[length].get(prefix);
    networks?.delete(value >> BigInt(length - prefix));
    if (networks?.size === 0) this.#networks[length].delete(prefix);
    this.#networksCount -= 1;
  }
}

/**
 * The usual form of an address or a network, with its length: `192.0.2.7/24` -> `192.0.2.0/24`. `null` for what is none:
 * other spellings of numbers too, since 010.0.0.1 is two addresses, depending on who reads it.
 */
export function networkText(text: string): string | null {
  const [address = "", bits, ...rest] = text.split("/");
  if (rest.length > 0 || address.includes("%") || (bits !== undefined && !/^\d{1,3}$/.test(bits))) return null;
  if (!ipaddr.IPv4.isValidFourPartDecimal(address) && !(address.includes(":") && ipaddr.IPv6.isValid(address))) {
    return null;
  }
  const parsed = ipaddr.parse(address);
  const isMapped = parsed instanceof ipaddr.IPv6 && parsed.isIPv4MappedAddress();
  const plain = isMapped ? parsed.toIPv4Address() : parsed;
  const length = plain instanceof ipaddr.IPv4 ? 32 : 128;
  const prefix = (bits === undefined ? length : Number(bits)) - (isMapped && bits !== undefined ? 96 : 0);
  if (prefix < 0 || prefix > length) return null;
  const network =
    plain instanceof ipaddr.IPv4
      ? ipaddr.IPv4.networkAddressFromCIDR(`${plain.toString()}/${prefix}`).toString()
      : ipaddr.IPv6.networkAddressFromCIDR(`${plain.toString()}/${prefix}`).toRFC5952String();
  return `${network}/${prefix}`;
}

function networkBits(network: string): Bits & { readonly prefix: number } {
  const [address, prefix] = ipaddr.parseCIDR(network);
  return { ...bitsOf(address), prefix };
}

function bitsOf(address: ipaddr.IPv4 | ipaddr.IPv6): Bits {
  let value = 0n;
  for (const byte of address.toByteArray()) value = (value << 8n) | BigInt(byte);
  return { value, length: address instanceof ipaddr.IPv4 ? 32 : 128 };
}
