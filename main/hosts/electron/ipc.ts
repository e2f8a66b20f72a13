import { ipcMain, type IpcMainInvokeEvent, type WebContents } from 'electron';
import { z } from 'zod';
import { dispatch, type CallAnswer } from '#shared/contract/door.ts';
import { appError } from '#shared/contract/errors.ts';
import type { Handlers } from '#shared/contract/procedures.ts';
import type { TopicMessage } from '#shared/contract/topics.ts';
import type { Logger } from '#main/core/ports/logger.ts';
import { CHANNELS } from './channels.ts';
import { isOwnAddress } from './origin.ts';

export interface DoorOptions {
  readonly app: { readonly handlers: Handlers; subscribe(listener: (message: TopicMessage) => void): () => void };
  /** The one window that may use the door. */
  readonly contents: WebContents;
  readonly logger: Logger;
  /** Dialogs; null when the person chose nothing. Paths stay here, handles go out (SE2). */
  readonly pickFile: (extensions: readonly string[]) => Promise<PickedFile | null>;
  readonly pickSave: (suggestedName: string) => Promise<{ readonly handle: string; readonly name: string } | null>;
  /** A file that was dropped onto the window, by its path; null where there is none. */
  readonly takeFile: (path: string) => Promise<PickedFile | null>;
}

export interface PickedFile {
  readonly handle: string;
  readonly name: string;
  readonly bytes: number;
}

/** As in HTML: `.csv,.xlsx`. */
const Accept = z
  .string()
  .max(256)
  .transform((text) => text.split(',').map((part) => part.trim().replace(/^\./, '').toLowerCase()))
  .pipe(z.array(z.string().regex(/^[0-9a-z]{1,8}$/)).max(16));
const DroppedPath = z.string().min(1).max(32_768);
const SuggestedName = z.string().min(1).max(512);

/**
 * The one door of the desktop host (SE1): known channel, the window's main frame on our own address as sender, arguments
 * parsed by schema, answers as plain data. Answers with the way to close it.
 */
export function openDoor(options: DoorOptions): () => void {
  const { app, contents, logger } = options;

  /** Wraps a channel: a foreign sender gets an error and nothing else happens. */
  const serve = (channel: string, work: (...args: unknown[]) => Promise<unknown>, refused: unknown): void => {
    ipcMain.handle(channel, (event: IpcMainInvokeEvent, ...args: unknown[]) => {
      if (isTrusted(event, contents)) return work(...args);
      logger.log('warn', 'door.foreign-sender', { channel });
      return refused;
    });
  };

  const notAllowed: CallAnswer = { ok: false, error: appError('NOT_ALLOWED', 'foreign sender') };
  serve(CHANNELS.call, (procedure, input) => dispatch(app.handlers, procedure, input), notAllowed);
  serve(
    CHANNELS.pickFile,
    async (accept) => {
      const parsed = Accept.safeParse(accept);
      return parsed.success ? options.pickFile(parsed.data) : null;
    },
    null,
  );
  serve(
    CHANNELS.pickSave,
    async (name) => {
      const parsed = SuggestedName.safeParse(name);
      return parsed.success ? options.pickSave(parsed.data) : null;
    },
    null,
  );
  serve(
    CHANNELS.takeFile,
    async (path) => {
      const parsed = DroppedPath.safeParse(path);
      return parsed.success ? options.takeFile(parsed.data) : null;
    },
    null,
  );
  const send = (message: TopicMessage): void => {
    if (!contents.isDestroyed()) contents.send(CHANNELS.topic, message);
  };
  // What a clicked notification asks for may open the window in the first place: kept until its page can hear it (IN3).
  // Everything else a page asks for anew when it begins.
  let there = false;
  let asked: TopicMessage | null = null;
  contents.on('did-start-loading', () => (there = false));
  contents.on('did-finish-load', () => {
    there = true;
    if (asked !== null) send(asked);
    asked = null;
  });
  const unsubscribe = app.subscribe((message) => {
    if (message.topic === 'open' && !there) asked = message;
    else send(message);
  });

  return () => {
    unsubscribe();
    for (const channel of [CHANNELS.call, CHANNELS.pickFile, CHANNELS.pickSave, CHANNELS.takeFile])
      ipcMain.removeHandler(channel);
  };
}

function isTrusted(event: IpcMainInvokeEvent, contents: WebContents): boolean {
  // A frame that navigated away in the meantime is null; frames inside the page never get an answer.
  const frame = event.senderFrame;
  return event.sender === contents && frame !== null && frame === contents.mainFrame && isOwnAddress(frame.url);
}
