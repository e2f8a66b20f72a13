/** What lies in a profile's folder. No native code here: the main thread reads these too. */
export const RECORDS_FILE = 'records.db';
/** Derived from the records, rebuildable, not backed up. */
export const SEARCH_FILE = 'search.db';
export const LOCK_FILE = 'profile.lock';
/** Tells a wrong key from a damaged file. */
export const KEY_CHECK_FILE = 'key.check';
/** Length of the database key. */
export const KEY_BYTES = 32;
/** The source that imported records belong to (SR11). */
export const IMPORT_SOURCE = 'import';
