// Every page and every sheet, and how to come to them: for the tests that look at all of them.

import {
  answered,
  current,
  eventually,
  expects,
  follow,
  PASSWORD,
  person,
  playing,
  signUp,
  swipe,
  uploaded,
} from './lib.mjs';

const click = (page, name) => page.getByRole('button', { name, exact: true }).first().click();
const dialog = (page) => page.getByRole('dialog').last();

async function feed(page) {
  await page.goto('/');
  await playing(page);
}

async function moreOf(page) {
  await feed(page);
  await current(page).locator('button.act.last').click();
  await dialog(page).waitFor();
}

async function openSound(page) {
  await page.goto('/search?q=ceramics&kind=sounds');
  await page.locator('.results a[href^="/sound/"]').first().click();
  await page.getByRole('button', { name: 'Use this sound' }).waitFor();
}

async function own(page) {
  await page.goto('/me');
  await page.getByRole('button', { name: 'Edit profile' }).waitFor();
}

/** As the interface tells a moderator of herself. */
async function asModerator(page, act) {
  const me = '**/api/v1/me';
  await page.route(me, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), role: 'moderator' } });
  });
  await act();
  await page.unroute(me);
}

/** Of a classifier, which only some servers have. */
const JUDGEMENT = { verdict: 'hold', by: 'safety-0a1b2c', explicit: 0.962, suggestive: 0.031, at_ms: 12_400 };

/** What is held and blocked, as it tells her of that. */
async function moderation(page, captions) {
  const nowMs = Date.now();
  const why = (id, kind, reason) => ({ id, kind, reason, created_ms: nowMs - 864e5 });
  const items = captions.map((caption, index) => ({
    id: `h${index}`,
    caption,
    author: { id: 'a1', handle: 'maker.trains', display_name: 'Trains maker' },
    duration_ms: 75_000,
    frames_count: 4,
    matched: index === 2 ? null : { kind: index % 2 ? 'sound' : 'clip', reason: 'Shown without leave' },
    judgement: index === 0 ? null : JUDGEMENT,
    held_ms: nowMs - 72e5 * (index + 1),
  }));
  const blocked = captions.length > 0 ? ['clip', 'picture', 'sound'] : [];
  const list = blocked.map((kind, index) => why(`b${index}`, kind, `A reason for the ${kind}`));
  const icon = await (await page.request.get('/icon-512.png')).body();
  await page.route('**/api/v1/moderation/**', (route) => {
    const { pathname } = new URL(route.request().url());
    if (pathname.endsWith('/frame')) return route.fulfill({ body: icon, contentType: 'image/png' });
    if (pathname.endsWith('/safety'))
      return route.fulfill({ json: { classifier: items.length > 0 ? JUDGEMENT.by : null, problem: null } });
    return route.fulfill({
      json: pathname.endsWith('/held') ? { items, count: items.length } : { items: list, next_cursor: null },
    });
  });
  await asModerator(page, async () => {
    await page.goto('/settings');
    await follow(page, '/moderation');
    await page.getByRole('heading', { name: 'Block list' }).waitFor();
  });
}

/** A page as another answer makes it: `change` is given the real one. */
async function answeredWith(page, address, change, act) {
  await page.route(address, async (route) => {
    const answer = await route.fetch();
    // What follows the first page may still be on its way when this ends.
    await route.fulfill({ response: answer, json: change(await answer.json()) }).catch(() => {});
  });
  await act();
  await page.unroute(address);
}

/** Answers in which every clip has these marks. */
const markedAll = (marks) => (page) => ({
  ...page,
  items: page.items.map((item) => ({ ...item, video: { ...item.video, ...marks } })),
});

/** A clip that something is said of before it plays. */
async function warned(page, marks) {
  await page.goto('/tag/ceramics');
  const link = await page.locator('a.tile').first().getAttribute('href');
  const mark = (video) => ({ ...video, ...marks });
  await answeredWith(page, `**/api/v1/videos/${link.slice('/v/'.length)}?*`, mark, async () => {
    await page.goto(link);
    await current(page).locator('.warning button').first().waitFor();
  });
}

