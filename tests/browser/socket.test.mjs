// News reach an open page by one socket; where it fails, by asking as before.

import assert from 'node:assert/strict';
import {
  eventually,
  openFeed,
  person,
  playing,
  posted,
  recordClip,
  sharedBrowser,
  shownList,
  signUp,
  swipe,
  test,
  uploaded,
  visitor,
} from './lib.mjs';

const browser = sharedBrowser();

/** Less than the app asks by itself without a socket. */
const SOON_MS = 10_000;

/** The sockets that the page has opened, the open one last. */
function socketsOf(page) {
  const sockets = [];
  page.on('websocket', (socket) => sockets.push(socket));
  return sockets;
}

const connected = (sockets) => eventually(() => sockets.at(-1) && !sockets.at(-1).isClosed());

function asks(page, path) {
  const asked = [];
  page.on('request', (request) => new URL(request.url()).pathname === path && asked.push(request.url()));
  return asked;
}

const badge = (page, count) => page.locator('nav').getByText(`${count} unread`);

test('one socket tells the badge, with nothing asked, and it falls on every open page', async () => {
  const { context, page } = await visitor(browser);
  await signUp(page, 'told');
  const id = await uploaded(page, browser, { seconds: 1 }, 'like me');
  const sockets = socketsOf(page);
  await page.goto('/');
  await connected(sockets);
  const inbox = await context.newPage();
  const others = socketsOf(inbox);
  await inbox.goto('/settings');
  await connected(others);
  await badge(page, 1).waitFor({ state: 'attached' }); // that it was published
  const asked = asks(page, '/api/v1/me');
  const fan = await person('fan');
  await fan.call('PUT', `/videos/${id}/like`);
  await badge(page, 2).waitFor({ state: 'attached', timeout: SOON_MS });
  await badge(inbox, 2).waitFor({ state: 'attached', timeout: SOON_MS });
  assert.deepEqual(asked, [], 'the socket told it');
  await inbox.goto('/inbox');
  await inbox.locator('a.one').first().waitFor();
  await badge(page, 2).waitFor({ state: 'detached', timeout: SOON_MS });
  // One that was replaced takes a moment to be closed.
  await eventually(() => sockets.filter((socket) => !socket.isClosed()).length === 1);
  await context.close();
});

test('each step of her video reaches an open page', async () => {
  // Long enough that its steps are told one by one: of two at once only the later is.
  const clip = await recordClip(browser, { seconds: 5 });
  const { context, page } = await visitor(browser);
  await signUp(page, 'sender');
  const sockets = socketsOf(page);
  await page.goto('/settings');
  await connected(sockets);
  const frames = [];
  sockets.at(-1).on('framereceived', ({ payload }) => frames.push(JSON.parse(String(payload))));
  const id = await posted(page, clip, { caption: 'on its way' });
  const told = (state) => frames.some((news) => news.id === id && news.state === state);
  await eventually(() => told('processing') && told('published'), { timeoutMs: 60_000 });
  await context.close();
});

test('a clip that goes while it is held does not come up', async () => {
  const author = await visitor(browser);
  await signUp(author.page, 'fleeting');
  const id = await uploaded(author.page, browser, { seconds: 1 }, 'soon gone');
  const { context, page } = await visitor(browser);
  const sockets = socketsOf(page);
  await openFeed(page);
  await connected(sockets);
  const held = async () => (await shownList(page)).entries.some((one) => one.video_id === id);
  for (let swipes = 0; swipes < 40 && !(await held()); swipes++) await swipe(page);
  const list = await shownList(page);
  const ahead = list.entries.findIndex((one) => one.video_id === id) > list.index;
  await page.waitForTimeout(700); // what is on the screen is told to the server
  await author.page.evaluate(async (video) => {
    const csrf = /filoscope_csrf=([^;]*)/.exec(document.cookie)[1];
    await fetch(`/api/v1/videos/${video}`, {
      method: 'DELETE',
      headers: { 'X-Filoscope-Client': 'web', 'X-Filoscope-CSRF': decodeURIComponent(csrf) },
    });
  }, id);
  assert.ok(ahead, 'it waited behind the clip on the screen');
  await eventually(async () => !(await held()), { timeoutMs: SOON_MS });
  await playing(page);
  await context.close();
  await author.context.close();
});

for (const [name, without] of [
  ['where there are none', () => delete window.WebSocket],
  [
    'where they fail',
    () => {
      window.WebSocket = class {
        constructor() {
          setTimeout(() => this.onclose(), 10);
        }
        send() {}
        close() {}
      };
    },
  ],
]) {
  test(`the badge and an upload come without a socket (${name})`, async () => {
    const { context, page } = await visitor(browser);
    await page.addInitScript(without);
    await signUp(page, 'polling');
    const id = await uploaded(page, browser, { seconds: 1 }, 'like me');
    await page.goto('/');
    await badge(page, 1).waitFor({ state: 'attached' });
    const fan = await person('fan');
    await fan.call('PUT', `/videos/${id}/like`);
    await badge(page, 2).waitFor({ state: 'attached', timeout: 40_000 });
    await context.close();
  });
}
