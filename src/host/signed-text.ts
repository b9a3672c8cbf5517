/**
 * Texts that only this data folder can have made: `<payload>.<signature>`, HMAC-SHA-256 in base64url. A payload begins with
 * what it is (`p1.` a pass, `q1.` a quote), so that no text is ever good for anything else. Made and checked in 3 us.
 */
import { timingSafeEqual } from "node:crypto";

export class SignedText {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  /** The same text for the same payload. */
  sign(payload: string): string {
    return `${payload}.${this.#signatureOf(payload)}`;
  }

  isGenuine(text: string): boolean {
    const end = text.lastIndexOf(".");
    const [signature, expected] = [text.slice(end + 1), this.#signatureOf(text.slice(0, Math.max(0, end)))].map(
      (part) => Buffer.from(part),
    ) as [Buffer, Buffer];
    return signature.length === expected.length && timingSafeEqual(signature, expected);
  }

  #signatureOf(payload: string): string {
    return new Bun.CryptoHasher("sha256", this.#key).update(payload).digest("base64url");
  }
}
