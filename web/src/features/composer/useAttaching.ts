/** Attaching files to a draft: reading what was picked, pasted or dropped, and saying what cannot be sent. */
import { useEffect, useState } from 'react';
import type { FileContent } from '@/shared/files';
import { explain } from '@/shared/http';
import { attach, attachmentsOf, readAttachments, refusal, useAttachments } from './attachments';

export interface Attaching {
  files: ReturnType<typeof useAttachments>;
  /** How many are being read. */
  reading: number;
  /** Why something was not attached. */
  problem: string | null;
  add: (files: readonly File[]) => Promise<void>;
  clearProblem: () => void;
}

export function useAttaching(draft: string): Attaching {
  const files = useAttachments(draft);
  const [reading, setReading] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);

  useEffect(() => {
    void readAttachments();
  }, []);

  async function add(picked: readonly File[]): Promise<void> {
    setProblem(null);
    setReading((count) => count + picked.length);
    for (const file of picked) {
      try {
        const { readFile } = await import('./pictures/read');
        await addOne(draft, await readFile(file));
      } catch (error) {
        setProblem(explain(error));
      } finally {
        setReading((count) => count - 1);
      }
    }
  }

  return { files, reading, problem, add, clearProblem: () => setProblem(null) };
}

async function addOne(draft: string, file: FileContent): Promise<void> {
  const reason = refusal(attachmentsOf(draft), [file]);
  if (reason !== null) throw new Error(`${file.filename} is not attached: ${reason}`);
  await attach(draft, [file]);
}
