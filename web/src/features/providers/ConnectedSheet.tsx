/** A provider that is connected: where that comes from, and ending it where it can be ended here. */
import { useState } from 'react';
import { opencode } from '@/shared/api/opencode';
import type { CatalogueProvider } from '@/shared/api/relay';
import { Failure } from '@/shared/ui/Notice';
import { Sheet } from '@/shared/ui/Sheet';
import { ConnectSheet } from './ConnectSheet';
import { originWords } from './connecting';
import { useRenewal } from './useRenewal';

export interface ConnectedSheetProps {
  provider: CatalogueProvider;
  onClose: () => void;
  /** With how many chats take it up later. */
  onReplaced: (waiting: number) => void;
  onDisconnected: (waiting: number) => void;
}

export function ConnectedSheet({ provider, onClose, onReplaced, onDisconnected }: ConnectedSheetProps) {
  const [isReplacing, setReplacing] = useState(false);
  const disconnect = useRenewal(() => opencode.forgetProvider(provider.id));
  const { origin } = provider;
  const isOurs = origin === 'key' || origin === 'other';
  if (isReplacing) return <ConnectSheet provider={provider} onClose={onClose} onDone={onReplaced} />;
  return (
    <Sheet title={provider.name} onClose={onClose}>
      <div className="pad stack">
        <p>Connected {originWords(provider)}.</p>
        {disconnect.error && <Failure what="Not disconnected." error={disconnect.error} />}
        {isOurs && (
          <>
            <button type="button" className="button wide" onClick={() => setReplacing(true)}>
              Connect in another way
            </button>
            <button
              type="button"
              className="button danger wide"
              disabled={disconnect.isPending}
              onClick={() => disconnect.mutate(undefined, { onSuccess: onDisconnected })}
            >
              {disconnect.isPending ? 'Disconnecting…' : 'Disconnect'}
            </button>
          </>
        )}
      </div>
    </Sheet>
  );
}
