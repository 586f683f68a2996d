// How curves are drawn: options of uPlot in the page's colours.

import type uPlot from 'uplot';
import { i18n } from '../lib/i18n.svelte';

export interface Line {
  name: string;
  /** A colour that style sheets know, also a var(). */
  colour: string;
  values: (number | null)[];
  dashed?: boolean;
  /** Points alone. */
  dots?: boolean;
}

/** Told apart by who sees red and green alike too, on black and on white (after Okabe and Ito). */
export const COLOURS = ['#e69f00', '#3aa0e0', '#0fa97f', '#d55e00', '#c177ab', '#8a7cf0', '#8c8c96'];

const HEIGHT_PX = 200;
const LABEL_PX = 58;
const TIMES_PX = 28;
/** Between the marks of a time axis; nothing here changes within a minute. */
const STEPS_S = [60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600];

interface Drawing {
  target: HTMLElement;
  lines: Line[];
  says: (value: number) => string;
  time: boolean;
  width: number;
  xSays?: (value: number) => string;
  /** The place under the pointer; null when there is none. */
  onAt: (index: number | null) => void;
}

/** A canvas knows no variables: what they are where it stands. */
function resolved(target: HTMLElement, colour: string): string {
  const name = /^var\((--[\w-]+)\)$/.exec(colour)?.[1];
  return name ? getComputedStyle(target).getPropertyValue(name).trim() : colour;
}

export function drawing({ target, lines, says, time, width, xSays, onAt }: Drawing): uPlot.Options {
  const quiet = resolved(target, 'var(--quiet)');
  const grid = { stroke: resolved(target, 'var(--line)'), width: 1 };
  const axis = {
    stroke: quiet,
    grid,
    ticks: { show: false },
    font: `11px ${getComputedStyle(target).fontFamily}`,
  };
  const clock = new Intl.DateTimeFormat(i18n.language, { timeStyle: 'short' });
  const onX = time ? (at: number) => clock.format(at * 1000) : (xSays ?? String);
  return {
    width,
    height: HEIGHT_PX,
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { size: 6 } },
    scales: { x: { time } },
    axes: [
      {
        ...axis,
        size: TIMES_PX,
        space: 72,
        ...(time && { incrs: STEPS_S }),
        values: (_, splits) => splits.map(onX),
      },
      { ...axis, size: LABEL_PX, space: 36, values: (_, splits) => splits.map(says) },
    ],
    series: [
      {},
      ...lines.map((line) => ({
        label: line.name,
        stroke: resolved(target, line.colour),
        width: line.dots ? 0 : 1.5,
        spanGaps: !line.dots,
        ...(line.dashed && { dash: [5, 4] }),
        points: line.dots ? { show: true, size: 8, fill: resolved(target, line.colour) } : { show: false },
      })),
    ],
    hooks: { setCursor: [(plot) => onAt(plot.cursor.idx ?? null)] },
  };
}
