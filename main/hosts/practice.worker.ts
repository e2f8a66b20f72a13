import { parentPort, workerData } from 'node:worker_threads';
import { startPracticeGateway } from '#main/practice/index.ts';
import type { PracticeMessage, PracticeOrder, PracticeTask } from './practice-thread.ts';

// The practice gateway's thread: it listens by itself; only its control comes through here.

const port = parentPort;
if (port === null) throw new Error('practice.worker.ts is a worker');
const say = (message: PracticeMessage): void => port.postMessage(message);
const words = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));

try {
  const gateway = await startPracticeGateway({
    ...(workerData as PracticeTask),
    onProblem: (problem) => say({ type: 'problem', problem }),
  });
  const control = gateway.control as unknown as Record<string, (...args: readonly unknown[]) => unknown>;
  port.on('message', (order: PracticeOrder) => {
    if (order.type === 'close') {
      void gateway.close().finally(() => port.close());
      return;
    }
    const { id, method, args } = order;
    const run = async (): Promise<unknown> => {
      if (typeof control[method] !== 'function') throw new Error(`no control ${method}`);
      return control[method](...args);
    };
    run().then(
      (result) => say({ type: 'answer', id, result }),
      (thrown: unknown) => say({ type: 'failed', id, message: words(thrown) }),
    );
  });
  say({ type: 'started', url: gateway.url, port: gateway.port, token: gateway.token, tokens: gateway.tokens });
} catch (thrown) {
  say({ type: 'refused', message: words(thrown), code: (thrown as NodeJS.ErrnoException).code });
  port.close();
}
