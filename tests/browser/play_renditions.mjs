// Plays every rendition of published videos in Chromium, through MSE segment by segment and as a plain `src`, each to its end.
// Reads [{name, video}] from standard input, `video` as GET /videos/{id} gives it; writes one JSON line a video: {name, problems, played}.

import { text } from 'node:stream/consumers';

import { DESKTOP, launch, visitor } from './lib.mjs';

/** In the page: all that is asked of one video. */
async function examine(video) {
  const LATE_MS = 120; // how far a clip's end may lie from what the facts say
  const ENTIRELY_S = 12; // longer ones are played at their beginning and from shortly before their end
  const problems = [];
  const played = [];

  const within = (promise, ms, what) =>
    Promise.race([
      promise,
      new Promise((_, no) => setTimeout(() => no(new Error(`${what} within ${ms} ms`)), ms)),
    ]);
  const event = (target, name) =>
    new Promise((yes, no) => {
      target.addEventListener(name, yes, { once: true });
      target.addEventListener('error', () => no(new Error(target.error?.message || `${name}: error`)), {
        once: true,
      });
    });
  const range = async (url, first, last) => {
    const answer = await fetch(url, { headers: { Range: `bytes=${first}-${last}` } });
    const bytes = await answer.arrayBuffer();
    if (answer.status !== 206 || bytes.byteLength !== last - first + 1) {
      throw new Error(`${answer.status} with ${bytes.byteLength} bytes for ${first}-${last}`);
    }
    return bytes;
  };

  /** [first, last] of the head and of each segment, from the rendition's own playlist. */
  async function ranges(rendition) {
    const address = video.playback.hls.replace(/[^/]*$/, `${rendition.name}.m3u8`);
    const list = await (await fetch(address)).text();
    const head = list.match(/#EXT-X-MAP:.*BYTERANGE="(\d+)@(\d+)"/);
    const all = [...list.matchAll(/#EXT-X-BYTERANGE:(\d+)@(\d+)/g)];
    const pair = ([, length, offset]) => [Number(offset), Number(offset) + Number(length) - 1];
    return {
      head: pair(head),
      segments: all.map(pair),
      inAll: [...list.matchAll(/#EXTINF:([\d.]+)/g)].reduce((sum, [, s]) => sum + Number(s), 0),
    };
  }

  async function throughMse(element, rendition) {
    const { head, segments, inAll } = await ranges(rendition);
    const last = segments.at(-1)[1];
    if (last + 1 !== rendition.bytes)
      throw new Error(`the segments end at ${last + 1} of ${rendition.bytes} bytes`);
    if (Math.abs(inAll * 1000 - video.duration_ms) > LATE_MS)
      throw new Error(`the playlist lasts ${inAll} s`);
    const source = new MediaSource();
    element.src = URL.createObjectURL(source);
    await event(source, 'sourceopen');
    const type = `video/mp4; codecs="${rendition.codecs}"`;
    if (!MediaSource.isTypeSupported(type)) throw new Error(`${type} is not supported`);
    const buffer = source.addSourceBuffer(type);
    for (const [first, end] of [head, ...segments]) {
      const done = event(buffer, 'updateend');
      buffer.appendBuffer(await range(rendition.url, first, end));
      await done;
      if (element.error) throw new Error(element.error.message);
    }
    source.endOfStream();
    const { buffered } = buffer;
    if (buffered.length !== 1 || buffered.start(0) > 0.05) {
      throw new Error(
        `buffered: ${[...Array(buffered.length).keys()].map((i) => `${buffered.start(i)}-${buffered.end(i)}`)}`,
      );
    }
    await toTheEnd(element, rendition);
  }

  async function asSource(element, rendition) {
    element.src = rendition.url;
    await within(event(element, 'loadeddata'), 20_000, 'no first picture');
    await toTheEnd(element, rendition);
  }

  async function toTheEnd(element, rendition) {
    if (element.readyState < 2) await within(event(element, 'loadeddata'), 20_000, 'no first picture');
    if (element.videoWidth !== rendition.width || element.videoHeight !== rendition.height) {
      throw new Error(`the picture is ${element.videoWidth}x${element.videoHeight}`);
    }
    if (Math.abs(element.duration * 1000 - video.duration_ms) > LATE_MS)
      throw new Error(`it lasts ${element.duration} s`);
    const ended = event(element, 'ended');
    element.playbackRate = 4;
    await element.play();
    if (element.duration > ENTIRELY_S) {
      await within(
        new Promise((yes) => element.addEventListener('timeupdate', () => element.currentTime > 1 && yes())),
        20_000,
        'it does not move',
      );
      const sought = event(element, 'seeked');
      element.currentTime = element.duration - 2;
      await within(sought, 20_000, 'it did not seek');
    }
    await within(ended, 40_000, `it did not end but stood at ${element.currentTime}`);
    if (Math.abs(element.currentTime * 1000 - video.duration_ms) > LATE_MS)
      throw new Error(`it ended at ${element.currentTime} s`);
    const frames = element.getVideoPlaybackQuality().totalVideoFrames;
    if (frames < 1) throw new Error('no picture was decoded');
    if ((video.sound !== null) !== element.webkitAudioDecodedByteCount > 0) {
      throw new Error(`${element.webkitAudioDecodedByteCount} bytes of sound were decoded`);
    }
  }

  for (const rendition of video.playback.renditions) {
    for (const [how, play] of [
      ['MSE', throughMse],
      ['src', asSource],
    ]) {
      const element = document.createElement('video');
      element.muted = true;
      document.body.append(element);
      try {
        await within(play(element, rendition), 90_000, 'not through');
        played.push(`${rendition.name} ${how}`);
      } catch (problem) {
        problems.push(`${rendition.name} ${how}: ${problem.message}`);
      }
      element.removeAttribute('src');
      element.load();
      element.remove();
    }
  }
  for (const address of video.playback.covers) {
    const cover = new Image();
    cover.src = address;
    await within(cover.decode(), 20_000, 'no cover').catch((problem) =>
      problems.push(`${address}: ${problem.message}`),
    );
    const upright = (width, height) => Math.sign(width - height);
    if (upright(cover.naturalWidth, cover.naturalHeight) !== upright(video.width, video.height))
      problems.push('a cover lies on its side');
  }
  if (video.playback.covers.length === 0) problems.push('no cover');
  return { problems, played };
}

const videos = JSON.parse(await text(process.stdin));
const browser = await launch({ autoplay: 'no-user-gesture-required' });
const { page } = await visitor(browser, DESKTOP);
await page.goto('/healthz');
for (const { name, video } of videos) {
  console.log(JSON.stringify({ name, ...(await page.evaluate(examine, video)) }));
}
await browser.close();
