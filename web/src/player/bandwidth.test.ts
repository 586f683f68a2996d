import { describe, expect, it } from 'vitest';
import { finerRung, pickRung, startRungs, Throughput } from './bandwidth';

const rungs = [
  { width: 720, height: 1280, bitrate_bps: 2_500_000 },
  { width: 360, height: 640, bitrate_bps: 600_000 },
  { width: 540, height: 960, bitrate_bps: 1_200_000 },
];
const wish = (bps: number, widthPx = 1080, saver = false) => ({ bps, widthPx, saver });

describe('pickRung', () => {
  it('takes the best the line carries', () => {
    expect(pickRung(rungs, wish(20e6))?.width).toBe(720);
    expect(pickRung(rungs, wish(2e6))?.width).toBe(540);
    expect(pickRung(rungs, wish(1e5))?.width).toBe(360);
  });

  it('takes no more than the screen can show', () => {
    expect(pickRung(rungs, wish(20e6, 360))?.width).toBe(360);
    expect(pickRung(rungs, wish(20e6, 400))?.width).toBe(540);
  });

  it('takes the smallest with the data saver, and what there is', () => {
    expect(pickRung(rungs, wish(20e6, 1080, true))?.width).toBe(360);
    expect(pickRung(rungs.slice(0, 1), wish(1))?.width).toBe(720);
    expect(pickRung([], wish(1))).toBeUndefined();
  });
});

describe('a rung of 1080', () => {
  const late = { width: 1080, height: 1920, bitrate_bps: 4_800_000 };
  const all = [late, ...rungs];
  const best = rungs[0]!;

  it('never delays the first frame', () => {
    expect(pickRung(startRungs(all), wish(100e6))?.width).toBe(720);
    expect(startRungs([late])).toEqual([late]);
  });

  it('follows on a dense screen with a fast line', () => {
    expect(finerRung(all, best, wish(20e6, 780))).toBe(late);
    expect(finerRung(all, best, wish(9e6, 780))).toBeUndefined();
    expect(finerRung(all, best, wish(20e6, 400))).toBeUndefined();
    expect(finerRung(all, best, wish(20e6, 780, true))).toBeUndefined();
    expect(finerRung(all, late, wish(20e6, 780))).toBeUndefined();
  });
});

describe('Throughput', () => {
  it('falls fast, rises slowly, and ignores small answers', () => {
    const line = new Throughput(5e6);
    line.add(1000, 500);
    expect(line.bps).toBe(5e6);
    line.add(100_000, 800);
    expect(line.bps).toBeLessThan(4e6);
    const low = line.bps;
    line.add(1_000_000, 400);
    expect(line.bps).toBeGreaterThan(low);
    expect(line.bps).toBeLessThan(12e6);
  });
});