const START = '**/api/v1/search/start';

/** What only many people who search bring about. */
const rising = (page) =>
  answeredWith(
    page,
    START,
    (start) => ({
      ...start,
      searches: ['double pendulum', 'Unbrechbar'.repeat(9)].map((query, index) => ({
        query,
        since_ms: Date.now() - 1e8 * index,
      })),
      hashtags: start.hashtags.map((one, index) => ({ ...one, since_ms: index === 0 ? Date.now() : null })),
    }),
    async () => {
      await page.goto('/search?q=ceramics');
      await page.getByRole('combobox').fill('Unbrechbar'.repeat(9));
      await page.keyboard.press('Enter');
      await page.getByText('Nothing found').waitFor();
      await page.goto('/search');
      await page.getByRole('heading', { name: 'Rising searches' }).waitFor();
    },
  );

async function typing(page) {
  const items = [
    { kind: 'search', text: 'ceramics '.repeat(9).trim(), detail: '' },
    { kind: 'hashtag', text: 'ceramics', detail: '6' },
    { kind: 'person', text: 'maker.ceramics', detail: 'Ceramics maker' },
  ];
  const address = '**/api/v1/search/suggest**';
  await page.route(address, (route) => route.fulfill({ json: { items } }));
  await page.goto('/search');
  await page.getByRole('combobox').fill('cer');
  await page.getByRole('option').nth(3).waitFor();
  await page.keyboard.press('ArrowDown');
  await page.unroute(address);
}

/** Clips in whose subtitles it is. */
const said = (page) =>
  answeredWith(
    page,
    '**/api/v1/search?**',
    (found) => ({
      ...found,
      items: found.items.map((item, index) => ({
        ...item,
        match: { at_ms: 700 * index, text: index % 2 ? 'Unbrechbar'.repeat(9) : 'And now it swings over' },
      })),
    }),
    async () => {
      await page.goto('/search?q=clip&kind=videos');
      await page.getByText('And now it swings over').first().waitFor();
    },
  );

