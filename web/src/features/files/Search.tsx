/** Finds files of the working copy; while nothing is typed, what else there is is shown. */
import { type ReactNode, useState } from 'react';
import type { SearchIn } from '@/shared/api/git';
import { SearchField } from '@/shared/ui/SearchField';
import { Tabs } from '@/shared/ui/Tabs';
import { SearchResults } from './SearchResults';
import { useSettled } from './useSettled';
import './files.css';

const ways = [
  { value: 'names', label: 'in names' },
  { value: 'text', label: 'in contents' },
] as const;

interface Props {
  chat: string;
  query: string;
  searchIn: SearchIn;
  onChange: (query: string, searchIn: SearchIn) => void;
  children: ReactNode;
}

export function Search({ chat, query, searchIn, onChange, children }: Props) {
  const [typed, setTyped] = useState(query);
  const settled = useSettled(typed.trim());
  return (
    <>
      <div className="file-search">
        <SearchField
          label="Search files"
          value={typed}
          onChange={(value) => {
            setTyped(value);
            onChange(value.trim(), searchIn);
          }}
        />
      </div>
      {typed.trim() === '' ? (
        children
      ) : (
        <>
          <Tabs
            label="Where to search"
            tabs={ways}
            chosen={searchIn}
            onChoose={(way) => onChange(typed.trim(), way)}
          />
          {settled !== '' && <SearchResults chat={chat} query={settled} searchIn={searchIn} />}
        </>
      )}
    </>
  );
}
