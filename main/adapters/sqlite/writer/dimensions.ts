import type { Agent, Consumer } from '#shared/protocol/entities.ts';
import type { WritableDatabase } from '../connection.ts';
import { createRecent, type Recent } from './recent.ts';

/** Small integer keys of sources, shops, agents and consumers, with what is known of them in memory. */
export interface Dimensions {
  source(name: string): number;
  /** `name` and `platform` only for a shop that isn't known yet. */
  shop(source: number, shopId: string, name?: string, platform?: string): number;
  /** `name` only for an agent that isn't known yet. */
  agent(source: number, agentId: string, name: string): number;
  /** What the gateway says of an agent; true where it was news. */
  /** `roleBefore`: where the role is another one now; null where there was none. */
  putAgent(
    source: number,
    agent: Agent,
  ): { readonly key: number; readonly changed: boolean; readonly roleBefore?: string | null };
  /** Known or not; a new name or avatar replaces the old one where `replace`. */
  consumer(source: number, consumer: Consumer, replace: boolean): number;
  /** After a rollback: what was cached may never have been committed. */
  reset(): void;
}

/** Of each: consumers are many, some 250 bytes each, and as many again of the generation before. */
const REMEMBERED = 8_000;

export function createDimensions(db: WritableDatabase): Dimensions {
  const sources = createRecent<string, number>(REMEMBERED);
  const shops = createRecent<string, number>(REMEMBERED);
  const agents = createRecent<string, number>(REMEMBERED);
  const consumers = createRecent<
    string,
    { readonly key: number; readonly name: string; readonly avatar: string | null }
  >(REMEMBERED);

  const remember = <V>(cache: Recent<string, V>, name: string, value: V): V => {
    cache.trim();
    cache.set(name, value);
    return value;
  };

  const source = (name: string): number => {
    const known = sources.get(name);
    if (known !== undefined) return known;
    db.write('INSERT INTO sources (name) VALUES (?) ON CONFLICT DO NOTHING').run(name);
    return remember(sources, name, db.readOne<number>('SELECT id FROM sources WHERE name = ?').get(name) as number);
  };

  const shop = (sourceKey: number, shopId: string, name = shopId, platform = ''): number => {
    const cacheKey = `${sourceKey}\n${shopId}`;
    const known = shops.get(cacheKey);
    if (known !== undefined) return known;
    db.write('INSERT INTO shops (source, shop_id, name, platform) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING').run(
      sourceKey,
      shopId,
      name,
      platform,
    );
    const key = db
      .readOne<number>('SELECT id FROM shops WHERE source = ? AND shop_id = ?')
      .get(sourceKey, shopId) as number;
    return remember(shops, cacheKey, key);
  };

  const agent = (sourceKey: number, agentId: string, name: string): number => {
    const cacheKey = `${sourceKey}\n${agentId}`;
    const known = agents.get(cacheKey);
    if (known !== undefined) return known;
    db.write('INSERT INTO agents (source, agent_id, name) VALUES (?, ?, ?) ON CONFLICT DO NOTHING').run(
      sourceKey,
      agentId,
      name,
    );
    const key = db
      .readOne<number>('SELECT id FROM agents WHERE source = ? AND agent_id = ?')
      .get(sourceKey, agentId) as number;
    return remember(agents, cacheKey, key);
  };

  return {
    source,
    shop,
    agent,
    putAgent: (sourceKey, value) => {
      const key = agent(sourceKey, value.agent_id, value.name);
      const before = db.readOne<string | null>('SELECT role FROM agents WHERE id = ?').get(key) ?? null;
      const { changes } = db
        .write(
          `UPDATE agents SET name = ?, role = ?, presence = ?
           WHERE id = ? AND (name IS NOT ? OR role IS NOT ? OR presence IS NOT ?)`,
        )
        .run(value.name, value.role, value.presence, key, value.name, value.role, value.presence);
      return { key, changed: changes > 0, ...(before === value.role ? {} : { roleBefore: before }) };
    },
    consumer: (sourceKey, value, replace) => {
      const cacheKey = `${sourceKey}\n${value.consumer_id}`;
      const avatar = value.avatar ?? null;
      let known = consumers.get(cacheKey);
      if (known === undefined) {
        db.write(
          'INSERT INTO consumers (source, consumer_id, name, avatar) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
        ).run(sourceKey, value.consumer_id, value.name, avatar);
        const row = db
          .read<{ key: number; name: string; avatar: string | null }>(
            'SELECT id AS key, name, avatar FROM consumers WHERE source = ? AND consumer_id = ?',
          )
          .get(sourceKey, value.consumer_id);
        known = remember(consumers, cacheKey, row as NonNullable<typeof row>);
      }
      if (replace && (known.name !== value.name || known.avatar !== avatar)) {
        db.write('UPDATE consumers SET name = ?, avatar = ? WHERE id = ?').run(value.name, avatar, known.key);
        remember(consumers, cacheKey, { key: known.key, name: value.name, avatar });
      }
      return known.key;
    },
    reset: () => {
      sources.clear();
      shops.clear();
      agents.clear();
      consumers.clear();
    },
  };
}
