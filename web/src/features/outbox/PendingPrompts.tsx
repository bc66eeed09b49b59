/** The prompts that opencode does not have yet, at the end of the conversation: where each is, and what can be done. */
import { useMutation } from '@tanstack/react-query';
import { useShallow } from 'zustand/react/shallow';
import { isShown } from '@/features/events/state';
import { useEvents } from '@/features/events/store';
import { admin } from '@/shared/api/admin';
import type { FileName } from '@/shared/files';
import { plural } from '@/shared/format';
import { Failure } from '@/shared/ui/Notice';
import type { TakenBack } from './item';
import { type Row, rowsOf } from './rows';
import { outbox, takeBackFromPhone, takeBackFromServer, useOutbox } from './store';
import '@/shared/ui/message.css';
import './outbox.css';

type GiveBack = (back: TakenBack) => Promise<void>;

export function PendingPrompts({
  chat,
  onTakenBack,
}: {
  chat: string;
  /** Gets what was taken back on this phone. */
  onTakenBack: GiveBack;
}) {
  const kept = useOutbox();
  const view = useEvents((state) => state.chats[chat]);
  const isLive = useEvents((state) => state.connection.phase === 'live');
  const isOpencodeUp = useEvents((state) => state.instance?.opencode !== 'down');
  const ids = [...(view?.prompts ?? []), ...kept.accepted, ...kept.items].map(({ id }) => id);
  const shown = useEvents(useShallow((state) => ids.filter((id) => isShown(state.transcripts[chat], id))));
  const rows = rowsOf(chat, kept, { chat: view, isLive, isOpencodeUp, isShown: (id) => shown.includes(id) });
  return rows.map((row) => <PendingPrompt key={row.id} chat={chat} row={row} onTakenBack={onTakenBack} />);
}

function PendingPrompt({ chat, row, onTakenBack }: { chat: string; row: Row; onTakenBack: GiveBack }) {
  const { id, text, files, manner, state, words, isHere, canHurry, canRetry, resume } = row;
  const takeBack = useMutation({
    mutationFn: async () => {
      if (!isHere) return takeBackFromServer({ id, chat, text, manner });
      return takeBackFromPhone(id, onTakenBack);
    },
  });
  const send = useMutation({
    mutationFn: async () => {
      if (isHere) await outbox.retry(id);
      else if (resume !== null) await admin.resumeChat(chat);
      else await admin.sendNow(chat, id);
    },
  });
  const isBusy = takeBack.isPending || send.isPending;
  const isBad = state === 'refused' || state === 'failed';
  const error = takeBack.error ?? send.error;
  return (
    <article
      className="message user pending"
      aria-label="Not sent yet"
      data-testid="pending-prompt"
      data-state={state}
    >
      {text !== '' && <p>{text}</p>}
      {files.length > 0 && <p className="pending-files">{filesInWords(files)}</p>}
      {error && <Failure what={takeBack.error ? 'Not taken back.' : 'Not done.'} error={error} />}
      <div className="pending-foot">
        <p className={isBad ? 'pending-state bad' : 'pending-state'} role="status">
          {words}
        </p>
        <div className="pending-buttons">
          {state !== 'sent' && state !== 'sending' && (
            <button type="button" className="button" disabled={isBusy} onClick={() => takeBack.mutate()}>
              Take back
            </button>
          )}
          {(canRetry || canHurry || resume !== null) && (
            <button type="button" className="button" disabled={isBusy} onClick={() => send.mutate()}>
              {resume ?? (canRetry ? 'Try again' : 'Send now')}
            </button>
          )}
        </div>
      </div>
    </article>
  );
}

/** `2 pictures`, or the name of the only file. */
function filesInWords(files: readonly FileName[]): string {
  const [first] = files;
  if (files.length === 1 && first) return `with ${first.filename}`;
  const arePictures = files.every(({ mime }) => mime.startsWith('image/'));
  return `with ${plural(files.length, arePictures ? 'picture' : 'file')}`;
}
