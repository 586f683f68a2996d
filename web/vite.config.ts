import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const backend = process.env['FILOSCOPE_URL'] ?? 'http://localhost:8080';

const CORE = new RegExp(
  [
    'node_modules/(svelte|esm-env|clsx)/',
    'src/(lib|player)/',
    'src/feed/(?!DetailPane)',
    'src/messages/en',
    'src/(main|App)',
    'src/upload/pill',
    'src/ui/(Nav|Avatar|RichText|Spinner|Toasts|UploadPill)',
    'src/(routes/Page|sheets/SheetHost)\\.svelte',
    '@lucide/svelte/dist/(Icon|context|icons/(bell|house|plus|search|settings|user|bookmark|check|' +
      'ellipsis|heart|message-circle|music-2|play|share-2|upload|volume-2|volume-off))\\.',
  ].join('|'),
);

function isCore(id: string): boolean {
  return CORE.test(id.replaceAll('\\', '/'));
}

export default defineConfig({
  plugins: [svelte()],
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
