/** Time as the core sees it; tests pass a fake one. */
export interface Clock {
  /** The desktop's wall clock, milliseconds since 1970 UTC. May be wrong and may jump (RC4): for display and logs only. */
  wallNow(): number;
  /** Milliseconds from an arbitrary start that never jumps with the desktop's clock. All countdowns rest on it. */
  monotonicNow(): number;
  setTimeout(callback: () => void, delayMs: number): TimerHandle;
  clearTimeout(handle: TimerHandle): void;
}

export type TimerHandle = { readonly timer: unknown };
