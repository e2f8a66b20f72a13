import { afterAll, describe, expect, it } from 'vitest';
import { Arena, noCounts } from '#test/support/recall-arena.ts';

/**
 * Model-based fuzz of recall: two devices of one account, a second agent, consumers, one gateway; random sends, reads, recalls,
 * transfers, cuts, crashes and policy changes. `RECALL_SEEDS=n` runs that many, `RECALL_FROM=n` begins there
 * (`npm run fuzz` runs 20,000). A crash cuts the program's store off in place; for one seed in `RECALL_KILLS` (100; 0: none) the
 * first device is a process of its own on the same files and is really killed, kill −9, at least once a seed.
 */
const SEEDS = Number(process.env['RECALL_SEEDS'] ?? 500);
const FROM = Number(process.env['RECALL_FROM'] ?? 1);
/** One seed in so many with real kills. */
const KILLS = Number(process.env['RECALL_KILLS'] ?? 100);
/** Seeds a world: after that many its programs and its gateway begin anew. */
const A_WORLD = 50;

const counts = noCounts();
let began = 0;

async function seeds(list: readonly number[], world: number): Promise<void> {
  const arena = await Arena.open(world, counts);
  try {
    for (const seed of list) {
      const wrong = await arena.run(seed, KILLS > 0 && seed % KILLS === 0).catch((thrown: unknown) => [String(thrown)]);
      counts.seeds++;
      expect(wrong, `seed ${seed} (world ${world})`).toEqual([]);
    }
  } finally {
    await arena.close();
  }
}

describe('recall, fuzzed', () => {
  afterAll(() => {
    const seconds = (performance.now() - began) / 1_000;
    process.stdout.write(`recall fuzz: ${JSON.stringify({ ...counts, seconds: Math.round(seconds) })}\n`);
  });

  it(
    `[RC11] [RC12] [RC15] [RC17] [RC19] [RM4] after any of ${SEEDS} random histories everybody agrees, nothing claims more than is so, nothing recalled is to be found, every recall has an end`,
    { timeout: 4_000 * SEEDS + 60_000 },
    async () => {
      began = performance.now();
      for (let from = FROM; from < FROM + SEEDS; from += A_WORLD)
        await seeds(
          Array.from({ length: Math.min(A_WORLD, FROM + SEEDS - from) }, (_, i) => from + i),
          from,
        );
      // A run without any of these would prove nothing.
      expect(Math.min(counts.recalls, counts.cuts, counts.crashes, counts.takeovers)).toBeGreaterThan(0);
      if (KILLS > 0 && SEEDS >= KILLS) expect(counts.kills).toBeGreaterThan(0);
    },
  );
});
