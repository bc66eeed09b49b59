/** At the top left of a page that belongs to another one. */
import { useLocation } from 'wouter';
import { IconButton } from '@/shared/ui/Icon';

export function BackButton({ href, label }: { href: string; label: string }) {
  const [, navigate] = useLocation();
  return <IconButton name="back" label={`Back to ${label}`} onClick={() => navigate(href)} />;
}
