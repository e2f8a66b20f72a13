let granted = false;

/**
 * Whether the browser shows notifications of ours, kept up with: `Notification.permission` asks the browser's own process
 * each time and waits for it, which under a stream of messages held the window for tens of milliseconds.
 */
export const mayNotify = (): boolean => granted;

/** Returns the way to stop. Rejected nowhere: where it can't be asked nothing is shown. */
export function followPermission(): () => void {
  let status: PermissionStatus | null = null;
  let stopped = false;
  const note = (): void => void (granted = status?.state === 'granted');
  void navigator.permissions.query({ name: 'notifications' }).then(
    (answer) => {
      if (stopped) return;
      status = answer;
      answer.addEventListener('change', note);
      note();
    },
    () => undefined,
  );
  return () => {
    stopped = true;
    status?.removeEventListener('change', note);
  };
}
