// What she can do to a clip. Shown at once, taken back when the server refuses, and told to the
// list so that the next clips follow from it.

import { api } from '../lib/api';
import { copied } from '../lib/clipboard';
import { record } from '../lib/events';
import { ApiError } from '../lib/http';
import { t } from '../lib/i18n.svelte';
import { session } from '../lib/session.svelte';
import { toasts } from '../lib/toast.svelte';
import type { VideoCounts, VideoItem, VideoViewer } from '../lib/types';
import { profileChanges } from '../routes/changes.svelte';
import type { Player } from '../player/player.svelte';
import type { ClipList } from './feed.svelte';

/** The list whose clip is on the screen and what plays it, for sheets that act on it. */
export const stage: { list: ClipList | null; player: Player | null } = { list: null, player: null };

export function update(
  id: string,
  change: (counts: VideoCounts, viewer: VideoViewer) => [VideoCounts, VideoViewer],
  list = stage.list,
): void {
  list?.patch(id, (item) => {
    const [counts, viewer] = change(item.video.counts, item.video.viewer);
    return { ...item, video: { ...item.video, counts, viewer } };
  });
}

/**
 * A token belongs to whom it was given: one from before she signed in may not be hers any more,
 * and then the act happens without it.
 */
async function withToken<T>(token: string, act: (token?: string) => Promise<T>): Promise<T> {
  if (!token) return act();
  try {
    return await act(token);
  } catch (error) {
    if (error instanceof ApiError && [400, 403, 409, 422].includes(error.status)) return act();
    throw error;
  }
}

function toggle(item: VideoItem, what: 'like' | 'save', on: boolean, list: ClipList | null): Promise<void> {
  const flag = what === 'like' ? 'liked' : 'saved';
  const count = what === 'like' ? 'likes' : 'saves';
  const { id } = item.video;
  const step = on ? 1 : -1;
  update(
    id,
    (counts, viewer) => [
      { ...counts, [count]: Math.max(0, counts[count] + step) },
      { ...viewer, [flag]: on },
    ],
    list,
  );
  return withToken(item.impression_token, (token) => api.react(on ? 'PUT' : 'DELETE', id, what, token))
    .then((answer) => {
      update(id, () => [answer.counts, answer.viewer], list);
      profileChanges.marks++;
      if (what === 'like') void list?.told(false);
    })
    .catch((error: unknown) => {
      update(
        id,
        (counts, viewer) => [
          { ...counts, [count]: Math.max(0, counts[count] - step) },
          { ...viewer, [flag]: !on },
        ],
        list,
      );
      toasts.error(error);
    });
}

export function like(item: VideoItem, on: boolean): void {
  const { list } = stage;
  session.need(t('need_like'), () => void toggle(item, 'like', on, list));
}

export function save(item: VideoItem, on: boolean): void {
  const { list } = stage;
  session.need(t('need_save'), () => void toggle(item, 'save', on, list));
}

export function follow(item: VideoItem, done: (follows: boolean) => void): void {
  session.need(t('need_follow', { name: item.video.author.display_name }), () => {
    done(true);
    withToken(item.impression_token, (token) => api.follow('PUT', item.video.author.handle, token)).catch(
      (error: unknown) => {
        done(false);
        toasts.error(error);
      },
    );
  });
}

export function notInterested(item: VideoItem, goOn: () => void): void {
  const { list } = stage;
  const { id } = item.video;
  const set = (on: boolean) =>
    update(id, (counts, viewer) => [counts, { ...viewer, not_interested: on }], list);
  set(true);
  api
    .react('PUT', id, 'not-interested', item.impression_token)
    .then(() => {
      goOn();
      toasts.show(t('not_interested_done'), {
        label: t('undo'),
        run: () => {
          set(false);
          if (list === stage.list) list?.returnTo(id);
          api
            .react('DELETE', id, 'not-interested', item.impression_token)
            .then(() => list?.told(false))
            .catch((error: unknown) => toasts.error(error));
        },
      });
    })
    .catch((error: unknown) => {
      set(false);
      toasts.error(error);
    });
}

export async function share(item: VideoItem): Promise<void> {
  try {
    const { url } = await api.share(item.video.id, item.impression_token);
    const address = new URL(url, location.origin).href;
    update(item.video.id, (counts, viewer) => [{ ...counts, shares: counts.shares + 1 }, viewer]);
    if (navigator.share) {
      await navigator.share({ url: address, text: item.video.caption });
    } else {
      await copy(address);
    }
  } catch (error) {
    toasts.error(error);
  }
}

export async function copyLink(item: VideoItem): Promise<void> {
  await copy(new URL(`/v/${item.video.id}`, location.origin).href);
}

async function copy(address: string): Promise<void> {
  // What could not be copied can be read and copied by hand.
  toasts.show((await copied(address)) ? t('link_copied') : address);
}

/** Its page and what that needs come when they are wanted. */
export async function findSimilar(item: VideoItem): Promise<void> {
  const loaded = await import('../looking/similar').catch(() => null);
  if (loaded) await loaded.findSimilar(item);
  else toasts.show(t('error_offline'));
}

export function visitedProfile(item: VideoItem): void {
  record({ impression_token: item.impression_token, event: 'profile' });
}
