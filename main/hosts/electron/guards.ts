import type { App, Session, WebContents } from 'electron';
import type { Logger } from '#main/core/ports/logger.ts';
import { isOpenableOutside, isOwnAddress } from './origin.ts';

/**
 * What no page may do, whoever made it (SE1, SE2): leave our address, open windows, embed views, ask for permissions (but to
 * copy) or devices, download, or load anything from the network.
 */
export function guardContents(app: App, logger: Logger, openOutside: (address: string) => void): void {
  app.on('web-contents-created', (_event, contents) => guard(contents, logger, openOutside));
  // A page can ask for nothing that a wrong certificate could give it; said all the same (SE5).
  app.on('certificate-error', (event, _contents, _url, _error, _certificate, callback) => {
    event.preventDefault();
    callback(false);
  });
}

function guard(contents: WebContents, logger: Logger, openOutside: (address: string) => void): void {
  const refuse = (what: string) => (event: { preventDefault(): void; readonly url: string }) => {
    if (isOwnAddress(event.url)) return;
    event.preventDefault();
    logger.log('warn', 'window.refused', { what });
  };
  contents.on('will-navigate', refuse('navigation'));
  contents.on('will-redirect', refuse('redirect'));
  contents.on('will-frame-navigate', refuse('frame'));
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    // Links in a chat: to the person's own browser, which has its own protections; never into our process. Asked first.
    if (isOpenableOutside(url)) openOutside(url);
    else logger.log('warn', 'window.refused', { what: 'open' });
    return { action: 'deny' };
  });
}

/**
 * Copying is the one thing that a page may ask for: Chromium wants this permission for each `clipboard.writeText`, gives it
 * only right after a key or a click, and lets nothing but plain content through. Reading the clipboard is another one.
 */
function mayAsk(permission: string, isMainFrame: boolean, address: string): boolean {
  return permission === 'clipboard-sanitized-write' && isMainFrame && isOwnAddress(address);
}

export function guardSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, callback, { isMainFrame, requestingUrl }) =>
    callback(mayAsk(permission, isMainFrame, requestingUrl)),
  );
  session.setPermissionCheckHandler((_contents, permission, origin, { isMainFrame, requestingUrl }) =>
    mayAsk(permission, isMainFrame, requestingUrl ?? origin),
  );
  session.setDevicePermissionHandler(() => false);
  session.setSpellCheckerEnabled(false);
  session.on('will-download', (event) => event.preventDefault());
  session.webRequest.onBeforeRequest((details, callback) => {
    const local = isOwnAddress(details.url) || /^(devtools|blob|data):/.test(details.url);
    callback({ cancel: !local });
  });
}

/** Asserted at start: a window without these must not be shown. */
export const WEB_PREFERENCES = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  nodeIntegrationInWorker: false,
  nodeIntegrationInSubFrames: false,
  webSecurity: true,
  allowRunningInsecureContent: false,
  experimentalFeatures: false,
  webviewTag: false,
  navigateOnDragDrop: false,
  spellcheck: false,
} as const;
