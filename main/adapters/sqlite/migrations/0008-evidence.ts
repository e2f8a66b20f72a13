/**
 * records.db, version 8: an evidence mark may stand on one message of its conversation (AD3). Local truth, in every backup; the
 * conversation around it is kept as well, so a mark never stands on a message that retention removed.
 */
export const version = 8;

export const sql = `
-- With scope message: the message, and its conversation in \`conversation\`.
ALTER TABLE holds ADD COLUMN message INTEGER;
`;