/** Of somebody who is signed in; `at` is what it is called in pictures. */
export const PAGES = [
  ['home', feed],
  ['search', (page) => page.goto('/search')],
  [
    'search-none',
    (page) =>
      answeredWith(
        page,
        START,
        () => ({ searches: [], hashtags: [], people: [], rows: [] }),
        async () => {
          await page.goto('/search');
          await page.getByRole('heading', { name: 'Nothing to see yet' }).waitFor();
        },
      ),
  ],
  ['search-rising', rising],
  ['search-typing', typing],
  ['search-all', (page) => page.goto('/search?q=ceramics')],
  [
    'search-corrected',
    async (page) => {
      await page.goto('/search?q=ceramiks');
      await page.getByText('Showing results for').waitFor();
    },
  ],
  ['search-videos', (page) => page.goto('/search?q=clip&kind=videos')],
  ['search-said', said],
  ['find-people', (page) => page.goto('/search?kind=people')],
  ['search-people', (page) => page.goto('/search?q=maker&kind=people')],
  ['search-hashtags', (page) => page.goto('/search?q=ceramics&kind=hashtags')],
  ['search-sounds', (page) => page.goto('/search?q=ceramics&kind=sounds')],
  ['search-nothing', (page) => page.goto('/search?q=zqzqzqzq')],
  ['search-picture-none', (page) => page.goto('/search/picture')],
  [
    'search-picture',
    async (page) => {
      await page.goto('/search');
      const icon = await page.request.get('/icon-512.png');
      const file = { name: 'icon.png', mimeType: 'image/png', buffer: await icon.body() };
      await page.setInputFiles('[data-testid=picture]', file);
      await page.getByRole('slider', { name: 'Part of the picture' }).waitFor();
      await page.locator('.answer[aria-busy=false]').waitFor();
    },
  ],
  ['inbox', (page) => page.goto('/inbox')],
  ['me', own],
  [
    'settings',
    async (page) => {
      await page.goto('/settings');
      await page.getByText('Where you are signed in').waitFor();
    },
  ],
  [
    'how',
    async (page) => {
      await page.goto('/how');
      await page.locator('[data-head=like]').waitFor();
    },
  ],
  [
    'interests',
    async (page) => {
      await page.goto('/interests');
      await page.getByText('Your feed goes by this').waitFor();
    },
  ],
  [
    'interests-asked',
    async (page) => {
      await page.goto('/interests');
      await page.getByLabel('Add a hashtag or @handle').fill('#ceramics');
      await page.keyboard.press('Enter');
      await page.getByRole('group', { name: 'How much of #ceramics' }).waitFor();
    },
  ],
  ['moderation', (page) => moderation(page, ['A clip that is held', '', 'Many words '.repeat(40)])],
  ['moderation-empty', (page) => moderation(page, [])],
  ['upload', (page) => page.goto('/upload')],
  ['sound', openSound],
  [
    'upload-sound',
    async (page) => {
      await openSound(page);
      await click(page, 'Use this sound');
      await page
        .getByRole('region', { name: 'Your video plays this sound' })
        .getByText('Ceramics maker')
        .waitFor();
    },
  ],
  [
    'sound-missing',
    async (page) => {
      expects(page, answered(404));
      await page.goto('/sound/zzzzzzzzzzzzz');
      await page.getByText('This sound is gone').waitFor();
    },
  ],
  ['profile', (page) => page.goto('/@maker.trains')],
  ['tag', (page) => page.goto('/tag/ceramics')],
  [
    'missing',
    (page) => {
      expects(page, answered(404));
      return page.goto('/no/such/page');
    },
  ],
  ['video-sensitive', (page) => warned(page, { sensitive: true })],
  ['video-flashes', (page) => warned(page, { flashes: true })],
  [
    'tag-sensitive',
    (page) =>
      answeredWith(page, '**/api/v1/hashtags/*/videos*', markedAll({ sensitive: true }), async () => {
        await page.goto('/tag/ceramics');
        await page.getByRole('img', { name: 'Sensitive' }).first().waitFor();
      }),
  ],
  [
    'video',
    async (page) => {
      await page.goto('/tag/ceramics');
      await page.locator('a.tile').first().click();
      await playing(page);
    },
  ],
];

export const GUEST_PAGES = [
  ['guest-home', feed],
  ['guest-me', (page) => page.goto('/me')],
  ['guest-inbox', (page) => page.goto('/inbox')],
  ['guest-upload', (page) => page.goto('/upload')],
  ['guest-settings', (page) => page.goto('/settings')],
];

