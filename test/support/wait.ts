const LEAST_LOOKS = 400;

/**
 * Waits until something real (a socket, a worker, a file) has got there. Not a timing assertion: it may take as long as
 * the test's own limit, and then says what it waited for. On a machine that is busy it looks more rarely, and waits longer.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  limitMs = 20_000,
): Promise<void> {
  const end = performance.now() + limitMs;
  for (let looks = 0; !(await condition()); looks++) {
    if (performance.now() > end && looks > LEAST_LOOKS) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Lets everything that is already on its way inside this process arrive. For "nothing happens" a test needs a moment. */
export async function settle(ms = 30): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, ms));
}
