/** What was found in the working copy: files by their names, or lines by what they say. */
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import type { Match, SearchIn } from '@/shared/api/git';
import { queries } from '@/shared/api/queries';
import { filesAddress } from '@/shared/git/addresses';
import { Failure, Loading } from '@/shared/ui/Notice';
import './files.css';

interface Props {
  chat: string;
  query: string;
  searchIn: SearchIn;
}

export function SearchResults({ chat, query, searchIn }: Props) {
  const search = useQuery({ ...queries.search(chat, query, searchIn), placeholderData: keepPreviousData });
  const { data, error } = search;
  if (error) return <Failure what="The search failed." error={error} onRetry={() => void search.refetch()} />;
  if (!data) return <Loading what="searching" />;
  return (
    <div data-testid="found" aria-busy={search.isPlaceholderData}>
      {data.matches.length === 0 && <p className="dim pad">Nothing found.</p>}
      {data.matches.map((match) => (
        <Found key={`${match.path}:${match.line ?? ''}`} chat={chat} match={match} />
      ))}
      {data.truncated && <p className="dim pad">There is more: type more to narrow it down.</p>}
    </div>
  );
}

function Found({ chat, match: { path, line, text } }: { chat: string; match: Match }) {
  return (
    <Link className="row" href={filesAddress(chat, path, line ?? undefined)} data-testid="match">
      <span className="grow">
        {text !== null && <span className="match-text">{text.trim()}</span>}
        <span className={text === null ? '' : 'sub block-line'}>
          {path}
          {line !== null && `:${line}`}
        </span>
      </span>
    </Link>
  );
}
