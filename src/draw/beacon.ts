/**
 * What a chain said in a round: asked for, and checked. A round's word is a BLS signature on G1 over the SHA-256 of its
 * number in 8 bytes, big-endian; the chance in it is the signature's SHA-256. The curve is loaded when the first word is
 * to be checked: some 30 ms that no start waits for.
 */
import type { BeaconValue } from "../domain/admission.ts";
import { sha256OfHex } from "../host/hash.ts";
import { OperationError } from "../host/operation-error.ts";
import { type ChainInfo, hashOfChain, readChain } from "./chain.ts";

/** RFC 9380's suite for hashing to G1, as drand's scheme names it. */
const domain = "BLS_SIG_BLS12381G1_XMD:SHA-256_SSWU_RO_NUL_";
const answerMsMax = 10_000;
const signatureForm = /^[0-9a-f]{96}$/;

/** Why a value is not what the chain said in its round, or `null` when it is. */
export async function problemOfBeacon(chain: ChainInfo, value: BeaconValue): Promise<string | null> {
  const { round, randomness, signature } = value;
  if (!signatureForm.test(signature)) return `round ${round} has no signature of the chain's kind`;
  if (sha256OfHex(signature) !== randomness) return `the randomness of round ${round} is not its signature's hash`;
  return (await isSigned(chain, round, signature)) ? null : `the chain's key did not sign round ${round} so`;
}

async function isSigned({ public_key: key }: ChainInfo, round: number, signature: string): Promise<boolean> {
  const { bls12_381: bls } = await import("@noble/curves/bls12-381.js");
  const { hash, verify, Signature } = bls.shortSignatures;
  try {
    const point = hash(messageOf(round), domain);
    return verify(Signature.fromHex(signature), point, bls.G2.Point.fromHex(key));
  } catch {
    return false; // no points of these curves
  }
}

/** What is signed in a round. */
export function messageOf(round: number): Uint8Array {
  return Uint8Array.fromHex(sha256OfHex(round.toString(16).padStart(16, "0")));
}

/** A chain by its address, which ends with its hash. Throws `OperationError` unless it is the one with that key. */
export async function fetchChain(url: string, publicKey: string): Promise<ChainInfo> {
  const told = await fetchJson(`${url}/info`);
  const refuse = (what: string) =>
    new OperationError({
      operation: "ask the beacon",
      subject: `${url} ${what}`,
      hint: "Set RUSHBOX_BEACON_URL to a chain of drand's quicknet kind, and RUSHBOX_BEACON_KEY to its public key.",
    });
  const chain = readChain(told);
  if (chain === null) throw refuse("tells of no chain that is understood here");
  if (!url.endsWith(`/${chain.hash}`)) throw refuse(`is the chain ${chain.hash}`);
  if (chain.public_key !== publicKey) throw refuse(`has the public key ${chain.public_key}`);
  if (hashOfChain(chain) !== chain.hash) throw refuse("tells of itself what does not have its hash");
  return chain;
}

/** What the chain said in a round, checked. Throws when it cannot be had yet, or is not what the chain can have said. */
export async function fetchBeacon(url: string, chain: ChainInfo, round: number): Promise<BeaconValue> {
  const told = (await fetchJson(`${url}/public/${round}`)) as Partial<BeaconValue> | null;
  const { signature, randomness } = told ?? {};
  const value = { round, randomness: String(randomness), signature: String(signature) };
  const problem = told?.round === round ? await problemOfBeacon(chain, value) : "another round was answered";
  if (problem !== null) throw new Error(`${url}/public/${round}: ${problem}`);
  return value;
}

async function fetchJson(url: string): Promise<unknown> {
  const response = await fetch(url, { redirect: "error", signal: AbortSignal.timeout(answerMsMax) });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
  return response.json();
}
