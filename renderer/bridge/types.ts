import type { CallAnswer } from '#shared/contract/door.ts';
import type { ProcedureInput, ProcedureName, ProcedureOutput } from '#shared/contract/procedures.ts';
import type { TopicMessage, TopicName, Topics } from '#shared/contract/topics.ts';

/** A file that the person chose. The handle is opaque: paths never reach the window (SE2). */
export interface PickedFile {
  readonly handle: string;
  readonly name: string;
  readonly bytes: number;
}

export interface SaveTarget {
  readonly handle: string;
  readonly name: string;
}

/** How the window stands to its host process; `gone`: nothing can be asked until it is back. */
export type HostState = 'connecting' | 'connected' | 'gone';

/** Everything that a view may do outside the window. */
export interface Bridge {
  readonly host: 'electron' | 'browser';
  /** Never rejects: errors are plain data. */
  call<N extends ProcedureName>(procedure: N, input: ProcedureInput<N>): Promise<CallAnswer<ProcedureOutput<N>>>;
  /** A topic only says "ask again"; one may be lost. Returns the way to stop. */
  subscribe<T extends TopicName>(topic: T, listener: (payload: Topics[T]) => void): () => void;
  /** Null when the person chose none. `accept` as in HTML, e.g. `.csv,.jsonl`. */
  pickFile(accept: string): Promise<CallAnswer<PickedFile | null>>;
  pickSave(suggestedName: string): Promise<CallAnswer<SaveTarget | null>>;
  /** A file that the person dropped onto the window. FILE_… */
  takeFile(file: File): Promise<CallAnswer<PickedFile>>;
  hostState(): HostState;
  onHostState(listener: (state: HostState) => void): () => void;
}

/** What the Electron preload script puts on `window`. */
export interface WorkbenchApi {
  readonly host: 'electron';
  call(procedure: string, input: unknown): Promise<CallAnswer>;
  onTopic(listener: (message: TopicMessage) => void): () => void;
  pickFile(accept: string): Promise<PickedFile | null>;
  pickSave(suggestedName: string): Promise<SaveTarget | null>;
  /** Null where it is no file of this machine. */
  takeFile(file: File): Promise<PickedFile | null>;
}

declare global {
  interface Window {
    readonly workbench?: WorkbenchApi;
  }
}
