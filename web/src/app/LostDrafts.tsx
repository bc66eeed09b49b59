/** What was typed in chats that were deleted, perhaps elsewhere: nothing else leads to it. */
import { useEffect } from 'react';
import { Link } from 'wouter';
import { useShallow } from 'zustand/react/shallow';
import { readAttachments, useDraftsWithFiles } from '@/features/composer/attachments';
import { draftText, useWrittenDrafts } from '@/features/composer/draft';
import { useEvents } from '@/features/events/store';
import { useOutbox } from '@/features/outbox/store';

export default function LostDrafts({ onChoose }: { onChoose: () => void }) {
  useEffect(() => void readAttachments(), []);
  const written = useWrittenDrafts();
  const withFiles = useDraftsWithFiles();
  const begun = useOutbox(
    useShallow(({ items, accepted }) => [...items, ...accepted].map(({ chat }) => chat)),
  );
  const lost = useEvents(
    useShallow(({ isKnown, chats }) =>
      isKnown
        ? [...new Set([...written, ...withFiles])].filter((id) => id.startsWith('ses_') && !(id in chats))
        : [],
    ),
  ).filter((id) => !begun.includes(id));
  if (lost.length === 0) return null;
  return (
    <nav aria-label="Not sent, of deleted chats">
      <h2 className="section-title">typed in deleted chats</h2>
      {lost.map((id) => (
        <Link
          key={id}
          href={`/chat/${id}`}
          className="row"
          data-testid="lost-draft-row"
          data-chat={id}
          onClick={onChoose}
        >
          <span className="grow">
            <span className="unsent-text">{draftText(id) || 'pictures or files'}</span>
            <span className="sub block-line">not sent</span>
          </span>
        </Link>
      ))}
    </nav>
  );
}
