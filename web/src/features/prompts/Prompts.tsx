/** What waits for an answer in a chat, pinned above the composer: one at a time, the oldest first. */
import { lazy, Suspense } from 'react';
import { useShallow } from 'zustand/react/shallow';
import { useEvents } from '@/features/events/store';
import { waitingIn } from './waiting';
import './prompts.css';

const PermissionCard = lazy(() => import('./PermissionCard'));
const QuestionCard = lazy(() => import('./QuestionCard'));

export function Prompts({ chat, directory }: { chat: string; directory: string }) {
  const permissions = useEvents(useShallow((state) => waitingIn(state.permissions, state, chat, directory)));
  const questions = useEvents(useShallow((state) => waitingIn(state.questions, state, chat, directory)));
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
