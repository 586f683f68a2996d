import { onDestroy } from 'svelte';

/** Of the component that calls this while it is set up: aborted when it is gone. */
export function lifetime(): AbortSignal {
  const life = new AbortController();
  onDestroy(() => life.abort());
  return life.signal;
}
