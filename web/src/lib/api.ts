// The calls of the HTTP interface that the app makes (docs/api.md). One function per call, nothing else.

import { call, type Body } from './call';
import { known } from './kinds';
import type {
  ClientEvent,
  FeedMode,
  FoundVideos,
  Hashtags,
  OwnUpload,
  People,
  Sounds,
  WithdrawKind,
} from './types';

export interface FeedQuery {
  mode: FeedMode;
  limit?: number;
  held?: string[];
  cursor?: string | null;
  shown?: string[];
}

export type OnOff = 'PUT' | 'DELETE';
/** What led to an act. */
const origin = (token: string | undefined) => (token ? { impression_token: token } : undefined);
/** A file whose kind the server finds out. */
const bytes = (file: Blob) => new Blob([file], { type: 'application/octet-stream' });
type Cursor = string | null | undefined;
interface Found {
  all: FoundVideos;
  videos: FoundVideos;
  people: People;
  hashtags: Hashtags;
  sounds: Sounds;
}
export type SearchKind = keyof Found;
export interface Search<K extends SearchKind = SearchKind> {
  q: string;
  kind: K;
  exact?: boolean;
}

export const api = {
  me: (signal?: AbortSignal) => call('GET', '/me', { signal }),
  guest: () => call('POST', '/tokens/guest'),
  signUp: (body: Body<'POST', '/accounts'>) => call('POST', '/accounts', { body, quiet401: true }),
  signIn: (handle: string, password: string) =>
    call('POST', '/sessions', { body: { handle, password }, quiet401: true }),
  recover: (handle: string, code: string, password: string) =>
    call('POST', '/sessions/recovery', { body: { handle, code, password }, quiet401: true }),
  changePassword: (password: string, newPassword: string) =>
    call('PUT', '/me/password', { body: { password, new_password: newPassword }, quiet401: true }),
  recoveryCodes: (password: string) =>
    call('POST', '/me/recovery-codes', { body: { password }, quiet401: true }),
  sessions: (signal?: AbortSignal) => call('GET', '/me/sessions', { signal }),
  endSession: (id: string) => call('DELETE', '/me/sessions/{id}', { path: { id } }),
  signOut: () => call('DELETE', '/sessions/current'),
  patchMe: (body: Body<'PATCH', '/me'>) => call('PATCH', '/me', { body }),
  deleteMe: (password: string) => call('DELETE', '/me', { body: { password }, quiet401: true }),
  /** The newest; what is being sent or worked on is among them. */
  newestUploads: (signal?: AbortSignal, cursor: Cursor = null) =>
    call('GET', '/me/uploads', { query: { cursor }, signal }),
  ownUploads: async (signal?: AbortSignal) => {
    const items: OwnUpload[] = [];
    let cursor: string | null = null;
    do {
      const page = await api.newestUploads(signal, cursor);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return { items };
  },
  likes: (cursor?: Cursor, signal?: AbortSignal) =>
    call('GET', '/me/likes', { query: { cursor }, signal }).then(known),
  saves: (cursor?: Cursor, signal?: AbortSignal) =>
    call('GET', '/me/saves', { query: { cursor }, signal }).then(known),
  mutes: (signal?: AbortSignal) => call('GET', '/me/mutes', { signal }),
  muteWord: (method: OnOff, word: string) => call(method, '/me/mutes/words/{what}', { path: { what: word } }),
  muteHashtag: (method: OnOff, tag: string) =>
    call(method, '/me/mutes/hashtags/{what}', { path: { what: tag } }),
  notifications: (cursor?: Cursor, signal?: AbortSignal) =>
    call('GET', '/notifications', { query: { cursor }, signal }),
  notificationsRead: () => call('POST', '/notifications/read'),

  person: (handle: string, signal?: AbortSignal) =>
    call('GET', '/accounts/{handle}', { path: { handle }, signal }),
  personVideos: (handle: string, cursor?: Cursor, signal?: AbortSignal) =>
    call('GET', '/accounts/{handle}/videos', { path: { handle }, query: { cursor, limit: 24 }, signal }).then(
      known,
    ),
  people: (handle: string, list: 'followers' | 'following', cursor?: Cursor, signal?: AbortSignal) =>
    call('GET', `/accounts/{handle}/${list}`, { path: { handle }, query: { cursor }, signal }),
  follow: (method: OnOff, handle: string, impressionToken?: string) =>
    call(method, '/accounts/{handle}/follow', { path: { handle }, body: origin(impressionToken) }),
  relate: (method: OnOff, handle: string, relation: 'block' | 'mute') =>
    call(method, `/accounts/{handle}/${relation}`, { path: { handle } }),

  feed: (q: FeedQuery, signal?: AbortSignal) =>
    call('GET', '/feed', {
      query: {
        mode: q.mode,
        limit: q.limit,
        held: q.held?.join(','),
        cursor: q.cursor,
        shown: q.shown?.join(','),
      },
      signal,
    }),
  learned: (signal?: AbortSignal) => call('GET', '/me/learned', { signal }),
  withdraw: (kind: WithdrawKind, value: string) => call('POST', '/me/withdrawals', { body: { kind, value } }),
  undoWithdrawal: (id: string) => call('DELETE', '/me/withdrawals/{id}', { path: { id } }),
  wishes: (signal?: AbortSignal) => call('GET', '/me/wishes', { signal }),
  setWish: (body: Body<'PUT', '/me/wishes'>) => call('PUT', '/me/wishes', { body }),
  how: (signal?: AbortSignal) => call('GET', '/feed/how', { signal }),
  engine: (signal?: AbortSignal) => call('GET', '/operator/engine', { signal }),
  visual: (signal?: AbortSignal) => call('GET', '/operator/visual', { signal }),
  weights: (signal?: AbortSignal) => call('GET', '/operator/weights', { signal }),
  setWeights: (revision: number, weights: Record<string, number>) =>
    call('PUT', '/operator/weights', { body: { revision, weights } }),
  held: (signal?: AbortSignal) => call('GET', '/moderation/held', { signal }),
  release: (id: string, sensitive: boolean) =>
    call('POST', '/moderation/held/{id}/release', { path: { id }, body: { sensitive } }),
  refuse: (id: string) => call('POST', '/moderation/held/{id}/refuse', { path: { id } }),
  safety: (signal?: AbortSignal) => call('GET', '/moderation/safety', { signal }),
  videoSafety: (id: string, signal?: AbortSignal) =>
    call('GET', '/moderation/videos/{id}/safety', { path: { id }, signal }),
  setSensitive: (id: string, sensitive: boolean) =>
    call('PUT', '/moderation/videos/{id}/safety', { path: { id }, body: { sensitive } }),
  blocked: (cursor?: Cursor, signal?: AbortSignal) =>
    call('GET', '/moderation/blocked', { query: { cursor }, signal }),
  blockVideo: (body: Body<'POST', '/moderation/blocked'>) => call('POST', '/moderation/blocked', { body }),
  unblock: (id: string) => call('DELETE', '/moderation/blocked/{id}', { path: { id }, keepalive: true }),
  addBlocked: (csv: Blob) => call('POST', '/moderation/blocked.csv', { body: csv }),
  events: (events: ClientEvent[], keepalive = false) =>
    call('POST', '/events', { body: { events }, keepalive }),
  decision: (impressionToken: string) =>
    call('GET', '/decisions/{request_id}', { path: { request_id: impressionToken } }),

  video: (id: string, surface = 'video_page', signal?: AbortSignal) =>
    call('GET', '/videos/{id}', { path: { id }, query: { surface }, signal }),
  patchVideo: (id: string, body: Body<'PATCH', '/videos/{id}'>) =>
    call('PATCH', '/videos/{id}', { path: { id }, body }),
  deleteVideo: (id: string) => call('DELETE', '/videos/{id}', { path: { id } }),
  restoreVideo: (id: string) => call('POST', '/videos/{id}/restore', { path: { id } }),
  removed: () => call('GET', '/me/removed'),
  removeForGood: (id: string) => call('DELETE', '/me/removed/{id}', { path: { id } }),
  react: (method: OnOff, id: string, what: 'like' | 'save' | 'not-interested', impressionToken?: string) =>
    call(method, `/videos/{id}/${what}`, { path: { id }, body: origin(impressionToken) }),
  share: (id: string, impressionToken?: string) =>
    call('POST', '/videos/{id}/share', { path: { id }, body: origin(impressionToken) }),
  comments: (id: string, cursor?: Cursor, signal?: AbortSignal) =>
    call('GET', '/videos/{id}/comments', { path: { id }, query: { cursor, limit: 30 }, signal }),
  comment: (id: string, signal?: AbortSignal) => call('GET', '/comments/{id}', { path: { id }, signal }),
  addComment: (id: string, text: string, impressionToken?: string) =>
    call('POST', '/videos/{id}/comments', { path: { id }, body: { text, ...origin(impressionToken) } }),
  deleteComment: (id: string) => call('DELETE', '/comments/{id}', { path: { id }, keepalive: true }),
  checkSubtitles: (file: Blob) => call('POST', '/subtitles/check', { body: bytes(file) }),
  setSubtitles: (id: string, language: string, file: Blob, label = '') =>
    call('PUT', '/videos/{id}/subtitles/{language}', {
      path: { id, language },
      query: { label },
      body: bytes(file),
    }),
  deleteSubtitles: (id: string, language: string) =>
    call('DELETE', '/videos/{id}/subtitles/{language}', { path: { id, language } }),
  report: (body: Body<'POST', '/reports'>) => call('POST', '/reports', { body }),

  hashtag: (tag: string, signal?: AbortSignal) => call('GET', '/hashtags/{tag}', { path: { tag }, signal }),
  hashtagVideos: (tag: string, cursor?: Cursor, signal?: AbortSignal) =>
    call('GET', '/hashtags/{tag}/videos', { path: { tag }, query: { cursor, limit: 24 }, signal }).then(
      known,
    ),
  sound: (id: string, signal?: AbortSignal) => call('GET', '/sounds/{id}', { path: { id }, signal }),
  soundVideos: (id: string, cursor?: Cursor, signal?: AbortSignal) =>
    call('GET', '/sounds/{id}/videos', { path: { id }, query: { cursor, limit: 24 }, signal }).then(known),
  nameSound: (id: string, title: string) => call('PATCH', '/sounds/{id}', { path: { id }, body: { title } }),
  search: <K extends SearchKind>(
    { q, kind, exact = false }: Search<K>,
    cursor?: Cursor,
    signal?: AbortSignal,
  ): Promise<Found[K]> => {
    const query = { q, kind, exact: exact ? ('yes' as const) : null, cursor };
    const found = call('GET', '/search', { query, signal }) as Promise<Found[K]>;
    return found.then((page) => ('corrected' in page ? known(page) : page) as Found[K]);
  },
  searchStart: async (signal?: AbortSignal) => {
    const start = await call('GET', '/search/start', { signal });
    return { ...start, rows: start.rows.map(known) };
  },
  /** Of a picture `crop` is text; of a moment of a video it is in the body. */
  similar: (body: Body<'POST', '/search/visual'>, crop: string | null, signal?: AbortSignal) =>
    call('POST', '/search/visual', { body, query: { crop }, signal }).then(known),
  suggest: (q: string, signal?: AbortSignal) => call('GET', '/search/suggest', { query: { q }, signal }),
  status: () => call('GET', '/status'),
  upload: (id: string) => call('GET', '/uploads/{id}', { path: { id } }),
};
