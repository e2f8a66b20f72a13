/**
 * records.db, version 9: how far the key of any message lies behind its time (`meta`, key_drift_slots; keys.ts), kept with the
 * roll-up from here on. The overview tells response times from the keys, and reads messages only where this leaves two of
 * them in doubt. Reads every message once; a copy of the file has just been made anyway.
 */
export const version = 9;

export const sql = `
-- From 2000-01-02 on: earlier times share the first keys, and are never told from them.
INSERT INTO meta (name, value)
  SELECT 'key_drift_slots', coalesce(max(abs(id - (sent_at - 946684800000) * 1024 / 1000)), 0)
  FROM messages NOT INDEXED WHERE sent_at >= 946771200000 AND sent_at < 8640000000000000;
`;
