import { useEffect, useState, type FormEvent } from 'react';
import type { ViewerWords } from '#shared/i18n/viewer.ts';
import type { PageQuery } from './search.ts';

export const NO_QUERY: PageQuery = { text: '', agent: '', number: '', from: null, to: null };

export const isEmptyQuery = (query: PageQuery): boolean =>
  query.text.trim() === '' &&
  query.agent === '' &&
  query.number.trim() === '' &&
  query.from === null &&
  query.to === null;

/** Midnight of a day as a date field writes it, in the reader's time zone; `days` later. */
function midnight(value: string, days: number): number | null {
  const [year, month, day] = value.split('-').map(Number);
  if (year === undefined || month === undefined || day === undefined) return null;
  const at = new Date(year, month - 1, day + days).getTime();
  return Number.isNaN(at) ? null : at;
}

export function SearchBar(props: {
  words: ViewerWords;
  agents: readonly string[];
  query: PageQuery;
  onSearch: (query: PageQuery) => void;
}) {
  const { search } = props.words;
  const [text, setText] = useState('');
  const [number, setNumber] = useState('');
  const [agent, setAgent] = useState('');
  const [from, setFrom] = useState('');
  const [to, setTo] = useState('');
  useEffect(() => setAgent(props.query.agent), [props.query.agent]);
  const submit = (event: FormEvent): void => {
    event.preventDefault();
    props.onSearch({ text, agent, number, from: midnight(from, 0), to: midnight(to, 1) });
  };
  const clear = (): void => {
    setText('');
    setNumber('');
    setAgent('');
    setFrom('');
    setTo('');
    props.onSearch(NO_QUERY);
  };
  return (
    <form className="page-search" role="search" onSubmit={submit}>
      <input
        type="search"
        className="grow"
        aria-label={search.label}
        placeholder={search.text}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <select aria-label={search.agent} value={agent} onChange={(event) => setAgent(event.target.value)}>
        <option value="">{search.anyAgent}</option>
        {props.agents.map((name) => (
          <option key={name} value={name}>
            {name}
          </option>
        ))}
      </select>
      <input
        aria-label={search.order}
        placeholder={search.order}
        value={number}
        onChange={(event) => setNumber(event.target.value)}
      />
      <label>
        {search.from} <input type="date" value={from} onChange={(event) => setFrom(event.target.value)} />
      </label>
      <label>
        {search.to} <input type="date" value={to} onChange={(event) => setTo(event.target.value)} />
      </label>
      <button type="submit" className="primary">
        {search.go}
      </button>
      <button type="button" onClick={clear}>
        {search.clear}
      </button>
    </form>
  );
}
