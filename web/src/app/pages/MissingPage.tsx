import { Link } from 'wouter';
import { TopBar } from '@/shared/ui/TopBar';
import { MenuButton } from '../shell-context';

export default function MissingPage() {
  return (
    <>
      <TopBar before={<MenuButton />} title="Nothing here" />
      <main className="pad stack">
        <p>There is no page at this address.</p>
        <Link href="/" className="button">
          Go to the chats
        </Link>
      </main>
    </>
  );
}
