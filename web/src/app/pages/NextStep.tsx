/** What comes next on the way from a chat's changes to a pull request. */
import { useQuery } from '@tanstack/react-query';
import { useLocation } from 'wouter';
import { choiceWasSent } from '@/features/composer/choices';
import { useEvents } from '@/features/events/store';
import { plain, sendPrompt } from '@/features/outbox/store';
import { ShippingBar } from '@/features/shipping/ShippingBar';
import { queries } from '@/shared/api/queries';
import PullRequest from './PullRequest';
import { useChatChoices } from './useChatChoices';

export default function NextStep({ chat }: { chat: string }) {
  const [, navigate] = useLocation();
  const view = useEvents((state) => state.chats[chat]);
  const repo = view?.repo ?? null;
  const { data: stat } = useQuery(queries.gitStat(chat));
  const { told } = useChatChoices(chat, repo);
  async function handOver(prompt: string): Promise<void> {
    await sendPrompt(chat, plain(prompt), told);
    choiceWasSent(chat, told);
    navigate(`/chat/${chat}`);
  }
  return (
    <ShippingBar chat={chat} onHandOver={handOver}>
      {view && stat && <PullRequest chat={view} stat={stat} />}
    </ShippingBar>
  );
}
