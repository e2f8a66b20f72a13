/** One socket attempt (SY1). No reconnecting, no state: that is the core's. */
export interface Transport {
  /** Opens a WebSocket with the gateway's subprotocol. Exactly one `onClose` follows, whatever happens. */
  connect(url: string, handlers: TransportHandlers): TransportSocket;
}

export interface TransportHandlers {
  onOpen(): void;
  /** A text frame as it came. Binary and oversized ones are reported as onClose with a problem. */
  onText(text: string): void;
  onClose(close: TransportClose): void;
}

export interface TransportClose {
  /** WebSocket close code; 1006 where there was none. */
  readonly code: number;
  readonly reason: string;
  /** Why it failed before or without a close frame. */
  readonly problem:
    | null
    | 'UNREACHABLE'
    | 'NOT_A_GATEWAY' /* answered, but not with our subprotocol */
    | 'CERTIFICATE_INVALID'
    | 'CAPTIVE_PORTAL' /* a web page, or sent elsewhere, instead of an upgrade */
    | 'PROXY_FAILED' /* the proxy can't be reached, or doesn't pass the connection on */
    | 'INSECURE_ADDRESS' /* ws: to something that is not loopback (SE5) */
    | 'FRAME_TOO_LARGE'
    | 'FRAME_NOT_TEXT'
    | 'NETWORK';
}

export interface TransportSocket {
  /** Drops silently after close. */
  send(text: string): void;
  close(code: number, reason: string): void;
  /** Closes the TCP connection without a goodbye. */
  terminate(): void;
  /** Bytes handed over and not yet sent. */
  readonly bufferedBytes: number;
  /** Backpressure: stop and go on reading from the socket. */
  pause(): void;
  resume(): void;
}
