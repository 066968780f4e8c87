/** What follows `Basic` in an authorization header: base64 of the UTF-8 of `key:secret` (RFC 7617). */
export function basic(key: string, secret: string): string {
  const bytes = new TextEncoder().encode(`${key}:${secret}`);
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}
