/** The numbers in a text; `1,000` and `1_000` are one number, and so are `1e-3` and `0.001`. */
export function numbersOf(text: string): number[] {
  const numbers = text.matchAll(/(?<![\w.])(?:\d{1,3}(?:[,_]\d{3})+|\d+)(?:[.]\d+)?(?:e[-+]?\d+)?(?![\w])/g);
  return [...numbers].map(([number]) => Number(number.replaceAll(/[,_]/g, '')));
}
