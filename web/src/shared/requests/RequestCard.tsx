/** Something that waits for an answer, as a card to answer it with: in its chat and in the inbox alike. */
import type { PendingRequest } from '@/shared/api/relay';
import { PermissionCard } from './PermissionCard';
import { QuestionCard } from './QuestionCard';
import { useAsker } from './useAsker';
import './requests.css';

export default function RequestCard({ request }: { request: PendingRequest }) {
  const asker = useAsker(request);
  return request.kind === 'permission' ? (
    <PermissionCard request={request} asker={asker} />
  ) : (
    <QuestionCard request={request} asker={asker} />
  );
}