export const SHEETS = [
  [
    'sheet-comments',
    async (page) => {
      await feed(page);
      await current(page).locator('button.act').nth(1).click();
      await page.locator('#comment-box').waitFor();
    },
  ],
  ['sheet-more', moreOf],
  [
    'sheet-why',
    async (page) => {
      await feed(page);
      await swipe(page);
      await playing(page);
      await current(page).locator('button.act.last').click();
      await dialog(page).getByRole('button', { name: 'Why this video' }).click();
      await page.locator('.reason').waitFor();
      const numbers = page.locator('summary');
      if ((await numbers.count()) > 0) await numbers.click();
    },
  ],
  [
    'sheet-report',
    async (page) => {
      await moreOf(page);
      await dialog(page).getByRole('button', { name: 'Report' }).click();
      await page.getByText('What is wrong with it?').waitFor();
    },
  ],
  [
    'sheet-block',
    (page) =>
      asModerator(page, async () => {
        await moreOf(page);
        await dialog(page).getByRole('button', { name: 'Block this clip' }).click();
        await page.locator('#block-reason').waitFor();
      }),
  ],
  [
    'sheet-safety',
    (page) =>
      asModerator(page, async () => {
        await page.route('**/api/v1/moderation/videos/*/safety', (route) =>
          route.fulfill({ json: { sensitive: false, flashes: false, judgement: JUDGEMENT } }),
        );
        await moreOf(page);
        await dialog(page).getByRole('button', { name: 'Limit', exact: true }).click();
        await dialog(page).getByText('96%').waitFor();
      }),
  ],
  [
    'sheet-profile',
    async (page) => {
      await own(page);
      await click(page, 'Edit profile');
      await page.locator('#p-name').waitFor();
    },
  ],
  [
    'sheet-people',
    async (page) => {
      await page.goto('/@maker.trains');
      await page.getByRole('button', { name: /Followers/ }).click();
      await dialog(page).waitFor();
    },
  ],
  [
    'sheet-keys',
    async (page) => {
      await feed(page);
      await page.keyboard.press('?');
      await dialog(page).waitFor();
    },
  ],
  [
    'settings-password',
    async (page) => {
      await page.goto('/settings');
      await click(page, 'Change password');
      await page.locator('#sign-in-new').waitFor();
    },
  ],
  [
    'settings-codes',
    async (page) => {
      await page.goto('/settings');
      await click(page, 'Make new codes');
      await page.locator('#sign-in-password').fill(PASSWORD);
      await page.locator('form button.main').click();
      await page.locator('.codes li').first().waitFor();
    },
  ],
  [
    'settings-delete',
    async (page) => {
      await page.goto('/settings');
      await click(page, 'Delete account');
      await page.locator('#erase-password').waitFor();
    },
  ],
];

const auth = (mode) => async (page) => {
  await page.goto('/me');
  await click(page, mode === 'up' ? 'Sign up' : 'Sign in');
  await page.locator('#auth-handle').waitFor();
  if (mode === 'recover') await click(page, 'Forgot password?');
};

export const GUEST_SHEETS = [
  ['sheet-sign-up', auth('up')],
  ['sheet-sign-in', auth('in')],
  ['sheet-recover', auth('recover')],
  [
    'sheet-sign-up-wrong',
    async (page) => {
      await auth('up')(page);
      await page.locator('[role=dialog] form button.main').click();
      await page.locator('[role=dialog] .problem').first().waitFor();
    },
  ],
];

/** Right after signing up, without leaving the page. */
export const JUST_SIGNED_UP = [
  [
    'offer',
    async (page) => {
      await page.getByRole('button', { name: 'Get codes' }).waitFor();
    },
  ],
  [
    'sheet-codes',
    async (page) => {
      await click(page, 'Get codes');
      await dialog(page).locator('.codes li').first().waitFor();
    },
  ],
];

/** Of a clip of one's own, once there is one. */
async function moreOfOwn(page) {
  await own(page);
  await page.locator('a.tile').first().click();
  await playing(page);
  await current(page).locator('button.act.last').click();
  await dialog(page).getByRole('button', { name: 'Delete video' }).waitFor();
}

async function editOfOwn(page) {
  await moreOfOwn(page);
  await dialog(page).getByRole('button', { name: 'Edit video' }).click();
  await page.locator('#edit-caption').waitFor();
}

async function sureOfOwn(page) {
  await moreOfOwn(page);
  await dialog(page).getByRole('button', { name: 'Delete video' }).click();
  // It takes no second tap of a double one.
  await dialog(page).locator('button.danger:enabled').waitFor();
}

const ownId = async (page) => {
  await own(page);
  return (await page.locator('a.tile').first().getAttribute('href')).slice('/v/'.length);
};

/** Her clip by its link alone, as an answer says that it is. */
const clipThatIs = (said, shown) => async (page) => {
  const address = `**/api/v1/videos/${await ownId(page)}?**`;
  await page.route(address, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), playback: null, ...said } });
  });
  await page.goto(`/v/${await ownId(page)}`);
  await page.getByText(shown).waitFor();
  await page.unroute(address);
};

