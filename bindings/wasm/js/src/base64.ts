/** The bytes that base64 stands for. By `atob`, since a strict page may not fetch `data:` URLs. */
export function bytes(base64: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
}
