/** Wrong use of the command line: exit code 2, said on standard error. */
export class UsageError extends Error {
  override name = 'UsageError';
}
