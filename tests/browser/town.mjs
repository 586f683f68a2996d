// A server of a test's own with people on it, clips made for it, and who is signed in.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, ownServer, PASSWORD, PHONE, visitor } from './lib.mjs';

const PROCESSED_MS_MAX = 60_000;

export const ffmpeg = (...words) =>
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...words.map(String)]);

const ENCODED = ['-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'];

/** With a picture of this source of ffmpeg, and a tone of its own for every seed. */
function clipOf(path, picture, seed, seconds) {
  const tone = `aevalsrc='0.4*sin(2*PI*t*(${300 + 97 * seed}+90*sin(3*t)))':d=${seconds}`;
  ffmpeg(
    ...['-f', 'lavfi', '-t', seconds, '-i', picture, '-f', 'lavfi', '-i', tone],
    ...ENCODED,
    ...['-shortest', path],
  );
  return path;
}

export class Town {
  /** @param browser of sharedBrowser() */
  constructor(browser) {
    this.browser = browser;
    /** The token of each, by handle. */
    this.people = {};
    this.folder = mkdtempSync(join(tmpdir(), 'filoscope-town-'));
  }

  /** With people of these handles; `mo` is a moderator. `environment` is the server's. */
  async open(handles, environment = {}) {
    this.server = await ownServer(environment);
    for (const handle of handles) await this.join(handle);
    await this.server.role('mo', 'moderator');
  }

  async close() {
    await this.server?.close();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Cells that live and die, others with every seed. */
  lively(name, seed) {
    const life = `life=size=45x80:rate=10:mold=10:ratio=0.3:seed=${seed}:death_color=#C83232:life_color=#32C8C8`;
    return clipOf(join(this.folder, `${name}.mp4`), `${life},scale=360:640:flags=neighbor,fps=25`, seed, 3);
  }

  /** Black and white, ten changes a second, all over. */
  strobe(name, seed) {
    const picture = "color=black:size=360x640:rate=30,geq=lum='235*gt(mod(N,6),2)':cb=128:cr=128";
    return clipOf(join(this.folder, `${name}.mp4`), picture, seed, 3);
  }

  async ask(handle, method, path, body) {
    const form = body instanceof FormData;
    const answer = await fetch(`${this.server.url}/api/v1${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.people[handle]}`,
        ...(form || typeof body === 'string' ? {} : { 'Content-Type': 'application/json' }),
        ...(typeof body === 'string' ? { 'Content-Type': 'text/csv' } : {}),
      },
      ...(body ? { body: form || typeof body === 'string' ? body : JSON.stringify(body) } : {}),
    });
    assert.ok(answer.ok, `${method} ${path}: ${answer.status}`);
    if (answer.status === 204) return null;
    return answer.headers.get('content-type').includes('json') ? answer.json() : answer.text();
  }

  async join(handle, birth_date = '1990-05-17') {
    const form = { handle, password: PASSWORD, birth_date, display_name: `${handle} here` };
    const answer = await fetch(`${this.server.url}/api/v1/accounts`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(form),
    });
    this.people[handle] = (await answer.json()).token;
  }

  /** Uploads without a browser; the id, once it is processed. */
  async upload(handle, clip, caption, fields = {}) {
    const form = new FormData();
    for (const [name, value] of Object.entries({ caption, ...fields })) form.set(name, value);
    form.set('file', new Blob([readFileSync(clip)]), 'clip.mp4');
    const { id } = (await this.ask(handle, 'POST', '/videos', form)).video;
    const state = async () => (await this.ask(handle, 'GET', `/videos/${id}`)).state;
    await eventually(async () => (await state()) === 'published', { timeoutMs: PROCESSED_MS_MAX });
    return id;
  }

  /** Nobody who is known here. */
  visitor(options = PHONE) {
    return visitor(this.browser, { ...options, baseURL: this.server.url });
  }

  async signedIn(handle, options = PHONE) {
    const { context, page } = await this.visitor(options);
    await page.goto('/me');
    await page.locator('.page-inner').getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.fill('#auth-handle', handle);
    await page.fill('#auth-password', PASSWORD);
    await page.locator('[role=dialog] form button.main').click();
    await page.getByText(`@${handle}`).first().waitFor();
    return { context, page };
  }
}

export const toast = (page, text) => page.locator('.toast', { hasText: text }).waitFor();
export const card = (page, id) => page.locator(`[data-held="${id}"]`);

/** By the way that there is to it. */
export async function openModeration(page) {
  await page.goto('/settings');
  await page.getByRole('link', { name: /Decide about what is held/ }).click();
  await page.getByRole('heading', { name: 'Block list' }).waitFor();
}
