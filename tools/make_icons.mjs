// Draws the PNG icons of the web app from web/public/icon.svg with Chromium: node tools/make_icons.mjs

import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const folder = join(root, 'web/public');
const { chromium } = createRequire(join(root, 'web/package.json'))('playwright-core');
const svg = readFileSync(join(folder, 'icon.svg'), 'utf8');

// `art` is the share of the side that the drawing takes; what a launcher cuts to its own shape has a ground of its own.
const ICONS = [
  { name: 'icon-192.png', side: 192, art: 1, ground: 'transparent' },
  { name: 'icon-512.png', side: 512, art: 1, ground: 'transparent' },
  { name: 'icon-maskable-192.png', side: 192, art: 0.86, ground: '#000' },
  { name: 'icon-maskable-512.png', side: 512, art: 0.86, ground: '#000' },
  { name: 'apple-touch-icon.png', side: 180, art: 0.94, ground: '#000' },
  { name: 'favicon.ico', side: 48, art: 1, ground: 'transparent' },
];

/** One PNG as an ICO file, which may hold PNGs since Windows Vista. */
function ico(png, side) {
  const head = Buffer.alloc(22);
  head.writeUInt16LE(1, 2);
  head.writeUInt16LE(1, 4);
  head.writeUInt8(side, 6);
  head.writeUInt8(side, 7);
  head.writeUInt16LE(1, 10);
  head.writeUInt16LE(32, 12);
  head.writeUInt32LE(png.length, 14);
  head.writeUInt32LE(head.length, 18);
  return Buffer.concat([head, png]);
}

const browser = await chromium.launch({ executablePath: process.env.FILOSCOPE_CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage();
for (const { name, side, art, ground } of ICONS) {
  await page.setViewportSize({ width: side, height: side });
  await page.setContent(`<body style="margin:0;display:grid;place-items:center;height:100vh;background:${ground}">
    <div style="width:${side * art}px;height:${side * art}px">${svg.replace('<svg ', '<svg style="display:block" ')}</div>`);
  const png = await page.screenshot({ omitBackground: true });
  writeFileSync(join(folder, name), name.endsWith('.ico') ? ico(png, side) : png);
}
await browser.close();
