/** Hashes and signatures; which library does them is the host's business. */
export interface Cryptography {
  /** Of bytes, or of a text's as UTF-8; lower-case hex. */
  sha256(content: string | Uint8Array): string;
  sha256Bytes(bytes: Uint8Array): Uint8Array;
  randomBytes(count: number): Uint8Array;
  /** Ed25519; both in base64: the private key as PKCS #8, the public one as its 32 bytes. */
  newSigningKey(): SigningKey;
  /** 64 bytes. */
  sign(key: SigningKey, data: Uint8Array): Uint8Array;
}

export interface SigningKey {
  readonly private_key: string;
  readonly public_key: string;
}
