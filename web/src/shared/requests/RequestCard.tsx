/** Something that waits for an answer, as a card to answer it with: in its chat and in the inbox alike. */
import type { PendingRequest } from '@/shared/api/relay';
import { Shown } from '@/shared/ui/Shown';
import { PermissionCard } from './PermissionCard';
import { QuestionCard } from './QuestionCard';
import { useAsker } from './useAsker';
import './requests.css';

export default function RequestCard({ request }: { request: PendingRequest }) {
  const asker = useAsker(request);
  return (
    <Shown of={request} what="request">
      {request.kind === 'permission' ? (
        <PermissionCard request={request} asker={asker} />
      ) : (
        <QuestionCard request={request} asker={asker} />
      )}
    </Shown>
  );
}
