/** Bars that are rarely there, so that the page's start does not carry them. */
import SavedBar from '@/features/saved/SavedBar';
import { useRefused } from '@/shared/keeping';
import StorageBar from './StorageBar';

export default function RareBars() {
  const isRefused = useRefused(({ keys }) => keys.length > 0);
  return (
    <>
      {isRefused && <StorageBar />}
      <SavedBar />
    </>
  );
}
