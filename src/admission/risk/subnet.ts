/** The network around an address, as the risk desk sees it: what one customer of a provider often has. */
import ipaddr from "ipaddr.js";

/** Of `192.0.2.7` it is `192.0.2.0/24`; of `2001:db8:1:2::/64` it is `2001:db8:1::/48`. Empty for anything else. */
export function subnetOf(address: string): string {
  if (!address.includes(":")) {
    const dot = address.lastIndexOf(".");
    return dot < 0 ? "" : `${address.slice(0, dot)}.0/24`;
  }
  const [text = ""] = address.split("/");
  if (!ipaddr.IPv6.isValid(text)) return "";
  const [a = 0, b = 0, c = 0] = ipaddr.IPv6.parse(text).parts;
  return `${new ipaddr.IPv6([a, b, c, 0, 0, 0, 0, 0]).toRFC5952String()}/48`;
}
