/** What a browser runs as the device's thread. */
import { serveBrowser } from './browser.js';

serveBrowser();
