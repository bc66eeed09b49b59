/** Says in a chat that its working copy could not be set up, until its reader has seen it. */
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { recall, remember } from '@/shared/storage';
import { upkeepQueries } from '@/shared/upkeep';
import { SetupSheet } from './SetupSheet';

/** Of one chat: the last that was seen. */
const key = 'setup-seen';

export default function SetupNotice({ chat }: { chat: string }) {
  const { data: setup } = useQuery({ ...upkeepQueries.setup(chat), staleTime: Number.POSITIVE_INFINITY });
  const [isSeen, setSeen] = useState(() => (recall(key) ?? '').split(' ').includes(chat));
  const [isOpen, setOpen] = useState(false);
  if (setup?.state !== 'failed' || (isSeen && !isOpen)) return null;
  return (
    <div className="notice warn" data-testid="setup-failed">
      <span>The setup of this working copy did not succeed. The agent was told.</span>
      <button
        type="button"
        className="button"
        onClick={() => {
          remember(key, [chat, ...(recall(key) ?? '').split(' ')].slice(0, 50).join(' ').trim());
          setSeen(true);
          setOpen(true);
        }}
      >
        Show
      </button>
      {isOpen && <SetupSheet chat={chat} onClose={() => setOpen(false)} />}
    </div>
  );
}
