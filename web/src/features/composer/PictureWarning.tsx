/** Says before sending that the chosen model cannot look at what is attached. */
import { useQuery } from '@tanstack/react-query';
import { queries } from '@/shared/api/queries';
import type { FileName } from '@/shared/files';
import { findModel } from './models';

export default function PictureWarning({
  files,
  model,
  directory,
}: {
  files: readonly FileName[];
  model: string | null;
  directory: string | undefined;
}) {
  const { data } = useQuery(queries.models(directory));
  const chosen = findModel(data ?? [], model);
  if (chosen === null) return null;
  const has = (start: string) => files.some(({ mime }) => mime.startsWith(start));
  const unseen = [
    ...(has('image/') && !chosen.images ? ['pictures'] : []),
    ...(has('application/pdf') && !chosen.pdfs ? ['PDFs'] : []),
  ];
  if (unseen.length === 0) return null;
  return (
    <p className="notice warn" role="status">
      {chosen.name} cannot read {unseen.join(' or ')}: choose another model, or remove them.
    </p>
  );
}
