const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const LONE_SURROGATE = /[\ud800-\udfff]/u;

/** Whether half a surrogate pair is in the text, which no UTF-8 can hold. */
export const hasLoneSurrogate = (text: string): boolean => LONE_SURROGATE.test(text);

/** UTF-8 with Python's `surrogatepass`: half a surrogate pair, which JavaScript strings may hold, gets three bytes. */
export function encodeUtf8(text: string): Uint8Array {
  if (!hasLoneSurrogate(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    if (LONE_SURROGATE.test(character)) {
      const code = character.charCodeAt(0);
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    } else {
      bytes.push(...encoder.encode(character));
    }
  }
  return Uint8Array.from(bytes);
}

/** The inverse of {@link encodeUtf8}. @throws TypeError for bytes that are no UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string {
  try {
    return decoder.decode(bytes);
  } catch (error) {
    return decodeWithSurrogates(bytes, error);
  }
}

/** Cuts at the three-byte forms of surrogates (ED A0 80 to ED BF BF) and decodes what is between them strictly. */
function decodeWithSurrogates(bytes: Uint8Array, error: unknown): string {
  let text = '';
  let start = 0;
  for (let i = 0; i + 2 < bytes.length; i++) {
    if (bytes[i] !== 0xed || bytes[i + 1] < 0xa0 || bytes[i + 1] > 0xbf || (bytes[i + 2] & 0xc0) !== 0x80) continue;
    text += decoder.decode(bytes.subarray(start, i));
    text += String.fromCharCode(0xd000 | ((bytes[i + 1] & 63) << 6) | (bytes[i + 2] & 63));
    start = i + 3;
    i += 2;
  }
  if (start === 0) throw error;
  return text + decoder.decode(bytes.subarray(start));
}
