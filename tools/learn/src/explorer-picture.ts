/** The autograd explorer as a picture: the last moment of the backward pass, in a real browser. */
import { existsSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const BROWSER = process.env.TORCHLET_BROWSER ?? '/usr/bin/chromium';

/** @returns whether there is a browser to do it. */
export async function photograph(page: string, picture: string): Promise<boolean> {
  if (!existsSync(BROWSER)) return false;
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath: BROWSER,
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  });
  try {
    const view = await browser.newPage({ viewport: { width: 1100, height: 760 } });
    await view.goto(String(pathToFileURL(page)));
    await view.click('[data-phase=update]');
    await view.click('#back');
    await view.screenshot({ path: picture });
  } finally {
    await browser.close();
  }
  return true;
}
