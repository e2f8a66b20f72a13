/** The only channels between window and main process. */
export const CHANNELS = {
  call: 'workbench:call',
  topic: 'workbench:topic',
  pickFile: 'workbench:pick-file',
  pickSave: 'workbench:pick-save',
  takeFile: 'workbench:take-file',
} as const;
