import './fonts.css';
import './app.css';
import { mount, tick } from 'svelte';
import App from './App.svelte';
import { api } from './lib/api';
import { keepComposingKeys } from './lib/composing';
import { startOutbox } from './lib/events';
import { appHistory } from './lib/history';
import { setHttpHooks } from './lib/http';
import { i18n, t } from './lib/i18n.svelte';
import { install, reloadWhenReplaced } from './lib/install.svelte';
import { net } from './lib/net.svelte';
import { router } from './lib/router.svelte';
import { session } from './lib/session.svelte';
import { settings } from './lib/settings.svelte';
import { sheets } from './lib/sheets.svelte';
import { dropEarly } from './player/early';
import { exposeMetrics } from './player/metrics';

keepComposingKeys();
settings.applyTheme();
net.start(api.status);
router.start();
appHistory.start([() => router.read(), (entry, came) => sheets.read(entry, came)]);
setHttpHooks({
  before: (path) => session.before(path),
  onUnauthenticated: () => session.expired(),
  onReachable: (reachable) => net.reached(reachable),
  offlineText: () => t('error_offline'),
  brokenText: () => t('error_server'),
  problemText: (problem) => i18n.problem(problem),
});
exposeMetrics();
install.start();
reloadWhenReplaced();
void session.load().then(startOutbox);
await i18n.start();

const target = document.getElementById('app');
if (target) mount(App, { target });
void tick().then(dropEarly);
delete document.documentElement.dataset['boot'];
