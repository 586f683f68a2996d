// Uploads of this visit: they go on while she swipes, and say what is happening to them.

import { untrack } from 'svelte';
import { api } from '../lib/api';
import { ApiError, API } from '../lib/http';
import { t } from '../lib/i18n.svelte';
import type { Reasoned } from '../lib/problems';
import { session } from '../lib/session.svelte';
import { toasts } from '../lib/toast.svelte';
import type { Label, OwnUpload, Video, Visibility } from '../lib/types';
import { Follow, withNews } from '../lib/updates';
import { giveAll, type GivenSubtitles } from '../subtitles/given';
import { profileChanges } from '../routes/changes.svelte';
import { fingerprint } from './fingerprint';
import { uploadPill } from './pill.svelte';
import type { Transfer } from './tus';

export type Phase = 'sending' | 'processing' | 'published' | 'failed';

export interface UploadForm {
  caption: string;
  visibility: Visibility;
  labels: Label[];
  draft: boolean;
  /** Time of the picture wanted as the cover; null leaves it to the server. */
  cover_ms: number | null;
  /** What it is to play instead of its own sound. */
  sound_id: string | null;
  subtitles: GivenSubtitles[];
}

const POLL_MS = 1000;
const POLLS_MAX = 3600;

export class UploadTask {
  readonly id: number;
  readonly file: File;
  readonly form: UploadForm;
  phase = $state<Phase>('sending');
  sent = $state(0);
  waiting = $state(false);
  video = $state.raw<Video | null>(null);
  problem = $state<Reasoned>({ detail: '' });
  #transfer: Transfer | null = null;
  #resume: string | undefined;
  #closed = false;
  #givenTo = '';

  constructor(id: number, file: File, form: UploadForm, resume?: string) {
    this.id = id;
    this.file = file;
    this.form = form;
    this.#resume = resume;
  }

  /** 0..1 of the whole way: sending is the first half. */
  get share(): number {
    if (this.phase === 'published') return 1;
    const sent = this.file.size > 0 ? this.sent / this.file.size : 0;
    return 0.5 * sent + (this.video ? 0.005 * this.video.progress_percent : 0);
  }

  get busy(): boolean {
    return this.phase === 'sending' || this.phase === 'processing';
  }

  async start(): Promise<void> {
    this.phase = 'sending';
    this.problem = { detail: '' };
    try {
      const [{ startTransfer }, mark] = await Promise.all([import('./tus'), fingerprint(this.file)]);
      this.#transfer = await startTransfer({
        file: this.file,
        fingerprint: mark,
        ...(this.#resume ? { uploadUrl: this.#resume } : {}),
        metadata: {
          filename: this.file.name,
          caption: this.form.caption,
          visibility: this.form.visibility,
          ...(this.form.labels.length > 0 ? { labels: this.form.labels.join(',') } : {}),
          ...(this.form.draft ? { draft: 'true' } : {}),
          ...(this.form.cover_ms === null ? {} : { cover_ms: String(this.form.cover_ms) }),
          ...(this.form.sound_id ? { sound_id: this.form.sound_id } : {}),
        },
        onProgress: (sent) => (this.sent = sent),
        onWaiting: (waiting) => (this.waiting = waiting),
        onDone: (videoId, url) => void this.#sentAll(videoId, url),
        onError: (detail) => this.#fail({ detail }),
      });
    } catch (error) {
      this.#fail({ detail: (error as Error).message });
    }
  }

  /** The network is back: do not wait for the next try. */
  kick(): void {
    if (this.phase === 'sending' && this.waiting) this.#transfer?.kick();
  }

  /** `remove`: nothing of it stays on the server, otherwise it can be gone on with later. */
  async stop(remove: boolean): Promise<void> {
    this.#closed = true;
    await this.#transfer?.abort(remove).catch(() => {});
  }

  async #sentAll(videoId: string | null, url: string | null): Promise<void> {
    this.sent = this.file.size;
    this.phase = 'processing';
    let id = videoId;
    for (let round = 0; round < POLLS_MAX && !this.#closed; round++) {
      try {
        id ??= await this.#askId(url);
        if (id) {
          this.#giveSubtitles(id);
          return await this.#watch(id);
        }
      } catch (error) {
        if (error instanceof ApiError && error.status === 404) return this.#fail({ detail: error.detail });
      }
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
  }

  /** Once to each video: what is refused is said, and can be given again where it is edited. */
  #giveSubtitles(id: string): void {
    if (this.#givenTo === id) return;
    this.#givenTo = id;
    void giveAll(id, this.form.subtitles);
  }

  /** How far it is, as it is told; else it is asked for. */
  async #watch(id: string): Promise<void> {
    const follow = new Follow(id);
    try {
      for (let round = 0; round < POLLS_MAX && !this.#closed && !this.#settled();) {
        const news = round > 0 ? await follow.next(POLL_MS) : null;
        if (this.video && news?.state === 'processing') this.video = withNews(this.video, news);
        else {
          round++;
          this.video = await this.#ask(id);
        }
      }
    } finally {
      follow.end();
    }
  }

  /** As it was when it can't be asked for just now. Throws when it is gone. */
  async #ask(id: string): Promise<Video | null> {
    try {
      return await api.video(id, 'upload');
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) throw error;
      return this.video;
    }
  }

  async #askId(url: string | null): Promise<string | null> {
    const uploadId = url?.split('/').pop();
    if (!uploadId) return null;
    return (await api.upload(uploadId)).video?.id ?? null;
  }

  #settled(): boolean {
    const state = this.video?.state;
    if (state === 'published' || state === 'ended') {
      this.phase = 'published';
      profileChanges.epoch++;
      const ready = this.form.draft ? 'upload_draft_ready' : 'upload_live';
      toasts.show(t(this.video?.held ? 'upload_held' : ready));
      return true;
    }
    if (state === 'failed' || state === 'removed') {
      this.#fail(this.video?.failure ?? { detail: t('state_failed') });
      return true;
    }
    return false;
  }

  #fail(problem: Reasoned): void {
    this.phase = 'failed';
    this.problem = problem;
    this.waiting = false;
  }
}

