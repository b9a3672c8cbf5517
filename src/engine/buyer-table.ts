/**
 * The buyers of one campaign: each id becomes a small number, exactly (the bytes are kept and compared, not only a
 * hash). Flat arrays instead of a Map of strings: a third of the memory, and nothing for the garbage collector to walk.
 */
import { hashBytes } from "./hash.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { ignoreBOM: true }); // an id may begin with U+FEFF
/** The bytes of the id that is looked up. */
const scratch = new Uint8Array(4_096);

export class BuyerTable {
  #count = 0;
  #bytes = new Uint8Array(512);
  #bytesUsed = 0;
  /** Where each buyer's bytes begin; they end where the next one's begin. */
  #starts = new Uint32Array(32);
  /** So that growing need not hash anew, and most of those who are not meant are passed by without a look at bytes. */
  #hashes = new Uint32Array(32);
  /** Open addressing: buyer index + 1, or 0 for a free slot. */
  #slots = new Uint32Array(64);
  /** The last lookup: a purchase asks for its buyer several times in a row. `scratch` is another table's by then. */
  #lastId: string | null = null;
  #lastHash = 0;
  #lastSlot = 0;

  get count(): number {
    return this.#count;
  }

  /** The index of a buyer who has been seen, or -1. */
  find(buyerId: string): number {
    if (buyerId !== this.#lastId) {
      const length = encode(buyerId);
      this.#lastId = buyerId;
      this.#lastHash = hashBytes(scratch, 0, length);
      this.#lastSlot = this.#probe(this.#lastHash, length);
    }
    return (this.#slots[this.#lastSlot] as number) - 1;
  }

  /** The index of the buyer, a new one when they have not been seen before. */
  intern(buyerId: string): number {
    const found = this.find(buyerId);
    if (found >= 0) return found;
    const index = this.#count;
    this.#append(encode(buyerId), this.#lastHash);
    this.#slots[this.#lastSlot] = index + 1;
    if (this.#count * 3 > this.#slots.length * 2) this.#growSlots();
    return index;
  }

  /** The id of a buyer by index. */
  text(index: number): string {
    return decoder.decode(this.#bytes.subarray(this.#starts[index], this.#starts[index + 1]));
  }

  /** The slot of the bytes in `scratch`, or the free slot where they belong. */
  #probe(hash: number, length: number): number {
    const [slots, hashes] = [this.#slots, this.#hashes];
    const mask = slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const entry = slots[slot] as number;
      if (entry === 0 || (hashes[entry - 1] === hash && this.#equals(entry - 1, length))) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #equals(index: number, length: number): boolean {
    const start = this.#starts[index] as number;
    if ((this.#starts[index + 1] as number) - start !== length) return false;
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) {
      if (bytes[start + i] !== scratch[i]) return false;
    }
    return true;
  }

  #append(length: number, hash: number): void {
    if (this.#bytesUsed + length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(this.#bytes.length * 2, this.#bytesUsed + length));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    if (this.#count + 2 > this.#starts.length) {
      const [starts, hashes] = [this.#starts, this.#hashes];
      this.#starts = new Uint32Array(starts.length * 2);
      this.#hashes = new Uint32Array(starts.length * 2);
      this.#starts.set(starts);
      this.#hashes.set(hashes);
    }
    this.#hashes[this.#count] = hash;
    const [bytes, start] = [this.#bytes, this.#bytesUsed];
    for (let i = 0; i < length; i++) bytes[start + i] = scratch[i] as number;
    this.#bytesUsed += length;
    this.#count += 1;
    this.#starts[this.#count] = this.#bytesUsed;
  }

  #growSlots(): void {
    const slots = new Uint32Array(this.#slots.length * 2);
    const mask = slots.length - 1;
    for (let index = 0; index < this.#count; index++) {
      let slot = (this.#hashes[index] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = index + 1;
    }
    this.#slots = slots;
    this.#lastId = null; // its slot has moved
  }
}

let encodedText: string | null = null;
let encodedLength = 0;

/** Puts the id's UTF-8 into `scratch` and answers its length. */
function encode(text: string): number {
  if (text !== encodedText) {
    encodedLength = encodeAnew(text);
    encodedText = text;
  }
  return encodedLength;
}

/** Most ids are ASCII: copied here, without a native call. */
function encodeAnew(text: string): number {
  const { length } = text;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code > 0x7f) return encoder.encodeInto(text, scratch).written;
    scratch[i] = code;
  }
  return length;
}
