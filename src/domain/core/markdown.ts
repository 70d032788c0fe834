/** Somebody else's words in Markdown, a user's name or an answer of AWS: one line, and nothing in them is markup. */
export const words = (text: string): string =>
  text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').replace(/[\\`*[\]<>]/g, '\\$&');
