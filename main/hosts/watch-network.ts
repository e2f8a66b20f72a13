import os from 'node:os';

/** How often the interfaces are looked at, milliseconds. */
const POLL_MS = 5_000;
/** A tick that comes this much later than it was due: the machine slept, or its clock was set. */
const JUMP_MS = 20_000;

export interface WatchNetworkOptions {
  readonly interfaces?: () => NodeJS.Dict<os.NetworkInterfaceInfo[]>;
  readonly now?: () => number;
  readonly pollMs?: number;
}

/**
 * Notices a change of network and a wake from sleep where the host has nobody to tell it (SY4): by the addresses of this
 * machine, and by a wall clock that went on while the program didn't. Sockets opened before are dead without knowing it.
 */
export function watchNetwork(changed: () => void, options: WatchNetworkOptions = {}): { stop(): void } {
  const { interfaces = os.networkInterfaces, now = Date.now, pollMs = POLL_MS } = options;
  let before = signature(interfaces());
  let last = now();
  const timer = setInterval(() => {
    const at = now();
    const jumped = Math.abs(at - last - pollMs) > JUMP_MS;
    last = at;
    const present = signature(interfaces());
    const moved = present !== before;
    before = present;
    if (jumped || moved) changed();
  }, pollMs);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}

/** Outside addresses alone; a temporary IPv6 address that comes beside the others is no new network. */
function signature(interfaces: NodeJS.Dict<os.NetworkInterfaceInfo[]>): string {
  const networks = Object.entries(interfaces).flatMap(([name, addresses]) =>
    (addresses ?? [])
      .filter(({ internal, family, address }) => !internal && !(family === 'IPv6' && address.startsWith('fe80:')))
      .map(({ family, address, cidr }) =>
        family === 'IPv4' ? `${name} ${address}` : `${name} ${networkOf(cidr ?? address)}`,
      ),
  );
  return [...new Set(networks)].toSorted().join('\n');
}

/** The first four groups of an IPv6 address: its network. */
function networkOf(cidr: string): string {
  const [address = ''] = cidr.split('/');
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  if (tail !== undefined) while (groups.length < 4) groups.push('0');
  return groups.slice(0, 4).join(':');
}
