/** How many lines were added and deleted, in short. */
export function DiffCounts({ additions, deletions }: { additions: number; deletions: number }) {
  return (
    <span className="diff-counts">
      <span className="added">+{additions}</span> <span className="deleted">−{deletions}</span>
    </span>
  );
}
