// The app on the home screen: installable, opened without a network, dark before it is there, and
// never an answer of the interface from a cache.

import assert from 'node:assert/strict';
import {
  answered,
  DESKTOP,
  eventually,
  expects,
  NO_ANSWER,
  openFeed,
  PHONE,
  sharedBrowser,
  test,
  URL_BASE,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

/** The service worker controls the page and has its files. */
const ready = (page) =>
  page.evaluate(async () => {
    await navigator.serviceWorker.ready;
    if (!navigator.serviceWorker.controller) {
      await new Promise((resolve) => navigator.serviceWorker.addEventListener('controllerchange', resolve));
    }
  });

const cached = (page) =>
  page.evaluate(async () => {
    const paths = [];
    for (const name of await caches.keys()) {
      for (const { url } of await (await caches.open(name)).keys()) paths.push(new URL(url).pathname);
    }
    return paths;
  });

test('the manifest is complete and the browser would install it', async () => {
  const { context, page } = await visitor(browser);
  await openFeed(page);
  await ready(page);
  const cdp = await context.newCDPSession(page);
  const { errors, data } = await cdp.send('Page.getAppManifest');
  assert.deepEqual(errors, []);
  const manifest = JSON.parse(data);
  for (const size of ['192x192', '512x512']) {
    for (const purpose of ['any', 'maskable']) {
      const icon = manifest.icons.find((one) => one.sizes === size && one.purpose === purpose);
      const answer = await page.request.get(icon.src);
      assert.equal(answer.headers()['content-type'], 'image/png');
      const png = await answer.body();
      assert.equal(`${png.readUInt32BE(16)}x${png.readUInt32BE(20)}`, size, icon.src);
    }
  }
  // A browser of the tests keeps nothing ("in-incognito"): it would not install anything.
  const { installabilityErrors } = await cdp.send('Page.getInstallabilityErrors');
  assert.deepEqual(
    installabilityErrors.map((one) => one.errorId).filter((id) => id !== 'in-incognito'),
    [],
  );
  const icon = await page.request.get('/favicon.ico');
  assert.equal(icon.headers()['content-type'], 'image/x-icon');
  await context.close();
});

test('offline, a reload and a new page show the app and say so', async () => {
  const { context, page, errors } = await visitor(browser);
  expects(page, NO_ANSWER);
  await openFeed(page);
  await ready(page);
  await context.setOffline(true);
  await page.reload();
  await page.getByText('The server cannot be reached').waitFor();
  // Chromium does not always know it after a reload; then the app finds out by asking.
  await page
    .getByRole('status')
    .filter({ hasText: /You are offline|No connection/ })
    .waitFor();
  await page.goto('/settings');
  await page.getByRole('heading', { name: 'Your feed' }).waitFor();
  assert.equal(await page.title(), 'Settings · Filoscope');
  await context.setOffline(false);
  await openFeed(page);
  assert.deepEqual(errors, []);
  await context.close();
});

test('no answer of the interface and no media is ever kept or given from a cache', async () => {
  const { context, page } = await visitor(browser);
  expects(page, NO_ANSWER);
  await openFeed(page);
  await ready(page);
  await page.reload();
  const fromWorker = [];
  page.on('response', (response) => {
    const { pathname } = new URL(response.url());
    if (/^\/(api|media)\//.test(pathname) && response.fromServiceWorker()) fromWorker.push(pathname);
  });
  await openFeed(page);
  await page.goto('/search?q=trains');
  await page.locator('main a[href^="/v/"]').first().waitFor();
  assert.deepEqual(fromWorker, []);
  const paths = await cached(page);
  assert.ok(paths.includes('/index.html') && paths.some((path) => path.endsWith('.js')));
  assert.deepEqual(
    paths.filter((path) => !/^\/(assets\/|index\.html|icon|manifest)/.test(path)),
    [],
  );
  await context.setOffline(true);
  const answer = await page.evaluate(() =>
    fetch('/api/v1/feed').then(
      () => 'an answer',
      () => 'none',
    ),
  );
  assert.equal(answer, 'none');
  await context.close();
});

test('a new version takes over, and the files of the one before go', async () => {
  const { context, page } = await visitor(browser);
  expects(page, NO_ANSWER);
  await openFeed(page);
  await ready(page);
  // What a version before this one has left behind.
  await page.evaluate(async () => {
    const old = await caches.open('shell-0000000000000000');
    await old.put(
      '/index.html',
      new Response('<title>old</title>', { headers: { 'Content-Type': 'text/html' } }),
    );
    const other = await caches.open('not-ours');
    await other.put('/x', new Response('x'));
    const registration = await navigator.serviceWorker.ready;
    await registration.unregister();
  });
  await page.reload();
  await ready(page);
  await eventually(
    async () => !(await page.evaluate(() => caches.keys())).includes('shell-0000000000000000'),
  );
  assert.ok((await page.evaluate(() => caches.keys())).includes('not-ours'));
  await context.setOffline(true);
  await page.reload();
  assert.equal(await page.title(), 'Filoscope');
  await context.close();
});

for (const [theme, path, ground] of [
  ['dark', '/settings', 'rgb(0, 0, 0)'],
  ['light', '/settings', 'rgb(255, 255, 255)'],
  ['light', '/', 'rgb(0, 0, 0)'],
]) {
  test(`before the app is there, ${path} is ${ground} in the ${theme} theme`, async () => {
    // The device wants the other one: what was chosen counts.
    const colorScheme = theme === 'dark' ? 'light' : 'dark';
    const { context, page } = await visitor(browser, { ...PHONE, colorScheme });
    await page.addInitScript((chosen) => localStorage.setItem('fs.theme', chosen), theme);
    let open;
    const held = new Promise((resolve) => (open = resolve));
    await page.route('**/assets/*.js', async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(path, { waitUntil: 'commit' });
    const grounds = () =>
      page.evaluate(() =>
        [document.documentElement, document.body].map((one) => one && getComputedStyle(one).backgroundColor),
      );
    await eventually(async () => (await grounds())[1]);
    await eventually(() => page.evaluate(() => document.styleSheets.length >= 2));
    assert.deepEqual(await grounds(), [ground, ground]);
    open();
    await page.locator('nav').first().waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.boot), undefined);
    await context.close();
  });
}

test('every page has its title, from the server and in the app', async () => {
  const { context, page } = await visitor(browser, DESKTOP);
  expects(page, answered(404));
  const titles = {
    '/search': 'Search',
    '/inbox': 'Inbox',
    '/me': 'Me',
    '/settings': 'Settings',
    '/upload': 'Upload',
  };
  for (const [path, title] of Object.entries(titles)) {
    const sent = await (await fetch(URL_BASE + path)).text();
    assert.match(sent, new RegExp(`<title>${title} · Filoscope</title>`), path);
    await page.goto(path);
    await eventually(async () => (await page.title()) === `${title} · Filoscope`);
  }
  await page.goto('/');
  await eventually(async () => (await page.title()) === 'Filoscope');
  await page.goto('/search?q=trains');
  const tile = page.locator('main a[href^="/v/"]').first();
  await tile.waitFor();
  assert.equal(await page.title(), 'trains · Search · Filoscope');
  await tile.click();
  await eventually(async () =>
    /^Clip \d+ about trains #trains · Trains maker · Filoscope$/.test(await page.title()),
  );
  await page.goto('/@maker.trains');
  await eventually(async () => (await page.title()) === 'Trains maker (@maker.trains) · Filoscope');
  await page.goto('/tag/trains');
  await eventually(async () => (await page.title()) === '#trains · Filoscope');
  const answer = await page.goto('/no/such/page');
  assert.equal(answer.status(), 404);
  await page.getByText('There is no page here').first().waitFor();
  await eventually(async () => (await page.title()) === 'There is no page here · Filoscope');
  await context.close();
});

test('where the address cannot be installed from, the settings say why', async () => {
  const { context, page } = await visitor(browser);
  await page.goto('/settings');
  await page.getByText('Opens from your home screen').waitFor();
  await page.addInitScript(() => Object.defineProperty(window, 'isSecureContext', { value: false }));
  await page.reload();
  await page.getByText('over HTTPS only').waitFor();
  await context.close();
});
