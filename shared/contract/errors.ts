/**
 * The closed union of error codes that a procedure may answer with (design.md: errors are plain data). Cause, effect for
 * the consumer and next step of each stand in shared/i18n/errors (both languages), the source of docs/errors.md.
 */
export const APP_ERROR_CODES = [
  // use
  'BAD_INPUT',
  'NOT_FOUND',
  'NOT_ALLOWED',
  'CANCELLED',
  'INTERNAL',
  'UNSUPPORTED',
  // connection
  'OFFLINE',
  'AUTH_FAILED',
  'AUTH_EXPIRED',
  'KICKED',
  'CLIENT_TOO_OLD',
  'NOT_A_GATEWAY',
  'GATEWAY_UNREACHABLE',
  'INSECURE_ADDRESS',
  'CERTIFICATE_INVALID',
  'CAPTIVE_PORTAL',
  'PROXY_FAILED',
  'NETWORK_UNKNOWN',
  'PROTOCOL_ERROR',
  'POLICY_REFUSED',
  'GATEWAY_WENT_BACK',
  // gateway's answers
  'NO_PERMISSION',
  'SERVER_BUSY',
  'RATE_LIMITED',
  'BAD_REQUEST',
  'SESSION_ENDED',
  'QUOTA',
  'BLOCKED_WORD',
  'TOO_LONG',
  // before a text goes out (PV3, PV4, PV7, PV9)
  'GUARD_CONFIRM',
  'GUARD_BLOCKED',
  'SAME_TEXT',
  'NOT_FILLED',
  'IDEMPOTENCY_CONFLICT',
  'NOT_VISIBLE',
  'ALREADY_CLAIMED',
  'AGENT_OFF_DUTY',
  'TOO_LARGE',
  'GONE',
  'NOT_RESTORABLE',
  'MSG_NOT_FOUND',
  // recall
  'WINDOW_EXPIRED',
  'KIND_UNSUPPORTED',
  'ALREADY_READ',
  'ATTACHMENT_OPENED',
  'PUSH_DELIVERED',
  'NOT_SENDER',
  'TRANSFERRED',
  'OTHER_DEVICE',
  'CONSUMER_RESTRICTED',
  'GROUP_RULE',
  'RATE_SOFT',
  'RATE_HARD',
  'FEATURE_DISABLED',
  'CLOCK_UNCERTAIN',
  'ALREADY_RECALLED',
  'IN_FLIGHT',
  'RECALL_CONTRADICTED',
  'STALE_STATE',
  // store
  'STORE_MISSING',
  'STORE_FROM_NEWER_VERSION',
  'STORE_KEY_WRONG',
  'STORE_DAMAGED',
  'STORE_LOCKED',
  'STORE_READ_ONLY',
  'DISK_FULL',
  'DATA_FOLDER_UNWRITABLE',
  'KEYCHAIN_UNAVAILABLE',
  'KEY_FILE_INVALID',
  'RECOVERY_KEY_WRONG',
  'APP_LOCKED',
  'LOCK_SECRET_WRONG',
  'PASSPHRASE_WEAK',
  // files
  'FILE_NOT_FOUND',
  'FILE_UNREADABLE',
  'FILE_UNWRITABLE',
  'FILE_EMPTY',
  'FILE_ENCODING',
  'FILE_FORMAT',
  'LESSON_INVALID',
  'FILE_TOO_LARGE',
  'ATTACHMENT_KIND',
  'ATTACHMENT_MISSING',
  'ATTACHMENT_DAMAGED',
  'NO_TIME_COLUMN',
  'NO_TEXT_COLUMN',
  'MAPPING_INVALID',
  'VIEWER_MISSING',
  'PACKAGE_UNREADABLE',
  'TOO_MANY_PACKAGES',
  // search
  'QUERY_INVALID',
  'TOO_MANY_NUMBERS',
  'NAME_TAKEN',
  // quality review
  'REVIEW_FILE_CHANGED',
  'REVIEW_PACKAGE_UNKNOWN',
  // this machine
  'UPDATE_UNREACHABLE',
  'UPDATE_UNTRUSTED',
  'RUNTIME_TOO_OLD',
  'PORT_IN_USE',
] as const;
export type AppErrorCode = (typeof APP_ERROR_CODES)[number];

export interface AppError {
  readonly code: AppErrorCode;
  /** For logs and developers, English, without message text or secrets. People see the catalogue's words for `code`. */
  readonly message: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

export function appError(code: AppErrorCode, message: string, details?: Readonly<Record<string, unknown>>): AppError {
  return details === undefined ? { code, message } : { code, message, details };
}

/** Carries an AppError through promise-returning code to the nearest boundary, where it becomes plain data again. */
export class AppFailure extends Error {
  override name = 'AppFailure';
  readonly error: AppError;
  constructor(code: AppErrorCode, message: string, details?: Readonly<Record<string, unknown>>) {
    super(`${code}: ${message}`);
    this.error = appError(code, message, details);
  }
}

export function isAppErrorCode(code: string): code is AppErrorCode {
  return (APP_ERROR_CODES as readonly string[]).includes(code);
}

/** The code of whatever was thrown; INTERNAL for what is no failure of ours. */
export function codeOf(thrown: unknown): AppErrorCode {
  return thrown instanceof AppFailure ? thrown.error.code : 'INTERNAL';
}
