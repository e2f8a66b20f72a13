import path from 'node:path';
import { openSealedByKey } from '#main/adapters/secrets/sealed-file.ts';
import { finishRotation } from '#main/hosts/keys/key-profile.ts';

// Changes a profile's keys and is killed at the step whose number it was given (SIGKILL: nothing of ours runs any more).
const [folder = '', at = '0', sealing = ''] = process.argv.slice(2);
const secrets = openSealedByKey(path.join(folder, 'secrets.json'), 'key-file', Buffer.from(sealing, 'hex'));
const known = await secrets.get('database-key');
let step = 0;
await finishRotation({ folder, store: path.join(folder, 'store') }, secrets, Buffer.from(known ?? '', 'hex'), {
  onStep: () => {
    if (++step === Number(at)) process.kill(process.pid, 'SIGKILL');
  },
});
process.stdout.write(String(step));
