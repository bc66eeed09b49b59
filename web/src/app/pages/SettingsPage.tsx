/** `/settings`: everything that can be set, in one searchable column. */
import { useState } from 'react';
import { Link } from 'wouter';
import { SearchField } from '@/shared/ui/SearchField';
import { TopBar } from '@/shared/ui/TopBar';
import { findRows, settingsRows } from '../settingsRows';
import { MenuButton } from '../shell-context';
import { useTitle } from '../useTitle';

export default function SettingsPage() {
  useTitle('Settings');
  const [query, setQuery] = useState('');
  const rows = findRows(settingsRows, query);
  return (
    <>
      <TopBar before={<MenuButton />} title="Settings" />
      <main className="page-body">
        <div className="page-content">
          <div className="pad">
            <SearchField label="Search settings" value={query} onChange={setQuery} />
          </div>
          <nav aria-label="Settings">
            {rows.map(({ title, href, note }) => (
              <Link key={href} href={href} className="row setting" data-testid="settings-row">
                <span>{title}</span>
                <span className="sub">{note}</span>
              </Link>
            ))}
            {rows.length === 0 && <p className="dim pad">Nothing is called that.</p>}
          </nav>
        </div>
      </main>
    </>
  );
}
