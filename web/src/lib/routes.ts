// Which page an address is. Pure, so that it can be tested without a browser.

/** `comment` is the one to be shown with it. */
export type VideoRoute = { name: 'video'; id: string; comment?: string };

export type Route =
  | { name: 'home' }
  | VideoRoute
  | { name: 'profile'; handle: string }
  | { name: 'tag'; tag: string }
  | { name: 'search'; q: string; kind: string }
  | { name: 'inbox' }
  | { name: 'me' }
  | { name: 'settings' }
  | { name: 'how' }
  | { name: 'interests' }
  | { name: 'operator' }
  | { name: 'upload' }
  | { name: 'missing' };

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
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
        return { name: 'search', q: query.get('q') ?? '', kind: query.get('kind') ?? 'videos' };
      }
      case 'inbox':
      case 'me':
      case 'settings':
      case 'how':
      case 'interests':
      case 'operator':
      case 'upload':
        return { name: first };
    }
  }
  if (parts.length === 2 && second) {
    if (first === 'v') {
      const comment = new URLSearchParams(search).get('comment');
      return { name: 'video', id: second, ...(comment ? { comment } : {}) };
    }
    if (first === 'tag') return { name: 'tag', tag: second };
  }
  return { name: 'missing' };
}

export const href = {
  video: (id: string, comment?: string | null) =>
    `/v/${encodeURIComponent(id)}${comment ? `?comment=${encodeURIComponent(comment)}` : ''}`,
  profile: (handle: string) => `/@${encodeURIComponent(handle)}`,
  tag: (tag: string) => `/tag/${encodeURIComponent(tag)}`,
  search: (q: string, kind = 'videos') =>
    `/search?${new URLSearchParams(kind === 'videos' ? { q } : { q, kind })}`,
};
