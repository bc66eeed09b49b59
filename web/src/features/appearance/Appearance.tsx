/** Text size and theme of this device. */
import { useState } from 'react';
import { currentTextSize, setTextSize, type TextSize, textSizes } from '@/shared/look';
import { Icon } from '@/shared/ui/Icon';
import { Options } from '@/shared/ui/Options';
import { Tabs } from '@/shared/ui/Tabs';
import { LoadTheme } from './LoadTheme';
import { hasTwoSides, readTheme } from './opencodeTheme';
import { chooseMode, chooseTheme, type KeptTheme, removeTheme, useThemes } from './themes';

const builtIn = 'built-in';

export function Appearance() {
  return (
    <>
      <TextSizes />
      <h2 className="section-title">Theme</h2>
      <Themes />
      <LoadTheme />
    </>
  );
}

function TextSizes() {
  const [size, setSize] = useState(currentTextSize);
  const choose = (chosen: TextSize) => {
    setTextSize(chosen);
    setSize(chosen);
  };
  return (
    <>
      <h2 className="section-title">Text size</h2>
      <Tabs
        label="Text size"
        tabs={textSizes.map(({ name }) => ({ value: name, label: name }))}
        chosen={size}
        onChoose={choose}
      />
      <p className="pad">The agent changed 3 files and asks whether it may run the tests.</p>
    </>
  );
}

function Themes() {
  const { kept, chosen, mode } = useThemes();
  const theme = kept.find(({ name }) => name === chosen);
  return (
    <>
      <Options<string | null>
        label="Theme"
        chosen={theme ? `kept ${theme.name}` : builtIn}
        onChoose={chooseTheme}
        options={[
          { value: null, key: builtIn, label: 'Black', note: 'built in' },
          ...kept.map(({ name }) => ({
            value: name,
            key: `kept ${name}`,
            label: name,
            note: 'opencode theme',
          })),
        ]}
      />
      {theme && hasTwoSides(readTheme(theme.source)) && (
        <Tabs
          label="Side of the theme"
          tabs={[
            { value: 'dark', label: 'dark' },
            { value: 'light', label: 'light' },
          ]}
          chosen={mode}
          onChoose={chooseMode}
        />
      )}
      {theme && <Remove theme={theme} />}
    </>
  );
}

function Remove({ theme }: { theme: KeptTheme }) {
  return (
    <button type="button" className="row danger" onClick={() => removeTheme(theme.name)}>
      <Icon name="close" /> Remove {theme.name}
    </button>
  );
}
