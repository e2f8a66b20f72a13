/** Wrong use of the command line: exit code 2, said on standard error with what to do (UX6). */
export class UsageError extends Error {
  override name = 'UsageError';
  /** The command that was meant, where the one that reports it knows better than the caller. */
  readonly command: string | null;
  constructor(message: string, command: string | null = null) {
    super(message);
    this.command = command;
  }
}
