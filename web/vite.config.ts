import { svelte } from '@sveltejs/vite-plugin-svelte';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const backend = process.env['FILOSCOPE_URL'] ?? 'http://localhost:8080';

const CORE = new RegExp(
  [
    'node_modules/(svelte|esm-env|clsx)/',
    'src/(lib/(?!kept|labels|lifetime|playlist)|player/)',
    'src/feed/(?!DetailPane|WarningCover|removal|safety_words)',
    'src/messages/en',
    'src/(main|App)',
    'src/upload/pill',
    'src/ui/(Nav|Avatar|PullMark|RichText|Spinner|Toasts|UploadPill)',
    'src/(routes/Page|sheets/SheetHost)\\.svelte',
    '@lucide/svelte/dist/(Icon|context|icons/(bell|house|plus|search|settings|user|bookmark|check|' +
      'ellipsis|heart|message-circle|music-2|play|share-2|upload|volume-2|volume-off))\\.',
  ].join('|'),
);

function isCore(id: string): boolean {
  return CORE.test(id.replaceAll('\\', '/'));
}

const COMPRESSED = /\.(js|css|svg|webmanifest)$/;
/** What the app's shell is made of, for a start without a network. */
const SHELL =
  /^(assets\/.*\.(js|css)|assets\/inter-latin-wght.*\.woff2|index\.html|icon\.svg|icon-192\.png|manifest\.webmanifest)$/;

/** Writes a .br and a .gz twin of every text file: the server sends those and compresses nothing. */
function twins(): Plugin {
  let folder = '';
  return {
    name: 'twins',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !COMPRESSED.test(entry.name)) continue;
        const path = join(entry.parentPath, entry.name);
        const bytes = readFileSync(path);
        const params = { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length };
        writeFileSync(`${path}.br`, brotliCompressSync(bytes, { params }));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

/** The one font of the first frame is fetched beside the script and not after the style sheet. */
function fontPreload(): Plugin {
  return {
    name: 'font-preload',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler(_html, { bundle }) {
        const font = Object.keys(bundle ?? {}).find((name) => /inter-latin-wght.*woff2$/.test(name));
        if (!font) return [];
        const attrs = { rel: 'preload', as: 'font', type: 'font/woff2', href: `/${font}`, crossorigin: '' };
        return [{ tag: 'link', attrs, injectTo: 'head' as const }];
      },
    },
  };
}

const APP_SCRIPT = /<script type="module"[^>]*src="(\/assets\/[^"]+)"><\/script>/;
const APP_STYLE = /<link rel="stylesheet"[^>]*href="(\/assets\/[^"]+)">/;

/** src/early.js as it stands in the page, without what only its readers need; it starts the app. */
function early(): Plugin {
  return {
    name: 'early',
    transformIndexHtml: {
      order: 'post',
      handler(html) {
        const source = readFileSync(join(import.meta.dirname, 'src/early.js'), 'utf8');
        const script = source.replace(/^\s*\/\/.*\n/gm, '').replace(/\n\s*/g, '\n');
        const [app, style] = [APP_SCRIPT, APP_STYLE].map((tag) => tag.exec(html)?.[1] ?? '');
        if (!app || !style) return html.replace('<!--early-->', () => `<script>${script}</script>`);
        // Fetched beside the first clip, but neither compiled nor applied before it is seen.
        return html
          .replace(APP_SCRIPT, `<link rel="preload" as="script" crossorigin href="${app}">`)
          .replace(APP_STYLE, `<link rel="preload" as="style" crossorigin href="${style}">`)
          .replace(
            '<!--early-->',
            () => `<script>${script.replace('__APP__', app).replace('__STYLE__', style)}</script>`,
          );
      },
    },
  };
}

/** sw.js: src/sw.js with the list of files that are there, and its name for them all together. */
function serviceWorker(): Plugin {
  let folder = '';
  return {
    name: 'service-worker',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle() {
      const names = readdirSync(folder, { recursive: true, encoding: 'utf8' })
        .filter((name) => SHELL.test(name))
        .sort();
      const hash = createHash('sha256');
      for (const name of names) hash.update(name).update(readFileSync(join(folder, name)));
      const source = readFileSync(join(import.meta.dirname, 'src/sw.js'), 'utf8');
      const files = JSON.stringify(names.map((name) => `/${name}`));
      const version = hash.update(source).digest('hex').slice(0, 16);
      writeFileSync(
        join(folder, 'sw.js'),
        source.replace('__FILES__', files).replace('__VERSION__', version),
      );
    },
  };
}

export default defineConfig({
  plugins: [svelte(), early(), fontPreload(), serviceWorker(), twins()],
  build: {
    target: ['es2022', 'chrome107', 'safari16.4', 'firefox110'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        codeSplitting: {
          // What the first frame needs comes in one file; what several pages share in another.
          groups: [
            { name: 'core', test: isCore, priority: 2 },
            { name: 'shared', test: /[\\/](src[\\/]ui|@lucide)[\\/]/, minShareCount: 2, priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    proxy: { '/api': backend, '/media': backend },
  },
  resolve: process.env['VITEST'] ? { conditions: ['browser'] } : {},
  test: {
    include: ['src/**/*.test.ts'],
    environment: 'node',
  },
});
