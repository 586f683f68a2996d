import { afterEach, describe, expect, it, vi } from 'vitest';
import { serverNow, tellTime } from './clock';

afterEach(() => vi.useRealTimers());

describe('serverNow', () => {
  it("is the device's until the server has said, then the server's, and goes on", () => {
    vi.useFakeTimers({ now: Date.UTC(2020, 0, 1) });
    tellTime(null);
    tellTime('yesterday');
    expect(serverNow()).toBe(Date.UTC(2020, 0, 1));
    tellTime('Wed, 01 Jul 2026 12:00:00 GMT');
    vi.advanceTimersByTime(5000);
    expect(serverNow()).toBe(Date.UTC(2026, 6, 1, 12, 0, 5));
  });

  it('follows a device whose clock is set meanwhile, with the next answer', () => {
    vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
    tellTime('Wed, 01 Jul 2026 12:00:00 GMT');
    expect(serverNow()).toBe(Date.UTC(2026, 6, 1, 12));
  });
});
