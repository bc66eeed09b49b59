/** What could be meant by what is being typed, directly above the box: commands after `/`, agents and files after `@`. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { type KeyboardEvent, type RefObject, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { queries } from '@/shared/api/queries';
import { explain } from '@/shared/http';
import { rank } from './fuzzy';
import type { Token } from './token';
import { isMentionable } from './useNames';
import './suggestions.css';

export interface Suggestion {
  /** What takes the token's place, its sign included. */
  text: string;
  /** Set where it is a file. */
  path: string | null;
  label: string;
  note: string;
}

/** Takes a key; answers whether it was meant for the list. */
export type KeyTaker = (event: KeyboardEvent) => boolean;

export interface SuggestionsProps {
  id: string;
  token: Token;
  directory: string | undefined;
  /** Whose files are searched; null where there is no working copy yet. */
  chat: string | null;
  keys: RefObject<KeyTaker | null>;
  onPick: (suggestion: Suggestion) => void;
  onDismiss: () => void;
  /** Which row the keyboard is on, for the box to say; null while there is none. */
  onActive: (row: string | null) => void;
}

export default function Suggestions(props: SuggestionsProps) {
  return props.token.kind === 'command' ? <Commands {...props} /> : <Mentions {...props} />;
}

function Commands(props: SuggestionsProps) {
  const { data = [], error } = useQuery(queries.commands(props.directory));
  const found = rank(props.token.query, data, ({ name }) => name);
  const suggestions = found.map(({ name, description }) => ({
    text: `/${name}`,
    path: null,
    label: `/${name}`,
    note: description ?? '',
  }));
  const trouble = error ? `The commands could not be loaded: ${explain(error)}` : null;
  return <List {...props} label="Commands" suggestions={suggestions} hint={trouble} />;
}

/** Letters typed faster than this are looked for together, in milliseconds. */
const pause = 120;
const mostAgents = 3;

function Mentions(props: SuggestionsProps) {
  const { chat, directory, token } = props;
  const query = useSettled(token.query, pause);
  const agents = useQuery(queries.agents(directory));
  const files = useQuery({
    ...queries.search(chat ?? '', query, 'names'),
    enabled: chat !== null,
    placeholderData: keepPreviousData,
  });
  // Until the answer comes, what of the one before fits.
  const told = files.data?.matches ?? [];
  const isBehind = files.isPlaceholderData || query !== token.query;
  const matches = isBehind ? rank(token.query, told, ({ path }) => path) : told;
  const mentionable = (agents.data ?? []).filter(isMentionable);
  const suggestions: Suggestion[] = [
    ...rank(token.query, mentionable, ({ name }) => name, mostAgents).map(({ name, description }) => ({
      text: `@${name}`,
      path: null,
      label: `@${name}`,
      note: description ?? 'a subagent',
    })),
    ...matches.map(({ path }) => ({
      text: `@${path}`,
      path,
      label: path.split('/').pop() ?? path,
      note: path.includes('/') ? path : '',
    })),
  ];
  return (
    <List
      {...props}
      label="Agents and files"
      suggestions={suggestions}
      hint={hintOf(chat, files.error, isBehind || files.isFetching)}
    />
  );
}

function hintOf(chat: string | null, error: Error | null, isFetching: boolean): string | null {
  if (chat === null)
    return 'Files are listed once the working copy is there; a path that you type is found then.';
  if (error) return `The files could not be searched: ${explain(error)}`;
  return isFetching ? null : '';
}

interface ListProps extends SuggestionsProps {
  label: string;
  suggestions: readonly Suggestion[];
  /** Said below them. Null: nothing; empty: that there is nothing, if so. */
  hint: string | null;
}

function List({ id, token, label, suggestions, hint, keys, onPick, onDismiss, onActive }: ListProps) {
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const current = Math.min(active, suggestions.length - 1);
  const rowId = (index: number) => `${id}-${index}`;

  // biome-ignore lint/correctness/useExhaustiveDependencies: another word begins at the best again.
  useEffect(() => setActive(0), [token.query]);

  useLayoutEffect(() => {
    keys.current = (event) => {
      const chosen = suggestions[current];
      if (event.key === 'Escape') onDismiss();
      else if (!chosen || event.shiftKey || event.ctrlKey || event.metaKey || event.altKey) return false;
      else if (event.key === 'ArrowDown') setActive((current + 1) % suggestions.length);
      else if (event.key === 'ArrowUp') setActive((current + suggestions.length - 1) % suggestions.length);
      else if (event.key === 'Enter' || event.key === 'Tab') onPick(chosen);
      else return false;
      return true;
    };
    return () => {
      keys.current = null;
    };
  });

  useEffect(() => {
    onActive(current < 0 ? null : `${id}-${current}`);
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
  }, [id, current, onActive]);

  const words = suggestions.length === 0 && hint === '' ? 'Nothing fits.' : hint;
  if (suggestions.length === 0 && !words) return null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: nothing is done but that the box keeps the focus, and the phone its keyboard.
    <div className="suggestions" onMouseDown={(event) => event.preventDefault()}>
      <div ref={list} id={id} role="listbox" aria-label={label} className="suggestions-list">
        {suggestions.map((suggestion, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the keys go to the box, which names the active row.
          <div
            key={suggestion.text}
            id={rowId(index)}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            className="suggestion"
            onClick={() => onPick(suggestion)}
          >
            <span className="suggestion-label">{suggestion.label}</span>
            <span className="suggestion-note">{suggestion.note}</span>
          </div>
        ))}
      </div>
      {words && <p className="suggestions-hint">{words}</p>}
    </div>
  );
}

/** The value once it has not changed for a while. */
function useSettled<T>(value: T, time: number): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), time);
    return () => clearTimeout(timer);
  }, [value, time]);
  return settled;
}
