// Pictures out of a file that has not been sent yet, to choose a cover from.

export interface Frame {
  ms: number;
  /** A small JPEG as a data URL. */
  picture: string;
}

/** Twice the height at which they are shown. */
const HEIGHT_PX = 200;
const WAIT_MS_MAX = 8000;

/**
 * `count` pictures of the video at `url`, evenly spread, each as soon as it is there.
 * Throws when the browser cannot read on in the file, or when `signal` is aborted.
 */
export async function* takeFrames(url: string, count: number, signal: AbortSignal): AsyncGenerator<Frame> {
  const video = document.createElement('video');
  video.muted = video.playsInline = true;
  video.preload = 'auto';
  const canvas = document.createElement('canvas');
  try {
    await reached(video, 'loadedmetadata', () => (video.src = url), signal);
    const seconds = await lengthOf(video, signal);
    for (let i = 0; i < count; i++) {
      const ms = Math.floor(((i + 0.5) / count) * seconds * 1000);
      await seek(video, ms / 1000, signal);
      yield { ms, picture: draw(video, canvas) };
    }
  } finally {
    video.removeAttribute('src');
    video.load();
  }
}

/** What a browser recorded may not say how long it is: then its end is looked for. */
async function lengthOf(video: HTMLVideoElement, signal: AbortSignal): Promise<number> {
  if (video.duration !== Infinity) return video.duration;
  await seek(video, 1e7, signal);
  return video.currentTime;
}

const seek = (video: HTMLVideoElement, seconds: number, signal: AbortSignal): Promise<void> =>
  reached(video, 'seeked', () => (video.currentTime = seconds), signal);

function reached(
  video: HTMLVideoElement,
  event: 'loadedmetadata' | 'seeked',
  begin: () => void,
  signal: AbortSignal,
): Promise<void> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const once = { once: true };
    video.addEventListener(event, () => resolve(), once);
    video.addEventListener('error', () => reject(new Error('not readable')), once);
    signal.addEventListener('abort', () => reject(new Error('stopped')), once);
    setTimeout(() => reject(new Error(`no ${event}`)), WAIT_MS_MAX);
    begin();
  });
}

function draw(video: HTMLVideoElement, canvas: HTMLCanvasElement): string {
  if (video.videoWidth === 0) throw new Error('no picture');
  canvas.height = HEIGHT_PX;
  canvas.width = Math.max(1, Math.round((HEIGHT_PX * video.videoWidth) / video.videoHeight));
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/jpeg', 0.7);
}
