// Stands in index.html itself and runs before anything else is there: the ground that the first
// paint has, and the first answer of the feed, asked for while the app is still on its way. Its
// first clip plays at once, on a phone where its stage will be; the app, whose start would hold up
// the picture, comes behind it and takes the element over (player/early.ts).
{
  const kept = (name) => {
    try {
      return localStorage.getItem(`fs.${name}`);
    } catch {
      return null;
    }
  };
  /** A session that nothing is learned from (lib/learning.svelte.ts): the app asks for itself. */
  const unlearned = () => {
    try {
      return sessionStorage.getItem('fs.unlearned') !== null;
    } catch {
      return false;
    }
  };
  // A cautious choice: the app's own (player/bandwidth.ts) rules from the second clip on.
  const rungOf = (rungs) => {
    const { downlink = 5, saveData = false } = navigator.connection ?? {};
    const bps = Number(kept('bps')) || downlink * 1e6;
    const saver = kept('saver') === null ? saveData : kept('saver') === '1';
    const fit = (rung) => !saver && rung.bitrate_bps * 1.5 <= bps && Math.min(rung.width, rung.height) <= 720;
    rungs.sort((a, b) => a.bitrate_bps - b.bitrate_bps);
    return rungs.filter(fit).pop() ?? rungs[0];
  };
  const begin = ({ items }) => {
    const clip = items[0]?.video;
    const rung = rungOf(clip?.playback?.renditions ?? []);
    // What is said of a clip first the app says.
    if (!rung || clip.sensitive || clip.flashes || document.hidden || !globalThis.early) return null;
    const video = document.createElement('video');
    video.dataset.clip = clip.id;
    video.id = 'early';
    video.muted = video.playsInline = true;
    video.className = clip.height / clip.width > 1.55 ? 'cover' : '';
    video.src = rung.url;
    document.body.append(video);
    video.play().catch(() => {});
    return new Promise((shown) => {
      video.onerror = shown;
      if (video.requestVideoFrameCallback) video.requestVideoFrameCallback(shown);
      else video.onloadeddata = shown;
    });
  };
  const theme = kept('theme');
  const { dataset } = document.documentElement;
  if (theme === 'dark' || theme === 'light') dataset.theme = theme;
  const light = theme ? theme === 'light' : matchMedia('(prefers-color-scheme: light)').matches;
  const player = location.pathname === '/' || location.pathname.startsWith('/v/');
  dataset.boot = light && !player ? 'light' : 'dark';
  let picture = null;
  if (location.pathname === '/' && kept('mode') !== 'not_profiled' && !unlearned()) {
    const path = '/api/v1/feed?mode=for_you&limit=6';
    const asked = fetch(path, {
      headers: { 'X-Filoscope-Client': 'web' },
      signal: AbortSignal.timeout(20_000),
    });
    const read = asked.then(async (got) => ({ got, text: await got.text() }));
    const answer = read.then(({ got, text }) => new Response(text, got));
    answer.catch(() => {});
    globalThis.early = { path, answer };
    picture = read.then(({ got, text }) => (got.ok ? begin(JSON.parse(text)) : null)).catch(() => {});
  }
  // Filled in by the build; the development server starts the app by itself.
  const [app, href] = ['__APP__', '__STYLE__'];
  const start = async () => {
    await Promise.race([picture, new Promise((late) => setTimeout(late, 500))]);
    const style = Object.assign(document.createElement('link'), { rel: 'stylesheet', crossOrigin: '', href });
    await new Promise((loaded) => {
      style.onload = style.onerror = loaded;
      document.head.append(style);
    });
    await import(app);
  };
  if (app.startsWith('/')) document.addEventListener('DOMContentLoaded', start);
}
