/** Says that damage to a clone was found and repaired, until its notice is put away. */
import { useQuery } from '@tanstack/react-query';
import { Link, useLocation } from 'wouter';
import { upkeepQueries } from '@/shared/upkeep';

export default function RepairsBar() {
  const [path] = useLocation();
  const { data } = useQuery(upkeepQueries.repairs());
  const last = data?.[0];
  if (!last || path === '/resources') return null;
  const lost = data.some((repair) => repair.lost.length > 0);
  return (
    <div className="instance-bar" role="status" data-testid="repairs-bar">
      <span>
        {last.repo ?? 'opencode’s database'} was damaged and repaired{lost && '; something is lost'}
      </span>
      <Link href="/resources#repairs">details</Link>
    </div>
  );
}
