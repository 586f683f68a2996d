// Which sheet is open. One at a time but for sign-in, which may rise above any other.

import type { Comment, VideoItem } from './types';

export type SheetRequest =
  | { name: 'comments'; item: VideoItem }
  | { name: 'why'; item: VideoItem }
  | { name: 'more'; item: VideoItem }
  | { name: 'edit'; item: VideoItem }
  | { name: 'report'; item?: VideoItem; handle?: string; comment?: Comment }
  | { name: 'people'; handle: string; list: 'followers' | 'following' }
  | { name: 'profile' }
  | { name: 'keys' };

export interface AuthRequest {
  /** What she was about to do, as a sentence. */
  reason: string;
  start: 'up' | 'in';
  then: (() => void) | null;
}

class Sheets {
  open = $state.raw<SheetRequest | null>(null);
  auth = $state.raw<AuthRequest | null>(null);

  show(request: SheetRequest): void {
    this.open = request;
  }

  close(): void {
    this.open = null;
  }

  signIn(reason: string, then: (() => void) | null = null, start: 'up' | 'in' = 'up'): void {
    this.auth = { reason, start, then };
  }
}

export const sheets = new Sheets();
