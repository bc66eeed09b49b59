/** The item of a chat's menu that mutes it. */
import { explain } from '@/shared/http';
import { useChatMute } from './useChatMute';

export default function MuteItem({ chat }: { chat: string }) {
  const { isMuted, mute, error, isPending } = useChatMute(chat);
  return (
    <button
      type="button"
      role="menuitem"
      className="row"
      disabled={isPending || isMuted === undefined}
      onClick={() => mute(!isMuted)}
    >
      <span className="grow">
        {isMuted ? 'Unmute notifications' : 'Mute notifications'}
        {error && (
          <span className="sub block-line deleted" role="alert">
            {explain(error)}
          </span>
        )}
      </span>
    </button>
  );
}
