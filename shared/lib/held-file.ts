const DELAYS_MS = [20, 50, 100, 200, 400];
const HELD = new Set<unknown>(['EPERM', 'EACCES', 'EBUSY']);

/**
 * Virus scanners and synchronisers on Windows hold a fresh file for a moment: what the system refuses for that reason (a rename)
 * is tried again for three quarters of a second, in which this thread stands still. Throws what the last try threw.
 */
export function despiteHolders<T>(work: () => T): T {
  for (const delay of DELAYS_MS)
    try {
      return work();
    } catch (thrown) {
      if (!HELD.has((thrown as { readonly code?: unknown }).code)) throw thrown;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, delay);
    }
  return work();
}
