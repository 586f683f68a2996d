// The typed client of the HTTP interface (docs/api.md). One function per call, nothing else.

import { request, type RequestOptions } from './http';
import type {
  Account,
  ClientEvent,
  Comment,
  Decision,
  EventsAnswer,
  FeedAnswer,
  FeedMode,
  FeedModeSetting,
  HashtagHit,
  List,
  Me,
  Mutes,
  Notification,
  OwnUpload,
  Person,
  RemovedVideo,
  SessionInfo,
  Status,
  Suggestion,
  Video,
  VideoCounts,
  VideoItem,
  VideoViewer,
  Visibility,
} from './types';

type Query = Record<string, string | number | undefined | null>;

function query(values: Query): string {
  const parts = new URLSearchParams();
  for (const [key, value] of Object.entries(values)) {
    if (value !== undefined && value !== null && value !== '') parts.set(key, String(value));
  }
  const text = parts.toString();
  return text ? `?${text}` : '';
}

const enc = encodeURIComponent;
const get = <T>(path: string, signal?: AbortSignal) => request<T>('GET', path, signal ? { signal } : {});
const send = <T>(method: string, path: string, body?: unknown, options: RequestOptions = {}) =>
  request<T>(method, path, body === undefined ? options : { ...options, body });

export interface SignUp {
  handle: string;
  password: string;
  birth_date: string;
  display_name?: string;
  language?: string;
  time_zone?: string;
  keep_guest_state: boolean;
}

export interface FeedQuery {
  mode: FeedMode;
  limit?: number;
  held?: string[];
  cursor?: string | null;
  shown?: string[];
}

export type ReactionAnswer = { counts: VideoCounts; viewer: VideoViewer };
export type OnOff = 'PUT' | 'DELETE';

