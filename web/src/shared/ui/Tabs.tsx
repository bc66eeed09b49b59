/** One of a few ways to see the same thing, all of them in sight. */
import './tabs.css';

export interface Tab<T extends string> {
  value: T;
  label: string;
}

export interface TabsProps<T extends string> {
  /** What is chosen here. */
  label: string;
  tabs: readonly Tab<T>[];
  chosen: T;
  onChoose: (value: T) => void;
}

export function Tabs<T extends string>({ label, tabs, chosen, onChoose }: TabsProps<T>) {
  return (
    <fieldset className="tabs" aria-label={label}>
      {tabs.map(({ value, label: text }) => (
        <button key={value} type="button" aria-pressed={value === chosen} onClick={() => onChoose(value)}>
          {text}
        </button>
      ))}
    </fieldset>
  );
}
