import { fork, type ChildProcess } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { FaultChildOptions, FaultChildSays, FaultChildStatus } from './fault-child.ts';
import { faultProgram } from './fault-programs.ts';
import { processorTime, reporting, stacksOf, untilDone } from './progress.ts';
import type { Accepted } from './truth-check.ts';
import type { TruthGateway } from './truth-gateway.ts';

/** fault-child.ts from outside: started beside a truth gateway, asked how far it is, and waited for as long as it gets on. */
export interface FaultRun {
  readonly child: ChildProcess;
  /** What went wrong so far, in its own words. */
  readonly failures: string[];
  readonly ended: Promise<void>;
  over(): boolean;
  /** Until it has said that, or is over. Throws where it hangs. */
  until(what: FaultChildSays['say']): Promise<void>;
  /** Until it has everything and has sent everything, or is over. The gateway must be quiet. Throws where it hangs. */
  untilAtRest(): Promise<void>;
  /** Asks it to end by itself. Throws where it hangs. */
  close(): Promise<void>;
  /** SIGKILL, whatever it does. */
  kill(): Promise<void>;
}

export interface FaultRunOptions {
  readonly directory: string;
  readonly gateway: TruthGateway;
  /** What its door has answered for is added here. */
  readonly accepted: Accepted[];
  readonly execArgv?: readonly string[];
  readonly onSay?: (message: FaultChildSays) => void;
}

export function startFaultChild(
  { directory, gateway, accepted, execArgv = [], onSay }: FaultRunOptions,
  options: Partial<FaultChildOptions> & { readonly seed: number },
): FaultRun {
  const all: FaultChildOptions = { directory, url: gateway.url, token: gateway.token, sendPauseMs: null, ...options };
  const reports = join(directory, 'reports');
  mkdirSync(reports, { recursive: true });
  const child = fork(faultProgram('fault-child'), [JSON.stringify(all)], {
    execArgv: [...reporting(reports), ...execArgv],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const failures: string[] = [];
  const heard = new Set<FaultChildSays['say']>();
  let status: FaultChildStatus | null = null;
  let asking = false;
  child.stderr?.on('data', (chunk: Buffer) => {
    // What the runtime says when it writes the report that was asked for.
    if (!chunk.includes('Writing Node.js report')) failures.push(chunk.toString());
  });
  child.on('message', (message: FaultChildSays) => {
    heard.add(message.say);
    onSay?.(message);
    if (message.say === 'accepted') accepted.push({ conversation: message.conversation, text: message.text });
    else if (message.say === 'failed') failures.push(message.what);
    else if (message.say === 'status') {
      ({ status } = message);
      asking = false;
    }
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const over = (): boolean => child.exitCode !== null || child.signalCode !== null;
  const ask = (): void => {
    if (asking || !child.connected || !heard.has('ready')) return;
    asking = true;
    child.send('status', () => undefined);
  };
  const evidence = async (): Promise<string> =>
    [JSON.stringify(status), failures.join('\n'), gateway.describe(), await stacksOf(child, reports)].join('\n');
  /** While it has said nothing of itself, that it works is its progress. */
  const wait = (what: string, done: () => boolean): Promise<void> =>
    untilDone(what, async () => ({ done: over() || done(), progress: processorTime(child) }), evidence);

  return {
    child,
    failures,
    ended,
    over,
    until: (what) => wait(`the core to say ${what}`, () => heard.has(what)),
    async untilAtRest() {
      await wait('the core to be ready', () => heard.has('ready'));
      await untilDone(
        'everything to be here',
        async () => {
          ask();
          if (status === null) return { done: over(), progress: processorTime(child) };
          const { state, event_seq, sends, gaps, unindexed } = status;
          const arrived = state === 'live' && event_seq === gateway.lastSeq;
          return {
            done: over() || (arrived && sends === 0 && gaps.length === 0 && unindexed === 0),
            progress: { event_seq, sends, gaps, unindexed },
          };
        },
        evidence,
      );
    },
    async close() {
      await wait('the core to answer', () => !asking);
      if (!over()) child.send('close');
      await wait('the core to end', () => false);
    },
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