export const api = {
  me: (signal?: AbortSignal) => get<Me>('/me', signal),
  guest: () => send<{ token: string; expires_at_ms: number }>('POST', '/tokens/guest', {}),
  signUp: (body: SignUp) =>
    send<{ account: Account; token: string }>('POST', '/accounts', body, { quiet401: true }),
  signIn: (handle: string, password: string) =>
    send<{ account: Account; token: string }>('POST', '/sessions', { handle, password }, { quiet401: true }),
  recover: (handle: string, code: string, password: string) =>
    send<{ account: Account; token: string }>(
      'POST',
      '/sessions/recovery',
      { handle, code, password },
      { quiet401: true },
    ),
  changePassword: (password: string, newPassword: string) =>
    send<void>('PUT', '/me/password', { password, new_password: newPassword }, { quiet401: true }),
  recoveryCodes: (password: string) =>
    send<{ codes: string[] }>('POST', '/me/recovery-codes', { password }, { quiet401: true }),
  sessions: (signal?: AbortSignal) => get<{ items: SessionInfo[] }>('/me/sessions', signal),
  endSession: (id: string) => send<void>('DELETE', `/me/sessions/${enc(id)}`),
  signOut: () => send<void>('DELETE', '/sessions/current'),
  patchMe: (body: { display_name?: string; bio?: string; language?: string; feed_mode?: FeedModeSetting }) =>
    send<Me>('PATCH', '/me', body),
  deleteMe: (password: string) => send<void>('DELETE', '/me', { password }, { quiet401: true }),
  /** The newest; what is being sent or worked on is among them. */
  newestUploads: (signal?: AbortSignal, cursor: string | null = null) =>
    get<List<OwnUpload>>(`/me/uploads${query({ cursor })}`, signal),
  ownUploads: async (signal?: AbortSignal) => {
    const items: OwnUpload[] = [];
    let cursor: string | null = null;
    do {
      const page: List<OwnUpload> = await api.newestUploads(signal, cursor);
      items.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor);
    return { items };
  },
  likes: (cursor?: string | null, signal?: AbortSignal) =>
    get<List<VideoItem>>(`/me/likes${query({ cursor })}`, signal),
  saves: (cursor?: string | null, signal?: AbortSignal) =>
    get<List<VideoItem>>(`/me/saves${query({ cursor })}`, signal),
  mutes: (signal?: AbortSignal) => get<Mutes>('/me/mutes', signal),
  muteWord: (method: OnOff, word: string) => send<void>(method, `/me/mutes/words/${enc(word)}`),
  muteHashtag: (method: OnOff, tag: string) => send<void>(method, `/me/mutes/hashtags/${enc(tag)}`),
  notifications: (cursor?: string | null, signal?: AbortSignal) =>
    get<List<Notification>>(`/notifications${query({ cursor })}`, signal),
  notificationsRead: () => send<void>('POST', '/notifications/read', {}),

  person: (handle: string, signal?: AbortSignal) => get<Person>(`/accounts/${enc(handle)}`, signal),
  personVideos: (handle: string, cursor?: string | null, signal?: AbortSignal) =>
    get<List<VideoItem>>(`/accounts/${enc(handle)}/videos${query({ cursor, limit: 24 })}`, signal),
  people: (handle: string, list: 'followers' | 'following', cursor?: string | null, signal?: AbortSignal) =>
    get<List<Person>>(`/accounts/${enc(handle)}/${list}${query({ cursor })}`, signal),
  relate: (method: OnOff, handle: string, relation: 'follow' | 'block' | 'mute', impressionToken?: string) =>
    send<void>(
      method,
      `/accounts/${enc(handle)}/${relation}`,
      impressionToken ? { impression_token: impressionToken } : undefined,
    ),

  feed: (q: FeedQuery, signal?: AbortSignal) =>
    get<FeedAnswer>(
      `/feed${query({
        mode: q.mode,
        limit: q.limit,
        held: q.held?.join(','),
        cursor: q.cursor,
        shown: q.shown?.join(','),
      })}`,
      signal,
    ),
  events: (events: ClientEvent[], keepalive = false) =>
    send<EventsAnswer>('POST', '/events', { events }, { keepalive }),
  decision: (impressionToken: string) => get<Decision>(`/decisions/${enc(impressionToken)}`),

  video: (id: string, surface = 'video_page', signal?: AbortSignal) =>
    get<Video & { impression_token: string }>(`/videos/${enc(id)}${query({ surface })}`, signal),
  patchVideo: (
    id: string,
    body: { caption?: string; visibility?: Visibility; cover_index?: number; draft?: false },
  ) => send<Video>('PATCH', `/videos/${enc(id)}`, body),
  deleteVideo: (id: string) => send<void>('DELETE', `/videos/${enc(id)}`),
  restoreVideo: (id: string) => send<Video>('POST', `/videos/${enc(id)}/restore`, {}),
  removed: () => get<List<RemovedVideo>>('/me/removed'),
  removeForGood: (id: string) => send<void>('DELETE', `/me/removed/${enc(id)}`),
  react: (method: OnOff, id: string, what: 'like' | 'save' | 'not-interested', impressionToken?: string) =>
    send<ReactionAnswer>(
      method,
      `/videos/${enc(id)}/${what}`,
      impressionToken ? { impression_token: impressionToken } : undefined,
    ),
  share: (id: string, impressionToken?: string) =>
    send<{ url: string }>(
      'POST',
      `/videos/${enc(id)}/share`,
      impressionToken ? { impression_token: impressionToken } : {},
    ),
  comments: (id: string, cursor?: string | null, signal?: AbortSignal) =>
    get<List<Comment>>(`/videos/${enc(id)}/comments${query({ cursor, limit: 30 })}`, signal),
  comment: (id: string, signal?: AbortSignal) => get<Comment>(`/comments/${enc(id)}`, signal),
  addComment: (id: string, text: string, impressionToken?: string) =>
    send<Comment>('POST', `/videos/${enc(id)}/comments`, {
      text,
      ...(impressionToken ? { impression_token: impressionToken } : {}),
    }),
  deleteComment: (id: string) => send<void>('DELETE', `/comments/${enc(id)}`, undefined, { keepalive: true }),
  report: (body: {
    video_id?: string;
    handle?: string;
    comment_id?: string;
    reason: string;
    text?: string;
  }) => send<void>('POST', '/reports', body),

  hashtag: (tag: string, signal?: AbortSignal) => get<HashtagHit>(`/hashtags/${enc(tag)}`, signal),
  hashtagVideos: (tag: string, cursor?: string | null, signal?: AbortSignal) =>
    get<List<VideoItem>>(`/hashtags/${enc(tag)}/videos${query({ cursor, limit: 24 })}`, signal),
  search: <T>(q: string, kind: string, cursor?: string | null, signal?: AbortSignal) =>
    get<List<T> & { people?: Person[] }>(`/search${query({ q, kind, cursor })}`, signal),
  suggest: (q: string, signal?: AbortSignal) =>
    get<{ items: Suggestion[] }>(`/search/suggest${query({ q })}`, signal),
  status: () => get<Status>('/status'),
  upload: (id: string) =>
    get<{ state: string; offset: number; size_bytes: number; video?: Video }>(`/uploads/${enc(id)}`),
};
