// Shrinks one picture after the other beside the page.

import { shrunk } from './shrink';

addEventListener('message', ({ data }: MessageEvent<{ id: number; from: Blob | ImageBitmap }>) => {
  const { id, from } = data;
  shrunk(from)
    .then(
      (picture) => postMessage({ id, picture }),
      () => postMessage({ id, picture: null }),
    )
    .finally(() => {
      if ('close' in from) from.close();
    });
});
