import { assessRecall } from '#shared/domain/recall/assess.ts';
import { BASE_CONTEXT, BASE_FACTS, SENT_AT } from '#shared/domain/recall/fixtures.ts';

// Preflight of a visible list: 200 own messages, each asked once (target: under 1 ms in total).

const MESSAGES = 200;
const ROUNDS = 2_000;

const facts = Array.from({ length: MESSAGES }, (_, at) => ({
  ...BASE_FACTS,
  sent_at: SENT_AT - at * 1_500,
  read_at: at % 3 === 0 ? SENT_AT : null,
}));
const context = { ...BASE_CONTEXT, recalls_last_hour: [SENT_AT - 60_000, SENT_AT - 90_000] };
const samples: number[] = [];
let allowed = 0;
for (let round = 0; round < ROUNDS; round++) {
  const began = performance.now();
  for (const one of facts) if (assessRecall(one, context).verdict === 'allowed') allowed++;
  samples.push(performance.now() - began);
}
samples.sort((a, b) => a - b);
const at = (q: number): string => (samples[Math.floor(q * samples.length)] ?? 0).toFixed(3);
process.stdout.write(
  `| preflight of ${MESSAGES} messages | p50 ms | p95 ms | worst ms | target |\n|---|---|---|---|---|\n` +
    `| ${ROUNDS} rounds, ${allowed / ROUNDS} allowed each | ${at(0.5)} | ${at(0.95)} | ${(samples.at(-1) ?? 0).toFixed(3)} | < 1 |\n`,
);
