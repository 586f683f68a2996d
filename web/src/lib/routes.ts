// Which page an address is. Pure, so that it can be tested without a browser.

/** `comment` is the one to be shown with it; `atS` where it begins, in seconds. */
export type VideoRoute = { name: 'video'; id: string; comment?: string; atS?: number };

/** `exact`: only as it is spelt. */
export type SearchRoute = { name: 'search'; q: string; kind: string; exact?: true };

export type Route =
  | { name: 'home' }
  | VideoRoute
  | { name: 'profile'; handle: string }
  | { name: 'tag'; tag: string }
  | { name: 'sound'; id: string }
  | SearchRoute
  | { name: 'search_picture' }
  | { name: 'inbox' }
  | { name: 'me' }
  | { name: 'settings' }
  | { name: 'how' }
  | { name: 'interests' }
  | { name: 'operator' }
  | { name: 'moderation' }
  | { name: 'upload'; sound?: string }
  | { name: 'missing' };

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}

/** What "?t=" says, if it is a moment behind the beginning. */
function secondsOf(text: string | null): number | undefined {
  const seconds = /^\d+(\.\d+)?$/.test(text ?? '') ? Number(text) : 0;
  return seconds > 0 && Number.isFinite(seconds) ? seconds : undefined;
}

export function parseRoute(pathname: string, search = ''): Route {
  const parts = pathname.split('/').filter((part) => part !== '');
  if (parts.length === 0) return { name: 'home' };
  const first = decode(parts[0] ?? '');
  const second = parts[1] === undefined ? undefined : decode(parts[1]);
  if (first === null || second === null) return { name: 'missing' };
  if (parts.length === 1) {
    if (first.startsWith('@') && first.length > 1) {
      return { name: 'profile', handle: first.slice(1) };
    }
    switch (first) {
      case 'search': {
        const query = new URLSearchParams(search);
        return {
          name: 'search',
          q: query.get('q') ?? '',
          kind: query.get('kind') ?? 'all',
          ...(query.get('exact') === 'yes' ? { exact: true } : {}),
        };
      }
      case 'upload': {
        const sound = new URLSearchParams(search).get('sound');
        return { name: 'upload', ...(sound ? { sound } : {}) };
      }
      case 'inbox':
      case 'me':
      case 'settings':
      case 'how':
      case 'interests':
      case 'operator':
      case 'moderation':
        return { name: first };
    }
  }
  if (parts.length === 2 && second) {
    if (first === 'v') {
      const query = new URLSearchParams(search);
      const comment = query.get('comment');
      const atS = secondsOf(query.get('t'));
      return { name: 'video', id: second, ...(comment ? { comment } : {}), ...(atS ? { atS } : {}) };
    }
    if (first === 'search' && second === 'picture') return { name: 'search_picture' };
    if (first === 'tag') return { name: 'tag', tag: second };
    if (first === 'sound') return { name: 'sound', id: second };
  }
  return { name: 'missing' };
}

export const href = {
  video: (id: string, comment?: string | null) =>
    `/v/${encodeURIComponent(id)}${comment ? `?comment=${encodeURIComponent(comment)}` : ''}`,
  /** The video where something is to be seen, to the tenth of a second. */
  moment: (id: string, atMs: number) =>
    href.video(id) + (atMs < 100 ? '' : `?t=${Math.floor(atMs / 100) / 10}`),
  profile: (handle: string) => `/@${encodeURIComponent(handle)}`,
  sound: (id: string) => `/sound/${encodeURIComponent(id)}`,
  upload: (sound?: string) => (sound ? `/upload?${new URLSearchParams({ sound })}` : '/upload'),
  tag: (tag: string) => `/tag/${encodeURIComponent(tag)}`,
  search: (q: string, kind = 'all', exact = false) =>
    `/search?${new URLSearchParams({
      ...(q ? { q } : {}),
      ...(kind === 'all' ? {} : { kind }),
      ...(exact ? { exact: 'yes' } : {}),
    })}`,
  searchPicture: '/search/picture',
};
