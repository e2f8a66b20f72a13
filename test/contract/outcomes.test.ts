import { afterEach, describe, expect, test } from 'vitest';
import { startPracticeGateway, type PracticeGateway } from '#main/practice/index.ts';
import { PLAYED_AT, WRONG_CLOCK_MS } from '#main/practice/outcomes.ts';
import { RECALL_OUTCOMES, type FaultPlan, type RecallOutcomeName } from '#shared/contract/practice.ts';
import type { Message } from '#shared/protocol/entities.ts';
import { RawClient } from '../support/raw-client.ts';
import { until } from '../support/wait.ts';

/** Every outcome of a recall, played by the practice gateway on a clock of our own and seen by a client that knows only the protocol. */

const START = Date.UTC(2026, 8, 1, 4);
const ME = 'a-xiaomei';
const WARNS = 's-senyu';
const BLOCKS = 's-qinghe';

let on: PracticeGateway;
let client: RawClient;
let now = START;

afterEach(async () => {
  client?.cut();
  await on.close();
});

async function open(options: { seed?: number; faults?: FaultPlan } = {}): Promise<void> {
  now = START;
  on = await startPracticeGateway({ port: 0, seed: 1, rate: 0, now: () => now, ...options });
  on.control.setRole(ME, 'agent');
  await login();
}

async function login(resume: number | null = null): Promise<void> {
  client = await RawClient.login(on.url, on.tokens[ME] as string, { device: 'd-desk', resume });
}

function pass(ms: number): void {
  for (const end = now + ms; now < end;) {
    now = Math.min(end, now + 500);
    on.control.runDue();
  }
}

function stage(outcome: RecallOutcomeName, shop_id = WARNS): string {
  return on.control.stageOutcome(outcome, { agent_id: ME, shop_id, name: '买家' }).conversation_id;
}

let sent = 0;
async function say(conversation_id: string, text = '说错的话'): Promise<Message> {
  const fields = { client_msg_id: `k-${++sent}`, conversation_id, kind: 'text', text };
  return (await client.get('message.send', fields)).message as Message;
}

const fields = (message: Message, recall_id = 'r-1') => ({
  recall_id,
  conversation_id: message.conversation_id,
  msg_id: message.msg_id,
});
const phone = (message: Message) =>
  on.control.consumerView(message.conversation_id).messages.find(({ msg_id }) => msg_id === message.msg_id);

