// Who is watching, and the door to acts that need an account.

import { api } from './api';
import { followed } from './followed.svelte';
import { csrfToken } from './http';
import { i18n, t } from './i18n.svelte';
import { net } from './net.svelte';
import { recovery } from './recovery.svelte';
import { router } from './router.svelte';
import { sheets } from './sheets.svelte';
import { read, write } from './storage';
import type { Account, FeedModeSetting, Me } from './types';
import { updates } from './updates';
import { warnings } from './warnings.svelte';

const MODE_KEY = 'fs.mode';
const keptMode = (): FeedModeSetting => (read(MODE_KEY) === 'not_profiled' ? 'not_profiled' : 'for_you');

const LOOK_EVERY_MS = 30_000;

class Session {
  account = $state.raw<Account | null>(null);
  #role = $state<Me['role']>(null);
  feedMode = $state<FeedModeSetting>(keptMode());
  /** She may ask for what is not for everyone. */
  sensitiveAllowed = $state(false);
  #unread = $state(0);
  /** Grows with what is new for her: an inbox that is open, or was, asks again. */
  arrivals = $state(0);
  /** Grows when she has read all and when the count is told: an answer from before it is an older count. */
  #counted = 0;
  /** Grows with every sign-in and sign-out: pages that show her things ask again. */
  epoch = $state(0);
  /** Grows when feeds have to start over: sign-out, another mode. Signing in keeps the place. */
  feedEpoch = $state(0);
  known = $state(false);

  get unread(): number {
    return this.#unread;
  }

  #count(unread: number): void {
    if (unread > this.#unread) this.arrivals++;
    this.#unread = unread;
  }

  /** What is in her inbox, all of it. */
  async read(): Promise<void> {
    await api.notificationsRead();
    this.#counted++;
    this.#unread = 0;
  }

  get isOperator(): boolean {
    return this.account !== null && this.#role === 'operator';
  }

  /** Whoever runs the server may what moderators may. */
  get isModerator(): boolean {
    return this.isOperator || (this.account !== null && this.#role === 'moderator');
  }

  get signedIn(): boolean {
    return this.account !== null;
  }

  #becomingGuest: Promise<void> | undefined;
  /** The first answer did not come. */
  #missed = false;

  /**
   * A visitor without cookies who comes in by another door than the feed becomes a guest first:
   * impression tokens belong to whom they are given.
   */
  before(path: string): Promise<void> | undefined {
    return path === '/me' || path.startsWith('/tokens/') ? undefined : this.#becomingGuest;
  }

  /** Who she is, and that what is new for her shows while the page stays open. */
  load(): Promise<void> {
    let looks = 0;
    setInterval(() => ++looks % updates.every(1) === 0 && void this.#look(), LOOK_EVERY_MS);
    updates.hear((news) => {
      if (news?.type !== 'unread' || !this.signedIn) return;
      this.#counted++;
      this.#count(news.count);
    });
    updates.start();
    document.addEventListener('visibilitychange', () => void this.#look());
    net.onBack(() => void this.#look());
    const loading = this.#load();
    if (router.route.name !== 'home' && !csrfToken()) {
      this.#becomingGuest = loading.finally(() => (this.#becomingGuest = undefined));
    }
    return loading;
  }

  async #load(): Promise<void> {
    try {
      this.take(await api.me());
      // The feed makes a guest by itself; who comes in by another door becomes one here.
      if (!this.account && !csrfToken() && router.route.name !== 'home') await api.guest();
    } catch {
      // The server is away: the page that needs it says so, and she is asked for again.
      this.#missed = true;
    } finally {
      this.known = true;
    }
  }

  async #look(): Promise<void> {
    if (document.hidden || !(this.signedIn || this.#missed)) return;
    const [epoch, counted] = [this.epoch, this.#counted];
    const me = await api.me().catch(() => null);
    if (!me || epoch !== this.epoch || counted !== this.#counted) return;
    if (this.#missed) {
      this.#missed = false;
      this.take(me);
      this.epoch++;
    } else if (me.account) this.#count(me.unread_notifications);
  }

  take(me: Me): void {
    this.account = me.account;
    this.#role = me.role;
    // A guest's choice of feed lives on the device, hers in the account.
    this.feedMode = me.account ? me.settings.feed_mode : keptMode();
    this.sensitiveAllowed = me.settings.sensitive_allowed;
    warnings.asked = me.settings.sensitive;
    this.#count(me.unread_notifications);
    const language = me.account && me.settings.language.split('-')[0];
    if (language && language !== i18n.language) void i18n.use(language, true);
  }

  /** Both choices are one tap away and persist, with an account or without. */
  async setMode(mode: FeedModeSetting): Promise<void> {
    if (mode === this.feedMode) return;
    if (this.account) this.take(await api.patchMe({ feed_mode: mode }));
    else this.feedMode = mode;
    write(MODE_KEY, mode);
    this.feedEpoch++;
  }

  /** Shown as chosen at once, and as it was when the server refuses. */
  async setSensitive(on: boolean): Promise<void> {
    warnings.asked = on;
    try {
      this.take(await api.patchMe({ sensitive: on }));
    } catch (error) {
      warnings.asked = !on;
      throw error;
    }
    this.feedEpoch++;
  }

  async refresh(): Promise<void> {
    this.take(await api.me());
  }

  /** Runs `act` now, or after she has signed up or in. `reason` says what it is for. */
  need(reason: string, act: () => void): void {
    if (this.signedIn) act();
    else sheets.signIn(reason, act);
  }

  expired(): void {
    if (!this.signedIn || sheets.auth) return;
    this.account = null;
    warnings.asked = false;
    sheets.signIn(t('session_ended'), null, 'in');
  }

  async signedInNow(): Promise<void> {
    const before = this.feedMode;
    await this.refresh();
    if (before !== this.feedMode) this.feedEpoch++;
    this.epoch++;
    updates.again();
  }

  #lastActs = new Set<() => Promise<void>>();

  /** What she has done and can still take back is done before she signs out. */
  beforeLeaving(act: () => Promise<void>, decided: AbortSignal): void {
    this.#lastActs.add(act);
    decided.addEventListener('abort', () => this.#lastActs.delete(act));
  }

  async signOut(): Promise<void> {
    await Promise.all([...this.#lastActs].map((act) => act()));
    await api.signOut();
    this.forget();
  }

  /** Nobody is signed in any more. */
  forget(): void {
    this.account = null;
    followed.clear();
    warnings.clear();
    recovery.drop();
    this.#unread = 0;
    this.epoch++;
    this.feedEpoch++;
    updates.again();
  }
}

export const session = new Session();
