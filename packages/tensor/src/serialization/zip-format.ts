/**
 * Numbers of the zip format that reading and writing share.
 * Source: PKWARE APPNOTE 6.3.10, https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
 */
export const LOCAL_HEADER = 0x04034b50;
export const DATA_DESCRIPTOR = 0x08074b50;
export const CENTRAL_HEADER = 0x02014b50;
export const END_RECORD = 0x06054b50;
export const ZIP64_END_RECORD = 0x06064b50;
export const ZIP64_LOCATOR = 0x07064b50;

/** Sizes of the fixed part of each record. */
export const LOCAL_HEADER_SIZE = 30;
export const CENTRAL_HEADER_SIZE = 46;
export const END_RECORD_SIZE = 22;
export const ZIP64_END_RECORD_SIZE = 56;
export const ZIP64_LOCATOR_SIZE = 20;

/** Header id of the extra field that holds 64-bit sizes. */
export const ZIP64_EXTRA = 0x0001;
/** A 32-bit field with this value has its real value in the zip64 extra field. */
export const IN_ZIP64 = 0xffffffff;
/** The same for 16-bit fields. */
export const IN_ZIP64_16 = 0xffff;

/** General-purpose flags: sizes follow the data; the name is UTF-8. */
export const FLAG_DESCRIPTOR = 0x0008;
export const FLAG_UTF8 = 0x0800;

export const METHOD_STORED = 0;
export const METHOD_DEFLATED = 8;

export const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
