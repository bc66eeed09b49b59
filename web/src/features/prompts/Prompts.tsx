/** What waits for an answer in a chat, pinned above the composer: one at a time, the oldest first. */
import { lazy, Suspense } from 'react';
import { useShallow } from 'zustand/react/shallow';
import type { EventState } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import './prompts.css';

const PermissionCard = lazy(() => import('./PermissionCard'));
const QuestionCard = lazy(() => import('./QuestionCard'));

/** Whether a request of `session` belongs to the chat: its own, or one of its subagents', at any depth. */
function belongs(state: EventState, session: string, chat: string, sameDirectory: boolean): boolean {
  let current: string | undefined = session;
  for (let depth = 0; current !== undefined && depth < 16; depth += 1) {
    if (current === chat) return true;
    const info: EventState['sessions'][string] | undefined = state.sessions[current];
    // A session nobody told about: a chat's working copy is its own, so the directory says enough.
    if (!info) return sameDirectory;
    current = info.parentID;
  }
  return false;
}

export function Prompts({ chat, directory }: { chat: string; directory: string }) {
  const permissions = useEvents(
    useShallow((state) =>
      Object.values(state.permissions).filter((item) =>
        belongs(state, item.value.sessionID, chat, item.directory === directory),
      ),
    ),
  );
  const questions = useEvents(
    useShallow((state) =>
      Object.values(state.questions).filter((item) =>
        belongs(state, item.value.sessionID, chat, item.directory === directory),
      ),
    ),
  );
  const titles = useEvents((state) => state.sessions);
  const count = permissions.length + questions.length;
  const permission = permissions[0];
  const question = questions[0];
  if (count === 0) return null;
  const asker = (session: string) => (session === chat ? null : (titles[session]?.title ?? 'a subagent'));
  return (
    <div className="prompts">
      {count > 1 && <p className="dim">1 of {count} that wait for an answer</p>}
      <Suspense>
        {permission ? (
          <PermissionCard
            key={permission.value.id}
            request={permission.value}
            directory={permission.directory}
            asker={asker(permission.value.sessionID)}
          />
        ) : question ? (
          <QuestionCard
            key={question.value.id}
            request={question.value}
            directory={question.directory}
            asker={asker(question.value.sessionID)}
          />
        ) : null}
      </Suspense>
    </div>
  );
}
