// Taking a comment of her own away. The server cannot bring one back, so it is asked once "Undo" is
// gone: after a few seconds, or when she leaves the app or her account.

import { SvelteSet } from 'svelte/reactivity';
import { api } from '../lib/api';
import { t } from '../lib/i18n.svelte';
import { session } from '../lib/session.svelte';
import { toasts } from '../lib/toast.svelte';

/** These are not shown any more. */
export const removedComments = new SvelteSet<string>();

/** `count` is told what it changes for the number of comments. */
export function removeComment(id: string, count: (step: number) => void): void {
  const back = () => {
    removedComments.delete(id);
    count(1);
  };
  const decided = new AbortController();
  const { signal } = decided;
  const remove = async () => {
    if (signal.aborted) return;
    decided.abort();
    toasts.dismiss(toast);
    await api.deleteComment(id).catch((error: unknown) => {
      back();
      toasts.error(error);
    });
  };
  const undo = () => {
    decided.abort();
    back();
  };
  removedComments.add(id);
  count(-1);
  const toast = toasts.show(t('comment_deleted'), { label: t('undo'), run: undo }, () => void remove());
  session.beforeLeaving(remove, signal);
  addEventListener('pagehide', () => void remove(), { signal });
  document.addEventListener('visibilitychange', () => document.hidden && void remove(), { signal });
}
