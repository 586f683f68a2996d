// The first clip of the feed, which index.html began before the app was there (src/early.js).

const ID = 'early';

/** The element that plays it, once and without its place on the page; its clip is in `data-clip`. */
export function takeEarly(): HTMLVideoElement | null {
  const video = document.getElementById(ID);
  if (!(video instanceof HTMLVideoElement)) return null;
  video.removeAttribute('id');
  video.removeAttribute('class');
  return video;
}

/** Nobody took it: another page is open. */
export function dropEarly(): void {
  document.getElementById(ID)?.remove();
}
