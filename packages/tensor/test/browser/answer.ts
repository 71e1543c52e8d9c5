/** In the page's worker: does what it is told, once, and answers. */

/** What the page asks for. */
export interface Request {
  readonly backend?: string;
  /** Where the script of the device's thread lies. */
  readonly worker: string;
}

interface Scope {
  onmessage: ((event: { readonly data: Request }) => void) | null;
  postMessage(message: object): void;
}

export function answer(run: (request: Request) => Promise<unknown>): void {
  const scope = globalThis as unknown as Scope;
  scope.onmessage = async ({ data }) => {
    try {
      scope.postMessage({ report: await run(data) });
    } catch (error) {
      scope.postMessage({ error: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) });
    }
  };
}
