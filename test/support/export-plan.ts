/** Key of the store that an exporting child and the test that kills it share. */
export const EXPORT_KEY = new Uint8Array(32).fill(9);
