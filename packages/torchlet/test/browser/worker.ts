/** What the page's worker runs: computes with the backend that it is told. */
import { compute } from './compute.js';

interface Scope {
  onmessage: ((event: { readonly data: { readonly backend?: string; readonly worker: string } }) => void) | null;
  postMessage(message: unknown): void;
}

const scope = globalThis as unknown as Scope;

scope.onmessage = async ({ data }) => {
  try {
    scope.postMessage({ report: await compute(data.backend, data.worker) });
  } catch (error) {
    scope.postMessage({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
  }
};
