import type { AppErrorCode } from '#shared/contract/errors.ts';

/** Looks at the way to a gateway step by step, as a connection would take it (UX: diagnosis page). Sends no token. */
export interface NetworkProbe {
  /** Never rejects. Ends within about 20 s. */
  probe(url: string): Promise<NetworkFindings>;
}

export interface NetworkFinding {
  readonly ok: boolean;
  /** Null where it is fine. */
  readonly code: AppErrorCode | null;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Null: not looked at, because something before it failed or it does not apply. */
export interface NetworkFindings {
  /** An interface that is up and leads out of this machine. */
  readonly network: NetworkFinding;
  readonly proxy: NetworkFinding | null;
  readonly name: NetworkFinding | null;
  readonly reach: NetworkFinding | null;
  readonly certificate: NetworkFinding | null;
  /** It speaks our protocol. */
  readonly gateway: NetworkFinding | null;
  /** This machine's clock minus the answering server's `Date`, milliseconds (± 1 s); null where none was given. */
  readonly clock_ahead_ms: number | null;
}
