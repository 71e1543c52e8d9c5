/** A real browser, where the machine has one. */
import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const PLACES = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The browser's program, or null: then a reason has been printed. */
export function findBrowser(): string | null {
  const own = process.env.TORCHLET_BROWSER;
  const found = own === undefined ? PLACES.find(existsSync) : existsSync(own) ? own : undefined;
  if (found !== undefined) return found;
  console.warn(
    `The explorer is not tested in a browser: there is none at ${own ?? PLACES.join(', ')}. Install Debian's package ` +
      'chromium, or name another Chromium in TORCHLET_BROWSER.',
  );
  return null;
}

/** Starts with an empty profile, and asks nothing of any network. */
export const startBrowser = (executablePath: string): Promise<Browser> =>
  chromium.launch({
    executablePath,
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
