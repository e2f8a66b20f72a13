import type { CallAnswer } from '#shared/contract/door.ts';
import { createTopicHub } from './topic-hub.ts';
import type { Bridge, WorkbenchApi } from './types.ts';

/** The bridge over Electron's one IPC door. The host is this very process tree, so it is never "gone". */
export function createElectronBridge(api: WorkbenchApi): Bridge {
  const hub = createTopicHub();
  api.onTopic((message) => hub.publish(message));
  const guarded = async <T>(work: () => Promise<T>): Promise<CallAnswer<T>> => {
    try {
      return { ok: true, result: await work() };
    } catch {
      return { ok: false, error: { code: 'INTERNAL', message: 'the door failed' } };
    }
  };
  return {
    host: 'electron',
    async call(procedure, input) {
      const answer = await guarded(() => api.call(procedure, input));
      return (answer.ok ? answer.result : answer) as never;
    },
    subscribe: hub.subscribe,
    pickFile: (accept) => guarded(() => api.pickFile(accept)),
    async takeFile(file) {
      const answer = await guarded(() => api.takeFile(file));
      if (!answer.ok) return answer;
      const { result } = answer;
      return result === null
        ? { ok: false, error: { code: 'FILE_NOT_FOUND', message: 'not a file of this machine' } }
        : { ok: true, result };
    },
    pickSave: (suggestedName) => guarded(() => api.pickSave(suggestedName)),
    hostState: () => 'connected',
    onHostState: () => () => undefined,
  };
}
