/** The address in the links of what is sent: the one that this page has, unless told otherwise. */
import { useEffect, useState } from 'react';
import { Failure } from '@/shared/ui/Notice';
import { Field } from './Field';
import { SaveForm } from './SaveForm';
import { useChange } from './settings';

export function PublicAddress({ saved }: { saved: string | null }) {
  const { mutate, error } = useChange();
  useEffect(() => {
    if (saved === null) mutate({ public_url: location.origin });
  }, [saved, mutate]);
  return (
    <section aria-label="Address in links">
      <h2 className="section-title">address in links</h2>
      {error && <Failure what="The address could not be saved." error={error} />}
      <AddressForm key={saved} saved={saved ?? location.origin} />
    </section>
  );
}

function AddressForm({ saved }: { saved: string }) {
  const [typed, setTyped] = useState(saved);
  return (
    <SaveForm
      label="Address in links"
      change={() => ({ public_url: typed.trim() })}
      canSave={typed.trim() !== saved && typed.trim() !== ''}
    >
      <Field
        label="Where you open ocweb on your phone"
        type="url"
        value={typed}
        note={saved === location.origin ? undefined : `This page is open at ${location.origin}.`}
        onChange={setTyped}
      />
    </SaveForm>
  );
}
