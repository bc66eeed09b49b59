/** The conversation: it follows its end while the reader is there, and never moves while the reader is elsewhere. */
import { lazy, type ReactNode, Suspense, useEffect, useLayoutEffect, useMemo, useState } from 'react';
import type { EventState } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { reloadTranscript, watchTranscript } from '@/features/events/sync';
import { Icon } from '@/shared/ui/Icon';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Activity } from './Activity';
import { Context } from './Context';
import { Earlier } from './Earlier';
import type { OnWords } from './MessageSheet';
import { Messages } from './Messages';
import { MessageActions } from './messageActions';
import { PinnedTodos } from './PinnedTodos';
import { Reverted } from './Reverted';
import { SharedCopy } from './SharedCopy';
import { Stale } from './Stale';
import { useSession } from './session';
import { ChatOfFiles } from './tools/OpenFile';
import { useFollow } from './useFollow';

/** The chat that a conversation is, else the one that works in the same folder: a subagent's session is no chat. */
function chatIn(chats: EventState['chats'], session: string, directory: string): string | null {
  if (session in chats) return session;
  return Object.values(chats).find((chat) => chat.directory === directory)?.id ?? null;
}

const MessageSheet = lazy(() => import('./MessageSheet'));

interface Props {
  session: string;
  directory: string;
  /** Shown after the last message and what is being done. */
  children?: ReactNode;
  /** Gives words back to the box of a chat; without it nothing can be done with messages, only read. */
  onWords?: OnWords;
  /** How many prompts have been sent from here: who sends one wants to see it, wherever they were. */
  sent?: number;
}

export default function Transcript({ session, directory, children, onWords, sent = 0 }: Props) {
  useEffect(() => watchTranscript(session), [session]);
  const loaded = useEvents((state) => state.transcripts[session]?.loaded ?? false);
  const failure = useEvents((state) => state.transcripts[session]?.failure ?? null);
  const empty = useEvents((state) => state.transcripts[session]?.order.length === 0);
  const whole = useSession(session);
  const [acted, setActed] = useState<string | null>(null);
  const canAct = onWords !== undefined;
  const actions = useMemo(() => (canAct ? { session, open: setActed } : null), [session, canAct]);
  const chatOfFiles = useEvents((state) => chatIn(state.chats, session, directory));
  const { scroller, content, following, follow } = useFollow(session);
  useLayoutEffect(() => {
    if (sent > 0) follow();
  }, [sent, follow]);
  return (
    <div className="transcript-frame">
      <div className="transcript-view">
        <main ref={scroller} className="transcript" data-testid="transcript" aria-label="Conversation">
          <div ref={content} className="transcript-content">
            <Earlier session={session} scroller={scroller} />
            {failure !== null && (
              <Failure
                what="The conversation could not be loaded."
                error={failure}
                onRetry={() => reloadTranscript(session)}
              />
            )}
            {!loaded && failure === null && <Loading what="loading the conversation" />}
            {loaded && empty && <p className="dim">Nothing said yet. What should be done?</p>}
            <MessageActions value={actions}>
              <ChatOfFiles value={chatOfFiles}>
                <Messages
                  session={session}
                  directory={directory}
                  reverted={whole?.revert?.messageID ?? null}
                />
              </ChatOfFiles>
            </MessageActions>
            <Activity session={session} />
            <Stale chat={session} />
            <Context session={session} directory={directory} whole={whole} />
            <SharedCopy session={session} directory={directory} />
            {children}
          </div>
        </main>
        {!following && (
          <button type="button" className="to-bottom" aria-label="Scroll to bottom" onClick={follow}>
            <Icon name="down" />
          </button>
        )}
      </div>
      {canAct && whole && <Reverted session={whole} directory={directory} />}
      <PinnedTodos session={session} directory={directory} />
      {onWords && acted !== null && (
        <Suspense>
          <MessageSheet
            session={session}
            directory={directory}
            message={acted}
            onWords={onWords}
            onClose={() => setActed(null)}
          />
        </Suspense>
      )}
    </div>
  );
}
