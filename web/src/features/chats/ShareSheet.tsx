/** Publishes a chat on opencode's own server, and takes it back. Says beforehand what that means. */
import { useMutation } from '@tanstack/react-query';
import { opencode } from '@/shared/api/opencode';
import type { ChatView } from '@/shared/api/relay';
import { explain, RequestError } from '@/shared/http';
import { CopyButton } from '@/shared/ui/CopyButton';
import { Sheet } from '@/shared/ui/Sheet';

export function ShareSheet({ chat, onClose }: { chat: ChatView; onClose: () => void }) {
  const { id, share_url } = chat;
  const directory = chat.directory ?? '';
  // Whether it is shared is for the stream to say, here and everywhere.
  const share = useMutation({ mutationFn: () => opencode.share(id, directory) });
  const stop = useMutation({ mutationFn: () => opencode.unshare(id, directory) });
  return (
    <Sheet title={share_url === null ? 'Share this chat?' : 'This chat is shared'} onClose={onClose}>
      <div className="pad stack">
        {share_url === null ? (
          <>
            <p>
              opencode publishes the whole conversation on its own server (opncd.ai, unless its settings name
              another): what was said, the code and the output of commands in it, and all that follows until
              you stop.
            </p>
            <p className="dim">Whoever has the link can read it.</p>
            {share.error && <NotDone what="Not shared." error={share.error} />}
            <button
              type="button"
              className="button primary wide"
              disabled={share.isPending}
              onClick={() => share.mutate()}
            >
              {share.isPending ? 'Sharing…' : 'Share'}
            </button>
          </>
        ) : (
          <>
            <p className="share-link">
              <a href={share_url} target="_blank" rel="noreferrer">
                {share_url}
              </a>
              <CopyButton text={share_url} label="Copy the link" />
            </p>
            <p className="dim">Whoever has the link can read it, and all that follows.</p>
            {stop.error && <NotDone what="Still shared." error={stop.error} />}
            <button
              type="button"
              className="button danger wide"
              disabled={stop.isPending}
              onClick={() => stop.mutate()}
            >
              {stop.isPending ? 'Stopping…' : 'Stop sharing'}
            </button>
          </>
        )}
      </div>
    </Sheet>
  );
}

/** opencode tells every failure of its share server by its number alone. */
function NotDone({ what, error }: { what: string; error: Error }) {
  const isItsServer = error instanceof RequestError && error.status === 500;
  return (
    <p className="notice bad" role="alert">
      {what}{' '}
      {isItsServer
        ? 'opencode could not reach its share server, or sharing is turned off in its settings.'
        : explain(error)}
    </p>
  );
}
