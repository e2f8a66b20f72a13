import { contextBridge, ipcRenderer, webUtils, type IpcRendererEvent } from 'electron';
import { CHANNELS } from './channels.ts';

// Runs sandboxed beside the page and gives it five functions; the page never sees ipcRenderer, channel names or events.
// What arrives is checked in the main process (ipc.ts), not here: this side could be anyone.
contextBridge.exposeInMainWorld('workbench', {
  host: 'electron',
  call: (procedure: unknown, input: unknown) => ipcRenderer.invoke(CHANNELS.call, procedure, input),
  onTopic: (listener: (message: unknown) => void) => {
    const receive = (_event: IpcRendererEvent, message: unknown): void => listener(message);
    ipcRenderer.on(CHANNELS.topic, receive);
    return () => void ipcRenderer.off(CHANNELS.topic, receive);
  },
  pickFile: (accept: unknown) => ipcRenderer.invoke(CHANNELS.pickFile, accept),
  pickSave: (suggestedName: unknown) => ipcRenderer.invoke(CHANNELS.pickSave, suggestedName),
  // Only a file that the person gave to the page has a path; what the page makes up itself has none.
  takeFile: (file: File) => ipcRenderer.invoke(CHANNELS.takeFile, webUtils.getPathForFile(file)),
});
