/** Slow, salted hashes of what a person types; which function is the host's business. */
export interface Passwords {
  hash(password: string): Promise<string>;
  matches(password: string, stored: string): Promise<boolean>;
}