const WORKING = { state: 'processing', step: 'encoding', progress_percent: 77, playback: null };
const CUT_OFF = {
  reason: 'file_cut_off',
  detail: 'the file is cut off after 3.0 s of 5.0 s',
  arguments: { there: 3000, whole: 5000 },
};
const FAILED = { state: 'failed', playback: null, error: CUT_OFF.detail, failure: CUT_OFF };

const HELD = { held: true };
/** Her clip by its link alone, that another shows too, with what is said of that. */
async function noteOfOwn(page) {
  const address = `**/api/v1/videos/${await ownId(page)}?**`;
  const copy_of = { id: 'v1', author: { id: 'a1', handle: 'maker.trains', display_name: 'Trains maker' } };
  await page.route(address, async (route) => {
    const answer = await route.fetch();
    await route.fulfill({ response: answer, json: { ...(await answer.json()), copy_of } });
  });
  await page.goto(`/v/${await ownId(page)}`);
  await playing(page);
  const note = current(page).getByRole('button', { name: 'It shows the same as another clip' });
  // On a desktop it stands beside the clip.
  if (await note.isVisible()) await note.click();
  await page.getByRole('link', { name: 'Watch the other clip' }).waitFor();
  await page.unroute(address);
}

/** What the server itself tells her, of each kind. */
async function inboxOfKinds(page) {
  const kinds = ['published', 'failed', 'held', 'copy', 'refused'];
  const items = kinds.map((kind, index) => ({
    id: `n${index}`,
    kind,
    actor: null,
    video: null,
    comment_id: null,
    text: '',
    draft: false,
    created_ms: Date.now() - 6e5 * index,
    read: index > 2,
  }));
  const address = '**/api/v1/notifications';
  await page.route(address, (route) => route.fulfill({ json: { items, next_cursor: null } }));
  await page.goto('/inbox');
  await page.getByText('Your video was not published').waitFor();
  await page.unroute(address);
}

/** Uploads in each state, as the interface tells of them. */
async function withUploads(page, at) {
  const answer = await page.request.get(`/api/v1/videos/${await ownId(page)}`);
  const video = await answer.json();
  const states = [{}, WORKING, FAILED, HELD].map((state, index) => ({
    ...video,
    id: `${video.id}${index}`,
    draft: index === 0,
    ...state,
  }));
  const unfinished = {
    kind: 'upload',
    id: 'u1',
    filename: 'holiday.mp4',
    offset: 5e5,
    size_bytes: 9e6,
    expires_at_ms: Date.now() + 864e5,
  };
  const items = [unfinished, ...states.map((one) => ({ kind: 'video', video: one }))];
  await page.unroute('**/api/v1/me/uploads**');
  await page.route('**/api/v1/me/uploads**', (route) =>
    route.fulfill({ json: { items, next_cursor: null } }),
  );
  await page.goto(at);
}

async function drafts(page) {
  await withUploads(page, '/me');
  await page.locator('.strip').getByText('Working, 77 %').waitFor();
}

async function removed(page) {
  await page.goto('/settings');
  await click(page, 'Recently deleted');
  await dialog(page).getByRole('button', { name: 'Restore' }).waitFor();
}

