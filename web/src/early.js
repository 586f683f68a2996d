// Stands in index.html itself and runs before anything else is there: the ground that the first
// paint has, and the first answer of the feed, asked for while the app is still on its way.
{
  const kept = (name) => {
    try {
      return localStorage.getItem(`fs.${name}`);
    } catch {
      return null;
    }
  };
  const theme = kept('theme');
  const { dataset } = document.documentElement;
  if (theme === 'dark' || theme === 'light') dataset.theme = theme;
  const light = theme ? theme === 'light' : matchMedia('(prefers-color-scheme: light)').matches;
  const player = location.pathname === '/' || location.pathname.startsWith('/v/');
  dataset.boot = light && !player ? 'light' : 'dark';
  if (location.pathname === '/' && kept('mode') !== 'not_profiled') {
    const path = '/api/v1/feed?mode=for_you&limit=6';
    const answer = fetch(path, { headers: { 'X-Filoscope-Client': 'web' } });
    answer.catch(() => {});
    globalThis.early = { path, answer };
  }
}
