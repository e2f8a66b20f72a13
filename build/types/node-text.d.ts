// Node's types have TextDecoder as a value only; code shared with other runtimes also names the type.
import type { TextDecoder as NodeTextDecoder } from 'node:util';

declare global {
  interface TextDecoder extends NodeTextDecoder {}
}