export const OWN_CLIP = [
  [
    'upload-published',
    async (page) => {
      await page.locator('article[data-phase=published]').waitFor();
      await page.locator('.toast').waitFor({ state: 'detached' });
    },
  ],
  [
    'me-clips',
    async (page) => {
      await own(page);
      await page.locator('a.tile').first().waitFor();
    },
  ],
  [
    'inbox-full',
    async (page) => {
      await fillInbox(page);
      await page.goto('/inbox');
      await page.getByText('follows you').waitFor();
    },
  ],
  ['inbox-told', inboxOfKinds],
  ['sheet-note', noteOfOwn],
  ['sheet-more-own', moreOfOwn],
  ['sheet-edit', editOfOwn],
  ['sheet-delete', sureOfOwn],
  [
    'linked',
    async (page) => {
      await page.goto(`/v/${await ownId(page)}`);
      await playing(page);
    },
  ],
  [
    'linked-inside',
    async (page) => {
      const id = await ownId(page);
      await page.goto('/settings');
      await follow(page, `/v/${id}`);
      await playing(page);
    },
  ],
  [
    'linked-comments',
    async (page) => {
      await page.goto(`/v/${await ownId(page)}`);
      await playing(page);
      await current(page).locator('button.act').nth(1).click();
      await page.getByText('A comment for the owner').waitFor();
    },
  ],
  ['clip-working', clipThatIs(WORKING, '77 % done')],
  ['clip-failed', clipThatIs(FAILED, CUT_OFF.detail)],
  ['me-drafts', drafts],
  [
    'sheet-draft',
    async (page) => {
      await drafts(page);
      await page.locator('.strip').getByRole('button', { name: 'Draft' }).click();
      await page.locator('#edit-caption').waitFor();
    },
  ],
  [
    'upload-unfinished',
    async (page) => {
      await withUploads(page, '/upload');
      await page.getByText('holiday.mp4').waitFor();
    },
  ],
];

/** The last ones, for which her clip is deleted. */
export const DELETED_CLIP = [
  [
    'toast-undo',
    async (page) => {
      await page.unrouteAll();
      await sureOfOwn(page);
      await dialog(page).getByRole('button', { name: 'Delete', exact: true }).click();
      await page.getByRole('button', { name: 'Undo' }).waitFor();
    },
  ],
  ['sheet-removed', removed],
  [
    'sheet-removed-delete',
    async (page) => {
      await removed(page);
      await dialog(page).getByRole('button', { name: 'Delete', exact: true }).click();
      await dialog(page).locator('button.danger:enabled').waitFor();
    },
  ],
];

/** Of each kind that somebody else can cause. */
async function fillInbox(page) {
  const id = await ownId(page);
  const { account } = await (await page.request.get('/api/v1/me')).json();
  const fan = await person('fan');
  await fan.call('PUT', `/accounts/${account.handle}/follow`);
  await fan.call('PUT', `/videos/${id}/like`);
  await fan.call('POST', `/videos/${id}/comments`, { text: 'A comment for the owner' });
  await fan.call('POST', `/videos/${id}/comments`, { text: `For you, @${account.handle}` });
}

/** The names of all of them. */
export const names = () =>
  [PAGES, GUEST_PAGES, SHEETS, GUEST_SHEETS, JUST_SIGNED_UP, OWN_CLIP, DELETED_CLIP]
    .flat()
    .map(([name]) => name);

/** The animations of what opened are over, and what it shows has come. */
export async function settled(page) {
  await eventually(() =>
    page.evaluate(
      () =>
        document.querySelectorAll('.pulse').length === 0 &&
        document
          .getAnimations()
          .every((one) => one.playState !== 'running' || one.effect?.getTiming().iterations === Infinity),
    ),
  );
}

/** Walks through all of them as one person; `look` is told the name of each. */
export async function walk(page, look, { only = () => true } = {}) {
  const run = async (list) => {
    for (const [name, open] of list) {
      if (!only(name)) continue;
      await open(page);
      await settled(page);
      await look(name);
    }
  };
  await run(GUEST_PAGES);
  await run(GUEST_SHEETS);
  await signUp(page, 'walker');
  await run(JUST_SIGNED_UP);
  await run(PAGES);
  await run(SHEETS);
  if (![...OWN_CLIP, ...DELETED_CLIP].some(([name]) => only(name))) return;
  await uploaded(page, page.context().browser(), { seconds: 1 }, 'A clip of my own');
  await run(OWN_CLIP);
  await run(DELETED_CLIP);
}
