/** Keychain or its stand-in (SE4). Errors are AppFailure KEYCHAIN_UNAVAILABLE; never a silent weaker way. */
export interface Secrets {
  readonly storage: 'keychain' | 'safe-storage' | 'key-file' | 'passphrase' | 'practice-file' | 'memory';
  get(name: string): Promise<string | null>;
  set(name: string, value: string): Promise<void>;
  delete(name: string): Promise<void>;
}
