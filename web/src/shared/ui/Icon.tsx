/** The few icons, drawn with lines of one width. */

const paths = {
  menu: 'M4 7h16M4 12h16M4 17h16',
  plus: 'M12 5v14M5 12h14',
  dots: 'M12 5.5v.01M12 12v.01M12 18.5v.01',
  send: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  up: 'M12 19V5M6 11l6-6 6 6',
  close: 'M6 6l12 12M18 6L6 18',
  back: 'M15 5l-7 7 7 7',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  picture: 'M4 6h16v13H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5v.01',
  chevron: 'M7 10l5 5 5-5',
  inbox: 'M4 13l3-8h10l3 8v6H4zM4 13h5l1.5 3h3l1.5-3h5',
} as const;

export type IconName = keyof typeof paths | 'stop';

export function Icon({ name, size = 22 }: { name: IconName; size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      {name === 'stop' ? (
        <rect x="6" y="6" width="12" height="12" fill="currentColor" />
      ) : (
        <path
          d={paths[name]}
          fill="none"
          stroke="currentColor"
          strokeWidth={name === 'dots' ? 3 : 2}
          strokeLinecap={name === 'dots' ? 'round' : 'square'}
        />
      )}
    </svg>
  );
}

export function IconButton({
  name,
  label,
  onClick,
  className = '',
}: {
  name: IconName;
  label: string;
  onClick: () => void;
  className?: string;
}) {
  return (
    <button type="button" className={`icon-button ${className}`} aria-label={label} onClick={onClick}>
      <Icon name={name} />
    </button>
  );
}
