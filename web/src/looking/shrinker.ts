// Has pictures shrunk beside the page where the browser lets a worker draw, else on it.

import { shrunk, type Shrunk } from './shrink';

/** The browser cannot read the picture. */
export class Unreadable extends Error {}

interface Answer {
  id: number;
  picture: Shrunk | null;
}

let worker: Worker | null = null;
let none = !('OffscreenCanvas' in globalThis && 'Worker' in globalThis);
let last = 0;

export async function shrink(from: Blob | ImageBitmap): Promise<Shrunk> {
  const picture = none ? undefined : await byWorker(from);
  if (picture === null) throw new Unreadable();
  if (picture) return picture;
  none = true;
  return shrunk(from).catch(() => {
    throw new Unreadable();
  });
}

/** Null: not readable; undefined: there is no worker to be had. */
function byWorker(from: Blob | ImageBitmap): Promise<Shrunk | null | undefined> {
  const id = ++last;
  return new Promise((resolve) => {
    try {
      worker ??= new Worker(new URL('./shrink_worker.ts', import.meta.url), { type: 'module' });
    } catch {
      return resolve(undefined);
    }
    const asked = worker;
    const answered = ({ data }: MessageEvent<Answer>) => {
      if (data.id === id) done(data.picture);
    };
    const broken = () => {
      worker = null;
      done(undefined);
    };
    const done = (picture: Shrunk | null | undefined) => {
      asked.removeEventListener('message', answered);
      asked.removeEventListener('error', broken);
      resolve(picture);
    };
    asked.addEventListener('message', answered);
    asked.addEventListener('error', broken);
    // Not handed over: without a worker the page still has it to draw.
    asked.postMessage({ id, from });
  });
}
