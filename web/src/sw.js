// The app's shell for times without a network. Pages come from the network first, so a new version
// is never kept from anyone; hashed files from the cache. The interface (/api/) and media are left
// alone: no answer of theirs is ever kept. The build fills in the list and its hash.

const FILES = __FILES__;
const CACHE = 'shell-__VERSION__';
const SHELL = '/index.html';
/** A network that does not answer by then is none. */
const PAGE_MS_MAX = 5000;

async function fill() {
  const cache = await caches.open(CACHE);
  for (const file of FILES) {
    // Files under /assets/ never change: the version before may have them.
    const known = file.startsWith('/assets/') && (await caches.match(file));
    const response = known || (await fetch(file, { cache: 'no-cache' }));
    if (!response.ok) throw new Error(`${file}: ${response.status}`);
    await cache.put(file, response);
  }
}

async function takeOver() {
  for (const name of await caches.keys()) {
    if (name.startsWith('shell-') && name !== CACHE) await caches.delete(name);
  }
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

async function page(event) {
  const late = new Promise((_, fail) => setTimeout(() => fail(new Error('late')), PAGE_MS_MAX));
  try {
    const network = async () => (await event.preloadResponse) || fetch(event.request);
    return await Promise.race([network(), late]);
  } catch {
    return (await caches.match(SHELL, { cacheName: CACHE })) ?? Response.error();
  }
}

async function asset(request, path) {
  return (await caches.match(path, { cacheName: CACHE })) ?? fetch(request);
}

/** Files that answer for themselves have a dot in the last part; pages have none, but for handles. */
const isPage = (path) =>
  !/^\/(api|media|metrics|healthz|readyz)(\/|$)/.test(path) &&
  (path.startsWith('/@') || !path.slice(path.lastIndexOf('/')).includes('.'));

addEventListener('install', (event) => {
  self.skipWaiting();
  event.waitUntil(fill());
});
addEventListener('activate', (event) => event.waitUntil(takeOver()));
addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (request.mode === 'navigate') {
    if (isPage(pathname)) event.respondWith(page(event));
  } else if (FILES.includes(pathname)) {
    event.respondWith(asset(request, pathname));
  }
});
