// What the HTTP interface sends and takes (docs/api.md). Units are in the names.

import type { Reasoned } from './problems';

/** A hashtag or mention in a text; places in UTF-16 code units, as strings have them here. */
export interface TextSpan {
  kind: 'hashtag' | 'mention';
  begin_utf16: number;
  end_utf16: number;
  /** The hashtag folded, or the handle as typed; without the sign. */
  value: string;
}

export interface PersonLite {
  id: string;
  handle: string;
  display_name: string;
}

/** The author of a clip, with what the viewer's rail needs to know. */
export interface Author extends PersonLite {
  viewer?: { self: boolean; follows: boolean };
}

export interface PersonViewer {
  self: boolean;
  follows: boolean;
  followed_by: boolean;
  blocks: boolean;
  mutes: boolean;
}

export interface Person extends PersonLite {
  bio: string;
  bio_spans: TextSpan[];
  counts: { followers: number; following: number; likes: number; videos: number };
  viewer: PersonViewer;
}

export interface Account extends Person {
  birth_date: string;
  language: string;
}

export type FeedModeSetting = 'for_you' | 'not_profiled';
export type FeedMode = FeedModeSetting | 'following';

export interface Me {
  account: Account | null;
  guest: boolean;
  settings: { feed_mode: FeedModeSetting; language: string };
  unread_notifications: number;
  recovery_codes_left: number;
}

/** One place where she is signed in. */
export interface SessionInfo {
  id: string;
  client: string;
  began_ms: number;
  used_ms: number;
  current: boolean;
}

/** A byte range with both ends inclusive. */
export type ByteRange = [number, number];

export interface Rendition {
  name: string;
  width: number;
  height: number;
  fps: number;
  bitrate_bps: number;
  codecs: string;
  url: string;
  bytes: number;
  init: ByteRange;
  segments: ByteRange[];
}

export interface Playback {
  hls: string;
  mp4: string;
  cover: string;
  covers: string[];
  renditions: Rendition[];
}

export type VideoState = 'processing' | 'published' | 'failed' | 'removed';
export type Visibility = 'everyone' | 'followers' | 'only_me';

export interface VideoCounts {
  views: number;
  likes: number;
  comments: number;
  saves: number;
  shares: number;
}

export interface VideoViewer {
  own: boolean;
  liked: boolean;
  saved: boolean;
  not_interested: boolean;
}

export interface Video {
  id: string;
  state: VideoState;
  step: 'received' | 'checked' | 'encoding' | null;
  progress_percent: number;
  error?: string | null;
  failure?: Reasoned;
  credits?: string;
  draft: boolean;
  author: Author;
  caption: string;
  caption_spans: TextSpan[];
  hashtags: string[];
  mentions: string[];
  language: string;
  visibility: Visibility;
  created_ms: number;
  duration_ms: number;
  width: number;
  height: number;
  gain_db: number;
  placeholder: string;
  sound: { id: string; title: string; original: boolean } | null;
  playback: Playback | null;
  counts: VideoCounts;
  viewer: VideoViewer;
}

/** A video of hers that she deleted and can bring back. */
export interface RemovedVideo {
  id: string;
  caption: string;
  placeholder: string;
  duration_ms: number;
  draft: boolean;
  removed_ms: number;
  restorable_until_ms: number;
}

export interface VideoItem {
  kind: 'video';
  video: Video;
  impression_token: string;
  route: string;
  repeat: boolean;
  /** Set by the app: the answer that the item came with, for "why this video". */
  request_id?: string;
}

export interface FeedAnswer {
  request_id: string;
  mode: FeedMode;
  log_position: number;
  exhausted: boolean;
  items: VideoItem[];
  cursor: string | null;
}

export interface List<T> {
  items: T[];
  next_cursor: string | null;
}

export interface Comment {
  id: string;
  text: string;
  text_spans: TextSpan[];
  author: PersonLite;
  created_ms: number;
  own: boolean;
}

export interface Notification {
  id: string;
  kind: 'like' | 'comment' | 'follow' | 'mention' | 'published' | 'failed';
  actor?: PersonLite;
  video?: { id: string; cover: string; caption: string };
  comment_id?: string | null;
  text?: string;
  /** What became ready is a draft. */
  draft?: boolean;
  failure?: Reasoned;
  created_ms: number;
  read: boolean;
}

export interface HashtagHit {
  tag: string;
  videos_count: number;
}

export interface Suggestion {
  kind: 'hashtag' | 'person';
  text: string;
  detail: string;
}

export interface Mutes {
  people: PersonLite[];
  words: string[];
  hashtags: string[];
}

export interface DecisionItem {
  video_id: string;
  position: number | null;
  route: string;
  routes: string[];
  propensity: number | null;
  exploration: boolean;
  value: number | null;
  reason: { code: string; value: string; count: number };
  heads: { head: string; probability: number; weight: number; contribution: number }[];
  attended: { video_id: string; caption: string | null; action: string; weight: number }[];
}

/** Without a record (`recorded` false) there are reasons, and no numbers. */
export interface Decision {
  request_id: string | null;
  mode: FeedMode;
  surface: string;
  recorded: boolean;
  at_ms: number;
  log_position: number | null;
  items: DecisionItem[];
}

export type OwnUpload =
  | {
      kind: 'upload';
      id: string;
      filename: string;
      fingerprint?: string;
      offset: number;
      size_bytes: number;
      expires_at_ms: number;
    }
  | { kind: 'video'; video: Video };

export interface Status {
  name: string;
  version: string;
  samples: { ready: number; total: number; done: boolean };
  limits: { duration_s_max: number; size_bytes_max: number; upload_chunk_bytes_max: number };
}

export type EventName =
  | 'impression'
  | 'watch'
  | 'complete'
  | 'share'
  | 'profile'
  | 'like'
  | 'unlike'
  | 'comment'
  | 'save'
  | 'follow'
  | 'not_interested'
  | 'report';

/** Why a watch ended. */
export type WatchEnd = 'swipe' | 'ended' | 'hidden' | 'closed' | 'error';

export interface ClientEvent {
  event_id: string;
  impression_token: string;
  event: EventName;
  watch_ms?: number;
  watched?: [number, number][];
  loops?: number;
  sound?: boolean;
  ended?: WatchEnd;
  at_ms: number;
}

export interface EventsAnswer {
  accepted: number;
  duplicate: number;
  learned: boolean;
  rejected: { index: number; problem: string }[];
}

export interface Problem {
  type?: string;
  title?: string;
  status: number;
  detail: string;
  field?: string;
  reason?: string;
  arguments?: Record<string, string | number>;
}
