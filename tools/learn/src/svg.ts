/** Small parts of SVG. */
import { writeFileSync } from 'node:fs';

export const INK = '#1b2330';
export const SOFT = '#5b6675';
export const LINE = '#d8dde4';

export type Numbers = readonly number[];

/** Anything with `tolist()`, such as a tensor, or nested lists. */
export type Values = { tolist(): unknown } | readonly unknown[];

export function plain(values: Values): unknown {
  return 'tolist' in values ? values.tolist() : values;
}

export const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

export interface TextStyle {
  readonly size?: number;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly fill?: string;
  readonly bold?: boolean;
}

export function text(x: number, y: number, content: string, style: TextStyle = {}): string {
  const { size = 13, anchor = 'start', fill = INK, bold = false } = style;
  const weight = bold ? ' font-weight="bold"' : '';
  return `<text x="${short(x)}" y="${short(y)}" font-size="${size}" text-anchor="${anchor}" fill="${fill}"${weight}>${escaped(content)}</text>`;
}

/** Two digits behind the point are a hundredth of a pixel. */
export const short = (x: number): string => String(Math.round(x * 100) / 100);

/** On white, so that it is readable on a dark page too. */
export function writeSvg(path: string, width: number, height: number, content: readonly string[]): void {
  const [w, h] = [Math.ceil(width), Math.ceil(height)];
  const head =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="0 0 ${w} ${h}" ` +
    `font-family="Helvetica, Arial, sans-serif">`;
  const page = `<rect width="${w}" height="${h}" fill="#ffffff"/>`;
  writeFileSync(path, `${[head, page, ...content, '</svg>'].join('\n')}\n`);
}