type Unfinished = Extract<OwnUpload, { kind: 'upload' }>;

const addressOf = (id: string): string => `${API}/uploads/${encodeURIComponent(id)}`;

class Uploads {
  tasks = $state.raw<UploadTask[]>([]);
  /** Begun in an earlier tab and not finished. */
  unfinished = $state.raw<Unfinished[]>([]);
  /** Could not be processed, and still there for her to read why. */
  failed = $state.raw<Video[]>([]);
  #id = 0;
  #bound = false;

  get busy(): UploadTask[] {
    return this.tasks.filter((task) => task.busy);
  }

  add(file: File, form: UploadForm, resumeId?: string): UploadTask {
    this.#bind();
    const task = new UploadTask(this.#id++, file, form, resumeId && addressOf(resumeId));
    this.tasks = [task, ...this.tasks];
    if (resumeId) this.unfinished = this.unfinished.filter((one) => one.id !== resumeId);
    void task.start();
    return task;
  }

  remove(task: UploadTask): void {
    this.tasks = this.tasks.filter((other) => other !== task);
    if (task.busy) void task.stop(true);
  }

  async load(): Promise<void> {
    this.#bind();
    const epoch = session.epoch;
    const { items } = await api.ownUploads();
    if (epoch !== session.epoch) return;
    const mine = new Set(this.busy.map((task) => task.file.name));
    const here = new Set(this.tasks.map((task) => task.video?.id));
    this.unfinished = items.flatMap((one) => (one.kind === 'upload' && !mine.has(one.filename) ? [one] : []));
    this.failed = items.flatMap((one) =>
      one.kind === 'video' && one.video.state === 'failed' && !here.has(one.video.id) ? [one.video] : [],
    );
  }

  async removeUnfinished(upload: Unfinished): Promise<void> {
    const { removeUpload } = await import('./tus');
    await removeUpload(addressOf(upload.id));
    this.unfinished = this.unfinished.filter((one) => one.id !== upload.id);
  }

  async removeFailed(video: Video): Promise<void> {
    await api.deleteVideo(video.id);
    this.failed = this.failed.filter((one) => one.id !== video.id);
  }

  /** Whoever comes next to this device sees nothing of the last one's. */
  #forget(): void {
    for (const task of this.busy) void task.stop(false);
    this.tasks = [];
    this.unfinished = [];
    this.failed = [];
  }

  #bind(): void {
    if (this.#bound) return;
    this.#bound = true;
    $effect.root(() => {
      $effect(() => {
        void session.epoch;
        untrack(() => session.account || this.#forget());
      });
    });
    uploadPill.bind(() => this.busy[0]);
    addEventListener('online', () => {
      for (const task of this.busy) task.kick();
    });
    addEventListener('beforeunload', (event) => {
      if (this.tasks.some((task) => task.phase === 'sending')) event.preventDefault();
    });
  }
}

export const uploads = new Uploads();
