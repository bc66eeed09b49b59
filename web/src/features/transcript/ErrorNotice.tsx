/** What went wrong with a model: said in words, with what can be done about it in one tap. */
import { useMutation } from '@tanstack/react-query';
import { Link } from 'wouter';
import { type AssistantMessage, opencode } from '@/shared/api/opencode';
import { explain } from '@/shared/http';
import { type Explained, explainFailure, type Failure } from './errors';

type Model = Pick<AssistantMessage, 'sessionID' | 'providerID' | 'modelID'>;

export function AnswerError({
  error,
  message,
  directory,
}: {
  error: Failure;
  /** The answer that failed: it says what is to be compacted, and with which model. */
  message: Model;
  directory: string;
}) {
  if (error.name === 'MessageAbortedError') return <p className="notice">Stopped.</p>;
  const explained = explainFailure(error);
  return (
    <div className="notice bad explained" role="alert" data-testid="answer-error">
      <Words explained={explained} />
      {explained.remedy === 'providers' && (
        <Link href="/settings/providers" className="button">
          Providers
        </Link>
      )}
      {explained.remedy === 'compact' && <Compact message={message} directory={directory} />}
    </div>
  );
}

/** An attempt that failed, after which opencode tried again. */
export function RetryNotice({ attempt, error }: { attempt: number; error: Failure }) {
  return (
    <div className="notice warn">
      <Words explained={explainFailure(error)} before={`Attempt ${attempt} failed. `} />
    </div>
  );
}

export function Words({ explained, before = '' }: { explained: Explained; before?: string }) {
  const { what, advice, said } = explained;
  return (
    <span>
      {before}
      {what} {advice}
      {said !== null && <span className="said">{said}</span>}
    </span>
  );
}

/** Has the conversation summarised. What comes of it is told by the stream. */
function Compact({ message, directory }: { message: Model; directory: string }) {
  const { providerID, modelID, sessionID } = message;
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => opencode.compact(sessionID, directory, { providerID, modelID }),
  });
  return (
    <>
      {error && <span>Not compacted. {explain(error)}</span>}
      <button type="button" className="button" disabled={isPending} onClick={() => mutate()}>
        {isPending ? 'Compacting…' : 'Compact'}
      </button>
    </>
  );
}
