import type { Permission } from '../domain/permissions.ts';
import type { ProcedureName } from './procedures.ts';

/** Who may call a procedure at all. Its handler may ask for more, about this account, shop or conversation. */
export interface Access {
  /**
   * `everyone`: harmless, or answered with what the person may see anyway (SR10: visibility decides row by row).
   * A permission: one of the roles signed in here, or that of the account named in the input, has to have it.
   */
  readonly may: Permission | 'everyone';
  /** Not with a cached role: the gateway has to have confirmed it in this session. */
  readonly needs?: 'online';
}

const everyone: Access = { may: 'everyone' };
const only = (may: Permission): Access => ({ may });
const online = (may: Permission): Access => ({ may, needs: 'online' });

/**
 * AD1: every procedure, declared. A new one doesn't compile until somebody decides who may call it, and is refused while it
 * stands nowhere.
 */
export const ACCESS: Readonly<Record<ProcedureName, Access>> = {
  'app.info': everyone,
  'settings.get': everyone,
  'settings.set': everyone,
  'access.mine': everyone,

  'accounts.list': everyone,
  'accounts.add': everyone,
  'accounts.remove': everyone,
  'accounts.reconnect': everyone,
  'accounts.presence': everyone,
  'accounts.agents': everyone,

  'conversations.list': everyone,
  'conversations.counts': everyone,
  'conversations.mark': everyone,
  'conversations.next': everyone,
  'consumers.get': everyone,
  'consumers.note': only('consumer.note'),
  'consumers.tags': everyone,
  'conversations.get': everyone,
  'conversations.claim': only('conversation.claim'),
  'conversations.transfer': only('conversation.transfer'),
  'conversations.end': only('conversation.end'),
  'conversations.read': everyone,
  // The gateway gives what the role may see (SR10).
  'conversations.older': everyone,

  'messages.page': everyone,
  'messages.send': only('message.send'),
  'messages.cancel': everyone,
  'messages.retry': only('message.send'),
  'messages.discard': everyone,
  'drafts.set': everyone,

  'attachments.begin': only('message.send'),
  'attachments.write': only('message.send'),
  'attachments.finish': only('message.send'),
  'attachments.abort': everyone,
  'attachments.staged': everyone,
  'attachments.unstage': everyone,
  'attachments.send': only('message.send'),
  'attachments.open': only('attachment.open'),
  'attachments.stop': everyone,
  'attachments.save': only('attachment.open'),
  'attachments.transfers': everyone,
  'attachments.cache': everyone,
  'attachments.clear': everyone,

  'recall.request': only('recall.request'),
  'recall.reedit': only('recall.request'),
  'recall.batch': only('recall.request'),
  'recall.dashboard': only('recall.dashboard'),
  'seals.open': only('seal.open'),
  'seals.save': only('seal.open'),

  'incidents.list': everyone,
  'incidents.get': everyone,
  // Whose incident it is decides the handler.
  'incidents.open': only('incident.write'),
  'incidents.act': only('incident.write'),
  'incidents.statistics': everyone,
  'playbooks.get': everyone,
  'playbooks.edit': online('playbook.edit'),
  'cases.search': everyone,
  'cases.share': only('records.export'),
  'cases.read': only('records.import'),

  'overview.get': everyone,

  'scorecards.list': everyone,
  'scorecards.get': everyone,
  'scorecards.save': only('scorecard.edit'),
  'samples.preview': only('review.write'),
  'samples.draw': only('review.write'),
  'samples.list': everyone,
  'samples.get': only('review.write'),
  'samples.check': only('review.write'),
  'samples.close': only('review.write'),
  'reviews.open': only('review.write'),
  'reviews.get': everyone,
  'reviews.save': only('review.write'),
  'reviews.act': everyone,
  'reviews.list': everyone,
  'reviews.dashboard': only('review.write'),
  'reviews.export': only('records.export'),
  'reviews.merge': only('review.write'),
  'pictures.save': only('records.export'),

  'packages.open': only('records.search'),
  'packages.list': everyone,
  'packages.close': only('records.search'),
  'packages.reviews': only('review.write'),
  'packages.putReview': only('review.write'),
  'packages.saveReviews': only('review.write'),

  'search.page': everyone,
  'search.count': everyone,
  'search.agents': everyone,
  'search.numbers': everyone,
  'search.numberFile': only('records.search'),
  'search.consumers': everyone,
  'search.cancel': everyone,
  'search.marks': everyone,
  'search.people': everyone,
  'searches.list': everyone,
  'searches.save': everyone,
  'searches.rename': everyone,
  'searches.remove': everyone,
  'searches.export': everyone,
  'searches.import': everyone,

  'export.estimate': only('records.export'),
  'export.start': only('records.export'),
  'import.preview': only('records.import'),
  'import.start': only('records.import'),
  'jobs.list': everyone,
  'jobs.cancel': everyone,

  'words.page': everyone,
  'words.local': everyone,
  'words.edit_local': only('composer.edit_shop'),
  'replies.list': everyone,
  'replies.save': everyone,
  'replies.remove': everyone,
  'replies.used': everyone,
  'replies.add_defaults': everyone,
  'replies.import': everyone,
  'replies.export': everyone,
  'conversations.members': everyone,
  'articles.list': everyone,
  'articles.versions': everyone,
  'articles.save': only('composer.edit_shop'),

  'groups.list': only('records.search_all'),
  'groups.check': only('records.search_all'),
  'groups.export': online('group.delete'),
  'groups.notice': online('group.delete'),
  'groups.delete': online('group.delete'),
  'groups.restore': online('group.delete'),
  'groups.abandon': online('group.delete'),
  'retention.get': only('retention.read'),
  'retention.set': online('retention.run'),
  'retention.calendar': only('retention.read'),
  'retention.list': only('retention.read'),
  'retention.run': online('retention.run'),
  'holds.list': only('retention.read'),
  'holds.of': only('retention.read'),
  'holds.place': online('hold.place'),
  'evidence.mark': online('evidence.mark'),
  'holds.release': online('hold.place'),
  'audit.list': only('audit.read'),
  'audit.facets': only('audit.read'),
  'audit.verify': only('audit.read'),
  'audit.export': only('audit.read'),

  'accounts.rename': everyone,
  'accounts.token': everyone,
  'backups.list': everyone,
  'backups.make': everyone,
  'backups.inspect': only('backup.restore'),
  'backups.restore': only('backup.restore'),
  'recovery.state': everyone,
  // Refused by its handler wherever there are records to lose.
  'recovery.anew': everyone,
  'recovery.key': everyone,
  'doctor.run': everyone,
  // The person's own program on their own machine, checked before it is installed.
  'updates.state': everyone,
  'updates.check': everyone,
  'updates.download': everyone,
  'updates.install': everyone,
  'diagnosis.run': everyone,
  'diagnosis.log': everyone,
  'diagnosis.report': everyone,
  // The gateway gives what the role may see (SR10).
  'records.fetch': only('records.search'),

  // The lock is the person's own at this machine; what shows or changes keys asks for its secret again (app-lock.ts).
  'lock.state': everyone,
  'lock.unlock': everyone,
  'lock.now': everyone,
  'lock.active': everyone,
  'lock.set': everyone,
  'lock.remove': everyone,
  'keys.state': everyone,
  'keys.recovery': only('keys.care'),
  'keys.save_recovery': only('keys.care'),
  'keys.confirm_recovery': only('keys.care'),
  'keys.rotate': only('keys.care'),
  'keys.cancel_rotation': only('keys.care'),

  // Of the practice shop alone; the handlers refuse everywhere else.
  'lessons.list': everyone,
  'lessons.start': everyone,
  'lessons.state': everyone,
  'lessons.answer': everyone,
  'lessons.end': everyone,
  'lessons.import': only('lesson.edit'),
  'lessons.get': everyone,
  'lessons.save': only('lesson.edit'),
  'lessons.export': everyone,
  'lessons.remove': only('lesson.edit'),
  'practice.situation': everyone,
  'practice.outcome': everyone,
  'practice.time': everyone,
  'practice.set_time': everyone,

  'practice.join': everyone,
  'practice.fault': everyone,
};
