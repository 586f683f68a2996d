// The resumable transfer itself (tus 1.0.0 by tus-js-client), loaded only when something is sent.

import { DetailedError, Upload, type HttpRequest, type HttpResponse } from 'tus-js-client';
import { API, clientHeaders, sentenceOf } from '../lib/http';
import { t } from '../lib/i18n.svelte';
import type { Problem } from '../lib/types';

/** What a killed server or a lost network costs at most; the server takes up to 8 MiB at once. */
const CHUNK_BYTES = 2 * 1024 * 1024;
/** About ten minutes without a network or server before she is asked to try again. */
const RETRY_MS = [0, 500, 1000, 2000, 4000, ...Array<number>(60).fill(10_000)];

export interface TransferOptions {
  file: File;
  fingerprint: string;
  metadata: Record<string, string>;
  /** Address of an upload that an earlier page began. */
  uploadUrl?: string;
  onProgress: (sent: number, total: number) => void;
  /** True while the network or the server is away and the transfer waits to go on. */
  onWaiting: (waiting: boolean) => void;
  onDone: (videoId: string | null, uploadUrl: string | null) => void;
  onError: (sentence: string) => void;
}

export interface Transfer {
  abort: (remove: boolean) => Promise<void>;
  kick: () => void;
}

const answerTo = (error: Error): HttpResponse | null =>
  error instanceof DetailedError ? error.originalResponse : null;

/** What went wrong, for a person. */
function sentenceFor(error: Error): string {
  const answer = answerTo(error);
  if (!answer) return t('error_offline');
  try {
    return sentenceOf(JSON.parse(answer.getBody()) as Partial<Problem>);
  } catch {
    return t('error_server');
  }
}

function withHeaders(request: HttpRequest): void {
  for (const [name, value] of Object.entries(clientHeaders())) request.setHeader(name, value);
}

/** Throws away what the server has of an upload that an earlier page began. */
export async function removeUpload(url: string): Promise<void> {
  try {
    await Upload.terminate(url, { onBeforeRequest: withHeaders });
  } catch (error) {
    const status = answerTo(error as Error)?.getStatus();
    // It may have run out meanwhile.
    if (status !== 404 && status !== 410) throw new Error(sentenceFor(error as Error), { cause: error });
  }
}

export async function startTransfer(options: TransferOptions): Promise<Transfer> {
  const upload = new Upload(options.file, {
    endpoint: `${API}/uploads`,
    ...(options.uploadUrl ? { uploadUrl: options.uploadUrl } : {}),
    chunkSize: CHUNK_BYTES,
    retryDelays: RETRY_MS,
    removeFingerprintOnSuccess: true,
    // The same file with another sound is another upload.
    fingerprint: () => Promise.resolve(`fs-${options.fingerprint}${options.metadata['sound_id'] ?? ''}`),
    metadata: { ...options.metadata, fingerprint: options.fingerprint },
    onBeforeRequest: withHeaders,
    onAfterResponse() {
      options.onWaiting(false);
    },
    onShouldRetry(error) {
      const status = error.originalResponse?.getStatus() ?? 0;
      // No answer, a conflict of offsets, a lock, a full queue or a failing server pass by.
      const again = status === 0 || status >= 500 || [409, 423, 429, 460].includes(status);
      options.onWaiting(again);
      return again;
    },
    onProgress: options.onProgress,
    onSuccess({ lastResponse }) {
      options.onDone(lastResponse.getHeader('Filoscope-Video-Id') ?? null, upload.url);
    },
    onError: (error) => options.onError(sentenceFor(error)),
  });
  if (!options.uploadUrl) {
    const [previous] = await upload.findPreviousUploads();
    if (previous) upload.resumeFromPreviousUpload(previous);
  }
  upload.start();
  return {
    abort: (remove) => upload.abort(remove),
    kick: () => {
      void upload.abort(false).then(() => upload.start());
    },
  };
}
