import { AppFailure } from '#shared/contract/errors.ts';
import type { WritableDatabase } from '../connection.ts';

/** Searches that the person keeps by name (SR9). Local truth; the content is the core's to understand. */
export function createSavedSearches(db: WritableDatabase) {
  const named = (name: string) => db.readOne<number>('SELECT id FROM saved_searches WHERE name = ?').get(name);
  return {
    /** Answers with the id. NAME_TAKEN where the name is there and `replace` is false. */
    put(search: {
      readonly name: string;
      readonly content: unknown;
      readonly created_at: number;
      readonly replace: boolean;
    }): number {
      const { name, content, created_at } = search;
      const existing = named(name);
      if (existing !== undefined) {
        if (!search.replace) throw new AppFailure('NAME_TAKEN', 'a saved search of that name is there', { name });
        db.write('UPDATE saved_searches SET query = ? WHERE id = ?').run(JSON.stringify(content), existing);
        return existing;
      }
      db.write('INSERT INTO saved_searches (name, query, created_at) VALUES (?, ?, ?)').run(
        name,
        JSON.stringify(content),
        created_at,
      );
      return named(name) as number;
    },

    /** NOT_FOUND, NAME_TAKEN. */
    rename(id: number, name: string): void {
      const existing = named(name);
      if (existing !== undefined && existing !== id)
        throw new AppFailure('NAME_TAKEN', 'a saved search of that name is there', { name });
      const found = db.readOne<number>('SELECT id FROM saved_searches WHERE id = ?').get(id);
      if (found === undefined) throw new AppFailure('NOT_FOUND', 'no such saved search');
      db.write('UPDATE saved_searches SET name = ? WHERE id = ?').run(name, id);
    },

    /** One that is gone already is gone. */
    remove(id: number): void {
      db.write('DELETE FROM saved_searches WHERE id = ?').run(id);
    },
  };
}
