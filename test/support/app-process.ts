import { runApp } from './running-app.ts';
import { dispatch } from '#shared/contract/door.ts';

/**
 * The whole core in a process of its own, to be killed at any instruction (SY2). Calls come as messages and go through
 * the same door. Arguments: directory, address, token.
 */
const [directory = '', url = '', token = ''] = process.argv.slice(2);
const running = await runApp({ directory, url, token });

process.on('message', (message: { readonly id: number; readonly procedure: string; readonly input: unknown }) => {
  void dispatch(running.app.handlers, message.procedure, message.input).then((answer) =>
    process.send?.({ id: message.id, answer }),
  );
});
process.send?.({ ready: true });
