/** `/settings/tools`: MCP servers, agents and commands. */
import { ToolsList } from '@/features/tools-list/ToolsList';
import { TopBar } from '@/shared/ui/TopBar';
import { BackButton } from '../BackButton';
import { useTitle } from '../useTitle';

export default function ToolsPage() {
  useTitle('Tools');
  return (
    <>
      <TopBar
        before={<BackButton href="/settings" label="Settings" />}
        title="Tools"
        sub="as opencode is configured"
      />
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls, with nothing in it that takes the focus. */}
      <main className="page-body" tabIndex={0}>
        <div className="page-content">
          <ToolsList />
        </div>
      </main>
    </>
  );
}