describe('the practice gateway plays every outcome', () => {
  test('[RC12] [RC3] what it says of each is what the rules say', async () => {
    await open();
    const outcomes: Partial<Record<RecallOutcomeName, string>> = {};
    /** Says something in a staged conversation, lets its fate happen, recalls: the effect or the code. */
    const play = async (name: RecallOutcomeName, shop: string, waitMs = PLAYED_AT.turn): Promise<void> => {
      const id = stage(name, shop);
      const message = await say(id);
      pass(waitMs);
      const reply = await client.ask('message.recall', fields(message, `r-${name}`));
      outcomes[name] = reply.ok ? (reply.result.effect as string) : (reply.error?.code ?? '');
      expect(phone(message)?.visible, name).toBe(!reply.ok || reply.result.effect === 'local_only');
    };
    await play('plain', BLOCKS);
    await play('push', BLOCKS);
    await play('read_at_40s', BLOCKS, PLAYED_AT.read);
    await play('session_ended', BLOCKS);
    await play('transferred', BLOCKS);
    await play('consumer_restricted', BLOCKS);
    await play('group', BLOCKS);
    await play('maintenance', BLOCKS);
    await play('policy_changed', BLOCKS);
    expect(outcomes).toEqual({
      plain: 'both',
      push: 'local_only',
      read_at_40s: 'ALREADY_READ',
      session_ended: 'SESSION_ENDED',
      // The sender may recall it still (`sender_only`).
      transferred: 'both',
      consumer_restricted: 'CONSUMER_RESTRICTED',
      group: 'GROUP_RULE',
      maintenance: 'SERVER_BUSY',
      policy_changed: 'FEATURE_DISABLED',
    });
  });

  test('[RC5] the consumer reads at second 40: until then it goes, from then on it may have been seen', async () => {
    await open();
    const id = stage('read_at_40s');
    const early = await say(id, '早的');
    pass(PLAYED_AT.read - 500);
    expect((await client.get('message.recall', fields(early, 'r-1'))).effect).toBe('both');
    const late = await say(id, '晚的');
    pass(PLAYED_AT.read);
    expect(phone(late)?.read_at).toBe(late.sent_at + PLAYED_AT.read);
    expect(phone(early)).toMatchObject({ read_at: null, seen: false, visible: false });
    expect((await client.get('message.recall', fields(late, 'r-2'))).effect).toBe('maybe_seen');
  });

  test('[RC5] an opened attachment blocks', async () => {
    await open();
    const id = stage('attachment_opened', BLOCKS);
    const { message } = on.control.messages(id).at(-1)!;
    expect(message).toMatchObject({ kind: 'image', sender: { id: ME, device_id: 'd-desk' } });
    pass(PLAYED_AT.opened);
    await client.event('attachment.opened', ({ msg_id }) => msg_id === message.msg_id);
    expect(await client.refused('message.recall', fields(message))).toBe('ATTACHMENT_OPENED');
  });

  test('[RC6] the second device of the account: its message is here, and goes too', async () => {
    await open();
    const id = stage('other_device');
    await say(id);
    pass(PLAYED_AT.otherDevice);
    const { message } = on.control.messages(id).at(-1)!;
    expect(message.sender).toMatchObject({ id: ME, device_id: 'd-phone' });
    expect((await client.get('message.recall', fields(message))).effect).toBe('both');
  });

  test('[RC7] up to the soft limit, and at the hard one', async () => {
    await open();
    const soft = stage('soft_limit', BLOCKS);
    const limits = on.control.shops().find(({ shop_id }) => shop_id === BLOCKS)!.policy.recall;
    const { quota } = await client.get('message.recall', fields(await say(soft), 'r-1'));
    expect(quota.used).toBe(limits.per_hour_soft + 1);
    const hard = stage('hard_limit', BLOCKS);
    const refused = await client.ask('message.recall', fields(await say(hard), 'r-2'));
    expect(refused.error).toMatchObject({ code: 'RATE_HARD' });
    // Each of the recalls that used it up is an event like any other.
    await client.caughtUp();
    expect(client.eventsOf('message.recalled')).toHaveLength(limits.per_hour_hard);
  });

  test('[RC15] silence: nothing was carried out, and asking about it says so; the reply lost after success: it says that', async () => {
    await open();
    const silent = await say(stage('silence'));
    client.post('message.recall', fields(silent, 'r-silent'));
    await until('the silence', () => on.control.faults.acted >= 2);
    expect(phone(silent)?.visible).toBe(true);
    on.control.silence(0);
    expect(await client.get('recall.query', { recall_id: 'r-silent' })).toEqual({ known: false });
    expect((await client.get('message.recall', fields(silent, 'r-silent'))).effect).toBe('both');
    const lost = await say(stage('reply_lost'));
    const asked = client.post('message.recall', fields(lost, 'r-lost'));
    await client.untilClosed();
    expect(client.reply(asked)).toBeUndefined();
    expect(phone(lost)?.visible).toBe(false);
    await login(client.events.at(-1)?.event_seq ?? null);
    expect(await client.get('recall.query', { recall_id: 'r-lost' })).toMatchObject({ known: true, effect: 'both' });
  });

  test('[RC17] the event before its reply, and the event twice', async () => {
    await open();
    const first = await say(stage('event_first'));
    await client.ask('message.recall', fields(first, 'r-1'));
    const at = (matches: (frame: Record<string, unknown>) => boolean): number => client.frames.findIndex(matches);
    const event = at((frame) => frame['kind'] === 'message.recalled' && frame['msg_id'] === first.msg_id);
    expect(event).toBeGreaterThan(0);
    expect(event).toBeLessThan(
      at((frame) => (frame['result'] as { recall_id?: string } | undefined)?.recall_id === 'r-1'),
    );
    const twice = await say(stage('event_twice'));
    await client.ask('message.recall', fields(twice, 'r-2'));
    const of = () => client.eventsOf('message.recalled').filter(({ msg_id }) => msg_id === twice.msg_id);
    await until('both', () => of().length === 2);
    expect(new Set(of().map(({ event_seq }) => event_seq)).size).toBe(1);
  });

  test('[RC1] [RC4] the policy changes ten seconds after, and changes back; the clock is five minutes wrong', async () => {
    await open();
    await say(stage('policy_changed', BLOCKS));
    pass(PLAYED_AT.turn);
    const off = await client.event('policy.updated', ({ shop_id }) => shop_id === BLOCKS);
    expect(off['policy']).toMatchObject({ recall: { enabled: false } });
    pass(PLAYED_AT.policyFor);
    await until('the policy to be back', () => client.eventsOf('policy.updated').length === 2);
    expect(client.eventsOf('policy.updated')[1]?.['policy']).toMatchObject({ recall: { enabled: true } });
    const message = await say(stage('clock_wrong'));
    expect(message.sent_at - now).toBe(WRONG_CLOCK_MS);
  });

  test('[RC3] the same seed draws the same fates for the same conversations, another seed others', async () => {
    const drawn = async (seed: number): Promise<(string | undefined)[]> => {
      await open({ faults: { seed, outcomes: true, rules: [] } });
      const fates: (string | undefined)[] = [];
      for (let n = 0; n < 24; n++) {
        const { conversation_id } = on.control.newEnquiry({ shop_id: WARNS, name: `买家${n}`, assign_to: ME });
        on.control.agentSays(ME, conversation_id, '说错的话', { device_id: 'd-desk' });
        fates.push(on.control.fate(conversation_id));
      }
      client.cut();
      await on.close();
      return fates;
    };
    const [first, again, other] = [await drawn(5), await drawn(5), await drawn(6)];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
    expect(new Set(first).size).toBeGreaterThan(5);
    expect(first.every((fate) => RECALL_OUTCOMES.includes(fate as never))).toBe(true);
    await open();
  });
});
