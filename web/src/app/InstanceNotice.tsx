/** The line its operator wants every reader to see (that this is a demo, for instance), and that the last backup failed. */
import { useQuery } from '@tanstack/react-query';
import { Link } from 'wouter';
import { queries } from '@/shared/api/queries';

export function InstanceNotice() {
  const { data } = useQuery(queries.instance());
  const reason = data?.backup?.reason;
  return (
    <>
      {data?.notice && <p className="instance-notice">{data.notice}</p>}
      {reason && (
        <div className="instance-bar bad" role="status">
          <span>the last backup failed</span>
          <Link href="/resources#backup">details</Link>
        </div>
      )}
    </>
  );
}

/** Which settings are absent, and what does not work without them; `saidElsewhere` is on the page already. */
export function MissingSettings({ saidElsewhere }: { saidElsewhere?: string }) {
  const { data } = useQuery(queries.instance());
  const missing = data?.missing.filter(({ name }) => name !== saidElsewhere);
  return missing?.map(({ name, detail }) => (
    <p key={name} className="notice warn">
      <span>
        {name} is not set. {detail}
      </span>
    </p>
  ));
}
