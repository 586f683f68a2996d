// What the HTTP interface sends and takes, by the names that the app has for it (docs/api.md). The
// shapes are those of src/api/openapi.json: `npm run types` writes them.

import type * as gen from './api_types.gen';

export type {
  Account,
  Author,
  Blocked,
  Comment,
  Crop,
  Decision,
  DecisionItem,
  EventsAnswer,
  Failure,
  FeedMode,
  FeedModeSetting,
  FoundMoments,
  FoundVideo,
  FoundVideos,
  Hashtags,
  Held,
  Judgement,
  EngineView,
  Learned,
  How,
  Me,
  Mutes,
  Notification,
  OwnUpload,
  People,
  Person,
  PersonLite,
  RemovedVideo,
  Rendition,
  SafetyView,
  SearchStart,
  Sound,
  Sounds,
  Status,
  Subtitles,
  Suggestion,
  Video,
  Visibility,
  VisualMatch,
  VisualView,
  Wish,
  WishKind,
  WithdrawKind,
} from './api_types.gen';

/** A hashtag or mention in a text. */
export type TextSpan = gen.Spans[number];
/** One place where she is signed in. */
export type FeedWeights = gen.Weights;
export type SessionInfo = gen.Session;
export type Label = gen.Labels[number];
export const LABELS: readonly Label[] = ['ai_generated', 'paid_partnership'];
export type VideoCounts = gen.Counts;
export type VideoViewer = gen.Marks;
export type FeedAnswer = gen.Feed;
export type HashtagHit = gen.Hashtag;
export type News = gen.Update;
export type VideoNews = Extract<News, { type: 'video' }>;

export interface VideoItem extends gen.Item {
  /** Set by the app: the answer that the item came with, for "why this video". */
  request_id?: string;
  /** Where in the video what was searched for is to be seen, or is said. */
  match?: gen.VisualMatch['match'] | gen.FoundVideo['match'];
}

export interface List<T> {
  items: T[];
  next_cursor: string | null;
}

export type Interest = gen.Learned['interests'][number];
export type Withdrawal = gen.Learned['withdrawals'][number];
/** Why a watch ended. */
export type WatchEnd = NonNullable<gen.Event['ended']>;
/** The app says of each when it was. */
export type ClientEvent = gen.Event & { at_ms: number };

/** What a proxy or no answer at all leaves of one. */
export type Problem = Partial<gen.Problem> & Pick<gen.Problem, 'status' | 'detail'>;
