// Deleting a clip of her own, and bringing it back.

import { api } from '../lib/api';
import { t } from '../lib/i18n.svelte';
import { router } from '../lib/router.svelte';
import { href } from '../lib/routes';
import { toasts } from '../lib/toast.svelte';
import type { Video } from '../lib/types';
import { profileChanges } from '../routes/changes.svelte';
import { stage } from './actions';

/** Whether it is gone; for a while she can take that back. */
export async function removeVideo(id: string): Promise<boolean> {
  const { list } = stage;
  try {
    await api.deleteVideo(id);
  } catch (error) {
    toasts.error(error);
    return false;
  }
  list?.drop((other) => other.video.id === id);
  list?.forwardFrom(id);
  profileChanges.epoch++;
  toasts.show(t('video_deleted'), { label: t('undo'), run: () => void undo(id) });
  return true;
}

async function undo(id: string): Promise<void> {
  const video = await restoreVideo(id);
  if (video && !video.draft) router.go(href.video(id));
}

export async function restoreVideo(id: string): Promise<Video | null> {
  try {
    const video = await api.restoreVideo(id);
    profileChanges.epoch++;
    toasts.show(t('video_restored'));
    return video;
  } catch (error) {
    toasts.error(error);
    return null;
  }
}
