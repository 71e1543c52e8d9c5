/** What Node runs as the device's thread. */
import { serveNode } from './node.js';

serveNode();
