/** A new chat from an issue or a pull request: repository, branch and the first words are taken from it; nothing is sent. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { addToDraft, draftText, setDraft } from '@/features/composer/draft';
import { topicPrompt } from '@/features/pull-request/prompts';
import { githubQueries, type Topic } from '@/shared/api/github';
import { Failure, Loading } from '@/shared/ui/Notice';

interface Props {
  address: string;
  /** Whether it was asked for by the page's own address, and not typed. */
  isAsked: boolean;
  onBegin: (repo: string, base: string | null) => void;
}

export default function FromTopic({ address, isAsked, onBegin }: Props) {
  const { data: topic, error, refetch } = useQuery(githubQueries.topic(address));
  const isTaken = useRef(false);
  function begin({ repo, pull_request }: Topic, prompt: string) {
    if (isTaken.current) return;
    isTaken.current = true;
    if (draftText('new').trim() === address.trim()) setDraft('new', prompt);
    else void addToDraft('new', prompt);
    onBegin(repo, pull_request?.begin_at ?? null);
  }
  useEffect(() => {
    if (isAsked && topic) begin(topic, topicPrompt(topic));
  });
  if (error) return <Failure what="" error={error} onRetry={() => void refetch()} />;
  if (!topic) return <Loading what="asking GitHub about it" />;
  const what = topic.pull_request === null ? 'Issue' : 'Pull request';
  return (
    <div className="from-topic" data-testid="from-topic">
      <span className="grow">
        {what} #{topic.number} of {topic.repo}
        <span className="dim block-line">{topic.title}</span>
      </span>
      <button type="button" className="button" onClick={() => begin(topic, topicPrompt(topic))}>
        Begin from it
      </button>
    </div>
  );
}
