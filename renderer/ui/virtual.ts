/** The one virtual list engine; features take it from here. */
export { useVirtualizer } from '@tanstack/react-virtual';
