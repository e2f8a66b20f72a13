import { createBrowserBridge, type SocketLike } from './browser.ts';
import { createElectronBridge } from './electron.ts';
import type { Bridge } from './types.ts';

export type { Bridge, HostState, PickedFile, SaveTarget } from './types.ts';

/** The browser's own file dialog; null when it is dismissed. */
function chooseFile(accept: string): Promise<File | null> {
  return new Promise((resolve) => {
    const input = document.createElement('input');
    input.type = 'file';
    input.accept = accept;
    input.hidden = true;
    const finish = (file: File | null): void => {
      input.remove();
      resolve(file);
    };
    input.addEventListener('change', () => finish(input.files?.[0] ?? null));
    input.addEventListener('cancel', () => finish(null));
    document.body.append(input);
    input.click();
  });
}

function create(): Bridge {
  if (window.workbench) return createElectronBridge(window.workbench);
  const address = new URL('bridge', document.baseURI);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  address.search = '';
  address.hash = '';
  return createBrowserBridge({
    openSocket: () => new WebSocket(address) as unknown as SocketLike,
    fetch: (...request) => fetch(...request),
    chooseFile,
    onMoved: () => location.reload(),
  });
}

export const bridge: Bridge = create();
