/** The autograd explorer as a picture: the last moment of the backward pass, in a real browser. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

export async function photograph(page: string, folder: string): Promise<void> {
  const executablePath = process.env.TORCHLET_BROWSER ?? '/usr/bin/chromium';
  const browser = await chromium.launch({ executablePath, args: ['--headless', '--no-sandbox', '--disable-gpu'] });
  try {
    const view = await browser.newPage({ viewport: { width: 1100, height: 760 } });
    await view.goto(String(pathToFileURL(page)));
    await view.click('[data-phase=update]');
    await view.click('#back');
    await view.screenshot({ path: join(folder, 'explorer.png') });
  } finally {
    await browser.close();
  }
}
