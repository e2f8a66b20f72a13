/** Source of new ids; tests pass a counting one. */
export interface Ids {
  /** 22 characters of `[0-9A-Za-z_-]`, at least 128 random bits. */
  next(): string;
  /** Uniform in [0, 1): jitter. */
  random(): number;
}
