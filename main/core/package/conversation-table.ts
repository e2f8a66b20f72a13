import type { PackageConversation } from '#shared/package/page-data.ts';

/**
 * The page's list of conversations while it is made, in the order in which they were met. Some millions have to fit: each
 * is its id, its consumer and a few numbers; names that come again are kept once.
 */
export interface ConversationTable {
  has(id: string, shop: string): boolean;
  /** `at`: of the message it came with. */
  add(id: string, shop: string, consumer: string, at: number): void;
  /** True where this is the agent's first message in the conversation. */
  message(id: string, shop: string, agent: string, at: number): boolean;
  size(): number;
  /** Different consumers, by shop. */
  consumers(): number;
  slice(start: number, end: number): readonly PackageConversation[];
}

export function createConversationTable(): ConversationTable {
  const names = new Map<string, string>();
  const once = (text: string): string => {
    const known = names.get(text);
    if (known !== undefined) return known;
    names.set(text, text);
    return text;
  };
  /** Places in the columns below, by shop and id. */
  const places = new Map<string, Map<string, number>>();
  const consumersOf = new Map<string, Set<string>>();
  const ids: string[] = [];
  const shops: string[] = [];
  const consumers: string[] = [];
  const agents: (readonly string[])[] = [];
  /** Most conversations have one agent, and so share one list with others. */
  const alone = new Map<string, readonly string[]>();
  const NOBODY: readonly string[] = [];
  let numbers = new Float64Array(3 * 256);
  const MESSAGES = 0;
  const FROM = 1;
  const TO = 2;

  const placeOf = (id: string, shop: string): number | undefined => places.get(shop)?.get(id);

  return {
    has: (id, shop) => placeOf(id, shop) !== undefined,
    add(id, shop, consumer, at) {
      const place = ids.length;
      if (3 * place === numbers.length) {
        const wider = new Float64Array(2 * numbers.length);
        wider.set(numbers);
        numbers = wider;
      }
      let ofShop = places.get(shop);
      let met = consumersOf.get(shop);
      if (ofShop === undefined) places.set(once(shop), (ofShop = new Map()));
      if (met === undefined) consumersOf.set(once(shop), (met = new Set()));
      ofShop.set(id, place);
      met.add(consumer);
      ids.push(id);
      shops.push(once(shop));
      consumers.push(consumer);
      agents.push(NOBODY);
      numbers.set([0, at, at], 3 * place);
    },
    message(id, shop, agent, at) {
      const place = placeOf(id, shop);
      if (place === undefined) return false;
      const own = 3 * place;
      const count = numbers[own + MESSAGES] as number;
      numbers[own + FROM] = count === 0 ? at : Math.min(numbers[own + FROM] as number, at);
      numbers[own + TO] = count === 0 ? at : Math.max(numbers[own + TO] as number, at);
      numbers[own + MESSAGES] = count + 1;
      const before = agents[place] as readonly string[];
      if (agent === '' || before.includes(agent)) return false;
      if (before.length > 0) agents[place] = [...before, once(agent)];
      else {
        let list = alone.get(agent);
        if (list === undefined) alone.set(once(agent), (list = [once(agent)]));
        agents[place] = list;
      }
      return true;
    },
    size: () => ids.length,
    consumers: () => [...consumersOf.values()].reduce((total, met) => total + met.size, 0),
    slice: (start, end) =>
      ids.slice(start, end).map((id, index) => {
        const place = start + index;
        return {
          id,
          shop: shops[place] as string,
          consumer: consumers[place] as string,
          agents: agents[place] as readonly string[],
          messages: numbers[3 * place + MESSAGES] as number,
          from: numbers[3 * place + FROM] as number,
          to: numbers[3 * place + TO] as number,
        };
      }),
  };
}
