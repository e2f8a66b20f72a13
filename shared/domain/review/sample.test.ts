import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { drawSample, RISKS, SampleSpec, type Candidate } from './sample.ts';

const spec = (part: Partial<SampleSpec>): SampleSpec =>
  SampleSpec.parse({ method: 'random', size: 10, from: 0, to: 1, ...part });

const candidates: readonly Candidate[] = Array.from({ length: 400 }, (_, index) => ({
  source: index % 7 === 0 ? 'import' : 'practice',
  conversation_id: `c-${index}`,
  agent_id: `a-${index % 5}`,
  risks: RISKS.filter((_risk, bit) => (index & (1 << bit)) !== 0),
}));
const ids = (list: readonly Candidate[]): string[] => list.map(({ conversation_id }) => conversation_id);

describe('sampling', () => {
  test('[QA2] the same seed over the same receptions draws the same sample, whatever order they come in', () => {
    fc.assert(
      fc.property(
        fc.string({ minLength: 1, maxLength: 20 }),
        fc.constantFrom('random', 'quota', 'risk'),
        fc.integer({ min: 1, max: 60 }),
        fc.shuffledSubarray([...candidates], { minLength: candidates.length, maxLength: candidates.length }),
        (seed, method, size, shuffled) => {
          const wanted = spec({ method, size, per_agent: 4 });
          expect(drawSample(shuffled, wanted, seed)).toEqual(drawSample(candidates, wanted, seed));
          // The same reception twice is one.
          expect(drawSample([...shuffled, ...candidates], wanted, seed)).toEqual(drawSample(candidates, wanted, seed));
        },
      ),
      { numRuns: 60 },
    );
  });

  test('[QA2] the algorithm is fixed: this very sample comes out on every machine and in every version', () => {
    expect(ids(drawSample(candidates, spec({ size: 6 }), '2026-10'))).toMatchInlineSnapshot(`
      [
        "c-334",
        "c-341",
        "c-219",
        "c-79",
        "c-221",
        "c-41",
      ]
    `);
    expect(ids(drawSample(candidates, spec({ size: 6 }), '2026-11'))).toMatchInlineSnapshot(`
      [
        "c-236",
        "c-157",
        "c-167",
        "c-214",
        "c-352",
        "c-181",
      ]
    `);
  });

  test('[QA2] random: a later reception takes at most its own place, the others stay', () => {
    const drawn = ids(drawSample(candidates, spec({ size: 20 }), 'x'));
    const more = ids(
      drawSample(
        [...candidates, { source: 'practice', conversation_id: 'c-late', agent_id: 'a-1', risks: [] }],
        spec({ size: 20 }),
        'x',
      ),
    );
    expect(more.filter((id) => !drawn.includes(id)).length).toBeLessThanOrEqual(1);
  });

  test('[QA2] random is even: over many seeds every reception is drawn about as often', () => {
    const few = candidates.slice(0, 20);
    const counts = new Map<string, number>();
    for (let seed = 0; seed < 2_000; seed++)
      for (const id of ids(drawSample(few, spec({ size: 5 }), `s${seed}`))) counts.set(id, (counts.get(id) ?? 0) + 1);
    // Expected 500 each; six standard deviations of a binomial with p = 1/4.
    for (const count of counts.values()) expect(Math.abs(count - 500)).toBeLessThan(6 * Math.sqrt(2_000 * 0.25 * 0.75));
    expect(counts.size).toBe(few.length);
  });

  test('[QA2] quota: so many of each agent, no more; risk: only receptions with a chosen risk, those with more of them first', () => {
    const quota = drawSample(candidates, spec({ method: 'quota', per_agent: 3, size: 100 }), 'q');
    const perAgent = new Map<string, number>();
    for (const { source, agent_id } of quota)
      perAgent.set(`${source} ${agent_id}`, (perAgent.get(`${source} ${agent_id}`) ?? 0) + 1);
    expect(new Set(perAgent.values())).toEqual(new Set([3]));
    expect(perAgent.size).toBe(10);
    const risky = drawSample(candidates, spec({ method: 'risk', risks: ['recalled', 'unanswered'], size: 150 }), 'r');
    const counts = risky.map(
      ({ risks }) => risks.filter((risk) => risk === 'recalled' || risk === 'unanswered').length,
    );
    expect(counts.every((count) => count > 0)).toBe(true);
    expect(counts).toEqual(counts.toSorted((a, b) => b - a));
    expect(counts[0]).toBe(2);
  });
});
