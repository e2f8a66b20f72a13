import type { Prng } from '#shared/lib/prng.ts';
import { parseServerFrame } from '#shared/protocol/frames.ts';
import type { FrameFault, FrameSeen } from './truth-gateway.ts';

/** What a bad network and a bad gateway do to frames, drawn at random. */

/**
 * A frame with one bit of its text turned over so that the damage shows: no JSON any more, a wrong shape, an event under
 * another number. What still passes for the same frame with other content is what TLS excludes, and nothing above it could see.
 */
export function bitFlip(prng: Prng, text: string): string {
  for (let tries = 0; tries < 50; tries++) {
    const bytes = Buffer.from(text);
    const at = prng.int(bytes.length);
    bytes[at] = (bytes[at] as number) ^ (1 << prng.int(7));
    const flipped = bytes.toString('utf8');
    const parsed = parseServerFrame(flipped);
    if (parsed.type === 'bad') return flipped;
  }
  return text.slice(1);
}

const OVERSIZE = `{"type":"event","pad":"${'x'.repeat(1 << 20)}"}`;

/** `chance`: of any fault at a frame. */
export function randomFaults(prng: Prng, chance: number): (frame: FrameSeen) => FrameFault | null {
  return ({ direction, text }) => {
    if (!prng.chance(chance)) return null;
    const dice = prng.int(100);
    if (dice < 12) return { do: 'cut-before' };
    if (dice < 24) return { do: 'cut-after' };
    if (dice < 34) return { do: 'drop' };
    if (dice < 50) return { do: 'twice' };
    if (dice < 62) return { do: 'swap' };
    if (dice < 82) return { do: 'delay', ms: prng.int(80) };
    if (direction === 'in') return { do: 'delay', ms: prng.int(300) };
    if (dice < 88) return { do: 'cut-inside' };
    if (dice < 96) return { do: 'replace', text: bitFlip(prng, text) };
    if (dice < 98) return { do: 'replace', text: OVERSIZE };
    return { do: 'half-open' };
  };
}
