// How she signs in: the password, the codes for a lost one, and where she is signed in.

import assert from 'node:assert/strict';
import { answered, expects, PASSWORD, sharedBrowser, signUp, test, visitor } from './lib.mjs';

const NEW_PASSWORD = 'a newer password 8';
const browser = sharedBrowser();

const button = (page, name) => page.getByRole('button', { name, exact: true });

async function signIn(page, handle, password) {
  await page.goto('/me');
  await button(page, 'Sign in').tap();
  await page.fill('#auth-handle', handle);
  await page.fill('#auth-password', password);
  await page.locator('[role=dialog] form button.main').tap();
}

async function signOut(page) {
  await page.goto('/settings');
  await button(page, 'Sign out').tap();
  await page.getByText('You are signed out.').waitFor();
}

test('a changed password: each problem stands at its field, and only the new one opens', async () => {
  const { context, page, errors } = await visitor(browser);
  expects(page, answered('4\\d\\d'));
  const handle = await signUp(page, 'changer');
  await page.goto('/settings');
  await button(page, 'Change password').tap();
  assert.equal(await page.evaluate(() => document.activeElement.id), 'sign-in-password');
  const change = async (password, next) => {
    await page.fill('#sign-in-password', password);
    await page.fill('#sign-in-new', next);
    await page.locator('form button.main').tap();
  };
  await change(PASSWORD, 'short');
  await page.locator('#sign-in-new[aria-invalid=true]').waitFor();
  assert.equal(await page.locator('#sign-in-password[aria-invalid=true]').count(), 0);
  await change('not the password', NEW_PASSWORD);
  await page.locator('#sign-in-password[aria-invalid=true]').waitFor();
  assert.equal(await page.locator('#sign-in-new[aria-invalid=true]').count(), 0);
  await change(PASSWORD, NEW_PASSWORD);
  await page.getByText('Your password is changed.').waitFor();
  await signOut(page);
  await signIn(page, handle, PASSWORD);
  await page.getByRole('dialog').getByRole('alert').waitFor();
  await page.fill('#auth-password', NEW_PASSWORD);
  await page.locator('[role=dialog] form button.main').tap();
  await page.getByText(`@${handle}`).first().waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('a forgotten password: one of her codes sets a new one, once', async () => {
  const { context, page, errors } = await visitor(browser);
  expects(page, answered('4\\d\\d'));
  const handle = await signUp(page, 'forgetful');
  await page.goto('/settings');
  await page.getByText('You have none.').waitFor();
  await button(page, 'Make new codes').tap();
  await page.fill('#sign-in-password', PASSWORD);
  await page.locator('form button.main').tap();
  const code = await page.locator('.codes li').first().innerText();
  await signOut(page);
  const recover = async (password) => {
    await page.goto('/me');
    await button(page, 'Sign in').tap();
    await button(page, 'Forgot password?').tap();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'auth-handle');
    await page.fill('#auth-handle', handle);
    await page.fill('#auth-code', code.toUpperCase().replaceAll('-', ' '));
    await page.fill('#auth-password', password);
    await page.locator('[role=dialog] form button.main').tap();
  };
  await recover(NEW_PASSWORD);
  await page.getByText(`@${handle}`).first().waitFor();
  await page.goto('/settings');
  await page.getByText('9 left.').waitFor();
  await signOut(page);
  await recover('another password 9');
  await page.getByRole('dialog').getByRole('alert').waitFor();
  assert.deepEqual(errors, []);
  await context.close();
});

test('where she is signed in: the other place is signed out from here', async () => {
  const here = await visitor(browser);
  const handle = await signUp(here.page, 'everywhere');
  const there = await visitor(browser);
  await signIn(there.page, handle, PASSWORD);
  await there.page.getByText(`@${handle}`).first().waitFor();
  await here.page.goto('/settings');
  await button(here.page, 'Sign out Chrome, Linux').tap();
  await button(here.page, 'Sign out Chrome, Linux').waitFor({ state: 'detached' });
  assert.equal(await here.page.locator('.sessions li').count(), 1);
  await there.page.goto('/me');
  await button(there.page, 'Sign in').waitFor();
  await here.context.close();
  await there.context.close();
});
