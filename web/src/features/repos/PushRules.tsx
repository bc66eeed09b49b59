/** What agents may push besides the branches of their own chats. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { admin, type PushRules as Rules } from '@/shared/api/admin';
import { queries } from '@/shared/api/queries';
import { Failure, Loading } from '@/shared/ui/Notice';
import { Switch } from '@/shared/ui/Switch';

export function PushRules({ repo }: { repo: string }) {
  const queryClient = useQueryClient();
  const { queryKey, ...asking } = queries.pushRules(repo);
  const { data: rules, error, refetch } = useQuery({ queryKey, ...asking });
  const cloned = useQuery(queries.repos());
  const main = cloned.data?.find(({ name }) => name === repo)?.default_branch ?? null;
  const change = useMutation({
    mutationFn: (changed: Rules) => admin.changePushRules(repo, changed),
    onSuccess: (_, changed) => queryClient.setQueryData(queryKey, changed),
  });
  const without = (branch: string) => rules?.branches.filter((other) => other !== branch) ?? [];
  return (
    <section aria-label="Pushing">
      <h2 className="section-title">what agents may push</h2>
      <p className="pad dim">
        Always: the branch of their own chat. Besides that nothing, unless you allow it here, for all chats of
        this repository.
      </p>
      {error && <Failure what="The rules could not be loaded." error={error} onRetry={() => refetch()} />}
      {!rules && !error && <Loading what="loading the rules" />}
      {/* Without it there is no switch for the default branch, which must not look like a rule. */}
      {cloned.error && (
        <Failure
          what="The default branch could not be loaded."
          error={cloned.error}
          onRetry={() => cloned.refetch()}
        />
      )}
      {rules && cloned.isPending && <Loading what="loading the default branch" />}
      {change.error && <Failure what="Not changed." error={change.error} />}
      {rules && (
        <>
          {[...(main === null ? [] : [main]), ...without(main ?? '')].map((branch) => (
            <Switch
              key={branch}
              label={`Push to ${branch}`}
              note={`${branch === main ? 'the default branch: ' : ''}new commits; nothing in it can be rewritten or deleted`}
              checked={rules.branches.includes(branch)}
              disabled={change.isPending}
              onChange={(allowed) =>
                change.mutate({ ...rules, branches: [...without(branch), ...(allowed ? [branch] : [])] })
              }
            />
          ))}
          <Switch
            label="Push tags"
            note="new tags; those that are there stay as they are"
            checked={rules.tags}
            disabled={change.isPending}
            onChange={(tags) => change.mutate({ ...rules, tags })}
          />
        </>
      )}
    </section>
  );
}
