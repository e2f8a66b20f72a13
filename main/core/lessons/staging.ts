import { AppFailure } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { AccountId } from '#shared/domain/ids.ts';
import type { Agent } from '#shared/protocol/entities.ts';
import type { Training } from '../ports/training.ts';

type StagingHandlers = Pick<
  Handlers,
  'practice.situation' | 'practice.outcome' | 'practice.time' | 'practice.set_time'
>;

/** What the practice shop can be asked to let happen, and its time (IN5, docs/lessons.md). */
export function createStaging(ports: {
  readonly training: Training | undefined;
  readonly agentOf: (account: AccountId) => Promise<Agent>;
  /** The shop's clock was set: what is connected to it learns the time by connecting anew. */
  readonly onTime: () => void;
}): StagingHandlers {
  const training = (): Training => {
    if (ports.training === undefined) throw new AppFailure('UNSUPPORTED', 'no practice gateway here');
    return ports.training;
  };
  return {
    async 'practice.situation'({ situation, account_id }) {
      const { agent_id } = await ports.agentOf(account_id);
      return { conversation_id: await training().situation(situation, agent_id) };
    },
    async 'practice.outcome'({ outcome, account_id, name }) {
      const { agent_id } = await ports.agentOf(account_id);
      return { conversation_id: await training().outcome(outcome, agent_id, name) };
    },
    'practice.time': async () => (await ports.training?.time()) ?? null,
    async 'practice.set_time'(change) {
      const time = await training().setTime(change);
      ports.onTime();
      return time;
    },
  };
}
