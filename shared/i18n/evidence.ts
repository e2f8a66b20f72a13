/** Words of the evidence mark on a message (AD3); parts of `zh-CN.ts` and `en.ts`. */
export const evidenceZh = {
  mark: '保留为凭证',
  release: '解除凭证标记',
  kept: '已保留为凭证',
  keptSince: '{{time}} 起保留为凭证，不会被到期清理',
  markNeeds: '需要：{{roles}}',
  markTitle: '把这条消息保留为凭证',
  markText: '这条消息和它所在的会话不会被到期清理，直到解除。操作会记入审计日志。',
  releaseTitle: '解除这条消息的凭证标记',
  releaseText: '没有其他保全时，会话到期后会按规则清除。操作会记入审计日志。',
  note: '原因',
  noteHint: '例如：平台仲裁编号、投诉单号',
  marked: '已保留为凭证',
  released: '已解除凭证标记',
};

export const evidenceEn = {
  mark: 'Keep as evidence',
  release: 'Release the evidence mark',
  kept: 'Kept as evidence',
  keptSince: 'Kept as evidence since {{time}}; retention doesn’t remove it',
  markNeeds: 'Needs: {{roles}}',
  markTitle: 'Keep this message as evidence',
  markText:
    'This message and its conversation stay out of retention until the mark is released. The audit log keeps who did it.',
  releaseTitle: 'Release this message’s evidence mark',
  releaseText:
    'Where nothing else holds it, the conversation is removed when its time is over. The audit log keeps who did it.',
  note: 'Reason',
  noteHint: 'For example the platform’s arbitration or complaint number',
  marked: 'Kept as evidence',
  released: 'Evidence mark released',
};
