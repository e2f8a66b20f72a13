/** Close code of the loopback door: another profile is behind it now, the page loads anew (SE4, UX5). */
export const MOVED = 4100;
