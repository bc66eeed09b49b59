/** A chat that was deleted, perhaps elsewhere: what was typed in it and not sent is still here, and can go on. */
import { useEffect, useState } from 'react';
import { Link, useLocation } from 'wouter';
import Attachments from '@/features/composer/Attachments';
import { detach, readAttachments, useAttachments } from '@/features/composer/attachments';
import { addToDraft, setDraft, useDraft } from '@/features/composer/draft';
import { copyText } from '@/shared/clipboard';
import { remember } from '@/shared/storage';
import './gone-chat.css';

export default function GoneChat({ id }: { id: string }) {
  const text = useDraft(id);
  const files = useAttachments(id);
  useEffect(() => {
    remember('chat', null);
    void readAttachments();
  }, []);
  return (
    <>
      <p>This chat is not here any more.</p>
      {text.trim() !== '' || files.length > 0 ? (
        <Unsent id={id} text={text} files={files} />
      ) : (
        <Link href="/" className="button">
          Go on elsewhere
        </Link>
      )}
    </>
  );
}

interface UnsentProps {
  id: string;
  text: string;
  files: ReturnType<typeof useAttachments>;
}

function Unsent({ id, text, files }: UnsentProps) {
  const [, navigate] = useLocation();
  const [copied, setCopied] = useState('Copy');
  async function discard(): Promise<void> {
    setDraft(id, '');
    await detach(
      id,
      files.map((file) => file.id),
    );
  }
  async function goOn(): Promise<void> {
    // First where it is to be, then away from here: the page may end at any moment.
    await addToDraft('new', text, files);
    await discard();
    navigate('/new');
  }
  return (
    <section className="stack" aria-label="Not sent" data-testid="lost-draft">
      <p className="dim">What was typed in it and not sent:</p>
      {text !== '' && <pre className="lost-draft">{text}</pre>}
      {files.length > 0 && <Attachments files={files} reading={0} />}
      <button type="button" className="button primary wide" onClick={() => void goOn()}>
        New chat with this
      </button>
      {text !== '' && (
        <button
          type="button"
          className="button wide"
          onClick={async () => setCopied((await copyText(text)) ? 'Copied' : 'Not copied: select the text')}
        >
          {copied}
        </button>
      )}
      <button type="button" className="button danger wide" onClick={() => void discard()}>
        Discard
      </button>
    </section>
  );
}
