/** Limits and constants of protocol version 1 (docs/protocol.md). */
export const SUBPROTOCOL = 'merchant-gateway.v1';
export const PROTOCOL_VERSION = 1;
/** Bytes of one text frame. */
export const MAX_FRAME_BYTES = 1_048_576;
/** Milliseconds after which a request without a reply is *unknown*. */
export const REQUEST_TIMEOUT_MS = 10_000;
/** Longest wait that a gateway can ask for: a typo must not mean never. */
export const LONGEST_RETRY_AFTER_MS = 600_000;
/** First frame must be `hello` within this many milliseconds. */
export const HELLO_TIMEOUT_MS = 5_000;
/** Missed pongs after which the connection counts as dead. */
export const MISSED_PONGS = 3;
export const PULL_LIMIT = 1_000;
export const SNAPSHOT_LIMIT = 500;
/** Bytes, decoded. */
export const ATTACHMENT_CHUNK_BYTES = 524_288;

/** Close codes; anything else means: retry. */
export const CloseCode = {
  PROTOCOL_ERROR: 4000,
  AUTH_FAILED: 4001,
  AUTH_EXPIRED: 4002,
  KICKED: 4003,
  CLIENT_TOO_OLD: 4004,
  GOING_AWAY: 4005,
  TOO_SLOW: 4008,
} as const;
export type CloseCode = (typeof CloseCode)[keyof typeof CloseCode];
