// Fingers and mice on the crop box: a corner resizes it, its inside moves it, outside of it a new
// one is drawn. One finger at a time; what another program takes away leaves the box as it was.

import type { Crop } from '../lib/types';
import { dragged, gripAt, type Grip } from './crop';

export interface Gripped {
  box: () => Crop;
  /** The picture's place on the page; what is touched may be larger. */
  picture: () => HTMLElement;
  onChange: (box: Crop) => void;
}

/** Half of what a finger needs to take hold of a corner. */
const REACH_PX = 22;
/** A tap beside the box draws none. */
const SLOP_PX = 8;
const CURSORS: Record<Grip, string> = {
  nw: 'nwse-resize',
  se: 'nwse-resize',
  ne: 'nesw-resize',
  sw: 'nesw-resize',
  inside: 'move',
  outside: 'crosshair',
};

interface Hold {
  pointer: number;
  grip: Grip;
  box: Crop;
  from: { x: number; y: number };
  /** The finger has moved: this is no tap. */
  moved: boolean;
}

export function gripping(node: HTMLElement, gripped: Gripped): { destroy: () => void } {
  let hold: Hold | null = null;

  const place = (event: PointerEvent) => {
    const area = gripped.picture().getBoundingClientRect();
    const at = { x: (event.clientX - area.left) / area.width, y: (event.clientY - area.top) / area.height };
    return { area, at, reach: { x: REACH_PX / area.width, y: REACH_PX / area.height } };
  };

  function down(event: PointerEvent): void {
    if (hold || event.button !== 0) return;
    const { at, reach } = place(event);
    const box = gripped.box();
    hold = { pointer: event.pointerId, grip: gripAt(box, at, reach), box, from: at, moved: false };
    node.setPointerCapture(event.pointerId);
  }

  function move(event: PointerEvent): void {
    const { area, at, reach } = place(event);
    if (!hold) {
      node.style.cursor = CURSORS[gripAt(gripped.box(), at, reach)];
      return;
    }
    if (event.pointerId !== hold.pointer) return;
    const { from, grip, box } = hold;
    hold.moved ||= Math.hypot((at.x - from.x) * area.width, (at.y - from.y) * area.height) >= SLOP_PX;
    if (grip !== 'outside' || hold.moved) gripped.onChange(dragged(box, grip, from, at));
  }

  function up(event: PointerEvent): void {
    if (event.pointerId === hold?.pointer) hold = null;
  }

  function cancel(event: PointerEvent): void {
    if (event.pointerId !== hold?.pointer) return;
    gripped.onChange(hold.box);
    hold = null;
  }

  node.addEventListener('pointerdown', down);
  node.addEventListener('pointermove', move);
  node.addEventListener('pointerup', up);
  node.addEventListener('pointercancel', cancel);
  return {
    destroy() {
      node.removeEventListener('pointerdown', down);
      node.removeEventListener('pointermove', move);
      node.removeEventListener('pointerup', up);
      node.removeEventListener('pointercancel', cancel);
    },
  };
}
