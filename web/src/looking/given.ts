// What is to be searched for, on its way from where it was chosen to the page that shows it.

import { router } from '../lib/router.svelte';
import { href } from '../lib/routes';

/** What a video shows at a time: the server has that picture itself. */
export interface Moment {
  video_id: string;
  at_ms: number;
}

export interface Given {
  /** To show and to choose a part of. A bitmap is closed once it has been read. */
  from: Blob | ImageBitmap;
  moment?: Moment;
  /** It stands for another picture: where its object is says nothing. */
  standsIn?: boolean;
}

let given: Given | null = null;

export function searchFor(what: Given): void {
  given = what;
  router.go(href.searchPicture);
}

/** Once. */
export function takeGiven(): Given | null {
  const taken = given;
  given = null;
  return taken;
}
