/** Everything that wants the reader, of every chat: what waits for an answer first. */
import type { ReactNode } from 'react';
import type { ChatView } from '@/shared/api/relay';
import { Ended } from './Ended';
import { ended, voided, waiting } from './select';
import { Voided } from './Voided';
import { Waiting } from './Waiting';
import './inbox.css';

export function Inbox({ chats }: { chats: readonly ChatView[] }) {
  const requests = waiting(chats);
  const lost = voided(chats);
  const over = ended(chats);
  if (requests.length + lost.length + over.length === 0) return <Nothing />;
  return (
    <>
      <Section label="Waiting for an answer">
        {requests.length === 0 && <p className="dim pad">Nothing waits for an answer.</p>}
        {requests.map(({ chat, item }) => (
          <Waiting key={item.id} chat={chat} request={item} />
        ))}
      </Section>
      {lost.length > 0 && (
        <Section label="Void after a restart">
          {lost.map(({ chat, item }) => (
            <Voided key={item.id} chat={chat} request={item} />
          ))}
        </Section>
      )}
      {over.length > 0 && <Ended chats={over} />}
    </>
  );
}

function Section({ label, children }: { label: string; children: ReactNode }) {
  return (
    <section aria-label={label}>
      <h2 className="section-title">{label.toLowerCase()}</h2>
      {children}
    </section>
  );
}

function Nothing() {
  return (
    <div className="pad stack" data-testid="inbox-empty">
      <p>Nothing waits for you.</p>
      <p className="dim">
        When an agent asks for a permission or has a question, in whichever chat, it is answered here. Chats
        that are done, failed or were cut off are listed until you look at them.
      </p>
    </div>
  );
}
