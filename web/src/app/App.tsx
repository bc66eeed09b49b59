/** The page's parts, put together: server data, the event stream, the frame and the routes. */
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useEffect } from 'react';
import { type BaseLocationHook, Route, Router, Switch } from 'wouter';
import { usePathname } from 'wouter/use-browser-location';
import { giveBack } from '@/features/composer/giveBack';
import { startRemembering } from '@/features/events/remembering';
import { listen, startSync } from '@/features/events/sync';
import { startOutbox } from '@/features/outbox/store';
import { RequestError } from '@/shared/http';
import { Loading } from '@/shared/ui/Notice';
import { goTo } from '@/shared/ui/useOverlay';
import { FrameBoundary, PageBoundary } from './Broken';
import { keepPageHere } from './keepPageHere';
import { ChatPage } from './pages/ChatPage';
import { HomePage } from './pages/HomePage';
import { NewChatPage } from './pages/NewChatPage';
import { Shell } from './Shell';

const ReposPage = lazy(() => import('./pages/ReposPage'));
const ResourcesPage = lazy(() => import('./pages/ResourcesPage'));
const DevicesPage = lazy(() => import('./pages/DevicesPage'));
const DiffPage = lazy(() => import('./pages/DiffPage'));
const LogPage = lazy(() => import('./pages/LogPage'));
const TerminalPage = lazy(() => import('./pages/TerminalPage'));
const FilesPage = lazy(() => import('./pages/FilesPage'));
const InboxPage = lazy(() => import('./pages/InboxPage'));
const NotificationsPage = lazy(() => import('./pages/NotificationsPage'));
const SettingsPage = lazy(() => import('./pages/SettingsPage'));
const AppearancePage = lazy(() => import('./pages/AppearancePage'));
const ProvidersPage = lazy(() => import('./pages/ProvidersPage'));
const ModelsPage = lazy(() => import('./pages/ModelsPage'));
const PermissionsPage = lazy(() => import('./pages/PermissionsPage'));
const CommitsPage = lazy(() => import('./pages/CommitsPage'));
const ToolsPage = lazy(() => import('./pages/ToolsPage'));
const DebugPage = lazy(() => import('./pages/DebugPage'));
const MissingPage = lazy(() => import('./pages/MissingPage'));

const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // A part that restarts is back soon; what the server refused it will refuse again.
      retry: (failures, error) =>
        failures < 1 && error instanceof RequestError && (error.status === 0 || error.status >= 500),
      retryDelay: 600,
      // Whether there is a network is for the server's answer to say.
      networkMode: 'always',
    },
    mutations: { networkMode: 'always' },
  },
});

/** Navigating knows of what lies over the page. */
const useAddress: BaseLocationHook = (options) => [usePathname(options), goTo];

/** Asks again for what was cut off in the middle of its answer; a moment later, as it must be seen to have failed. */
function refetchFailed(): void {
  void queryClient.refetchQueries({ predicate: ({ state }) => state.status === 'error' });
}

export function App() {
  useEffect(startSync, []);
  useEffect(startRemembering, []);
  useEffect(keepPageHere, []);
  useEffect(() => startOutbox(giveBack), []);
  useEffect(
    () =>
      listen({
        onReconnect: () => setTimeout(refetchFailed, 100),
        onSnapshot: () => void queryClient.invalidateQueries(),
      }),
    [],
  );
  return (
    <FrameBoundary>
      <QueryClientProvider client={queryClient}>
        <Router hook={useAddress}>
          <Shell>
            <PageBoundary>
              <Suspense fallback={<Loading what="loading" />}>
                <Switch>
                  <Route path="/" component={HomePage} />
                  <Route path="/new" component={NewChatPage} />
                  <Route path="/chat/:id">{({ id }) => <ChatPage key={id} id={id} />}</Route>
                  <Route path="/chat/:id/diff">{({ id }) => <DiffPage key={id} id={id} />}</Route>
                  <Route path="/chat/:id/log">{({ id }) => <LogPage key={id} id={id} />}</Route>
                  <Route path="/chat/:id/terminal">{({ id }) => <TerminalPage key={id} id={id} />}</Route>
                  <Route path="/chat/:id/files">{({ id }) => <FilesPage key={id} id={id} />}</Route>
                  <Route path="/inbox" component={InboxPage} />
                  <Route path="/notifications" component={NotificationsPage} />
                  <Route path="/repos" component={ReposPage} />
                  <Route path="/resources" component={ResourcesPage} />
                  <Route path="/devices" component={DevicesPage} />
                  <Route path="/settings" component={SettingsPage} />
                  <Route path="/settings/appearance" component={AppearancePage} />
                  <Route path="/settings/providers" component={ProvidersPage} />
                  <Route path="/settings/models" component={ModelsPage} />
                  <Route path="/settings/permissions" component={PermissionsPage} />
                  <Route path="/settings/tools" component={ToolsPage} />
                  <Route path="/settings/commits" component={CommitsPage} />
                  <Route path="/debug" component={DebugPage} />
                  <Route component={MissingPage} />
                </Switch>
              </Suspense>
            </PageBoundary>
          </Shell>
        </Router>
      </QueryClientProvider>
    </FrameBoundary>
  );
}
