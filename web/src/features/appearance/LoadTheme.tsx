/** Loads one of opencode's theme files: from the device, or pasted. */
import { type FormEvent, useState } from 'react';
import { explain } from '@/shared/http';
import { FileButton } from '@/shared/ui/FileButton';
import { Sheet } from '@/shared/ui/Sheet';
import { addTheme } from './themes';

export function LoadTheme() {
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="pad">
      <button type="button" className="button wide" onClick={() => setOpen(true)}>
        Load an opencode theme
      </button>
      {isOpen && <LoadSheet onClose={() => setOpen(false)} />}
    </div>
  );
}

function LoadSheet({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState('');
  const [source, setSource] = useState('');
  const [error, setError] = useState<string | null>(null);

  function add(as: string, text: string): void {
    try {
      addTheme(as.trim() || 'my theme', text);
      onClose();
    } catch (thrown) {
      setError(explain(thrown));
    }
  }

  async function onFile(chosen: File): Promise<void> {
    add(chosen.name.replace(/\.json$/i, ''), await chosen.text());
  }

  function onSubmit(event: FormEvent): void {
    event.preventDefault();
    add(name, source);
  }

  return (
    <Sheet title="Load an opencode theme" onClose={onClose}>
      <form className="pad stack" onSubmit={onSubmit}>
        <p className="dim">
          A file as opencode has them in <code>~/.config/opencode/themes</code>. Colours that could not be
          read are made readable.
        </p>
        {error !== null && (
          <p className="notice bad" role="alert">
            {error}
          </p>
        )}
        <FileButton label="Theme file" accept=".json,application/json" onPick={onFile}>
          Choose a file
        </FileButton>
        <input
          className="search"
          aria-label="Name of the theme"
          placeholder="Name"
          value={name}
          maxLength={40}
          onChange={(event) => setName(event.target.value)}
        />
        <textarea
          className="search"
          aria-label="Theme as JSON"
          placeholder="… or paste it here"
          rows={5}
          spellCheck={false}
          value={source}
          onChange={(event) => setSource(event.target.value)}
        />
        <button type="submit" className="button primary wide" disabled={source.trim() === ''}>
          Load
        </button>
      </form>
    </Sheet>
  );
}
