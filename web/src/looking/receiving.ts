// Pictures that are pasted while a page is open, or dropped on it.

import { sheets } from '../lib/sheets.svelte';

export interface Receiving {
  onPicture: (file: File) => void;
  /** A file is held above the page, or no more. */
  onOver: (over: boolean) => void;
}

const picturesOf = (files: FileList | undefined): File | undefined =>
  [...(files ?? [])].find((file) => file.type.startsWith('image/'));

export function receiving(node: HTMLElement, { onPicture, onOver }: Receiving): { destroy: () => void } {
  function paste(event: ClipboardEvent): void {
    const data = event.clipboardData;
    const file = picturesOf(data?.files);
    // What is copied out of a document has its picture beside its words: the words were meant.
    if (!file || data?.types.includes('text/plain') || sheets.open || sheets.auth) return;
    event.preventDefault();
    onPicture(file);
  }

  const holdsFile = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;

  function over(event: DragEvent): void {
    if (!holdsFile(event)) return;
    event.preventDefault();
    onOver(true);
  }

  function leave(event: DragEvent): void {
    const to = event.relatedTarget;
    if (!(to instanceof Node) || !node.contains(to)) onOver(false);
  }

  function drop(event: DragEvent): void {
    if (!holdsFile(event)) return;
    event.preventDefault();
    onOver(false);
    // Not every system knows what kind of file HEIC is; what is no picture is said to be none.
    const file = picturesOf(event.dataTransfer?.files) ?? event.dataTransfer?.files[0];
    if (file) onPicture(file);
  }

  addEventListener('paste', paste);
  node.addEventListener('dragover', over);
  node.addEventListener('dragleave', leave);
  node.addEventListener('drop', drop);
  return {
    destroy() {
      removeEventListener('paste', paste);
      node.removeEventListener('dragover', over);
      node.removeEventListener('dragleave', leave);
      node.removeEventListener('drop', drop);
    },
  };
}
