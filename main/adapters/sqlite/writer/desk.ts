import type { StoredLesson, StoredLessonRun } from '#main/core/ports/desk-store.ts';
import { AppFailure } from '#shared/contract/errors.ts';
import type { WritableDatabase } from '../connection.ts';
import type { ChangeSet } from './changes.ts';

/** Marks, notes and tags (IN1); lessons and how they went. */
export function createDesk(db: WritableDatabase, changes: ChangeSet) {
  return {
    mark(
      conversation: number,
      marks: { readonly pinned?: boolean | undefined; readonly starred?: boolean | undefined },
      at: number,
    ): void {
      const there = db
        .readOne<number>('SELECT 1 FROM conversations WHERE id = ? AND purged_at IS NULL')
        .get(conversation);
      if (there === undefined) throw new AppFailure('NOT_FOUND', 'no such conversation');
      db.write('INSERT INTO conversation_marks VALUES (?, NULL, NULL) ON CONFLICT DO NOTHING').run(conversation);
      if (marks.pinned !== undefined)
        db.write('UPDATE conversation_marks SET pinned_at = ? WHERE conversation = ?').run(
          marks.pinned ? at : null,
          conversation,
        );
      if (marks.starred !== undefined)
        db.write('UPDATE conversation_marks SET starred_at = ? WHERE conversation = ?').run(
          marks.starred ? at : null,
          conversation,
        );
      db.write(
        'DELETE FROM conversation_marks WHERE conversation = ? AND pinned_at IS NULL AND starred_at IS NULL',
      ).run(conversation);
      changes.conversation(conversation);
    },

    note(
      conversation: number,
      note: { readonly note: string; readonly tags: readonly string[]; readonly by: string; readonly at: number },
    ): void {
      const consumer = db
        .readOne<number | null>('SELECT consumer FROM conversations WHERE id = ? AND purged_at IS NULL')
        .get(conversation);
      if (consumer === undefined || consumer === null)
        throw new AppFailure('NOT_FOUND', 'no consumer of this conversation');
      const tags = [...new Set(note.tags)];
      db.write('DELETE FROM consumer_tags WHERE consumer = ?').run(consumer);
      if (note.note === '' && tags.length === 0)
        db.write('DELETE FROM consumer_notes WHERE consumer = ?').run(consumer);
      else
        db.write(
          `INSERT INTO consumer_notes VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET note = excluded.note, tags = excluded.tags,
             updated_at = excluded.updated_at, updated_by = excluded.updated_by`,
        ).run(consumer, note.note, JSON.stringify(tags), note.at, note.by);
      for (const tag of tags) db.write('INSERT INTO consumer_tags VALUES (?, ?)').run(tag, consumer);
      for (const id of db.readOne<number>('SELECT id FROM conversations WHERE consumer = ?').all(consumer))
        changes.conversation(id);
    },

    putLesson(lesson: StoredLesson): void {
      db.write(
        `INSERT INTO lessons VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body, added_at = excluded.added_at,
           added_by = excluded.added_by`,
      ).run(lesson.lesson_id, JSON.stringify(lesson.body), lesson.added_at, lesson.added_by);
    },
    removeLesson(id: string): void {
      db.write('DELETE FROM lessons WHERE lesson_id = ?').run(id);
    },
    putLessonRun(run: StoredLessonRun): void {
      db.write(
        'INSERT INTO lesson_runs VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET ended_at = excluded.ended_at, body = excluded.body',
      ).run(run.run_id, run.lesson_id, run.agent_id, run.started_at, run.ended_at, JSON.stringify(run.body));
    },
  };
}
